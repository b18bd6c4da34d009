"""How growth hormone acts: every word of the picture is a row with a source, and goes with it."""

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text

from analysis import programme
from analysis.display import Figure
from analysis.display.figures import NARROW, WIDE
from analysis.display.reading import Absent
from analysis.programme.mechanism import picture
from analysis.programme.settings import ProgrammeParameters, resolve
from analysis.sources.evidence import load_ledger

ROWS = load_ledger().mechanism
SHOWN = ROWS[ROWS["status"] == "confirmed"]


def figure(rows: pd.DataFrame) -> Figure:
    found = picture(rows)
    assert isinstance(found, Figure)
    return found


def letters(text: str) -> str:
    """Return a text without blanks and capitals: lines end where they must."""
    return "".join(text.split()).casefold()


def texts(drawing: Figure, *, narrow: bool) -> list[str]:
    """Return the texts of a drawing from top to bottom, and from left to right."""
    size = (NARROW, drawing.narrow_height) if narrow else (WIDE, drawing.height)
    canvas = Canvas(figsize=size)
    FigureCanvasAgg(canvas)
    drawing.draw(canvas, narrow)
    found = [each for each in canvas.findobj(Text) if each.get_text()]
    ordered = sorted(found, key=lambda each: (each.get_position()[1], each.get_position()[0]))
    return [letters(each.get_text()) for each in ordered]


def test_every_drawn_statement_has_a_source_that_says_where_it_was_read() -> None:
    sources = load_ledger().sources.set_index("source_id")
    assert SHOWN["source_id"].isin(sources.index).all()
    assert sources.loc[SHOWN["source_id"], "address"].str.startswith("http").all()
    assert (SHOWN["evidence"] != "").all()


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_the_description_says_what_is_drawn_in_its_order(narrow: bool) -> None:
    drawing = figure(ROWS)
    shown = texts(drawing, narrow=narrow)
    at = [next(i for i, text in enumerate(shown) if letters(words) in text)
          for words in SHOWN["words"]]  # fmt: skip
    # Down the picture as down the rows.
    down = sorted(zip(at, SHOWN["line"], strict=True))
    assert [line for _, line in down] == sorted(SHOWN["line"])
    assert drawing.alt == " ".join(SHOWN["statement"])
    assert {letters(title) for title in SHOWN["title"]} <= set(shown)


@pytest.mark.parametrize("gone", SHOWN.index, ids=SHOWN["words"])
def test_a_row_that_goes_takes_its_words_and_its_box(gone: int) -> None:
    row, left = SHOWN.loc[gone], ROWS.drop(index=gone)
    drawing = figure(left)
    assert row["statement"] not in drawing.alt
    shown = texts(drawing, narrow=False)
    assert letters(row["words"]) not in "|".join(shown)
    still = row["box"] in set(left.loc[left["status"] == "confirmed", "box"])
    assert (letters(row["title"]) in shown) == still
    follows = ROWS["after"].str.contains(rf"\b{row['box']}\b").any()
    assert ("Arrows from what is not shown" in drawing.caption) == (follows and not still)


def test_a_statement_without_confirmation_is_told_and_not_drawn() -> None:
    doubted = ROWS.assign(status=ROWS["status"].mask(ROWS["box"] == "feedback", "unverified"))
    assert "somatostatin" not in figure(doubted).alt
    run = resolve(ProgrammeParameters())
    results = programme.mechanism(run)
    table = programme.mechanism.views[1](results, run)
    said = table.text()
    for row in ROWS.itertuples():
        assert letters(row.statement)[:30] in letters(results.text(
            "statement", group1_level=row.title, variable=row.words))  # fmt: skip
        assert row.status in said
    assert (ROWS["status"] != "confirmed").any()


def test_no_row_no_picture() -> None:
    assert isinstance(picture(ROWS.iloc[:0]), Absent)
    assert isinstance(picture(ROWS.assign(status="unverified")), Absent)


# Brown et al., Nat Struct Mol Biol 2005; 12: 814, and Brooks et al., Science 2014; 344: 1249783:
# the receptor is a dimer before it binds, and its halves turn. The document says it dimerises.
def test_the_receptor_is_a_pair_that_changes_shape() -> None:
    said = figure(ROWS).alt
    assert "a pair before" in said
    assert "change of shape" in said
    assert "two receptors" not in said
    claims = load_ledger().claims.set_index("topic")
    assert claims.loc["Mechanism, dimer", "status"] == "differs"
    assert claims.loc["Mechanism, receptor", "status"] == "confirmed"
    for words in ("STAT5b", "liver", "growth plate", "directly", "hypothalamus", "pituitary"):
        assert words in said, words

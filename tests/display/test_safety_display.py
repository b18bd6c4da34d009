"""How adverse events look: hostile text stays text, and pictures are drawn from any data."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from measured import fitted, words

from analysis.display.arm_table import CONTRAST
from analysis.display.figures import Figure
from analysis.display.lettering import drawable
from analysis.display.page import views_of
from analysis.display.reading import Absent
from analysis.display.tables import Table
from analysis.results import Results, Section, combine
from analysis.safety import (
    answer,
    by_grade,
    by_kind,
    by_subgroup,
    by_term,
    by_worst,
    exposure,
    incidence_rates,
    kinds,
    onset,
    overview,
    published,
    special_interest,
    standout,
    time_to_event,
)
from analysis.safety.dot_plot import dot_plot, harm_sides
from analysis.safety.meanings import NOT_RECORDED
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve

HOSTILE = [
    "<script>alert('x')</script>",
    'quoted "term", with comma',
    "two\nlines",
    '=HYPERLINK("http://x","y")',
    "+cmd|' /C calc'!A0",
    "emoji 🤕 headache",
    "صداع",
    "\u202eright to left",
    "costs $5 and $6",
    "&amp; <b>bold</b>",
]


SECTIONS: list[Section[SafetyRun]] = [
    answer.answer,
    overview.overview,
    exposure.exposure,
    by_term.by_term,
    standout.standout,
    special_interest.special_interest,
    by_worst.by_severity,
    by_worst.by_relation,
    by_grade.by_grade,
    by_kind.serious_by_term,
    by_kind.withdrawals_by_term,
    by_subgroup.by_subgroup,
    incidence_rates.rates,
    time_to_event.time_to_first_event,
    onset.onset_by_month,
    published.published_safety,
]


def shown(run: SafetyRun) -> list[Any]:
    """Return everything the page shows of adverse events and exposure."""
    return [view for section in SECTIONS for view in views_of(section, run)]


def with_events(run: SafetyRun, adae: pd.DataFrame) -> SafetyRun:
    return replace(run, trial=replace(run.trial, tables={**run.trial.tables, "adae": adae}))


@pytest.fixture(scope="module")
def ghd() -> SafetyRun:
    return resolve(SafetyParameters(trial="ghd"))


@pytest.fixture(scope="module")
def hostile(ghd: SafetyRun) -> SafetyRun:
    adae = ghd.trial.tables["adae"].copy()
    names = [HOSTILE[i % len(HOSTILE)] for i in range(len(adae))]
    return with_events(ghd, adae.assign(AEDECOD=names, AEBODSYS=names, AETERM=names))


def test_hostile_text_is_text_on_the_page(hostile: SafetyRun) -> None:
    with warnings.catch_warnings():
        # On a page a warning is an error: a glyph that the font lacks must not warn.
        warnings.simplefilter("error")
        page = "\n".join(each.html() for each in shown(hostile))
    assert "<script>" not in page
    assert "<b>bold" not in page
    assert "&lt;script&gt;alert(" in page
    assert "&amp;amp; &lt;b&gt;bold" in page
    for term in ("🤕", "صداع", "=HYPERLINK", "two lines", "costs $5 and $6"):
        assert term in page
    assert 'alt="' in page
    assert "quoted &#34;term&#34;" in page


def test_hostile_text_is_safe_in_csv_and_comes_back(hostile: SafetyRun, tmp_path: Path) -> None:
    everything = combine([by_term.by_term(hostile), standout.standout(hostile)])
    everything.to_csv(tmp_path / "results.csv")
    back = pd.read_csv(tmp_path / "results.csv", dtype=str, keep_default_na=False)
    assert len(back) == len(everything)
    texts = back.drop(columns=["stat", "n_population"]).to_numpy().ravel()
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert any(text.startswith("'=HYPERLINK(") for text in texts)
    numbers = pd.to_numeric(back["stat"])
    assert (numbers < 0).any(), "negative numbers stay numbers"


@pytest.mark.parametrize(
    ("text", "drawn"),
    [("a $5 b", "a $5 b"), ("🤕", "□"), ("two\nlines", "two lines"), ("é − °", "é − °")],
)
def test_what_matplotlib_is_given(text: str, drawn: str) -> None:
    assert drawable(text) == drawn


def test_every_table_of_participants_says_how_many_are_in_each_arm(ghd: SafetyRun) -> None:
    own = ghd.subjects()["arm"].value_counts()
    tables = [view for view in shown(ghd) if isinstance(view, Table)]
    silent = {
        table.title
        for table in tables
        if not all(f"{arm} N {own[arm]}" in " ".join(table.notes()) for arm in ghd.arms)
    }
    # Neither a list of terms nor numbers of other sources are of these participants.
    assert {
        title for title in silent if "searched" not in title and "ublished" not in title
    } == set()
    assert len(tables) > 12


def test_nothing_breaks_without_events_or_with_one(ghd: SafetyRun) -> None:
    adae = ghd.trial.tables["adae"]
    for each in shown(with_events(ghd, adae.head(0))):
        assert each.text()
        assert each.png(narrow=True) if isinstance(each, Figure) else each.html() is not None
    for each in shown(with_events(ghd, adae.head(1))):
        assert each.text()


def test_an_arm_of_nobody_has_no_share_and_no_difference_to_draw(ghd: SafetyRun) -> None:
    arms = ghd.trial.plan.arms.model_copy(update={"others": ("Nobody",)})
    plan = ghd.trial.plan.model_copy(update={"arms": arms})
    run = replace(ghd, trial=replace(ghd.trial, plan=plan))
    for each in shown(run):
        assert "nan" not in each.text().split()
        # A figure that cannot be drawn says so on a page, and raises here.
        assert each.png(narrow=True) if isinstance(each, Figure) else each.html() is not None
    said = answer.answer_reading(answer.answer(run), run).text()
    assert "Nobody 0 of 0, " in said
    emergent = run.trial.tables["adae"].query("TRTEMFL == 'Y' and TRTA == 'Valtropin'")
    assert f"Valtropin {emergent['USUBJID'].nunique()} of 98 (" in said


@pytest.mark.parametrize("narrow", [False, True])
def test_a_difference_of_harms_has_its_number_and_favours_who_has_fewer(
    ghd: SafetyRun, narrow: bool
) -> None:
    figure = answer.overview_figure(answer.answer(ghd), ghd)
    drawing = fitted(figure, narrow=narrow)
    said = words(drawing.canvas)
    assert not drawing.crowded
    assert {"← favours Valtropin", "favours Humatrope →"} <= set(said)
    rows = overview.overview(ghd).wide()
    differences = rows[rows["group1"] == CONTRAST].dropna(subset=["estimate"])
    assert len(differences) >= 4
    for row in differences.to_dict("records"):
        assert f"{row['estimate']} ({row['conf.low']} to {row['conf.high']})" in said
    # Whichever arm is the reference: fewer harms favour the arm that has them.
    turned = harm_sides(turned_round(ghd), several=False)
    assert turned == ("favours Humatrope", "favours Valtropin")
    assert harm_sides(ghd, several=True)[0] == "favours the other arm"


def turned_round(run: SafetyRun) -> SafetyRun:
    """Return the run with treatment and reference exchanged."""
    arms = run.trial.plan.arms
    other = arms.model_copy(update={"treatment": arms.reference, "reference": arms.treatment})
    plan = run.trial.plan.model_copy(update={"arms": other})
    return replace(run, trial=replace(run.trial, plan=plan))


def test_a_single_arm_has_no_volcano_and_no_differences() -> None:
    run = resolve(SafetyParameters(trial="turner-1"))
    terms = by_term.by_term(run)
    assert isinstance(by_term.volcano_figure(terms, run), Absent)
    table = by_term.by_term_table(terms, run)
    assert [column.title for column in table.headers()] == [
        "Valtropin (N 30)", "Valtropin (N 30), interval"]  # fmt: skip
    assert "Nothing to compare with" in answer.answer_reading(answer.answer(run), run).text()


def test_every_number_of_a_cell_is_a_result(ghd: SafetyRun) -> None:
    rows = overview.overview(ghd)
    table = overview.overview_table(rows, ghd)
    found = rows.wide().set_index(["variable", "group1_level"])
    for _, (kind,), cells in table.rows():
        for arm, cell in zip(("Humatrope", "Valtropin", "Total"), cells, strict=False):
            own = found.loc[(kind, arm)]
            assert cell == f"{own['n']} ({own['p']}) {own['events']}"


def test_a_row_of_the_dot_plot_without_a_mark_says_why(ghd: SafetyRun) -> None:
    """A kind that no arm records is no zero; one that is counted has its marks."""
    rows = overview.overview(ghd)
    frame = rows.frame
    lost = (frame["variable"] == kinds.SERIOUS) & frame["stat_name"].isin(["n", "p", "estimate"])
    for given, said in ((rows, 0), (Results(frame[~lost]), 1)):
        figure = dot_plot(given, ghd, title="By kind")
        for narrow in (False, True):
            assert words(fitted(figure, narrow=narrow).canvas).count(NOT_RECORDED) == said


def test_the_answer_is_sentences_of_results(ghd: SafetyRun) -> None:
    shown = answer.answer_reading(answer.answer(ghd), ghd)
    assert len(shown.said()) == 8
    years = exposure.exposure(ghd).text("sum", group1_level="Total")
    assert f"{years} patient-years" in shown.sentences[0]
    any_event = overview.overview(ghd).text("estimate", variable=kinds.EMERGENT, group1="contrast")
    assert f"{any_event} percentage points" in shown.sentences[1]
    for sentence in (*shown.sentences[2:4], shown.said()[-1]):
        assert "where chance alone would give" in sentence
    assert shown.sentences[4].startswith("Watched for (participants, Humatrope v Valtropin): ")
    assert shown.sentences[5].startswith(
        "Of special interest (participants, Humatrope v Valtropin)"
    )
    assert "synthetic" in shown.sentences[6]
    assert isinstance(shown.results, Results)

"""Text that others wrote, in figures and tables; and what cannot be drawn."""

import io
import warnings
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from analysis.display import Column, Figure, Reading, Table
from analysis.display.forest import forest_figure
from analysis.display.lettering import drawable, name_levels
from analysis.display.page import Page, views_of
from analysis.display.undrawn import UNDRAWN_CLASS, UNDRAWN_MARK, Undrawn
from analysis.errors import UserError
from analysis.parameters import NotebookParameters
from analysis.results import DeclaredRun, Results, rows_of, section

LONG = "Follow-up visit at the end of the open-label extension period, month twelve, visit 9"
STRANGE = [
    LONG, "$\\frac{1}$ and $x", "under_score^2", "back\\slash", "tab\tand bell\x07",
    "two\nlines", "訪問 3", "زيارة", "🤕", "<b>bold</b> & co", "  blanks  ", "'\"/%{}",
]  # fmt: skip


def named(names: list[str], **options: Any) -> Figure:
    """Return a figure that writes names wherever a figure can."""

    def draw(canvas: Any, narrow: bool) -> None:
        axes = canvas.subplots()
        for place, name in enumerate(names):
            axes.plot([place], [place], "o", label=name)
        name_levels(axes, names, narrow=narrow)
        axes.set_yticks(range(len(names)), names)
        axes.set_title(names[0])
        axes.set_xlabel(names[-1])
        axes.annotate(names[0], (0, 0))
        axes.legend()

    return Figure(
        title="Names", alt="Points beside the names of others.", draw=draw, height=3,
        narrow_height=4, **options,
    )  # fmt: skip


def test_a_long_name_stands_in_full_below_the_figure() -> None:
    html = named([LONG, "short"]).html()
    assert UNDRAWN_CLASS not in html
    assert f"In full: {LONG}" in html
    assert "In full" not in named(["Week 8", "Week 24"]).html()


@pytest.mark.parametrize("name", STRANGE)
def test_any_name_is_drawn_without_a_warning(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        figure = named([name, "Week 8", f"{name} again"])
        wide, narrow = figure.png(), figure.png(narrow=True)
    assert min(Image.open(io.BytesIO(each)).width for each in (wide, narrow)) > 300
    assert UNDRAWN_CLASS not in figure.html()


def test_nothing_is_read_as_a_formula() -> None:
    assert named(["$x_1$", "b"]).png() != named(["x", "b"]).png()
    assert drawable("costs $5 and $6") == "costs $5 and $6"


def test_many_long_names_leave_room_for_the_axes() -> None:
    figure = named([f"{number} {LONG}" for number in range(14)])
    assert UNDRAWN_CLASS not in figure.html()


def test_a_logarithmic_axis_has_plain_numbers() -> None:
    def draw(canvas: Any, _narrow: bool) -> None:
        axes = canvas.subplots()
        axes.plot([1, 2], [0.2, 0.9])
        axes.set_yscale("log")
        canvas.draw_without_rendering()
        drawn.extend(text.get_text() for text in axes.get_yticklabels(minor=True))

    drawn: list[str] = []
    figure = Figure(title="Log", alt="A line on a log axis.", draw=draw, height=2, narrow_height=2)
    # Drawn twice: the second pass meets the formatters of the first no more.
    assert figure.png()
    svg = figure.svg().decode()
    assert "mathdefault" not in svg


def broken(error: Exception) -> Figure:
    def draw(_canvas: Any, _narrow: bool) -> None:
        raise error

    return Figure(title="Broken", alt="What it would have shown.", draw=draw, height=2,
                  narrow_height=2)  # fmt: skip


def test_a_figure_that_cannot_be_drawn_is_a_sentence() -> None:
    html = broken(ValueError("no room")).html()
    assert f'class="shown {UNDRAWN_CLASS}"' in html
    assert "no room" in html
    assert "What it would have shown." in html
    assert "nobody is left" in broken(UserError("nobody is left")).html()
    # A test of ours sees the error itself.
    with pytest.raises(ValueError, match="no room"):
        broken(ValueError("no room")).png()


class Run(DeclaredRun):
    """A run of nothing."""

    source = "nothing"
    data_status = "synthetic"  # type: ignore[assignment]

    def __init__(self) -> None:
        object.__setattr__(self, "departures", ())


def one_row(analysis_id: str = "demo", **columns: list[Any]) -> Results:
    frame = pd.DataFrame({"group1_level": ["A"], "n": [3], **columns})
    return rows_of(frame, analysis_id, context="test", data_status="synthetic")


def test_a_view_that_fails_costs_itself_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    @section
    def counted(_run: Run) -> Results:
        return one_row()

    @counted.shows
    def first(_results: Results, _run: Run) -> Table:
        raise KeyError("COLUMN")

    @counted.shows
    def second(results: Results, _run: Run) -> Reading:
        return Reading(["Three."], results)

    page = Page({}, NotebookParameters)
    assert page.show(counted, Run()).text() == "Three."
    undrawn = views_of(counted, Run(), apart=True)[0]
    assert isinstance(undrawn, Undrawn)
    assert undrawn.text().startswith(UNDRAWN_MARK)
    assert "COLUMN" in undrawn.html()
    assert len(page.results)
    with pytest.raises(KeyError):
        views_of(counted, Run())
    page.show(broken(ValueError("no room")))
    monkeypatch.setenv("ANALYSIS_FIGURES", str(tmp_path))
    page.finish()
    assert not list(tmp_path.iterdir())


def test_an_empty_forest_says_why() -> None:
    found = forest_figure(
        one_row(reason=["the arm is empty"]), title="Differences", labels=["group1_level"],
        unit="cm", caption="", favours=("favours A", "favours B"),
    )  # fmt: skip
    assert isinstance(found, Reading)
    assert found.text().splitlines()[0] == (
        "Differences: not drawn, because nothing is estimable: the arm is empty."
    )


def test_tables_escape_and_wrap() -> None:
    rows = one_row().frame.assign(group1_level="<b>A</b> & " + LONG.replace(" ", "_"))
    table = Table(title="T", results=Results(rows), labels={"group1_level": "Arm"},
                  columns=[Column("n", "{n}")])  # fmt: skip
    assert "&lt;b&gt;A&lt;/b&gt; &amp;" in table.html()
    assert "<b>" not in table.html()

"""A section: what is computed and what shows it, under one name; a new table in twenty lines."""

from dataclasses import dataclass

import pandas as pd
import pytest

from analysis.display import Page
from analysis.display.page import views_of
from analysis.display.tables import Column, Table
from analysis.errors import NoSection, UserError
from analysis.parameters import NotebookParameters
from analysis.results import DataStatus, DeclaredRun, Results, is_absent, reason_of, section


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run(DeclaredRun):
    heights: tuple[float, ...]

    @property
    def source(self) -> str:
        return "a planted trial"

    @property
    def data_status(self) -> DataStatus:
        return "synthetic"


CALLS: list[Run] = []


# A new table is this module and one line of a notebook: page.show(heights, run).
@section
def heights(run: Run) -> Results:
    """Return the mean height."""
    CALLS.append(run)
    if not run.heights:
        raise UserError("no height was measured")
    if run.heights == (0.0,):
        raise NoSection("the trial has no heights")
    frame = pd.DataFrame({"group1_level": ["all"], "mean": [sum(run.heights) / len(run.heights)]})
    return run.results(frame, "heights", group1="arm", context="growth", unit="cm", decimals=1)


@heights.shows
def heights_table(heights: Results, run: Run) -> Table:
    return Table(
        title=f"Height of {len(run.heights)}",
        results=heights,
        labels={"group1_level": "Arm"},
        columns=[Column("Mean", "{mean}")],
    )


def run_of(*values: float) -> Run:
    return Run(departures=(), heights=values)


def test_a_section_gives_its_rows_and_its_name() -> None:
    found = heights(run_of(100.0, 101.0))
    assert found.text("mean") == "100.50"
    assert found.frame["source"].iloc[0] == "a planted trial"
    assert (heights.__name__, heights.__doc__) == ("heights", "Return the mean height.")


def test_one_line_shows_a_table_and_keeps_its_results() -> None:
    page = Page({}, NotebookParameters)
    shown = page.show(heights, run_of(100.0, 101.0))
    assert "Height of 2" in shown.text()
    assert "100.50" in shown.text()
    assert page.results.text("mean") == "100.50"


def test_several_views_stand_under_one_another_and_are_computed_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    again = section(heights.__wrapped__)
    again.shows(heights_table)
    again.shows(lambda results, _: Table("Again", results, {"group1_level": "Arm"}, []))
    page, run = Page({}, NotebookParameters), run_of(99.0)
    CALLS.clear()
    last = page.show(again, run)
    assert "Height of 1" in capsys.readouterr().out, "the first is displayed before"
    assert last.text().startswith("Again")
    assert again(run) is again(run)
    assert len(CALLS) == 1
    assert len(page.results) == 1, "what two views show is one result"


def test_a_view_may_be_several_things() -> None:
    each = section(heights.__wrapped__)
    each.shows(
        lambda results, run: [Table(f"{height:g}", results, {}, []) for height in run.heights]
    )
    assert [table.title for table in views_of(each, run_of(98.0, 99.0))] == ["98", "99"]


def test_what_cannot_be_analysed_says_why_and_the_page_goes_on() -> None:
    page, run = Page({}, NotebookParameters), run_of()
    with pytest.raises(UserError, match="no height was measured"):
        heights(run)
    assert page.show(heights, run).text() == "Not estimable (heights): no height was measured."
    rows = page.results
    assert rows.text("conclusion") == "not estimable"
    assert (reason_of(rows), is_absent(rows)) == ("no height was measured", False)
    assert reason_of(heights(run_of(1.0))) == ""


def test_what_a_trial_does_not_declare_has_no_section() -> None:
    page, run = Page({}, NotebookParameters), run_of(0.0)
    assert page.show(heights, run).html() == ""
    assert is_absent(heights.rows(run))
    assert len(page.results) == 0


def test_a_section_without_a_run_is_refused_where_the_page_has_none() -> None:
    with pytest.raises(UserError, match=r"page\.show\(section, run\)"):
        Page({}, NotebookParameters).show(heights)

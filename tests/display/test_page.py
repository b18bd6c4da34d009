"""A page in the hands of an analyst: values change, names are misspelt, cells run in any order."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pydantic
import pytest

from analysis.display import Column, Page, Table
from analysis.errors import UserError
from analysis.parameters import NotebookParameters, ParameterError
from analysis.results import DataStatus, DeclaredRun, Results, section


class Margins(NotebookParameters):
    margin: float = pydantic.Field(-1.8, lt=0, description="margin, cm/year")
    visits: list[str] = pydantic.Field(["M6"], description="visits")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run(DeclaredRun):
    margin: float
    inner: DeclaredRun | None = None
    state: dict[str, bool]

    @property
    def source(self) -> str:
        return "planted"

    @property
    def data_status(self) -> DataStatus:
        return "synthetic"

    @property
    def is_current(self) -> bool:
        return not self.state["changed"]


STATE = {"changed": False, "warns": False}
MADE: list[float] = []


def resolve(parameters: Margins) -> Run:
    if parameters.margin < -50:
        raise UserError("margin is too wide for any trial")
    MADE.append(parameters.margin)
    given = {"departures": (), "margin": parameters.margin, "state": {**STATE}}
    return Run(**given, inner=Run(**given))


@section
def verdict(run: Run) -> Results:
    if STATE["warns"]:
        np.log(np.zeros(1))
    word = "not shown" if run.margin > -1.5 else "non-inferior"
    frame = pd.DataFrame({"group1_level": ["a"], "bound": [run.margin], "conclusion": [word]})
    return run.results(frame, "verdict", group1="arm", context="test")


@verdict.shows
def verdict_table(results: Results, _run: Run) -> Table:
    return Table("Verdict", results, {"group1_level": "Arm"}, [Column("Is", "{conclusion}")])


@section
def other(run: Run) -> Results:
    frame = pd.DataFrame({"group1_level": ["b"], "n": [3]})
    return run.results(frame, "other", group1="arm", context="test")


@other.shows
def other_table(results: Results, _run: Run) -> Table:
    return Table("Other", results, {"group1_level": "Arm"}, [Column("n", "{n}")])


@pytest.fixture
def notebook() -> dict[str, object]:
    """A notebook whose parameters cell has run."""
    STATE.update(changed=False, warns=False)
    MADE.clear()
    return {"margin": -1.8, "visits": ["M6"]}


def opened(notebook: dict[str, object]) -> Page[Margins, Run]:
    return Page(notebook, Margins, resolve)


def test_a_changed_value_is_used_by_the_next_cell(
    notebook: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    page = opened(notebook)
    assert "non-inferior" in page.show(verdict).text()
    assert capsys.readouterr().out == ""
    notebook["margin"] = -1.0
    assert "not shown" in page.show(verdict).text()
    assert "margin = -1.0 (above: -1.8)" in capsys.readouterr().out
    assert "margin = -1.8" in page.text(), "the cell above was not run again"
    notebook["margin"] = -1.8
    assert "non-inferior" in page.show(verdict).text()
    assert capsys.readouterr().out == "", "nothing differs any more"


def test_a_run_is_made_once_for_the_same_values(notebook: dict[str, object]) -> None:
    page = opened(notebook)
    page.show(verdict)
    page.show(other)
    notebook["margin"] = -1.8
    page.finish()
    assert MADE == [-1.8]


@pytest.mark.parametrize("value", ["abc", 1.0, float("nan"), True])
def test_a_wrong_value_shows_nothing_of_the_run_before(
    value: object, notebook: dict[str, object]
) -> None:
    page = opened(notebook)
    page.show(verdict)
    notebook["margin"] = value
    for _ in range(2):
        with pytest.raises(ParameterError, match="margin must be"):
            page.show(verdict)
    with pytest.raises(ParameterError):
        page.finish()
    with pytest.raises(ParameterError):
        opened(notebook)


def test_a_value_that_cannot_be_analysed_shows_nothing_of_the_run_before(
    notebook: dict[str, object],
) -> None:
    page = opened(notebook)
    page.show(verdict)
    notebook["margin"] = -99.0
    for _ in range(2):
        with pytest.raises(UserError, match="too wide"):
            page.show(verdict)


@pytest.mark.parametrize("name", ["margn", "Margin", "margins_", "visit", "mragin"])
def test_a_misspelt_name_is_refused_every_time(name: str, notebook: dict[str, object]) -> None:
    page = opened(notebook)
    page.show(verdict)
    notebook[name] = -1.0
    for _ in range(3):
        with pytest.raises(ParameterError, match=f"'{name}' is not a parameter.*del {name}"):
            page.show(verdict)
    del notebook[name]
    page.show(verdict)


def test_an_analyst_has_variables_of_their_own(notebook: dict[str, object]) -> None:
    page = opened(notebook)
    own: dict[str, object] = {
        "unit": "cm", "note": None, "rows": [1], "margins": [-1.0, -2.0], "weights": {"a": 1},
        "mean": np.float64(3.0), "max": 3, "frame": pd.DataFrame(), "margin_of_safety": 2.0,
        "visit_window": 3,
    }  # fmt: skip
    notebook |= own
    page.show(verdict)
    notebook["margin_"] = np.float64(-1.0)
    with pytest.raises(ParameterError, match="did you mean 'margin'"):
        page.show(verdict)


def test_a_run_kept_from_before_is_refused(notebook: dict[str, object]) -> None:
    page = opened(notebook)
    kept = page.run
    page.show(verdict, kept)
    page.show(verdict, kept.inner)
    notebook["margin"] = -1.0
    for run in (kept, kept.inner):
        with pytest.raises(UserError, match=r"take page\.run"):
            page.show(verdict, run)
    assert "not shown" in page.show(verdict, page.run.inner).text()
    assert "non-inferior" in page.show(verdict, resolve(Margins())).text(), "a run of one's own"


def test_changed_data_make_the_run_anew(notebook: dict[str, object]) -> None:
    page = opened(notebook)
    before = page.run
    assert page.run is before
    before.state["changed"] = True
    assert page.run is not before


def test_results_of_other_parameters_are_not_handed_over(notebook: dict[str, object]) -> None:
    page = opened(notebook)
    page.show(verdict)
    page.show(other)
    notebook["margin"] = -1.0
    page.show(verdict)
    assert page.results.text("conclusion") == "not shown"
    assert set(page.results.frame["analysis_id"]) == {"verdict"}
    assert "Without 1 table or figure" in page.finish().text()
    page.show(other)
    assert "Without" not in page.finish().text()


def test_two_results_of_one_name_are_not_one(notebook: dict[str, object]) -> None:
    page = opened(notebook)
    page.show(verdict)
    page.show(verdict, resolve(Margins()))
    assert len(page.results) == 2, "the same result twice is one"
    other_table = verdict_table(verdict(resolve(Margins(margin=-1.0))), page.run)
    page.show(replace(other_table, title="Another"))
    with pytest.raises(UserError, match=r"have one name and differ: .*'verdict'"):
        page.finish()


def test_warnings_stop_the_package_and_not_the_analyst(notebook: dict[str, object]) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        page = opened(notebook)
        page.show(other)
        np.log(np.zeros(1))
        assert [str(each.message) for each in said] == ["divide by zero encountered in log"]
        STATE["warns"] = True
        for call in (lambda: page.show(verdict), lambda: verdict(page.run)):
            with pytest.raises(RuntimeWarning, match="divide by zero"):
                call()
        np.log(np.zeros(1))
        assert len(said) == 2

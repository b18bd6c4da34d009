"""One record a participant: chosen by the plan, refused with the line to write, never counted."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from corpus import N, good_plan, good_tables, write_trial
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.records import analysed, one_each, tells_apart, visits_seen
from analysis.sources.trial.trial import TrialError, load_trial


def several(column: str, values: list[Any], *, step: float = 1.0) -> tuple[Any, Any]:
    """Return plan and tables in which every height velocity stands once for each value."""
    plan, tables = good_plan(), good_tables()
    parts = []
    for place, value in enumerate(values):
        part = tables["adgr"].assign(**{column: value})
        own = part["PARAMCD"] == "HV"
        part.loc[own, ["AVAL", "BASE"]] += place * step
        parts.append(part[own] if place else part)
    tables["adgr"] = pd.concat(parts, ignore_index=True)
    return plan, tables


def choose(plan: Any, where: dict[str, Any]) -> None:
    for endpoint in (plan["endpoints"]["primary"], *plan["endpoints"]["secondary"]):
        endpoint["where"] = where


WAYS = [
    ("ATPT", ["LYING", "AFTER 1 MINUTE", "AFTER 3 MINUTES"], "LYING"),
    ("BASETYPE", ["LAST", "RUN-IN"], "RUN-IN"),
    ("ATPTN", [815.0, 816.0], 816),
    ("METHOD", ["STADIOMETER", "TAPE"], "TAPE"),
    ("ANL02FL", ["Y", ""], "Y"),
    ("DTYPE", ["", "AVERAGE"], "AVERAGE"),
]


@pytest.mark.parametrize(("column", "values", "wanted"), WAYS, ids=[way[0] for way in WAYS])
def test_the_plan_chooses_one_of_several_records(
    column: str, values: list[Any], wanted: Any, tmp_path: Any
) -> None:
    plan, tables = several(column, values)
    choose(plan, {column: wanted})
    trial = load_trial(write_trial(tmp_path / "t", plan=plan, tables=tables))
    found = trial.endpoint(trial.plan.endpoints.primary, population="full analysis")
    growth = tables["adgr"]
    own = growth[
        (growth["PARAMCD"] == "HV")
        & (growth["AVISIT"] == "Month 12")
        & (growth[column] == wanted)
        & growth["AVAL"].notna()
    ]
    assert len(found) == found["USUBJID"].nunique() == N
    assert found["AVAL"].mean() == pytest.approx(own["AVAL"].mean())


@pytest.mark.parametrize(("column", "values", "_wanted"), WAYS[:4], ids=[w[0] for w in WAYS[:4]])
def test_several_records_are_refused_with_the_line_to_write(
    column: str, values: list[Any], _wanted: Any, tmp_path: Any
) -> None:
    plan, tables = several(column, values)
    folder = write_trial(tmp_path / "t", plan=plan, tables=tables)
    first = sorted(values)[0]
    with pytest.raises(TrialError) as caught:
        load_trial(folder)
    said = str(caught.value)
    visits = 1
    assert f"{len(values) * N * visits} records count where {N * visits} should" in said
    shown = f"{first:g}" if isinstance(first, float) else first
    assert f'where: {{{column}: "{shown}"}}' in said


def test_repeats_that_nothing_tells_apart_are_refused_in_words() -> None:
    records = pd.DataFrame(
        {"USUBJID": ["a", "a", "b"], "AVISIT": "Week 2", "AVAL": [1.0, 2.0, 3.0]}
    )
    with pytest.raises(UserError, match=r"3 records count where 2 should.*no variable tells them"):
        one_each(records, ["USUBJID", "AVISIT"], what="advs, PULSE")
    assert tells_apart(records, ["USUBJID", "AVISIT"]) == {}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1, max_size=9))
def test_what_passes_has_one_record_each(pairs: list[tuple[str, str]]) -> None:
    records = pd.DataFrame(pairs, columns=["USUBJID", "AVISIT"])
    by = ["USUBJID", "AVISIT"]
    if len(set(pairs)) == len(pairs):
        assert one_each(records, by, what="t") is records
    else:
        with pytest.raises(UserError):
            one_each(records, by, what="t")


def test_a_variable_of_where_that_is_absent_selects_nothing() -> None:
    plan = TrialPlan.model_validate(good_plan())
    table = good_tables()["adgr"]
    assert not analysed(table, plan, where={"ATPT": ("LYING",)}).any()


def test_visits_come_from_the_data_where_the_plan_lists_none(tmp_path: Any) -> None:
    plan, tables = good_plan(), good_tables()
    plan["visits"] = []
    late = tables["adgr"]["AVISIT"] == "Month 12"
    odd = tables["adgr"][late].assign(AVISIT="Unscheduled 1")
    summary = tables["adgr"][late].assign(AVISIT="Post-baseline last", DTYPE="LOV")
    tables["adgr"] = pd.concat([tables["adgr"], odd, summary], ignore_index=True)
    trial = load_trial(write_trial(tmp_path / "t", plan=plan, tables=tables))
    primary = trial.plan.endpoints.primary
    seen = [(visit.name, visit.day) for visit in trial.visits(primary)]
    assert seen == [("Baseline", 1), ("Month 12", 365)]
    unnumbered = trial.tables["adgr"].drop(columns="ADY")
    names = [visit.name for visit in visits_seen(unnumbered, trial.plan, primary)]
    assert names == ["Baseline", "Month 12"]


@pytest.mark.parametrize(
    ("where", "field"),
    [
        (("endpoints", "primary", "direction"), "endpoints.primary.direction"),
        (("analysis", "margin"), "analysis.margin"),
        (("estimand",), "estimand"),
        (("endpoints", "primary"), "endpoints.primary"),
        (("arms", "reference"), "arms.reference"),
        (("data_status",), "data_status"),
    ],
)
def test_a_question_stops_an_analysis_and_nothing_else(
    where: tuple[str, ...], field: str, tmp_path: Any
) -> None:
    plan = good_plan()
    part = plan
    for name in where[:-1]:
        part = part[name]
    part[where[-1]] = "?"
    with pytest.raises(TrialError, match=rf"{field}: question: is still a question") as caught:
        load_trial(write_trial(tmp_path / "t", plan=plan))
    asked = [line for line in str(caught.value).splitlines() if ": question:" in line]
    assert len(asked) == 1

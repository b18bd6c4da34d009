"""One record a participant: chosen by the plan, refused with the line to write, never counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from corpus import N, good_plan, good_tables, write_trial
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.records import analysed, one_each, tells_apart, visits_seen
from analysis.sources.trial.tables import normalise
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


@pytest.mark.parametrize("twin", [str.lower, str.upper, lambda name: name.replace(" ", "  ")])
def test_a_visit_in_two_spellings_is_an_error(twin: Any, tmp_path: Any) -> None:
    """Half of the records would be missing from the visit, and nobody would say so."""
    plan, tables = good_plan(), good_tables()
    growth = tables["adgr"]
    own = growth.index[growth["AVISIT"] == "Month 12"][::2]
    growth.loc[own, "AVISIT"] = twin("Month 12")
    with pytest.raises(TrialError, match=r"visit in two spellings.*is written 'Month 12'"):
        load_trial(write_trial(tmp_path / "t", plan=plan, tables=tables))


def test_study_days_are_derived_where_there_are_dates_only(tmp_path: Any) -> None:
    plan, tables = good_plan(), good_tables()
    expected = load_trial(write_trial(tmp_path / "a", plan=plan, tables=tables)).tables["adgr"]
    tables["adgr"] = tables["adgr"].drop(columns="ADY")
    trial = load_trial(write_trial(tmp_path / "b", plan=plan, tables=tables))
    assert trial.tables["adgr"]["ADY"].tolist() == expected["ADY"].tolist()
    assert "study day derived" in {finding.rule for finding in trial.findings}


def test_words_of_avalc_make_a_scale_whatever_its_length(tmp_path: Any) -> None:
    plan, tables = good_plan(), good_tables()
    for endpoint in (plan["endpoints"]["primary"], *plan["endpoints"]["secondary"]):
        endpoint["kind"] = "continuous"
    growth = tables["adgr"]
    own = growth["PARAMCD"] == "HV"
    level = np.arange(len(growth)) % 9 + 1.0
    growth.loc[own, "AVAL"] = level[own]
    growth.loc[own, "AVALC"] = [f"GRADE {'ABCDEFGHI'[int(each) - 1]}" for each in level[own]]
    growth["AVALC"] = growth["AVALC"].fillna("")
    first = growth[own & (growth["ABLFL"] == "Y")].set_index("USUBJID")["AVAL"]
    growth.loc[own, "BASE"] = growth.loc[own, "USUBJID"].map(first)
    growth.loc[own & growth["CHG"].notna(), "CHG"] = growth["AVAL"] - growth["BASE"]
    found = [
        finding
        for finding in load_trial(write_trial(tmp_path / "t", plan=plan, tables=tables)).findings
        if finding.rule == "few values"
    ]
    assert "9 values, 1 (GRADE A by AVALC)" in found[0].message


def test_two_doses_of_one_day_are_said(tmp_path: Any) -> None:
    plan, tables = good_plan(), good_tables()
    plan["safety"]["exposure"] = "adex"
    adsl = tables["adsl"]
    one = adsl[["STUDYID", "USUBJID"]].assign(PARAMCD="CUMDOSE", PARAM="Dose (mg)", AVAL=7.0)
    one["ADT"] = adsl["TRTEDT"]
    tables["adex"] = pd.concat([one, one.iloc[:5].assign(AVAL=3.0)], ignore_index=True)
    trial = load_trial(write_trial(tmp_path / "t", plan=plan, tables=tables))
    (said,) = [each for each in trial.findings if each.rule == "repeated records"]
    assert (said.file, said.count) == ("adex", 10)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_an_absurd_covariate_is_named_and_stops_no_check(value: float, tmp_path: Any) -> None:
    plan, tables = good_plan(), good_tables()
    tables["adsl"].loc[3, "AGE"] = value
    with pytest.raises(TrialError, match="AGE"):
        load_trial(write_trial(tmp_path / "t", plan=plan, tables=tables))


def test_a_table_of_events_that_the_plan_does_not_name_is_said(tmp_path: Any) -> None:
    plan = good_plan()
    del plan["safety"]
    found = load_trial(write_trial(tmp_path / "t", plan=plan)).findings
    assert [each.file for each in found if each.rule == "table not in the plan"] == ["adae"]


@pytest.mark.parametrize("written", ["15760", "15760,0", "15760.0", "15760."])
def test_a_day_number_is_a_date_however_it_is_written(written: str) -> None:
    table, _ = normalise("adsl", pd.DataFrame({"TRTSDT": [written, ""]}))
    assert table["TRTSDT"].tolist() == [pd.Timestamp("2003-02-24"), pd.NaT]


@pytest.mark.parametrize(
    "word", ["Scrn Fail", "SCREENING FAILURE", "Not randomised", "screen-fail"]
)
def test_no_arm_is_no_arm_however_it_is_written(word: str, tmp_path: Any) -> None:
    plan, tables = good_plan(), good_tables()
    failed = tables["adsl"].iloc[[0]].assign(USUBJID="SMALL-9998", SUBJID="9998", TRT01P=word)
    failed = failed.assign(ARM=word, TRT01A="", FASFL="N", SAFFL="N", TRTSDT=pd.NaT, TRTEDT=pd.NaT)
    tables["adsl"] = pd.concat([tables["adsl"], failed], ignore_index=True)
    trial = load_trial(write_trial(tmp_path / "t", plan=plan, tables=tables))
    assert [each.count for each in trial.findings if each.rule == "no arm"] == [1]


@pytest.mark.parametrize(("length", "said"), [(40, 0), (41, 1), (90, 1)])
def test_a_label_has_at_most_forty_characters(length: int, said: int, tmp_path: Any) -> None:
    plan, tables = good_plan(), good_tables()
    tables["adsl"].attrs["labels"] = {"AGE": "A" * length, "SEX": "Sex"}
    trial = load_trial(write_trial(tmp_path / "t", plan=plan, tables=tables, suffix="parquet"))
    found = [each for each in trial.findings if each.rule == "long label"]
    assert [each.value for each in found] == ["AGE"] * said


def test_a_choice_by_a_long_number_takes_that_number_alone(tmp_path: Any) -> None:
    """Six digits would write 1234567 and 1234568 alike."""
    plan, tables = several("ATPTN", [1234567.0, 1234568.0])
    choose(plan, {"ATPTN": 1234568})
    trial = load_trial(write_trial(tmp_path / "t", plan=plan, tables=tables))
    found = trial.endpoint(trial.plan.endpoints.primary, population="full analysis")
    assert set(found["ATPTN"]) == {1234568.0}
    assert len(found) == N

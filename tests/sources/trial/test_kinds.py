"""Endpoints that are no measurements: responses and times, held against their records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from corpus import REFERENCE, TREATMENT, N, Plan, Tables, good_plan, good_tables, write_trial
from test_checks import check

from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.questions import stand_ins
from analysis.sources.trial.trial import TrialError, load_trial

Change = Callable[[Plan, Tables], None]

RESPONSE = {
    "name": "Response", "kind": "binary", "dataset": "adrs", "paramcd": "BOR",
    "response": {"variable": "AVALC", "is": ["CR", "PR"]}, "direction": "higher",
}  # fmt: skip
TIME = {
    "name": "Time to relapse", "kind": "time-to-event", "dataset": "adtte", "paramcd": "TTR",
    "cnsr": {0: "relapse", 1: "end of study", 2: "death"}, "competing": [2], "unit": "days",
    "times": [100], "until": 300, "direction": "higher",
}  # fmt: skip


def trial(*, primary: str = "") -> tuple[Plan, Tables]:
    """Return the good trial with a best response and a time to an event, in tables of their own."""
    plan, tables = good_plan(), good_tables()
    response, time = (dict(RESPONSE), dict(TIME))
    response["response"] = dict(RESPONSE["response"])  # type: ignore[call-overload]
    time["cnsr"] = dict(TIME["cnsr"])  # type: ignore[call-overload]
    own = {"binary": response, "time": time}
    rest = [each for name, each in own.items() if name != primary]
    if primary:
        plan["endpoints"]["primary"] = own[primary]
        plan["analysis"] = {"population": "full analysis", "covariates": []}
    plan["endpoints"]["secondary"] = [*plan["endpoints"]["secondary"], *rest]
    people = tables["adsl"][["STUDYID", "USUBJID", "TRT01P", "TRTSDT"]].rename(
        columns={"TRT01P": "TRTP"}
    )
    at = np.arange(N)
    best = np.array(["CR", "PR", "SD", "PD", "SD", "NE"])[at % 6]
    tables["adrs"] = people.assign(
        PARAMCD="BOR", PARAM="Best overall response", AVALC=best, AVISIT="", ANL01FL="Y"
    ).drop(columns="TRTSDT")
    time_days, code = 20.0 + 13 * at, at // 2 % 3
    tables["adtte"] = people.assign(
        PARAMCD="TTR", PARAM="Time to relapse (days)", AVAL=time_days, CNSR=code.astype(float),
        EVNTDESC=np.array(["RELAPSE", "END OF STUDY", "DEATH"])[code], STARTDT=people["TRTSDT"],
        ADT=people["TRTSDT"] + pd.to_timedelta(time_days - 1, unit="D"),
    ).drop(columns="TRTSDT")  # fmt: skip
    return plan, tables


def found(*changes: Change, primary: str = "") -> list[TrialFinding]:
    """Return what is found on the two tables, or on the plan, after changes."""
    plan, tables = trial(primary=primary)
    for change in changes:
        change(plan, tables)
    known = ("nothing in trial.yml", "required by ADaM")
    return [
        each
        for each in check(plan, tables)
        if each.file in ("adrs", "adtte", "trial.yml") and each.rule not in known
    ]


def one(rule: str, *changes: Change, primary: str = "") -> TrialFinding:
    """Return the one finding of a rule."""
    (finding,) = (each for each in found(*changes, primary=primary) if each.rule == rule)
    return finding


def endpoint(at: int, **fields: Any) -> Change:
    """Return a change of a secondary endpoint: 1 is the response, 2 the time; None takes away."""

    def change(plan: Plan, _: Tables) -> None:
        own = plan["endpoints"]["secondary"][at]
        for name, value in fields.items():
            if value is None:
                own.pop(name)
            else:
                own[name] = value

    return change


def response(**rule: Any) -> Change:
    return endpoint(1, response=rule)


def cells(table: str, column: str, value: Any, rows: Any = slice(None)) -> Change:
    """Return a change of some cells; a column that is new is made."""

    def change(_: Plan, tables: Tables) -> None:
        own = tables[table]
        if column not in own:
            own[column] = "" if isinstance(value, str) else np.nan
        own.loc[rows, column] = value(own.loc[rows]) if callable(value) else value

    return change


# Nothing wrong ----


@pytest.mark.parametrize("primary", ["", "binary", "time"])
def test_good_responses_and_times_have_no_error(primary: str) -> None:
    findings = found(primary=primary)
    assert [each for each in findings if each.severity == "error"] == []
    assert "unknown is no response" in {each.rule for each in findings}


@pytest.mark.parametrize("primary", ["binary", "time"])
def test_a_trial_gives_one_record_a_participant(primary: str, tmp_path: Any) -> None:
    plan, tables = trial(primary=primary)
    loaded = load_trial(write_trial(tmp_path / "t", plan=plan, tables=tables))
    records = loaded.endpoint(loaded.plan.endpoints.primary, population="full analysis")
    assert len(records) == records["USUBJID"].nunique() == N


@pytest.mark.parametrize("place", [1, 2])
def test_a_window_is_of_visits_and_takes_no_other_record(place: int) -> None:
    def at_a_visit(_: Plan, tables: Tables) -> None:
        for name in ("adrs", "adtte"):
            tables[name] = tables[name].assign(AVISIT="Month 12", ADY=9.0)

    rules = {each.rule for each in found(at_a_visit) if each.severity == "error"}
    assert "endpoint without values" not in rules
    finding = found(at_a_visit, endpoint(place, visit="Month 12"))
    without = [each for each in finding if each.rule == "endpoint without values"]
    assert bool(without) == (place == 1)  # A response at a visit is put to its window.


def test_several_records_of_a_participant_are_named() -> None:
    def twice(_: Plan, tables: Tables) -> None:
        own = tables["adtte"]
        more = own.assign(AVISIT="SECOND")
        tables["adtte"] = pd.concat([own.assign(AVISIT="FIRST"), more], ignore_index=True)

    error = one("duplicate key", twice)
    assert (error.severity, error.file, error.count) == ("error", "adtte", N)
    assert "one a participant; they differ in AVISIT" in error.message
    assert 'visit: "FIRST"' in error.message
    assert not [e for e in found(twice, endpoint(2, visit="FIRST")) if e.rule == "duplicate key"]


# Kinds ----


@pytest.mark.parametrize("declared", [None, "continuous"])
def test_a_time_is_never_averaged(declared: str | None) -> None:
    def visits(_: Plan, tables: Tables) -> None:
        tables["adtte"]["AVISIT"] = "END"

    fields = dict.fromkeys(("cnsr", "competing", "times", "until"))
    error = one("kind and data", visits, endpoint(2, kind=declared, visit="END", **fields))
    assert (error.severity, error.column) == ("error", "CNSR")
    assert "write kind: time-to-event" in error.message


def test_words_without_a_kind_are_no_measurement() -> None:
    error = one(
        "kind not declared",
        cells("adrs", "AVISIT", "END"),
        endpoint(1, kind=None, response=None, visit="END"),
    )
    assert (error.severity, error.column) == ("error", "AVALC")
    assert "write kind: binary" in error.message


@pytest.mark.parametrize(
    ("asked", "stands_in"),
    [
        ({"kind": "?"}, {}),
        ({"kind": "?", "response": {"variable": "AVAL", "is": "?"}}, {"kind": "binary"}),
        ({"kind": "?", "cnsr": {0: "?"}}, {"kind": "time-to-event"}),
        ({"kind": "binary", "response": {"variable": "CHG", "at_most": "?"}}, {}),
        ({"kind": "binary", "response": "?"}, {}),
    ],
)
def test_questions_of_kinds_leave_the_rest_to_be_checked(
    asked: dict[str, Any], stands_in: dict[str, str]
) -> None:
    from analysis.sources.trial.plan import TrialPlan

    plan = good_plan()
    plan["endpoints"]["primary"] |= asked
    content, questions = stand_ins(plan)
    assert questions == tuple(each for each in questions if each.startswith("endpoints.primary."))
    assert len(questions) == 1 + (asked.get("kind") == "?" and len(asked) > 1)
    typed = TrialPlan.model_validate(content)
    assert typed.endpoints.primary.kind == stands_in.get("kind", typed.endpoints.primary.kind)


# Responses ----


@pytest.mark.parametrize(
    ("rule", "word", "hint"),
    [
        ({"variable": "AVALC", "is": ["CR", "PRR"]}, "PRR", "did you mean 'PR'?"),
        ({"variable": "AVALC", "is": "cr"}, "cr", "did you mean 'CR'?"),
        ({"variable": "AVALC", "is": "Responder"}, "Responder", "seen are CR, NE, PD, PR, SD"),
        ({"variable": "AVALC", "is": "CR", "not_evaluable": "NEV"}, "NEV", "did you mean 'NE'?"),
    ],
)
def test_a_word_that_no_record_has_is_an_error(rule: dict[str, Any], word: str, hint: str) -> None:
    error = one("not in the data", response(**rule))
    assert (error.severity, error.value) == ("error", word)
    assert hint in error.message


def test_a_word_of_another_visit_is_a_zero_that_is_noted() -> None:
    """The word means something in this trial; that nobody has it at the visit is a result."""

    def two_visits(_: Plan, tables: Tables) -> None:
        first = tables["adrs"].assign(AVISIT="Month 3")
        last = first.assign(AVISIT="Month 12", AVALC=first["AVALC"].replace("CR", "SD"))
        tables["adrs"] = pd.concat([first, last], ignore_index=True)

    assert one("not in the data", two_visits, endpoint(1, visit="Month 12")).severity == "note"


@pytest.mark.parametrize(("values", "severity"), [("N", "note"), ("0", "note"), ("SD", "error")])
def test_nobody_responds_where_the_other_word_is_there(values: str, severity: str) -> None:
    yes = {"N": "Y", "0": "1"}.get(values, "Y")
    change = cells("adrs", "AVALC", values), response(variable="AVALC", **{"is": yes})
    assert one("not in the data", *change).severity == severity
    assert "nobody of the 24" in one("one response only", *change).message


def test_responder_words_are_words_as_any_other() -> None:
    words = cells("adrs", "AVALC", "Responder"), cells("adrs", "AVALC", "Non-responder", slice(9))
    rules = {e.rule for e in found(*words, response(variable="AVALC", **{"is": "Responder"}))}
    assert not rules & {"not in the data", "one response only", "unknown is no response"}


@pytest.mark.parametrize("flag", ["CRIT1FL", "CRIT2FL"])
def test_blank_of_a_flag_of_yes_alone_is_no_response_and_counted(flag: str) -> None:
    change = cells("adrs", flag, "Y", slice(9)), response(variable=flag, **{"is": "Y"})
    note = one("blank is no response", *change)
    assert (note.severity, note.count) == ("note", N - 10)
    mixed = found(*change, cells("adrs", flag, "N", slice(20, 22)))
    assert "blank is no response" not in {each.rule for each in mixed}


def test_unknown_counts_as_no_response_unless_it_is_named() -> None:
    note = one("unknown is no response")
    assert (note.severity, note.count) == ("note", N // 6)
    assert 'write not_evaluable: ["NE"]' in note.message
    rules = {e.rule for e in found(response(variable="AVALC", is_=["CR"], not_evaluable="NE"))}
    assert "unknown is no response" not in rules


def test_a_code_is_unknown_by_its_word() -> None:
    codes = cells("adrs", "AVAL", lambda own: own["AVALC"].map(
        {"CR": 1.0, "PR": 2.0, "SD": 3.0, "PD": 4.0, "NE": 6.0}
    ))  # fmt: skip
    note = one("unknown is no response", codes, response(variable="AVAL", **{"is": [1, 2]}))
    assert "6 (NE by AVALC) counts as no response" in note.message
    assert 'not_evaluable: ["6"]' in note.message


def test_a_limit_is_of_numbers() -> None:
    error = one("wrong type", response(variable="AVALC", at_least=3))
    assert (error.severity, error.column) == ("error", "AVALC")
    error = one("variable missing", response(variable="PCHG", at_most=-30))
    assert (error.severity, error.value) == ("error", "PCHG")
    change = cells("adrs", "PCHG", lambda own: -100.0 + 9 * np.arange(len(own)))
    rules = {e.rule for e in found(change, response(variable="PCHG", at_most=-30))}
    assert not rules & {"variable missing", "wrong type", "endpoint without values"}


def test_one_participant_of_an_arm_is_enough_for_a_share_and_none_is_not() -> None:
    def keep(n: int) -> Change:
        def change(_: Plan, tables: Tables) -> None:
            own = tables["adrs"]
            arm = own["TRTP"] == REFERENCE
            tables["adrs"] = own[~arm | (arm.cumsum() <= n)].reset_index(drop=True)

        return change

    rules = {each.rule for each in found(keep(1))}
    assert not rules & {"endpoint not estimable", "endpoint without values"}
    assert f"nobody of arm '{REFERENCE}'" in one("endpoint without values", keep(0)).message


# Times ----


@pytest.mark.parametrize(
    ("rule", "change", "column", "count"),
    [
        ("CNSR missing", cells("adtte", "CNSR", np.nan, [3, 4]), "CNSR", 2),
        ("CNSR is no code", cells("adtte", "CNSR", 0.5, [3]), "CNSR", 1),
        ("CNSR is no code", cells("adtte", "CNSR", -1.0, [3]), "CNSR", 1),
        ("CNSR not in the plan", cells("adtte", "CNSR", 3.0, [3, 6]), "CNSR", 2),
        ("time not above 0", cells("adtte", "AVAL", 0.0, [3]), "AVAL", 1),
        ("time not above 0", cells("adtte", "AVAL", -4.0, [3, 5]), "AVAL", 2),
    ],
)
def test_a_time_that_cannot_be_is_an_error(
    rule: str, change: Change, column: str, count: int
) -> None:
    error = next(each for each in found(change) if each.rule == rule)
    assert (error.severity, error.column, error.count) == ("error", column, count)


def test_what_the_plan_says_of_cnsr_is_held_to_the_data() -> None:
    error = one("not in the data", endpoint(2, cnsr={**TIME["cnsr"], 4: "other"}))  # type: ignore[dict-item]
    assert (error.severity, error.value) == ("error", "4")
    error = one("not in the data", endpoint(2, cnsr=None, competing=[5]))
    assert (error.severity, error.value) == ("error", "5")
    error = one("CNSR reversed", endpoint(2, cnsr={0: "censored", 1: "event", 2: "death"}))
    assert error.severity == "error"


def test_cnsr_may_be_written_as_text() -> None:
    """A csv, or a sponsor, may have them quoted; nothing is lost."""
    change = cells("adtte", "CNSR", lambda own: own["CNSR"])
    plan, tables = trial()
    change(plan, tables)
    tables["adtte"]["CNSR"] = tables["adtte"]["CNSR"].astype(int).astype(str)
    assert [e for e in check(plan, tables) if e.file == "adtte" and e.severity == "error"] == []


@pytest.mark.parametrize("by", ["EVNTDESC", "CNSDTDSC"])
def test_cnsr_of_zero_for_a_censoring_is_found(by: str) -> None:
    def reversed_(_: Plan, tables: Tables) -> None:
        own = tables["adtte"]
        own["CNSR"] = np.where(own["EVNTDESC"] == "END OF STUDY", 0.0, 1.0)
        own["EVNTDESC"] = own["EVNTDESC"].replace("DEATH", "RELAPSE")
        if by == "CNSDTDSC":
            own["CNSDTDSC"] = np.where(own["CNSR"] == 0, "Last contact", "")
            del own["EVNTDESC"]

    error = one("CNSR reversed", reversed_, endpoint(2, cnsr=None, competing=[]))
    assert (error.severity, error.count) == ("error", N // 3)


def test_events_that_are_all_of_the_data_cut_are_noted() -> None:
    def on_one_day(_: Plan, tables: Tables) -> None:
        own = tables["adtte"]
        own.loc[own["CNSR"] == 0, "ADT"] = pd.Timestamp("2004-12-31")

    note = one("events of one day", on_one_day)
    assert (note.severity, note.count) == ("note", N // 3)
    assert "2004-12-31, the data cut" in note.message


@pytest.mark.parametrize("arm", [REFERENCE, TREATMENT, ""])
def test_an_arm_without_events_is_noted(arm: str) -> None:
    def censored(_: Plan, tables: Tables) -> None:
        own = tables["adtte"]
        own.loc[(own["TRTP"] == arm) | (arm == ""), "CNSR"] = 1.0

    note = one("no events", censored, endpoint(2, cnsr=None, competing=[]))
    assert note.severity == "note"
    assert (f"arm '{arm}'" if arm else "nobody has the event") in note.message


@pytest.mark.parametrize("field", ["times", "until"])
def test_times_beyond_follow_up_are_noted(field: str) -> None:
    late = one("time not reached", endpoint(2, **{field: [9, 999] if field == "times" else 999}))
    assert (late.severity, late.value) == ("note", "999")
    assert field in late.message


@pytest.mark.parametrize(
    ("unit", "days"), [("weeks", 7.0), ("months", 30.4375), ("years", 365.25), ("DAYS", 1.0)]
)
def test_a_time_is_that_of_its_dates_in_its_unit(unit: str, days: float) -> None:
    def label(_: Plan, tables: Tables) -> None:
        tables["adtte"]["PARAM"] = "Time to relapse"

    in_unit = cells("adtte", "AVAL", lambda own: (own["AVAL"] / days).round(2))
    fits = found(label, in_unit, endpoint(2, unit=unit, times=[], until=None))
    assert "time inconsistent" not in {each.rule for each in fits}
    wrong = "months" if unit == "DAYS" else "days"
    note = one("time inconsistent", label, in_unit, endpoint(2, unit=wrong, times=[], until=None))
    assert note.severity == "note"
    assert f"it seems to be in {unit.lower()}" in note.message
    stated = one("unit not stated", label, in_unit, endpoint(2, unit="", times=[], until=None))
    assert f"by STARTDT and ADT it is {unit.lower()}" in stated.message


def test_days_counted_in_two_ways_are_noted() -> None:
    note = one("time inconsistent", cells("adtte", "AVAL", lambda own: own["AVAL"] - 1, [2, 3, 4]))
    assert (note.severity, note.count) == ("note", 3)
    assert "otherwise" in note.message


def test_a_table_of_times_needs_no_visit_no_flag_and_no_study_day() -> None:
    rules = {each.rule for each in found() if each.file == "adtte"}
    assert rules <= {"study day derived"}


# What is planned for each ----


@pytest.mark.parametrize(
    ("rule", "words", "at", "own"),
    [
        ("unknown analysis", "must be one of Miettinen-Nurminen, Newcombe", 1, {"model": "ANCOVA"}),
        ("unknown analysis", "did you mean 'Cox regression'?", 2, {"model": "Cox regresion"}),
        ("unknown analysis", "as 'Time to relapse' is time-to-event", 2, {"model": "Newcombe"}),
        ("unknown analysis", "must be one of full analysis, safety", 1, {"population": "full"}),
        ("terms and model", "takes no covariates", 1, {"covariates": ["AGE"]}),
        ("terms and model", "takes no strata", 2, {"model": "Kaplan-Meier", "strata": ["REGION"]}),
        ("missing data and model", "must be one of observed", 2, {"missing_data": "LOCF"}),
        ("margin and effect", "for 10 percentage points write 0.1", 1, {"margin": 10}),
        ("margin and effect", "of a ratio", 2, {"margin": 1}),
        ("objectives", "needs a margin", 1, {"objectives": ["non-inferiority"]}),
        ("objectives", "must differ", 1, {"objectives": ["superiority", "superiority"]}),
    ],
)
def test_what_an_endpoint_plans_for_itself_can_be_done(
    rule: str, words: str, at: int, own: dict[str, Any]
) -> None:
    error = one(rule, endpoint(at, analysis=own))
    assert error.severity == "error"
    assert words in error.message


@pytest.mark.parametrize(
    ("at", "own"),
    [
        (1, {"model": "logistic regression", "covariates": ["AGE"], "strata": ["REGION"]}),
        (1, {"missing_data": "non-responder", "margin": -0.1, "objectives": ["non-inferiority"]}),
        (1, {"strata": ["REGION"]}),
        (2, {"model": "Cox regression", "covariates": ["AGE"], "margin": 1.3}),
        (2, {"model": "restricted mean survival", "margin": 30}),
        (1, {"population": "safety", "model": "miettinen–nurminen"}),
    ],
)
def test_what_can_be_done_is_no_finding(at: int, own: dict[str, Any]) -> None:
    errors = [each for each in found(endpoint(at, analysis=own)) if each.severity == "error"]
    assert errors == []


@pytest.mark.parametrize(
    ("own", "rule", "words"),
    [
        ({"model": "ANCOVA"}, "unknown analysis", "as 'Response' is binary"),
        ({"model": "Newcombe", "covariates": ["AGE"]}, "terms and model", "analysis.covariates"),
        ({"model": "Newcombe", "margin": 10}, "margin and effect", "write 0.1"),
        ({"missing_data": "LOCF", "model": "Cox regression"}, "unknown analysis", "binary"),
    ],
)
def test_the_analysis_of_the_plan_is_that_of_its_primary_endpoint(
    own: dict[str, Any], rule: str, words: str
) -> None:
    def planned(plan: Plan, _: Tables) -> None:
        plan["analysis"] |= own

    error = one(rule, planned, primary="binary")
    assert error.severity == "error"
    assert words in error.message


def test_terms_of_an_endpoint_are_held_to_the_data() -> None:
    own = {"model": "logistic regression", "covariates": ["AGEE"]}
    error = one("variable in no table", endpoint(1, analysis=own))
    assert "did you mean 'AGE'?" in error.message
    own = {"model": "logistic regression", "strata": ["ARM"]}
    error = one("term not estimable", endpoint(1, analysis=own))
    assert "the arm itself" in error.message


def test_one_arm_has_measurements_only(tmp_path: Any) -> None:
    plan, tables = trial(primary="binary")
    plan |= {"design": "single-arm", "arms": {"treatment": TREATMENT}}
    plan["analysis"] |= {"model": "paired t"}
    plan["endpoints"]["secondary"] = []
    keep = tables["adsl"].loc[tables["adsl"]["TRT01P"] == TREATMENT, "USUBJID"]
    tables = {name: own[own["USUBJID"].isin(keep)] for name, own in tables.items()}
    with pytest.raises(TrialError, match="continuous endpoints only in this version"):
        load_trial(write_trial(tmp_path / "t", plan=plan, tables=tables))

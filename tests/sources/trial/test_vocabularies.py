"""Every word of a plan is held against the data; values against what a person can have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from corpus import N, Plan, Tables, batches, good_plan, good_tables, plan_value, put, write_trial
from test_checks import check

from analysis.__main__ import main
from analysis.display.trial import WIDTH, findings_text
from analysis.sources.trial.event_words import FATAL, RELATED, SEVERE, WITHDRAWN
from analysis.sources.trial.finding import TrialFinding, findings_frame
from analysis.sources.trial.physiology import fitting_unit, limits_of
from analysis.sources.trial.trial import read_trial

EVENTS = 2 * N + N // 4


def found(
    rule: str, *changes: Callable[[Plan, Tables], None], plan: dict[str, Any] | None = None
) -> list[TrialFinding]:
    """Return the findings of one rule in the good trial after changes."""
    content, tables = good_plan(), good_tables()
    content["safety"] |= plan or {}
    for change in changes:
        change(content, tables)
    return [finding for finding in check(content, tables) if finding.rule == rule]


def events(column: str, most: str, some: str = "", n: int = 5) -> Callable[[Plan, Tables], None]:
    """Return a change that gives `n` events one value of a variable and all others another."""

    def change(_: Plan, tables: Tables) -> None:
        values = np.full(EVENTS, most, dtype=object)
        values[:n] = some or most
        tables["adae"][column] = values.astype(str)

    return change


def severities(*errors_and_notes: TrialFinding) -> list[str]:
    return [finding.severity for finding in errors_and_notes]


# Words that meet nothing, or only part ----


@pytest.mark.parametrize(
    ("column", "field", "most", "some"),
    [
        ("AEREL", "related", "N", "Y"),
        ("AEREL", "related", "NOT SUSPECTED", "SUSPECTED"),
        ("AEREL", "related", "No", "Yes"),
        ("AEREL", "related", "1", "2"),
        ("AEREL", "related", "UNRELATED", "LIKELY RELATED"),
        ("AEREL", "related", "NOT RELATED", "POSSIBEL"),
        ("AEACN", "withdrawal", "DOSE NOT CHANGED", "PERMANENTLY DISCONTINUED"),
        ("AEACN", "withdrawal", "NONE", "Drug stopped"),
        ("AEACN", "withdrawal", "NOT APPLICABLE", "WITHDRAWN"),
        ("AEOUT", "fatal", "RECOVERED/RESOLVED", "DEATH"),
        ("AEOUT", "fatal", "NOT RECOVERED", "Died"),
        ("AEOUT", "fatal", "UNKNOWN", "FATEL"),
        ("AESEV", "severe", "GRADE 1", "GRADE 3"),
        ("AESEV", "severe", "1", "3"),
    ],
)
def test_a_word_that_meets_nothing_is_an_error(
    column: str, field: str, most: str, some: str
) -> None:
    findings = found(f"{field}: words and data", events(column, most, some))
    error = next(finding for finding in findings if finding.severity == "error")
    counts = pd.Series([some.upper()] * 5 + [most.upper()] * (EVENTS - 5)).value_counts()
    for value, count in counts.items():
        assert f"{value} {count}" in error.message
    assert f"write {field}: [" in error.message
    assert (error.file, error.column) == ("adae", column)


@pytest.mark.parametrize(
    ("column", "field", "named", "other"),
    [
        ("AEREL", "related", "POSSIBLE", "SUSPECTED"),
        ("AEREL", "related", "POSSIBLE", "POSSIBEL"),
        ("AEREL", "related", "DEFINITE", "YES"),
        ("AEACN", "withdrawal", "DRUG WITHDRAWN", "PERMANENTLY DISCONTINUED"),
        ("AEACN", "withdrawal", "DRUG WITHDRAWN", "DRUG WITDRAWN"),
        ("AEOUT", "fatal", "FATAL", "DEATH"),
    ],
)
def test_a_value_that_means_the_word_is_an_error_too(
    column: str, field: str, named: str, other: str
) -> None:
    (error,) = found(f"{field}: words and data", events(column, named, other))
    assert (error.severity, error.count, error.value) == ("error", 5, other)


@pytest.mark.parametrize(
    ("column", "field", "most", "some"),
    [
        ("AEREL", "related", "NOT RELATED", "UNLIKELY"),
        ("AEREL", "related", "NONE", "UNKNOWN"),
        ("AEACN", "withdrawal", "DOSE NOT CHANGED", "DRUG INTERRUPTED"),
        ("AEACN", "withdrawal", "NOT APPLICABLE", "TEMPORARILY DISCONTINUED"),
        ("AEOUT", "fatal", "RECOVERING/RESOLVING", "NOT FATAL"),
        ("AESEV", "severe", "MILD", "MODERATE"),
    ],
)
def test_where_nothing_is_meant_no_event_counts(
    column: str, field: str, most: str, some: str
) -> None:
    findings = found(f"{field}: words and data", events(column, most, some))
    assert "error" not in severities(*findings)
    none = [finding for finding in findings if "no event is" in finding.message]
    assert len(none) == (field != "fatal")


@pytest.mark.parametrize("value", ["REMOTE", "UNLIKELY", "DOUBTFUL", "SOMEHOW"])
def test_what_the_plan_leaves_open_is_a_counted_note(value: str) -> None:
    (note,) = found("related: words and data", events("AEREL", "POSSIBLE", value))
    assert (note.severity, note.count) == ("note", 5)
    assert f"{value} 5: counts as not related" in note.message


def test_case_and_blanks_do_not_matter() -> None:
    change = events("AEREL", " Possible", "Not Related ")
    assert not found("related: words and data", change, plan={"related": ["possible "]})


def test_a_declared_vocabulary_is_the_authors_decision() -> None:
    change = events("AEREL", "PROBABLE", "POSSIBLE")
    named = {"related": ["PROBABLE"]}
    assert severities(*found("related: words and data", change, plan=named)) == ["error"]
    levels = plan_value({"AEREL": ["PROBABLE", "POSSIBLE"]}, "levels")
    (note,) = found("related: words and data", change, levels, plan=named)
    assert (note.severity, note.count) == ("note", 5)
    # Levels that list the values of the data only say nothing of what counts.
    yes_no = plan_value({"AEREL": ["Y", "N"]}, "levels")
    coded = events("AEREL", "N", "Y")
    assert severities(*found("related: words and data", coded, yes_no, plan=named))[0] == "error"


def test_a_word_that_no_event_has_is_a_note_with_the_nearest() -> None:
    named = {"related": ["POSSIBLE", "PROBABEL"]}
    (note,) = found("related: words and data", events("AEREL", "POSSIBLE"), plan=named)
    assert (note.severity, note.file, note.value) == ("note", "trial.yml", "PROBABEL")


def test_a_question_is_not_held_against_the_data(tmp_path: Path) -> None:
    plan, tables = good_plan(), good_tables()
    plan["safety"]["related"] = "?"
    events("AEREL", "N", "Y")(plan, tables)
    findings = read_trial(write_trial(tmp_path / "t", plan=plan, tables=tables)).findings
    assert [(each.rule, each.column) for each in findings if each.severity == "error"] == [
        ("question", "safety.related")
    ]


@pytest.mark.parametrize("column", ["AEACN", "AEOUT", "AEREL"])
def test_a_variable_blank_throughout_is_not_recorded(column: str) -> None:
    notes = found("category blank", events(column, ""))
    assert [(note.count, "not recorded" in note.message) for note in notes] == [(EVENTS, True)]


@pytest.mark.parametrize("words", [("NO", "YES"), ("0", "1"), ("false", "true")])
def test_seriousness_is_y_or_n_whatever_levels_say(words: tuple[str, str]) -> None:
    levels = plan_value({"AESER": list(words)}, "levels")
    for change in ((events("AESER", *words),), (events("AESER", *words), levels)):
        findings = found("level unexpected", *change)
        assert sum(finding.count for finding in findings) == EVENTS
        assert all("only Y counts; recode" in finding.message for finding in findings)


def test_own_severities_need_to_say_which_are_severe() -> None:
    grades = plan_value({"AESEV": ["1", "2", "3"]}, "levels")
    change = events("AESEV", "2", "3")
    assert severities(*found("severe: words and data", change, grades)) == ["error"]
    assert not found("severe: words and data", change, grades, plan={"severe": ["3"]})
    unlisted = found("level unexpected", change)
    assert all("AESEV: ['2', '3'], in ascending order" in each.message for each in unlisted)
    assert all("safety.severe" in each.message for each in unlisted)


def test_worse_than_severe_is_severe() -> None:
    levels = plan_value({"AESEV": ["MILD", "SEVERE", "LIFE THREATENING"]}, "levels")
    change = events("AESEV", "MILD", "LIFE THREATENING")
    assert not found("severe: words and data", change, levels)


@pytest.mark.parametrize(
    ("words", "value", "meaning"),
    [
        (RELATED, "PROBABLY NOT RELATED", "doubtful"),
        (RELATED, "NON-RELATED", "no"),
        (RELATED, "NO REASONABLE POSSIBILITY", "no"),
        (RELATED, "NOT ASSESSABLE", "doubtful"),
        (RELATED, "UNCERTAIN", "doubtful"),
        (WITHDRAWN, "TREATMENT CONTINUED", "no"),
        (WITHDRAWN, "DRUG DISCONTINUED", "yes"),
        (WITHDRAWN, "STUDY DRUG HELD", "no"),
        (WITHDRAWN, "DOSE REDUCED, DRUG WITHDRAWN", "yes"),
        (WITHDRAWN, "DOSE REDUCED AND INTERRUPTED", "no"),
        (FATAL, "NOT RECOVERED; DIED", "yes"),
        (FATAL, "RESOLVED WITH SEQUELAE", "no"),
        (FATAL, "PATIENT DIED", "yes"),
        (SEVERE, "LIFE-THREATENING", "yes"),
    ],
)
def test_meanings(words: Any, value: str, meaning: str) -> None:
    assert words.meaning(value) == meaning


@pytest.mark.parametrize("term", ["HYPERGLYCAEMIA", "Hyperglycemia", "hyperglycaemia "])
def test_a_term_that_differs_by_spelling_alone_is_an_error(term: str) -> None:
    (error,) = found("term not in the data", plan={"special_interest": {"glucose": [term]}})
    assert (error.severity, "'Hyperglycaemia'" in error.message) == ("error", True)


def test_other_absent_terms_of_a_group_share_a_note() -> None:
    groups = {"glucose": ["Hyperglycaemia", "Hypoglycaemia", "Diabetes"], "other": ["A", "B"]}
    first, second = found("term not in the data", plan={"special_interest": groups})
    assert (first.severity, first.count, first.value) == ("note", 2, "Diabetes, Hypoglycaemia")
    assert "none of its 2 terms" in second.message


# Names that refer to something ----


@pytest.mark.parametrize(
    ("role", "code", "words"),
    [
        ("fasting_glucose", "GLU", "may be GLUC (Glucose (mmol/L))"),
        ("random_glucose", "SUGAR", "may be GLUC"),
        ("alt", "ALAT", "adlb"),
    ],
)
def test_a_role_that_nothing_measures_is_an_error(role: str, code: str, words: str) -> None:
    (error,) = found("parameter in no table", plan={"roles": {role: code}})
    assert (error.severity, error.column, error.value) == ("error", f"safety.roles.{role}", code)
    assert words in error.message


def test_a_role_needs_no_label() -> None:
    unlabelled = lambda _, tables: tables["adlb"].pop("PARAM")  # noqa: E731
    roles = {"roles": {"random_glucose": "GLUC"}}
    assert not found("parameter in no table", unlabelled, plan=roles)


def test_a_role_without_a_laboratory_table_is_an_error() -> None:
    change = {"laboratory": [], "roles": {"alt": "ALT"}}
    (error,) = found(
        "parameter in no table", lambda plan, _: plan["units"].pop("GLUC"), plan=change
    )
    assert "safety.laboratory is empty" in error.message


@pytest.mark.parametrize(
    ("value", "path", "rule", "words"),
    [
        ("CDC 2000", ("growth", "reference"), "unknown growth reference", "'CDC 2000 stature'"),
        ("WHO 2007", ("growth", "reference"), "unknown growth reference", "must be one of"),
        # Listed, and its table is not shipped: nothing can be scored by it.
        ("Turner 1985 height", ("growth", "reference"), "unknown growth reference", "CDC"),
        ("Turner", ("growth", "disease_reference"), "unknown growth reference", "Turner 1985"),
        (
            {"study_id": "CERES-GDH", "arm_id": "all"},
            ("published",), "report not in the ledger", "'CERES-GHD'",
        ),
        (
            {"study_id": "CERES-GHD", "arm_id": "test"},
            ("published",), "report not in the ledger", "arms.csv",
        ),
        (["AGEE"], ("baseline",), "baseline entry not in the data", "'AGE'"),
        (["age"], ("baseline",), "baseline entry not in the data", "'AGE'"),
        (["SXE"], ("safety", "subgroups"), "subgroup not in the data", "'SEX'"),
        (["advs.WEIGH"], ("baseline",), "baseline entry not in the data", "'WEIGHT'"),
        ("2002-01-01", ("data", "cutoff"), "data cut too early", "2002-02-2"),
    ],
)  # fmt: skip
def test_a_reference_to_nothing_is_an_error(
    value: Any, path: tuple[str, ...], rule: str, words: str
) -> None:
    findings = found(rule, plan_value(value, *path))
    assert severities(*findings) == ["error"]
    assert words in findings[0].message


def test_what_is_there_may_be_referred_to() -> None:
    plan, tables = good_plan(), good_tables()
    plan["baseline"] = ["AGE", "SEX", "advs.WEIGHT", "adgr.HEIGHT"]
    plan["published"] = {"study_id": "CERES-GHD", "arm_id": "all"}
    plan["growth"]["disease_reference"] = "Turner 1985 height"
    plan["safety"]["roles"] = {"fasting_glucose": "GLUC"}
    assert check(plan, tables) == []


def test_a_baseline_entry_needs_baseline_records() -> None:
    (error,) = found(
        "baseline entry not in the data",
        plan_value(["advs.WEIGHT"], "baseline"),
        put("advs", "ABLFL", "", *range(5 * N)),
    )
    assert "ABLFL = Y" in error.message


def test_a_unit_of_a_misspelt_parameter_is_an_error() -> None:
    def misspell(plan: Plan, _: Tables) -> None:
        plan["units"]["WEIGTH"] = plan["units"].pop("WEIGHT")

    (error,) = found("parameter in no table", misspell)
    assert (error.severity, error.value) == ("error", "WEIGTH")


# Endpoints ----

PRIMARY = ("endpoints", "primary")
HV = range(6 * N, 8 * N)


@pytest.mark.parametrize(
    ("where", "rule", "words"),
    [
        ({"ATPT": "STANDING"}, "variable missing", "ATPT"),
        ({"TRTPP": "Humatrope"}, "variable missing", "'TRTP'"),
        ({"TRTP": "Humatropee"}, "not in the data", "'Humatrope'"),
        ({"ANL01FL": "N"}, "not in the data", "seen are Y"),
    ],
)
def test_a_choice_of_records_that_chooses_none_is_an_error(
    where: dict[str, str], rule: str, words: str
) -> None:
    findings = found(rule, plan_value(where, *PRIMARY, "where"))
    assert severities(*findings) == ["error"]
    assert words in findings[0].message or words in findings[0].value


def test_the_visit_of_an_endpoint_must_be_listed() -> None:
    (first, second) = found("visit not listed", lambda plan, _: plan["visits"].pop())
    assert {first.severity, second.severity} == {"error"}
    assert first.value == "Month 12"


def test_visits_that_are_not_given_are_named() -> None:
    (note,) = found("visits not given", plan_value([], "visits"))
    assert (note.severity, note.value, note.count) == ("note", "Baseline, Month 12", 2)


@pytest.mark.parametrize("value", ["?", 1.0, None, True, pd.Timestamp("2003-05-05")])
def test_no_rule_relies_on_a_type_where_visits_are_not_given(value: object) -> None:
    plan = good_plan()
    plan["visits"] = []
    plan["baseline"] = ["advs.WEIGHT"]
    plan["safety"]["roles"] = {"alt": "ALT"}
    for names in batches(good_tables()["adgr"], value):
        tables = good_tables()
        tables["adgr"] = tables["adgr"].assign(**dict.fromkeys(names, value))
        assert all(isinstance(finding, TrialFinding) for finding in check(plan, tables))


def test_an_endpoint_in_words_says_so() -> None:
    def words(_: Plan, tables: Tables) -> None:
        growth = tables["adgr"]
        velocity = growth["PARAMCD"] == "HV"
        growth["AVALC"] = np.where(velocity, growth["TRTP"].eq("Valtropin").map({True: "Y"}), "")
        growth["AVALC"] = growth["AVALC"].fillna("N").astype(str)
        growth.loc[velocity, ["AVAL", "CHG", "BASE"]] = np.nan

    first, _ = found("endpoint without values", words)
    arms = good_tables()["adsl"]["TRT01P"].value_counts()
    seen = f"AVALC has Y {arms['Valtropin']}, N {arms['Humatrope']}"
    assert f"{seen}, which kind: binary with response: {{variable: AVALC" in first.message


def _without(table: str, rows: Callable[[pd.DataFrame], pd.Series]) -> Callable[..., None]:
    def change(_: Plan, tables: Tables) -> None:
        chosen = rows(tables[table])
        tables[table].loc[chosen, ["AVAL", "CHG"]] = np.nan

    return change


def _hv_of(arm: str, keep: int) -> Callable[[pd.DataFrame], pd.Series]:
    def rows(table: pd.DataFrame) -> pd.Series:
        own = (table["PARAMCD"] == "HV") & (table["AVISIT"] == "Month 12") & (table["TRTP"] == arm)
        return own & (own.cumsum() > keep)

    return rows


@pytest.mark.parametrize("arm", ["Humatrope", "Valtropin"])
@pytest.mark.parametrize(
    ("keep", "rule"), [(0, "endpoint without values"), (1, "endpoint not estimable")]
)
def test_an_arm_without_values_stops_the_analysis(arm: str, keep: int, rule: str) -> None:
    findings = found(rule, _without("adgr", _hv_of(arm, keep)))
    assert severities(*findings) == ["error", "error"]
    assert f"arm '{arm}'" in findings[0].message
    assert not found(rule, _without("adgr", _hv_of(arm, 2)))


def test_values_outside_the_population_are_no_values() -> None:
    def only_others(_: Plan, tables: Tables) -> None:
        tables["adsl"].loc[tables["adsl"]["TRT01P"] == "Humatrope", "FASFL"] = "N"

    assert severities(*found("endpoint without values", only_others)) == ["error", "error"]


def test_a_visit_of_derived_records_alone_has_no_values() -> None:
    findings = found("endpoint without values", put("adgr", "DTYPE", "MAXIMUM", *HV))
    assert severities(*findings) == ["error", "error"]
    assert "24 are derived (DTYPE MAXIMUM)" in findings[0].message


@pytest.mark.parametrize("values", [(0.0, 1.0), (1.0, 2.0, 3.0, 4.0, 5.0)])
def test_a_scale_is_averaged_only_where_the_plan_says_so(values: tuple[float, ...]) -> None:
    def scale(_: Plan, tables: Tables) -> None:
        tables["adgr"].loc[list(HV), "AVAL"] = np.resize(values, 2 * N)

    def declared(plan: Plan, _: Tables) -> None:
        for endpoint in (plan["endpoints"]["primary"], *plan["endpoints"]["secondary"]):
            endpoint["kind"] = "continuous"

    seen = f"{len(values)} values, {', '.join(f'{each:g}' for each in values)}"
    (error,) = found("kind not declared", scale)
    assert (error.severity, error.count) == ("error", 2 * N)
    assert seen in error.message
    assert f'kind: binary with response: {{variable: AVAL, is: "{values[-1]:g}"}}' in error.message
    assert "or kind: continuous if its scores are to be averaged" in error.message
    (note,) = found("few values", scale, declared)
    assert (note.severity, note.count) == ("note", 2 * N)
    assert seen in note.message
    assert not found("kind not declared", scale, declared)


# The model ----


def _in_adsl(name: str, values: Callable[[pd.DataFrame], Any]) -> Callable[..., None]:
    def change(_: Plan, tables: Tables) -> None:
        tables["adsl"][name] = values(tables["adsl"])

    return change


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("strata", lambda adsl: adsl["TRT01P"].str[:3], "the arm itself"),
        ("strata", lambda adsl: adsl["TRT01P"] + adsl["SEX"], "the arm itself"),
        ("strata", lambda _: "One", "has one level ('One')"),
        ("strata", lambda adsl: adsl["REGION"].str.upper(), "is aliased"),
        ("strata", lambda _: "", "nobody with a value"),
        ("covariates", lambda _: 3.0, "is constant (3.0)"),
        ("covariates", lambda _: np.nan, "nobody with a value"),
        ("covariates", lambda adsl: 2 * adsl["AGE"] + 1, "is aliased"),
    ],
)
def test_a_term_that_cannot_be_told_apart_is_an_error(kind: str, values: Any, words: str) -> None:
    def name_it(plan: Plan, _: Tables) -> None:
        plan["analysis"][kind].append("XTRA")

    (error,) = found("term not estimable", name_it, _in_adsl("XTRA", values))
    assert (error.severity, error.column, error.value) == ("error", f"analysis.{kind}", "XTRA")
    assert words in error.message


@pytest.mark.parametrize(
    ("value", "covariate"), [("AVAL", "AVAL"), ("CHG", "CHG"), ("CHG", "AVAL")]
)
def test_the_outcome_is_no_covariate(value: str, covariate: str) -> None:
    (error,) = found(
        "covariate is the outcome",
        plan_value(value, *PRIMARY, "value"),
        plan_value([covariate], "analysis", "covariates"),
    )
    assert (error.severity, error.value) == ("error", covariate)


def test_a_baseline_that_nobody_has_is_an_error() -> None:
    findings = found("term not estimable", put("adgr", "BASE", np.nan, *HV))
    assert [each.value for each in findings] == ["BASE"]


# Events ----


def test_events_without_a_code_are_counted() -> None:
    (note,) = found("event not coded", put("adae", "AEDECOD", "", *range(17)))
    assert (note.severity, note.count) == ("note", 17)
    (note,) = found("event not coded", events("AEBODSYS", ""))
    assert (note.severity, "every event" in note.message) == ("note", True)


def test_an_event_that_goes_on_under_treatment_may_be_emergent() -> None:
    rule, before = "emergent before first dose", 2 * N
    flagged = put("adae", "TRTEMFL", "Y", before)
    assert severities(*found(rule, flagged)) == ["error"]
    for change in (
        put("adae", "AENDT", pd.NaT, before),
        put("adae", "AENDT", pd.Timestamp("2003-06-01"), before),
        lambda _, tables: tables["adae"].insert(0, "ASTDTF", "D"),
    ):
        (note,) = found(rule, flagged, change)
        assert (note.severity, note.count) == ("note", 1)


# Values and units ----


@pytest.mark.parametrize(
    ("code", "label", "unit", "wrong", "right"),
    [
        ("WEIGHT", "Weight (kg)", "kg", 530, 120),
        ("PULSE", "Pulse Rate (beats/min)", "beats/min", 7, 45),
        ("TEMP", "Temperature (C)", "C", 0, 38.9),
        ("TEMP", "Temperature", "", 0, 98.6),
        ("HBA1C", "HbA1c (%)", "%", 60, 14),
        ("HBA1CHGB", "Hemoglobin A1C/Hemoglobin (mmol/mol)", "mmol/mol", 6.5e3, 60),
        ("GLUC", "Glucose (mmol/L)", "mmol/L", 95, 26.4),
        ("ALT", "ALT (U/L)", "U/L", -3, 3000),
        ("CRP", "C-reactive protein (mg/L)", "mg/L", -0.1, 400),
        ("HTSDS", "Height SDS", "SDS", -11, -6),
        ("COMPL", "Doses taken (%)", "%", 180, 97),
        ("HGTPCTL", "Height-for-age percentile", "", 101, 99.99),
        ("NA", "Sodium (mmol/L)", "mmol/L", 14, 129),
        ("PLAT", "Platelet (GI/L)", "GI/L", -1, 582),
    ],
)
def test_limits(code: str, label: str, unit: str, wrong: float, right: float) -> None:
    what, low, high = limits_of(code, label, unit)
    assert what
    assert not low <= wrong <= high
    assert low <= right <= high


@pytest.mark.parametrize(
    ("code", "label", "unit", "value"),
    [
        ("BE", "Base excess (mmol/L)", "mmol/L", -4),
        ("WTCHG", "Change in weight (kg)", "kg", -7),
        ("FEV1P", "FEV1, per cent of predicted (%)", "%", 118),
        ("HV", "Height velocity (cm/year)", "cm/year", -0.5),
        ("ACTOT", "ADAS-Cog total", "", -1),
        ("CREATCLR", "Creatinine clearance (mL/min)", "mL/min", 130),
        ("WGTASDS", "Weight-for-age z-score", "", -2),
    ],
)
def test_what_may_be_is_left_alone(code: str, label: str, unit: str, value: float) -> None:
    _, low, high = limits_of(code, label, unit)
    assert low <= value <= high


def test_a_value_says_which_unit_it_fits() -> None:
    assert fitting_unit("GLUC", "Glucose (mmol/L)", "mmol/L", 95) == "mg/dl"
    assert fitting_unit("HBA1C", "HbA1c (%)", "%", 60) == "mmol/mol"


def test_implausible_values_are_one_counted_note_a_parameter() -> None:
    def in_mg(_: Plan, tables: Tables) -> None:
        tables["adlb"][["AVAL", "BASE", "CHG", "ANRLO", "ANRHI"]] *= 18.0

    (note,) = found("value implausible", in_mg)
    glucose = good_tables()["adlb"]["AVAL"] * 18.0
    assert (note.severity, note.count) == ("note", int((glucose > 50).sum()))
    assert f"{glucose.max():g} is not" in note.message
    assert "most values would fit mg/dl" in note.message
    (note,) = found("value implausible", put("advs", "AVAL", 530.0, 7, 9))
    assert (note.count, note.row) == (2, 8)


def test_systolic_below_diastolic_is_noted() -> None:
    def pressures(_: Plan, tables: Tables) -> None:
        weight = tables["advs"].drop(columns=["BASE", "CHG"])
        high = weight.assign(PARAMCD="SYSBP", PARAM="Systolic Blood Pressure (mmHg)", AVAL=110.0)
        low = weight.assign(PARAMCD="DIABP", PARAM="Diastolic Blood Pressure (mmHg)", AVAL=70.0)
        low.loc[[3, 50], "AVAL"] = 120.0
        tables["advs"] = pd.concat([tables["advs"], high, low], ignore_index=True)

    (note,) = found("systolic below diastolic", pressures)
    assert (note.severity, note.count) == ("note", 2)


# What check prints ----


def test_check_prints_counts_first_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, tables = good_plan(), good_tables()
    plan["endpoints"]["primary"]["direction"] = "?"
    events("AEREL", "N", "Y")(plan, tables)
    folder = write_trial(tmp_path / "t", plan=plan, tables=tables)
    assert main(["check", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "1 question, 1 error, 0 notes"
    arms = tables["adsl"]["TRT01P"].value_counts()
    for arm, n in arms.items():
        assert any(line.split() == [str(arm), *[str(n)] * 3] for line in lines)
    assert "  endpoints.primary.direction: whether higher or lower values are better" in lines
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1].endswith("then check again.")


@pytest.mark.parametrize("name", ["ghd", "turner-1", "turner-2", "cdisc-pilot"])
def test_the_shipped_trials_have_no_error_and_nothing_implausible(name: str) -> None:
    trial = read_trial(name)
    findings = findings_frame(trial.findings)
    assert not (findings["severity"] == "error").any()
    assert not findings["rule"].isin(["value implausible", "systolic below diastolic"]).any()
    lines = findings_text(trial, findings).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1].startswith("The trial can be analysed")


def test_the_pilot_counts_remote_as_not_related() -> None:
    """161 of 1191 events are REMOTE, counted with pandas; AEACN is blank throughout."""
    trial = read_trial("cdisc-pilot")
    remote = int((trial.tables["adae"]["AEREL"] == "REMOTE").sum())
    notes = {(each.column, each.rule): each.count for each in trial.findings}
    assert notes["AEREL", "related: words and data"] == remote == 161
    assert notes["AEACN", "category blank"] == 1191

import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corpus import (
    Defect,
    N,
    Plan,
    Tables,
    assert_names_nobody,
    batches,
    good_plan,
    good_tables,
    put,
    write_trial,
)
from defects import DEFECTS, HEIGHTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.sources.trial.checks import RULES, Study, check_study
from analysis.sources.trial.checks.growth import heights_follow_one_another
from analysis.sources.trial.derive import derive
from analysis.sources.trial.finding import COLUMNS, TrialFinding, findings_frame
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.tables import normalise
from analysis.sources.trial.trial import TrialError, load_trial, read_trial, without_errors


def broken(*defects: Defect) -> tuple[Plan, Tables]:
    plan, tables = good_plan(), good_tables()
    for defect in defects:
        defect.break_it(plan, tables)
    return plan, tables


def check(plan: Plan, tables: Tables) -> list[TrialFinding]:
    """Check in memory; the same steps as read_trial without files."""
    findings: list[TrialFinding] = []
    typed = TrialPlan.model_validate(plan)
    normal: Tables = {}
    for name in typed.datasets:
        if name in tables:
            normal[name], found = normalised(name, tables[name])
            findings += found
    normal, found = derive(typed, normal)
    return findings + found + check_study(Study(typed, normal, tuple(tables)))


@cache
def _normal_of_the_good() -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Return each table of the good trial as it is and normalised, which says nothing."""
    found = {name: (table, *normalise(name, table)) for name, table in good_tables().items()}
    assert not any(findings for _, _, findings in found.values())
    return {name: (table, normal) for name, (table, normal, _) in found.items()}


def normalised(name: str, table: pd.DataFrame) -> tuple[pd.DataFrame, list[TrialFinding]]:
    """Normalise a table; one that is left as it is in the good trial only once."""
    if name in _normal_of_the_good():
        good, normal = _normal_of_the_good()[name]
        if table.equals(good):
            return normal.copy(), []
    return normalise(name, table)


def matches(finding: TrialFinding, defect: Defect) -> bool:
    return (
        (finding.file, finding.rule, finding.severity)
        == (defect.file, defect.rule, defect.severity)
        and defect.column in ("", finding.column)
        and (defect.words in finding.message or defect.words in finding.value)
        and defect.count in (None, finding.count)
    )


def test_a_good_trial_has_no_findings(tmp_path: Path) -> None:
    trial = load_trial(write_trial(tmp_path / "good"))
    assert trial.findings == ()
    assert len(trial.endpoint(trial.plan.endpoints.primary, population="full analysis")) == N


def _single_arm(plan: Plan, tables: Tables) -> None:
    plan["design"], plan["arms"] = "single-arm", {"treatment": "Valtropin"}
    plan["analysis"] = {"population": "full analysis", "model": "paired t"}
    for table in tables.values():
        for column in table.columns.intersection(["TRT01P", "TRT01A", "TRTP", "TRTA"]):
            table[column] = "Valtropin"


def _never_treated(_: Plan, tables: Tables) -> None:
    subject = tables["adsl"]["USUBJID"][0]
    for name, table in tables.items():
        if name != "adsl":
            tables[name] = table[table["USUBJID"] != subject].reset_index(drop=True)
    tables["adsl"].loc[0, ["TRT01A", "SAFFL"]] = ["", "N"]
    tables["adsl"].loc[0, ["TRTSDT", "TRTEDT"]] = pd.NaT


def _two_postures(column: str) -> Callable[[Plan, Tables], None]:
    def change(_: Plan, tables: Tables) -> None:
        standing = tables["advs"].assign(**{column: "STANDING"})
        standing[["AVAL", "BASE"]] += 1
        lying = tables["advs"].assign(**{column: "LYING"})
        tables["advs"] = pd.concat([lying, standing], ignore_index=True)

    return change


def _unflagged_repeats(_: Plan, tables: Tables) -> None:
    repeats = tables["adlb"].assign(ANL01FL="", ABLFL="")
    tables["adlb"] = pd.concat([tables["adlb"], repeats], ignore_index=True)


def _carried_forward(plan: Plan, tables: Tables) -> None:
    """The last visit of one child carried forward: its date is that of the visit before."""
    plan["endpoints"]["primary"]["dtype"] = "LOCF"
    growth = tables["adgr"]
    growth.loc[6 * N + 1, ["DTYPE", "ADY"]] = ["LOCF", 274]
    growth.loc[6 * N + 1, "ADT"] = growth.loc[4, "ADT"]


@pytest.mark.parametrize(
    "change",
    [
        _single_arm,
        _never_treated,
        _two_postures("BASETYPE"),
        _two_postures("ATPT"),
        _unflagged_repeats,
        _carried_forward,
    ],
)
def test_what_is_right_is_left_alone(change: Callable[[Plan, Tables], None]) -> None:
    plan, tables = good_plan(), good_tables()
    change(plan, tables)
    assert check(plan, tables) == []


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_each_defect_is_named(defect: Defect, tmp_path: Path) -> None:
    plan, tables = broken(defect)
    folder = write_trial(tmp_path / "broken", plan=plan, tables=tables)
    read = read_trial(folder)
    assert any(matches(finding, defect) for finding in read.findings), read.findings
    assert_names_nobody(plan, read.tables, read.findings)
    if defect.severity == "note":
        assert {finding.severity for finding in read.findings} == {"note"}
        assert without_errors(read) is read
    else:
        with pytest.raises(TrialError, match=defect.rule):
            without_errors(read)


def test_the_corpus_is_broad() -> None:
    names = [defect.name for defect in DEFECTS]
    assert len(names) == len(set(names)) >= 35
    assert len({defect.rule for defect in DEFECTS}) >= 35


COMBINATIONS = [
    ("participant twice", "high called normal", "emergent before dose", "unknown arm"),
    ("BASE wrong", "wrong study day", "another child", "flag in words", "unit of the plan"),
    ("table misspelt", "term misspelt", "endpoint misspelt", "stratum absent"),
    ("no USUBJID", "no date", "table empty", "no USUBJID in events"),
    ("arm as number", "infinite", "no date text", "first dose misspelt"),
]


@pytest.mark.parametrize("names", COMBINATIONS, ids="-".join)
def test_several_defects_are_all_found(names: tuple[str, ...], tmp_path: Path) -> None:
    defects = [defect for defect in DEFECTS if defect.name in names]
    plan, tables = broken(*defects)
    findings = read_trial(write_trial(tmp_path / "t", plan=plan, tables=tables)).findings
    assert len(defects) == len(names)
    for defect in defects:
        assert any(matches(finding, defect) for finding in findings), (defect.name, findings)


@cache
def _good() -> tuple[TrialPlan, Tables]:
    plan = TrialPlan.model_validate(good_plan())
    return plan, {name: normalise(name, table)[0] for name, table in good_tables().items()}


def check_with(name: str, table: pd.DataFrame) -> list[TrialFinding]:
    """Check the good trial with another normalised table in the place of one."""
    plan, tables = _good()
    return check_study(Study(plan, tables | {name: table}, tuple(tables)))


def rules_with(name: str, table: pd.DataFrame) -> set[str]:
    return {finding.rule for finding in check_with(name, table)}


def test_a_height_that_falls_by_the_limit_falls_by_no_more() -> None:
    # Each is a fall of exactly 1 cm; in floats some are a little more.
    plan, tables = _good()

    def falls(fall: pd.DataFrame) -> int:
        study = Study(plan, tables | {"adgr": fall}, tuple(tables))
        found = [each for each in heights_follow_one_another(study) if "decreases" in each.rule]
        return sum(each.count for each in found)

    assert heights_follow_one_another in RULES
    children = np.arange(N)
    for first in range(900, 1300, 7 * N):
        tenths = first + 7 * children
        fall = tables["adgr"].copy()
        heights = np.tile(tenths[:, None] / 10, HEIGHTS)
        heights[:, 1] = (tenths + 10) / 10
        fall.loc[: N * HEIGHTS - 1, "AVAL"] = heights.ravel()
        assert falls(fall) == 0, first
        fall.loc[children * HEIGHTS + 2, "AVAL"] = (tenths - 1) / 10
        assert falls(fall) == N, first
    assert "height decreases" in rules_with("adgr", fall)


def test_an_age_at_the_end_of_what_a_birth_date_allows_is_allowed() -> None:
    # 1461 days are 4 years of 365.25; 2.4 is 1.6 less, and 4 − 2.4 − 1 − 0.6 is above 0 in floats.
    adsl = _good()[1]["adsl"]
    born = adsl.assign(BRTHDT=adsl["TRTSDT"] - pd.Timedelta(days=1461))
    assert "age inconsistent" not in rules_with("adsl", born.assign(AGE=2.4))
    assert "age inconsistent" not in rules_with("adsl", born.assign(AGE=4.6))
    assert "age inconsistent" in rules_with("adsl", born.assign(AGE=2.3))
    assert "age inconsistent" in rules_with("adsl", born.assign(AGE=4.7))


def test_a_value_at_its_limit_is_inside() -> None:
    laboratory = _good()[1]["adlb"].assign(ANRLO=0.1, ANRIND="NORMAL")
    for value, limit in ((0.1 + 0.2, 0.3), (3 * 0.7, 2.1), (1.1 * 1.1, 1.21), (4.35 * 100, 435)):
        assert value > limit or value != limit
        at_limit = laboratory.assign(AVAL=value, ANRHI=limit)
        assert "outside limits but normal" not in rules_with("adlb", at_limit)
        beyond = laboratory.assign(AVAL=value + 0.1, ANRHI=limit)
        assert "outside limits but normal" in rules_with("adlb", beyond)


@pytest.mark.parametrize("name", good_tables())
def test_any_variable_can_be_missing(name: str) -> None:
    """No rule relies on a variable that another rule has found missing."""
    table = _good()[1][name]
    for column in table:
        check_with(name, table.drop(columns=column))


@pytest.mark.parametrize("name", good_tables())
@pytest.mark.parametrize("kind", ["its own", "float64", "object"])
def test_any_table_can_be_a_header_alone(name: str, kind: str, tmp_path: Path) -> None:
    """An empty column may be of any type, and what is mapped to it is of another."""
    plan, tables = good_plan(), good_tables()
    empty = tables[name].iloc[:0]
    if kind != "its own":
        empty = pd.DataFrame({column: pd.Series(dtype=kind) for column in empty})
    tables[name] = empty
    read = read_trial(write_trial(tmp_path / "t", plan=plan, tables=tables))
    assert len(read.tables[name]) == 0


@pytest.mark.parametrize("name", good_tables())
@pytest.mark.parametrize(
    "value",
    [
        "?",
        None,
        pd.Timestamp("2003-05-05"),
        *(pytest.param(value, marks=pytest.mark.thorough) for value in (1.0, True)),
    ],
)
def test_any_variable_can_have_any_type(name: str, value: object) -> None:
    good = _good()[1][name]
    for names in batches(good, value):
        # Each variable is normalised by itself, so the others need it no second time.
        changed, found = normalise(name, pd.DataFrame(dict.fromkeys(names, value), good.index))
        found += check_with(name, good.assign(**changed))
        assert all(isinstance(finding, TrialFinding) for finding in found)


def without_order(findings: list[TrialFinding]) -> set[tuple[object, ...]]:
    return {(f.file, f.column, f.rule, f.severity, f.count, f.message) for f in findings}


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(defect=st.sampled_from(DEFECTS), seed=st.integers(0, 2**16))
def test_row_order_does_not_matter(defect: Defect, seed: int) -> None:
    plan, tables = broken(defect)
    shuffled = {
        name: table.sample(frac=1, random_state=seed).reset_index(drop=True)
        for name, table in tables.items()
    }
    assert without_order(check(plan, shuffled)) == without_order(check(plan, tables))


def test_nothing_is_changed() -> None:
    plan, tables = good_plan(), good_tables()
    before = copy.deepcopy(tables)
    check(plan, tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, before[name])


def test_row_and_count_are_of_the_table() -> None:
    plan, tables = good_plan(), good_tables()
    put("adae", "AESEV", "Bad", 4, 6)(plan, tables)
    (finding,) = check(plan, tables)
    assert (finding.row, finding.count, finding.value) == (5, 2, "Bad")


def test_many_wrong_levels_share_a_finding() -> None:
    plan, tables = good_plan(), good_tables()
    tables["adsl"]["REGION"] = [f"Region {each:02d}" for each in range(N)]
    findings = [each for each in check(plan, tables) if each.rule == "level unexpected"]
    assert len(findings) == 11
    assert sum(finding.count for finding in findings) == N


def test_findings_frame_has_errors_first() -> None:
    plan, tables = good_plan(), good_tables()
    put("adae", "AEREL", "", 1)(plan, tables)
    put("adae", "AESER", "?", 1)(plan, tables)
    frame = findings_frame(check(plan, tables))
    assert list(frame.columns) == COLUMNS
    assert list(frame["severity"]) == ["error", "note"]


def test_errors_are_one_sentence_each(tmp_path: Path) -> None:
    plan, tables = broken(*[each for each in DEFECTS if each.name in ("sex", "no PARAMCD")])
    folder = write_trial(tmp_path / "t", plan=plan, tables=tables)
    with pytest.raises(UserError) as caught:
        load_trial(folder)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("adlb, PARAMCD, row 4: PARAMCD blank")
    assert "got ''" not in lines[0]
    assert lines[1].startswith("adsl, SEX, row 2: level unexpected: CDISC terminology has M, F")
    assert lines[1].endswith("; got 'X'")
    assert lines[-1].endswith(f"check {folder}")


def test_the_cdisc_pilot_has_notes_only() -> None:
    """A real trial: repeats that no flag selects, and its own thresholds for ANRIND."""
    findings = read_trial("cdisc-pilot").findings
    assert {finding.severity for finding in findings} == {"note"}
    thresholds = [f for f in findings if f.rule == "outside limits but normal"]
    # 982 above and 415 below in chemistry, 597 and 590 in haematology, counted with pandas.
    assert {finding.file: finding.count for finding in thresholds} == {"adlbc": 1397, "adlbh": 1187}

"""Data that conform are left alone, and data that do not are named."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conformance import FAULTS, Fault, indicators, lay, unused
from corpus import (
    Plan,
    Tables,
    assert_names_nobody,
    change,
    drop,
    good_plan,
    good_tables,
    put,
    write_trial,
)
from test_checks import check

from analysis.sources.trial.checks import Study, check_study
from analysis.sources.trial.derive import derive
from analysis.sources.trial.identifiers import without_identifiers
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.tables import normalise
from analysis.sources.trial.trial import load_trial


def broken(*changes: Callable[[Plan, Tables], None]) -> tuple[Plan, Tables]:
    plan, tables = good_plan(), good_tables()
    for each in changes:
        each(plan, tables)
    return plan, tables


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_is_named(fault: Fault) -> None:
    plan, tables = broken(fault.break_it)
    findings = check(plan, tables)
    assert_names_nobody(plan, tables, findings)
    named = [
        finding
        for finding in findings
        if (finding.file, finding.column, finding.severity)
        == (fault.file, fault.column, fault.severity)
        and fault.words in f"{finding.rule} {finding.message} {finding.value}"
        and fault.count in (None, finding.count)
    ]
    assert named, findings
    if fault.severity == "note":
        assert {finding.severity for finding in findings} == {"note"}, findings


def test_there_are_many_faults() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names)) >= 60


def _datetimes(_: Plan, tables: Tables) -> None:
    for name, columns in (
        ("adsl", ["TRTSDT", "TRTEDT"]), ("adae", ["ASTDT", "AENDT"]), ("adlb", ["ADT"]),
    ):  # fmt: skip
        for column in columns:
            values = tables[name].pop(column)
            tables[name][f"{column}M"] = values.dt.strftime("%Y-%m-%dT08:30:00+00:00")
    for table in tables.values():
        if "TRTSDTM" not in table:
            table.pop("TRTSDT")


def _copies_in_another_writing(_: Plan, tables: Tables) -> None:
    tables["adsl"]["TRTSDTM"] = tables["adsl"]["TRTSDT"].dt.strftime("%Y-%m-%dT00:00:00Z")
    tables["advs"]["TRTSDTM"] = tables["advs"]["TRTSDT"].dt.strftime("%Y-%m-%d 00:00:00")
    tables["adsl"]["DOMAIN"], tables["advs"]["DOMAIN"] = "DM", "VS"
    tables["adsl"]["SRCDOM"], tables["advs"]["SRCDOM"] = "DM", "VS"
    tables["adsl"]["EPOCH"], tables["advs"]["EPOCH"] = "SCREENING", "TREATMENT"
    tables["adsl"]["VISITNUM"], tables["advs"]["VISITNUM"] = 1.0, 2.0


def _percent_of_size(_: Plan, tables: Tables) -> None:
    table = tables["advs"]
    table[["AVAL", "BASE"]] = -table[["AVAL", "BASE"]]
    table["CHG"] = -table["CHG"]
    table["PCHG"] = 100 * table["CHG"] / table["BASE"].abs()
    table["PARAM"] = "Weight (kg)"


def _same_throughout(_: Plan, tables: Tables) -> None:
    tables["adsl"]["TRT02P"] = tables["adsl"]["TRT01P"].where(tables["adsl"].index > 3, "")


def _numbers_beside_words(_: Plan, tables: Tables) -> None:
    tables["adsl"]["TRT01PN"] = (tables["adsl"]["TRT01P"] == "Valtropin") + 1.0
    tables["adlb"]["AVALC"] = tables["adlb"]["AVAL"].map("{:.1f}".format)
    tables["advs"]["AVISITN"] = tables["advs"]["ADY"]


def _born_in_a_year(month: int) -> Callable[[Plan, Tables], None]:
    """Birth dates of which the year alone is known, as in data made anonymous."""

    def change_it(_: Plan, tables: Tables) -> None:
        birth = tables["adsl"]["BRTHDT"]
        tables["adsl"]["BRTHDT"] = birth.map(lambda day: pd.Timestamp(day.year, month, 1))

    return change_it


def _durations(_: Plan, tables: Tables) -> None:
    adsl = tables["adsl"]
    adsl["TRTDURD"] = (adsl["TRTEDT"] - adsl["TRTSDT"]).dt.days + 1.0
    adsl["HEIGHTBL"], adsl["WEIGHTBL"], adsl["BMIBL"] = 110.0, 18.0, 14.9
    tables["adlb"] = indicators(tables["adlb"])


def _whole(_: Plan, tables: Tables) -> None:
    """Everything that a table may have beside its values, and nothing alone."""
    for name in ("adgr", "advs", "adlb"):
        table = tables[name]
        table["ASEQ"] = table.groupby("USUBJID").cumcount() + 1.0
        table["SRCDOM"] = np.where(table["ABLFL"] == "Y", "ADSL", name[2:].upper())
        table["SRCSEQ"] = table["ASEQ"].where(table["SRCDOM"] != "ADSL")
        table["ONTRTFL"] = np.where(table["ADY"] > 0, "Y", "")
        table["ABLFN"] = (table["ABLFL"] == "Y").map({True: 1.0, False: np.nan})
        table["R2BASE"] = (table["AVAL"] / table["BASE"]).round(4)
    lab = tables["adlb"]
    lab["SRCDOM"], lab["SRCSEQ"] = "ADVS", lab["ASEQ"]
    lab["A1LO"], lab["A1HI"] = 3.0, 9.0
    lab["A1IND"] = np.where(lab["AVAL"] > 9, "High", "Normal")
    lab["R2A1LO"] = lab["AVAL"] / lab["A1LO"]
    lab["CRIT1"], lab["CRIT1FL"] = "Above 5", "N"
    tables["adsl"]["FASFN"] = 1.0


def _words_of_a_sponsor(_: Plan, tables: Tables) -> None:
    tables["adlb"] = tables["adlb"].assign(A1LO=3.0, A1HI=4.0, A1IND="Not of concern")


@pytest.mark.parametrize(
    "change_it",
    [_whole, _words_of_a_sponsor, _copies_in_another_writing, _percent_of_size, _same_throughout,
     _numbers_beside_words, _durations, _born_in_a_year(1), _born_in_a_year(7),
     lay("adsl", DTHFL="", DISCFL="")],
)  # fmt: skip
def test_what_conforms_is_left_alone(change_it: Callable[[Plan, Tables], None]) -> None:
    other = {"level unexpected", "value implausible"}  # such as a weight below 0
    assert [each for each in check(*broken(change_it)) if each.rule not in other] == []


@pytest.mark.parametrize(
    ("absent", "other"),
    [("ANL01FL", "ABLFL2"), ("ANL01FL", "ANL02FL"), ("ANL01FL", "ANL13FL"), ("ABLFL", "LBBLFL"),
     ("ABLFL", "ABLXXFL")],
)  # fmt: skip
def test_another_flag_of_cdisc_is_no_misspelling(absent: str, other: str) -> None:
    plan, tables = good_plan(), good_tables()
    tables["adlb"] = tables["adlb"].rename(columns={absent: other})
    severities = {each.column: each.severity for each in check(plan, tables)}
    assert severities[absent] == "note"
    assert set(severities.values()) == {"note"}


def test_dates_come_from_datetimes(tmp_path: Path) -> None:
    plan, tables = broken(_datetimes)
    trial = load_trial(write_trial(tmp_path / "t", plan=plan, tables=tables))
    good = good_tables()
    pd.testing.assert_series_equal(
        trial.tables["adsl"]["TRTSDT"], good["adsl"]["TRTSDT"], check_dtype=False
    )
    pd.testing.assert_series_equal(
        trial.tables["adlb"]["ADT"], good["adlb"]["ADT"], check_dtype=False
    )
    derived = {(each.file, each.column) for each in trial.findings if each.rule == "date derived"}
    assert derived == {("adsl", "TRTSDT"), ("adsl", "TRTEDT"), ("adae", "ASTDT"),
                       ("adae", "AENDT"), ("adlb", "ADT")}  # fmt: skip


def in_memory(plan: Plan, tables: Tables) -> tuple[Tables, list[str]]:
    normal = {name: normalise(name, table)[0] for name, table in tables.items()}
    tables, findings = derive(TrialPlan.model_validate(plan), normal)
    return tables, [f"{each.column}: {each.message}" for each in findings]


def test_dates_come_from_sas_seconds_and_iso_text() -> None:
    plan, tables = good_plan(), good_tables()
    start, birth = tables["adsl"].pop("TRTSDT"), tables["adsl"].pop("BRTHDT")
    tables["adsl"]["TRTSDTM"] = (start - pd.Timestamp("1960-01-01")).dt.total_seconds() + 30000
    tables["adsl"]["BRTHDTC"] = birth.dt.strftime("%Y-%m-%d").where(birth.index > 1, "1998-07")
    derived, words = in_memory(plan, tables)
    assert (derived["adsl"]["TRTSDT"].dt.date == start.dt.date).all()
    assert (derived["adsl"]["BRTHDT"].isna() == (birth.index < 2)).all()
    assert any(each.startswith("BRTHDT") and "2 are no full date" in each for each in words)


@pytest.mark.parametrize(
    ("unit", "per_year"),
    [("MONTHS", 12), ("Month", 12), ("WEEKS", 365.25 / 7), ("DAYS", 365.25), ("HOURS", 8766)],
)
def test_ages_are_in_years(unit: str, per_year: float) -> None:
    plan, tables = good_plan(), good_tables()
    years = tables["adsl"]["AGE"].copy()
    rows = tables["adsl"].index % 2 == 0
    tables["adsl"]["AGE"] = years.where(~rows, years * per_year)
    tables["adsl"]["AGEU"] = np.where(rows, unit, "YEARS")
    tables["advs"]["AGE"] = tables["advs"]["USUBJID"].map(
        tables["adsl"].set_index("USUBJID")["AGE"]
    )
    derived, _ = in_memory(plan, tables)
    np.testing.assert_allclose(derived["adsl"]["AGE"], years)
    own = dict(zip(tables["adsl"]["USUBJID"], years, strict=True))
    np.testing.assert_allclose(derived["advs"]["AGE"], tables["advs"]["USUBJID"].map(own))
    assert set(derived["adsl"]["AGEU"]) == {"YEARS"}
    assert not [each for each in check(plan, tables) if each.severity == "error"]


def test_events_from_the_first_dose_on_are_emergent() -> None:
    plan, tables = good_plan(), good_tables()
    flag = tables["adae"].pop("TRTEMFL")
    tables["adae"].loc[[0, 1], "ASTDT"] = pd.NaT
    tables["adae"].loc[1, "AENDT"] = pd.Timestamp("2000-01-01")
    derived, words = in_memory(plan, tables)
    expected = (flag == "Y") & (flag.index != 1)
    assert ((derived["adae"]["TRTEMFL"] == "Y") == expected).all()
    assert any("and so are 1 whose start is unknown" in each for each in words)


def test_a_blank_variable_is_as_good_as_none() -> None:
    plan, tables = good_plan(), good_tables()
    flag, start = tables["adae"]["TRTEMFL"], tables["adsl"]["TRTSDT"]
    tables["adae"] = tables["adae"].assign(TRTEMFL="")
    tables["adsl"] = tables["adsl"].assign(
        TRTSDT=pd.NaT, TRTSDTM=start.dt.strftime("%Y-%m-%d 10:00:00")
    )
    derived, words = in_memory(plan, tables)
    assert (derived["adsl"]["TRTSDT"].dt.date == start.dt.date).all()
    assert ((derived["adae"]["TRTEMFL"] == "Y") == (flag == "Y")).all()
    assert len(words) == 2


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_header_means_that_nothing_happened(suffix: str, tmp_path: Path) -> None:
    plan, tables = good_plan(), good_tables()
    plan["safety"]["special_interest"] = {}
    tables["adae"] = tables["adae"].iloc[:0]
    folder = write_trial(tmp_path / "t", plan=plan, tables=tables, suffix=suffix)
    (finding,) = load_trial(folder).findings
    assert (finding.file, finding.rule, finding.severity) == ("adae", "empty table", "note")


def test_a_flag_under_another_name_is_still_named() -> None:
    plan, tables = good_plan(), good_tables()
    tables["adae"] = tables["adae"].rename(columns={"TRTEMFL": "TRTEMFLG"})
    assert any("'TRTEMFLG'" in each.message for each in check(plan, tables))


def test_both_severities_count_their_own_rows() -> None:
    wrong = [put("adgr", "CHG", 99.0, 6 * 24 + 1), unused("XX", CHG=1.0)]
    found = [each for each in check(*broken(*wrong)) if each.rule == "CHG inconsistent"]
    # 24 children at 2 visits, whose change is nowhere 1.
    assert [(each.severity, each.count) for each in found] == [("error", 1), ("note", 48)]


def shown_by(plan: Plan, tables: Tables) -> list[str]:
    findings = check(plan, tables)
    normal = {name: normalise(name, table)[0] for name, table in tables.items()}
    shown = without_identifiers(TrialPlan.model_validate(plan), normal, findings)
    assert len(shown) == len(findings)
    return [f"{each.value} {each.message}" for each in shown]


def test_identifiers_are_shown_where_the_plan_allows_it() -> None:
    plan, tables = broken(put("adlb", "USUBJID", "SMALL-4711", 0))
    plan["data_status"] = "real"
    assert not any("4711" in words for words in shown_by(plan, tables))
    plan["safety"]["identifiers"] = True
    assert any("4711" in words for words in shown_by(plan, tables))


def test_subjects_as_numbers_are_hidden_too() -> None:
    plan, tables = broken(drop("adsl", "SUBJID"), put("adlb", "AVAL", np.inf, 3))
    tables = {
        name: table.assign(SUBJID=table["USUBJID"].str[-4:].astype(float) + 70000)
        for name, table in tables.items()
    }
    change("adsl", lambda t: t.assign(SUBJID=70001.0))(plan, tables)
    plan["data_status"] = "real"
    assert not any(re.search(r"(?<!\w)700\d\d(?!\w)", words) for words in shown_by(plan, tables))


def _labelled(**labels: dict[str, str]) -> list[str]:
    """Return what is found of the labels of the good trial, and whether it is a note."""
    plan = TrialPlan.model_validate(good_plan())
    tables = {name: normalise(name, table)[0] for name, table in good_tables().items()}
    for name, own in labels.items():
        full = {column: f"Label of {column}" for column in tables[name]} | own
        labelled = {column: label for column, label in full.items() if label}
        tables[name].attrs["labels"] = labelled
    findings = check_study(Study(plan, tables, tuple(tables)))
    assert {each.severity for each in findings} <= {"note"}
    return [f"{each.file}: {each.rule}: {each.value}" for each in findings]


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ({"adsl": {}, "adgr": {}, "adae": {}}, []),
        ({"adsl": {"AGE": "A" * 40}}, []),
        ({"adsl": {"AGE": "A" * 41}}, ["adsl: long label: AGE"]),
        ({"adsl": {}, "adlb": {"USUBJID": "Child"}}, ["adlb: several labels: USUBJID"]),
    ],
)
def test_labels_are_as_adam_wants_them(labels: dict[str, dict[str, str]], found: list[str]) -> None:
    assert _labelled(**labels) == found

"""The source document, cell by cell: the statuses follow the reports, by rule."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis import programme
from analysis.programme import ProgrammeParameters, ProgrammeRun
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger
from analysis.sources.schemas import STATUSES

TRIAL = "VALT-GHD-2007"
NOTE_1, NOTE_2 = "NOTE-T1-GHD", "NOTE-T2-TS"
GROWTH, CHANGE = "Height velocity", "Change in height velocity"


def run_on(ledger: Ledger, findings: list[Finding] | None) -> ProgrammeRun:
    return programme.resolve(ProgrammeParameters(), ledger, findings)


@pytest.fixture(scope="module")
def cells(ledger: Ledger, findings: list[Finding]) -> pd.DataFrame:
    return programme.note_cells(run_on(ledger, findings)).wide()


def cell(cells: pd.DataFrame, table: str, arm: str, variable: str, time: str) -> pd.Series:
    chosen = cells[
        (cells["group1_level"] == f"Application note, Table {table}")
        & (cells["group2_level"] == arm)
        & (cells["variable"] == variable)
        & (cells["variable_level"] == time)
    ]
    assert len(chosen) == 1
    return chosen.iloc[0]


@pytest.mark.parametrize(
    ("table", "arm", "variable", "time", "status"),
    [
        # Horm Res 2007; 68: 288-293, abstract: 98 and 49; 11.3 (SD 3.0) and 10.5 (SD 2.8).
        ("1", "Valtropin", GROWTH, "Month 12", "contradicted"),
        ("1", "Comparator", GROWTH, "Month 12", "not reported"),
        ("1", "Valtropin", "Participants", "", "differs"),
        ("1", "Comparator", "Participants", "", "differs"),
        # The abstract has no velocity before treatment and no change.
        ("1", "Valtropin", GROWTH, "Baseline", "unverified"),
        ("1", "Comparator", GROWTH, "Baseline", "unverified"),
        ("1", "Valtropin", CHANGE, "Month 12", "derived"),  # 9.73 − 3.75
        ("1", "Comparator", CHANGE, "Month 12", "not reported"),
        # The abstract of 2004: 30 girls, 3.8 (SD 1.8) to 9.7 (SD 1.6); no height SDS.
        ("2", "Study 1", GROWTH, "Baseline", "confirmed"),
        ("2", "Study 1", GROWTH, "Month 12", "confirmed"),
        ("2", "Study 1", "Height SDS", "Baseline", "unverified"),
        ("2", "Study 1", "Participants", "", "confirmed"),
        # e-apem 407: 60 enrolled, 50 analysed, 3.4 to 7.1, −3.1 to −2.7; identity inferred.
        ("2", "Study 2", GROWTH, "Baseline", "differs"),
        ("2", "Study 2", GROWTH, "Month 12", "differs"),
        ("2", "Study 2", "Height SDS", "Baseline", "differs"),
        ("2", "Study 2", "Height SDS", "Month 12", "confirmed"),
        ("2", "Study 2", "Participants", "", "confirmed"),
    ],
)
def test_every_cell_of_the_source_document(
    cells: pd.DataFrame, table: str, arm: str, variable: str, time: str, status: str
) -> None:
    assert cell(cells, table, arm, variable, time)["status"] == status


def test_all_cells_are_judged_and_counted_once(
    ledger: Ledger, findings: list[Finding], cells: pd.DataFrame
) -> None:
    notes = set(ledger.studies.query("evidence == 'note'")["study_id"])
    printed = ledger.results[ledger.results["study_id"].isin(notes)]
    assert len(cells) == printed["statistic"].isin(["mean", "n"]).sum()
    assert cells[["printed.words", "status", "reason"]].notna().all(axis=None)
    counted = programme.note_counts(run_on(ledger, findings)).wide("stat")
    counts = counted.set_index("group1_level")["n"]
    assert counts["all"] == counts.drop("all").sum() == len(cells)
    assert set(counts.index) <= {"all", *STATUSES}


def test_contradicted_needs_a_report_of_that_trial(cells: pd.DataFrame) -> None:
    contradicted = cells[cells["status"] == "contradicted"]
    assert contradicted["independent"].notna().all()
    assert not contradicted["reason"].str.contains("inferred").any()


def test_what_is_shown_of_the_other_report(cells: pd.DataFrame) -> None:
    row = cell(cells, "1", "Valtropin", GROWTH, "Month 12")
    assert row["independent"] == "11.3 (SD 3.0), n 98"
    assert row["independent.source"] == "PMID-17627092"
    assert "same column of Application note, Table 2" in row["reason"]
    assert cell(cells, "1", "Comparator", GROWTH, "Month 12")["independent"] == (
        "10.5 (SD 2.8), n 49"
    )
    enrolled = cell(cells, "2", "Study 2", "Participants", "")["independent"]
    assert enrolled == "n 60 enrolled, n 50 analysed for growth"
    # The original of the two tables is no copy.
    assert not cells[cells["group1_level"].str.endswith("2")]["reason"].str.contains("column").any()


# The opposite of each judgement, on a changed ledger. ------------------------------------------


def judged(ledger: Ledger) -> pd.DataFrame:
    return programme.note_cells(run_on(ledger, None)).wide()


def with_value(ledger: Ledger, value: float, **where: object) -> Ledger:
    """The ledger with one value changed."""
    rows = pd.Series(True, index=ledger.results.index)
    for column, level in where.items():
        rows &= ledger.results[column] == level
    assert rows.sum() == 1
    results = ledger.results.copy()
    results.loc[rows, ["value", "decimals"]] = [value, 2]
    return replace(ledger, results=results)


def with_basis(ledger: Ledger, study: str, arm: str, basis: str) -> Ledger:
    identities = ledger.identities.copy()
    chosen = (identities["study_id"] == study) & (identities["arm_id"] == arm)
    identities.loc[chosen, "basis"] = basis
    return replace(ledger, identities=identities)


def test_without_the_trial_it_is_not_found(ledger: Ledger) -> None:
    gone = replace(
        ledger,
        results=ledger.results[ledger.results["study_id"] != TRIAL],
        arms=ledger.arms[ledger.arms["study_id"] != TRIAL],
        studies=ledger.studies[ledger.studies["study_id"] != TRIAL],
        identities=ledger.identities[ledger.identities["same_as_study_id"] != TRIAL],
    )
    row = cell(judged(gone), "1", "Valtropin", GROWTH, "Month 12")
    assert row["status"] == "unverified"
    assert "not found in the searches of 2026-11-26 (S02" in row["reason"]
    silent = replace(gone, searches=ledger.searches.iloc[:0])
    row = cell(judged(silent), "1", "Valtropin", GROWTH, "Month 12")
    assert "no search for it is logged" in row["reason"]


def test_an_inferred_identity_contradicts_nothing(ledger: Ledger) -> None:
    unsure = judged(with_basis(ledger, NOTE_1, "Valtropin", "inferred"))
    assert cell(unsure, "1", "Valtropin", GROWTH, "Month 12")["status"] == "differs"
    sure = judged(with_basis(ledger, NOTE_2, "Study-2", "registration number"))
    # 60 enrolled and 50 analysed: not the same participants, so not the same mean.
    enrolled = cell(sure, "2", "Study 2", GROWTH, "Month 12")
    assert enrolled["status"] == "differs"
    assert "another number of participants" in enrolled["reason"]
    assert cell(sure, "2", "Study 2", "Height SDS", "Month 12")["status"] == "confirmed"


@pytest.mark.parametrize(
    ("printed", "n", "status"),
    [
        (10.4, 88.0, "differs"),  # 88 of 98 with SD 3.0 may have a mean 1.006 lower than 11.3
        (10.2, 88.0, "contradicted"),
        (10.4, 98.0, "contradicted"),
        (11.3, 88.0, "confirmed"),
        (10.2, float("nan"), "differs"),
    ],
)
def test_only_the_same_participants_or_what_no_set_of_them_could_have_is_a_contradiction(
    ledger: Ledger, printed: float, n: float, status: str
) -> None:
    place = {"study_id": NOTE_1, "arm_id": "Valtropin", "paramcd": "HV", "months": 12.0}
    changed = with_value(ledger, printed, **place, statistic="mean")
    rows = changed.results.copy()
    at = (rows[list(place)] == list(place.values())).all(axis=1)
    rows.loc[at, ["n", "decimals"]] = [n, 2]
    found = cell(judged(replace(changed, results=rows)), "1", "Valtropin", GROWTH, "Month 12")
    assert found["status"] == status


@pytest.mark.parametrize(
    ("printed", "status"), [(98, "confirmed"), (88, "differs"), (120, "contradicted")]
)
def test_a_count_may_be_an_analysis_set_but_no_larger_one(
    ledger: Ledger, printed: float, status: str
) -> None:
    changed = with_value(
        ledger, printed, study_id=NOTE_1, arm_id="Valtropin", paramcd="PARTIC", statistic="n"
    )
    assert cell(judged(changed), "1", "Valtropin", "Participants", "")["status"] == status


def test_a_change_with_information_of_its_own_is_not_derived(ledger: Ledger) -> None:
    changed = with_value(
        ledger, 6.3, study_id=NOTE_1, arm_id="Valtropin", paramcd="CHGHV", statistic="mean"
    )
    assert cell(judged(changed), "1", "Valtropin", CHANGE, "Month 12")["status"] == "unverified"


def test_the_table_that_its_own_trial_confirms_is_no_copy(ledger: Ledger) -> None:
    confirmed = with_value(
        ledger, 9.73,
        study_id=TRIAL, arm_id="Valtropin", paramcd="HV", months=12.0, statistic="mean",
    )  # fmt: skip
    row = cell(judged(confirmed), "1", "Valtropin", GROWTH, "Month 12")
    assert row["status"] == "confirmed"
    assert "column" not in row["reason"]


def test_the_document_alone_carries_no_contrast(ledger: Ledger, findings: list[Finding]) -> None:
    [row] = programme.controlled_contrast(run_on(ledger, findings)).wide().to_dict("records")
    assert row["group1_level"] == "Valtropin − Humatrope"
    assert row["conclusion"] == "not estimable"
    for reason in ("another population", "Humatrope is not reported", "no cell has a standard"):
        assert reason in row["reason"]


def test_it_would_with_everything_reported(ledger: Ledger) -> None:
    results = ledger.results.copy()
    silent = (results["reported"] == "no") & (results["study_id"] == NOTE_1)
    results.loc[silent, ["value", "reported"]] = [8.8, "yes"]
    ids = [f"x{number}" for number in range(silent.sum())]
    spread = results[silent].assign(statistic="sd", value=2.0, result_id=ids)
    complete = replace(ledger, results=pd.concat([results, spread], ignore_index=True))
    [row] = programme.controlled_contrast(run_on(complete, [])).wide().to_dict("records")
    assert row["conclusion"] == "estimable"

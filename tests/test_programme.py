"""The programme: every judgement against what the evidence notes established by reading."""

from dataclasses import replace

import pandas as pd
import pytest
from scipy import stats

from analysis import programme
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger


@pytest.fixture(scope="module")
def cells(ledger: Ledger, findings: list[Finding]) -> pd.DataFrame:
    return programme.note_cells(ledger, findings).wide()


@pytest.mark.parametrize(
    ("table", "arm", "variable", "time", "status"),
    [
        # Evidence notes, section 1: “almost certainly not GHD data”.
        ("1", "Valtropin", "Height velocity", "Baseline", "contradicted"),
        ("1", "Valtropin", "Height velocity", "Month 12", "contradicted"),
        ("1", "Valtropin", "Change in height velocity", "Month 12", "contradicted"),
        ("1", "Comparator", "Height velocity", "Baseline", "contradicted"),
        ("1", "Comparator", "Height velocity", "Month 12", "not reported"),
        ("1", "Comparator", "Change in height velocity", "Month 12", "not reported"),
        # “GHD n 88 vs 41: none seen, unverified”.
        ("1", "Valtropin", "Participants", "", "unverified"),
        ("1", "Comparator", "Participants", "", "unverified"),
        # “HV confirmed to one decimal; HtSDS not seen elsewhere”.
        ("2", "Study 1", "Height velocity", "Baseline", "confirmed"),
        ("2", "Study 1", "Height velocity", "Month 12", "confirmed"),
        ("2", "Study 1", "Height SDS", "Baseline", "unverified"),
        ("2", "Study 1", "Participants", "", "confirmed"),
        # “close match in n, HV and HtSDS, not identical”.
        ("2", "Study 2", "Height velocity", "Baseline", "contradicted"),
        ("2", "Study 2", "Height velocity", "Month 12", "contradicted"),
        ("2", "Study 2", "Height SDS", "Baseline", "contradicted"),
        ("2", "Study 2", "Height SDS", "Month 12", "confirmed"),
        ("2", "Study 2", "Participants", "", "contradicted"),
    ],
)
def test_every_cell_of_the_source_document(
    cells: pd.DataFrame, table: str, arm: str, variable: str, time: str, status: str
) -> None:
    chosen = cells[
        (cells["group1_level"] == f"Application note, Table {table}")
        & (cells["group2_level"] == arm)
        & (cells["variable"] == variable)
        & (cells["variable_level"] == time)
    ]
    assert list(chosen["status"]) == [status]


def test_all_cells_are_judged(cells: pd.DataFrame) -> None:
    assert len(cells) == 18
    assert cells[["printed", "status", "reason"]].notna().all(axis=None)


def test_the_controlled_contrast_is_not_estimable(ledger: Ledger, findings: list[Finding]) -> None:
    [row] = programme.controlled_contrast(ledger, findings).wide().to_dict("records")
    assert row["group1_level"] == "Valtropin − Humatrope"
    assert row["conclusion"] == "not estimable"
    for reason in ("another population", "Humatrope is not reported", "no cell has a standard"):
        assert reason in row["reason"]


def test_it_would_be_estimable_with_everything_reported(ledger: Ledger) -> None:
    results = ledger.results.copy()
    silent = results["reported"] == "no"
    results.loc[silent, ["value", "reported"]] = [8.8, "yes"]
    spread = results[silent].assign(statistic="sd", value=2.0, result_id=["x1", "x2"])
    complete = replace(ledger, results=pd.concat([results, spread], ignore_index=True))
    [row] = programme.controlled_contrast(complete, []).wide().to_dict("records")
    assert row["conclusion"] == "estimable"


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_intervals_of_the_turner_studies(ledger: Ledger, level: float) -> None:
    frame = programme.known_growth(ledger, conf_level=level).wide("stat")
    row = frame[
        (frame["group1_level"] == "Turner Study 2") & (frame["variable_level"] == "Month 12")
    ].iloc[0]
    # Korean Eutropin study: n 50, 7.1 (1.9).
    expected = stats.t.interval(level, 49, 7.1, 1.9 / 50**0.5)
    assert (row["conf.low"], row["conf.high"]) == pytest.approx(expected, rel=1e-12)


def test_the_map_leaves_out_what_the_audit_excludes(
    ledger: Ledger, findings: list[Finding]
) -> None:
    on_map = programme.evidence_map(ledger, findings, conf_level=0.95).frame
    studies = set(on_map["group1_level"])
    assert not {"Genotropin, Taiwan 1992", "Two doses, China"} & studies
    assert not any("Application note" in study for study in studies)
    assert "Jintrolong phase 3, China" not in studies  # 25 weeks
    out = programme.left_out(ledger, findings).wide().set_index("group1_level")["reason"]
    assert "counted twice" in out["Genotropin, Taiwan 1992"]
    assert out["Jintrolong phase 3, China"] == "no value at 12 months"
    assert not set(out.index) & studies


def test_every_growth_study_is_on_the_map_or_explained(
    ledger: Ledger, findings: list[Finding]
) -> None:
    velocity = ledger.described()
    velocity = velocity[
        velocity["paramcd"].isin(["HV", "CHGHV"]) & velocity["statistic"].isin(["mean", "diff"])
    ]
    on_map = programme.evidence_map(ledger, findings, conf_level=0.95).frame["group1_level"]
    explained = programme.left_out(ledger, findings).frame["group1_level"]
    assert set(velocity["label"]) == set(on_map) | set(explained)


@pytest.mark.parametrize("indication", ["all", "GHD", "TS", "ISS", "SGA"])
@pytest.mark.parametrize("confidence", ["low", "medium", "high"])
def test_every_filter_gives_a_page(
    ledger: Ledger, findings: list[Finding], indication: str, confidence: str
) -> None:
    from analysis.display import programme as show

    field = ledger.select(indication=indication, min_confidence=confidence)
    arms = programme.evidence_map(field, findings, conf_level=0.9)
    for shown in (
        show.evidence_figure(arms, "90 %"),
        show.evidence_table(arms),
        show.left_out_table(programme.left_out(field, findings)),
        show.margins_table(programme.margins(field)),
        show.sources_table(programme.sources(field)),
        show.rules_table(programme.audit_rules(findings, field)),
        show.findings_table(programme.audit_findings(findings, field), "warning"),
    ):
        assert shown.text()
    assert indication == "all" or set(arms.frame["variable_level"]) <= {indication}


def test_rules_without_findings_are_shown_too(ledger: Ledger, findings: list[Finding]) -> None:
    rules = programme.audit_rules(findings, ledger).wide().set_index("group2_level")["n"]
    assert rules["more events than participants"] == "0"
    assert rules.astype(int).sum() == len(findings)


def test_tally_counts_everything_once(ledger: Ledger, findings: list[Finding]) -> None:
    counted = programme.tally(programme.note_cells(ledger, findings), "status").wide("stat")
    counts = counted.set_index("group1_level")["n"]
    assert counts["all"] == counts.drop("all").sum() == 18

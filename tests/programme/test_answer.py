"""The first screen: every sentence of the answer, and how much the audit finds."""

import pandas as pd
import pytest

from analysis import programme
from analysis.display.page import views_of
from analysis.programme import ProgrammeParameters
from analysis.programme.audit import audit_words
from analysis.programme.counts import tally
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger


def test_the_answer_tells_the_contrast_then_the_single_arms_then_the_audit(
    ledger: Ledger, findings: list[Finding]
) -> None:
    of_ts = ProgrammeParameters(field="TS")
    study = set(ledger.select(indication="TS").studies["study_id"])
    kept = [each for each in findings if study & set(each.study_ids)]
    run = programme.resolve(of_ts, ledger, findings)
    [reading] = views_of(programme.answer, run)
    said = reading.text()
    assert said.index("Valtropin against Humatrope") < said.index("Study 1")
    assert said.index("Study 1") < said.index("The source audit of the studies shown lists")
    errors = sum(each.severity == "error" for each in kept)
    counts = programme.audit_counts(run)
    assert counts.text("n", group1_level="all") == str(len(kept))
    assert counts.text("n", group1_level="error") == str(errors)
    assert said.splitlines()[-1] == audit_words(counts)


@pytest.mark.parametrize(
    ("findings", "errors", "said"),
    [
        (0, 0, "lists no findings."),
        (1, 0, "lists one finding, none of them"),
        (1, 1, "lists one finding, one of them so grave"),
        (8, 3, "lists eight findings, three of them so grave"),
        (87, 6, "lists 87 findings, six of them so grave"),
    ],
)
def test_the_audit_in_a_sentence(ledger: Ledger, findings: int, errors: int, said: str) -> None:
    severities = pd.Series(["error"] * errors + ["note"] * (findings - errors), dtype=object)
    run = programme.resolve(ProgrammeParameters(), ledger, [])
    assert said in audit_words(tally(run, severities, "severity", "x"))


def test_findings_stand_by_severity_and_only_the_gravest_are_open(
    ledger: Ledger, findings: list[Finding]
) -> None:
    run = programme.resolve(ProgrammeParameters(), ledger, findings)
    tables = views_of(programme.audit_findings, run)
    assert [table.title for table in tables] == [
        "Findings: errors",
        "Findings: warnings",
        "Findings: notes",
    ]
    assert [table.folded for table in tables] == [False, True, True]
    assert sum(len(table.rows()) for table in tables) == len(findings)
    clean = programme.resolve(ProgrammeParameters(), ledger, [])
    shown = views_of(programme.audit_findings, clean)
    assert ["None concerns the studies shown." in table.text() for table in shown] == [True] * 3

"""What the source audit found, as a page shows it."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from analysis.programme.words import PUBLISHED
from analysis.results import Results, Stat, from_frame
from analysis.sources.audit import RULES, SEVERITIES, Finding, to_frame
from analysis.sources.evidence import Ledger


def audit_findings(findings: list[Finding], ledger: Ledger) -> Results:
    """Return the audit's findings that concern the studies of a (filtered) ledger.

    Parameters
    ----------
    findings
        What the audit found in the whole ledger.
    ledger
        The ledger as filtered for the page.

    Returns
    -------
    Results
        Per finding: its ``sentence`` and how many ledger rows it concerns (``n``).
    """
    shown = _concerning(findings, ledger)
    frame = to_frame(shown)
    frame["n"] = [len(finding.result_ids) for finding in shown]
    source = ledger.results.groupby("study_id")["source_id"].agg(
        lambda ids: "; ".join(sorted(set(ids)))
    )
    return from_frame(
        frame.assign(
            group1_level=frame["severity"],
            group2_level=frame["rule"],
            variable=frame["studies"],
            variable_level=[f"finding {number}" for number in range(1, len(frame) + 1)],
            source=[
                "; ".join(source[study] for study in finding.study_ids if study in source)
                for finding in shown
            ],
            note=frame["results"],
        ),
        {
            "sentence": Stat("sentence", "Finding"),
            "n": Stat("n", "Ledger rows", 0),
        },
        analysis_id="audit-findings",
        group1="severity",
        group2="rule",
        context="source audit",
        data_status=PUBLISHED,
    )


def _concerning(findings: list[Finding], ledger: Ledger) -> list[Finding]:
    """Return the findings that concern a study of the (filtered) ledger."""
    studies = set(ledger.studies["study_id"])
    return [finding for finding in findings if studies & set(finding.study_ids)]


def audit_rules(findings: list[Finding], ledger: Ledger) -> Results:
    """Return every rule of the audit, how often it found something, and what follows.

    Parameters
    ----------
    findings
        What the audit found in the whole ledger.
    ledger
        The ledger as filtered for the page.
    """
    found = Counter(finding.rule for finding in _concerning(findings, ledger))
    frame = pd.DataFrame(
        [(rule.severity, rule.name, rule.action, found[rule.name]) for rule in RULES],
        columns=["group1_level", "group2_level", "action", "n"],
    )
    order = frame["group1_level"].map(SEVERITIES.index)
    return from_frame(
        frame.loc[order.sort_values(kind="stable").index],
        {"n": Stat("n", "Findings", 0), "action": Stat("action", "What the project does")},
        analysis_id="audit-rules",
        group1="severity",
        group2="rule",
        context="source audit",
        data_status=PUBLISHED,
    )

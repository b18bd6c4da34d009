"""What the source audit found: its rules, every finding, and how grave they are."""

from collections import Counter

import pandas as pd

from analysis.display.shown import IN_RESULTS
from analysis.display.tables import Column, Table
from analysis.programme.counts import ALL, counts_of, tally
from analysis.programme.settings import ProgrammeRun
from analysis.results import Results, section
from analysis.sources.audit import RULES, SEVERITIES, Finding
from analysis.words import counted

CONTEXT = "source audit"
ERROR = SEVERITIES[0]


def concerning(run: ProgrammeRun) -> list[Finding]:
    """Return the findings that concern a study that the page shows."""
    studies = set(run.shown.studies["study_id"])
    return [finding for finding in run.findings if studies & set(finding.study_ids)]


@section
def audit_rules(run: ProgrammeRun) -> Results:
    """Return every rule of the audit, how often it found something, and what follows."""
    found = Counter(finding.rule for finding in concerning(run))
    frame = pd.DataFrame(
        [
            (rule.severity, rule.name, found[rule.name], rule.action)
            for severity in SEVERITIES
            for rule in RULES
            if rule.severity == severity
        ],
        columns=["group1_level", "group2_level", "n", "action"],
    )
    return run.results(frame, "audit-rules", group1="severity", group2="rule", context=CONTEXT)


@audit_rules.shows
def rules_table(rules: Results, _run: ProgrammeRun) -> Table:
    """Show the rules, how often each found something, and what follows."""
    return Table(
        title="Rules of the source audit",
        results=rules,
        groups="group1_level",
        labels={"group2_level": "Rule"},
        columns=[Column("Findings", "{n}"), Column("What the project does", "{action}", "text")],
        footnotes=["General rules, run over every study; none is written for a study or a row."],
    )


@section
def audit_findings(run: ProgrammeRun) -> Results:
    """Return the audit's findings that concern the studies shown.

    Returns
    -------
    Results
        Per finding: its ``sentence`` and how many ledger rows it concerns (``n``).
    """
    sources = run.shown.results.groupby("study_id")["source_id"].agg(
        lambda ids: "; ".join(sorted(set(ids)))
    )
    frame = pd.DataFrame(
        [
            {
                "group1_level": finding.severity,
                "group2_level": finding.rule,
                "variable": ", ".join(finding.study_ids),
                "variable_level": f"finding {number}",
                "sentence": finding.sentence,
                "n": len(finding.result_ids),
                "source": "; ".join(sources[each] for each in finding.study_ids if each in sources),
                "note": ", ".join(finding.result_ids),
            }
            for number, finding in enumerate(concerning(run), start=1)
        ]
    )
    return run.results(frame, "audit-findings", group1="severity", group2="rule", context=CONTEXT)


@audit_findings.shows
def findings_tables(findings: Results, _run: ProgrammeRun) -> list[Table]:
    """Show the findings, one table a severity; all but the gravest are folded."""
    return [
        Table(
            title=f"Findings: {severity}s",
            results=findings.select(group1_level=severity),
            labels={"group2_level": "Rule"},
            columns=[Column("Finding", "{sentence}", "text"), Column("Rows", "{n}")],
            footnotes=[
                "Rows: how many numbers of the ledger a finding concerns; they are named "
                f"{IN_RESULTS}."
            ],
            empty="None concerns the studies shown.",
            folded=severity != ERROR,
        )
        for severity in SEVERITIES
    ]


@section
def audit_counts(run: ProgrammeRun) -> Results:
    """Return how many findings of each severity concern the studies shown."""
    severities = pd.Series([finding.severity for finding in concerning(run)], dtype=object)
    return tally(run, severities, "severity", "audit-findings-count")


def audit_words(counts: Results) -> str:
    """Say how much the audit finds; an error is a value unfit for use, or one left out."""
    of = counts_of(counts)
    findings, errors = of[ALL], of.get(ERROR, 0)
    said = f"The source audit of the studies shown lists {counted(findings, 'finding')}"
    if not findings:
        return f"{said}."
    return (
        f"{said}, {counted(errors) if errors else 'none'} of them so grave that what is "
        "printed cannot carry a result."
    )

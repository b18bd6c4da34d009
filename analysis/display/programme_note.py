"""How the source document and the audit look: every cell, every claim, every finding."""

from __future__ import annotations

from analysis.display.reading import Reading
from analysis.display.tables import Column, Table
from analysis.results import Results
from analysis.sources.schemas import INDICATIONS, STATUSES

SAID = {"differs": "differ from a report whose identity or analysis set is inferred"}
"""Status → how a sentence says it, where it is no adjective."""


def note_table(cells: Results, table: str) -> Table:
    """Show one table of the source document, every cell judged."""
    return Table(
        title=f"{table}: every cell as printed, and what holds up",
        results=cells.select(group1_level=table),
        groups="group2_level",
        labels={"variable": "Value", "variable_level": "Time"},
        columns=[
            Column("As printed", "{printed}"),
            Column("Status", "{status}", "status"),
            Column("Independent report", "{independent}", "text"),
            Column("Source", "{independent_source}", "text"),
            Column("Why", "{reason}", "text"),
        ],
        footnotes=[
            "Agreement is judged to the rounding of both printed values. Contradicted: a report of "
            "that very trial says otherwise. Differs: so does one whose identity is inferred, or "
            "the count may be of an analysis set. Derived: only the subtraction of two cells. "
            "Units: height velocity cm/year, height SDS in SD units of the general population."
        ],
    )


def note_reading(statuses: Results, findings: Results) -> Reading:
    """Say how many cells of the source document hold up, and what its tables repeat."""
    counts = dict(statuses.frame[["group1_level", "stat_fmt"]].itertuples(index=False))
    words = ", ".join(
        f"{counts[status]} {SAID.get(status, status)}" for status in STATUSES if status in counts
    )
    repeated = findings.select(group2_level="repeated table", stat_name="sentence")
    sentences = [f"{sentence}." for sentence in repeated.frame["stat_fmt"]]
    return Reading([f"Of the {counts['all']} cells: {words}.", *sentences], statuses)


def note_contrast_reading(contrast: Results) -> Reading:
    """Say whether the document's own table could carry its contrast."""
    sentences = [
        f"The document's own table on {row['group1_level'].replace(' − ', ' against ')} in "
        f"{INDICATIONS[row['group2_level']]}: a contrast is {row['conclusion']} from it"
        + (f", because {row['reason']}." if isinstance(row.get("reason"), str) else ".")
        for row in contrast.wide().to_dict("records")
    ]
    return Reading(sentences, contrast)


def claims_table(claims: Results) -> Table:
    """Show the claims of the source document and what follows for each."""
    return Table(
        title="What the source document claims, and what follows",
        results=claims,
        labels={"variable": "Topic"},
        columns=[
            Column("Claim", "{claim}", "text"),
            Column("Status", "{status}", "status"),
            Column("Evidence seen", "{evidence}", "text"),
            Column("What follows here", "{consequence}", "text"),
            Column("Source", "{source_id}", "text"),
        ],
    )


def trials_table(trials: Results) -> Table:
    """Show the trials of the source document side by side."""
    return Table(
        title="The trials of the source document side by side",
        results=trials,
        labels={"group1_level": "Aspect"},
        across="group2_level",
        columns=[Column("", "{note_says}.\nElsewhere: {independent_says}.\n[{status}]", "text")],
        footnotes=[
            "First what the source document says, then what an independent source says, then "
            "whether the two agree."
        ],
    )


def rules_table(rules: Results) -> Table:
    """Show the rules of the source audit, how often each found something, and what follows."""
    return Table(
        title="Rules of the source audit",
        results=rules,
        groups="group1_level",
        labels={"group2_level": "Rule"},
        columns=[Column("Findings", "{n}"), Column("What the project does", "{action}", "text")],
        footnotes=["General rules, run over every study; none is written for a study or a row."],
    )


def findings_table(findings: Results, severity: str, *, folded: bool = False) -> Table:
    """Show the findings of one severity."""
    return Table(
        title=f"Findings: {severity}s",
        results=findings.select(group1_level=severity),
        labels={"group2_level": "Rule"},
        columns=[Column("Finding", "{sentence}", "text"), Column("Rows", "{n}")],
        footnotes=[
            "Rows: how many numbers of the ledger a finding concerns; results.csv names them."
        ],
        empty="None concerns the studies shown.",
        folded=folded,
    )

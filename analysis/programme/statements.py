"""What the documents say in words: the claims, the trials, and the conventions of the field."""

import pandas as pd

from analysis.display.tables import Column, Table
from analysis.programme.settings import ProgrammeRun
from analysis.results import Results, section


@section
def trials(run: ProgrammeRun) -> Results:
    """Return the trials side by side: what the document and other sources say of each."""
    return statements(
        run,
        run.ledger.programme,
        "trials",
        "note.says independent.says status",
        group1_level="aspect",
        group2_level="trial",
    )


@trials.shows
def trials_table(trials: Results, _run: ProgrammeRun) -> Table:
    """Show the trials of the source document side by side."""
    return Table(
        title="The trials of the source document side by side",
        results=trials,
        labels={"group1_level": "Aspect"},
        across="group2_level",
        columns=[Column("", "{note.says}.\nElsewhere: {independent.says}.\n[{status}]", "text")],
        footnotes=[
            "First what the source document says, then what an independent source says, then "
            "whether the two agree."
        ],
    )


@section
def claims(run: ProgrammeRun) -> Results:
    """Return every claim of the source document, its status and what follows for the project."""
    return statements(
        run,
        run.ledger.claims,
        "claims",
        "claim evidence status consequence",
        group1_level="claim_id",
        variable="topic",
    )


@claims.shows
def claims_table(claims: Results, _run: ProgrammeRun) -> Table:
    """Show the claims and what follows for each."""
    return Table(
        title="What the source document claims, and what follows",
        results=claims,
        labels={"variable": "Topic"},
        columns=[
            Column("Claim", "{claim}", "text"),
            Column("Status", "{status}", "status"),
            Column("Evidence seen", "{evidence}", "text"),
            Column("What follows here", "{consequence}", "text"),
            Column("Source", "{source.words}", "text"),
        ],
    )


@section
def conventions(run: ProgrammeRun) -> Results:
    """Return the regulatory and analytical conventions of the field, with sources."""
    rows = run.ledger.conventions.groupby(["topic", "convention"], sort=False, as_index=False).agg(
        where_seen=("where_seen", "; ".join), source_id=("source_id", "; ".join)
    )
    return statements(
        run, rows, "conventions", "where.seen", group1_level="topic", variable="convention"
    )


@conventions.shows
def conventions_table(conventions: Results, _run: ProgrammeRun) -> Table:
    """Show the conventions with their sources."""
    return Table(
        title="Conventions of endpoint, decision and analysis",
        results=conventions,
        groups="group1_level",
        labels={"variable": "Convention"},
        columns=[
            Column("Seen in", "{where.seen}", "text"),
            Column("Source", "{source.words}", "text"),
        ],
    )


def statements(
    run: ProgrammeRun, rows: pd.DataFrame, analysis_id: str, texts: str, **levels: str
) -> Results:
    """Return texts of a table of the ledger with their sources.

    Parameters
    ----------
    run
        Whose results they are.
    rows
        Table with ``source_id``.
    analysis_id
        Names the results.
    texts
        Statistics; the column of the table has the same name with underscores.
    levels
        Level column → column of the table.
    """
    columns = {name: rows[name.replace(".", "_")] for name in texts.split()}
    columns |= {level: rows[column] for level, column in levels.items()}
    frame = pd.DataFrame(
        {**columns, "source.words": rows["source_id"], "source": rows["source_id"]}
    )
    groups = {
        name: levels.get(f"{name}_level", "").removesuffix("_id") for name in ("group1", "group2")
    }
    return run.results(frame, analysis_id, context="published", **groups)

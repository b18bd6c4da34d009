"""What the documents say in words: the claims, the trials, and the conventions of the field."""

from __future__ import annotations

from collections.abc import Mapping

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
        {
            "group1_level": "aspect",
            "group2_level": "trial",
            "note.says": "note_says",
            "independent.says": "independent_says",
            "status": "status",
        },
        "trials",
        group1="aspect",
        group2="trial",
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
        {
            "group1_level": "claim_id",
            "variable": "topic",
            "claim": "claim",
            "evidence": "evidence",
            "status": "status",
            "consequence": "consequence",
        },
        "claims",
        group1="claim",
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
        run,
        rows,
        {"group1_level": "topic", "variable": "convention", "where.seen": "where_seen"},
        "conventions",
        group1="topic",
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
    run: ProgrammeRun,
    rows: pd.DataFrame,
    columns: Mapping[str, str],
    analysis_id: str,
    **labels: str,
) -> Results:
    """Return texts of a table of the ledger with their source.

    Parameters
    ----------
    run
        Whose results they are.
    rows
        Table with ``source_id``.
    columns
        Column of the results → column of the table.
    analysis_id, labels
        As in `DeclaredRun.results`.
    """
    frame = pd.DataFrame({name: rows[column] for name, column in columns.items()})
    frame = frame.assign(**{"source.words": rows["source_id"]}, source=rows["source_id"])
    return run.results(frame, analysis_id, context="published", **labels)

"""What the page says in words: where packages disagree, what has no outside number, the sources."""

import pandas as pd

from analysis.display.tables import Column, Table
from analysis.results import Results, section
from analysis.validation.settings import ValidationRun
from analysis.validation.tables import load_table
from analysis.words import begins_sentence

CONTEXT = "validation"
NOT_OFFERED, WITHOUT_NUMBER = "Not offered", "No outside number"
"""What a row of ``not_validated.csv`` says: the first where the method begins with it."""


@section
def conventions(run: ValidationRun) -> Results:
    """Return where statistical packages disagree, and what is done here."""
    rows = load_table("conventions", run.folder)
    frame = rows.rename(columns={"topic": "group1_level", "question": "group2_level"})
    return run.results(
        frame, "validation-conventions", group1="topic", group2="question", context=CONTEXT
    )


@conventions.shows
def conventions_table(conventions: Results, _run: ValidationRun) -> Table:
    """Show where packages disagree, and what is done here."""
    return Table(
        title="Where packages disagree",
        results=conventions,
        groups="group1_level",
        labels={"group2_level": "Question"},
        columns=[
            Column("Here", "{here}", "text"),
            Column("Elsewhere", "{elsewhere}", "text"),
            Column("What it changes", "{effect}", "text"),
        ],
    )


@section
def not_validated(run: ValidationRun) -> Results:
    """Return the methods without an outside number, and those that others have and this has not.

    Returns
    -------
    Results
        Per method (``group1_level``): ``missing`` and ``instead``; ``group2_level`` is
        `WITHOUT_NUMBER` or `NOT_OFFERED`.
    """
    rows = load_table("not_validated", run.folder)
    absent = rows["method"].str.startswith(f"{NOT_OFFERED}: ")
    names = rows["method"].str.removeprefix(f"{NOT_OFFERED}: ").map(begins_sentence)
    kind = absent.map({True: NOT_OFFERED, False: WITHOUT_NUMBER})
    return run.results(
        rows.assign(group1_level=names, group2_level=kind),
        "validation-not-validated",
        group1="method",
        group2="kind",
        context=CONTEXT,
    )


def missing_tally(run: ValidationRun) -> Results:
    """Return how many methods have no outside number, and how many are not offered: ``n``."""
    rows = not_validated(run).frame.drop_duplicates(["group1_level", "group2_level"])
    counts = (
        rows["group2_level"].value_counts().reindex([WITHOUT_NUMBER, NOT_OFFERED], fill_value=0)
    )
    return run.results(
        pd.DataFrame({"group1_level": list(counts.index), "n": list(counts)}),
        "validation-missing-tally",
        group1="kind",
        context=CONTEXT,
    )


@not_validated.shows
def not_validated_tables(missing: Results, _run: ValidationRun) -> list[Table]:
    """Show what has no outside number, and what is not offered."""
    return [
        Table(
            title=title,
            results=missing.select(group2_level=kind),
            labels={"group1_level": "Method or option"},
            columns=[Column(heading, "{missing}", "text"), Column(instead, "{instead}", "text")],
        )
        for kind, title, heading, instead in (
            (
                WITHOUT_NUMBER,
                "Methods and options without an outside number",
                "What is missing",
                "What stands in its place",
            ),
            (
                NOT_OFFERED,
                "Methods of other packages that are not offered",
                "Where they are",
                "What is offered",
            ),
        )
    ]


@section
def sources(run: ValidationRun) -> Results:
    """Return the sources of the outside numbers, with the quantities that each one gave."""
    counts = load_table("expected", run.folder).groupby("source_id").size().rename("n")
    rows = load_table("sources", run.folder).merge(counts.reset_index(), on="source_id")
    frame = rows[["title", "address", "n"]].assign(
        group1_level=rows["source_id"], source=rows["source_id"]
    )
    return run.results(frame, "validation-sources", group1="source", context=CONTEXT)


@sources.shows
def sources_table(sources: Results, _run: ValidationRun) -> Table:
    """Show every source of an outside number."""
    return Table(
        title="Sources of the outside numbers",
        results=sources,
        labels={"group1_level": "Source"},
        columns=[
            Column("What it is", "{title}", "text"),
            Column("Where", "{address}", "text"),
            Column("Quantities", "{n}"),
        ],
        folded=True,
    )

"""What the page says in words: where packages disagree, what has no outside number, the sources."""

from analysis.display.tables import Column, Table
from analysis.results import Results, section
from analysis.validation.settings import ValidationRun
from analysis.validation.tables import load_table

CONTEXT = "validation"


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
    """Return the methods that have no outside number, and what stands in its place."""
    rows = load_table("not_validated", run.folder)
    frame = rows.assign(group1_level=rows["method"])
    return run.results(frame, "validation-not-validated", group1="method", context=CONTEXT)


@not_validated.shows
def not_validated_table(missing: Results, _run: ValidationRun) -> Table:
    """Show what has no outside number."""
    return Table(
        title="Methods and options without an outside number",
        results=missing,
        labels={"group1_level": "Method or option"},
        columns=[
            Column("What is missing", "{missing}", "text"),
            Column("What stands in its place", "{instead}", "text"),
        ],
    )


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

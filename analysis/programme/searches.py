"""Where something was looked for and what was found, and the sources that numbers were read in."""

from analysis.display.reading import Reading
from analysis.display.tables import Column, Table
from analysis.programme.counts import ALL, counts_of, tally
from analysis.programme.settings import ProgrammeRun
from analysis.programme.statements import statements
from analysis.results import Results, section
from analysis.words import numbered

VERBS = {
    "found": "found what was sought",
    "in part": "found a part of it",
    "not found": "did not find it",
}
"""Outcome of a search → how a sentence says it."""
NONE_LOGGED = "No search is logged."


@section
def searches(run: ProgrammeRun) -> Results:
    """Return the log of searches, those on the asked product and comparator first."""
    asked = [run.parameters.product, run.parameters.comparator]
    rows = run.ledger.searches
    other = ~rows["product"].isin(asked)
    return statements(
        run,
        rows.loc[other.sort_values(kind="stable").index],
        "searches",
        "sought query place outcome found not.found",
        group1_level="search_id",
        group2_level="date",
    )


@searches.shows
def searches_table(searches: Results, _run: ProgrammeRun) -> Table:
    """Show what was searched, where, when, and what was found and not."""
    return Table(
        title="What was searched, and what was found",
        results=searches,
        labels={"group1_level": "Search", "group2_level": "Date"},
        columns=[
            Column("Sought", "{sought}", "text"),
            Column("Query and place", "{query}\n({place})", "text"),
            Column("Outcome", "{outcome}", "text"),
            Column("Found", "{found}", "text"),
            Column("Not found", "{not.found}", "text"),
            Column("Source", "{source.words}", "text"),
        ],
        footnotes=["The searches on the product and comparator of this run come first."],
        empty=NONE_LOGGED,
        folded=True,
    )


@section
def search_counts(run: ProgrammeRun) -> Results:
    """Return how many searches had each outcome."""
    outcomes = searches(run).select(stat_name="outcome").frame["stat_fmt"]
    return tally(run, outcomes, "outcome", "searches-count")


@search_counts.shows
def searches_reading(outcomes: Results, _run: ProgrammeRun) -> Reading:
    """Show how many searches found what they sought."""
    looked = (
        "What was not found may exist all the same: a search is evidence of where someone looked."
    )
    return Reading([outcome_words(outcomes), looked], outcomes)


def outcome_words(outcomes: Results) -> str:
    """Say how many searches found what they sought."""
    counts = counts_of(outcomes)
    total = counts.pop(ALL)
    words = ", ".join(f"{count} {VERBS[outcome]}" for outcome, count in counts.items())
    return f"Of {numbered(total, 'search')}, {words}." if counts else NONE_LOGGED


@section
def sources(run: ProgrammeRun) -> Results:
    """Return the sources that the numbers shown were read in, with how many each gave."""
    counts = run.shown.results.groupby("source_id").size().rename("n").reset_index()
    rows = run.ledger.sources.merge(counts, on="source_id")
    frame = rows[["kind", "title", "address", "n", "note"]].assign(
        group1_level=rows["source_id"], source=rows["source_id"]
    )
    return run.results(frame, "sources", group1="source", context="published")


@sources.shows
def sources_table(sources: Results, _run: ProgrammeRun) -> Table:
    """Show every source the numbers were read in."""
    return Table(
        title="Sources",
        results=sources,
        labels={"group1_level": "Source"},
        columns=[
            Column("Kind", "{kind}", "text"),
            Column("What it is", "{title}", "text"),
            Column("Where", "{address}", "text"),
            Column("Numbers", "{n}"),
        ],
        folded=True,
        footnotes=["Numbers: how many rows of the ledger, as filtered here, were read there."],
    )

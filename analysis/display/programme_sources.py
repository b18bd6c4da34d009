"""How the conventions, the searches and the sources look."""

from __future__ import annotations

from analysis.display.reading import Reading
from analysis.display.tables import Column, Table
from analysis.results import Results

VERBS = {
    "found": "found what was sought",
    "in part": "found a part of it",
    "not found": "did not find it",
}
"""Outcome of a search → how a sentence says it."""


def searches_reading(outcomes: Results) -> Reading:
    """Say how many searches found what they sought."""
    counts = dict(outcomes.frame[["group1_level", "stat_fmt"]].itertuples(index=False))
    total = counts.pop("all")
    words = ", ".join(f"{count} {VERBS[outcome]}" for outcome, count in counts.items())
    return Reading(
        [
            f"Of {total} searches, {words}." if counts else "No search is logged.",
            "What was not found may exist all the same: a search is evidence of where someone "
            "looked.",
        ],
        outcomes,
    )


def searches_table(searches: Results) -> Table:
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
            Column("Not found", "{not_found}", "text"),
            Column("Source", "{source_id}", "text"),
        ],
        footnotes=["The searches on the product and comparator of this run come first."],
        empty="No search is logged.",
        folded=True,
    )


def conventions_table(conventions: Results) -> Table:
    """Show the regulatory and analytical conventions with their sources."""
    return Table(
        title="Conventions of endpoint, decision and analysis",
        results=conventions,
        groups="group1_level",
        labels={"variable": "Convention"},
        columns=[
            Column("Seen in", "{where_seen}", "text"),
            Column("Source", "{source_id}", "text"),
        ],
    )


def sources_table(sources: Results) -> Table:
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

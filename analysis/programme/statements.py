"""What the documents say in words: claims, the trials, conventions, and the sources read."""

from __future__ import annotations

import pandas as pd

from analysis.programme.words import PUBLISHED
from analysis.results import Results, Stat, from_frame
from analysis.sources.evidence import Ledger


def claims(ledger: Ledger) -> Results:
    """Return every claim of the source document, its status and what follows for the project."""
    rows = ledger.claims
    return _texts(
        rows.assign(group1_level=rows["claim_id"], variable=rows["topic"]),
        ["claim", "evidence", "status", "consequence", "source_id"],
        analysis_id="claims",
        group1="claim",
    )


def trials(ledger: Ledger) -> Results:
    """Return the three trials side by side: what the document and other sources say of each."""
    rows = ledger.programme
    return _texts(
        rows.assign(group1_level=rows["aspect"], group2_level=rows["trial"]),
        ["note_says", "independent_says", "status", "source_id"],
        analysis_id="trials",
        group1="aspect",
        group2="trial",
    )


def conventions(ledger: Ledger) -> Results:
    """Return the regulatory and analytical conventions of the field, with sources."""
    rows = ledger.conventions
    together = rows.groupby(["topic", "convention"], sort=False, as_index=False).agg(
        where_seen=("where_seen", "; ".join), source_id=("source_id", "; ".join)
    )
    return _texts(
        together.assign(group1_level=together["topic"], variable=together["convention"]),
        ["where_seen", "source_id"],
        analysis_id="conventions",
        group1="topic",
    )


def sources(ledger: Ledger) -> Results:
    """Return the sources that the (filtered) ledger's numbers were read in."""
    counts = ledger.results.groupby("source_id").size().rename("n").reset_index()
    rows = ledger.sources.merge(counts, on="source_id")
    return from_frame(
        rows.assign(group1_level=rows["source_id"], source=rows["source_id"]),
        {
            "kind": Stat("kind", "Kind"),
            "title": Stat("title", "Title"),
            "address": Stat("address", "Address"),
            "n": Stat("n", "Numbers", 0),
        },
        analysis_id="sources",
        group1="source",
        context="published",
        data_status=PUBLISHED,
    )


def searches(ledger: Ledger, *, product: str, comparator: str) -> Results:
    """Return the log of searches: what was sought, where, when, and what was found and not.

    Parameters
    ----------
    ledger
        The published ledger.
    product, comparator
        The pair that is asked for; its searches come first.
    """
    rows = ledger.searches
    other = ~(rows["product"].isin([product, comparator]))
    rows = rows.loc[other.sort_values(kind="stable").index]
    return _texts(
        rows.assign(group1_level=rows["search_id"], group2_level=rows["date"]),
        ["sought", "query", "place", "outcome", "found", "not_found", "source_id"],
        analysis_id="searches",
        group1="search",
        group2="date",
    )


def _texts(
    frame: pd.DataFrame, columns: list[str], *, analysis_id: str, group1: str, group2: str = ""
) -> Results:
    return from_frame(
        frame.assign(source=frame["source_id"]),
        {name: Stat(name, name.replace("_", " ").capitalize()) for name in columns},
        analysis_id=analysis_id,
        group1=group1,
        group2=group2,
        context="published",
        data_status=PUBLISHED,
    )

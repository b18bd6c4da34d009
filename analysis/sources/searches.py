"""What was searched for, as the log says it: absence is never a fact."""

from __future__ import annotations

from analysis.sources.evidence import Ledger


def not_found_words(ledger: Ledger, *, product: str, comparator: str, indication: str) -> str:
    """Return how the log of searches says that a contrast was not found."""
    rows = ledger.searches
    rows = rows[rows["product"].isin([product, comparator])]
    rows = rows[rows["indication"].isin(["", indication])]
    if rows.empty:
        return "no search for it is logged"
    return f"not found in the searches of {', '.join(sorted(set(rows['date'])))}"

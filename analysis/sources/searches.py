"""What the log of searches says of a question that the ledger does not answer."""

import pandas as pd

from analysis.sources.evidence import Ledger

FOUND = "found"
NOT_LOGGED = "no search for it is logged"


def not_found_words(ledger: Ledger, *, product: str, comparator: str, indication: str) -> str:
    """Return where and when something was looked for without success.

    Parameters
    ----------
    ledger
        The published ledger, with its log of searches.
    product, comparator
        The pair, in either order; searches for the product alone count, too. An empty
        comparator asks for those alone.
    indication
        Code of the indication; searches that name none count, too.

    Returns
    -------
    str
        For example ``"not found in the searches of 2026-11-26 (S01, S04)"``, or
        ``"no search for it is logged"``: that nothing was found is no fact about what exists.
    """
    log = ledger.searches.reset_index(drop=True)
    rows = _on_the_pair(log, product, comparator, indication)
    if rows.empty:
        return NOT_LOGGED
    ids = log["search_id"]
    days = [
        f"{date} ({_runs(list(found.index), ids)})"
        for date, found in rows.groupby("date", sort=True)
    ]
    return f"not found in the searches of {' and '.join(days)}"


def _on_the_pair(
    searches: pd.DataFrame, product: str, comparator: str, indication: str
) -> pd.DataFrame:
    """Return the searches on a pair that left something unfound."""
    if searches.empty:
        return searches
    named = [
        sorted(names) == sorted((product, comparator)) or names == (product, "")
        for names in zip(searches["product"], searches["comparator"], strict=True)
    ]
    of_indication = searches["indication"].isin(["", indication])
    return searches[
        pd.Series(named, searches.index) & of_indication & (searches["outcome"] != FOUND)
    ]


def _runs(places: list[int], ids: pd.Series) -> str:
    """Return the ids of some rows of the log, three or more neighbours as “first to last”."""
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    words = []
    for run in runs:
        ends = [str(ids[place]) for place in (run if len(run) < 3 else (run[0], run[-1]))]
        words.append(" to ".join(ends) if len(run) >= 3 else ", ".join(ends))
    return ", ".join(words)

"""Which of several reports of one quantity is taken: stated rules, the same for every study."""

from collections.abc import Sequence

import pandas as pd

from analysis.sources.evidence import Ledger
from analysis.sources.populations import is_per_protocol
from analysis.sources.schemas import DOCUMENTS


def best_reports(rows: pd.DataFrame, ledger: Ledger, by: Sequence[str]) -> pd.DataFrame:
    """Return one row for each combination of the columns `by`: the best report of each.

    Parameters
    ----------
    rows
        Frame with ``source_id``, ``population`` and ``printing``.
    ledger
        The published ledger, which knows what kind of document a source is.
    by
        Columns that name a quantity.

    Notes
    -----
    In this order: an analysis set other than the per-protocol one; the fuller document
    (article before abstract before registry, as in `DOCUMENTS`); values with their SD; observed
    before adjusted means; the first printing. The rows keep their order.
    """
    ranks = pd.DataFrame(
        {
            "per_protocol": rows["population"].map(is_per_protocol),
            "document": document_ranks(rows["source_id"], ledger),
            "no_spread": rows["sd"].isna() if "sd" in rows else False,
            "adjusted": rows["model"] == "adjusted" if "model" in rows else False,
            "printing": rows["printing"],
        },
        index=rows.index,
    )
    order = ranks.sort_values(list(ranks), kind="stable").index
    chosen = rows.loc[order].drop_duplicates(list(by)).index
    return rows.loc[rows.index.isin(chosen)]


def document_ranks(source_ids: pd.Series, ledger: Ledger) -> pd.Series:
    """Return the place of each source's document in `DOCUMENTS`; one not known comes last."""
    place = {kind: rank for rank, kind in enumerate(DOCUMENTS)}
    kinds = dict(zip(ledger.sources["source_id"], ledger.sources["kind"], strict=True))
    ranks = [place.get(kinds.get(name, ""), len(DOCUMENTS)) for name in source_ids]
    return pd.Series(ranks, source_ids.index, dtype=int)

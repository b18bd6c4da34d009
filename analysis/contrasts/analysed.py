"""The contrasts that the headline of a page pools, and why the others are not in it."""

import numpy as np
import pandas as pd

from analysis.contrasts.inclusion import comparable, judged
from analysis.contrasts.indirect import edges
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.synthesis import headline_model, meta
from analysis.errors import UserError

COLUMNS = (
    *("study_id", "label", "contrast", "analysed", "why_not", "asked", "months"),
    *("n", "n_reference", "estimate", "std.error", "conf.low", "conf.high", "weight", "route"),
    *("product", "reference_product", "product_class", "reference_class"),
    *("source_id", "result_ids", "confidence"),
)
OTHERWISE = "its trial counts once, by another contrast or with its arms combined"
NO_EDGE = "both products are one node of the network"


def analysed(run: ContrastRun) -> pd.DataFrame:
    """Return every randomised contrast of the indication: those pooled, then the others.

    Parameters
    ----------
    run
        What is compared.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: one row a contrast, with ``analysed``, ``why_not``, whether it is the one that
        the page asks for, and its ``weight``, a fraction, in the pairwise model of the headline.
    """
    inside, every = comparable(run), judged(run)
    if len(inside):
        weights = meta(run, inside, headline_model(run, len(inside))).studies["weight"]
        inside = inside.assign(weight=weights.to_numpy())
    if run.model == "network":
        inside = inside.assign(
            why_not=np.where(_in_network(run, inside), "", NO_EDGE), weight=np.nan
        )
    taken = pd.MultiIndex.from_frame(inside[["study_id", "contrast"]])
    others = every[~pd.MultiIndex.from_frame(every[["study_id", "contrast"]]).isin(taken)]
    others = others.assign(why_not=others["why_out"].replace("", OTHERWISE))
    rows = pd.concat([inside.assign(why_not=inside.get("why_not", "")), others], ignore_index=True)
    return rows.assign(analysed=rows["why_not"] == "").reindex(columns=list(COLUMNS))


def _in_network(run: ContrastRun, inside: pd.DataFrame) -> pd.Series:
    try:
        return inside["study_id"].isin(edges(run)["study_id"])
    except UserError:
        return pd.Series(False, inside.index)

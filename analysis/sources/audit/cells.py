"""The growth endpoints of the ledger as cells: one row an arm or contrast, and pairs of them."""

from functools import lru_cache

import pandas as pd

from analysis.sources.audit.finding import half_unit
from analysis.sources.evidence import Ledger
from analysis.sources.populations import is_per_protocol

CELL = ["study_id", "arm_id", "reference_arm_id", "population", "paramcd", "months"]
STATISTICS = ["mean", "sd", "se", "diff", "ci_low", "ci_high"]
PLACE = ["study_id", "paramcd", "months", "per_protocol"]


# Several rules look at the same cells of one ledger.
@lru_cache(maxsize=2)
def growth_cells(ledger: Ledger) -> pd.DataFrame:
    """Return one row per arm or contrast, time and model with its statistics and their rows.

    The columns are `CELL`, ``model``, ``per_protocol``, each of `STATISTICS` and its decimals
    (``…_decimals``), ``n, param, unit, indication, level, interval, result_ids``.
    """
    rows = ledger.described()
    rows = rows[(rows["domain"] == "growth") & rows["value"].notna() & (rows["printing"] == 1)]
    rows = rows[rows["statistic"].isin(STATISTICS) & rows["months"].notna()]
    key = [*CELL, "model"]
    first = rows.groupby([*key, "statistic"])[["value", "decimals"]].first().unstack()
    wide = first["value"].reindex(columns=STATISTICS)
    wide = wide.join(first["decimals"].reindex(columns=STATISTICS).add_suffix("_decimals"))
    about = rows.groupby(key).agg(
        n=("n", "first"), param=("param", "first"), unit=("unit", "first"),
        indication=("indication", "first"), level=("level", "first"),
        interval=("interval", lambda text: next((t for t in text if t), "")),
        result_ids=("result_id", tuple),
    )  # fmt: skip
    cells = wide.join(about).reset_index()
    return cells.assign(per_protocol=cells["population"].map(is_per_protocol).astype(bool))


@lru_cache(maxsize=2)
def contrasts_with_arms(ledger: Ledger) -> pd.DataFrame:
    """Return every printed difference beside the observed means of its two arms.

    The columns are those of `growth_cells` for the contrast; ``mean, sd, n, mean_decimals,
    sd_decimals, result_ids`` of the arms with the suffixes ``_arm`` and ``_ref``; ``of_means``, the
    difference of the printed means, and ``rounding``, the most by which rounding alone can make the
    printed difference another.
    """
    cells = growth_cells(ledger)
    arms = cells[(cells["reference_arm_id"] == "") & (cells["model"] == "observed")]
    values = ["mean", "sd", "n", "mean_decimals", "sd_decimals", "result_ids"]
    test, reference = (
        arms[[*PLACE, "arm_id", *values]]
        .rename(columns={name: f"{name}{suffix}" for name in values})
        .rename(columns={"arm_id": arm})
        .drop_duplicates([*PLACE, arm])
        for suffix, arm in (("_arm", "arm_id"), ("_ref", "reference_arm_id"))
    )
    printed = cells[cells["diff"].notna() & (cells["reference_arm_id"] != "")]
    pairs = (
        printed.drop(columns=["mean", "sd", "mean_decimals", "sd_decimals"])
        .merge(test, on=[*PLACE, "arm_id"])
        .merge(reference, on=[*PLACE, "reference_arm_id"])
    )
    pairs = pairs[pairs[["mean_arm", "mean_ref"]].notna().all(axis=1)]
    places = ["diff_decimals", "mean_decimals_arm", "mean_decimals_ref"]
    halves = (half_unit(pairs[name]) for name in places)
    return pairs.assign(of_means=pairs["mean_arm"] - pairs["mean_ref"], rounding=sum(halves))


def rows_of(*parts: tuple[str, tuple[str, ...]]) -> pd.DataFrame:
    """Return the ledger rows of several cells: pairs of a study and its result ids."""
    return pd.concat(
        [pd.DataFrame({"study_id": study, "result_id": list(ids)}) for study, ids in parts]
    )

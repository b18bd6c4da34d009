"""Rules on the spread: missing, contradicting an interval, unlike its neighbour, ambiguous."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from analysis.numbers import fixed
from analysis.sources import dispersion
from analysis.sources.audit.finding import Rule, half_unit, printed
from analysis.sources.evidence import Ledger
from analysis.words import in_sentence

Found = Iterator[tuple[pd.DataFrame, str]]

CELL = ["study_id", "arm_id", "reference_arm_id", "population", "paramcd", "months"]
TOLERANCE = 1.10
"""Two SDs contradict each other when they differ by more than 10 % beyond rounding: enough for
a t quantile or a variance that was estimated slightly otherwise."""
UNLIKE_P = 0.001
"""Two arms of one study are unlike in spread when an F test of their SDs gives less than this."""


def _cells(ledger: Ledger) -> pd.DataFrame:
    """Return one row per arm or contrast with its statistics, their decimals and their rows."""
    rows = ledger.described()
    rows = rows[(rows["domain"] == "growth") & rows["value"].notna() & (rows["printing"] == 1)]
    needed = ["mean", "sd", "se", "diff", "ci_low", "ci_high"]
    rows = rows[rows["statistic"].isin(needed) & rows["months"].notna()]
    first = rows.groupby([*CELL, "statistic"])[["value", "decimals"]].first().unstack()
    wide = first["value"].reindex(columns=needed)
    wide = wide.join(first["decimals"].reindex(columns=needed).add_suffix("_decimals"))
    about = rows.groupby(CELL).agg(
        n=("n", "first"),
        param=("param", "first"),
        unit=("unit", "first"),
        level=("level", "first"),
        interval=("interval", lambda text: next((t for t in text if t), "")),
        result_ids=("result_id", tuple),
    )
    return wide.join(about).reset_index()


def _rows(*cells: pd.Series) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame({"study_id": cell["study_id"], "result_id": list(cell["result_ids"])})
            for cell in cells
        ]
    )


def missing_spread(ledger: Ledger) -> Found:
    """Find a mean of a growth endpoint without SD, SE or interval."""
    rows = ledger.described()
    rows = rows[(rows["domain"] == "growth") & (rows["reference_arm_id"] == "")]
    spread = rows[rows["statistic"].isin(["sd", "se", "ci_low", "ci_high"])]
    means = rows[(rows["statistic"] == "mean") & rows["value"].notna()]
    has = pd.MultiIndex.from_frame(means[CELL]).isin(pd.MultiIndex.from_frame(spread[CELL]))
    for (study, label), bare in means[~has].groupby(["study_id", "label"]):
        what = ", ".join(dict.fromkeys(bare["param"].map(in_sentence)))
        yield bare, f"{label}: no SD, SE or interval for {len(bare)} means ({what}; {study})"


def _contradict(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Say whether two ranges of an SD lie more than the tolerance apart."""
    return max(a[0], b[0]) > TOLERANCE * min(a[1], b[1])


def sd_contradicts_own_interval(ledger: Ledger) -> Found:
    """Find a printed SD that the printed interval of the same mean contradicts."""
    cells = _cells(ledger)
    cells = cells[
        cells[["mean", "sd", "n"]].notna().all(axis=1) & (cells["reference_arm_id"] == "")
    ]
    for _, cell in cells.iterrows():
        for limit in ("ci_low", "ci_high"):
            if np.isnan(cell[limit]):
                continue
            half = abs(cell["mean"] - cell[limit])
            slack = half_unit(cell["mean_decimals"]) + half_unit(cell[f"{limit}_decimals"])
            sides = 1 if cell["interval"] == "one-sided" else 2
            low, high = (
                float(
                    dispersion.sd_from_se(
                        dispersion.se_from_interval(
                            width, cell["n"] - 1, level=cell["level"], sides=sides
                        ),
                        cell["n"],
                    )
                )
                for width in (max(half - slack, 0), half + slack)
            )
            step = half_unit(cell["sd_decimals"])
            if _contradict((low, high), (cell["sd"] - step, cell["sd"] + step)):
                yield (
                    _rows(cell),
                    f"{cell['study_id']}, {cell['arm_id']}: {in_sentence(cell['param'])} has "
                    f"the SD {printed(cell, 'sd', 'sd_decimals')}, but its {cell['interval']} "
                    f"limit {printed(cell, limit, f'{limit}_decimals')} needs {fixed(low, 2)} to "
                    f"{fixed(high, 2)}",
                )


def sd_contradicts_difference(ledger: Ledger) -> Found:
    """Find printed SDs of two arms that the printed interval of their difference contradicts."""
    for pair in _unadjusted_pairs(ledger):
        n, n_reference = pair["n_arm"], pair["n_ref"]
        df = n + n_reference - 2
        half = (pair["ci_high"] - pair["ci_low"]) / 2
        slack = half_unit(pair["ci_low_decimals"])
        low, high = (
            float(
                dispersion.sd_from_difference(
                    dispersion.se_from_interval(width, df, level=pair["level"]), n, n_reference
                )
            )
            for width in (max(half - slack, 0), half + slack)
        )
        pooled_low, pooled_high = (
            float(
                dispersion.pooled_sd(
                    pair["sd_arm"] + sign * half_unit(pair["sd_decimals_arm"]),
                    n,
                    pair["sd_ref"] + sign * half_unit(pair["sd_decimals_ref"]),
                    n_reference,
                )
            )
            for sign in (-1, 1)
        )
        if _contradict((low, high), (pooled_low, pooled_high)):
            yield (
                pair["rows"],
                f"{pair['study_id']}: {in_sentence(pair['param'])} has the SDs "
                f"{fixed(pair['sd_arm'], 2)} ({pair['arm_id']}) and {fixed(pair['sd_ref'], 2)} "
                f"({pair['reference_arm_id']}), pooled {fixed((pooled_low + pooled_high) / 2, 2)}, "
                f"but the printed interval of the difference needs {fixed((low + high) / 2, 2)}",
            )


def _unadjusted_pairs(ledger: Ledger) -> Iterator[pd.Series]:
    """Yield the contrasts whose difference is that of the printed means, with both arms."""
    cells = _cells(ledger)
    arms = cells[cells["reference_arm_id"] == ""]
    contrasts = cells[cells[["diff", "ci_low", "ci_high"]].notna().all(axis=1)]
    join = ["study_id", "paramcd", "months"]
    kept = [*join, "arm_id", "mean", "sd", "n", "mean_decimals", "sd_decimals", "result_ids"]
    reference = arms[kept].rename(columns={"arm_id": "reference_arm_id"})
    pairs = (
        contrasts.drop(columns=["mean", "sd", "n", "mean_decimals", "sd_decimals"])
        .merge(
            arms[kept].add_suffix("_arm").rename(columns=lambda c: _bare(c, join)),
            on=[*join, "arm_id"],
        )
        .merge(
            reference.add_suffix("_ref").rename(columns=lambda c: _bare(c, join)),
            on=[*join, "reference_arm_id"],
        )
    )
    complete = pairs[["sd_arm", "sd_ref", "n_arm", "n_ref"]].notna().all(axis=1)
    for _, pair in pairs[complete].iterrows():
        rounding = sum(half_unit(pair[f"mean_decimals_{side}"]) for side in ("arm", "ref"))
        rounding += half_unit(pair["diff_decimals"])
        # An adjusted difference has a residual SD of its own and is another quantity.
        if abs(pair["mean_arm"] - pair["mean_ref"] - pair["diff"]) <= rounding + 1e-9:
            ids = [*pair["result_ids"], *pair["result_ids_arm"], *pair["result_ids_ref"]]
            rows = pd.DataFrame({"study_id": pair["study_id"], "result_id": ids})
            yield pd.concat([pair, pd.Series({"rows": rows})])


def _bare(column: str, join: list[str]) -> str:
    name = column.rpartition("_")[0]
    return name if name in (*join, "arm_id", "reference_arm_id") else column


def unlike_spread(ledger: Ledger) -> Found:
    """Find two arms of one study whose SDs of one quantity no chance could make so unlike."""
    cells = _cells(ledger)
    cells = cells[cells[["sd", "n"]].notna().all(axis=1) & (cells["reference_arm_id"] == "")]
    pairs = cells.merge(cells, on=["study_id", "paramcd", "months"], suffixes=("", "_other"))
    pairs = pairs[pairs["arm_id"] < pairs["arm_id_other"]]
    wide, narrow = pairs["sd"] > pairs["sd_other"], pairs["sd"] <= pairs["sd_other"]
    ratio = np.where(wide, pairs["sd"] / pairs["sd_other"], pairs["sd_other"] / pairs["sd"])
    df_wide = np.where(narrow, pairs["n_other"], pairs["n"]) - 1
    df_narrow = np.where(narrow, pairs["n"], pairs["n_other"]) - 1
    p_value = 2 * stats.f.sf(np.square(ratio), df_wide, df_narrow)
    for _, pair in pairs[p_value < UNLIKE_P].iterrows():
        ids = [*pair["result_ids"], *pair["result_ids_other"]]
        yield (
            pd.DataFrame({"study_id": pair["study_id"], "result_id": ids}),
            f"{pair['study_id']}: {in_sentence(pair['param'])} at month {pair['months']:.0f} has "
            f"the SD {printed(pair, 'sd', 'sd_decimals')} in {pair['arm_id']} and "
            f"{printed(pair, 'sd_other', 'sd_decimals_other')} in {pair['arm_id_other']}",
        )


def ambiguous_plus_minus(ledger: Ledger) -> Found:
    """Find a source whose "±" has to be read as an SD in one place and as an SE in another."""
    rows = ledger.results[ledger.results["statistic"].isin(["sd", "se"])]
    rows = rows[rows["locator"].str.contains(r"\+/-|±", regex=True)]
    for source, cells in rows.groupby("source_id"):
        if cells["statistic"].nunique() > 1:
            read = " and ".join(
                f"{printed(cell)} as {cell['statistic'].upper()}"
                for _, cell in cells.drop_duplicates("statistic").iterrows()
            )
            yield (
                cells,
                f"{cells['study_id'].iloc[0]}: “±” is not labelled and has to be read as two "
                f"things, {read} ({source})",
            )


RULES = (
    Rule(
        "no spread",
        "warning",
        "Shown without an interval; an SD is derived where an interval or p-value allows it, "
        "and never assumed",
        missing_spread,
    ),
    Rule(
        "SD contradicts the interval",
        "error",
        "The interval is used; the SD is shown and used by no calculation",
        sd_contradicts_difference,
    ),
    Rule(
        "SD contradicts its own interval",
        "warning",
        "The SD is used; the interval is shown and used by no calculation",
        sd_contradicts_own_interval,
    ),
    Rule(
        "SDs unlike between arms",
        "warning",
        "Kept, and marked; a summary that needs a common SD uses neither",
        unlike_spread,
    ),
    Rule(
        "ambiguous ±",
        "warning",
        "Read as the size of the number suggests, and marked with medium confidence",
        ambiguous_plus_minus,
    ),
)

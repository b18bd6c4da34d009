"""Rules on the spread: missing, contradicting an interval, unlike its neighbour, ambiguous."""

import numpy as np
import pandas as pd

from analysis.numbers import fixed
from analysis.sources.audit.adjustment import TOLERANCE, contrast_rows, sd_of_arms, sd_of_interval
from analysis.sources.audit.cells import CELL, contrasts_with_arms, growth_cells, rows_of
from analysis.sources.audit.finding import Found, half_unit, printed, rule
from analysis.sources.evidence import Ledger, where
from analysis.stats import dispersion
from analysis.stats.laws import f_sf
from analysis.words import in_sentence

SMALLEST_SD = 0.5
"""cm/year. A velocity is the difference of two heights, each measured with an SD of 0.2 to 0.3 cm
(Arch Dis Child 1990; 65: 1340), so that error alone spreads a 12-month velocity by 0.28 to 0.42,
and one over a shorter time by more; children differ besides."""
UNLIKE_P = 0.001
"""Two arms of one study are unlike in spread when an F test of their SDs gives less than this."""


def _contradict(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Say whether two ranges of an SD lie more than the tolerance apart."""
    return max(a[0], b[0]) > TOLERANCE * min(a[1], b[1])


@rule(
    "no spread",
    "warning",
    "Shown without an interval; an SD is derived where an interval or p-value allows it, "
    "and never assumed",
)
def missing_spread(ledger: Ledger) -> Found:
    """Find a mean of a growth endpoint without SD, SE or interval."""
    rows = where(ledger.described(), domain="growth", reference_arm_id="")
    spread = where(rows, statistic=["sd", "se", "ci_low", "ci_high"])
    means = where(rows, "value", statistic="mean")
    has = pd.MultiIndex.from_frame(means[CELL]).isin(pd.MultiIndex.from_frame(spread[CELL]))
    for (study, label), bare in means[~has].groupby(["study_id", "label"]):
        what = ", ".join(dict.fromkeys(bare["param"].map(in_sentence)))
        yield bare, f"{label}: no SD, SE or interval for {len(bare)} means ({what}; {study})"


@rule(
    "SD contradicts the interval",
    "error",
    "The interval is used; the SD is shown and used by no calculation",
)
def sd_contradicts_difference(ledger: Ledger) -> Found:
    """Find printed SDs of two arms that the printed interval of their difference contradicts."""
    pairs = contrasts_with_arms(ledger)
    # An adjusted difference has a residual SD of its own and is another quantity.
    same = (pairs["of_means"] - pairs["diff"]).abs() <= pairs["rounding"] + 1e-9
    for _, pair in pairs[same].iterrows():
        needed, printed_sd = sd_of_interval(pair), sd_of_arms(pair)
        if needed and printed_sd and _contradict(needed, printed_sd):
            yield (
                contrast_rows(pair),
                f"{pair['study_id']}: {in_sentence(pair['param'])} has the SDs "
                f"{fixed(pair['sd_arm'], 2)} ({pair['arm_id']}) and {fixed(pair['sd_ref'], 2)} "
                f"({pair['reference_arm_id']}), pooled {fixed(sum(printed_sd) / 2, 2)}, but the "
                f"printed interval of the difference needs {fixed(sum(needed) / 2, 2)}",
            )


@rule("SD too small for children", "error", "The mean is used; the SD is used by no calculation")
def too_small_spread(ledger: Ledger) -> Found:
    """Find an SD of growth velocities that measuring children's heights alone would exceed."""
    rows = where(ledger.described(), domain="growth", unit="cm/year", statistic="sd")
    for _, row in rows[rows["value"] < SMALLEST_SD].iterrows():
        time = f" ({row['timepoint_printed']})" if row["timepoint_printed"] else ""
        yield (
            row.to_frame().T,
            f"{row['study_id']}, {row['arm_id']}: {in_sentence(row['param'])}{time} has the SD "
            f"{printed(row)}; measured velocities of children spread by {fixed(SMALLEST_SD, 1)} "
            f"{row['unit']} or more",
        )


@rule(
    "SD contradicts its own interval",
    "warning",
    "The SD is used; the interval is shown and used by no calculation",
)
def sd_contradicts_own_interval(ledger: Ledger) -> Found:
    """Find a printed SD that the printed interval of the same mean contradicts."""
    cells = where(growth_cells(ledger), "mean", "sd", "n", reference_arm_id="")
    for _, cell in cells.iterrows():
        for limit in ("ci_low", "ci_high"):
            if np.isnan(cell[limit]):
                continue
            half = abs(cell["mean"] - cell[limit])
            slack = half_unit(cell["mean_decimals"]) + half_unit(cell[f"{limit}_decimals"])
            sides = 1 if cell["interval"] == "one-sided" else 2
            widths = [max(half - slack, 0), half + slack]
            errors = dispersion.se_from_interval(
                widths, cell["n"] - 1, level=cell["level"], sides=sides
            )
            low, high = dispersion.sd_from_se(errors, cell["n"]).tolist()
            step = half_unit(cell["sd_decimals"])
            if _contradict((low, high), (cell["sd"] - step, cell["sd"] + step)):
                yield (
                    rows_of((cell["study_id"], cell["result_ids"])),
                    f"{cell['study_id']}, {cell['arm_id']}: {in_sentence(cell['param'])} has "
                    f"the SD {printed(cell, 'sd', 'sd_decimals')}, but its {cell['interval']} "
                    f"limit {printed(cell, limit, f'{limit}_decimals')} needs {fixed(low, 2)} to "
                    f"{fixed(high, 2)}",
                )


@rule(
    "SDs unlike between arms",
    "warning",
    "Kept, and marked; a summary that needs a common SD uses neither",
)
def unlike_spread(ledger: Ledger) -> Found:
    """Find two arms of one study whose SDs of one quantity no chance could make so unlike."""
    cells = where(growth_cells(ledger), "sd", "n", reference_arm_id="")
    # Arms of two indications are two populations, whose spreads may well differ.
    place = ["study_id", "indication", "paramcd", "months", "model"]
    pairs = cells.merge(cells, on=place, suffixes=("", "_other"))
    pairs = pairs[pairs["arm_id"] < pairs["arm_id_other"]]
    wide, narrow = pairs["sd"] > pairs["sd_other"], pairs["sd"] <= pairs["sd_other"]
    ratio = np.where(wide, pairs["sd"] / pairs["sd_other"], pairs["sd_other"] / pairs["sd"])
    df_wide = np.where(narrow, pairs["n_other"], pairs["n"]) - 1
    df_narrow = np.where(narrow, pairs["n"], pairs["n_other"]) - 1
    p_value = 2 * f_sf(np.square(ratio), df_wide, df_narrow)
    for _, pair in pairs[p_value < UNLIKE_P].iterrows():
        ids = [*pair["result_ids"], *pair["result_ids_other"]]
        yield (
            pd.DataFrame({"study_id": pair["study_id"], "result_id": ids}),
            f"{pair['study_id']}: {in_sentence(pair['param'])} at month {pair['months']:.0f} has "
            f"the SD {printed(pair, 'sd', 'sd_decimals')} in {pair['arm_id']} and "
            f"{printed(pair, 'sd_other', 'sd_decimals_other')} in {pair['arm_id_other']}",
        )


@rule(
    "ambiguous ±",
    "warning",
    "Read as the size of the number suggests, and marked with medium confidence",
)
def ambiguous_plus_minus(ledger: Ledger) -> Found:
    """Find a source whose "±" has to be read as an SD in one place and as an SE in another."""
    rows = where(ledger.results, statistic=["sd", "se"])
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

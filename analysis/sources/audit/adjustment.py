"""Rules on a reported difference beside the two means that it should be the difference of.

A model that adjusts for covariates moves the difference and narrows its interval. What it would
have had to explain follows from the printed numbers alone, and so does what nothing explains.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.numbers import fixed, percent
from analysis.sources.audit.cells import contrasts_with_arms, rows_of
from analysis.sources.audit.finding import Found, half_unit, printed, rule
from analysis.sources.evidence import Ledger
from analysis.stats import dispersion
from analysis.words import in_sentence

Range = tuple[float, float]

TOLERANCE = 1.10
"""Two SDs contradict each other when they differ by more than 10 % beyond rounding: enough for
a t quantile or a variance that was estimated slightly otherwise."""


def sd_of_interval(pair: pd.Series) -> Range | None:
    """Return the lowest and highest SD that a printed interval needs, None without an interval."""
    if pair[["ci_low", "ci_high", "n_arm", "n_ref"]].isna().any():
        return None
    n, n_reference = pair["n_arm"], pair["n_ref"]
    half = (pair["ci_high"] - pair["ci_low"]) / 2
    slack = float(half_unit(pair["ci_low_decimals"]))
    widths = [max(half - slack, 0), half + slack]
    errors = dispersion.se_from_interval(widths, n + n_reference - 2, level=pair["level"])
    low, high = dispersion.sd_from_difference(errors, n, n_reference).tolist()
    return low, high


def sd_of_arms(pair: pd.Series) -> Range | None:
    """Return the lowest and highest pooled SD of the two arms, None where one is not printed."""
    if pair[["sd_arm", "sd_ref", "n_arm", "n_ref"]].isna().any():
        return None
    sds, sds_reference = (
        pair[f"sd_{side}"] + np.array([-1, 1]) * half_unit(pair[f"sd_decimals_{side}"])
        for side in ("arm", "ref")
    )
    low, high = dispersion.pooled_sd(sds, pair["n_arm"], sds_reference, pair["n_ref"]).tolist()
    return low, high


def contrast_rows(pair: pd.Series) -> pd.DataFrame:
    """Return the ledger rows of a contrast and of both its arms."""
    return rows_of(
        *((pair["study_id"], pair[ids]) for ids in ("result_ids", "result_ids_arm",
                                                    "result_ids_ref"))
    )  # fmt: skip


def _moved(ledger: Ledger) -> Iterator[pd.Series]:
    """Yield the printed differences that are not the difference of the printed means."""
    pairs = contrasts_with_arms(ledger)
    moved = (pairs["of_means"] - pairs["diff"]).abs() > pairs["rounding"] + 1e-9
    for _, pair in pairs[moved].iterrows():
        yield pair


@rule(
    "difference is not that of the means",
    "warning",
    "The reported difference is used, the one of the means is shown beside it; that the "
    "difference is adjusted is the likely reason, and is said to be no more",
)
def difference_is_not_of_means(ledger: Ledger) -> Found:
    """Find a reported difference that is not that of the printed means, beyond rounding."""
    for pair in _moved(ledger):
        places = int(max(pair["mean_decimals_arm"], pair["mean_decimals_ref"]))
        said = (
            f"{pair['study_id']}: the difference in {in_sentence(pair['param'])} is reported as "
            f"{printed(pair, 'diff', 'diff_decimals')}, and the printed means differ by "
            f"{printed(pair, 'mean_arm', 'mean_decimals_arm')} − "
            f"{printed(pair, 'mean_ref', 'mean_decimals_ref')} = {fixed(pair['of_means'], places)}"
        )
        needed, arms = sd_of_interval(pair), sd_of_arms(pair)
        if needed and arms and sum(needed) < sum(arms):
            share = 1 - (sum(needed) / sum(arms)) ** 2
            said += (
                f"; its interval needs an SD of {fixed(sum(needed) / 2, 2)} where the arms have "
                f"{fixed(sum(arms) / 2, 2)}, so covariates would have to explain {percent(share)} "
                "of the variance"
            )
        yield contrast_rows(pair), said


@rule("interval wider than the SDs allow", "warning", "The interval is used; both are shown")
def interval_wider_than_arms(ledger: Ledger) -> Found:
    """Find an adjusted difference whose interval is wider than the SDs of the arms allow."""
    for pair in _moved(ledger):
        needed, arms = sd_of_interval(pair), sd_of_arms(pair)
        if needed and arms and needed[0] > TOLERANCE * arms[1]:
            yield (
                contrast_rows(pair),
                f"{pair['study_id']}: the interval of the difference in "
                f"{in_sentence(pair['param'])} needs an SD of {fixed(sum(needed) / 2, 2)}, and the "
                f"arms have {fixed(sum(arms) / 2, 2)}; no covariate makes an interval wider",
            )

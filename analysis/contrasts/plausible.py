"""What comparable arms of the field make plausible: a range of means and one of SDs."""

import numpy as np
import pandas as pd

from analysis.contrasts.inclusion import ALLOCATION, AUDIT, DAILY, put_back
from analysis.contrasts.settings import ContrastRun
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.results import Results, section
from analysis.sources.arm_summaries import RESIDUAL, arm_summaries
from analysis.sources.audit import excluded_results, without_unusable_sds
from analysis.words import in_sentence

MEAN, SD = "Mean on daily somatropin", "SD"
"""The two quantities, as the table names them."""
DERIVED = 3
"""Decimals of an SD that no source prints: two beyond those of the values."""


@section
def plausible_ranges(run: ContrastRun) -> Results:
    """Return what comparable arms make plausible: ranges of means and of SDs.

    Returns
    -------
    Results
        For the mean of daily somatropin and for the SD: ``min``, ``max`` and the number of arms
        ``n``.

    Notes
    -----
    Comparable: arms of randomised trials of the indication, within the time window, not taken
    out by the audit, the source document left out. Means: arms on daily somatropin. SDs: all
    arms, observed ones only; a residual SD of a model is another quantity.
    """
    arms = comparable_arms(run)
    daily = arms[arms["product_class"].isin(DAILY)]
    observed = ~arms["sd_method"].str.endswith(RESIDUAL)
    spread = arms[observed & arms["sd"].notna() & (arms["sd"] > 0)]
    if daily.empty or spread.empty:
        raise UserError(
            f"no comparable arm of {run.indication} prints a mean and an SD of "
            f"{in_sentence(run.param)} at {run.window}, so nothing says what is "
            "plausible"
        )
    frame = pd.DataFrame(
        [_range_row(MEAN, daily, "mean", "decimals"), _range_row(SD, spread, "sd", "sd_decimals")]
    )
    method = "range over the arms of comparable randomised trials"
    return run.results(frame.assign(**run.placing), "plausible", group1="quantity", method=method)


def _range_row(name: str, arms: pd.DataFrame, column: str, printed: str) -> dict[str, object]:
    ends = arms.loc[[arms[column].idxmin(), arms[column].idxmax()]]
    low, high = ends.to_dict("records")
    return {
        "group1_level": name,
        "n": len(arms),
        "min": low[column],
        "max": high[column],
        # As printed; an SD that is derived has the two decimals more of an SD.
        "places:min": DERIVED if np.isnan(low[printed]) else low[printed],
        "places:max": DERIVED if np.isnan(high[printed]) else high[printed],
        "source": "; ".join(dict.fromkeys(arms["source_id"])),
        "note": " to ".join(f"{row['label']}, {row['arm']}" for row in (low, high)),
    }


@plausible_ranges.shows
def plausible_table(plausible: Results, run: ContrastRun) -> Table:
    """Show the ranges that comparable trials make plausible."""
    return Table(
        title=f"What comparable trials make plausible, {run.unit}",
        results=plausible,
        labels={"group1_level": "Quantity"},
        columns=[Column("Arms", "{n}"), Column("Lowest", "{min}"), Column("Highest", "{max}")],
        footnotes=[
            "Arms of randomised trials of the indication within the time window. SDs: observed "
            "ones only; a residual SD of a model is another quantity."
        ],
    )


def comparable_arms(run: ContrastRun) -> pd.DataFrame:
    """Return the arms of randomised trials within the time window, with n, mean and SD."""
    rows = run.ledger.results
    times = rows.loc[rows["months"].between(*run.months) & (rows["months"] > 0), "months"].unique()
    parts = [
        arm_summaries(
            run.ledger, paramcd=run.endpoint, months=float(months),
            indication=run.indication, min_confidence=run.min_confidence,
        )
        for months in sorted(times)
    ]  # fmt: skip
    arms = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if arms.empty:
        raise UserError(f"no arm of {run.indication} has a mean at {run.window}")
    audited = set(excluded_results(list(run.findings)).index)
    arms = without_unusable_sds(arms, run.ledger, run.findings, "SDs unlike between arms")
    out = arms["result_ids"].map(lambda ids: bool(audited & set(ids.split("; ")))).astype(bool)
    rules = {
        "no trial": arms["evidence"] != "trial",
        ALLOCATION: arms["randomised"] != "yes",
        AUDIT: out,
        "left out by this run": arms["study_id"].isin(run.exclude),
    }
    broken = pd.DataFrame(put_back(run, arms["study_id"], rules)).any(axis=1)
    return arms[~broken].reset_index(drop=True)


def bounds(run: ContrastRun) -> dict[str, float]:
    """Return the ends of the plausible ranges by name."""
    found = plausible_ranges(run).wide("stat").set_index("group1_level")
    return {
        f"{name}_{end}": found.loc[quantity, statistic]
        for name, quantity in (("mean", MEAN), ("sd", SD))
        for end, statistic in (("low", "min"), ("high", "max"))
    }

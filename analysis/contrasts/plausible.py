"""What comparable arms of the field make plausible: a range of means and one of SDs."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from analysis.contrasts.inclusion import ALLOCATION, AUDIT, DAILY, put_back
from analysis.contrasts.settings import ContrastRun
from analysis.errors import UserError
from analysis.results import Results, Stat, from_frame
from analysis.sources.arm_summaries import arm_summaries
from analysis.sources.audit import excluded_results, without_unusable_sds
from analysis.words import in_sentence


@lru_cache(maxsize=16)
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
    observed = ~arms["sd_method"].str.contains("residual")
    spread = arms[observed & arms["sd"].notna() & (arms["sd"] > 0)]
    if daily.empty or spread.empty:
        raise UserError(
            f"no comparable arm of {run.indication} prints a mean and an SD of "
            f"{in_sentence(run.param)} at {run.window}, so nothing says what is "
            "plausible"
        )
    rows = [_range_row("Mean on daily somatropin", daily, "mean"), _range_row("SD", spread, "sd")]
    return from_frame(
        pd.DataFrame(rows).assign(variable=run.param, variable_level=run.window),
        {
            "n": Stat("n", "Arms", 0),
            "min": Stat("min", "Lowest", 2, run.unit),
            "max": Stat("max", "Highest", 2, run.unit),
        },
        analysis_id="plausible",
        group1="quantity",
        context="published",
        method="range over the arms of comparable randomised trials",
        **run.result_labels,
    )


def _range_row(name: str, arms: pd.DataFrame, column: str) -> dict[str, object]:
    ends = arms.loc[[arms[column].idxmin(), arms[column].idxmax()]]
    return {
        "group1_level": name,
        "n": len(arms),
        "min": arms[column].min(),
        "max": arms[column].max(),
        "source": "; ".join(dict.fromkeys(arms["source_id"])),
        "note": " to ".join(f"{row.label}, {row.arm}" for row in ends.itertuples(index=False)),
    }


def comparable_arms(run: ContrastRun) -> pd.DataFrame:
    """Return the arms of randomised trials within the time window, with n, mean and SD."""
    rows = run.ledger.results
    times = rows.loc[rows["months"].between(*run.months) & (rows["months"] > 0), "months"].unique()
    parts = [
        arm_summaries(
            run.ledger,
            paramcd=run.endpoint,
            months=float(months),
            indication=run.indication,
            min_confidence=run.min_confidence,
        )
        for months in sorted(times)
    ]
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
        "mean_low": found.loc["Mean on daily somatropin", "min"],
        "mean_high": found.loc["Mean on daily somatropin", "max"],
        "sd_low": found.loc["SD", "min"],
        "sd_high": found.loc["SD", "max"],
    }

"""Rules on growth: what no child grows, and rates from less than a year."""

import pandas as pd

from analysis.numbers import fixed
from analysis.sources.audit.cells import STATISTICS
from analysis.sources.audit.finding import Found, printed, rule
from analysis.sources.evidence import Ledger, where

FASTEST_MEAN = 20.0
"""cm/year. Above the mean growth velocity of any trial arm in this field (14.5 at 6 months)
and near that of a healthy infant's first year; the mean of a group of older children cannot
reach it."""
FULL_YEAR = 11.0
"""Months. A first-year rate is measured over 11 months or more; catch-up growth is fastest at
the start, so a rate from a shorter period runs higher when it is annualised."""


def _means(ledger: Ledger, paramcd: str) -> pd.DataFrame:
    rows, own = ledger.described(), {"statistic": "mean", "reference_arm_id": ""}
    return where(rows, "value", "months", paramcd=paramcd, **own)


@rule(
    "implausible growth",
    "error",
    "All growth values of the arm are left out of every summary",
    excludes=True,
)
def implausible_growth(ledger: Ledger) -> Found:
    """Find mean growth faster than a group of children can grow, printed or between two heights."""
    velocity = _means(ledger, "HV")
    too_fast = velocity[(velocity["value"] > FASTEST_MEAN) | (velocity["value"] < 0)]
    for _, row in too_fast.iterrows():
        yield (
            _arm_rows(ledger, row),
            f"{row['study_id']}, {row['arm_id']}: height velocity {printed(row)} cm/year",
        )
    heights = _means(ledger, "HEIGHT").sort_values("months")
    arm = ["study_id", "arm_id", "population"]
    for (study, name, _), rows in heights.groupby(arm):
        gain = rows["value"].diff()
        rate = 12 * gain / rows["months"].diff()
        for index in rows.index[(rate > FASTEST_MEAN) | (rate < 0)]:
            last = rows.loc[index]
            yield (
                _arm_rows(ledger, last),
                f"{study}, {name}: mean height changes by {fixed(gain[index], 2)} cm up to month "
                f"{last['months']:.0f}, a rate of {fixed(rate[index], 1)} cm/year",
            )


def _arm_rows(ledger: Ledger, row: pd.Series) -> pd.DataFrame:
    """Return all growth rows of the arm: where one height is impossible, none can be relied on."""
    own = {name: row[name] for name in ("study_id", "arm_id")}
    return where(ledger.described(), domain="growth", **own)


@rule("rate from less than a year", "note", "Kept apart: never in one summary with 12-month rates")
def short_period(ledger: Ledger) -> Found:
    """Find an annualised rate from a period well short of a year."""
    rows = where(ledger.described(), paramcd=["HV", "CHGHV"], statistic=STATISTICS)
    rows = rows[(rows["months"] > 0) & (rows["months"] < FULL_YEAR)]
    for (study, label), cells in rows.groupby(["study_id", "label"]):
        times = ", ".join(dict.fromkeys(cells.sort_values("months")["timepoint_printed"]))
        yield cells, f"{label}: annualised height velocity over less than a year ({times}; {study})"


@rule("period not stated", "note", "Kept apart: never in one summary with 12-month rates")
def period_not_stated(ledger: Ledger) -> Found:
    """Find a pooled or annualised growth rate that does not say over which period."""
    rows = where(ledger.described(), paramcd=["HV", "CHGHV"], statistic=["mean", "diff"])
    rows = rows[rows["months"].isna()]
    for (study, label), cells in rows.groupby(["study_id", "label"]):
        yield cells, f"{label}: the period of the height velocity is not stated ({study})"

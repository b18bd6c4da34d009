"""When visits are: no date of a participant is public, so that everybody starts on one day."""

from __future__ import annotations

import pandas as pd

from analysis.sources.growth_reference import DAYS_PER_MONTH
from analysis.sources.synthetic.calibrated.columns import Columns
from analysis.sources.synthetic.calibrated.printed import END

START = pd.Timestamp("2000-01-03")
"""First dose of everybody."""
FURTHER = 12
"""Months from the last stated time to a visit at no stated time."""


def last_month(columns: Columns) -> float:
    """Return the last stated time of a study; twelve months where there is none."""
    stated = [each.months for each in columns.numbers if each.months != END]
    return max([0.0, *stated]) or 12.0


def day(months: float, columns: Columns) -> int:
    """Return the days from the first dose to a visit."""
    return round(months_of(months, columns) * DAYS_PER_MONTH)


def months_of(months: float, columns: Columns) -> float:
    """Return the months of a visit, also of one at no stated time."""
    return last_month(columns) + FURTHER if months == END else months

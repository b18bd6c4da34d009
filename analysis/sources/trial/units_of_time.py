"""Units of a time to an event, and which of them its dates suggest."""

from dataclasses import dataclass

import pandas as pd

from analysis.sources.trial.columns import date, number
from analysis.thresholds import within

ROUNDED = 0.06
"""Of a unit: what a time in weeks, months or years may be rounded by."""


@dataclass(frozen=True, slots=True)
class Length:
    """How many days a unit of time may be taken for.

    Parameters
    ----------
    shortest, longest
        Days; a month is 28 days to some and 30.5 to others.
    """

    shortest: float
    longest: float

    @property
    def exact(self) -> bool:
        """Whether it is a day."""
        return self.longest == 1

    def holds(self, times: pd.Series, elapsed: pd.Series) -> pd.Series:
        """Say which times are the days elapsed, or a day more, in this unit."""
        slack = 0.0 if self.exact else ROUNDED
        low, high = elapsed / self.longest - slack, (elapsed + 1) / self.shortest + slack
        return pd.Series(within(times, low, high), index=times.index)


UNITS = {
    "days": Length(1, 1),
    "weeks": Length(7, 7),
    "months": Length(28, 30.5),
    "years": Length(365, 365.25),
}
WORDS = {
    "days": ("day", "days", "d"),
    "weeks": ("week", "weeks", "wk", "wks", "w"),
    "months": ("month", "months", "mo", "mos", "mth", "mths"),
    "years": ("year", "years", "yr", "yrs", "y", "a"),
}


def days_in(unit: str) -> Length | None:
    """Return the length of a unit, however it is written; None for what is no unit of time.

    Examples
    --------
    >>> days_in("WEEKS").longest, days_in("points")
    (7, None)
    """
    for name, words in WORDS.items():
        if unit.strip().casefold() in words:
            return UNITS[name]
    return None


def whole_days(table: pd.DataFrame) -> pd.Series | None:
    """Return the days from STARTDT to ADT; None where a table has not both."""
    start, end = date(table, "STARTDT"), date(table, "ADT")
    return None if start is None or end is None else (end - start).dt.days


def unit_by_dates(records: pd.DataFrame) -> str:
    """Return the unit in which most times are the days between their dates; "" for none.

    Examples
    --------
    >>> days = pd.to_datetime(pd.Series(["2000-01-01", "2000-01-01", "2000-03-01"]))
    >>> unit_by_dates(pd.DataFrame({"STARTDT": days[0], "ADT": days, "AVAL": [1.0, 1.0, 61.0]}))
    'days'
    """
    times, elapsed = number(records, "AVAL"), whole_days(records)
    if times is None or elapsed is None:
        return ""
    # Short times say nothing: a day is 0.03 months, rounded as likely to 0 as a week.
    known = times.notna() & (elapsed > min(elapsed.max() / 2, UNITS["months"].longest))
    for name, length in UNITS.items():
        if known.any() and length.holds(times[known], elapsed[known]).mean() > 0.5:
            return name
    return ""

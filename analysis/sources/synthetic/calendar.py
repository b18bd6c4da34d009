"""The days on which a clinic is open: children are seen and dosed first on one of them."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Days = npt.NDArray[np.datetime64]

CLOSED = ((1, 1), (12, 24), (12, 25), (12, 26))
"""Month and day of the holidays that every country of the assumed sites keeps."""
YEARS = range(1990, 2011)
_HOLIDAYS = np.array(
    [f"{year}-{month:02d}-{day:02d}" for year in YEARS for month, day in CLOSED], "datetime64[D]"
)


def clinic_day(dates: Any) -> Days:
    """Return each date, or the next one on which a clinic is open.

    Parameters
    ----------
    dates
        Calendar days, of any shape.

    Examples
    --------
    >>> [str(day) for day in clinic_day(["1999-10-02", "1999-12-24", "2000-02-01"])]
    ['1999-10-04', '1999-12-27', '2000-02-01']
    """
    days = np.asarray(dates, dtype="datetime64[D]")
    return np.busday_offset(days, 0, roll="forward", holidays=_HOLIDAYS)


def moved(baseline: pd.Series, days: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return days from baseline, each moved to a day on which a clinic is open.

    Parameters
    ----------
    baseline
        Date of baseline, one a child.
    days
        Days from it, one row a child.
    """
    start = baseline.to_numpy("datetime64[D]").reshape(-1, *[1] * (days.ndim - 1))
    return (clinic_day(start + days) - start).astype(np.int64)

"""Units of growth: centimetres, exact days, annual rates, months."""

import numpy as np
import numpy.typing as npt

from analysis import exact
from analysis.errors import UserError, suggestion

DAYS_PER_YEAR = 365.25
CENTIMETRES = {"cm": 1.0, "m": 100.0, "mm": 0.1, "in": 2.54}
SPELLINGS = (("²", "2"), ("^2", "2"), ("**2", "2"), (" per ", "/"), ("kilograms", "kg"),
             ("centimetres", "cm"), ("centimeters", "cm"), ("years", "year"))  # fmt: skip
"""Spellings of units that mean the same."""
YEARS = ("year", "yr", "y", "a")
TIMES = ("year", "years", "yr", "y", "a", "month", "months", "mo", "week", "weeks", "day", "d")

FloatArray = npt.NDArray[np.float64]
DateArray = npt.NDArray[np.datetime64]


def to_centimetres(values: npt.ArrayLike, *, unit: str) -> FloatArray:
    """Convert lengths to centimetres from ``"cm"``, ``"m"``, ``"mm"`` or ``"in"``.

    Raises
    ------
    UserError
        If the unit is another one.

    Examples
    --------
    >>> to_centimetres([50, 51.5], unit="in")
    array([127.  , 130.81])
    """
    if unit not in CENTIMETRES:
        raise UserError(
            f"height unit: must be one of {', '.join(CENTIMETRES)}; got '{unit}'"
            f"{suggestion(unit, CENTIMETRES)}; convert the heights or name their unit"
        )
    return exact.ratio(values, 1.0, times=CENTIMETRES[unit])


def is_velocity(unit: str) -> bool:
    """Say whether a unit is a length over a time, as its words say.

    Examples
    --------
    >>> [is_velocity(unit) for unit in ("cm/year", "cm per yr", "cm", "SDS", "mg/L")]
    [True, True, False, False, False]
    """
    length, over, time = unit.replace(" per ", "/").partition("/")
    return bool(over) and length.strip() in CENTIMETRES and time.strip() in TIMES


def same_unit(one: str, other: str) -> bool:
    """Say whether two units are the same, however they are spelt.

    Examples
    --------
    >>> [same_unit("kg/m2", unit) for unit in ("kg/m²", "KG/M^2", "kg/m", "lb/in2")]
    [True, True, False, False]
    >>> same_unit("cm/year", "cm per yr"), same_unit("cm", "m")
    (True, False)
    """
    return _spelt(one) == _spelt(other)


def _spelt(unit: str) -> str:
    words = unit.strip().casefold()
    for word, same in SPELLINGS:
        words = words.replace(word, same)
    measure, over, time = words.replace(" ", "").partition("/")
    return f"{measure}{over}{'year' if time in YEARS else time}"


def elapsed_days(start: npt.ArrayLike, end: npt.ArrayLike) -> FloatArray:
    """Return the exact number of calendar days from `start` to `end`, NaN where one is missing.

    Examples
    --------
    The same two dates a year apart, in a leap year and not.

    >>> elapsed_days(["2024-02-01", "2025-02-01"], ["2025-02-01", "2026-02-01"])
    array([366., 365.])
    """
    first, last = (np.asarray(d, dtype="datetime64[D]") for d in (start, end))
    days = last - first
    return np.where(np.isnat(days), np.nan, days.astype(np.float64))


def annualised(difference: npt.ArrayLike, days: npt.ArrayLike) -> FloatArray:
    """Return a difference over `days` as a rate a year: difference / days * 365.25.

    The convention of the growth-hormone trials: actual dates, not nominal visits (the VELOCITY
    trial, NCT02339090). NaN where `days` is not positive.

    Examples
    --------
    >>> annualised([5.0, 5.0], [365, 0])
    array([5.00342466,        nan])
    """
    span = np.asarray(days, float)
    return exact.ratio(difference, np.where(span > 0, span, np.nan), times=DAYS_PER_YEAR)


def add_months(dates: npt.ArrayLike, months: int) -> DateArray:
    """Return the dates `months` calendar months later, or earlier where negative.

    The last day of the month where the month has no such day.

    Examples
    --------
    >>> add_months(["2023-08-31", "2024-01-15"], 6)
    array(['2024-02-29', '2024-07-15'], dtype='datetime64[D]')
    """
    days = np.asarray(dates, dtype="datetime64[D]")
    start = days.astype("datetime64[M]")
    target = start + np.timedelta64(months, "M")
    last_day = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    same_day = target.astype("datetime64[D]") + (days - start.astype("datetime64[D]"))
    return np.asarray(np.minimum(same_day, last_day), dtype="datetime64[D]")

"""Arithmetic on recorded values that rounds once, so that a tie stays a tie.

A recorded value is a decimal: 16.7 stands for 167 tenths, and no binary number is 16.7. Sums,
differences and quotients of the binary numbers nearest to such values drift from the decimal
result by a few units in the sixteenth digit: −2.5 − (−2.8) gives 0.2999999999999998, 2.1 / 0.7
gives 3.0000000000000004, and the mean of 16.7, 4.4, 6.0 and 7.0, which is 8.525, is shown as
8.52. Here values are counted in units of their last decimal, which is exact, and the result is
the floating-point number nearest to the decimal one. Values that are no decimals (a logarithm, a
rate) are calculated with as they are, their sums rounded once (`math.fsum`).
"""

import math
from decimal import Context, Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

MOST_PLACES = 12
"""Decimals up to which a value is looked at as a recorded one."""
EXACT = 2.0**53
"""Whole numbers up to here are exact as floating-point numbers, and so are their sums."""
WIDE = Context(prec=40)
"""Digits with which a root is taken before it is rounded to a floating-point number."""


def as_floats(values: npt.ArrayLike) -> FloatArray:
    """Return numbers as an array; None and NaN are NaN, and so is ``pandas.NA`` of a column."""
    if isinstance(values, pd.Series):
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(values, dtype=np.float64)


def places_of(values: npt.ArrayLike) -> FloatArray:
    """Return the decimals of each value; NaN where it is not the float of a short decimal.

    Examples
    --------
    >>> places_of([16.7, 4.25, 6.0, 1 / 3])
    array([ 1.,  2.,  0., nan])
    """
    number = as_floats(values)
    flat = number.ravel()
    places = np.full(flat.shape, np.nan)
    # Decimals of larger numbers are beyond what a floating-point number holds.
    left = np.flatnonzero(np.abs(flat) < EXACT)
    for digits in range(MOST_PLACES + 1):
        if not left.size:
            break
        found = _has_places(flat[left], digits)
        places[left[found]] = digits
        left = left[~found]
    return places.reshape(number.shape)


def _has_places(number: FloatArray, digits: int) -> npt.NDArray[np.bool_]:
    """Say which numbers are the floats of decimals with at most so many places."""
    scale = 10.0**digits
    units = np.rint(number * scale)
    # A quotient of exact numbers is rounded once: where it is the value, the value is a decimal.
    return np.asarray((units / scale == number) & (np.abs(units) < EXACT))


def units_of(values: npt.ArrayLike) -> tuple[FloatArray, float] | None:
    """Return finite values as whole numbers of one unit, and how many units are 1.

    None where one of them is no recorded decimal.

    Examples
    --------
    >>> units_of([16.7, 4.25])
    (array([1670.,  425.]), 100.0)
    """
    number = as_floats(values)
    if not (np.abs(number) < EXACT).all():
        return None
    # A few values say of most columns which decimals they have not.
    few = number[:32]
    for digits in range(MOST_PLACES + 1):
        if _has_places(few, digits).all() and _has_places(number, digits).all():
            return np.rint(number * 10.0**digits), 10.0**digits
    return None


def difference(left: npt.ArrayLike, right: npt.ArrayLike) -> FloatArray:
    """Return `left` minus `right`, each the number nearest to the difference of the decimals.

    Examples
    --------
    >>> difference([-2.5, 142.3], [-2.8, 142.0]).tolist(), -2.5 - -2.8
    ([0.3, 0.3], 0.2999999999999998)
    """
    one, other = np.broadcast_arrays(as_floats(left), as_floats(right))
    scale = 10.0 ** np.maximum(places_of(one), places_of(other))
    with np.errstate(all="ignore"):
        units = np.rint(one * scale) - np.rint(other * scale)
        counted = np.maximum(np.abs(one), np.abs(other)) * scale < EXACT
        return np.where(counted, units / scale, one - other)


def ratio(left: npt.ArrayLike, right: npt.ArrayLike, *, times: float = 1.0) -> FloatArray:
    """Return `left` × `times` / `right`, NaN where `right` is 0.

    Examples
    --------
    >>> ratio([2.1, 23], [0.7, 80], times=1).tolist(), 2.1 / 0.7
    ([3.0, 0.2875], 3.0000000000000004)
    >>> ratio(23, 80, times=100).tolist()
    28.75
    """
    top, bottom, factor = np.broadcast_arrays(as_floats(left), as_floats(right), float(times))
    bottom = np.where(bottom == 0, np.nan, bottom)
    up, down, by = places_of(top), places_of(bottom), places_of(factor)
    shift = up + by - down
    with np.errstate(all="ignore"):
        over = np.rint(top * 10.0**up) * np.rint(factor * 10.0**by)
        over *= 10.0 ** np.maximum(-shift, 0)
        under = np.rint(bottom * 10.0**down) * 10.0 ** np.maximum(shift, 0)
        counted = (np.abs(over) < EXACT) & (np.abs(under) < EXACT)
        return np.where(counted, over / under, top * factor / bottom)


def mean(values: npt.ArrayLike) -> float:
    """Return the mean of finite values: the number nearest to the mean of the decimals.

    Examples
    --------
    >>> mean([16.7, 4.4, 6.0, 7.0]), mean([0.1, 0.2])
    (8.525, 0.15)
    """
    number = as_floats(values)
    counted = units_of(number)
    if counted is None:
        constant = bool((number == number[0]).all())
        return float(number[0]) if constant else math.fsum(number.tolist()) / number.size
    units, scale = counted
    # A quotient of two whole numbers, of any size, is rounded once.
    return _total(units) / (number.size * int(scale))


def deviation(values: npt.ArrayLike) -> float:
    """Return the standard deviation of two or more finite values, n − 1 in the denominator.

    Examples
    --------
    >>> deviation([0.1, 0.3, 0.2])
    0.1
    """
    number = as_floats(values)
    units, scale = units_of(number) or (number, 0.0)
    # Around the first value: a constant has a deviation of 0, a common offset costs no digits.
    away, size = units - units[0], number.size
    if not scale:
        away -= math.fsum(away.tolist()) / size
        return math.sqrt(math.fsum(np.square(away).tolist()) / (size - 1))
    squares = size * _total(away, squared=True) - _total(away) ** 2
    variance = WIDE.divide(Decimal(squares), Decimal(size * (size - 1)))
    return float(WIDE.divide(WIDE.sqrt(variance), Decimal(int(scale))))


def quantiles(values: npt.ArrayLike, at: npt.ArrayLike, *, method: str) -> FloatArray:
    """Return quantiles of finite values by a method of `numpy.quantile`.

    Examples
    --------
    >>> quantiles([0.1, 0.2], 0.5, method="averaged_inverted_cdf").tolist()
    0.15
    """
    number = as_floats(values)
    units, scale = units_of(number) or (number, 1.0)
    return np.asarray(np.quantile(units, at, method=method) / scale)  # type: ignore[call-overload]


def median(values: npt.ArrayLike) -> float:
    """Return the median of finite values.

    Examples
    --------
    >>> median([0.3, 0.1, 0.2, 0.2])
    0.2
    """
    return float(quantiles(values, 0.5, method="averaged_inverted_cdf"))


def in_groups(frame: pd.DataFrame, column: str, by: list[str]) -> pd.DataFrame:
    """Return ``n, mean, sd, median, min, max`` of a column in groups of records, in their order.

    Examples
    --------
    >>> frame = pd.DataFrame({"arm": ["A", "A", "B"], "AVAL": [0.1, 0.2, None]})
    >>> in_groups(frame, "AVAL", ["arm"])[["n", "mean", "median"]].reset_index().values.tolist()
    [['A', 2, 0.15, 0.15], ['B', 0, nan, nan]]
    """
    options = {"by": by, "sort": False, "observed": True}
    found = frame[by].assign(number=as_floats(frame[column]))
    # A group is counted in units of its finest value, or as it is where a value is no decimal.
    places = pd.Series(places_of(found["number"]), frame.index).fillna(np.inf)
    found["places"] = places.where(found["number"].notna())
    most = found.groupby(**options)["places"].transform("max")
    found["scale"] = 10.0 ** most.where(np.isfinite(most), 0.0)
    found["units"] = found["number"] * found["scale"]
    found["units"] = found["units"].where(~np.isfinite(most), found["units"].round())
    grouped = found.groupby(**options)
    scale = grouped["scale"].first()
    how = {"n": "count", "sum": "sum", "sd": "std", "median": "median", "min": "min", "max": "max"}
    rows = grouped["units"].agg(**how)
    rows.insert(1, "mean", rows.pop("sum") / (rows["n"] * scale))
    measured = ["sd", "median", "min", "max"]
    rows[measured] = rows[measured].div(scale, axis=0)
    return rows


def _total(units: FloatArray, *, squared: bool = False) -> int:
    """Return the exact sum of whole numbers, or of their squares."""
    most = float(np.abs(units).max())
    if units.size * (most**2 if squared else most) < 2.0**62:
        whole = units.astype(np.int64)
        return int((whole * whole).sum() if squared else whole.sum())
    return sum(int(unit) ** 2 if squared else int(unit) for unit in units.tolist())

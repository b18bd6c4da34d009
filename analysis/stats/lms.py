"""The LMS method: a skewed distribution by its Box-Cox power L, median M and spread S."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.stats._checks import Array

NEGLIGIBLE_POWER = 1e-12
"""An L this near to 0 moves a score by less than rounding; a subnormal one cannot be divided by."""


def lms_z_score(value: ArrayLike, power: ArrayLike, median: ArrayLike, spread: ArrayLike) -> Array:
    """Return the z-score of a measurement under given L, M and S.

    Parameters
    ----------
    value
        Measurements, in the unit of `median`.
    power, median, spread
        L, M and S: Box-Cox power, median and generalised coefficient of variation.

    Returns
    -------
    numpy.ndarray
        Standard deviation scores; NaN where the value is missing or not positive.

    Notes
    -----
    z = ((X/M)^L - 1) / (L S), and ln(X/M) / S where L = 0 [1]_, [2]_. It is computed as
    expm1(L ln(X/M)) / (L S), which has no cancellation as L goes to 0. CDC's SAS program
    switches to the logarithm wherever L is within 0.01 of 0, which moves a stature score by less
    than 0.001; here the exact form holds for every L.

    References
    ----------
    .. [1] Cole TJ, Green PJ. Smoothing reference centile curves: the LMS method and penalized
       likelihood. Stat Med 1992;11:1305-1319.
    .. [2] CDC/NCHS. Data files for the CDC growth charts.
       https://www.cdc.gov/growthcharts/cdc-data-files.htm

    Examples
    --------
    CDC's own example: a boy of 9 months who weighs 9.7 kg is at 0.207.

    >>> round(float(lms_z_score(9.7, -0.1600954, 9.476500305, 0.11218624)), 3)
    0.207
    """
    x, l_, m, s = broadcast_floats(value, power, median, spread)
    usable = (x > 0) & np.isfinite(x)
    ratio = np.divide(x, m, out=np.full(x.shape, np.nan), where=usable)
    # Below the smallest number with all its digits a ratio is as good as that number.
    logarithm = np.log(np.maximum(ratio, np.finfo(np.float64).tiny))
    # ln(X/M) is the limit at L = 0; a divisor of 1 there keeps the unused branch finite.
    zero = np.abs(l_) < NEGLIGIBLE_POWER
    # A measurement far beyond all others may lie infinitely far below the median.
    with np.errstate(over="ignore"):
        power_of = np.expm1(l_ * logarithm)
    normal = np.where(zero, logarithm, power_of / np.where(zero, 1.0, l_))
    return np.asarray(normal / s, dtype=np.float64)


def lms_value(z: ArrayLike, power: ArrayLike, median: ArrayLike, spread: ArrayLike) -> Array:
    """Return the measurement that has a z-score, the inverse of `lms_z_score`.

    Parameters
    ----------
    z
        Standard deviation scores.
    power, median, spread
        L, M and S: Box-Cox power, median and generalised coefficient of variation.

    Returns
    -------
    numpy.ndarray
        Measurements in the unit of `median`; NaN where no positive measurement has that score.

    Notes
    -----
    X = M (1 + L S z)^(1/L), and M exp(S z) where L = 0. The distribution has an end where
    1 + L S z = 0; beyond it there is no measurement.

    Examples
    --------
    CDC's own example: the 5th percentile of weight for a boy of 9 months is 7.90 kg.

    >>> round(float(lms_value(-1.645, -0.1600954, 9.476500305, 0.11218624)), 2)
    7.9
    """
    score, l_, m, s = broadcast_floats(z, power, median, spread)
    shift = l_ * s * score
    inside = np.log1p(shift, out=np.full(shift.shape, np.nan), where=shift > -1)
    zero = np.abs(l_) < NEGLIGIBLE_POWER
    exponent = np.where(zero, s * score, inside / np.where(zero, 1.0, l_))
    return np.asarray(m * np.exp(exponent), dtype=np.float64)


def broadcast_floats(*arrays: ArrayLike) -> tuple[Array, ...]:
    """Return arrays as floats of one shape."""
    return tuple(np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in arrays)))

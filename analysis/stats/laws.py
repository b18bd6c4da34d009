"""Tails and quantiles of Student's t, the normal, F and chi-square.

The functions below `scipy.stats` are those of `scipy.special`. They are taken from there, because
importing `scipy.stats` takes half a second, and every notebook needs a t quantile.
"""

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]


def t_sf(x: npt.ArrayLike, df: npt.ArrayLike) -> Array:
    """Return the upper tail of Student's t; infinite df are the normal.

    Examples
    --------
    >>> round(float(t_sf(2.228139, 10)), 6), round(float(t_sf(1.959964, np.inf)), 6)
    (0.025, 0.025)
    """
    x, df = np.asarray(x, dtype=float), np.asarray(df, dtype=float)
    normal = np.isinf(df)
    return np.where(normal, special.ndtr(-x), special.stdtr(np.where(normal, 1.0, df), -x))


def t_isf(tail: npt.ArrayLike, df: npt.ArrayLike) -> Array:
    """Return the value that Student's t exceeds with a probability; infinite df are the normal.

    Examples
    --------
    >>> round(float(t_isf(0.025, 10)), 6), round(float(t_isf(0.025, np.inf)), 6)
    (2.228139, 1.959964)
    """
    tail, df = np.asarray(tail, dtype=float), np.asarray(df, dtype=float)
    normal = np.isinf(df)
    student = special.stdtrit(np.where(normal, 1.0, df), tail)
    return -np.where(normal, special.ndtri(tail), student)


def normal_isf(tail: npt.ArrayLike) -> Array:
    """Return the value that the standard normal exceeds with a probability."""
    return np.asarray(-special.ndtri(tail), dtype=float)


def f_sf(x: npt.ArrayLike, df_numerator: npt.ArrayLike, df_denominator: npt.ArrayLike) -> Array:
    """Return the upper tail of F."""
    return np.asarray(special.fdtrc(df_numerator, df_denominator, x), dtype=float)


def chi2_sf(x: npt.ArrayLike, df: npt.ArrayLike) -> Array:
    """Return the upper tail of chi-square."""
    return np.asarray(special.chdtrc(df, x), dtype=float)


def chi_pdf(x: npt.ArrayLike, df: float) -> Array:
    """Return the density of chi, the root of chi-square."""
    x = np.asarray(x, dtype=float)
    constant = np.log(2.0) * (1.0 - df / 2.0) - special.gammaln(df / 2.0)
    return np.asarray(np.exp(constant + special.xlogy(df - 1.0, x) - x**2 / 2.0), dtype=float)

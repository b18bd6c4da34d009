"""Descriptive statistics of one variable, on the original and on the log scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from analysis import exact
from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, check_level
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant

SAS_QUARTILES: Final = "averaged_inverted_cdf"
"""numpy's name for SAS definition 5 (``PCTLDEF=5``), type 2 of Hyndman and Fan."""

QUANTILE_METHODS = (
    "averaged_inverted_cdf inverted_cdf closest_observation interpolated_inverted_cdf hazen "
    "weibull linear median_unbiased normal_unbiased"
).split()


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Tabular):
    """Descriptive statistics; None where the number of observations does not allow one.

    Attributes
    ----------
    n, n_missing
        Observations used, and records without a value.
    mean, median, q1, q3, minimum, maximum
        In the unit of the variable; None when n = 0.
    sd, std_error
        Standard deviation (n − 1) and standard error of the mean; None when n < 2.
    lower, upper
        Student-t confidence limits of the mean, n − 1 df; None when n < 2, or without a level.
    level
        Two-sided confidence level, a fraction; None where no limits were asked for.
    quantile_method
        numpy's name of the definition of the quartiles and the median.
    reason
        Why something is None; empty otherwise.
    """

    n: int
    n_missing: int
    mean: float | None
    sd: float | None
    std_error: float | None
    median: float | None
    q1: float | None
    q3: float | None
    minimum: float | None
    maximum: float | None
    lower: float | None
    upper: float | None
    level: float | None
    quantile_method: str
    reason: str


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class GeometricSummary(Tabular):
    """Summary of a positive variable through its logarithm.

    Attributes
    ----------
    n, n_missing
        Observations used, and records without a value.
    geometric_mean
        In the unit of the variable; None when n = 0.
    log_sd
        Standard deviation of the natural logarithms; None when n < 2.
    cv
        Geometric coefficient of variation, a fraction; None when n < 2.
    lower, upper
        Confidence limits of the geometric mean; None when n < 2.
    level
        Two-sided confidence level, a fraction.
    reason
        Why something is None; empty otherwise.
    """

    n: int
    n_missing: int
    geometric_mean: float | None
    log_sd: float | None
    cv: float | None
    lower: float | None
    upper: float | None
    level: float
    reason: str


def summarise(
    values: ArrayLike | pd.Series,
    *,
    level: float | None = None,
    quantile_method: str = SAS_QUARTILES,
) -> Summary:
    """Describe one numeric variable.

    Parameters
    ----------
    values
        Observations, any unit; None, NaN and ``pandas.NA`` count as missing.
    level
        Two-sided confidence level of the mean, for example 0.95; without it there are no limits.
    quantile_method
        A method of `numpy.quantile`. The default is SAS definition 5 (SAS's own default);
        R's default is ``"linear"`` (type 7).

    Returns
    -------
    Summary
        The statistics; with n = 0 only the counts, with n = 1 no measure of spread.

    Raises
    ------
    UserError
        When a value is text or infinite, or too large to be squared.

    Notes
    -----
    Mean, standard deviation and quartiles of recorded decimals are those of the decimals, rounded
    once (`analysis.exact`): the mean of 16.7, 4.4, 6.0 and 7.0 is 8.525, and shown as 8.53.

    References
    ----------
    Hyndman, R. J., & Fan, Y. (1996). Sample quantiles in statistical packages. The American
    Statistician, 50(4), 361-365.

    Examples
    --------
    >>> s = summarise([1, 2, 3, 4, None])
    >>> s.n, s.n_missing, s.mean, s.q1, s.median, s.q3, s.lower
    (4, 1, 2.5, 1.5, 2.5, 3.5, None)
    >>> round(summarise([1, 2, 3, 4], level=0.95).lower, 4)
    0.4457
    >>> summarise([7.0], level=0.95).reason
    'one observation: no measure of spread'
    """
    if level is not None:
        check_level(level)
    quantile_method = meant("quantile_method", quantile_method, QUANTILE_METHODS)
    x, n_missing = _split_missing(values)
    mean, sd = _moments(x)
    q1, median, q3 = (None, None, None)
    if x.size:
        quartiles = exact.quantiles(x, [0.25, 0.5, 0.75], method=quantile_method)
        q1, median, q3 = (float(q) for q in quartiles)
    half = None if sd is None or level is None else _half_width(sd, x.size, level)
    return Summary(
        n=x.size, n_missing=n_missing, mean=mean, sd=sd,
        std_error=None if sd is None else sd / math.sqrt(x.size), median=median, q1=q1, q3=q3,
        minimum=float(x.min()) if x.size else None, maximum=float(x.max()) if x.size else None,
        lower=None if half is None or mean is None else mean - half,
        upper=None if half is None or mean is None else mean + half, level=level,
        quantile_method=quantile_method, reason=_reason(x.size),
    )  # fmt: skip


def summarise_log(values: ArrayLike | pd.Series, *, level: float) -> GeometricSummary:
    """Describe one positive variable by its geometric mean and coefficient of variation.

    Parameters
    ----------
    values
        Positive observations, any unit; None, NaN and ``pandas.NA`` count as missing.
    level
        Two-sided confidence level of the geometric mean, for example 0.95.

    Returns
    -------
    GeometricSummary
        The statistics; with n = 0 only the counts, with n = 1 no measure of spread.

    Raises
    ------
    UserError
        When a value is text, infinite, zero or negative.

    Notes
    -----
    With s the standard deviation of the natural logarithms, CV = sqrt(exp(s²) − 1); some
    packages report s itself as the CV. The limits are those of the mean log, exponentiated.

    Examples
    --------
    >>> round(summarise_log([1.0, 10.0, 100.0], level=0.95).geometric_mean, 9)
    10.0
    """
    check_level(level)
    x, n_missing = _split_missing(values)
    if (x <= 0).any():
        raise UserError(
            f"values must be above 0 for a geometric mean; {int((x <= 0).sum())} of {x.size} are "
            "not; use summarise, or say how values below quantification are handled."
        )
    mean, sd = _moments(np.log(x))
    half = None if sd is None else _half_width(sd, x.size, level)
    return GeometricSummary(
        n=x.size, n_missing=n_missing, geometric_mean=None if mean is None else math.exp(mean),
        log_sd=sd, cv=None if sd is None else math.sqrt(math.expm1(sd**2)),
        lower=None if half is None or mean is None else math.exp(mean - half),
        upper=None if half is None or mean is None else math.exp(mean + half), level=level,
        reason=_reason(x.size),
    )  # fmt: skip


def _reason(n: int) -> str:
    """Say what too few observations do not allow."""
    return {0: "no observations", 1: "one observation: no measure of spread"}.get(n, "")


def _split_missing(values: ArrayLike | pd.Series) -> tuple[Array, int]:
    """Give the observed values as floats, and the number of missing ones."""
    series: pd.Series[Any] = pd.Series(values).infer_objects()
    observed = series[series.notna()].infer_objects()
    if len(observed) and (
        not pd.api.types.is_numeric_dtype(observed) or pd.api.types.is_bool_dtype(observed)
    ):
        raise UserError(
            f"values must be numbers or missing, got {observed.iloc[0]!r}; convert text first, "
            "so that nothing is coerced silently."
        )
    x = observed.to_numpy(dtype=float)
    if not np.isfinite(x).all():
        raise UserError(
            f"values must be finite; {int((~np.isfinite(x)).sum())} of {x.size} are infinite; "
            "set them to missing or correct them."
        )
    return x, len(series) - len(observed)


def _moments(x: Array) -> tuple[float | None, float | None]:
    """Give the mean and the standard deviation, None where undefined."""
    if not x.size:
        return None, None
    try:
        with np.errstate(over="raise"):
            return exact.mean(x), exact.deviation(x) if x.size > 1 else None
    except (FloatingPointError, OverflowError):
        raise UserError(
            f"values as large as {np.abs(x).max():g} overflow when squared; change the unit."
        ) from None


def _half_width(sd: float, n: int, level: float) -> float:
    """Give the half-width of the Student-t interval of a mean."""
    return -float(special.stdtrit(n - 1, (1 - level) / 2)) * sd / math.sqrt(n)

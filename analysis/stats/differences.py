"""The difference between two arms: from a fitted model, from group means, or as reported."""

from __future__ import annotations

import math

import pandas as pd

from analysis.errors import UserError
from analysis.stats._checks import check_level, check_number
from analysis.stats._words import meant
from analysis.stats.intervals import Interval, no_interval, t_limits
from analysis.stats.laws import t_isf

SYMMETRY = 0.1
"""How far, in half-widths, a reported estimate may lie from the middle of its interval."""


Difference = Interval
"""Test minus reference, with its interval."""


def difference_from_estimate(
    estimate: float | None,
    std_error: float | None,
    *,
    df: float,
    level: float,
    method: str = "estimate and standard error",
) -> Difference:
    """Build the interval of a fitted difference.

    Parameters
    ----------
    estimate, std_error
        Test minus reference and its standard error; None or NaN when not reported.
    df
        Degrees of freedom, above 0; ``math.inf`` for the normal distribution.
    level
        Two-sided confidence level, for example 0.95.
    method
        The model in words, kept in the result.

    Returns
    -------
    Difference
        The difference, or the reason why it is not estimable.

    Raises
    ------
    UserError
        When the standard error or the degrees of freedom are not above 0.

    Examples
    --------
    >>> d = difference_from_estimate(1.0, 0.5, df=20, level=0.95)
    >>> round(d.lower, 4), round(d.upper, 4)
    (-0.043, 2.043)
    """
    check_level(level)
    _check_df(df)
    missing = _missing(**{"the difference": estimate, "its standard error": std_error})
    if missing or estimate is None or std_error is None:
        return _not_estimable(missing, level=level, method=method)
    estimate = check_number("estimate", estimate)
    std_error = check_number("std_error", std_error, above=0)
    lower, upper = t_limits(estimate, std_error, df=df, level=level)
    return Difference(
        estimate=estimate, std_error=std_error, df=float(df), lower=lower, upper=upper,
        level=level, method=method,
    )  # fmt: skip


def difference_of_means(
    *,
    mean_test: float | None,
    sd_test: float | None,
    n_test: int | None,
    mean_reference: float | None,
    sd_reference: float | None,
    n_reference: int | None,
    method: str,
    level: float,
) -> Difference:
    """Compare two independent groups from their published n, mean and SD.

    Parameters
    ----------
    mean_test, mean_reference
        Means, in the unit of the endpoint; None or NaN when not reported.
    sd_test, sd_reference
        Standard deviations (not standard errors), 0 or more; None or NaN when not reported.
    n_test, n_reference
        Patients with a value, 2 or more; None or NaN when not reported.
    method
        ``"pooled"``: Student's t, one common variance, n − 2 df. ``"welch"``: separate
        variances, Satterthwaite's df.
    level
        Two-sided confidence level, for example 0.95.

    Returns
    -------
    Difference
        Test minus reference, or the list of inputs that are not reported.

    Raises
    ------
    UserError
        When n < 2, an SD is negative, or both SDs are 0.

    References
    ----------
    Welch, B. L. (1947). The generalization of 'Student's' problem when several different
    population variances are involved. Biometrika, 34(1-2), 28-35.

    Examples
    --------
    >>> d = difference_of_means(
    ...     mean_test=9.0, sd_test=2.0, n_test=30,
    ...     mean_reference=9.5, sd_reference=None, n_reference=30,
    ...     method="pooled", level=0.95,
    ... )
    >>> d.reason
    'not reported: the SD of the reference arm'
    """
    check_level(level)
    method = meant("method", method, ("pooled", "welch"))
    words = f"difference of means, {'pooled variance' if method == 'pooled' else 'Welch'}"
    given = {
        "the mean of the test arm": mean_test,
        "the SD of the test arm": sd_test,
        "the n of the test arm": n_test,
        "the mean of the reference arm": mean_reference,
        "the SD of the reference arm": sd_reference,
        "the n of the reference arm": n_reference,
    }
    if missing := _missing(**given):
        return _not_estimable(missing, level=level, method=words)
    mean1, sd1, size1, mean2, sd2, size2 = (each for each in given.values() if each is not None)
    n1, n2 = _size("n_test", size1), _size("n_reference", size2)
    v1 = check_number("sd_test", sd1, at_least=0) ** 2
    v2 = check_number("sd_reference", sd2, at_least=0) ** 2
    if v1 == v2 == 0:
        raise UserError("sd_test and sd_reference are both 0: give the standard deviations.")
    if method == "pooled":
        df: float = n1 + n2 - 2
        variance = ((n1 - 1) * v1 + (n2 - 1) * v2) / df * (1 / n1 + 1 / n2)
    else:
        a, b = v1 / n1, v2 / n2
        variance = a + b
        # Shares, not squares of variances, so that a small unit cannot underflow.
        df = 1 / ((a / variance) ** 2 / (n1 - 1) + (b / variance) ** 2 / (n2 - 1))
    estimate = check_number("mean_test", mean1) - check_number("mean_reference", mean2)
    return difference_from_estimate(estimate, math.sqrt(variance), df=df, level=level, method=words)


def difference_from_interval(
    estimate: float | None,
    lower: float | None,
    upper: float | None,
    *,
    reported_level: float,
    df: float | None,
    level: float,
) -> Difference:
    """Take a difference that a publication reports with its confidence interval.

    Parameters
    ----------
    estimate
        Reported difference, test minus reference; None when only the limits are reported (then
        the middle of the interval is used).
    lower, upper
        Reported confidence limits; None or NaN when not reported.
    reported_level
        Two-sided level of the reported interval, for example 0.95.
    df
        Degrees of freedom behind the interval; ``math.inf`` for the normal distribution; None
        for an interval that is not symmetric by design, such as a score interval: it is then
        used as it stands, without a standard error, p-value or change of level.
    level
        Two-sided level wanted; the reported limits are kept when it is the reported one.

    Returns
    -------
    Difference
        The difference, or the reason why it is not estimable.

    Raises
    ------
    UserError
        When the limits are not in order, the estimate lies outside them, the interval is not
        symmetric although `df` is given, or a change of level is asked for without `df`.

    Notes
    -----
    The standard error is the width over twice the t quantile. A ratio belongs on the log scale.

    Examples
    --------
    >>> d = difference_from_interval(0.2, -0.58, 0.98, reported_level=0.95, df=float("inf"),
    ...                              level=0.95)
    >>> round(d.std_error, 3)
    0.398
    """
    check_level(level)
    check_level(reported_level)
    words = f"reported {100 * reported_level:g}% confidence interval"
    if lower is None or upper is None or _missing(lower=lower, upper=upper):
        missing = ["the confidence interval of the difference"]
        return _not_estimable(missing, level=level, method=words)
    check_number("lower", lower)
    check_number("upper", upper, above=lower)
    middle, half = (lower + upper) / 2, (upper - lower) / 2
    centre = middle if _missing(e=estimate) or estimate is None else float(estimate)
    if not lower <= centre <= upper:
        raise UserError(
            f"the estimate {centre:g} lies outside its interval {lower:g} to {upper:g}; check the "
            "sign and the direction, test minus reference."
        )
    low, high, std_error = float(lower), float(upper), None
    if df is None:
        if level != reported_level:
            raise UserError(
                f"the level {level:g} cannot be had from a {reported_level:g} interval without "
                "df; give df, or use the reported level."
            )
    else:
        if abs(centre - middle) > SYMMETRY * half:
            raise UserError(
                f"the interval {lower:g} to {upper:g} is not symmetric about {centre:g}; give it "
                "on the scale where it is (the log of a ratio), or df=None to take it as it stands."
            )
        _check_df(df)
        std_error, df = half / float(t_isf((1 - reported_level) / 2, df)), float(df)
        if level != reported_level:
            # The printed estimate stands; each limit keeps its side and moves with the quantile.
            stretch = float(t_isf((1 - level) / 2, df)) * std_error / half
            low, high = centre - stretch * (centre - lower), centre + stretch * (upper - centre)
            words = f"{words}, level changed"
    return Difference(
        estimate=centre, std_error=std_error, df=df, lower=low, upper=high,
        level=level, method=words,
    )  # fmt: skip


def _check_df(df: float) -> None:
    """Require degrees of freedom above 0; infinity stands for the normal distribution."""
    if df != math.inf:
        check_number("df", df, above=0)


def _size(name: str, n: float) -> int:
    """Require a whole number of patients, 2 or more."""
    number = check_number(name, n, at_least=2)
    if number != math.floor(number):
        raise UserError(f"{name} must be a whole number, not {n!r}.")
    return int(number)


def _missing(**inputs: float | None) -> list[str]:
    """Name the inputs that are None or NaN."""
    return [name for name, value in inputs.items() if value is None or pd.isna(value)]


def _not_estimable(missing: list[str], *, level: float, method: str) -> Difference:
    """Give the explicit absence of a difference."""
    return no_interval("not reported: " + ", ".join(missing), level=level, method=method)

"""Risk differences between two arms, one table or ten thousand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.stats._checks import Array, check_level, check_number, two_arm_counts
from analysis.stats._comparison import Comparison
from analysis.stats._roots import lower_limits
from analysis.stats._score import difference_variance
from analysis.stats._words import meant
from analysis.stats.proportions import wilson_cc_limits, wilson_limits

RISK_DIFFERENCE_METHODS = (
    *("miettinen-nurminen", "mee", "newcombe", "newcombe-cc", "agresti-caffo", "wald", "wald-cc"),
)

Arms = tuple[Array, Array, Array, Array]
ArmLimits = Callable[[Array, Array, float], tuple[Array, Array]]
"""Events, patients and one tail → limits of an arm."""


def risk_difference(
    events_1: ArrayLike,
    n_1: ArrayLike,
    events_2: ArrayLike,
    n_2: ArrayLike,
    *,
    method: str,
    level: float,
    null: float = 0.0,
) -> Comparison:
    """Estimate risk differences, arm 1 minus arm 2.

    H0: p1 − p2 = `null`; H1: p1 − p2 ≠ `null`.

    Parameters
    ----------
    events_1, events_2
        Patients with the event in each arm, whole numbers; one value or an array of tables.
    n_1, n_2
        Patients in each arm, 1 or more; broadcast against the events.
    method
        ``"miettinen-nurminen"`` (score, variance times N/(N − 1)), ``"mee"`` (score without that
        factor), ``"newcombe"`` (hybrid of two Wilson intervals), ``"agresti-caffo"`` or
        ``"wald"``; ``"newcombe-cc"`` and ``"wald-cc"`` with the continuity correction.
    level
        Two-sided confidence level, for example 0.95.
    null
        The difference that the p-value tests, above −1 and below 1.

    Returns
    -------
    Comparison
        Estimates, limits and, except for Newcombe's method, statistics and p-values.

    Raises
    ------
    UserError
        When a count is impossible or the method is unknown.

    Notes
    -----
    Limits of the Wald and the Agresti-Caffo interval are cut at −1 and 1. The Wald interval has
    no width, and its test no value, when both proportions are 0 or 1; `reason` says so.
    statsmodels' ``score`` interval differs from the published values of Miettinen and Nurminen.

    References
    ----------
    Miettinen, O., & Nurminen, M. (1985). Comparative analysis of two rates. Statistics in
    Medicine, 4(2), 213-226.

    Newcombe, R. G. (1998). Interval estimation for the difference between independent
    proportions: comparison of eleven methods. Statistics in Medicine, 17(8), 873-890.

    Agresti, A., & Caffo, B. (2000). Simple and effective confidence intervals for proportions
    and differences of proportions result from adding two successes and two failures. The
    American Statistician, 54(4), 280-288.

    Examples
    --------
    >>> d = risk_difference(56, 70, 48, 80, method="miettinen-nurminen", level=0.95)
    >>> round(float(d.estimate), 4), round(float(d.lower), 4), round(float(d.upper), 4)
    (0.2, 0.0528, 0.3382)

    From a frame with one row a patient:

    >>> import pandas as pd
    >>> from analysis.stats import two_by_two
    >>> trial = pd.DataFrame({"arm": ["new"] * 5 + ["old"] * 5,
    ...                       "cured": ["Y", "Y", "Y", "Y", "N", "Y", "Y", "N", "N", "N"]})
    >>> counts = two_by_two(trial, arm="arm", outcome="cured", event="Y", reference="old")
    >>> d = risk_difference(*counts, method="mn", level=0.95)
    >>> d.to_frame()[["estimate", "lower", "upper"]].round(3).values.tolist()
    [[0.4, -0.228, 0.794]]
    """
    check_level(level)
    method = meant("method", method, RISK_DIFFERENCE_METHODS)
    check_number("null", null, above=-1, below=1)
    arms = two_arm_counts(events_1, n_1, events_2, n_2)
    x1, n1, x2, n2 = arms
    lower, upper, statistic, std_error = _METHODS[method](arms, level, null)
    undefined = np.zeros(x1.shape, bool) if statistic is None else np.isnan(statistic)
    return Comparison(
        measure="risk difference", method=method, level=level, null=null,
        estimate=x1 / n1 - x2 / n2, lower=lower, upper=upper, statistic=statistic,
        p_value=None if statistic is None else two_sided(statistic), std_error=std_error,
        reason=np.where(undefined, "the Wald standard error is 0: no test, no width", ""),
    )  # fmt: skip


def two_sided(statistic: Array) -> Array:
    """Give the two-sided p-value of a standard normal statistic."""
    p_value: Array = 2 * special.ndtr(-np.abs(statistic))
    return p_value


Limits = tuple[Array, Array, Array | None, Array | None]


def _score(arms: Arms, level: float, null: float, *, small_sample: bool) -> Limits:
    """Invert the score test; the factor N/(N − 1) makes it Miettinen and Nurminen's."""
    x1, n1, x2, n2 = arms
    factor = (n1 + n2) / (n1 + n2 - 1) if small_sample else np.ones(x1.shape)
    spread = -special.ndtri((1 - level) / 2) * np.sqrt(factor)

    def excess(delta: Array, *table: Array) -> Array:
        y1, m1, y2, m2, width = table
        return (
            y1 / m1 - y2 / m2 - delta - width * np.sqrt(difference_variance(delta, y1, m1, y2, m2))
        )

    estimate = x1 / n1 - x2 / n2
    lower = lower_limits(excess, -1.0, estimate, x1, n1, x2, n2, spread)
    upper = -lower_limits(excess, -1.0, -estimate, x2, n2, x1, n1, spread)
    variance = factor * difference_variance(np.full(x1.shape, null), x1, n1, x2, n2)
    return lower, upper, standardised(estimate - null, np.sqrt(variance)), None


def standardised(distance: ArrayLike, std_error: ArrayLike) -> Array:
    """Divide by the standard error of a score test; 0/0 is the hypothesis fitting exactly."""
    distance, std_error = np.broadcast_arrays(distance, std_error)
    ratio = np.divide(distance, std_error, out=np.zeros(distance.shape), where=std_error > 0)
    return np.where((std_error > 0) | (distance == 0), ratio, np.copysign(np.inf, distance))


def divided(distance: Array, std_error: Array) -> Array:
    """Divide by a Wald standard error; NaN where it is 0, because nothing is tested then."""
    ratio: Array = np.full(np.shape(distance), np.nan)
    np.divide(distance, std_error, out=ratio, where=std_error > 0)
    return ratio


def _newcombe(arms: Arms, level: float, _null: float, limits: ArmLimits = wilson_limits) -> Limits:
    """Combine the Wilson limits of both arms (Newcombe's method 10; 11 with the correction)."""
    return *mover(limits, arms, (1 - level) / 2), None, None


def mover(limits: ArmLimits, arms: Arms, tail: float) -> tuple[Array, Array]:
    """Recover the variance of a difference, on each side, from the limits of each arm."""
    x1, n1, x2, n2 = arms
    (low1, high1), (low2, high2) = limits(x1, n1, tail), limits(x2, n2, tail)
    p1, p2 = x1 / n1, x2 / n2
    lower = p1 - p2 - np.hypot(p1 - low1, high2 - p2)
    return lower, p1 - p2 + np.hypot(high1 - p1, p2 - low2)


def _agresti_caffo(arms: Arms, level: float, null: float) -> Limits:
    """Use the Wald interval after adding one event and one non-event to each arm."""
    x1, n1, x2, n2 = arms
    return _wald((x1 + 1, n1 + 2, x2 + 1, n2 + 2), level, null)


def _wald(arms: Arms, level: float, null: float, correction: float = 0.0) -> Limits:
    """Use the estimate and its unpooled standard error; half of 1/n1 + 1/n2 corrects."""
    x1, n1, x2, n2 = arms
    p1, p2 = x1 / n1, x2 / n2
    difference = p1 - p2
    std_error = np.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    shift = correction * (1 / n1 + 1 / n2)
    half = -special.ndtri((1 - level) / 2) * std_error + shift
    distance = difference - null
    nearer = np.sign(distance) * np.maximum(np.abs(distance) - shift, 0.0)
    statistic = divided(nearer, std_error)
    lower, upper = np.maximum(difference - half, -1.0), np.minimum(difference + half, 1.0)
    return lower, upper, statistic, std_error


_METHODS: dict[str, Callable[[Arms, float, float], Limits]] = {
    "miettinen-nurminen": partial(_score, small_sample=True),
    "mee": partial(_score, small_sample=False),
    "newcombe": _newcombe,
    "newcombe-cc": partial(_newcombe, limits=wilson_cc_limits),
    "agresti-caffo": _agresti_caffo,
    "wald": _wald,
    "wald-cc": partial(_wald, correction=0.5),
}

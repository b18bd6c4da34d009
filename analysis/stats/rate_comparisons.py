"""Rate differences and rate ratios between two arms, with zero events included."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.stats._checks import Array, check_level, check_number, one_shape
from analysis.stats._comparison import Comparison
from analysis.stats._roots import lower_limits, odds
from analysis.stats._words import meant
from analysis.stats.proportion_differences import Arms, divided, mover, standardised, two_sided
from analysis.stats.proportions import wilson_limits
from analysis.stats.rates import events_and_exposure, garwood_limits

RATE_DIFFERENCE_METHODS = ("mover", "score", "wald")
RATE_RATIO_METHODS = ("exact", "score", "log-wald")


def rate_difference(
    events_1: ArrayLike,
    exposure_1: ArrayLike,
    events_2: ArrayLike,
    exposure_2: ArrayLike,
    *,
    method: str,
    level: float,
    per: float,
    null: float = 0.0,
) -> Comparison:
    """Estimate rate differences, arm 1 minus arm 2.

    H0: rate1 − rate2 = `null`; H1: rate1 − rate2 ≠ `null`.

    Parameters
    ----------
    events_1, events_2
        Events in each arm, whole numbers; one value or an array.
    exposure_1, exposure_2
        Patient-time at risk in each arm, above 0.
    method
        ``"mover"`` (method of variance estimates recovery from the two Garwood intervals),
        ``"score"`` (variance from the maximum likelihood under the hypothesis) or ``"wald"``
        (variance x / t² of each rate).
    level
        Two-sided confidence level, for example 0.95.
    per
        Multiple of exposure of the result, for example 100 (patient-years).
    null
        The difference that the p-value tests, in the unit of the result.

    Returns
    -------
    Comparison
        Differences, limits and, but for MOVER, statistics and p-values. Without events the Wald
        interval has no width, and its test no value; `reason` says so.

    Raises
    ------
    UserError
        When there is no exposure, or a count or a choice is impossible.

    Notes
    -----
    MOVER from Garwood's limits agrees with the displayed rates and is conservative; from other
    single limits (Jeffreys) it is narrower.

    References
    ----------
    Miettinen, O., & Nurminen, M. (1985). Comparative analysis of two rates. Statistics in
    Medicine, 4(2), 213-226.

    Zou, G. Y., & Donner, A. (2008). Construction of confidence limits about effect measures: a
    general approach. Statistics in Medicine, 27(10), 1693-1702.

    Examples
    --------
    MOVER adds the distances to Garwood's limits in quadrature; without events only the other
    arm's upper limit is left, 0.0369 in 100 years.

    >>> d = rate_difference(0, 100, 0, 100, method="mover", level=0.95, per=1)
    >>> float(d.estimate), round(float(d.lower), 4), round(float(d.upper), 4)
    (0.0, -0.0369, 0.0369)
    """
    check_level(level)
    method = meant("method", method, RATE_DIFFERENCE_METHODS)
    check_number("per", per, above=0)
    check_number("null", null)
    arms = _two_arms(events_1, exposure_1, events_2, exposure_2)
    x1, t1, x2, t2 = arms
    estimate = x1 / t1 - x2 / t2
    statistic, std_error = None, None
    if method == "mover":
        lower, upper = mover(garwood_limits, arms, (1 - level) / 2)
    elif method == "wald":
        std_error = np.sqrt(x1 / t1**2 + x2 / t2**2)
        half = -special.ndtri((1 - level) / 2) * std_error
        lower, upper = estimate - half, estimate + half
        statistic = divided(estimate - null / per, std_error)
    else:
        lower = _score_difference_limit(arms, level)
        upper = -_score_difference_limit((x2, t2, x1, t1), level)
        delta = np.full(x1.shape, null / per)
        statistic = standardised(estimate - delta, np.sqrt(_difference_variance(delta, *arms)))
    return Comparison(
        measure="rate difference", method=method, level=level, null=null,
        estimate=per * estimate, lower=per * lower, upper=per * upper, statistic=statistic,
        p_value=None if statistic is None else two_sided(statistic),
        std_error=None if std_error is None else per * std_error,
        reason=np.where(std_error == 0, "no event in either arm: no Wald test, no width", "")
        if std_error is not None
        else np.full(x1.shape, ""),
    )  # fmt: skip


def rate_ratio(
    events_1: ArrayLike,
    exposure_1: ArrayLike,
    events_2: ArrayLike,
    exposure_2: ArrayLike,
    *,
    method: str,
    level: float,
    null: float = 1.0,
) -> Comparison:
    """Estimate rate ratios, arm 1 over arm 2.

    H0: rate1 / rate2 = `null`; H1: rate1 / rate2 ≠ `null`.

    Parameters
    ----------
    events_1, events_2
        Events in each arm, whole numbers; one value or an array.
    exposure_1, exposure_2
        Patient-time at risk in each arm, above 0, in one unit.
    method
        ``"exact"`` (conditional on the total of events; Clopper-Pearson), ``"score"`` (the
        same condition; Wilson) or ``"log-wald"`` (variance 1/x1 + 1/x2 of the log ratio).
    level
        Two-sided confidence level, for example 0.95.
    null
        The ratio that the p-value tests, above 0.

    Returns
    -------
    Comparison
        Ratios, limits and p-values; statistics but for the exact method. Without events in an
        arm the log-Wald interval is 0 to infinity and has no test; `reason` says so.

    Raises
    ------
    UserError
        When there is no exposure, or a count or a choice is impossible.

    Notes
    -----
    Given the total, the events of arm 1 are binomial with probability
    ratio·t1 / (ratio·t1 + t2). The exact p-value is twice the smaller tail, which agrees with
    the interval; R's `poisson.test` adds the less likely outcomes instead. The score interval
    is also the unconditional score interval of the ratio.

    References
    ----------
    Przyborowski, J., & Wilenski, H. (1940). Homogeneity of results in testing samples from
    Poisson series. Biometrika, 31(3-4), 313-323.

    Price, R. M., & Bonett, D. G. (2000). Estimating the ratio of two Poisson rates.
    Computational Statistics & Data Analysis, 34(3), 345-356.

    Examples
    --------
    11 events in 800 v 21 in 3011, as R documents `poisson.test`: 0.8584 to 4.2773.

    >>> r = rate_ratio(11, 800, 21, 3011, method="exact", level=0.95)
    >>> round(float(r.estimate), 4), round(float(r.lower), 4), round(float(r.upper), 4)
    (1.9715, 0.8584, 4.2773)
    """
    check_level(level)
    method = meant("method", method, RATE_RATIO_METHODS)
    check_number("null", null, above=0)
    x1, t1, x2, t2 = _two_arms(events_1, exposure_1, events_2, exposure_2)
    tail, n = (1 - level) / 2, x1 + x2
    share = null * t1 / (null * t1 + t2)
    std_error = None
    if method == "log-wald":
        lower, upper, statistic, std_error = _log_wald((x1, t1, x2, t2), level, null)
        p_value = two_sided(statistic)
    elif method == "exact":
        lower, upper = _exact_odds(x1, x2, tail)
        statistic = None
        at_most = special.betaincc(x1 + 1, np.maximum(x2, 0.5), share)
        at_least = special.betainc(np.maximum(x1, 0.5), x2 + 1, share)
        smaller = np.minimum(np.where(x2 == 0, 1.0, at_most), np.where(x1 == 0, 1.0, at_least))
        p_value = np.minimum(2 * smaller, 1.0)
    else:
        # Each limit from the side where the probability is small keeps extreme ratios exact.
        lower = odds(wilson_limits(x1, n, tail)[0], wilson_limits(x2, n, tail)[1])
        upper = odds(wilson_limits(x1, n, tail)[1], wilson_limits(x2, n, tail)[0])
        statistic = standardised(x1 - n * share, np.sqrt(n * share * (1 - share)))
        p_value = two_sided(statistic)
    estimate = np.where(x1 > 0, np.inf, np.nan)
    np.divide(x1 * t2, x2 * t1, out=estimate, where=x2 > 0)
    reason = np.select(
        [n == 0, x2 == 0, (x1 == 0) & (method == "log-wald")],
        [
            "no event in either arm: undefined",
            "no event in arm 2: infinite",
            "no event in arm 1: no log-Wald test, no bound",
        ],
        "",
    )
    return Comparison(
        measure="rate ratio", method=method, level=level, null=null, estimate=estimate,
        lower=lower * t2 / t1, upper=upper * t2 / t1, statistic=statistic, p_value=p_value,
        std_error=std_error, reason=reason,
    )  # fmt: skip


def _two_arms(
    events_1: ArrayLike, exposure_1: ArrayLike, events_2: ArrayLike, exposure_2: ArrayLike
) -> Arms:
    """Check and broadcast the events and exposures of two arms."""
    first = events_and_exposure(("events_1", "exposure_1"), events_1, exposure_1)
    second = events_and_exposure(("events_2", "exposure_2"), events_2, exposure_2)
    x1, t1, x2, t2 = one_shape(arm_1=first[0], years_1=first[1], arm_2=second[0], years_2=second[1])
    return x1, t1, x2, t2


def _log_wald(arms: Arms, level: float, null: float) -> tuple[Array, Array, Array, Array]:
    """Give limits of the odds of an event being in arm 1, with statistic and standard error."""
    x1, t1, x2, t2 = arms
    known = (x1 > 0) & (x2 > 0)
    y1, y2 = np.where(known, x1, 1.0), np.where(known, x2, 1.0)
    std_error = np.where(known, np.sqrt(1 / y1 + 1 / y2), np.inf)
    half = -special.ndtri((1 - level) / 2) * np.where(known, std_error, 0.0)
    statistic = np.log(y1 / y2 * t2 / t1 / null) / np.where(known, std_error, 1.0)
    lower = np.where(known, y1 / y2 * np.exp(-half), 0.0)
    upper = np.where(known, y1 / y2 * np.exp(half), np.inf)
    return lower, upper, np.where(known, statistic, np.nan), std_error


def _difference_variance(delta: Array, x1: Array, t1: Array, x2: Array, t2: Array) -> Array:
    """Give the variance of the difference at the most likely rates that differ by `delta`."""
    time = t1 + t2
    a = x1 + x2 - time * delta
    # (a² + 4 time x2 delta), as a sum of squares that cannot become negative.
    root = np.hypot(time * delta - (x1 - x2), 2 * np.sqrt(x1 * x2))
    by_difference = np.divide(
        2 * x2 * delta, root - a, out=np.zeros(np.shape(a)), where=(a < 0) & (root > a)
    )
    rate2 = np.maximum(np.where(a >= 0, (a + root) / (2 * time), by_difference), 0.0)
    rate2 = np.maximum(rate2, -delta)
    return (rate2 + delta) / t1 + rate2 / t2


def _score_difference_limit(arms: Arms, level: float) -> Array:
    """Find the lower score limit of the rate difference."""
    x1, t1, x2, t2 = arms
    z = -special.ndtri((1 - level) / 2)

    def excess(delta: Array, *table: Array) -> Array:
        y1, s1, y2, s2 = table
        variance = _difference_variance(delta, y1, s1, y2, s2)
        return y1 / s1 - y2 / s2 - delta - z * np.sqrt(variance)

    estimate = x1 / t1 - x2 / t2
    # Under delta the second rate rises by at most the distance w from the estimate, so the
    # limit lies where w² = z² (v + w/t2) or nearer; a hair more makes the bracket safe.
    v = x1 / t1**2 + x2 / t2**2
    reach = (z**2 / t2 + np.sqrt((z**2 / t2) ** 2 + 4 * z**2 * v)) / 2
    return lower_limits(excess, estimate - reach * (1 + 1e-6), estimate, x1, t1, x2, t2)


def _exact_odds(x1: Array, x2: Array, tail: float) -> tuple[Array, Array]:
    """Give Clopper-Pearson limits of the odds of an event being in arm 1."""
    y1, y2 = np.maximum(x1, 1), np.maximum(x2, 1)
    low = special.betaincinv(y1, x2 + 1, tail)
    low_rest = special.betainccinv(x2 + 1, y1, tail)
    high = special.betainccinv(x1 + 1, y2, tail)
    high_rest = special.betaincinv(y2, x1 + 1, tail)
    lower = np.where(x1 == 0, 0.0, odds(low, low_rest))
    return lower, np.where(x2 == 0, np.inf, odds(high, high_rest))

"""Mantel-Haenszel estimates of a common rate ratio or rate difference over strata."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.brief import brief
from analysis.stats._checks import Array, check_level, check_number, check_same_shape
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant
from analysis.stats.rates import events_and_exposure

RATE_MEASURES = ("rate ratio", "rate difference")


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class MantelHaenszelRates(Tabular):
    """A common effect on event rates over strata, arm 1 against arm 2, with its test.

    Attributes
    ----------
    measure
        ``"rate ratio"`` or ``"rate difference"``.
    estimate, lower, upper
        Common ratio (not its logarithm) or difference, and limits; None when not estimable.
    std_error
        Standard error, of the log for the ratio; None when not estimable.
    level
        Two-sided confidence level, a fraction.
    chi_squared, p_value
        Mantel-Haenszel statistic on 1 df and its p-value; None without events.
    correction
        Whether the statistic has the continuity correction.
    per
        Multiple of exposure of a difference.
    n_strata
        Strata.
    reason
        Why an estimate, or its interval, is None; empty otherwise.
    """

    measure: str
    estimate: float | None
    lower: float | None
    upper: float | None
    std_error: float | None
    level: float
    chi_squared: float | None
    p_value: float | None
    correction: bool
    per: float
    n_strata: int
    reason: str


def mantel_haenszel_rates(
    events_1: ArrayLike,
    exposure_1: ArrayLike,
    events_2: ArrayLike,
    exposure_2: ArrayLike,
    *,
    measure: str,
    correction: bool,
    level: float,
    per: float = 1.0,
) -> MantelHaenszelRates:
    """Estimate a common rate ratio or rate difference over strata and test it.

    H0: within every stratum the rate is the same in both arms; H1: the common ratio is not 1.

    Parameters
    ----------
    events_1, events_2
        Events, one whole number a stratum.
    exposure_1, exposure_2
        Patient-time at risk, above 0, one a stratum.
    measure
        ``"rate ratio"`` or ``"rate difference"``.
    correction
        Whether the test has the continuity correction of 1/2.
    level
        Two-sided confidence level, for example 0.95.
    per
        Multiple of exposure of a difference, for example 100 (patient-years).

    Returns
    -------
    MantelHaenszelRates
        Estimate, limits and test.

    Raises
    ------
    UserError
        When a stratum has no exposure in an arm, or a count is impossible.

    References
    ----------
    Greenland, S., & Robins, J. M. (1985). Estimation of a common effect parameter from sparse
    follow-up data. Biometrics, 41(1), 55-68.

    Rothman, K. J., Greenland, S., & Lash, T. L. (2008). Modern epidemiology (3rd ed.), chapter
    15. Lippincott Williams & Wilkins.

    Examples
    --------
    One stratum gives its own ratio, 2, and the standard error √(1/8 + 1/4) of its log.

    >>> r = mantel_haenszel_rates([8], [10], [4], [10], measure="rate ratio", correction=False,
    ...                           level=0.95)
    >>> round(r.estimate, 6), round(r.std_error, 6)
    (2.0, 0.612372)
    """
    check_level(level)
    check_number("per", per, above=0)
    measure = meant("measure", measure, RATE_MEASURES)
    x1, t1 = events_and_exposure(("events_1", "exposure_1"), events_1, exposure_1)
    x2, t2 = events_and_exposure(("events_2", "exposure_2"), events_2, exposure_2)
    check_same_shape(events_1=x1, exposure_1=t1, events_2=x2, exposure_2=t2)
    chi_squared = _test(x1, t1, x2, t2, correction=correction)
    if measure == "rate ratio":
        estimate, std_error, reason = _ratio(x1, t1, x2, t2)
    else:
        estimate, std_error, reason = _difference(x1, t1, x2, t2, per)
    lower, upper = None, None
    if estimate is not None and std_error is not None:
        half = -float(special.ndtri((1 - level) / 2)) * std_error
        lower, upper = estimate - half, estimate + half
        if measure == "rate ratio":
            lower, upper = estimate * math.exp(-half), estimate * math.exp(half)
    return MantelHaenszelRates(
        measure=measure, estimate=estimate, lower=lower, upper=upper, std_error=std_error,
        level=level, chi_squared=chi_squared,
        p_value=None if chi_squared is None else float(special.chdtrc(1, chi_squared)),
        correction=correction, per=per, n_strata=x1.size, reason=reason,
    )  # fmt: skip


Found = tuple[float | None, float | None, str]
"""Estimate, standard error and the reason why one is None."""


def _ratio(x1: Array, t1: Array, x2: Array, t2: Array) -> Found:
    """Give the common ratio and the standard error of its log."""
    time = t1 + t2
    r, s = (x1 * t2 / time).sum(), (x2 * t1 / time).sum()
    if r == 0 or s == 0:
        return None, None, "one arm has no event in any stratum"
    variance = (t1 * t2 * (x1 + x2) / time**2).sum() / (r * s)
    return float(r / s), math.sqrt(variance), ""


def _difference(x1: Array, t1: Array, x2: Array, t2: Array, per: float) -> Found:
    """Give the common difference and its standard error."""
    weights = t1 * t2 / (t1 + t2)
    estimate = per * float(weights @ (x1 / t1 - x2 / t2) / weights.sum())
    variance = weights**2 @ (x1 / t1**2 + x2 / t2**2)
    if variance == 0:
        return estimate, None, "no event in either arm: no width"
    return estimate, per * math.sqrt(variance) / float(weights.sum()), ""


def _test(x1: Array, t1: Array, x2: Array, t2: Array, *, correction: bool) -> float | None:
    """Compare the events of arm 1 with their expectation."""
    time, events = t1 + t2, x1 + x2
    variance = float((events * t1 * t2 / time**2).sum())
    if variance == 0:
        return None
    distance = abs(float((x1 - events * t1 / time).sum()))
    if correction:
        distance -= min(0.5, distance)
    return float(np.square(distance) / variance)

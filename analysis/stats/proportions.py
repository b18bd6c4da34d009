"""Confidence intervals of one proportion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.brief import brief
from analysis.stats._checks import (
    Array,
    check_denominators,
    check_level,
    counts,
    one_shape,
)
from analysis.stats._comparison import Tabular
from analysis.stats._roots import lower_limits
from analysis.stats._words import meant

PROPORTION_METHODS = (
    *("clopper-pearson", "mid-p", "wilson", "wilson-cc", "agresti-coull", "jeffreys"),
    *("wald", "wald-cc"),
)


@brief(rows="_many")
@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion(Tabular):
    """Proportions with confidence limits; arrays of the shape of the input.

    Attributes
    ----------
    events, n
        Patients with the event, and patients.
    estimate
        events / n, a fraction.
    lower, upper
        Confidence limits, fractions within 0 and 1.
    level
        Two-sided confidence level, a fraction.
    method
        Name of the interval.
    reason
        Why an interval has no width; empty otherwise.
    """

    events: Array
    n: Array
    estimate: Array
    lower: Array
    upper: Array
    level: float
    method: str
    reason: np.ndarray


def estimate_proportion(
    events: ArrayLike, n: ArrayLike, *, method: str, level: float
) -> Proportion:
    """Estimate one or many proportions.

    Parameters
    ----------
    events
        Patients with the event: whole numbers, 0 to `n`.
    n
        Patients: whole numbers, 1 or more; broadcast against `events`.
    method
        ``"clopper-pearson"`` (exact, never below the nominal level), ``"mid-p"`` (exact, half of
        the observed outcome counted), ``"wilson"`` (score), ``"agresti-coull"``, ``"jeffreys"`` or
        ``"wald"``; ``"wilson-cc"`` and ``"wald-cc"`` with the continuity correction.
    level
        Two-sided confidence level, for example 0.95.

    Returns
    -------
    Proportion
        Estimates and limits.

    Raises
    ------
    UserError
        When a count is impossible or the method is unknown.

    Notes
    -----
    Jeffreys: equal-tailed posterior interval under Beta(1/2, 1/2), with the lower limit set to 0
    at no event and the upper to 1 at n events (Brown, Cai and DasGupta 2001; statsmodels does
    not move these limits). Agresti-Coull and Wald: limits cut at 0 and 1. The Wald interval has no
    width at 0 and n events; `reason` says so. A one-sided limit of level 0.975 is that of the
    two-sided interval of level 0.95.

    References
    ----------
    Brown, L. D., Cai, T. T., & DasGupta, A. (2001). Interval estimation for a binomial
    proportion. Statistical Science, 16(2), 101-133.

    Clopper, C. J., & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated
    in the case of the binomial. Biometrika, 26(4), 404-413.

    Examples
    --------
    >>> p = estimate_proportion(0, 20, method="clopper-pearson", level=0.95)
    >>> float(p.lower), round(float(p.upper), 4)
    (0.0, 0.1684)
    """
    check_level(level)
    method = meant("method", method, PROPORTION_METHODS)
    x, size = one_shape(events=counts("events", events), n=counts("n", n))
    check_denominators("events", x, "n", size)
    lower, upper = _LIMITS[method](x, size, (1 - level) / 2)
    return Proportion(
        events=x, n=size, estimate=x / size, lower=lower, upper=upper, level=level, method=method,
        reason=np.where(lower < upper, "", "the Wald standard error is 0: no width"),
    )  # fmt: skip


def wilson_limits(x: Array, n: Array, tail: float) -> tuple[Array, Array]:
    """Invert the score test, with `tail` in each tail; x in 0 to n, n = 0 gives 0 and 1."""
    z2 = special.ndtri(tail) ** 2
    # Half the root of z² + 4 x (n − x) / n, without dividing by an n of 0.
    spread = np.sqrt(z2 * (z2 + 4 * x * (n - x) / np.maximum(n, 1)))
    # Sums of positive terms only: the lower limit is exactly 0 at 0 events, and small limits
    # keep their digits.
    lower = 2 * x**2 / (np.maximum(n, 1) * (2 * x + z2 + spread))
    upper = (2 * x + z2 + spread) / (2 * (n + z2))
    return lower, np.where(x == n, 1.0, upper)


def wilson_cc_limits(x: Array, n: Array, tail: float) -> tuple[Array, Array]:
    """Invert the score test with its continuity correction (Newcombe 1998, method 4)."""
    return _wilson_cc(x, n, tail), 1 - _wilson_cc(n - x, n, tail)


def _wilson_cc(x: Array, n: Array, tail: float) -> Array:
    """Give the lower limit; 0 without events."""
    z2 = special.ndtri(tail) ** 2
    spread = np.sqrt(z2 * np.maximum(z2 - 2 - 1 / n + 4 * x * (n - x + 1) / n, 0.0))
    return np.where(x == 0, 0.0, np.maximum((2 * x + z2 - 1 - spread) / (2 * (n + z2)), 0.0))


def _mid_p(x: Array, n: Array, tail: float) -> tuple[Array, Array]:
    """Invert the two one-sided binomial tests that count half of the observed outcome."""
    return _mid_p_lower(x, n, tail), 1 - _mid_p_lower(n - x, n, tail)


def _mid_p_lower(x: Array, n: Array, tail: float) -> Array:
    """Find p with P(X > x) + P(X = x)/2 = tail; 0 without events."""

    def excess(p: Array, y: Array, m: Array) -> Array:
        more = np.where(y < m, special.betainc(np.minimum(y + 1, m), np.maximum(m - y, 0.5), p), 0)
        return tail - (more + special.betainc(y, m - y + 1, p)) / 2

    y = np.maximum(x, 1.0)
    return np.where(x == 0, 0.0, lower_limits(excess, 0.0, y / n, y, n))


def _wald(x: Array, n: Array, tail: float, correction: float = 0.0) -> tuple[Array, Array]:
    """Use the standard error at the estimate; 1/(2n) corrects."""
    share = x / n
    half = -special.ndtri(tail) * np.sqrt(share * (1 - share) / n) + correction / n
    return np.maximum(share - half, 0.0), np.minimum(share + half, 1.0)


def _clopper_pearson(x: Array, n: Array, tail: float) -> tuple[Array, Array]:
    """Invert the two one-sided binomial tests."""
    lower = special.betaincinv(np.maximum(x, 1), n - np.maximum(x, 1) + 1, tail)
    most = np.minimum(x, n - 1)
    upper = special.betainccinv(most + 1, n - most, tail)
    return np.where(x == 0, 0.0, lower), np.where(x == n, 1.0, upper)


def _agresti_coull(x: Array, n: Array, tail: float) -> tuple[Array, Array]:
    """Use the Wald interval about the middle of Wilson's interval."""
    z = -special.ndtri(tail)
    centre = (x + z**2 / 2) / (n + z**2)
    half = z * np.sqrt(centre * (1 - centre) / (n + z**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def _jeffreys(x: Array, n: Array, tail: float) -> tuple[Array, Array]:
    """Use the quantiles of the posterior under Beta(1/2, 1/2)."""
    a, b = x + 0.5, n - x + 0.5
    lower, upper = special.betaincinv(a, b, tail), special.betainccinv(a, b, tail)
    return np.where(x == 0, 0.0, lower), np.where(x == n, 1.0, upper)


_LIMITS: dict[str, Callable[[Array, Array, float], tuple[Array, Array]]] = {
    "clopper-pearson": _clopper_pearson,
    "mid-p": _mid_p,
    "wilson": wilson_limits,
    "wilson-cc": wilson_cc_limits,
    "agresti-coull": _agresti_coull,
    "jeffreys": _jeffreys,
    "wald": _wald,
    "wald-cc": partial(_wald, correction=0.5),
}

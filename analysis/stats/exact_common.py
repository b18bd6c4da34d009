"""Exact conditional inference on a common odds ratio over strata."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from analysis.brief import brief
from analysis.stats._checks import Array, check_level, stratum_counts
from analysis.stats._comparison import Tabular


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class ExactOddsRatio(Tabular):
    """A common odds ratio, arm 1 against arm 2, given the margins of every stratum.

    Attributes
    ----------
    estimate, lower, upper : float
        Conditional maximum-likelihood estimate, 0 or infinite at an end, and exact limits; NaN
        where no stratum is informative.
    level : float
        Two-sided confidence level, a fraction.
    p_value : float
        Two-sided p-value of an odds ratio of 1: the probability of all tables that are no more
        probable than the observed.
    n_strata, n_strata_left_out : int
        Strata with patients in both arms, and strata left out.
    reason : str
        Why an estimate is undefined or infinite; empty otherwise.
    """

    estimate: float
    lower: float
    upper: float
    level: float
    p_value: float
    n_strata: int
    n_strata_left_out: int
    reason: str


def exact_common_odds_ratio(
    events_1: ArrayLike, n_1: ArrayLike, events_2: ArrayLike, n_2: ArrayLike, *, level: float
) -> ExactOddsRatio:
    """Estimate a common odds ratio over strata without any approximation.

    H0: the common odds ratio is 1; H1: it is not.

    Parameters
    ----------
    events_1, events_2
        Patients with the event, one whole number a stratum.
    n_1, n_2
        Patients, one whole number a stratum; strata with an empty arm are left out and counted.
    level
        Two-sided confidence level, for example 0.95.

    Returns
    -------
    ExactOddsRatio
        Estimate, limits and test.

    Raises
    ------
    UserError
        When no stratum has patients in both arms, or a count is impossible.

    Notes
    -----
    Given the margins, the events of arm 1 in a stratum have Fisher's noncentral hypergeometric
    distribution; their sum over strata has the convolution of these. Each limit is the odds ratio
    at which the tail from the observed sum has half of 1 − `level`. The test and the interval
    are different rules and may disagree, as in R. All numbers are roots to rounding; R stops its
    search where they are known to 1.2e-4.

    References
    ----------
    Mehta, C. R., Patel, N. R., & Gray, R. (1985). Computing an exact confidence interval for the
    common odds ratio in several 2 × 2 contingency tables. Journal of the American Statistical
    Association, 80(392), 969-973.

    Examples
    --------
    One stratum: 3 of 4 against 1 of 4, as R's fisher.test gives it.

    >>> found = exact_common_odds_ratio([3], [4], [1], [4], level=0.95)
    >>> round(found.estimate, 4), round(found.lower, 4), round(found.p_value, 4)
    (6.4083, 0.2117, 0.4857)
    """
    check_level(level)
    x1, n1, x2, n2, used = stratum_counts(events_1, n_1, events_2, n_2)
    left_out = int((~used).sum())
    low, chances = _sums(n1, x1 + x2, n2)
    support, seen = low + np.arange(chances.size), float(x1.sum())
    if chances.size == 1:
        return ExactOddsRatio(
            estimate=math.nan, lower=math.nan, upper=math.nan, p_value=1.0,
            level=level, n_strata=x1.size, n_strata_left_out=left_out,
            reason="no stratum has both an event and a patient without one",
        )  # fmt: skip

    def law(log_ratio: float) -> Array:
        """Give the distribution of the sum."""
        return np.asarray(special.softmax(chances + (support - seen) * log_ratio))

    tail = (1 - level) / 2
    at_ends = seen == support[0], seen == support[-1]
    estimate = _root(lambda log: float(law(log) @ (support - seen)), at_ends)
    lower = _root(lambda log: float(law(log)[support >= seen].sum()) - tail, (at_ends[0], False))
    upper = _root(lambda log: tail - float(law(log)[support <= seen].sum()), (False, at_ends[1]))
    equal = law(0.0)
    no_more = equal <= equal[support == seen] * (1 + 1e-7)  # ties apart by rounding are ties
    return ExactOddsRatio(
        estimate=estimate, lower=lower, upper=upper,
        p_value=min(float(equal[no_more].sum()), 1.0),
        level=level, n_strata=x1.size, n_strata_left_out=left_out,
        reason="the events are at an end of what the margins allow" if any(at_ends) else "",
    )  # fmt: skip


def _sums(n1: Array, events: Array, n2: Array) -> tuple[float, Array]:
    """Return the least sum of events in arm 1, and the log weights of all sums upwards."""
    least, weights = 0.0, np.zeros(1)
    for size, total, other in zip(n1, events, n2, strict=True):
        first = max(total - other, 0.0)
        x = np.arange(first, min(size, total) + 1)
        one = _log_choose(size, x) + _log_choose(other, total - x)
        least += first
        # weights are kept relative to the largest, so that no product overflows
        product = np.convolve(np.exp(weights - weights.max()), np.exp(one - one.max()))
        with np.errstate(divide="ignore"):  # beyond 1e-308 of the largest is nothing
            weights = np.log(product)
    return least, weights


def _log_choose(n: float, k: Array) -> Array:
    return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))


def _root(rising: Callable[[float], float], at_ends: tuple[bool, bool]) -> float:
    """Return exp of the root of a rising function, 0 or infinity where it has none."""
    if any(at_ends):
        return 0.0 if at_ends[0] else math.inf
    far = 1.0
    while rising(-far) > 0 or rising(far) < 0:
        far *= 2
    return math.exp(optimize.brentq(rising, -far, far, xtol=1e-13, rtol=1e-13))

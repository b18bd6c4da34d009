"""Risk difference over strata: the stratified score, Newcombe and Wald methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, check_level, check_number, stratum_counts
from analysis.stats._comparison import Tabular
from analysis.stats._score import difference_proportions, difference_variance
from analysis.stats._words import meant
from analysis.stats.proportion_differences import standardised
from analysis.stats.proportions import wilson_limits

STRATUM_WEIGHTS = ("cmh", "size", "iterated")
STRATIFIED_METHODS = ("miettinen-nurminen", "newcombe", "wald")


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class StratifiedDifference(Tabular):
    """A risk difference, arm 1 minus arm 2, adjusted for strata.

    Attributes
    ----------
    estimate, std_error
        Weighted risk difference, and its standard error from the proportions of each stratum;
        None where that is 0.
    lower, upper
        Confidence limits; None for the Wald method without a standard error.
    level
        Two-sided confidence level, a fraction.
    null
        The difference that the p-value tests.
    statistic, p_value
        Standard normal statistic and two-sided p-value; None for Newcombe's method, which has no
        test.
    weights
        Name of the weights; `stratum_weights` are their values, summing to 1.
    stratum_weights
        Weights at the estimate, one a stratum, 0 for strata left out.
    n_strata, n_strata_left_out
        Strata used, and strata left out because one arm has no patient.
    method
        For example ``"stratified miettinen-nurminen"``.
    reason
        Why there is no interval; empty otherwise.
    """

    estimate: float
    std_error: float | None
    lower: float | None
    upper: float | None
    level: float
    null: float
    statistic: float | None
    p_value: float | None
    weights: str
    stratum_weights: Array
    n_strata: int
    n_strata_left_out: int
    method: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Strata:
    """Counts of the strata that have patients in both arms."""

    x1: Array
    n1: Array
    x2: Array
    n2: Array
    weights: str

    def weigh(self, delta: float) -> Array:
        """Give the weights, summing to 1, under the hypothesis `delta`."""
        if self.weights == "size":
            raw = self.n1 + self.n2
        else:
            raw = self.n1 * self.n2 / (self.n1 + self.n2)
            if self.weights == "iterated":
                raw = self._iterate(raw, delta)
        shares: Array = raw / raw.sum()
        return shares

    def _iterate(self, start: Array, delta: float) -> Array:
        """Weigh by the variances that the weighted restricted proportions imply."""
        deltas = np.full(self.x1.shape, delta)
        p1, p2 = difference_proportions(deltas, self.x1, self.n1, self.x2, self.n2)
        raw: Array = start
        for _ in range(100):
            r1, r2 = (raw @ p1) / raw.sum(), (raw @ p2) / raw.sum()
            inverse = r1 * (1 - r1) / self.n1 + r2 * (1 - r2) / self.n2
            if not (inverse > 0).all():
                # All restricted proportions are 0 or 1: only sizes can weigh.
                return start
            new: Array = 1 / inverse
            if np.allclose(new / new.sum(), raw / raw.sum(), rtol=1e-13, atol=0):
                return new
            raw = new
        return raw

    def distance(self, delta: float) -> float:
        """Give the weighted difference less `delta`."""
        return float(self.weigh(delta) @ (self.x1 / self.n1 - self.x2 / self.n2)) - delta

    def std_error(self, delta: float) -> float:
        """Give the standard error under the hypothesis `delta`, with N/(N − 1) a stratum."""
        n = self.n1 + self.n2
        deltas = np.full(self.x1.shape, delta)
        variance = difference_variance(deltas, self.x1, self.n1, self.x2, self.n2) * n / (n - 1)
        return float(np.sqrt(self.weigh(delta) ** 2 @ variance))

    def wald_error(self, delta: float) -> float:
        """Give the standard error from the proportions of each stratum, weighted at `delta`."""
        p1, p2 = self.x1 / self.n1, self.x2 / self.n2
        variance = p1 * (1 - p1) / self.n1 + p2 * (1 - p2) / self.n2
        return float(np.sqrt(self.weigh(delta) ** 2 @ variance))

    def exchanged(self) -> _Strata:
        """Give the strata with the arms exchanged."""
        return _Strata(self.x2, self.n2, self.x1, self.n1, self.weights)


def stratified_risk_difference(
    events_1: ArrayLike,
    n_1: ArrayLike,
    events_2: ArrayLike,
    n_2: ArrayLike,
    *,
    weights: str,
    level: float,
    null: float = 0.0,
    method: str = "miettinen-nurminen",
) -> StratifiedDifference:
    """Estimate a risk difference adjusted for strata.

    H0: the common difference p1 − p2 = `null`; H1: it is not.

    Parameters
    ----------
    events_1, events_2
        Patients with the event, one whole number a stratum.
    n_1, n_2
        Patients, one whole number a stratum. A stratum with no patient in one arm carries no
        information on the difference and is left out; the result counts such strata.
    weights
        ``"cmh"``: n1 n2 / (n1 + n2), those of the Cochran-Mantel-Haenszel test. ``"size"``:
        n1 + n2. ``"iterated"``: those of Miettinen and Nurminen (1985), which follow from the
        restricted proportions and so change with the hypothesis.
    level
        Two-sided confidence level, for example 0.95.
    null
        The difference that the p-value tests, above −1 and below 1.
    method
        ``"miettinen-nurminen"`` (stratified score); ``"newcombe"`` (Yan and Su 2010: Newcombe's
        interval from stratified Wilson limits of each arm); ``"wald"`` (the weighted difference
        and its standard error). The last two need weights that do not change with the hypothesis.

    Returns
    -------
    StratifiedDifference
        Estimate, limits, test and weights.

    Raises
    ------
    UserError
        When no stratum has patients in both arms, a count is impossible, or the weights do not
        fit the method.

    Notes
    -----
    Score limits are the differences at which the weighted difference lies a critical value times
    its restricted standard error away; each stratum's variance has the factor N/(N − 1). With
    one stratum every choice of weights gives the unstratified interval. SAS PROC FREQ's stratified
    ``COMMONRISKDIFF`` score limits are another method (inverse-variance of score intervals).

    References
    ----------
    Miettinen, O., & Nurminen, M. (1985). Comparative analysis of two rates. Statistics in
    Medicine, 4(2), 213-226.

    Yan, X., & Su, X. G. (2010). Stratified Wilson and Newcombe confidence intervals for multiple
    binomial proportions. Statistics in Biopharmaceutical Research, 2(3), 329-335.

    Examples
    --------
    Three strata as the SAS macro %rate0compare prints them (data of the R package metalite.ae):
    0.1918, 0.0634 to 0.3140, one-sided p 0.00174.

    >>> d = stratified_risk_difference([24, 23, 23], [39, 39, 38], [16, 16, 17], [40, 39, 40],
    ...                                weights="cmh", level=0.95)
    >>> round(d.estimate, 4), round(d.lower, 4), round(d.upper, 4), round(d.p_value / 2, 5)
    (0.1918, 0.0634, 0.314, 0.00174)
    """
    check_level(level)
    weights = meant("weights", weights, STRATUM_WEIGHTS)
    method = meant("method", method, STRATIFIED_METHODS)
    if weights == "iterated" and method != "miettinen-nurminen":
        raise UserError(f"method={method!r} needs fixed weights: use weights='cmh' or 'size'.")
    check_number("null", null, above=-1, below=1)
    x1, n1, x2, n2, used = stratum_counts(events_1, n_1, events_2, n_2)
    strata = _Strata(x1, n1, x2, n2, weights)
    estimate = _root(strata.distance, -1.0, 1.0)
    std_error = strata.wald_error(estimate) or None
    critical = -float(special.ndtri((1 - level) / 2))
    lower, upper, statistic = _METHODS[method](strata, estimate, critical, null)
    stratum_weights = np.zeros(used.shape)
    stratum_weights[used] = strata.weigh(estimate)
    return StratifiedDifference(
        estimate=estimate, std_error=std_error, lower=lower, upper=upper, level=level, null=null,
        statistic=statistic,
        p_value=None if statistic is None else float(2 * special.ndtr(-abs(statistic))),
        weights=weights, stratum_weights=stratum_weights, n_strata=int(used.sum()),
        n_strata_left_out=int((~used).sum()), method=f"stratified {method}",
        reason="" if lower is not None else "the standard error is 0: no test, no width",
    )  # fmt: skip


Found = tuple[float | None, float | None, float | None]
"""Lower and upper limit, and the statistic."""


def _score(strata: _Strata, estimate: float, critical: float, null: float) -> Found:
    """Invert the stratified score test."""
    lower = _lower(strata, estimate, critical)
    upper = -_lower(strata.exchanged(), -estimate, critical)
    return lower, upper, float(standardised(strata.distance(null), strata.std_error(null)))


def _wald(strata: _Strata, estimate: float, critical: float, null: float) -> Found:
    """Use the weighted difference and its standard error; limits cut at −1 and 1."""
    std_error = strata.wald_error(estimate)
    if std_error == 0:
        return None, None, None
    half = critical * std_error
    limits = max(estimate - half, -1.0), min(estimate + half, 1.0)
    return *limits, (estimate - null) / std_error


def _newcombe(strata: _Strata, estimate: float, critical: float, _null: float) -> Found:
    """Combine the stratified Wilson limits of both arms."""
    weights = strata.weigh(estimate)
    (low1, high1, share1), (low2, high2, share2) = (
        _wilson(x, n, weights, critical)
        for x, n in ((strata.x1, strata.n1), (strata.x2, strata.n2))
    )
    below = share1 * low1 * (1 - low1) + share2 * high2 * (1 - high2)
    above = share1 * high1 * (1 - high1) + share2 * low2 * (1 - low2)
    return estimate - critical * np.sqrt(below), estimate + critical * np.sqrt(above), None


def _wilson(x: Array, n: Array, weights: Array, critical: float) -> tuple[float, float, float]:
    """Give the stratified Wilson limits of an arm, and the sum of its squared weights over n."""
    p = x / n
    spread = np.sqrt(p * (1 - p) / n)
    if not spread.any():  # the limit where all proportions approach 0 or 1 together
        spread = np.sqrt(1 / n)
    quantile = critical * np.sqrt(weights**2 @ spread**2) / (weights @ spread)
    low, high = wilson_limits(x, n, float(special.ndtr(-quantile)))
    return float(weights @ low), float(weights @ high), float(weights**2 @ (1 / n))


_METHODS: dict[str, Callable[[_Strata, float, float, float], Found]] = {
    "miettinen-nurminen": _score,
    "newcombe": _newcombe,
    "wald": _wald,
}


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Find the root of a decreasing function, at an end when it has one sign."""
    if function(low) <= 0:
        return low
    if function(high) >= 0:
        return high
    return float(optimize.brentq(function, low, high, xtol=1e-15, rtol=1e-14))


def _lower(strata: _Strata, estimate: float, critical: float) -> float:
    """Find the lower confidence limit, between −1 and the estimate."""

    def excess(delta: float) -> float:
        # As in _roots: at the estimate the standard error may be 0, just below it is not.
        if delta >= estimate:
            return -1.0
        return strata.distance(delta) - critical * strata.std_error(delta)

    return _root(excess, -1.0, estimate)

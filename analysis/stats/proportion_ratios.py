"""Risk ratios and odds ratios between two arms, one table or ten thousand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.stats._checks import Array, check_level, check_number, two_arm_counts
from analysis.stats._comparison import Comparison
from analysis.stats._roots import lower_limits, odds
from analysis.stats._score import odds_ratio_terms, ratio_proportions
from analysis.stats._words import meant
from analysis.stats.proportion_differences import Arms, standardised, two_sided

RATIO_METHODS = ("miettinen-nurminen", "log-wald")


def risk_ratio(
    events_1: ArrayLike,
    n_1: ArrayLike,
    events_2: ArrayLike,
    n_2: ArrayLike,
    *,
    method: str,
    level: float,
    null: float = 1.0,
) -> Comparison:
    """Estimate risk ratios, arm 1 over arm 2.

    H0: p1 / p2 = `null`; H1: p1 / p2 ≠ `null`.

    Parameters
    ----------
    events_1, events_2
        Patients with the event in each arm, whole numbers; one value or an array of tables.
    n_1, n_2
        Patients in each arm, 1 or more; broadcast against the events.
    method
        ``"miettinen-nurminen"`` (score, variance times N/(N − 1)) or ``"log-wald"``.
    level
        Two-sided confidence level, for example 0.95.
    null
        The ratio that the p-value tests, above 0.

    Returns
    -------
    Comparison
        Ratios (not logarithms); the standard error is that of the log ratio.

    Raises
    ------
    UserError
        When a count is impossible or the method is unknown.

    Notes
    -----
    No continuity correction. Without events in an arm the log-Wald interval is 0 to infinity and
    there is no p-value, because the standard error of the log ratio is infinite; `reason` says so.
    The score interval is bounded on the side that the data bound, and has its test. Without
    events in either arm the ratio is undefined.

    References
    ----------
    Miettinen, O., & Nurminen, M. (1985). Comparative analysis of two rates. Statistics in
    Medicine, 4(2), 213-226.

    Katz, D., Baptista, J., Azen, S. P., & Pike, M. C. (1978). Obtaining confidence intervals for
    the risk ratio in cohort studies. Biometrics, 34(3), 469-474.

    Examples
    --------
    >>> r = risk_ratio(24, 73, 53, 65, method="miettinen-nurminen", level=0.95)
    >>> round(float(r.lower), 3), round(float(r.upper), 3)
    (0.28, 0.56)
    """
    method = _check(method, level, null)
    x1, n1, x2, n2 = arms = two_arm_counts(events_1, n_1, events_2, n_2)
    # 1/x − 1/n, as a quotient that does not cancel when nearly everybody has the event.
    parts = [(n - x, x * n) for x, n in ((x1, n1), (x2, n2))]
    ratio = _Ratio("risk ratio", arms, x1 * n2, x2 * n1, _risk_ratio_terms, parts)
    return ratio.compared(method, level, null)


def odds_ratio(
    events_1: ArrayLike,
    n_1: ArrayLike,
    events_2: ArrayLike,
    n_2: ArrayLike,
    *,
    method: str,
    level: float,
    null: float = 1.0,
) -> Comparison:
    """Estimate odds ratios, arm 1 over arm 2.

    H0: odds1 / odds2 = `null`; H1: odds1 / odds2 ≠ `null`.

    Parameters
    ----------
    events_1, events_2
        Patients with the event in each arm, whole numbers; one value or an array of tables.
    n_1, n_2
        Patients in each arm, 1 or more; broadcast against the events.
    method
        ``"miettinen-nurminen"`` (score, variance times N/(N − 1)) or ``"log-wald"`` (Woolf).
    level
        Two-sided confidence level, for example 0.95.
    null
        The ratio that the p-value tests, above 0.

    Returns
    -------
    Comparison
        Ratios (not logarithms); the standard error is that of the log ratio.

    Raises
    ------
    UserError
        When a count is impossible or the method is unknown.

    Notes
    -----
    As for `risk_ratio`: no continuity correction, infinite limits where the data set no bound.

    References
    ----------
    Miettinen, O., & Nurminen, M. (1985). Comparative analysis of two rates. Statistics in
    Medicine, 4(2), 213-226.

    Woolf, B. (1955). On estimating the relation between blood group and disease. Annals of Human
    Genetics, 19(4), 251-253.

    Examples
    --------
    Newcombe's table 24/73 v 53/65 in Agresti and Min (2002): 0.050 to 0.245.

    >>> r = odds_ratio(24, 73, 53, 65, method="miettinen-nurminen", level=0.95)
    >>> round(float(r.estimate), 3), round(float(r.lower), 3), round(float(r.upper), 3)
    (0.111, 0.05, 0.245)
    """
    method = _check(method, level, null)
    x1, n1, x2, n2 = arms = two_arm_counts(events_1, n_1, events_2, n_2)
    parts = [(n, x * (n - x)) for x, n in ((x1, n1), (x2, n2))]
    top, bottom = x1 * (n2 - x2), x2 * (n1 - x1)
    ratio = _Ratio("odds ratio", arms, top, bottom, odds_ratio_terms, parts)
    return ratio.compared(method, level, null)


def _check(method: str, level: float, null: float) -> str:
    """Check what both ratios share; give the method that is meant."""
    check_level(level)
    check_number("null", null, above=0)
    return meant("method", method, RATIO_METHODS)


def _risk_ratio_terms(
    share: Array, x1: Array, n1: Array, x2: Array, n2: Array
) -> tuple[Array, Array]:
    """Give p1 − ratio p2 and its variance, both scaled so that they stay finite."""
    p1, p2 = ratio_proportions(share, x1, n1, x2, n2)
    distance = (1 - share) * x1 / n1 - share * x2 / n2
    v1, v2 = p1 * (1 - p1) / n1, p2 * (1 - p2) / n2
    return distance, (1 - share) ** 2 * v1 + share**2 * v2


@dataclass(frozen=True, slots=True)
class _Ratio:
    """The ratio top/bottom of two-arm tables, and what its two methods need.

    The function `terms` gives the distance from a hypothesis on the bounded scale
    ratio/(1 + ratio), and its variance; `parts` add up to the variance of the log ratio.
    """

    measure: str
    arms: Arms
    top: Array
    bottom: Array
    terms: Callable[..., tuple[Array, Array]]
    parts: list[tuple[Array, Array]]

    def compared(self, method: str, level: float, null: float) -> Comparison:
        """Estimate the ratio, and say where it is undefined or infinite."""
        limits = self._log_wald if method == "log-wald" else self._score
        lower, upper, statistic, std_error = limits(level, null)
        top, bottom, measure = self.top, self.bottom, self.measure
        estimate = np.where(top > 0, np.inf, np.nan)
        np.divide(top, bottom, out=estimate, where=bottom > 0)
        no_test = np.isnan(statistic)
        reason = np.select(
            [(bottom == 0) & (top == 0), bottom == 0, no_test & (top == 0), no_test],
            [
                f"the {measure} is 0/0: undefined",
                f"the denominator of the {measure} is 0: infinite",
                f"the {measure} is 0, its logarithm without bound: no log-Wald test, no bound",
                "the standard error is 0: no test, no width",
            ],
            "",
        )
        return Comparison(
            measure=measure, method=method, level=level, null=null, estimate=estimate,
            lower=lower, upper=upper, statistic=statistic, p_value=two_sided(statistic),
            std_error=std_error, reason=reason,
        )  # fmt: skip

    def _score(self, level: float, null: float) -> tuple[Array, Array, Array, None]:
        """Invert the score test of Miettinen and Nurminen on the bounded scale."""
        x1, n1, x2, n2 = self.arms
        factor = (n1 + n2) / (n1 + n2 - 1)
        spread = -special.ndtri((1 - level) / 2) * np.sqrt(factor)

        def excess(share: Array, *table: Array) -> Array:
            *counts, width = table
            distance, variance = self.terms(share, *counts)
            return distance - width * np.sqrt(variance)

        def limit(top: Array, table: Arms) -> Array:
            # 0/0 bounds nothing: an estimate at the end of the scale leaves the limit there.
            total = self.top + self.bottom
            estimate = np.divide(top, total, out=np.zeros_like(total), where=total > 0)
            return lower_limits(excess, 0.0, estimate, *table, spread)

        lower, upper = limit(self.top, self.arms), limit(self.bottom, (x2, n2, x1, n1))
        distance, variance = self.terms(np.full(x1.shape, null / (1 + null)), *self.arms)
        statistic = standardised(distance, np.sqrt(factor * variance))
        return odds(lower, 1 - lower), odds(1 - upper, upper), statistic, None

    def _log_wald(self, level: float, null: float) -> tuple[Array, Array, Array, Array]:
        """Use the log ratio and its delta-method standard error."""
        top, bottom = self.top, self.bottom
        std_error = np.sqrt(
            sum(np.divide(a, b, out=np.full(a.shape, np.inf), where=b > 0) for a, b in self.parts)
        )
        usable = (top > 0) & (bottom > 0) & np.isfinite(std_error)
        log_ratio = np.log(np.where(usable, top, 1.0) / np.where(usable, bottom, 1.0))
        half = -special.ndtri((1 - level) / 2) * np.where(usable, std_error, 0.0)
        # Neither an infinite standard error nor one of 0 makes a test.
        testable = usable & (std_error > 0)
        statistic = np.divide(
            log_ratio - np.log(null), std_error, out=np.full(top.shape, np.nan), where=testable
        )
        lower = np.where(usable, np.exp(log_ratio - half), 0.0)
        return lower, np.where(usable, np.exp(log_ratio + half), np.inf), statistic, std_error

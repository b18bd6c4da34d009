"""Multiplicity: adjustment of a family of p-values, or of estimates with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
from scipy import optimize

from analysis.stats._checks import Array, check_p_values
from analysis.stats._words import meant
from analysis.stats.dunnett import dunnett_critical_value, dunnett_p_value
from analysis.stats.laws import t_isf
from analysis.stats.linear_estimates import Estimate

FAMILYWISE = ("bonferroni", "sidak", "holm", "hochberg", "hommel")
P_VALUE_METHODS = (*FAMILYWISE, "fixed-sequence", "benjamini-hochberg")
ADJUSTMENTS = ("none", *FAMILYWISE, "dunnett", "tukey")


def adjust_p_values(p_values: Sequence[float], *, method: str) -> Array:
    """Adjust the p-values of a family of tests.

    Parameters
    ----------
    p_values : sequence of float
        Unadjusted p-values of the family, for a fixed sequence in its order.
    method : str
        ``"bonferroni"``; ``"sidak"``, exact for independent tests; ``"holm"``, uniformly more
        powerful than Bonferroni without more assumptions; ``"hochberg"`` and the still more
        powerful ``"hommel"``, for independent or positively dependent tests;
        ``"fixed-sequence"``, each test only where all before it reject;
        ``"benjamini-hochberg"``, which controls the false discovery rate and not the familywise
        error.

    Returns
    -------
    numpy.ndarray
        Adjusted p-values in the order given, at most 1.

    Raises
    ------
    UserError
        If the method is unknown or a p-value is not between 0 and 1.

    References
    ----------
    Hochberg Y (1988). A sharper Bonferroni procedure for multiple tests of significance.
    Biometrika 75:800-802.

    Hommel G (1988). A stagewise rejective multiple test procedure based on a modified
    Bonferroni test. Biometrika 75:383-386.

    Benjamini Y, Hochberg Y (1995). Controlling the false discovery rate: a practical and powerful
    approach to multiple testing. J R Stat Soc B 57:289-300.

    Examples
    --------
    >>> adjust_p_values([0.01, 0.04, 0.03], method="holm").tolist()
    [0.03, 0.06, 0.06]
    >>> adjust_p_values([0.01, 0.04, 0.03], method="fixed-sequence").tolist()
    [0.01, 0.04, 0.04]
    """
    values = check_p_values(p_values)
    return _ADJUSTED[meant("method", method, P_VALUE_METHODS)](values)


def _bonferroni(values: Array) -> Array:
    return np.asarray(np.minimum(1.0, values * values.size))


def _sidak(values: Array) -> Array:
    with np.errstate(divide="ignore"):  # of p = 1 the logarithm of 0
        return np.asarray(-np.expm1(values.size * np.log1p(-values)))


def _fixed_sequence(values: Array) -> Array:
    return np.asarray(np.maximum.accumulate(values))


def _stepwise(values: Array, adjust: Callable[[Array], Array]) -> Array:
    """Adjust the p-values in ascending order, and give them back in their own."""
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = adjust(values[order])
    return adjusted


def _holm(ordered: Array) -> Array:
    steps = ordered * np.arange(ordered.size, 0, -1)
    return np.asarray(np.minimum(1.0, np.maximum.accumulate(steps)))


def _hochberg(ordered: Array) -> Array:
    return _step_up(ordered * np.arange(ordered.size, 0, -1))


def _benjamini_hochberg(ordered: Array) -> Array:
    return _step_up(ordered * ordered.size / np.arange(1, ordered.size + 1))


def _step_up(steps: Array) -> Array:
    return np.asarray(np.minimum.accumulate(steps[::-1])[::-1])


def _hommel(ordered: Array) -> Array:
    """Return Hommel's adjusted values of ordered p-values: the closed test by Simes.

    A value rejects at a level when Simes' test of every subset that holds it does; the subset
    of a size that is hardest to reject has the largest p-values.
    """
    n = ordered.size
    adjusted = ordered.copy()
    for size in range(2, n + 1):
        largest = ordered[n - size :]
        simes = float((size * largest / np.arange(1, size + 1)).min())
        smaller = np.minimum(size * ordered, _with_largest(ordered, size))
        adjusted = np.maximum(adjusted, np.where(np.arange(n) >= n - size, simes, smaller))
    return adjusted


def _with_largest(ordered: Array, size: int) -> float:
    """Return Simes' p-value of a subset but for its smallest member: the largest others."""
    return float((size * ordered[ordered.size - size + 1 :] / np.arange(2, size + 1)).min())


_ADJUSTED: dict[str, Callable[[Array], Array]] = {
    "bonferroni": _bonferroni,
    "sidak": _sidak,
    "holm": partial(_stepwise, adjust=_holm),
    "hochberg": partial(_stepwise, adjust=_hochberg),
    "hommel": partial(_stepwise, adjust=_hommel),
    "fixed-sequence": _fixed_sequence,
    "benjamini-hochberg": partial(_stepwise, adjust=_benjamini_hochberg),
}


def adjust_estimates(
    estimates: Sequence[Estimate], *, covariance: Array, method: str
) -> tuple[Estimate, ...]:
    """Adjust the p-values and, where the method has them, the intervals of a family.

    The limits are simultaneous for Bonferroni, Šidák, Dunnett and Tukey. The stepwise methods
    have no simple two-sided simultaneous interval, so there they stay pointwise.

    Notes
    -----
    Where the df of the comparisons differ (mixed models), Dunnett's and Tukey's distributions are
    taken for each comparison with its own.
    """
    method = meant("adjust", method, ADJUSTMENTS)
    if method == "none":
        return tuple(estimates)
    if method in ("dunnett", "tukey"):
        family = _dunnett(covariance) if method == "dunnett" else _tukey(len(estimates))
        return tuple(_jointly(item, method, *family) for item in estimates)

    def limits(item: Estimate) -> dict[str, Any]:
        share = (1.0 - item.level) / len(estimates)
        if method == "sidak":
            share = -math.expm1(math.log(item.level) / len(estimates))
        elif method != "bonferroni":
            return {}
        return _limits(item, float(t_isf(share / 2.0, item.df)))

    adjusted = adjust_p_values([item.p_value for item in estimates], method=method)
    return tuple(
        replace(item, p_value=float(p_value), adjustment=method, **limits(item))
        for item, p_value in zip(estimates, adjusted, strict=True)
    )


Tail = Callable[[float, float], float]
"""Absolute statistic and df → adjusted p-value."""
Critical = Callable[[float, float], float]
"""df and simultaneous level → critical value of the absolute statistic."""


def _jointly(item: Estimate, method: str, tail: Tail, critical: Critical) -> Estimate:
    """Return an estimate with its p-value and limits from a joint distribution."""
    limits = _limits(item, critical(item.df, item.level))
    p_value = tail(abs(item.statistic), item.df)
    return replace(item, p_value=p_value, adjustment=method, **limits)


def _dunnett(covariance: Array) -> tuple[Tail, Critical]:
    """Give Dunnett's distribution for comparisons with this covariance."""
    spread = np.sqrt(np.diag(covariance))
    correlation = np.clip(covariance / np.outer(spread, spread), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)

    @cache
    def critical(df: float, level: float) -> float:
        return dunnett_critical_value(correlation, df, level=level)

    return lambda statistic, df: dunnett_p_value(statistic, correlation, df), critical


def _tukey(comparisons: int) -> tuple[Tail, Critical]:
    """Give the studentised range for all pairs of some means (Tukey–Kramer)."""
    means = round((1 + math.sqrt(1 + 8 * comparisons)) / 2)
    root = math.sqrt(2.0)
    from scipy import stats

    def tail(statistic: float, df: float) -> float:
        return float(stats.studentized_range.sf(root * statistic, means, df))

    @cache
    def critical(df: float, level: float) -> float:
        alpha = 1.0 - level
        least = float(t_isf(alpha / 2.0, df))
        if means == 2:
            return least
        most = float(t_isf(alpha / (2.0 * comparisons), df)) * 1.0001
        return float(optimize.brentq(lambda t: tail(t, df) - alpha, least, most, xtol=1e-9))

    return tail, critical


def _limits(item: Estimate, critical: float) -> dict[str, Any]:
    """Return the fields of a simultaneous interval."""
    half = critical * item.std_error
    limits = {"lower": item.estimate - half, "upper": item.estimate + half}
    return limits | {"interval": "simultaneous"}

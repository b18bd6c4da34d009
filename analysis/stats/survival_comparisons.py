"""Comparisons of survival curves: the log-rank test, and differences at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, float_array
from analysis.stats._comparison import Tabular
from analysis.stats.intervals import Interval, no_interval, t_limits
from analysis.stats.survival import BEYOND, KaplanMeier, check_times


@brief(rows="groups")
@dataclass(frozen=True, slots=True, kw_only=True)
class LogRank(Tabular):
    """The log-rank test of equal hazards.

    Attributes
    ----------
    groups
        One row a group: group, n, observed, expected (events under the hypothesis).
    chi_squared, df, p_value
        The test; None when it is not estimable.
    n_strata
        Strata within which the groups were compared; 1 without strata.
    reason
        Why there is no test; empty when there is one.
    """

    groups: pd.DataFrame
    chi_squared: float | None
    df: int
    p_value: float | None
    n_strata: int
    reason: str


def log_rank_test(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, *, strata: ArrayLike | None = None
) -> LogRank:
    """Test whether the hazard of an event is the same in two or more groups.

    H0: the hazards are equal at every time (within every stratum); H1: they are not.

    Parameters
    ----------
    time
        Time to the event or to censoring, above 0, one a participant.
    event
        Whether the time ends with the event (true, 1) or is censored (false, 0).
    group
        The group of each participant.
    strata
        The stratum of each participant; observed and expected events are added over strata.

    Returns
    -------
    LogRank
        Observed and expected events, chi-squared on groups − 1 df and its p-value.

    Raises
    ------
    UserError
        If a time is impossible, a group is missing, or there are not two groups.

    Notes
    -----
    Hypergeometric variance, ties included, as SAS PROC LIFETEST and R's survdiff have it. A group
    that is never at risk at an event has no df. The Cox model's score test is the same but for
    ties.

    References
    ----------
    Mantel, N. (1966). Evaluation of survival data and two new rank order statistics arising in
    its consideration. Cancer Chemotherapy Reports, 50(3), 163-170.

    Examples
    --------
    >>> found = log_rank_test([1, 2, 3, 4], [1, 1, 1, 1], ["a", "a", "b", "b"])
    >>> found.groups["expected"].round(4).tolist(), round(found.chi_squared, 4)
    ([0.8333, 3.1667], 2.8824)
    """
    times, ends = float_array("time", time), float_array("event", np.asarray(event).astype(float))
    check_times(times, ends)
    codes, names = _labels("group", group, len(times))
    within, stratum_names = _labels("strata", np.zeros(len(times)) if strata is None else strata,
                                    len(times))  # fmt: skip
    if len(names) < 2:
        raise UserError(f"group must hold two or more groups, not {list(names)}.")
    observed, expected = np.zeros((2, len(names)))
    covariance = np.zeros((len(names), len(names)))
    for stratum in range(len(stratum_names)):
        own = within == stratum
        parts = _stratum(times[own], ends[own], codes[own], len(names))
        observed, expected, covariance = (
            total + part
            for total, part in zip((observed, expected, covariance), parts, strict=True)
        )
    chi_squared, df = _chi_squared(observed - expected, expected, covariance)
    table = {"group": names, "n": np.bincount(codes), "observed": observed, "expected": expected}
    return LogRank(
        groups=pd.DataFrame(table), chi_squared=chi_squared, df=df,
        p_value=None if chi_squared is None else float(special.chdtrc(df, chi_squared)),
        n_strata=len(stratum_names),
        reason="" if chi_squared is not None else _why(observed),
    )  # fmt: skip


def survival_difference(first: KaplanMeier, second: KaplanMeier, *, at: float) -> Interval:
    """Compare two survival curves at one time: the first minus the second.

    Parameters
    ----------
    first, second
        Curves of `kaplan_meier`, of one level.
    at
        The time.

    Returns
    -------
    Interval
        Difference of the probabilities of no event, with normal limits and test from Greenwood's
        standard errors, or the reason why there is none.

    References
    ----------
    Klein, J. P., Logan, B., Harhoff, M., & Andersen, P. K. (2007). Analyzing survival curves at
    a fixed point in time. Statistics in Medicine, 26(24), 4505-4519.

    Examples
    --------
    >>> from analysis.stats import kaplan_meier
    >>> new = kaplan_meier([2, 3, 4, 5], [0, 1, 0, 1], level=0.95)
    >>> old = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 0], level=0.95)
    >>> d = survival_difference(new, old, at=3)
    >>> round(d.estimate, 4), round(d.std_error, 4)
    (0.4167, 0.3478)
    """
    method = f"difference of Kaplan–Meier estimates at {at:g}"
    level = _one_level(first, second)
    found = [curve.at(at).iloc[0] for curve in (first, second)]
    for row in found:
        if row["reason"] == BEYOND:
            return no_interval(f"{BEYOND} as {at:g}", level=level, method=method)
    one, two = ((float(row["estimate"]), float(row["std_error"])) for row in found)
    return _difference(one, two, level, method)


def restricted_mean_difference(
    first: KaplanMeier, second: KaplanMeier, *, until: float
) -> Interval:
    """Compare restricted mean survival times: the first curve minus the second.

    Parameters
    ----------
    first, second
        Curves of `kaplan_meier`, of one level.
    until
        The time to which the means are restricted.

    Returns
    -------
    Interval
        Difference of the areas under the curves, with normal limits and test, or the reason why
        there is none.

    References
    ----------
    Royston, P., & Parmar, M. K. B. (2013). Restricted mean survival time: an alternative to the
    hazard ratio. BMC Medical Research Methodology, 13, 152.

    Examples
    --------
    >>> from analysis.stats import kaplan_meier
    >>> new = kaplan_meier([2, 3, 4, 5], [0, 1, 0, 1], level=0.95)
    >>> old = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 0], level=0.95)
    >>> d = restricted_mean_difference(new, old, until=4)
    >>> round(d.estimate, 4), round(d.std_error, 4)
    (1.1667, 0.6218)
    """
    method = f"difference of restricted mean survival times, until {until:g}"
    level = _one_level(first, second)
    found = [curve.restricted_mean(until) for curve in (first, second)]
    pairs = []
    for each in found:
        if each.estimate is None or each.std_error is None:
            return no_interval(each.reason, level=level, method=method)
        pairs.append((each.estimate, each.std_error))
    return _difference(pairs[0], pairs[1], level, method)


def _labels(name: str, values: ArrayLike, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Give codes and the names, in their order, of a label a participant."""
    series = pd.Series(np.asarray(values).ravel())
    if len(series) != size:
        raise UserError(f"{name} has {len(series)} values, but there are {size} times.")
    if series.isna().any():
        raise UserError(f"{name} is missing for {int(series.isna().sum())} participants.")
    names, codes = np.unique(series.to_numpy(), return_inverse=True)
    return codes, names


def _stratum(times: Array, ends: Array, codes: Array, size: int) -> tuple[Array, Array, Array]:
    """Give observed and expected events and their covariance in one stratum."""
    moments = np.unique(times[ends == 1])
    groups = [codes == place for place in range(size)]
    at_risk = np.array([own.sum() - _before(times[own], moments) for own in groups], dtype=float)
    having = [times[own & (ends == 1)] for own in groups]
    events = np.array([_before(own, moments, "right") - _before(own, moments) for own in having])
    n, d = at_risk.sum(axis=0), events.sum(axis=0)
    share = at_risk / n
    # One patient at risk says nothing: he has the event with certainty.
    weight = np.divide(d * (n - d), n - 1, out=np.zeros(len(n)), where=n > 1)
    covariance = np.diag((share * weight).sum(axis=1)) - (share * weight) @ share.T
    return events.sum(axis=1).astype(float), (share * d).sum(axis=1), covariance


def _before(times: Array, moments: Array, side: Literal["left", "right"] = "left") -> Array:
    """Count the times before each moment, or ("right") up to it."""
    return np.searchsorted(np.sort(times), moments, side=side).astype(float)


def _chi_squared(distance: Array, expected: Array, covariance: Array) -> tuple[float | None, int]:
    """Give the quadratic form of the distances and its df: the groups at risk, but one."""
    used = np.nonzero(expected > 0)[0][1:]
    inner = covariance[np.ix_(used, used)]
    if not len(used) or np.linalg.matrix_rank(inner, hermitian=True) < len(used):
        return None, 0
    value = float(distance[used] @ np.linalg.solve(inner, distance[used]))
    return max(value, 0.0), len(used)


def _why(observed: Array) -> str:
    if not observed.sum():
        return "no event in any group"
    return "at every event one group alone was at risk, or everybody had the event"


def _one_level(first: KaplanMeier, second: KaplanMeier) -> float:
    if first.level != second.level:
        raise UserError(
            f"the curves have different confidence levels, {first.level:g} and {second.level:g}."
        )
    return first.level


def _difference(
    one: tuple[float, float], two: tuple[float, float], level: float, method: str
) -> Interval:
    """Give the difference of two independent estimates, each with its standard error."""
    estimate, std_error = one[0] - two[0], float(np.hypot(one[1], two[1]))
    if std_error == 0:
        return no_interval("both standard errors are 0: no width", level=level, method=method)
    lower, upper = t_limits(estimate, std_error, df=np.inf, level=level)
    return Interval(
        estimate=estimate, std_error=std_error, df=np.inf, lower=lower, upper=upper,
        level=level, method=method,
    )  # fmt: skip

"""The Kaplan–Meier estimate of a time to an event, with its limits and numbers at risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, check_level, float_array
from analysis.stats._comparison import Tabular


@brief(rows="to_frame")
@dataclass(frozen=True, slots=True, kw_only=True)
class KaplanMeier(Tabular):
    """A survival curve; arrays with one entry a distinct time of the data.

    Attributes
    ----------
    time
        Distinct times, ascending, in the unit given.
    at_risk, events, censored
        Participants at risk just before the time; events and censorings at it.
    estimate, std_error
        Probability of no event up to and including the time, and Greenwood's standard error.
    lower, upper
        Confidence limits by the log-log transformation; missing before the first event, and
        where the estimate is 0.
    median, median_lower, median_upper
        First time at which the estimate (or its limit) is 0.5 or less; missing where it is
        never reached.
    level
        Two-sided confidence level, a fraction.
    """

    time: Array
    at_risk: Array
    events: Array
    censored: Array
    estimate: Array
    std_error: Array
    lower: Array
    upper: Array
    median: float
    median_lower: float
    median_upper: float
    level: float

    def at_risk_at(self, times: ArrayLike) -> Array:
        """Return how many are at risk just before each of some times."""
        wanted = np.searchsorted(self.time, float_array("times", times), side="left")
        return np.append(self.at_risk, 0.0)[wanted]

    def estimate_at(self, times: ArrayLike) -> Array:
        """Return the probability of no event up to and including each of some times."""
        wanted = np.searchsorted(self.time, float_array("times", times), side="right")
        return np.append(1.0, self.estimate)[wanted]


def kaplan_meier(time: ArrayLike, event: ArrayLike, *, level: float) -> KaplanMeier:
    """Estimate the probability of having had no event by time.

    Parameters
    ----------
    time
        Time to the event or to censoring, above 0, one a participant, any unit.
    event
        Whether the time ends with the event (true, 1) or is censored (false, 0).
    level
        Two-sided confidence level of the pointwise limits, for example 0.95.

    Returns
    -------
    KaplanMeier
        The curve.

    Raises
    ------
    UserError
        If there is nobody, a time is missing or not above 0, or the lengths differ.

    Notes
    -----
    Product-limit estimate. Events at a time come before censorings at the same time. Standard
    error by Greenwood's formula; limits ``S ** exp(±z se(log(−log S)))``, as SAS PROC LIFETEST
    has them by default and R's survfit with ``conf.type = "log-log"``. Limits of the median by
    inverting the pointwise limits (Brookmeyer and Crowley 1982). Times that are equal are tied;
    none is moved.

    References
    ----------
    Kaplan, E. L., & Meier, P. (1958). Nonparametric estimation from incomplete observations.
    Journal of the American Statistical Association, 53(282), 457-481.

    Kalbfleisch, J. D., & Prentice, R. L. (2002). The statistical analysis of failure time data
    (2nd ed.), section 1.4. Wiley.

    Examples
    --------
    >>> curve = kaplan_meier([1, 2, 2, 3], [1, 1, 0, 0], level=0.95)
    >>> curve.estimate.tolist(), curve.at_risk.tolist()
    ([0.75, 0.5, 0.5], [4.0, 3.0, 1.0])
    """
    check_level(level)
    times = float_array("time", time)
    ends = float_array("event", np.asarray(event).astype(float))
    _check(times, ends)
    distinct, place = np.unique(times, return_inverse=True)
    events = np.bincount(place, weights=ends).astype(float)
    leaving = np.bincount(place).astype(float)
    at_risk = len(times) - np.append(0.0, leaving.cumsum()[:-1])
    estimate = np.cumprod(1 - events / at_risk)
    gone = at_risk == events  # The curve reaches 0, where Greenwood's term is infinite.
    terms = np.divide(
        events, at_risk * (at_risk - events), out=np.full(len(events), np.inf), where=~gone
    )
    spread = np.sqrt(np.cumsum(terms))
    lower, upper = _log_log(estimate, spread, -special.ndtri((1 - level) / 2))
    return KaplanMeier(
        time=distinct, at_risk=at_risk, events=events, censored=leaving - events,
        estimate=estimate,
        std_error=np.multiply(estimate, spread, out=np.zeros(len(events)), where=estimate > 0),
        lower=lower, upper=upper, median=_first_half(distinct, estimate),
        median_lower=_first_half(distinct, lower), median_upper=_first_half(distinct, upper),
        level=level,
    )  # fmt: skip


def _check(times: Array, ends: Array) -> None:
    if times.ndim != 1 or times.shape != ends.shape or not len(times):
        raise UserError(
            f"time {times.shape} and event {ends.shape} must be lists of one length, with "
            "somebody in them."
        )
    if not (times > 0).all():
        raise UserError(f"time must be above 0, not {times[~(times > 0)][0]:g}.")
    if not np.isin(ends, (0.0, 1.0)).all():
        raise UserError(f"event must be 0 or 1, not {ends[~np.isin(ends, (0.0, 1.0))][0]:g}.")


def _log_log(estimate: Array, spread: Array, z: float) -> tuple[Array, Array]:
    """Give the limits on the scale of log(−log S); missing where S is 0 or 1."""
    lower, upper = np.full((2, len(estimate)), np.nan)
    inside = (estimate > 0) & (estimate < 1)
    log = np.log(estimate[inside])
    half = z * spread[inside] / np.abs(log)
    lower[inside], upper[inside] = np.exp(log * np.exp(half)), np.exp(log * np.exp(-half))
    return lower, upper


def _first_half(time: Array, curve: Array) -> float:
    # Half up to the last bits: a product of fractions may stand a hair above 0.5.
    reached = np.nonzero(curve <= 0.5 * (1 + 1e-12))[0]
    return float(time[reached[0]]) if len(reached) else float("nan")

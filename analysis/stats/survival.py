"""The Kaplan–Meier estimate of a time to an event, with its limits and numbers at risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, check_level, check_number, float_array
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant
from analysis.stats.intervals import Interval, no_interval, t_limits

SURVIVAL_INTERVALS = ("log-log", "log", "plain")
LEVEL_TOLERANCE = float(np.sqrt(np.finfo(float).eps))
"""A curve this near a level stands at it, as in R: a product of fractions may be a hair off."""
BEYOND = "nobody was followed as long"
NO_LIMITS = "no event yet, or everybody has had it: no limits"
NOT_REACHED = "the curve does not fall so far"


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
        Confidence limits; missing where the estimate is 0, and by the log-log transformation
        before the first event.
    median, median_lower, median_upper
        Time at which the estimate (or its limit) falls to 0.5, as `quantiles` has it; missing
        where it never does.
    level
        Two-sided confidence level, a fraction.
    interval
        ``"log-log"``, ``"log"`` or ``"plain"``: the scale on which the limits are normal.
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
    interval: str

    def at_risk_at(self, times: ArrayLike) -> Array:
        """Return how many are at risk just before each of some times."""
        wanted = np.searchsorted(self.time, float_array("times", times), side="left")
        return np.append(self.at_risk, 0.0)[wanted]

    def estimate_at(self, times: ArrayLike) -> Array:
        """Return the probability of no event up to and including each of some times."""
        wanted = np.searchsorted(self.time, float_array("times", times), side="right")
        return np.append(1.0, self.estimate)[wanted]

    def at(self, times: ArrayLike) -> pd.DataFrame:
        """Return the curve at some times, one row a time.

        Columns: time, at_risk (just before it), estimate, std_error, lower, upper, reason (why
        one is missing: nobody is followed so long, or the curve is at 0 or 1).
        """
        asked = np.atleast_1d(float_array("times", times))
        step = np.searchsorted(self.time, asked, side="right")
        start = {"estimate": 1.0, "std_error": 0.0, "lower": np.nan, "upper": np.nan}
        if self.interval != "log-log":
            start |= {"lower": 1.0, "upper": 1.0}
        known = asked <= self.time[-1]
        columns = {
            name: np.where(known, np.append(first, getattr(self, name))[step], np.nan)
            for name, first in start.items()
        }
        frame = {"time": asked, "at_risk": self.at_risk_at(asked)} | columns
        reason = np.select([~known, np.isnan(columns["lower"])], [BEYOND, NO_LIMITS], "")
        return pd.DataFrame(frame | {"reason": reason})

    def quantiles(self, shares: ArrayLike = (0.25, 0.5, 0.75)) -> pd.DataFrame:
        """Return the times by which shares of the participants have had the event.

        Columns: share, estimate, lower, upper, reason; missing where the curve, or its limit, does
        not fall so far. Where the curve is flat at exactly the level, the time is the middle of the
        flat stretch; one at the end of the curve reaches to the last time (R's quantile).
        """
        asked = np.atleast_1d(float_array("shares", shares))
        for share in asked:
            check_number("a share", float(share), at_least=0, below=1)
        curves = {"estimate": self.estimate, "lower": self.lower, "upper": self.upper}
        columns = {
            name: [_reaches(self.time, curve, 1 - share) for share in asked]
            for name, curve in curves.items()
        }
        reason = np.where(np.isnan(columns["estimate"]), NOT_REACHED, "")
        return pd.DataFrame({"share": asked} | columns | {"reason": reason})

    def restricted_mean(self, until: float) -> Interval:
        """Return the restricted mean survival time: the area under the curve up to a time.

        The standard error follows from Greenwood's; beyond the last time it is not estimable,
        unless everybody has had the event.
        """
        check_number("until", until, above=0)
        method = f"restricted mean survival time, until {until:g}"
        if until > self.time[-1] and self.estimate[-1] > 0:
            return no_interval(f"{BEYOND} as {until:g}", level=self.level, method=method)
        inside = self.time < until
        widths = np.diff(np.concatenate([[0.0], self.time[inside], [until]]))
        areas = widths * np.append(1.0, self.estimate[inside])
        after = areas[::-1].cumsum()[::-1][1:]
        n, d = self.at_risk[inside], self.events[inside]
        terms = np.divide(d, n * (n - d), out=np.zeros(len(d)), where=n > d)
        std_error = float(np.sqrt((after**2 * terms).sum()))
        if std_error == 0:
            reason = "no event before it, or everybody's at once: no variance"
            return no_interval(reason, level=self.level, method=method)
        estimate = float(areas.sum())
        lower, upper = t_limits(estimate, std_error, df=np.inf, level=self.level)
        return Interval(
            estimate=estimate, std_error=std_error, df=np.inf, lower=lower, upper=upper,
            level=self.level, method=method,
        )  # fmt: skip


def kaplan_meier(
    time: ArrayLike, event: ArrayLike, *, level: float, interval: str = "log-log"
) -> KaplanMeier:
    """Estimate the probability of having had no event by time.

    Parameters
    ----------
    time
        Time to the event or to censoring, above 0, one a participant, any unit.
    event
        Whether the time ends with the event (true, 1) or is censored (false, 0).
    level
        Two-sided confidence level of the pointwise limits, for example 0.95.
    interval
        ``"log-log"`` (SAS's default), ``"log"`` (R's) or ``"plain"``: the scale of the limits.

    Returns
    -------
    KaplanMeier
        The curve; its methods ``at``, ``quantiles`` and ``restricted_mean`` read it.

    Raises
    ------
    UserError
        If there is nobody, a time is missing or not above 0, or the lengths differ.

    Notes
    -----
    Product-limit estimate. Events at a time come before censorings at the same time. Standard
    error by Greenwood's formula; limits ``S ** exp(±z se(log(−log S)))``, as SAS PROC LIFETEST
    has them by default and R's survfit with ``conf.type = "log-log"``; log and plain limits are
    cut at 0 and 1. Limits of the median by inverting the pointwise limits (Brookmeyer and
    Crowley 1982). Times that are equal are tied; none is moved. Where the curve is flat at
    exactly one half, the median is the middle of the flat stretch, as in SAS and R.

    References
    ----------
    Kaplan, E. L., & Meier, P. (1958). Nonparametric estimation from incomplete observations.
    Journal of the American Statistical Association, 53(282), 457-481.

    Brookmeyer, R., & Crowley, J. (1982). A confidence interval for the median survival time.
    Biometrics, 38(1), 29-41.

    Kalbfleisch, J. D., & Prentice, R. L. (2002). The statistical analysis of failure time data
    (2nd ed.), section 1.4. Wiley.

    Examples
    --------
    >>> curve = kaplan_meier([1, 2, 2, 3], [1, 1, 0, 0], level=0.95)
    >>> curve.estimate.tolist(), curve.at_risk.tolist()
    ([0.75, 0.5, 0.5], [4.0, 3.0, 1.0])

    With four times and no censoring the curve is 0.5 from 2 to 3; the median is the middle.

    >>> kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1], level=0.95).median
    2.5
    """
    check_level(level)
    interval = meant("interval", interval, SURVIVAL_INTERVALS)
    times = float_array("time", time)
    ends = float_array("event", np.asarray(event).astype(float))
    check_times(times, ends)
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
    lower, upper = _limits(estimate, spread, -special.ndtri((1 - level) / 2), interval)
    median = (_reaches(distinct, curve, 0.5) for curve in (estimate, lower, upper))
    middle, middle_lower, middle_upper = median
    return KaplanMeier(
        time=distinct, at_risk=at_risk, events=events, censored=leaving - events,
        estimate=estimate,
        std_error=np.multiply(estimate, spread, out=np.zeros(len(events)), where=estimate > 0),
        lower=lower, upper=upper, median=middle, median_lower=middle_lower,
        median_upper=middle_upper, level=level, interval=interval,
    )  # fmt: skip


def check_times(times: Array, ends: Array) -> None:
    """Require one time above 0 a participant, and an event that is 0 or 1."""
    if times.ndim != 1 or times.shape != ends.shape or not len(times):
        raise UserError(
            f"time {times.shape} and event {ends.shape} must be lists of one length, with "
            "somebody in them."
        )
    if not (times > 0).all():
        raise UserError(f"time must be above 0, not {times[~(times > 0)][0]:g}.")
    if not np.isin(ends, (0.0, 1.0)).all():
        raise UserError(f"event must be 0 or 1, not {ends[~np.isin(ends, (0.0, 1.0))][0]:g}.")


def _limits(estimate: Array, spread: Array, z: float, interval: str) -> tuple[Array, Array]:
    """Give the limits on their scale; missing where the estimate is 0, log-log also where 1."""
    lower, upper = np.full((2, len(estimate)), np.nan)
    inside = (estimate > 0) & ((estimate < 1) | (interval != "log-log"))
    share, half = estimate[inside], z * spread[inside]
    if interval == "plain":
        low, high = share * (1 - half), share * (1 + half)
    elif interval == "log":
        low, high = share * np.exp(-half), share * np.exp(half)
    else:
        log = np.log(share)
        low, high = (np.exp(log * np.exp(sign * half / np.abs(log))) for sign in (1, -1))
    lower[inside], upper[inside] = np.maximum(low, 0.0), np.minimum(high, 1.0)
    return lower, upper


def _reaches(time: Array, curve: Array, at: float) -> float:
    """Give the time at which a falling curve reaches a level, the middle where it rests there."""
    if at >= 1:
        return 0.0
    reached = np.nonzero(curve <= at + LEVEL_TOLERANCE)[0]
    if not len(reached):
        return float("nan")
    passed = np.nonzero(curve < at - LEVEL_TOLERANCE)[0]
    if not len(passed) and np.isnan(curve[-1]):
        return float("nan")
    end = time[passed[0]] if len(passed) else time[-1]
    return float((time[reached[0]] + end) / 2)

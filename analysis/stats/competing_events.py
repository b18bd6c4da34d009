"""The cumulative incidence of an event that another may forestall (Aalen and Johansen)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, check_level, float_array
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant
from analysis.stats.intervals import Interval, no_interval, t_limits
from analysis.stats.survival import BEYOND, check_times

INCIDENCE_INTERVALS = ("log-log", "log", "plain")
NO_LIMITS = "no event yet, or everybody has had it: no limits"


@brief(rows="to_frame")
@dataclass(frozen=True, slots=True, kw_only=True)
class CumulativeIncidence(Tabular):
    """A curve of cumulative incidence; arrays with one entry a distinct time of the data.

    Attributes
    ----------
    time
        Distinct times, ascending, in the unit given.
    at_risk
        Participants without either event just before the time.
    events, competing, censored
        Events of interest, competing events and censorings at the time.
    estimate, std_error
        Probability of the event by the time, and its standard error.
    lower, upper
        Confidence limits; missing where the estimate is 0, except plain ones.
    level
        Two-sided confidence level, a fraction.
    interval
        ``"log-log"``, ``"log"`` or ``"plain"``: the scale on which the limits are normal.
    """

    time: Array
    at_risk: Array
    events: Array
    competing: Array
    censored: Array
    estimate: Array
    std_error: Array
    lower: Array
    upper: Array
    level: float
    interval: str

    def at(self, times: ArrayLike) -> pd.DataFrame:
        """Return the curve at some times, one row a time.

        Columns: time, at_risk (just before it), estimate, std_error, lower, upper, reason (why
        one is missing: nobody is followed so long, or there are no limits). Past the last time
        the curve stays where it is if nobody was left.
        """
        asked = np.atleast_1d(float_array("times", times))
        step = np.searchsorted(self.time, asked, side="right")
        first = {"estimate": 0.0, "std_error": 0.0, "lower": np.nan, "upper": np.nan}
        if self.interval == "plain":
            first |= {"lower": 0.0, "upper": 0.0}
        known = (asked <= self.time[-1]) | (self.censored[-1] == 0)
        columns = {
            name: np.where(known, np.append(start, getattr(self, name))[step], np.nan)
            for name, start in first.items()
        }
        before = np.searchsorted(self.time, asked, side="left")
        frame = {"time": asked, "at_risk": np.append(self.at_risk, 0.0)[before]} | columns
        reason = np.select([~known, np.isnan(columns["lower"])], [BEYOND, NO_LIMITS], "")
        return pd.DataFrame(frame | {"reason": reason})


def cumulative_incidence(
    time: ArrayLike,
    event: ArrayLike,
    competing: ArrayLike,
    *,
    level: float,
    interval: str = "log-log",
) -> CumulativeIncidence:
    """Estimate the probability of an event by time, where another event may come first.

    Parameters
    ----------
    time
        Time to the first of both events or to censoring, above 0, one a participant, any unit.
    event
        Whether the time ends with the event of interest (true, 1).
    competing
        Whether it ends with a competing event (true, 1), such as death, after which the event of
        interest can no longer come. Who has neither is censored.
    level
        Two-sided confidence level of the pointwise limits, for example 0.95.
    interval
        ``"log-log"``, ``"log"`` or ``"plain"``: the scale of the limits, on the incidence itself as
        R's survfit has them with several kinds of event; etm's are on one minus the incidence.

    Returns
    -------
    CumulativeIncidence
        The curve; its method ``at`` reads it.

    Raises
    ------
    UserError
        If there is nobody, a time is missing or not above 0, the lengths differ, or somebody has
        both events.

    Notes
    -----
    Aalen–Johansen estimate: the sum over times of the probability of being without either event
    just before, times the share of those at risk who have the event. One minus the Kaplan–Meier
    estimate that censors competing events is larger and no probability of the event. Standard
    error by the delta method with Greenwood's terms, which Allignol and others recommend, as R's
    etm and survfit have it; without competing events it is Greenwood's. R's cmprsk has another.

    References
    ----------
    Aalen, O. O., & Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov
    chains based on censored observations. Scandinavian Journal of Statistics, 5(3), 141-150.

    Allignol, A., Schumacher, M., & Beyersmann, J. (2010). A note on variance estimation of the
    Aalen-Johansen estimator of the cumulative incidence function in competing risks, with a view
    towards left-truncated data. Biometrical Journal, 52(1), 126-137.

    Examples
    --------
    >>> curve = cumulative_incidence([1, 2, 3, 4], [1, 0, 1, 0], [0, 1, 0, 0], level=0.95)
    >>> curve.estimate.tolist()
    [0.25, 0.25, 0.5, 0.5]
    """
    check_level(level)
    interval = meant("interval", interval, INCIDENCE_INTERVALS)
    times = float_array("time", time)
    ends, others = (
        float_array(name, np.asarray(values).astype(float))
        for name, values in (("event", event), ("competing", competing))
    )
    check_times(times, ends)
    if others.shape != ends.shape or not np.isin(others, (0.0, 1.0)).all():
        raise UserError("competing must be a list of 0 or 1, one a participant, as event is.")
    if (ends + others > 1).any():
        raise UserError(
            f"{int((ends + others > 1).sum())} participants have the event and the competing "
            "event, but a time ends with one of them: the first."
        )
    distinct, place = np.unique(times, return_inverse=True)
    events, rivals = (np.bincount(place, weights=each).astype(float) for each in (ends, others))
    leaving = np.bincount(place).astype(float)
    at_risk = len(times) - np.append(0.0, leaving.cumsum()[:-1])
    free = np.append(1.0, np.cumprod(1 - (events + rivals) / at_risk)[:-1])
    estimate = np.cumsum(free * events / at_risk)
    std_error = np.sqrt(_variance(at_risk, events, events + rivals, free, estimate))
    lower, upper = _limits(estimate, std_error, -special.ndtri((1 - level) / 2), interval)
    return CumulativeIncidence(
        time=distinct, at_risk=at_risk, events=events, competing=rivals,
        censored=leaving - events - rivals, estimate=estimate, std_error=std_error, lower=lower,
        upper=upper, level=level, interval=interval,
    )  # fmt: skip


def incidence_difference(
    first: CumulativeIncidence, second: CumulativeIncidence, *, at: float
) -> Interval:
    """Compare two cumulative incidences at one time: the first minus the second.

    H0: the probabilities of the event by the time are equal; H1: they are not.

    Parameters
    ----------
    first, second
        Curves of `cumulative_incidence`, of one level.
    at
        The time.

    Returns
    -------
    Interval
        Difference of the probabilities, with normal limits and test, or the reason why there is
        none.

    References
    ----------
    Zhang, M.-J., & Fine, J. (2008). Summarizing differences in cumulative incidence functions.
    Statistics in Medicine.

    Examples
    --------
    >>> from analysis.stats import cumulative_incidence
    >>> new = cumulative_incidence([1, 2, 3, 4], [1, 0, 0, 0], [0, 1, 0, 0], level=0.95)
    >>> old = cumulative_incidence([1, 2, 3, 4], [1, 0, 1, 0], [0, 1, 0, 0], level=0.95)
    >>> d = incidence_difference(new, old, at=3)
    >>> round(d.estimate, 4), round(d.std_error, 4)
    (-0.25, 0.3307)
    """
    method = f"difference of cumulative incidences at {at:g}"
    if first.level != second.level:
        raise UserError(
            f"the curves have different confidence levels, {first.level:g} and {second.level:g}."
        )
    level = first.level
    one, two = (curve.at(at).iloc[0] for curve in (first, second))
    if BEYOND in (one["reason"], two["reason"]):
        return no_interval(f"{BEYOND} as {at:g}", level=level, method=method)
    std_error = float(np.hypot(one["std_error"], two["std_error"]))
    if std_error == 0:
        return no_interval("both standard errors are 0: no width", level=level, method=method)
    estimate = float(one["estimate"] - two["estimate"])
    lower, upper = t_limits(estimate, std_error, df=np.inf, level=level)
    return Interval(
        estimate=estimate, std_error=std_error, df=np.inf, lower=lower, upper=upper,
        level=level, method=method,
    )  # fmt: skip


def _variance(n: Array, own: Array, both: Array, free: Array, estimate: Array) -> Array:
    """Give the delta method's variance at each time, its sums over the times before in one pass.

    The term of a time holds the rise of the curve since; squares and products are written out,
    with the curve itself taken out of the sums.
    """
    # where everybody left has an event the curve rises no more, and its term is 0
    hazard = np.divide(both, n * (n - both), out=np.zeros(len(n)), where=n > both)
    rise = free**2 * own * (n - own) / n**3
    mixed = free * own / n**2
    squares = estimate**2 * hazard.cumsum() - 2 * estimate * (estimate * hazard).cumsum()
    squares += (estimate**2 * hazard).cumsum()
    products = estimate * mixed.cumsum() - (estimate * mixed).cumsum()
    found = squares + rise.cumsum() - 2 * products
    return np.maximum(found, 0.0)


def _limits(estimate: Array, spread: Array, z: float, interval: str) -> tuple[Array, Array]:
    """Give the limits on their scale; missing where the estimate is 0 or, log-log, 1."""
    if interval == "plain":
        low, high = estimate - z * spread, estimate + z * spread
        return np.maximum(low, 0.0), np.minimum(high, 1.0)
    lower, upper = np.full((2, len(estimate)), np.nan)
    inside = (estimate > 0) & ((estimate < 1 - 1e-12) | (interval == "log"))
    share, half = estimate[inside], z * spread[inside]
    if interval == "log":
        low, high = (share * np.exp(sign * half / share) for sign in (-1, 1))
    else:
        log = np.log(share)
        low, high = (np.exp(log * np.exp(sign * half / (share * -log))) for sign in (1, -1))
    lower[inside], upper[inside] = low, np.minimum(high, 1.0)
    return lower, upper

"""Who is at risk at every event: what the partial likelihood of a Cox model is made of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.stats._checks import Array

Places = NDArray[np.intp]
STRIDE = 300.0
"""Exponents between two levels of the sums; exp(2 × 300) is still a number."""


class Contributions(NamedTuple):
    """What the event times add to the log partial likelihood and to its derivatives.

    Attributes
    ----------
    log_likelihood : float
        Of all times together.
    score, information : numpy.ndarray
        First and minus second derivatives, one row an event time of a stratum.
    """

    log_likelihood: float
    score: Array
    information: Array


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSets:
    """Participants by stratum, the longest followed first, so that a risk set is a beginning.

    Attributes
    ----------
    ties : str
        ``"efron"``, ``"breslow"`` or ``"discrete"``.
    order : numpy.ndarray
        Place of each row in the data given.
    follow_up : numpy.ndarray
        Time of each row, to the event or to censoring.
    matrix : numpy.ndarray
        Columns of the model, one row a participant.
    starts : numpy.ndarray
        First row of each stratum, and the number of rows.
    had : numpy.ndarray
        Rows with an event, by stratum and time.
    first, count : numpy.ndarray
        Of each event time: where its events begin in `had`, and how many they are.
    last : numpy.ndarray
        Of each event time: the row at which its risk set ends.
    stratum : numpy.ndarray
        Of each event time: its stratum.
    time : numpy.ndarray
        The event times.
    """

    ties: str
    order: Places
    follow_up: Array
    matrix: Array
    starts: Places
    had: Places
    first: Places
    count: Places
    last: Places
    stratum: Places
    time: Array

    def contributions(self, beta: Array) -> Contributions:
        """Return what each event time adds at some coefficients."""
        eta = self.matrix @ beta
        if self.ties == "discrete":
            from analysis.stats.cox_discrete import discrete_contributions

            return discrete_contributions(self, eta)
        return _by_slots(self, eta)

    def observed(self) -> Array:
        """Return the sum of the columns over the events of each time."""
        return np.add.reduceat(self.matrix[self.had], self.first, axis=0)

    def grows_along(self, direction: Array) -> bool:
        """Return whether the likelihood never falls along a direction: it has no maximum.

        So it is when at every event those who have it are, in that direction, the first of all
        at risk; then nothing is lost however far one goes.
        """
        along = self.matrix @ direction
        slack = 1e-6 * float(np.ptp(along))
        highest = np.empty_like(along)
        for start, stop in zip(self.starts[:-1], self.starts[1:], strict=True):
            highest[start:stop] = np.maximum.accumulate(along[start:stop])
        if self.ties != "discrete":
            top = highest[self.last - 1]
            return bool((along[self.had] >= np.repeat(top, self.count) - slack).all())
        least = np.minimum.reduceat(along[self.had], self.first)
        before = self.had[self.first] - 1  # those without the event stand before those with it
        alone = before < self.starts[self.stratum]
        top = np.where(alone, -np.inf, highest[before])
        return bool((least >= top - slack).all())


def risk_sets(time: Array, event: Array, stratum: Places, matrix: Array, ties: str) -> RiskSets:
    """Sort participants into risk sets; there must be an event."""
    order = np.lexsort((event, -time, stratum))
    times, events, strata = time[order], event[order], stratum[order]
    new = np.append(True, (np.diff(times) != 0) | (np.diff(strata) != 0))
    ends = np.append(np.flatnonzero(new)[1:], len(times))
    block = np.cumsum(new) - 1
    had = np.flatnonzero(events == 1)
    first = np.flatnonzero(np.append(True, np.diff(block[had]) != 0))
    return RiskSets(
        ties=ties, order=order, follow_up=times, matrix=matrix[order],
        starts=np.append(np.flatnonzero(np.append(True, np.diff(strata) != 0)), len(times)),
        had=had, first=first, count=np.diff(np.append(first, len(had))),
        last=ends[block[had[first]]], time=times[had[first]],
        stratum=np.cumsum(np.append(0, np.diff(strata) != 0))[had[first]],
    )  # fmt: skip


def _by_slots(sets: RiskSets, eta: Array) -> Contributions:
    """Give Efron's or Breslow's contributions: one slot an event.

    Breslow leaves every tied event at risk for each of them; Efron takes them out bit by bit.
    """
    size = sets.matrix.shape[1]
    time = np.repeat(np.arange(len(sets.first)), sets.count)
    sums, levels = _running_sums(sets, eta)
    levels = levels[sets.last - 1][time]
    at_risk = sums[sets.last - 1][time]
    if sets.ties == "efron":
        weight = np.exp(eta[sets.had] - levels)
        tied = np.add.reduceat(_moments(weight, sets.matrix[sets.had]), sets.first, axis=0)
        gone = (np.arange(len(sets.had)) - sets.first[time]) / sets.count[time]
        at_risk = at_risk - gone[:, None] * tied[time]
    total = at_risk[:, :1]
    mean = at_risk[:, 1 : size + 1] / total
    second = (at_risk[:, size + 1 :] / total).reshape(-1, size, size)
    spread = second - mean[:, :, None] * mean[:, None, :]
    return Contributions(
        log_likelihood=float((eta[sets.had] - levels - np.log(total[:, 0])).sum()),
        score=sets.observed() - np.add.reduceat(mean, sets.first, axis=0),
        information=np.add.reduceat(spread, sets.first, axis=0),
    )


def _moments(weight: Array, x: Array) -> Array:
    """Give the weight of each row, and its products with the columns and their products."""
    products = (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    return weight[:, None] * np.hstack([np.ones((len(x), 1)), x, products])


def _running_sums(sets: RiskSets, eta: Array) -> tuple[Array, Array]:
    """Give the sums over each beginning of a stratum, divided by exp(level), and that level.

    The level is near the largest exponent so far and moves in strides, so that one value far from
    all others neither overflows nor wipes out the sums of the risk sets without it.
    """
    sums = np.empty((len(eta), 1 + sets.matrix.shape[1] + sets.matrix.shape[1] ** 2))
    levels = np.empty(len(eta))
    for start, stop in zip(sets.starts[:-1], sets.starts[1:], strict=True):
        strides = STRIDE * np.floor(np.maximum.accumulate(eta[start:stop]) / STRIDE)
        levels[start:stop] = strides
        cuts = start + np.flatnonzero(np.diff(strides)) + 1
        for low, high in pairwise([start, *cuts, stop]):
            own = slice(low, high)
            sums[own] = _moments(np.exp(eta[own] - levels[low]), sets.matrix[own])
            if low > start:
                sums[low] += sums[low - 1] * np.exp(levels[low - 1] - levels[low])
            np.cumsum(sums[own], axis=0, out=sums[own])
    return sums, levels

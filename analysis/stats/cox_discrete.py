"""The conditional likelihood of a Cox model in discrete time: R's "exact" method for ties."""

from __future__ import annotations

import numpy as np

from analysis.stats._checks import Array
from analysis.stats.cox_risk_sets import Contributions, RiskSets


def discrete_contributions(sets: RiskSets, eta: Array) -> Contributions:
    """Return what each event time adds: those with the event among all sets of as many at risk.

    Notes
    -----
    The sum over all sets of *d* of the *n* at risk is built by adding one participant after
    another (Gail, Lubin and Rubinstein 1981): he is in the set or he is not. Here it is the
    share of the sets that hold him which is carried on, with mean and covariance of the columns'
    sums over a set, so that no number is too large or too small. Risk sets are beginnings of one
    order, so one passage through a stratum serves all of its times.

    References
    ----------
    Gail, M. H., Lubin, J. H., & Rubinstein, L. V. (1981). Likelihood calculations for matched
    case-control studies and survival studies with tied death times. Biometrika, 68(3), 703-707.
    """
    size = sets.matrix.shape[1]
    logs = np.empty(len(sets.first))
    means = np.empty((len(sets.first), size))
    spreads = np.empty((len(sets.first), size, size))
    for stratum in np.unique(sets.stratum):
        # the longest followed first: a stratum's times in the order of their risk sets
        times = np.flatnonzero(sets.stratum == stratum)
        start = int(sets.starts[stratum])
        state = _Subsets(int(sets.count[times].max()), size)
        for time in times:
            stop = int(sets.last[time])
            for row in range(start, stop):
                state.add(float(eta[row]), sets.matrix[row])
            start, events = stop, int(sets.count[time])
            logs[time] = state.log[events]
            means[time], spreads[time] = state.mean[events], state.spread[events]
    return Contributions(
        log_likelihood=float(eta[sets.had].sum() - logs.sum()),
        score=sets.observed() - means,
        information=spreads,
    )


class _Subsets:
    """All sets of 0, 1, 2, … participants: log of their sum, mean and covariance of a set."""

    def __init__(self, largest: int, size: int) -> None:
        self.log = np.full(largest + 1, -np.inf)
        self.log[0] = 0.0
        self.mean = np.zeros((largest + 1, size))
        self.spread = np.zeros((largest + 1, size, size))
        self.added = 0

    def add(self, eta: float, x: Array) -> None:
        """Let every set hold one participant more, or not."""
        self.added += 1
        top = min(len(self.log) - 1, self.added)
        smaller, own = slice(0, top), slice(1, top + 1)
        with_him = self.log[smaller] + eta
        total = np.logaddexp(self.log[own], with_him)
        share = np.exp(with_him - total)[:, None]
        gap = x + self.mean[smaller] - self.mean[own]
        between = (share * (1 - share) * gap)[:, :, None] * gap[:, None, :]
        weight = share[:, :, None]
        self.spread[own] = (1 - weight) * self.spread[own] + weight * self.spread[smaller] + between
        self.mean[own] += share * gap
        self.log[own] = total

"""When a sequence of test statistics first crosses its bounds: recursive numerical integration.

The statistics z₁, z₂, … of a trial that is looked at several times are those of a Brownian motion
with drift: s = z √t has independent normal increments, of mean drift · Δt and variance Δt, where t
is the fraction of the information. The density of s among the trials that go on is carried from
look to look on Gauss-Legendre nodes (Armitage, McPherson and Rowe 1969). It is carried without
drift only; a drift multiplies it by exp(drift · s − drift² t / 2), so that many drifts cost one
recursion.
"""

import math

import numpy as np
from scipy import optimize, special

from analysis.stats._checks import Array

NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)
PANEL = 5.0
"""Widest panel of the quadrature, in standard deviations of the narrower increment beside it."""
FEWEST = 8
"""Fewest panels."""
BEYOND = 8.5
"""Standard deviations beyond which nothing is left of a normal distribution."""


class Course:
    """The trials that go on after the looks so far, for several drifts at once.

    Parameters
    ----------
    times
        Information fractions of all looks, rising.
    drifts
        Drifts, one or more.
    """

    def __init__(self, times: Array, drifts: Array) -> None:
        self.drifts = np.asarray(drifts, dtype=float)
        self._times = [0.0, *times.tolist()]
        self._look = 1
        self._places = np.zeros(1)
        self._shares = np.ones(1)

    def _step(self, look: int) -> float:
        """Return the standard deviation of the increment that leads to a look."""
        return math.sqrt(self._times[look] - self._times[look - 1])

    def crossing(self, bound: float) -> Array:
        """Return the probability that this look is the first above its bound, by drift."""
        step, before = self._step(self._look), self._times[self._look - 1]
        distance = (bound * math.sqrt(self._times[self._look]) - self._places) / step
        drifts = self.drifts[:, None]
        leaving = special.ndtr(drifts * step - distance)
        weights = np.exp(drifts * self._places - drifts**2 * before / 2)
        return np.asarray((leaving * weights) @ self._shares, dtype=float)

    def bound_for(self, probability: float) -> float:
        """Return the bound of this look that is first crossed with a probability, by no drift.

        Infinite where the probability is too small to be one.
        """

        def excess(bound: float) -> float:
            return math.log(max(float(self.crossing(bound)[0]), 1e-320) / probability)

        if probability < 1e-300:
            return math.inf
        return float(optimize.brentq(excess, -BEYOND, 40.0, xtol=1e-13, rtol=1e-13))

    def go_on(self, bound: float) -> None:
        """Carry the trials that do not cross this look's bound to the next one."""
        time, step = self._times[self._look], self._step(self._look)
        scale = math.sqrt(time)
        least = min(0.0, float(self.drifts.min())) * time - BEYOND * scale
        most = max(0.0, float(self.drifts.max())) * time + BEYOND * scale
        most = max(min(most, bound * scale), least)
        width = PANEL * min(step, self._step(self._look + 1))
        ends = np.linspace(least, most, max(FEWEST, math.ceil((most - least) / width)) + 1)
        half = (ends[1] - ends[0]) / 2
        places = (ends[:-1, None] + half * (1 + NODES)).ravel()
        weights = np.tile(half * WEIGHTS, ends.size - 1) / (step * math.sqrt(2 * math.pi))
        density = np.exp(-(((places[:, None] - self._places) / step) ** 2) / 2)
        self._shares = (density @ self._shares) * weights
        self._places = places
        self._look += 1


def first_crossings(times: Array, bounds: Array, drifts: Array) -> Array:
    """Return the probability that each look is the first above its bound: one row a drift."""
    course, found = Course(times, drifts), []
    for look, bound in enumerate(bounds.tolist(), start=1):
        found.append(course.crossing(bound))
        if look < times.size:
            course.go_on(bound)
    return np.column_stack(found)

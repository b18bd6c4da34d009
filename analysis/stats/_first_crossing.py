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

NODES, WEIGHTS = np.polynomial.legendre.leggauss(400)
BEYOND = 9.0
"""Standard deviations beyond which nothing is left of a normal distribution."""


class Course:
    """The trials that go on after the looks so far, for several drifts at once."""

    def __init__(self, drifts: Array) -> None:
        self.drifts = np.atleast_1d(np.asarray(drifts, dtype=float))
        self.fraction = 0.0
        self._places = np.zeros(1)
        self._shares = np.ones(1)

    def crossing(self, fraction: float, bound: float) -> Array:
        """Return the probability that the next look is the first above its bound, by drift."""
        step = math.sqrt(fraction - self.fraction)
        distance = (bound * math.sqrt(fraction) - self._places) / step
        leaving = special.ndtr(self.drifts[:, None] * step - distance)
        weights = np.exp(
            self.drifts[:, None] * self._places - self.drifts[:, None] ** 2 * self.fraction / 2
        )
        return np.asarray((leaving * weights) @ self._shares, dtype=float)

    def bound_for(self, fraction: float, probability: float) -> float:
        """Return the bound of the next look that is first crossed with a probability, at no drift.

        Infinite where the probability is too small to be one.
        """

        def excess(bound: float) -> float:
            return math.log(max(float(self.crossing(fraction, bound)[0]), 1e-320) / probability)

        if probability < 1e-300:
            return math.inf
        return float(optimize.brentq(excess, -BEYOND, 40.0, xtol=1e-13, rtol=1e-13))

    def go_on(self, fraction: float, bound: float) -> None:
        """Carry the trials that do not cross the bound to the next look."""
        scale = math.sqrt(fraction)
        least = min(0.0, float(self.drifts.min())) * fraction - BEYOND * scale
        most = max(0.0, float(self.drifts.max())) * fraction + BEYOND * scale
        most = max(min(most, bound * scale), least)
        places = (most + least) / 2 + (most - least) / 2 * NODES
        step = math.sqrt(fraction - self.fraction)
        density = np.exp(-(((places[:, None] - self._places) / step) ** 2) / 2)
        self._shares = (
            (density @ self._shares)
            * WEIGHTS
            * ((most - least) / 2 / (step * math.sqrt(2 * math.pi)))
        )
        self._places, self.fraction = places, fraction


def first_crossings(fractions: Array, bounds: Array, drifts: Array) -> Array:
    """Return the probability that each look is the first above its bound: one row a drift."""
    course, found = Course(drifts), []
    for fraction, bound in zip(fractions.tolist(), bounds.tolist(), strict=True):
        found.append(course.crossing(fraction, bound))
        course.go_on(fraction, bound)
    return np.column_stack(found)

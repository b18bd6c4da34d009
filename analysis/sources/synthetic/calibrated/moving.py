"""Move a drawn sample, as little as possible, until every printed number comes out.

Each step is affine: the shortest change of the sample, in standard deviations, under which all
numbers that do not hold would hold to first order. Numbers that cannot all hold are found by
leaving out one after the other; which one is left out is said, and nothing is fudged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.sources.synthetic.calibrated.statistics import Gradient, Statistic
from analysis.sources.synthetic.draws import Floats

ROUNDS, EXACT_ROUNDS = 60, 10
"""Steps towards what rounds to the printed numbers; the first go to the numbers themselves."""
PATIENCE = 6
"""Steps without coming nearer after which the goals are held to contradict each other."""
SLACK = 1e-4
"""Units by which a number may lie beyond its limits: the steps end near them."""
MOST_DOUBTED = 8
"""Numbers that are left out in turn to find the one in the way."""
WITHIN = (0.35, 0.45, 0.495)
"""Units of the last digit from the printed number, wider where the first cannot be had; from 0.5
on it would round to another one."""
HELD = 0.3
"""Weight of a number that holds already."""
DAMPING, NEAR = 1e-9, 1e-6
"""Of the first step; and the miss, in units, at which a number is met."""
LONGEST = 1.0
"""Standard deviations that one step moves a value by at most."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A statistic and between which values it is to come out.

    Parameters
    ----------
    key
        Names the number.
    statistic
        Function of the sample.
    value
        What is aimed at.
    low, high
        Between what it rounds to the printed number.
    unit
        By which a miss is measured: one in the last digit printed.
    """

    key: str
    statistic: Statistic
    value: float
    low: float
    high: float
    unit: float

    def between(self, within: float) -> tuple[float, float]:
        """Return the limits with room to spare: 0.5 are the limits themselves."""
        share = 2 * within
        return (
            self.value + share * (self.low - self.value),
            self.value + share * (self.high - self.value),
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """A sample, and which goals it misses.

    Parameters
    ----------
    sample
        One row a participant.
    missed
        Key of each goal that cannot hold with the others → the keys of those in its way.
    """

    sample: Floats
    missed: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Of each column of a sample its standard deviation, of each value between what it must lie."""

    scale: Floats
    low: Floats
    high: Floats


def move(
    sample: Floats, goals: Sequence[Goal], limits: Limits, rank: Callable[[str], int]
) -> Moved:
    """Return a sample near this one in which every goal holds that can.

    Parameters
    ----------
    sample
        As drawn; it is not changed.
    goals
        What is to hold.
    limits
        Of its columns.
    rank
        Key of a goal → its rank; those of the lowest are doubted first where not all can hold.

    Notes
    -----
    Goals that share no values are met apart from each other. Where not all of a group can hold,
    each of those that miss is left out in turn, the most doubtful first; the first without which
    all others hold is named, with those that missed together with it.
    """
    moved, missed = sample.copy(), dict[str, tuple[str, ...]]()
    for group in _apart(goals):
        moved, found = _moved(moved, group, limits, rank)
        missed |= found
    return Moved(moved, missed)


def _moved(
    sample: Floats, goals: list[Goal], limits: Limits, rank: Callable[[str], int]
) -> tuple[Floats, dict[str, tuple[str, ...]]]:
    kept, missed = list(goals), dict[str, tuple[str, ...]]()
    near, failing = _approached(sample, kept, limits, WITHIN)
    while failing:
        against = tuple(goal.key for goal in failing)
        doubted = sorted(failing, key=lambda goal: rank(goal.key))[:MOST_DOUBTED]
        tries = {}
        for goal in doubted:
            others = [each for each in kept if each is not goal]
            tries[goal.key] = _approached(near, others, limits, WITHIN[-1:])
            if not tries[goal.key][1]:
                break
        chosen = min(tries, key=lambda key: len(tries[key][1]))
        rivals = against if len(against) > 1 else tuple(each.key for each in kept)
        missed[chosen] = tuple(key for key in rivals if key != chosen)
        kept = [goal for goal in kept if goal.key != chosen]
        near, failing = tries[chosen]
    for key in list(missed) if len(missed) > 1 else []:
        # One that was left out for another's sake may hold after all.
        with_it = [goal for goal in goals if goal.key == key or goal in kept]
        again, failing = _approached(near, with_it, limits, WITHIN[-1:])
        if not failing:
            near, kept = again, with_it
            del missed[key]
    if missed:
        # From the drawn sample again, so that what was in the way has left no trace.
        again, failing = _approached(sample, kept, limits, WITHIN)
        near = near if failing else again
    return near, missed


def _approached(
    sample: Floats, goals: Sequence[Goal], limits: Limits, margins: Sequence[float]
) -> tuple[Floats, list[Goal]]:
    """Return a sample near this one, and the goals that it still misses.

    It is moved to the printed numbers first, and only as far as they allow to what rounds to them.
    """
    printed = [(goal.value, goal.value) for goal in goals]
    near = _descended(sample, goals, limits, printed, EXACT_ROUNDS)
    missed = list(goals)
    for within in margins:
        allowed = [goal.between(within) for goal in goals]
        near = _descended(near, goals, limits, allowed, ROUNDS)
        missed = [
            goal
            for goal, (low, high) in zip(goals, allowed, strict=True)
            if not low - SLACK * goal.unit <= goal.statistic(near)[0] <= high + SLACK * goal.unit
        ]
        if not missed:
            break
    return near, missed


def _descended(
    sample: Floats,
    goals: Sequence[Goal],
    limits: Limits,
    bounds: Sequence[tuple[float, float]],
    rounds: int,
) -> Floats:
    """Return the sample after shortest steps (Levenberg and Marquardt) towards the bounds."""
    low, high = np.array(bounds).T
    units = np.array([goal.unit for goal in goals])

    def measured(sample: Floats) -> tuple[Floats, list[Gradient]]:
        found = [goal.statistic(sample) for goal in goals]
        now = np.array([value for value, _ in found])
        return (np.clip(now, low, high) - now) / units, [gradient for _, gradient in found]

    miss, gradients = measured(sample)
    damping, waited = DAMPING, 0
    for _ in range(rounds):
        if float(np.abs(miss).max(initial=0.0)) < NEAR or waited > PATIENCE:
            break
        stepped = _stepped(sample, gradients, miss, units, limits, damping)
        after, slopes = measured(stepped)
        if after @ after < miss @ miss:
            waited = waited + 1 if after @ after > 0.98 * (miss @ miss) else 0
            sample, miss, gradients, damping = stepped, after, slopes, damping / 5
        else:
            waited, damping = waited + 1, damping * 8
    return sample


def _stepped(
    sample: Floats,
    gradients: Sequence[Gradient],
    miss: Floats,
    units: Floats,
    limits: Limits,
    damping: float,
) -> Floats:
    """Return the sample after the shortest step that would meet all goals to first order."""
    weights = np.where(np.abs(miss) > 0, 1.0, HELD)
    jacobian = np.zeros((len(gradients), *sample.shape))
    for goal, gradient in zip(jacobian, gradients, strict=True):
        for rows, terms, slope in gradient:
            for column, by in terms:
                goal[rows, column] += by * slope
    jacobian *= limits.scale
    flat = jacobian.reshape(len(gradients), -1) * (weights / units)[:, None]
    gram = flat @ flat.T
    gram[np.diag_indices_from(gram)] += damping * np.trace(gram) / len(gram) + 1e-300
    change = (flat.T @ np.linalg.solve(gram, miss * weights)).reshape(sample.shape)
    longest = float(np.abs(change).max(initial=0.0))
    change *= min(1.0, LONGEST / longest) if longest else 1.0
    return np.asarray(np.clip(sample + change * limits.scale, limits.low, limits.high))


def _apart(goals: Sequence[Goal]) -> list[list[Goal]]:
    """Return groups of goals that have no value of the sample in common."""
    groups: list[tuple[set[tuple[int, int]], list[Goal]]] = []
    for goal in goals:
        cells, members = _cells(goal.statistic), [goal]
        rest = []
        for own, others in groups:
            if own & cells:
                cells |= own
                members = others + members
            else:
                rest.append((own, others))
        groups = [*rest, (cells, members)]
    return [members for _, members in groups]


def _cells(statistic: Statistic) -> set[tuple[int, int]]:
    """Return the values that a statistic is of, by column and row."""
    found = set()
    for rows, columns in statistic.uses:
        for column in columns:
            found |= {(column, int(row)) for row in rows}
    return found

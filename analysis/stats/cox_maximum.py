"""The largest partial likelihood of a Cox model, along all or some of its coefficients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.cox_risk_sets import RiskSets

STEPS = 100
FLAT = 1e-11
"""Share of the information at the start below which the likelihood is flat: 25 or so away."""


class Peak(NamedTuple):
    """Where the log likelihood is largest.

    Attributes
    ----------
    beta : numpy.ndarray
        Coefficients of the standardised columns.
    log_likelihood : float
        There.
    score, information : numpy.ndarray
        First and minus second derivatives there.
    direction : numpy.ndarray or None
        Where there is no maximum: the direction in which the likelihood grows for ever.
    """

    beta: Array
    log_likelihood: float
    score: Array
    information: Array
    direction: Array | None


def at(sets: RiskSets, beta: Array) -> Peak:
    """Return the log likelihood and its derivatives at some coefficients."""
    parts = sets.contributions(beta)
    return Peak(
        beta, parts.log_likelihood, parts.score.sum(axis=0), parts.information.sum(axis=0), None
    )


def flat(null: Peak) -> float:
    """Return the least information, in any direction, that a maximum may have."""
    return FLAT * float(np.linalg.eigvalsh(null.information)[0])


def climb(sets: RiskSets, start: Array, free: Array, least: float) -> Peak:
    """Return the maximum over the coefficients that are free, by Newton's method.

    Parameters
    ----------
    sets
        The risk sets.
    start
        Coefficients to begin at; those not free stay.
    free
        Which coefficients are free, as truth values.
    least
        The least information, in any direction, that a maximum may have.

    Raises
    ------
    UserError
        If the search comes to no end.
    """
    place = at(sets, start)
    if not free.any():
        return place
    inner = np.ix_(free, free)
    for _ in range(STEPS):
        information = place.information[inner]
        values, vectors = np.linalg.eigh(information)
        level = values <= least
        values = np.maximum(values, np.finfo(float).eps * least)
        turned = vectors.T @ place.score[free]
        step = np.zeros(len(start))
        step[free] = vectors @ np.where(level, turned / values, 0.0)
        if level.any() and step.any() and sets.grows_along(step):
            return place._replace(direction=step)
        step[free] = _within_reach(sets, place.beta, free, vectors @ (turned / values))
        gain = float(turned @ (turned / values))
        after = at(sets, place.beta + step)
        halved = 0
        while after.log_likelihood < place.log_likelihood - 1e-9 and halved < 30:
            step, halved = step / 2, halved + 1
            after = at(sets, place.beta + step)
        place = after
        if gain < 1e-15:
            return place
    raise _no_maximum()


def highest(sets: RiskSets, null: Peak) -> Peak:
    """Return the maximum over all coefficients, or the direction in which there is none.

    Raises
    ------
    UserError
        If the likelihood is flat where the search ends, and not for ever.
    """
    peak = climb(sets, null.beta, np.ones(len(null.beta), dtype=bool), flat(null))
    if peak.direction is None and np.linalg.eigvalsh(peak.information)[0] <= flat(null):
        raise _no_maximum()
    return peak


def _no_maximum() -> UserError:
    return UserError(
        "the Cox model has no largest likelihood that can be told from those around it: use fewer "
        "terms, or look for a covariate with a few values far from all others"
    )


def _within_reach(sets: RiskSets, beta: Array, free: Array, step: Array) -> Array:
    """Shorten a step that would more than double how far apart the participants are."""
    apart = float(np.ptp(sets.matrix @ beta))
    wanted = float(np.ptp(sets.matrix[:, free] @ step))
    return step * min(1.0, max(apart, 20.0) / wanted) if wanted > 0 else step


def profile_limits(
    sets: RiskSets, peak: Peak, number: int, *, level: float, width: float, least: float
) -> tuple[float, float]:
    """Return the limits of one coefficient by the likelihood ratio.

    Those are the values that the likelihood-ratio test does not reject at 1 − level, the other
    coefficients at their best for each. `width` is half of the Wald interval, which is where the
    search begins. Where the coefficient runs off without end, so does one of its limits.
    """
    fall = float(special.chdtri(1, 1 - level)) / 2
    away = 0.0 if peak.direction is None else float(peak.direction[number])
    limits = []
    for side in (-1.0, 1.0):
        endless = peak.direction is not None and abs(away) > separated_from(peak.direction)
        if endless and away * side > 0:
            limits.append(side * np.inf)
            continue
        # where the maximum is endless, zero is a place with a slope
        inner = -side * np.inf if endless else float(peak.beta[number])
        first = 0.0 if endless else inner + side * width
        start = peak.beta.copy()
        start[number] = first
        found = _falls(sets, peak.log_likelihood - fall, start, number, inner, side, least)
        limits.append(found)
    return limits[0], limits[1]


def separated_from(direction: Array) -> float:
    """Return how large a part of an endless direction must be to count."""
    return 1e-4 * float(np.abs(direction).max())


def _falls(
    sets: RiskSets, target: float, start: Array, number: int, inner: float, side: float,
    least: float,
) -> float:  # fmt: skip
    """Find where the profile falls to a target, from `inner`, where it is above, to one side.

    The profile is concave, so Newton's steps close in; where they do not, half of the way does.
    """
    free = np.arange(len(start)) != number
    beta, outer = start, side * np.inf
    for _ in range(2 * STEPS):
        found = climb(sets, beta, free, least)
        place, excess = float(beta[number]), found.log_likelihood - target
        inner, outer = (place, outer) if excess > 0 else (inner, place)
        slope = float(found.score[number])
        after = place - excess / slope if slope * side < 0 else np.inf
        if abs(after - place) < 1e-11 * max(1.0, abs(place)):
            return float(after)
        reach = max(1.0, 3 * abs(place - inner)) if np.isfinite(inner) else 2.0 * (1 + abs(place))
        beta = found.beta.copy()
        beta[number] = _between(after, place, inner, outer, side * reach)
    return float(beta[number])


def _between(after: float, place: float, inner: float, outer: float, reach: float) -> float:
    """Keep a step between what is known to lie inside and outside, and within reach."""
    low, high = min(inner, outer), max(inner, outer)
    if low < after < high and abs(after - place) <= abs(reach):
        return after
    if np.isfinite(low) and np.isfinite(high):
        return (low + high) / 2
    return place + reach if np.isinf(outer) else place - reach

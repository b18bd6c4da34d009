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
        lowest = values[0] <= least
        values = np.maximum(values, np.finfo(float).tiny if not lowest else least)
        turned = vectors.T @ place.score[free]
        step = np.zeros(len(start))
        step[free] = vectors @ (turned / values)
        if lowest and sets.grows_along(step):
            return place._replace(direction=step)
        gain = float(turned @ (turned / values))
        after = at(sets, place.beta + step)
        halved = 0
        while after.log_likelihood < place.log_likelihood - 1e-9 and halved < 30:
            step, halved = step / 2, halved + 1
            after = at(sets, place.beta + step)
        place = after
        if gain < 1e-15:
            return place
    raise UserError(
        f"the Cox model found no largest likelihood in {STEPS} steps: use fewer terms, or look for "
        "a covariate with a few values far from all others"
    )


def profile_limits(
    sets: RiskSets, peak: Peak, number: int, *, level: float, width: float, least: float
) -> tuple[float, float]:
    """Return the limits of one coefficient by the likelihood ratio.

    Those are the values that the likelihood-ratio test does not reject at 1 − level, the other
    coefficients at their best for each. `width` is half of the Wald interval, which is where the
    search begins. Where the coefficient runs off without end, so does one of its limits.
    """
    fall = float(special.chdtri(1, 1 - level)) / 2
    free = np.arange(len(peak.beta)) != number
    away = 0.0 if peak.direction is None else float(peak.direction[number])
    limits = []
    for side in (-1.0, 1.0):
        endless = peak.direction is not None and abs(away) > separated_from(peak.direction)
        if endless and away * side > 0:
            limits.append(side * np.inf)
            continue
        start = peak.beta.copy()
        # where the maximum is endless, zero is a place with a slope
        start[number] = 0.0 if endless else start[number] + side * width
        limits.append(_falls(sets, peak.log_likelihood - fall, start, number, free, least))
    return limits[0], limits[1]


def separated_from(direction: Array) -> float:
    """Return how large a part of an endless direction must be to count."""
    return 1e-4 * float(np.abs(direction).max())


def _falls(
    sets: RiskSets, target: float, start: Array, number: int, free: Array, least: float
) -> float:
    """Find where the profile falls to a target; it is concave, so Newton's steps close in."""
    beta = start
    for _ in range(STEPS):
        found = climb(sets, beta, free, least)
        step = (target - found.log_likelihood) / float(found.score[number])
        beta = found.beta.copy()
        beta[number] += float(np.clip(step, -5.0, 5.0))
        if abs(step) < 1e-11 * max(1.0, abs(beta[number])):
            break
    return float(beta[number])

"""Cox's regression of two arms in many trials at once, from arrays and without ties."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.stats._checks import Array

Flags = NDArray[np.bool_]
STEPS, NEAR = 30, 1e-10
"""Newton's steps, and the length of one after which the maximum is reached."""


class LogHazardRatios(NamedTuple):
    """Log hazard ratios, test over reference, and their standard errors; NaN where none exists."""

    estimates: Array
    std_errors: Array


def log_hazard_ratios(times: Array, events: Flags, n_test: int) -> LogHazardRatios:
    """Fit the proportional hazards of two arms to each of many trials.

    Parameters
    ----------
    times
        (trials, patients), the patients of the test arm first; no two of a trial with an event
        alike.
    events
        Whether a time ends with the event, of the same shape.
    n_test
        Patients of the test arm.

    Returns
    -------
    LogHazardRatios
        As Cox's partial likelihood gives them. A trial in which only one arm had events has none.

    Examples
    --------
    Events of test, reference, test, reference in this order:

    >>> found = log_hazard_ratios(np.array([[1.0, 3.0, 2.0, 4.0]]), np.ones((1, 4), bool), 2)
    >>> found.estimates.round(3).tolist()
    [0.941]
    """
    order = np.argsort(times, axis=1, kind="stable")
    test = order < n_test
    happened = np.take_along_axis(events, order, axis=1)
    size = times.shape[1]
    # At risk at each time: who comes no earlier.
    tests = np.cumsum(test[:, ::-1], axis=1)[:, ::-1].astype(float)
    others = np.arange(size, 0, -1) - tests
    observed = (happened & test).sum(axis=1)
    both = (observed > 0) & (observed < happened.sum(axis=1))
    # Events while both arms are at risk say something; the others have a probability of 0 or 1.
    counted = happened & (tests > 0) & (others > 0)
    inside = (counted & test).sum(axis=1)
    both &= (inside > 0) & (inside < counted.sum(axis=1))
    tests, others, counted = tests[both], others[both], counted[both]
    estimate, information = _newton(tests, others, counted, inside[both])
    found = [np.full(len(times), np.nan) for _ in range(2)]
    found[0][both], found[1][both] = estimate, 1 / np.sqrt(information)
    return LogHazardRatios(*found)


def _newton(
    tests: Array, others: Array, counted: Flags, observed: NDArray[np.int_]
) -> tuple[Array, Array]:
    """Return the maximum of each partial likelihood and the information there."""
    estimate = np.zeros(len(tests))
    information = np.ones(len(tests))
    for _ in range(STEPS):
        odds = np.exp(estimate)[:, None] * tests
        share = odds / (odds + others)
        expected = np.where(counted, share, 0.0).sum(axis=1)
        information = np.where(counted, share * (1 - share), 0.0).sum(axis=1)
        step = np.clip((observed - expected) / information, -1.0, 1.0)
        estimate = estimate + step
        if bool((np.abs(step) < NEAR).all()):
            break
    return estimate, information

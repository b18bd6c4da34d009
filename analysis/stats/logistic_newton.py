"""The maximum of a logistic likelihood, by Newton's method."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from analysis.stats._checks import Array

STEPS = 100
"""Steps of Newton's method; five to eight are usual, more only where events are near certain."""


class Maximum(NamedTuple):
    """Where the likelihood is largest, as far as Newton's method came.

    Attributes
    ----------
    coefficients : numpy.ndarray
        One a column.
    log_likelihood : float
        There.
    eta : numpy.ndarray
        Log odds of each record.
    steepest : float
        Largest part of the gradient there.
    sure : bool
        Whether it is proven that a maximum exists and this is it.
    """

    coefficients: Array
    log_likelihood: float
    eta: Array
    steepest: float
    sure: bool


def maximise(
    matrix: Array, target: Array, *, offset: Array | float = 0.0, start: Array | None = None
) -> Maximum:
    """Find the coefficients of largest likelihood of ``offset + matrix @ coefficients``.

    Notes
    -----
    At a stationary point every direction of the coefficients has a score of zero. If one
    separated the events from the rest, its score would be a sum of residuals times distances of
    one sign, and so at least the smallest residual. A vanishing gradient with residuals that do
    not vanish is therefore a proof that a maximum exists, as long as they are above rounding.
    """
    sign = 2.0 * target - 1.0
    coefficients = np.zeros(matrix.shape[1]) if start is None else start
    eta = offset + matrix @ coefficients
    value = _log_likelihood(sign * eta)
    for _ in range(STEPS):
        gradient = matrix.T @ residuals(eta, target)
        try:
            information = (matrix.T * weights(eta)) @ matrix
            step = np.asarray(np.linalg.solve(information, gradient), dtype=float)
        except np.linalg.LinAlgError:  # flat: the likelihood still rises, but only at infinity
            break
        decrement = float(gradient @ step)
        coefficients, eta, value = _stepped(matrix, sign, offset, coefficients, step, value)
        if not decrement > 1e-20 * abs(value):
            break
    left = residuals(eta, target)
    steepest = float(np.abs(matrix.T @ left).max(initial=0.0))
    rounding = 1e-15 * target.size * float(np.abs(matrix).max(initial=1.0))
    sure = steepest + rounding < 1e-4 * float(np.abs(left).min())
    return Maximum(coefficients, value, eta, steepest, sure)


def residuals(eta: Array, target: Array) -> Array:
    """Return outcomes minus their probabilities, with all digits where these are near 1."""
    sign = 2.0 * target - 1.0
    return np.asarray(sign * expit(-sign * eta))


def weights(eta: Array) -> Array:
    """Return the variance of each outcome."""
    return np.asarray(expit(eta) * expit(-eta))


def _log_likelihood(signed: Array) -> float:
    """Return the log-likelihood from log odds whose sign is turned where there is no event."""
    return -float(np.logaddexp(0.0, -signed).sum())


def _stepped(
    matrix: Array, sign: Array, offset: Array | float, start: Array, step: Array, value: float
) -> tuple[Array, Array, float]:
    """Take a step, halved as long as the likelihood falls by more than rounding."""
    for halving in range(30):
        coefficients = start + step / 2**halving
        eta = offset + matrix @ coefficients
        found = _log_likelihood(sign * eta)
        if found >= value - 1e-13 * abs(value):
            return coefficients, eta, found
    return start, offset + matrix @ start, value

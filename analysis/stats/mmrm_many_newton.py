"""Newton's steps of many mixed models at once, for structures linear in their parameters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.stats._checks import Array
from analysis.stats.covariance_patterns import Pattern
from analysis.stats.mmrm_optimiser import GRADIENT_TOLERANCE, POLISHED, SINGULAR
from analysis.stats.mmrm_sums import by_parameter, crossed, hessian_of, information_slopes, paired

STEPS = 15
"""Plain steps; a data set that has not arrived then is left to the careful search."""


class BlockedData(NamedTuple):
    """Data sets of one shape: rows (data sets, subjects, visits, q), zero where nothing is seen.

    The patterns of `observed` are those of any of them; `owners` says which each subject has, and
    `counts` how many subjects have each.
    """

    rows: Array
    seen: NDArray[np.bool_]
    observed: NDArray[np.bool_]
    owners: NDArray[np.intp]
    counts: Array
    n_records: Array

    @classmethod
    def of(cls, rows: Array, seen: NDArray[np.bool_], n_records: Array) -> BlockedData:
        """Find the patterns of observed visits."""
        n_sets, n_subjects, n_visits = seen.shape
        observed, owners = np.unique(seen.reshape(-1, n_visits), axis=0, return_inverse=True)
        owners = owners.reshape(n_sets, n_subjects)
        counts = (owners[:, None] == np.arange(len(observed))[:, None]).sum(axis=2)
        return cls(rows, seen, observed, owners, counts.astype(float), n_records)

    def by_block(self, patterns: Array) -> Array:
        """Return the matrix of each subject's pattern."""
        return patterns[np.arange(len(patterns))[:, None], self.owners]

    def by_pattern(self, blocks: Array) -> Array:
        """Return the sums of the subjects' matrices over each pattern."""
        n_sets, n_subjects, size = blocks.shape[:3]
        member = (self.owners[:, None] == np.arange(len(self.observed))[:, None]).astype(float)
        sums = member @ blocks.reshape(n_sets, n_subjects, size**2)
        return sums.reshape(n_sets, -1, size, size)


class Point(NamedTuple):
    """Derivatives of minus twice the restricted log-likelihood, and what they are made of."""

    gradient: Array
    expected: Array
    hessian: Array
    slopes: Array
    coefficients: Array
    inverse: Array
    inverses: Array
    turned: Array


class Converged(NamedTuple):
    """Where Newton's steps ended, and which data sets are at a maximum there."""

    arrived: NDArray[np.bool_]
    first: Array
    point: Point


def newton(data: BlockedData, structure: Pattern) -> Converged:
    """Take Newton's full steps from the residuals' own covariance, in all data sets together."""
    offset, first, _ = structure.expand(np.zeros(len(structure.parameter_names)))
    parameters = _start(data, structure, offset, first)
    root = np.sqrt(data.n_records)
    for _ in range(STEPS):
        point = _evaluate(data, _matrices(offset, first, parameters), first)
        norm = _length(point) / root
        if bool((norm <= POLISHED).all()):
            break
        parameters = _stepped(parameters, point, offset, first)
    safe = _smallest(_matrices(offset, first, parameters)) > SINGULAR
    arrived = safe & (norm <= GRADIENT_TOLERANCE) & _positive(point)
    return Converged(arrived, first, point)


def _matrices(offset: Array, first: Array, parameters: Array) -> Array:
    return np.asarray(offset + np.tensordot(parameters, first, axes=1))


def _start(data: BlockedData, structure: Pattern, offset: Array, first: Array) -> Array:
    """Return parameters near the residuals' own covariance, without correlations where not."""
    residuals, seen = data.rows[..., -1], data.seen.astype(float)
    pairs = np.maximum(seen.swapaxes(1, 2) @ seen, 1.0)
    own = residuals.swapaxes(1, 2) @ residuals / pairs
    parameters = np.array([structure.project(each) for each in own])
    for number in np.flatnonzero(_smallest(_matrices(offset, first, parameters)) <= SINGULAR):
        parameters[number] = structure.project(np.diag(np.maximum(np.diag(own[number]), 1e-6)))
    return parameters


def _evaluate(data: BlockedData, matrices: Array, first: Array) -> Point:
    """Return the derivatives at positive definite covariance matrices."""
    both = data.observed[:, :, None] & data.observed[:, None, :]
    # visits that a pattern lacks are independent ones of variance 1
    half = np.linalg.inv(
        np.linalg.cholesky(np.where(both, matrices[:, None], np.eye(len(matrices[0]))))
    )
    inverses = np.where(both, half.swapaxes(-1, -2) @ half, 0.0)
    turned = data.by_block(inverses) @ data.rows
    cross = crossed(data.rows, turned)
    half = np.linalg.inv(np.linalg.cholesky(cross[:, :-1, :-1]))
    inverse = half.swapaxes(1, 2) @ half
    coefficients = (inverse @ cross[:, :-1, -1:])[..., 0]
    root = np.zeros_like(cross)
    root[:, :-1, :-1], root[:, :-1, -1], root[:, -1, -1] = half.swapaxes(1, 2), -coefficients, 1.0
    own = turned @ root[:, None]
    spread = data.by_pattern(own @ own.swapaxes(-1, -2))
    counted = data.counts[..., None, None] * inverses
    expected, slopes = paired(first, counted, inverses), information_slopes(first, turned)
    hessian = hessian_of(
        bend=paired(first, spread, inverses), expected=expected, slopes=slopes, inverse=inverse,
        coefficients=coefficients, restricted=True,
    )  # fmt: skip
    gradient = by_parameter(first, counted.sum(axis=1) - spread.sum(axis=1))
    return Point(
        gradient, expected, 0.5 * (hessian + hessian.swapaxes(1, 2)), slopes[..., :-1, :-1],
        coefficients, inverse, inverses, turned,
    )  # fmt: skip


def _stepped(parameters: Array, point: Point, offset: Array, first: Array) -> Array:
    """Return the parameters a step on, halved until the matrices are positive definite."""
    metric = np.where(_positive(point)[:, None, None], point.hessian, point.expected)
    step = -np.linalg.solve(metric, point.gradient[..., None])[..., 0]
    for _ in range(30):
        wrong = _smallest(_matrices(offset, first, parameters + step)) <= SINGULAR
        if not wrong.any():
            break
        step[wrong] *= 0.5
    else:
        step[wrong] = 0.0
    return parameters + step


def _length(point: Point) -> Array:
    """Return the gradients' lengths in the metric of the expected information."""
    solved = np.linalg.solve(point.expected, point.gradient[..., None])[..., 0]
    return np.sqrt(np.maximum((point.gradient * solved).sum(axis=1), 0.0))


def _positive(point: Point) -> NDArray[np.bool_]:
    """Return which Hessians are positive definite."""
    root = 1.0 / np.sqrt(np.diagonal(point.expected, axis1=1, axis2=2))
    scaled = point.hessian * root[:, :, None] * root[:, None, :]
    return np.asarray(np.linalg.eigvalsh(scaled)[:, 0] > 1e-10)


def _smallest(matrices: Array) -> Array:
    """Return the smallest eigenvalues of correlation matrices, -1 where a variance is none."""
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    there = variances.min(axis=1) > 0.0
    root = 1.0 / np.sqrt(np.where(there[:, None], variances, 1.0))
    values = np.linalg.eigvalsh(matrices * root[:, :, None] * root[:, None, :])[:, 0]
    return np.where(there, values, -1.0)

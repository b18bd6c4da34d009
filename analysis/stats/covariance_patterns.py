"""Matrices over visits as functions of a few parameters, with exact derivatives.

A covariance structure is one of these patterns, or the elementwise product of a pattern of
variances and a pattern of correlations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.brief import brief
from analysis.stats._checks import Array

Expansion = tuple[Array, Array, Array | None]
Visits = Sequence[str]


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A symmetric matrix as a function of its parameters, for given visits.

    Attributes
    ----------
    parameter_names : tuple of str
        Names of the parameters, in the manner of SAS.
    expand : callable
        Parameters to the matrix, its first derivatives (k, t, t) and second derivatives
        (k, k, t, t), the last None where they are zero.
    project : callable
        A matrix to rough parameters, for starting values.
    n_correlations : int
        How many of the parameters, the last ones, are correlations and so have no unit.
    """

    parameter_names: tuple[str, ...]
    expand: Callable[[Array], Expansion]
    project: Callable[[Array], Array]
    n_correlations: int = 0

    def matrix(self, parameters: ArrayLike) -> Array:
        """Return the matrix."""
        return self.expand(np.asarray(parameters, dtype=float))[0]


def _linear(labels: Sequence[str], basis: Array, *, correlation: bool = False) -> Pattern:
    """Sum fixed matrices, for correlations on top of the identity; project by least squares."""
    offset = np.eye(basis.shape[1]) if correlation else np.zeros(basis.shape[1:])
    flat = basis.reshape(len(labels), -1)

    def project(matrix: Array) -> Array:
        moments = flat @ (matrix - offset).ravel()
        return np.asarray(np.linalg.solve(flat @ flat.T, moments), dtype=float)

    return Pattern(
        parameter_names=tuple(labels),
        expand=lambda values: (offset + np.tensordot(values, basis, axes=1), basis, None),
        project=project,
        n_correlations=len(labels) if correlation else 0,
    )


def product(
    variances: Callable[[Visits], Pattern], correlations: Callable[[Visits], Pattern]
) -> Callable[[Visits], Pattern]:
    """Scale a pattern of correlations by a pattern of variances, element by element."""

    def make(visits: Visits) -> Pattern:
        scale, correlation = variances(visits), correlations(visits)
        count = len(scale.parameter_names)

        def expand(parameters: Array) -> Expansion:
            s, s1, s2 = scale.expand(parameters[:count])
            r, r1, r2 = correlation.expand(parameters[count:])
            second = np.zeros((parameters.size, parameters.size, *s.shape))
            second[:count, count:] = s1[:, None] * r1
            second[count:, :count] = second[:count, count:].swapaxes(0, 1)
            if s2 is not None:
                second[:count, :count] = s2 * r
            if r2 is not None:
                second[count:, count:] = s * r2
            return s * r, np.concatenate([s1 * r, s * r1]), second

        def project(matrix: Array) -> Array:
            start = scale.project(matrix)
            own = correlation.project(matrix / scale.expand(start)[0])
            return np.concatenate([start, own])

        return Pattern(
            parameter_names=(*scale.parameter_names, *correlation.parameter_names),
            expand=expand,
            project=project,
            n_correlations=correlation.n_correlations,
        )

    return make


def one_a_group(part: Pattern, groups: Sequence[str]) -> Pattern:
    """Put a pattern with parameters of its own for each group on the diagonal.

    The visits of the first group come first; all variances come before all correlations.
    """
    count, n_scales = len(part.parameter_names), len(part.parameter_names) - part.n_correlations
    own = np.arange(len(groups) * count).reshape(len(groups), count)
    order = np.concatenate([own[:, :n_scales].ravel(), own[:, n_scales:].ravel()])
    place = np.argsort(order).reshape(len(groups), count)

    def expand(parameters: Array) -> Expansion:
        parts = [part.expand(parameters[mine]) for mine in place]
        size = parts[0][0].shape[0]
        matrix = np.zeros((len(groups) * size, len(groups) * size))
        first = np.zeros((parameters.size, *matrix.shape))
        second = None if parts[0][2] is None else np.zeros((parameters.size, *first.shape))
        for number, (mine, (block, slope, bend)) in enumerate(zip(place, parts, strict=True)):
            here = slice(number * size, (number + 1) * size)
            matrix[here, here] = block
            first[mine, here, here] = slope
            if second is not None and bend is not None:
                second[mine[:, None], mine, here, here] = bend
        return matrix, first, second

    def project(matrix: Array) -> Array:
        size = matrix.shape[0] // len(groups)
        found = np.zeros(own.size)
        for number, mine in enumerate(place):
            here = slice(number * size, (number + 1) * size)
            found[mine] = part.project(matrix[here, here])
        return found

    names = [f"{group}: {name}" for group in groups for name in part.parameter_names]
    return Pattern(
        parameter_names=tuple(names[number] for number in order),
        expand=expand,
        project=project,
        n_correlations=len(groups) * part.n_correlations,
    )


def _lags(size: int) -> Array:
    """Return one indicator matrix for each lag."""
    lag = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    return np.asarray(lag[None] == np.arange(size)[:, None, None], dtype=float)


def free_covariance(visits: Visits) -> Pattern:
    """Leave every variance and covariance free."""
    rows, columns = np.tril_indices(len(visits))
    basis = np.zeros((rows.size, len(visits), len(visits)))
    basis[np.arange(rows.size), rows, columns] = 1.0
    basis[np.arange(rows.size), columns, rows] = 1.0
    labels = [
        f"variance({visits[i]})" if i == j else f"covariance({visits[j]}, {visits[i]})"
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    return _linear(labels, basis)


def lag_covariances(visits: Visits) -> Pattern:
    """Give one variance, and one covariance for each lag."""
    labels = ["variance", *(f"covariance(lag {lag})" for lag in range(1, len(visits)))]
    return _linear(labels, _lags(len(visits)))


def common_covariance(visits: Visits) -> Pattern:
    """Give one covariance between all visits, and a residual variance on top."""
    unit = np.eye(len(visits))
    return _linear(["covariance", "residual"], np.stack([np.ones_like(unit), unit]))


def common_variance(visits: Visits) -> Pattern:
    """Give all visits one variance, as the scale of a correlation."""
    size = len(visits)
    return Pattern(
        parameter_names=("variance",),
        expand=lambda v: (np.full((size, size), v[0]), np.ones((1, size, size)), None),
        project=lambda matrix: np.array([np.trace(matrix) / size]),
    )


def own_variances(visits: Visits) -> Pattern:
    """Give each visit a variance of its own, as the scale of a correlation."""
    unit = np.eye(len(visits))
    both = unit[:, None, :, None] * unit[None, :, None, :]

    def expand(variances: Array) -> Expansion:
        # a trial step may reach a negative variance: NaN makes the likelihood refuse that point
        root = np.sqrt(variances) if variances.min() > 0 else np.full(len(unit), np.nan)
        slope, curvature = 0.5 / root, -0.25 / root**3
        cross = unit[:, :, None] * root + root[:, None] * unit[:, None, :]
        second = np.multiply.outer(slope, slope)[:, :, None, None] * (both + both.swapaxes(0, 1))
        each = np.arange(len(unit))
        second[each, each] += curvature[:, None, None] * cross
        return np.outer(root, root), slope[:, None, None] * cross, second

    return Pattern(
        parameter_names=tuple(f"variance({visit})" for visit in visits),
        expand=expand,
        project=lambda matrix: np.diag(matrix).copy(),
    )


def common_correlation(visits: Visits) -> Pattern:
    """Give one correlation between all visits."""
    unit = np.eye(len(visits))
    return _linear(["correlation"], (1.0 - unit)[None], correlation=True)


def lag_correlations(visits: Visits) -> Pattern:
    """Give one correlation for each lag."""
    labels = [f"correlation(lag {lag})" for lag in range(1, len(visits))]
    return _linear(labels, _lags(len(visits))[1:], correlation=True)


def ar1_correlation(visits: Visits) -> Pattern:
    """Let the correlation fall by the power of the lag."""
    size = len(visits)
    lag = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(float)

    def expand(parameters: Array) -> Expansion:
        rho = parameters[0]
        first = lag * rho ** np.maximum(lag - 1.0, 0.0)
        second = lag * (lag - 1.0) * rho ** np.maximum(lag - 2.0, 0.0)
        return rho**lag, first[None], second[None, None]

    return Pattern(
        parameter_names=("correlation",),
        expand=expand,
        project=lambda matrix: np.array([np.diagonal(matrix, offset=1).mean()]),
        n_correlations=1,
    )


def neighbour_correlations(visits: Visits) -> Pattern:
    """Give one correlation for each pair of neighbours; others are their products."""
    size, count = len(visits), len(visits) - 1

    def expand(parameters: Array) -> Expansion:
        matrix, first = np.eye(size), np.zeros((count, size, size))
        second = np.zeros((count, count, size, size))

        def between(i: int, j: int, *skip: int) -> float:
            return float(np.prod([parameters[m] for m in range(i, j) if m not in skip]))

        for i in range(size):
            for j in range(i + 1, size):
                matrix[i, j] = matrix[j, i] = between(i, j)
                for k in range(i, j):
                    first[k, i, j] = first[k, j, i] = between(i, j, k)
                    for m in range(i, j):
                        if m != k:
                            second[k, m, i, j] = second[k, m, j, i] = between(i, j, k, m)
        return matrix, first, second

    return Pattern(
        parameter_names=tuple(f"correlation({visits[k]}, {visits[k + 1]})" for k in range(count)),
        expand=expand,
        project=lambda matrix: np.diagonal(matrix, offset=1).copy(),
        n_correlations=count,
    )

"""Patterns of correlation over visits, with first and second derivatives."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ante_correlation",
    "ar1_correlation",
    "lag_basis",
    "lag_mean",
    "linear_correlation",
]

Array = NDArray[np.float64]


def lag_basis(size: int) -> Array:
    """Return one indicator matrix for each lag."""
    lag = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    return np.asarray(lag[None] == np.arange(size)[:, None, None], dtype=float)


def lag_mean(correlation: Array, lag: int) -> float:
    """Return the mean of a diagonal."""
    return float(np.diagonal(correlation, offset=lag).mean())


def ar1_correlation(size: int) -> Callable[[Array], tuple[Array, Array, Array]]:
    """Return the expansion of an AR(1) correlation."""
    lag = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(float)

    def expand(parameters: Array) -> tuple[Array, Array, Array]:
        rho = parameters[0]
        matrix = rho**lag
        first = lag * rho ** np.maximum(lag - 1.0, 0.0)
        second = lag * (lag - 1.0) * rho ** np.maximum(lag - 2.0, 0.0)
        return matrix, first[None], second[None, None]

    return expand


def linear_correlation(basis: Array) -> Callable[[Array], tuple[Array, Array, Array]]:
    """Return the expansion of the identity plus fixed matrices."""
    size, count = basis.shape[1], basis.shape[0]

    def expand(parameters: Array) -> tuple[Array, Array, Array]:
        matrix = np.eye(size) + np.tensordot(parameters, basis, axes=1)
        return matrix, basis, np.zeros((count, count, size, size))

    return expand


def ante_correlation(size: int) -> Callable[[Array], tuple[Array, Array, Array]]:
    """Return the expansion of a first-order ante-dependence correlation."""

    def product(parameters: Array, low: int, high: int, skip: Sequence[int]) -> float:
        return float(np.prod([parameters[m] for m in range(low, high) if m not in skip]))

    def expand(parameters: Array) -> tuple[Array, Array, Array]:
        count = size - 1
        matrix, first = np.eye(size), np.zeros((count, size, size))
        second = np.zeros((count, count, size, size))
        for i in range(size):
            for j in range(i + 1, size):
                matrix[i, j] = matrix[j, i] = product(parameters, i, j, ())
                for k in range(i, j):
                    first[k, i, j] = first[k, j, i] = product(parameters, i, j, (k,))
                    for m in range(i, j):
                        if m != k:
                            value = product(parameters, i, j, (k, m))
                            second[k, m, i, j] = second[k, m, j, i] = value
        return matrix, first, second

    return expand

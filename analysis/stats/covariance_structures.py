"""Covariance structures of repeated measurements, with exact first and second derivatives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import UserError, suggestion
from analysis.stats.correlation_patterns import (
    ante_correlation,
    ar1_correlation,
    lag_basis,
    lag_mean,
    linear_correlation,
)

__all__ = ["STRUCTURES", "CovarianceStructure", "covariance_structure"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CovarianceStructure:
    """A covariance matrix as a function of a few parameters, for a given number of visits.

    Attributes
    ----------
    name : str
        One of `STRUCTURES`.
    sas_name : str
        The ``TYPE=`` of SAS PROC MIXED.
    n_visits : int
        Order of the matrix.
    parameter_names : tuple of str
        Names in the manner of SAS.
    linear : bool
        Whether the matrix is linear in its parameters (no second derivatives).
    expand : callable
        Parameters to the matrix, its first derivatives (k, t, t) and second derivatives
        (k, k, t, t), the last None where `linear`.
    project : callable
        A covariance matrix to rough parameters, for starting values.

    Notes
    -----
    The parameters are those of SAS (variances, not standard deviations or logarithms),
    because the full Kenward-Roger standard error depends on the parametrisation.
    """

    name: str
    sas_name: str
    n_visits: int
    parameter_names: tuple[str, ...]
    linear: bool
    expand: Callable[[Array], tuple[Array, Array, Array | None]]
    project: Callable[[Array], Array]

    def matrix(self, parameters: Array) -> Array:
        """Return the covariance matrix."""
        return self.expand(parameters)[0]


def covariance_structure(name: str, visits: Sequence[object]) -> CovarianceStructure:
    """Return a structure by name, for the given visits.

    Parameters
    ----------
    name : str
        One of `STRUCTURES`.
    visits : sequence
        Visits in order; they name the parameters.

    Returns
    -------
    CovarianceStructure

    Raises
    ------
    UserError
        If the name is unknown.

    Examples
    --------
    >>> covariance_structure("ar1", ["W4", "W8"]).matrix(np.array([2.0, 0.5])).tolist()
    [[2.0, 1.0], [1.0, 2.0]]
    """
    if name not in STRUCTURES:
        raise UserError(
            f"covariance structure {name!r} is unknown{suggestion(str(name), STRUCTURES)}; choose "
            f"one of {', '.join(STRUCTURES)}"
        )
    if len(visits) == 1:  # every structure is then a single variance
        name = "unstructured"
    return STRUCTURES[name]([str(visit) for visit in visits])


def _linear(
    name: str, sas_name: str, labels: Sequence[str], basis: Array, project: Callable[[Array], Array]
) -> CovarianceStructure:
    """Return a structure that is a sum of fixed matrices."""
    return CovarianceStructure(
        name=name,
        sas_name=sas_name,
        n_visits=basis.shape[1],
        parameter_names=tuple(labels),
        linear=True,
        expand=lambda parameters: (np.tensordot(parameters, basis, axes=1), basis, None),
        project=project,
    )


def _unstructured(visits: Sequence[str]) -> CovarianceStructure:
    """Return: every variance and covariance free."""
    size = len(visits)
    rows, columns = np.tril_indices(size)
    basis = np.zeros((rows.size, size, size))
    basis[np.arange(rows.size), rows, columns] = 1.0
    basis[np.arange(rows.size), columns, rows] = 1.0
    labels = [
        f"variance({visits[i]})" if i == j else f"covariance({visits[j]}, {visits[i]})"
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    return _linear(
        "unstructured", "UN", labels, basis, lambda matrix: np.asarray(matrix[rows, columns])
    )


def _toeplitz(visits: Sequence[str]) -> CovarianceStructure:
    """Return: one variance, one covariance for each lag."""
    size = len(visits)
    basis = lag_basis(size)
    labels = ["variance", *(f"covariance(lag {lag})" for lag in range(1, size))]
    counts = basis.sum(axis=(1, 2))

    def project(matrix: Array) -> Array:
        return np.asarray((basis * matrix).sum(axis=(1, 2)) / counts)

    return _linear("toeplitz", "TOEP", labels, basis, project)


def _compound_symmetry(visits: Sequence[str]) -> CovarianceStructure:
    """Return: one covariance between all visits, and a residual variance on top."""
    size = len(visits)
    basis = np.stack([np.ones((size, size)), np.eye(size)])

    def project(matrix: Array) -> Array:
        between = (matrix.sum() - np.trace(matrix)) / (size * (size - 1))
        return np.array([between, np.trace(matrix) / size - between])

    return _linear("compound-symmetry", "CS", ["covariance", "residual"], basis, project)


def _ar1(visits: Sequence[str]) -> CovarianceStructure:
    """Return: one variance, correlation falling by the power of the lag."""
    size = len(visits)
    expand_correlation = ar1_correlation(size)

    def expand(parameters: Array) -> tuple[Array, Array, Array | None]:
        variance = parameters[0]
        matrix, first, second = expand_correlation(parameters[1:])
        gradient = np.stack([matrix, variance * first[0]])
        hessian = np.zeros((2, 2, size, size))
        hessian[0, 1] = hessian[1, 0] = first[0]
        hessian[1, 1] = variance * second[0, 0]
        return variance * matrix, gradient, hessian

    def project(matrix: Array) -> Array:
        variance = np.trace(matrix) / size
        return np.array([variance, np.trace(matrix, offset=1) / (size - 1) / variance])

    return CovarianceStructure(
        name="ar1",
        sas_name="AR(1)",
        n_visits=size,
        parameter_names=("variance", "correlation"),
        linear=False,
        expand=expand,
        project=project,
    )


def _heterogeneous(
    name: str,
    sas_name: str,
    visits: Sequence[str],
    labels: Sequence[str],
    expand_correlation: Callable[[Array], tuple[Array, Array, Array]],
    project_correlation: Callable[[Array], Array],
) -> CovarianceStructure:
    """Return a structure with a variance for each visit and a patterned correlation."""
    size = len(visits)

    def expand(parameters: Array) -> tuple[Array, Array, Array | None]:
        return _expand_heterogeneous(parameters, size, expand_correlation)

    def project(matrix: Array) -> Array:
        spread = np.sqrt(np.diag(matrix))
        return np.concatenate(
            [np.diag(matrix), project_correlation(matrix / np.outer(spread, spread))]
        )

    return CovarianceStructure(
        name=name,
        sas_name=sas_name,
        n_visits=size,
        parameter_names=(*(f"variance({visit})" for visit in visits), *labels),
        linear=False,
        expand=expand,
        project=project,
    )


def _expand_heterogeneous(
    parameters: Array, size: int, expand_correlation: Callable[[Array], tuple[Array, Array, Array]]
) -> tuple[Array, Array, Array]:
    """Return matrix, gradient and Hessian of D^(1/2) R D^(1/2) in variances and correlations."""
    variances = parameters[:size]
    # a trial step may reach a negative variance: NaN makes the likelihood refuse that point
    root = np.sqrt(variances) if variances.min() > 0 else np.full(size, np.nan)
    slope, curvature = 0.5 / root, -0.25 / root**3
    correlation, first, second = expand_correlation(parameters[size:])
    scale = np.outer(root, root)
    unit = np.eye(size)
    # derivatives of the outer product of roots by each variance
    by_variance = np.stack(
        [slope[k] * (np.outer(unit[k], root) + np.outer(root, unit[k])) for k in range(size)]
    )
    count = parameters.size
    gradient = np.empty((count, size, size))
    gradient[:size] = by_variance * correlation
    gradient[size:] = scale * first
    hessian = np.empty((count, count, size, size))
    for k in range(size):
        for j in range(size):
            mixed = slope[k] * slope[j] * (np.outer(unit[k], unit[j]) + np.outer(unit[j], unit[k]))
            if j == k:
                mixed = mixed + curvature[k] * (np.outer(unit[k], root) + np.outer(root, unit[k]))
            hessian[k, j] = mixed * correlation
        hessian[k, size:] = by_variance[k] * first
        hessian[size:, k] = by_variance[k] * first
    hessian[size:, size:] = scale * second
    return scale * correlation, gradient, hessian


def _ar1_heterogeneous(visits: Sequence[str]) -> CovarianceStructure:
    """Return: a variance for each visit, AR(1) correlation."""
    return _heterogeneous(
        "ar1-heterogeneous",
        "ARH(1)",
        visits,
        ["correlation"],
        ar1_correlation(len(visits)),
        lambda correlation: np.array([lag_mean(correlation, 1)]),
    )


def _compound_symmetry_heterogeneous(visits: Sequence[str]) -> CovarianceStructure:
    """Return: a variance for each visit, one correlation."""
    size = len(visits)
    basis = (np.ones((size, size)) - np.eye(size))[None]
    return _heterogeneous(
        "compound-symmetry-heterogeneous",
        "CSH",
        visits,
        ["correlation"],
        linear_correlation(basis),
        lambda correlation: np.array([(correlation.sum() - size) / (size * (size - 1))]),
    )


def _toeplitz_heterogeneous(visits: Sequence[str]) -> CovarianceStructure:
    """Return: a variance for each visit, a correlation for each lag."""
    size = len(visits)
    return _heterogeneous(
        "toeplitz-heterogeneous",
        "TOEPH",
        visits,
        [f"correlation(lag {lag})" for lag in range(1, size)],
        linear_correlation(lag_basis(size)[1:]),
        lambda correlation: np.array([lag_mean(correlation, lag) for lag in range(1, size)]),
    )


def _ante_dependence(visits: Sequence[str]) -> CovarianceStructure:
    """Return: a variance for each visit, a correlation for each pair of neighbours."""
    size = len(visits)
    return _heterogeneous(
        "ante-dependence",
        "ANTE(1)",
        visits,
        [f"correlation({visits[k]}, {visits[k + 1]})" for k in range(size - 1)],
        ante_correlation(size),
        lambda correlation: np.diagonal(correlation, offset=1).copy(),
    )


#: Structures by name: function of the visits that makes them.
STRUCTURES: dict[str, Callable[[Sequence[str]], CovarianceStructure]] = {
    "unstructured": _unstructured,
    "toeplitz-heterogeneous": _toeplitz_heterogeneous,
    "toeplitz": _toeplitz,
    "ar1-heterogeneous": _ar1_heterogeneous,
    "ar1": _ar1,
    "compound-symmetry-heterogeneous": _compound_symmetry_heterogeneous,
    "compound-symmetry": _compound_symmetry,
    "ante-dependence": _ante_dependence,
}

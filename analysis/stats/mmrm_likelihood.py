"""Likelihood of a mixed model for repeated measures, with exact derivatives."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from analysis.brief import brief
from analysis.stats._checks import Array
from analysis.stats.covariance_patterns import Pattern
from analysis.stats.mmrm_moments import PatternMoments
from analysis.stats.mmrm_sums import (
    by_parameter,
    crossed,
    hessian_of,
    information_slopes,
    mixed_slopes,
    paired,
    weighted_products,
)


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Value and gradient of minus twice the (restricted) log-likelihood at one point.

    Attributes
    ----------
    value : float
        Minus twice the log-likelihood; restricted, with the constant (n - p) log 2 pi and
        without log |X'X|, as SAS prints it.
    gradient : numpy.ndarray
        Exact gradient.
    expected : numpy.ndarray
        Expected Hessian of the part without X (positive definite), for scaling steps.
    coefficients, inverse_information : numpy.ndarray
        Generalised least-squares coefficients and (X'V^-1 X)^-1.
    inverses : numpy.ndarray
        V^-1 of each pattern (patterns, visits, visits), zero at visits that it lacks.
    turned : numpy.ndarray
        V^-1 Z of each block.
    spread : numpy.ndarray
        V^-1 S V^-1 of each pattern, with S the sum of Z B Z' over its subjects and B the matrix
        whose product with Z'V^-1 Z is, as a trace, the part of the gradient that has Z in it.
    """

    value: float
    gradient: Array
    expected: Array
    coefficients: Array
    inverse_information: Array
    inverses: Array
    turned: Array
    spread: Array


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Curvature:
    """Second-order quantities at one point.

    Attributes
    ----------
    hessian : numpy.ndarray
        Exact (observed) Hessian of minus twice the log-likelihood.
    first : numpy.ndarray
        Derivatives of X'V^-1 X by each parameter: P_k of Kenward and Roger (k, p, p).
    """

    hessian: Array
    first: Array


def evaluate_likelihood(
    moments: PatternMoments, structure: Pattern, parameters: Array, *, restricted: bool = True
) -> Likelihood | None:
    """Evaluate the likelihood, or return None where the matrix is not positive definite.

    Notes
    -----
    With M = Z'V^-1 Z = [[A, b], [b', c]] and u = (-beta, 1), minus twice the restricted
    log-likelihood is sum n_g log|V_g| + log|A| + u'M u, and its derivative by a parameter is
    sum n_g tr(V_g^-1 V_gk) + tr(A^-1 A_k) + u'M_k u. The whole likelihood lacks the terms in A.
    """
    matrix, first, _ = structure.expand(parameters)
    blocks = _pattern_inverses(moments, matrix)
    if blocks is None:
        return None
    inverses, log_determinant = blocks
    turned = inverses[moments.owners] @ moments.rows
    cross = crossed(moments.rows, turned)
    normal = cross[:-1, :-1]
    try:
        factor = linalg.cholesky(normal, lower=True)
    except linalg.LinAlgError:
        return None
    half = linalg.solve_triangular(factor, np.eye(normal.shape[0]), lower=True)
    inverse = half.T @ half
    beta = linalg.cho_solve((factor, True), cross[:-1, -1])
    unit = np.append(-beta, 1.0)
    n_free, root = moments.n_records, unit[:, None]
    if restricted:
        n_free -= beta.size
        log_determinant += 2.0 * float(np.log(np.diag(factor)).sum())
        root = np.column_stack([np.vstack([half.T, np.zeros_like(beta)]), unit])
    value = n_free * math.log(2.0 * math.pi) + log_determinant + float(unit @ cross @ unit)
    own = turned @ root
    spread = np.add.reduceat(own @ own.swapaxes(1, 2), moments.starts)
    counted = moments.counts[:, None, None] * inverses
    return Likelihood(
        value=value, gradient=by_parameter(first, counted.sum(axis=0) - spread.sum(axis=0)),
        expected=paired(first, counted, inverses), coefficients=beta,
        inverse_information=inverse, inverses=inverses, turned=turned, spread=spread,
    )  # fmt: skip


def evaluate_curvature(
    moments: PatternMoments,
    structure: Pattern,
    parameters: Array,
    point: Likelihood,
    *,
    restricted: bool = True,
) -> Curvature:
    """Evaluate the exact Hessian and the slopes of the information on the coefficients."""
    _, first, second = structure.expand(parameters)
    slopes = information_slopes(first, point.turned)
    hessian = hessian_of(
        bend=paired(first, point.spread, point.inverses), expected=point.expected, slopes=slopes,
        inverse=point.inverse_information, coefficients=point.coefficients, restricted=restricted,
    )  # fmt: skip
    if second is not None:
        counted = np.tensordot(moments.counts, point.inverses, axes=1)
        hessian = hessian + by_parameter(second, counted - point.spread.sum(axis=0))
    return Curvature(hessian=0.5 * (hessian + hessian.T), first=slopes[:, :-1, :-1])


def kenward_roger_middle(
    moments: PatternMoments,
    structure: Pattern,
    parameters: Array,
    point: Likelihood,
    *,
    slopes: Array,
    weights: Array,
    second_order: bool,
) -> Array:
    """Return sum w_kl (Q_kl - P_k Phi P_l - R_kl / 4) of Kenward and Roger.

    Q_kl = X'V^-1 V_k V^-1 V_l V^-1 X and R_kl = X'V^-1 V_kl V^-1 X are summed over the
    parameters first, within each pattern, so that neither is ever held by itself.
    """
    _, first, second = structure.expand(parameters)
    inner = weighted_products(first, weights, point.inverses)
    if second_order and second is not None:
        inner = inner - 0.25 * np.tensordot(weights, second, axes=2)
    rows = point.turned[:, :, :-1]
    middle = crossed(rows, inner[moments.owners] @ rows)
    middle = middle - mixed_slopes(weights, slopes, point.inverse_information)
    return np.asarray(0.5 * (middle + middle.T))


def _pattern_inverses(moments: PatternMoments, matrix: Array) -> tuple[Array, float] | None:
    """Return the inverse covariance of each pattern and sum n_g log|V_g|, or None."""
    if not np.isfinite(matrix).all():
        return None
    seen = moments.observed
    both = seen[:, :, None] & seen[:, None, :]
    unit = np.eye(len(matrix))
    try:
        # the whole matrix must be positive definite, also when no subject has all visits
        np.linalg.cholesky(matrix)
        # visits that a pattern lacks are independent ones of variance 1
        factors = np.linalg.cholesky(np.where(both, matrix, unit))
    except np.linalg.LinAlgError:
        return None
    halves = np.linalg.inv(factors)
    inverses = np.where(both, halves.swapaxes(1, 2) @ halves, 0.0)
    logs = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    return inverses, 2.0 * float(moments.counts @ logs)

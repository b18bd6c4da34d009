"""Restricted likelihood of a mixed model for repeated measures, with exact derivatives."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from analysis.brief import brief
from analysis.stats._checks import Array
from analysis.stats.covariance_patterns import Pattern
from analysis.stats.mmrm_moments import PatternMoments


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Value and gradient of minus twice the restricted log-likelihood at one point.

    Attributes
    ----------
    value : float
        Minus twice the restricted log-likelihood, with the constant (n - p) log 2 pi and
        without log |X'X|, as SAS prints it.
    gradient : numpy.ndarray
        Exact gradient.
    expected : numpy.ndarray
        Expected Hessian of the part without X (positive definite), for scaling steps.
    coefficients, inverse_information : numpy.ndarray
        Generalised least-squares coefficients and (X'V^-1 X)^-1.
    inverses : tuple of numpy.ndarray
        Inverse covariance matrix of each pattern.
    """

    value: float
    gradient: Array
    expected: Array
    coefficients: Array
    inverse_information: Array
    inverses: tuple[Array, ...]


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Curvature:
    """Second-order quantities at one point.

    Attributes
    ----------
    hessian : numpy.ndarray
        Exact (observed) Hessian of minus twice the restricted log-likelihood.
    first : numpy.ndarray
        Derivatives of X'V^-1 X by each parameter: P_k of Kenward and Roger (k, p, p).
    outer : numpy.ndarray
        X'V^-1 V_k V^-1 V_l V^-1 X: Q_kl of Kenward and Roger (k, k, p, p).
    second : numpy.ndarray or None
        X'V^-1 V_kl V^-1 X: R_kl; None for linear structures, where it is zero.
    """

    hessian: Array
    first: Array
    outer: Array
    second: Array | None


def evaluate_likelihood(
    moments: PatternMoments, structure: Pattern, parameters: Array
) -> Likelihood | None:
    """Evaluate the restricted likelihood, or return None where the matrix is not positive definite.

    Notes
    -----
    With M = Z'V^-1 Z = [[A, b], [b', c]] and u = (-beta, 1), minus twice the log-likelihood is
    sum n_g log|V_g| + log|A| + u'M u, and its derivative by a parameter is
    sum n_g tr(V_g^-1 V_gk) + tr(A^-1 A_k) + u'M_k u.
    """
    matrix, first, _ = structure.expand(parameters)
    blocks = _pattern_inverses(moments, matrix)
    if blocks is None:
        return None
    inverses, log_determinant = blocks
    cross = moments.weighted(inverses)
    normal = cross[:-1, :-1]
    try:
        factor = linalg.cholesky(normal, lower=True)
    except linalg.LinAlgError:
        return None
    inverse = linalg.cho_solve((factor, True), np.eye(normal.shape[0]))
    beta = linalg.cho_solve((factor, True), cross[:-1, -1])
    unit = np.append(-beta, 1.0)
    log_determinant += 2.0 * float(np.log(np.diag(factor)).sum())
    n_free = moments.n_records - normal.shape[0]
    value = n_free * math.log(2.0 * math.pi) + log_determinant + float(unit @ cross @ unit)
    gradient, expected, cross_first = _first_order(moments, inverses, first)
    gradient = gradient + np.einsum("ij,kij->k", inverse, cross_first[:, :-1, :-1])
    gradient = gradient + np.einsum("i,kij,j->k", unit, cross_first, unit)
    return Likelihood(
        value=value, gradient=gradient, expected=expected, coefficients=beta,
        inverse_information=inverse, inverses=inverses,
    )  # fmt: skip


def evaluate_curvature(
    moments: PatternMoments, structure: Pattern, parameters: Array, point: Likelihood
) -> Curvature:
    """Evaluate the exact Hessian and the matrices that Kenward and Roger need."""
    _, first, second = structure.expand(parameters)
    inverse, size = point.inverse_information, first.shape[0]
    unit = np.append(-point.coefficients, 1.0)
    log_part = np.zeros((size, size))
    cross_first, outer_weights, second_weights = [], [], []
    for present, count, weight in zip(
        moments.patterns, moments.counts, point.inverses, strict=True
    ):
        slopes = first[:, present[:, None], present]
        left = weight @ slopes  # V^-1 V_k
        log_part -= count * np.einsum("kij,lji->kl", left, left)
        sandwich = left @ weight
        cross_first.append(-sandwich)
        outer_weights.append(np.einsum("kij,ljm->klim", left, sandwich))
        if second is not None:
            curved = second[:, :, present[:, None], present]
            log_part += count * np.einsum("ij,klji->kl", weight, curved)
            second_weights.append(weight @ curved @ weight)
    cross = moments.weighted(cross_first)
    outer = moments.weighted(outer_weights)
    cross_second = outer + outer.swapaxes(0, 1)
    bent = moments.weighted(second_weights) if second is not None else None
    if bent is not None:
        cross_second = cross_second - bent
    normal = cross[:, :-1, :-1]
    turned = inverse @ normal
    along = (cross @ unit)[:, :-1]
    hessian = (
        log_part
        + np.einsum("ij,klji->kl", inverse, cross_second[:, :, :-1, :-1])
        - np.einsum("kij,lji->kl", turned, turned)
        + np.einsum("i,klij,j->kl", unit, cross_second, unit)
        - 2.0 * along @ inverse @ along.T
    )
    return Curvature(
        hessian=0.5 * (hessian + hessian.T),
        first=normal,
        outer=outer[:, :, :-1, :-1],
        second=None if bent is None else bent[:, :, :-1, :-1],
    )


def _pattern_inverses(
    moments: PatternMoments, matrix: Array
) -> tuple[tuple[Array, ...], float] | None:
    """Return the inverse covariance of each pattern and sum n_g log|V_g|, or None."""
    if not np.isfinite(matrix).all():
        return None
    try:
        # the whole matrix must be positive definite, also when no subject has all visits
        np.linalg.cholesky(matrix)
        factors = [np.linalg.cholesky(matrix[np.ix_(p, p)]) for p in moments.patterns]
    except np.linalg.LinAlgError:
        return None
    inverses, log_determinant = [], 0.0
    for factor, count in zip(factors, moments.counts, strict=True):
        inverses.append(linalg.cho_solve((factor, True), np.eye(factor.shape[0])))
        log_determinant += 2.0 * float(count) * float(np.log(np.diag(factor)).sum())
    return tuple(inverses), log_determinant


def _first_order(
    moments: PatternMoments, inverses: tuple[Array, ...], first: Array
) -> tuple[Array, Array, Array]:
    """Return sums of tr(V^-1 V_k) and of tr(V^-1 V_k V^-1 V_l), and derivatives of Z'V^-1 Z."""
    gradient = np.zeros(first.shape[0])
    expected = np.zeros((first.shape[0], first.shape[0]))
    weights = []
    for present, count, inverse in zip(moments.patterns, moments.counts, inverses, strict=True):
        left = inverse @ first[:, present[:, None], present]
        gradient += count * np.trace(left, axis1=1, axis2=2)
        flat = left.reshape(left.shape[0], -1)
        expected += count * flat @ left.swapaxes(1, 2).reshape(left.shape[0], -1).T
        weights.append(-left @ inverse)
    return gradient, expected, moments.weighted(weights)

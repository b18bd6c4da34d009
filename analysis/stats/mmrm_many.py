"""The same mixed model fitted to many data sets, in arrays and without frames."""

import contextlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.covariance_patterns import Pattern
from analysis.stats.mmrm_df import make_inference
from analysis.stats.mmrm_many_newton import BlockedData, Converged, newton
from analysis.stats.mmrm_moments import collect_moments
from analysis.stats.mmrm_optimiser import FitFailure, fit_covariance
from analysis.stats.mmrm_sums import crossed, mixed_slopes, weighted_products

AT_ONCE = 100
"""Data sets that go through an array together: what they need stays in the processor's cache."""


class ManyEstimates(NamedTuple):
    """Estimates, standard errors and df: one row a data set, one column a function."""

    estimates: Array
    std_errors: Array
    dfs: Array


def estimate_many(
    designs: Array, responses: Array, functions: Array, *, structure: Pattern
) -> ManyEstimates:
    """Estimate functions of the fixed effects in many data sets, by REML and Kenward-Roger.

    Parameters
    ----------
    designs : numpy.ndarray
        Design rows (subjects, visits, columns) that all data sets share, or one such array a data
        set.
    responses : numpy.ndarray
        (data sets, subjects, visits), NaN where missing.
    functions : numpy.ndarray
        Rows of the design: functions of its coefficients.
    structure : Pattern
        Covariance structure of the visits. One that is linear in its parameters goes through
        arrays; for others, and where Newton's plain steps do not arrive, each data set is fitted
        by itself.

    Returns
    -------
    ManyEstimates
        What :func:`analysis.stats.mmrm.fit_mmrm` of each data set gives.

    Raises
    ------
    UserError
        If a data set cannot be fitted.

    Examples
    --------
    Two data sets of four subjects at one visit: means 2 and 4 of values 2 apart.

    >>> from analysis.stats.covariance_structures import covariance_structure
    >>> y = np.array([[1.0, 3.0, 1.0, 3.0], [3.0, 5.0, 3.0, 5.0]])[:, :, None]
    >>> found = estimate_many(np.ones((4, 1, 1)), y, np.ones((1, 1)),
    ...                       structure=covariance_structure("us", [1]))
    >>> found.estimates.ravel().tolist(), found.dfs.round(6).ravel().tolist()
    ([2.0, 4.0], [3.0, 3.0])
    """
    shared = designs.ndim == 3
    parts = [
        _some(designs if shared else designs[at : at + AT_ONCE],
              responses[at : at + AT_ONCE], functions, structure)
        for at in range(0, len(responses), AT_ONCE)
    ]  # fmt: skip
    return ManyEstimates(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _some(designs: Array, responses: Array, functions: Array, structure: Pattern) -> ManyEstimates:
    """Estimate the functions in a few data sets at once."""
    data, basis, offset = _orthogonal(designs, responses)
    rows = functions @ basis
    found = [np.zeros(rows.shape[:2]) for _ in ManyEstimates._fields]
    alone = np.ones(len(responses), dtype=bool)
    if structure.expand(np.ones(len(structure.parameter_names)))[2] is None:
        # one data set with a singular matrix stops the array, and so leaves none of it there
        with contextlib.suppress(np.linalg.LinAlgError):
            converged = newton(data, structure)
            found, alone = _inferred(data, converged, rows), ~converged.arrived
    for number in np.flatnonzero(alone).tolist():
        for each, one in zip(found, _by_itself(data, number, structure, rows[number]), strict=True):
            each[number] = one
    return ManyEstimates(found[0] + offset @ functions.T, *found[1:])


def _orthogonal(designs: Array, responses: Array) -> tuple[BlockedData, Array, Array]:
    """Return the data in an orthogonal basis, that basis, and the least-squares coefficients."""
    seen = np.isfinite(responses)
    n_sets, n_subjects, n_visits = seen.shape
    x = np.where(seen[..., None], designs, 0.0).reshape(n_sets, n_subjects * n_visits, -1)
    y = np.where(seen, responses, 0.0).reshape(n_sets, -1, 1)
    orthogonal, triangular = np.linalg.qr(x)
    size = np.abs(np.diagonal(triangular, axis1=1, axis2=2))
    if bool((size <= 1e-9 * size.max(axis=1, keepdims=True)).any()):
        raise UserError("a column of the design is a combination of others in one of the data sets")
    effects = orthogonal.swapaxes(1, 2) @ y
    residuals = y - orthogonal @ effects
    residuals -= orthogonal @ (orthogonal.swapaxes(1, 2) @ residuals)
    n_records = seen.sum(axis=(1, 2)).astype(float)
    root = np.sqrt(n_records)[:, None, None]
    scale = np.sqrt((residuals**2).sum(axis=1, keepdims=True)) / root
    if bool((scale < 1e-10).any()):
        raise UserError("the design fits the response of one of the data sets exactly")
    inverse = np.linalg.inv(triangular)
    z = np.concatenate([root * orthogonal, residuals / scale], axis=2)
    rows = z.reshape(n_sets, n_subjects, n_visits, -1)
    return (
        BlockedData.of(rows, seen, n_records), scale * root * inverse,
        (inverse @ effects)[..., 0],
    )  # fmt: skip


def _inferred(data: BlockedData, found: Converged, rows: Array) -> list[Array]:
    """Return estimates without the offset, Kenward and Roger's standard errors, and df."""
    point, phi = found.point, found.point.inverse
    # a Hessian that is no maximum's is the careful search's
    weights = 2.0 * np.linalg.inv(
        np.where(found.arrived[:, None, None], point.hessian, np.eye(len(found.first)))
    )
    design = point.turned[..., :-1]
    inner = data.by_block(weighted_products(found.first, weights, point.inverses))
    middle = crossed(design, inner @ design) - mixed_slopes(weights, point.slopes, phi)
    turned = rows @ phi
    variances = (turned * rows).sum(axis=-1)
    # of a matrix that is symmetric but for rounding a quadratic form sees the symmetric part
    adjusted = variances + 2.0 * ((turned @ middle) * turned).sum(axis=-1)
    gradients = -((turned[:, None] @ point.slopes) * turned[:, None]).sum(axis=-1)
    spread = (gradients * (weights @ gradients)).sum(axis=1)
    estimates = (rows @ point.coefficients[..., None])[..., 0]
    arrived = found.arrived[:, None]
    return [
        estimates, np.sqrt(np.where(arrived, adjusted, 0.0)),
        2.0 * variances**2 / np.where(arrived, spread, 1.0),
    ]  # fmt: skip


def _by_itself(data: BlockedData, number: int, structure: Pattern, rows: Array) -> Iterable[Array]:
    """Return estimates (without the offset), standard errors and df of one data set."""
    subjects, visits = np.nonzero(data.seen[number])
    z = data.rows[number][subjects, visits]
    moments = collect_moments(z, subjects=subjects, visits=visits, n_visits=data.seen.shape[2])
    try:
        fit = fit_covariance(
            moments, structure, residuals=z[:, -1], subjects=subjects, visits=visits
        )
    except FitFailure as failure:
        raise UserError(f"data set {number + 1} could not be fitted: {failure}") from None
    inference = make_inference(fit, moments, structure, method="kenward-roger")
    covariance, dfs = inference.variance(rows)
    return rows @ fit.point.coefficients, np.sqrt(np.diag(covariance)), dfs

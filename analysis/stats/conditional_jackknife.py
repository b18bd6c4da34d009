"""The imputation model without each subject in turn: all refits at once, from the full fit.

Every effect of the model is by visit, so that its design is a Kronecker product: the cross-products
of a pattern of observed visits are one small matrix of the columns, and the subject that is left
out is taken off by its own row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.conditional_data import ConditionalData
from analysis.stats.conditional_fit import VisitModel, refit
from analysis.stats.mmrm_optimiser import FitFailure

# distance to the maximum, in standard errors over the square root of the subjects
CONVERGED = 1e-11
# steps with the curvature of the full fit, before a refit that is still on its way gets its own
STEPS = 10
# rounds of so many steps, before a refit is made by itself
ROUNDS = 3
# change of a parameter, in standard errors, from which a curvature is taken
CHANGE = 1e-4
# numbers held at a time, so that memory does not grow with the subjects
CHUNK = 2_000_000


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Refits:
    """The model without each subject in turn, and last with all, in the units of the values.

    Attributes
    ----------
    coefficients : numpy.ndarray
        Coefficients (subjects + 1, columns, visits).
    covariances : numpy.ndarray
        Covariance matrix of the visits (subjects + 1, visits, visits), up to a common factor.
    """

    coefficients: Array
    covariances: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """The subjects that share a pattern of observed visits, with their cross-products."""

    visits: NDArray[np.intp]
    count: int
    rows: Array
    effects: Array
    squares: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """What some refits leave out: the row, residuals and visits of a subject, or nothing."""

    who: NDArray[np.intp]
    rows: Array
    values: Array
    seen: NDArray[np.bool_]

    def only(self, places: NDArray[np.intp]) -> _Left:
        """Return some of the refits."""
        return _Left(
            who=self.who[places], rows=self.rows[places], values=self.values[places],
            seen=self.seen[places],
        )  # fmt: skip


def refit_all(data: ConditionalData, model: VisitModel) -> Refits:
    """Refit the model without each subject, and with all.

    Raises
    ------
    UserError
        If it cannot be fitted without one of them.

    Notes
    -----
    Newton's steps with the exact gradient of each refit and the curvature of the full fit, for
    all refits at once: one subject of n changes the curvature by about 1/n, so that each step
    gains a factor of about n.
    """
    n_subjects, n_visits = data.values.shape
    n_columns = data.rows.shape[1]
    groups = _groups(data, model.residuals)
    every = _Left(
        who=np.arange(n_subjects + 1),
        rows=np.vstack([data.rows, np.zeros(n_columns)]),
        values=np.vstack([np.where(data.observed, model.residuals, 0.0), np.zeros(n_visits)]),
        seen=np.vstack([data.observed, np.zeros(n_visits, dtype=bool)]),
    )
    size = max(1, CHUNK // (n_visits * n_columns) ** 2)
    coefficients, covariances = [], []
    for start in range(0, n_subjects + 1, size):
        left = every.only(np.arange(start, min(start + size, n_subjects + 1)))
        parameters = _newton(data, model, groups, left)
        covariances.append(_matrices(model, parameters)[0])
        parts = _gradient(model, groups, left, parameters)[1]
        coefficients.append(model.coefficients(parts.swapaxes(1, 2)))
    return Refits(
        coefficients=np.concatenate(coefficients), covariances=np.concatenate(covariances)
    )


def _newton(data: ConditionalData, model: VisitModel, groups: list[_Group], left: _Left) -> Array:
    """Return the covariance parameters of some refits."""
    parameters = np.tile(model.parameters, (left.who.size, 1))
    inverse = np.repeat(np.linalg.inv(model.curvature)[None], left.who.size, axis=0)
    waiting = np.arange(left.who.size)
    for number in range(ROUNDS * STEPS):
        if number and number % STEPS == 0:
            for place in waiting:
                own = left.only(np.array([place]))
                inverse[place] = _own_inverse(model, groups, own, parameters[place])
        gradient, _ = _gradient(model, groups, left.only(waiting), parameters[waiting])
        step = np.einsum("ck,ckl->cl", gradient, inverse[waiting])
        distance = np.abs(np.einsum("ck,ck->c", gradient, step)) / len(data.values)
        parameters[waiting] -= step
        lost = ~_positive(_matrices(model, parameters[waiting])[0])
        for place in waiting[lost]:
            parameters[place] = _one_by_one(data, model, int(left.who[place]))
        waiting = waiting[~(distance < CONVERGED**2) & ~lost]
        if not waiting.size:
            break
    for place in waiting:
        parameters[place] = _one_by_one(data, model, int(left.who[place]))
    return parameters


def _own_inverse(model: VisitModel, groups: list[_Group], left: _Left, parameters: Array) -> Array:
    """Return the inverse curvature of one refit, from changes of its gradient."""
    size = parameters.size
    change = CHANGE * np.sqrt(np.diag(np.linalg.inv(model.curvature)))
    moved = parameters + np.vstack([np.diag(change), -np.diag(change)])
    gradient, _ = _gradient(model, groups, left.only(np.zeros(2 * size, dtype=np.intp)), moved)
    curvature = (gradient[:size] - gradient[size:]) / (2.0 * change)[:, None]
    return np.asarray(np.linalg.inv(0.5 * (curvature + curvature.T)))


def _one_by_one(data: ConditionalData, model: VisitModel, subject: int) -> Array:
    """Refit without one subject by Newton's method with its own curvature."""
    who = np.flatnonzero(np.arange(len(data.values)) != subject)
    try:
        found = refit(data, model.residuals, model.form, who, start=model.parameters)
    except FitFailure as failure:
        raise UserError(
            f"the jackknife cannot refit the imputation model of {data.source.response!r} without "
            f"one subject: {failure}"
        ) from None
    return found.parameters


def _positive(matrices: Array) -> NDArray[np.bool_]:
    """Say which matrices are positive definite."""
    finite = np.asarray(np.isfinite(matrices).all(axis=(1, 2)))
    safe = np.where(finite[:, None, None], matrices, -np.eye(matrices.shape[-1]))
    return np.asarray(np.linalg.eigvalsh(safe)[:, 0] > 0.0)


def _matrices(model: VisitModel, parameters: Array) -> tuple[Array, Array]:
    """Return the covariance matrix and its derivatives at each row of parameters."""
    matrix, slopes, bent = model.form.expand(model.parameters)
    if bent is None:  # linear in the parameters
        moved = np.einsum("ck,kab->cab", parameters - model.parameters, slopes)
        return matrix + moved, np.broadcast_to(slopes, (len(parameters), *slopes.shape))
    found = [model.form.expand(row)[:2] for row in parameters]
    return np.stack([each[0] for each in found]), np.stack([each[1] for each in found])


def _groups(data: ConditionalData, residuals: Array) -> list[_Group]:
    """Return the patterns of observed visits; who has none tells nothing."""
    patterns, member = np.unique(data.observed, axis=0, return_inverse=True)
    groups = []
    for number, pattern in enumerate(patterns):
        who, visits = np.flatnonzero(member.ravel() == number), np.flatnonzero(pattern)
        if not visits.size:
            continue
        rows, values = data.rows[who], residuals[np.ix_(who, visits)]
        groups.append(
            _Group(
                visits=visits, count=who.size, rows=np.einsum("nr,ns->rs", rows, rows),
                effects=np.einsum("na,nr->ar", values, rows),
                squares=np.einsum("na,nb->ab", values, values),
            )
        )  # fmt: skip
    return groups


def _gradient(
    model: VisitModel, groups: list[_Group], left: _Left, parameters: Array
) -> tuple[Array, Array]:
    """Return the gradient of minus twice the restricted log-likelihood, and the coefficients.

    Notes
    -----
    Its derivative by the matrix V is the sum over patterns g of n W - W (R + P) W, where W is
    the inverse of V on the visits of g, R the cross-product of the residuals there, and P the sum
    of the variances of the fitted means.
    """
    matrices, slopes = _matrices(model, parameters)
    n_refits, n_visits, _ = matrices.shape
    own_rows, own_values, n_columns = left.rows, left.values, left.rows.shape[1]
    own_weight = _inverse_where(matrices, left.seen)
    weights = [np.linalg.inv(matrices[:, g.visits[:, None], g.visits]) for g in groups]
    normal = -np.einsum("cab,cr,cs->carbs", own_weight, own_rows, own_rows)
    target = -np.einsum("cab,cb,cr->car", own_weight, own_values, own_rows)
    for group, weight in zip(groups, weights, strict=True):
        at = group.visits
        normal[:, at[:, None], :, at, :] += np.einsum("cab,rs->abcrs", weight, group.rows)
        target[:, at] += np.einsum("cab,br->car", weight, group.effects)
    inverse = np.linalg.inv(normal.reshape(n_refits, n_visits * n_columns, -1))
    parts = np.einsum("cpq,cq->cp", inverse, target.reshape(n_refits, -1))
    parts = parts.reshape(n_refits, n_visits, n_columns)
    inverse = inverse.reshape(n_refits, n_visits, n_columns, n_visits, n_columns)
    own_left = own_values - np.einsum("car,cr->ca", parts, own_rows)
    middle = np.einsum("ca,cb->cab", own_left, own_left)
    half = np.einsum("carbs,cs->carb", inverse, own_rows)
    middle += np.einsum("carb,cr->cab", half, own_rows)
    by_matrix = own_weight @ middle @ own_weight - own_weight
    for group, weight in zip(groups, weights, strict=True):
        at = group.visits
        here = parts[:, at]
        cross = np.einsum("car,br->cab", here, group.effects)
        fitted = here @ group.rows @ here.swapaxes(1, 2)
        spread = np.einsum("abcrs,rs->cab", inverse[:, at[:, None], :, at, :], group.rows)
        middle = group.squares - cross - cross.swapaxes(1, 2) + fitted + spread
        by_matrix[:, at[:, None], at] += group.count * weight - weight @ middle @ weight
    return np.einsum("cab,ckab->ck", by_matrix, slopes), parts


def _inverse_where(matrices: Array, seen: NDArray[np.bool_]) -> Array:
    """Return the inverse of each matrix on the visits seen, zero elsewhere."""
    both = seen[:, :, None] & seen[:, None, :]
    unit = np.eye(seen.shape[1])
    inverse = np.linalg.inv(np.where(both, matrices, unit))
    return np.where(both, inverse, 0.0)

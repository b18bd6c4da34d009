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
CHUNK = 500_000


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
class _Sums:
    """Cross-products of the subjects by their pattern of observed visits, zero elsewhere."""

    seen: NDArray[np.bool_]
    counts: Array
    rows: Array
    effects: Array
    squares: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """What some refits leave out: the row, residuals and pattern of a subject, or nothing."""

    who: NDArray[np.intp]
    rows: Array
    values: Array
    pattern: NDArray[np.intp]

    def only(self, places: NDArray[np.intp]) -> _Left:
        """Return some of the refits."""
        return _Left(
            who=self.who[places], rows=self.rows[places], values=self.values[places],
            pattern=self.pattern[places],
        )  # fmt: skip

    @property
    def squares(self) -> Array:
        """The products of each pair of columns (refits, columns, columns)."""
        return self.rows[:, :, None] * self.rows[:, None]


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
    sums, every = _sums(data, model.residuals)
    size = max(1, CHUNK // (data.values.shape[1] * data.rows.shape[1]) ** 2)
    coefficients, covariances = [], []
    for start in range(0, every.who.size, size):
        left = every.only(np.arange(start, min(start + size, every.who.size)))
        parameters = _newton(data, model, sums, left)
        covariances.append(_matrices(model, parameters)[0])
        _, _, normal, target = _equations(sums, left, covariances[-1])
        sides = target.reshape(left.who.size, -1, 1)
        parts = np.asarray(np.linalg.solve(normal, sides), dtype=float).reshape(target.shape)
        coefficients.append(model.coefficients(parts.swapaxes(1, 2)))
    return Refits(
        coefficients=np.concatenate(coefficients), covariances=np.concatenate(covariances)
    )


def _newton(data: ConditionalData, model: VisitModel, sums: _Sums, left: _Left) -> Array:
    """Return the covariance parameters of some refits."""
    parameters = np.tile(model.parameters, (left.who.size, 1))
    inverse = np.repeat(np.linalg.inv(model.curvature)[None], left.who.size, axis=0)
    waiting = np.arange(left.who.size)
    for number in range(ROUNDS * STEPS):
        if number and number % STEPS == 0:
            for place in waiting:
                own = left.only(np.array([place]))
                inverse[place] = _own_inverse(model, sums, own, parameters[place])
        gradient = _gradient(model, sums, left.only(waiting), parameters[waiting])
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


def _own_inverse(model: VisitModel, sums: _Sums, left: _Left, parameters: Array) -> Array:
    """Return the inverse curvature of one refit, from changes of its gradient."""
    size = parameters.size
    change = CHANGE * np.sqrt(np.diag(np.linalg.inv(model.curvature)))
    moved = parameters + np.vstack([np.diag(change), -np.diag(change)])
    gradient = _gradient(model, sums, left.only(np.zeros(2 * size, dtype=np.intp)), moved)
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


def _sums(data: ConditionalData, residuals: Array) -> tuple[_Sums, _Left]:
    """Return the cross-products of all, and what is left out: each subject, and last nobody."""
    n_columns, n_visits = data.rows.shape[1], data.values.shape[1]
    nobody = np.zeros((1, n_visits), dtype=bool)
    seen, pattern = np.unique(np.vstack([data.observed, nobody]), axis=0, return_inverse=True)
    pattern = pattern.ravel()
    rows = np.vstack([data.rows, np.zeros(n_columns)])
    values = np.vstack([np.where(data.observed, residuals, 0.0), np.zeros(n_visits)])
    parts = [np.flatnonzero(pattern == number) for number in range(len(seen))]

    def products(one: Array, other: Array) -> Array:
        return np.stack([np.einsum("na,nb->ab", one[part], other[part]) for part in parts])

    sums = _Sums(
        seen=seen, counts=np.array([float(part.size) for part in parts]),
        rows=products(rows, rows), effects=products(values, rows), squares=products(values, values),
    )  # fmt: skip
    return sums, _Left(who=np.arange(len(rows)), rows=rows, values=values, pattern=pattern)


def _gradient(model: VisitModel, sums: _Sums, left: _Left, parameters: Array) -> Array:
    """Return the gradient of minus twice the restricted log-likelihood (refits, parameters).

    Notes
    -----
    Its derivative by the matrix V is the sum over patterns g of n W - W (R + P) W, where W is
    the inverse of V on the visits of g, R the cross-product of the residuals there, and P the sum
    of the variances of the fitted means.
    """
    matrices, slopes = _matrices(model, parameters)
    weights, own_weight, normal, target = _equations(sums, left, matrices)
    n_refits, n_visits, n_columns = target.shape
    inverse = np.linalg.inv(normal)
    parts = inverse @ target.reshape(n_refits, -1, 1)
    # the second moments of the coefficients, by pairs of visits and pairs of columns
    moments = inverse + parts * parts.swapaxes(1, 2)
    moments = moments.reshape(n_refits, n_visits, n_columns, n_visits, n_columns).swapaxes(2, 3)
    moments = moments.reshape(n_refits, n_visits**2, n_columns**2)
    parts = parts.reshape(target.shape)
    fitted = moments @ sums.rows.reshape(-1, n_columns**2).T
    cross = parts[:, None] @ sums.effects.swapaxes(1, 2)
    middle = sums.squares + fitted.swapaxes(1, 2).reshape(weights.shape)
    middle -= cross + cross.swapaxes(2, 3)
    by_matrix = (sums.counts[:, None, None] * weights - weights @ middle @ weights).sum(axis=1)
    fitted = moments @ left.squares.reshape(n_refits, -1, 1)
    cross = (parts @ left.rows[:, :, None]) * left.values[:, None]
    middle = left.values[:, :, None] * left.values[:, None] + fitted.reshape(own_weight.shape)
    middle -= cross + cross.swapaxes(1, 2)
    by_matrix -= own_weight - own_weight @ middle @ own_weight
    return np.einsum("cab,ckab->ck", by_matrix, slopes)


def _equations(sums: _Sums, left: _Left, matrices: Array) -> tuple[Array, Array, Array, Array]:
    """Return the normal equations of some refits at their covariance matrices.

    Returns
    -------
    weights, own_weight : numpy.ndarray
        Inverse matrices by pattern (refits, patterns, visits, visits), and of who is left out.
    normal, target : numpy.ndarray
        (refits, visits * columns, visits * columns) and (refits, visits, columns).
    """
    n_refits, n_visits, _ = matrices.shape
    n_patterns, n_columns, _ = sums.rows.shape
    weights = _inverse_where(matrices[:, None], sums.seen)
    own_weight = weights[np.arange(n_refits), left.pattern]
    by_pair = weights.reshape(n_refits, n_patterns, -1).swapaxes(1, 2)
    normal = by_pair @ sums.rows.reshape(n_patterns, -1)
    normal -= own_weight.reshape(n_refits, -1, 1) * left.squares.reshape(n_refits, 1, -1)
    normal = normal.reshape(n_refits, n_visits, n_visits, n_columns, n_columns).swapaxes(2, 3)
    target = (weights @ sums.effects).sum(axis=1)
    target -= own_weight @ (left.values[:, :, None] * left.rows[:, None])
    return weights, own_weight, normal.reshape(n_refits, n_visits * n_columns, -1), target


def _inverse_where(matrices: Array, seen: NDArray[np.bool_]) -> Array:
    """Return the inverse of each matrix on the visits seen, zero elsewhere."""
    both = seen[:, :, None] & seen[:, None, :]
    unit = np.eye(seen.shape[1])
    inverse = np.linalg.inv(np.where(both, matrices, unit))
    return np.where(both, inverse, 0.0)

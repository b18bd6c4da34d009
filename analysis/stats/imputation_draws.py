"""Draws of missing responses from the normal model, given what was observed."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.imputation_model import ImputationData, NormalModel, draw_model

# draws of the data augmentation before one is kept; it only fills gaps between observed
# visits, so it forgets its start within a few draws
BURN_IN = 100


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalDraw:
    """Subjects that share a pattern of observed and wanted visits.

    Attributes
    ----------
    rows : numpy.ndarray
        Subjects.
    given, wanted : numpy.ndarray
        Visits conditioned on, and drawn.
    law : int
        Arm whose covariance matrix applies.
    """

    rows: NDArray[np.intp]
    given: NDArray[np.intp]
    wanted: NDArray[np.intp]
    law: int


def after_dropout(data: ImputationData) -> NDArray[np.bool_]:
    """Return which cells come after the subject's last observed visit."""
    return np.asarray(np.arange(data.values.shape[1]) >= data.n_visits_kept[:, None])


def fill_gaps(data: ImputationData, rng: np.random.Generator) -> Array:
    """Return data without gaps, from the stationary law of monotone data augmentation."""
    completed = data.values.copy()
    gaps = np.isnan(completed) & ~after_dropout(data)
    if not gaps.any():
        return completed
    for visit in range(completed.shape[1]):  # start: mean of the arm at the visit
        for number in range(len(data.arms)):
            own = data.arm_index == number
            seen = own & ~np.isnan(data.values[:, visit])
            if not seen.any() and (own & gaps[:, visit]).any():
                raise UserError(
                    f"no subject of arm '{data.arms[number]}' is observed at visit "
                    f"'{data.visits[visit]}', so its values there cannot be imputed: leave it out"
                )
            rows = own & gaps[:, visit]
            completed[rows, visit] = data.values[seen, visit].mean() if rows.any() else 0.0
    plan = plan_gaps(data)
    for _ in range(BURN_IN):
        completed = impute_gaps(data, plan, draw_model(data, completed, rng), completed, rng)
    return completed


def plan_gaps(data: ImputationData) -> list[ConditionalDraw]:
    """Return the patterns of gaps before the last observed visit."""
    observed = ~np.isnan(data.values)
    return _plan(observed, ~observed & ~after_dropout(data), data.arm_index)


def impute_gaps(
    data: ImputationData,
    plan: list[ConditionalDraw],
    model: NormalModel,
    completed: Array,
    rng: np.random.Generator,
) -> Array:
    """Draw the gaps before each subject's last observed visit, given what was observed."""
    own = model.means[data.arm_index, np.arange(data.values.shape[0])]
    return _draw_conditional(plan, completed, own, own, model.covariances, rng)


def impute_after(
    data: ImputationData,
    model: NormalModel,
    completed: Array,
    method: str,
    reference: Hashable | None,
    rng: np.random.Generator,
) -> Array:
    """Draw the values after each subject's last observed visit."""
    people = np.arange(data.values.shape[0])
    own = model.means[data.arm_index, people]
    before, after, law = own, own, data.arm_index
    if method != "mar":
        number = data.arms.index(reference)
        other = model.means[number]
        law = np.full_like(data.arm_index, number)
        if method == "copy-reference":
            before = after = other
        elif method == "jump-to-reference":
            after = other
        else:
            last = np.maximum(data.n_visits_kept - 1, 0)
            gain = (own - other)[people, last] * (data.n_visits_kept > 0)
            after = other + gain[:, None]
    targets = after_dropout(data)
    plan = _plan(~targets, targets, law)
    return _draw_conditional(plan, completed, before, after, model.covariances, rng)


def _plan(
    observed: NDArray[np.bool_], targets: NDArray[np.bool_], law: NDArray[np.intp]
) -> list[ConditionalDraw]:
    """Group the subjects with wanted visits by pattern."""
    affected = np.flatnonzero(targets.any(axis=1))
    if not affected.size:
        return []
    n_visits = targets.shape[1]
    keys = np.column_stack([law[affected], observed[affected], targets[affected]])
    patterns, group = np.unique(keys, axis=0, return_inverse=True)
    return [
        ConditionalDraw(
            rows=affected[group.ravel() == number],
            given=np.flatnonzero(pattern[1 : 1 + n_visits]),
            wanted=np.flatnonzero(pattern[1 + n_visits :]),
            law=int(pattern[0]),
        )
        for number, pattern in enumerate(patterns)
    ]


def _draw_conditional(
    plan: list[ConditionalDraw],
    completed: Array,
    mean_observed: Array,
    mean_target: Array,
    covariances: Array,
    rng: np.random.Generator,
) -> Array:
    """Draw the wanted visits from their normal law given the others, pattern by pattern."""
    result = completed.copy()
    for part in plan:
        covariance = covariances[part.law]
        link = covariance[np.ix_(part.given, part.wanted)]
        slope = np.linalg.solve(covariance[np.ix_(part.given, part.given)], link)
        residual = covariance[np.ix_(part.wanted, part.wanted)] - link.T @ slope
        factor = np.linalg.cholesky(0.5 * (residual + residual.T))
        before, there = np.ix_(part.rows, part.given), np.ix_(part.rows, part.wanted)
        noise = rng.standard_normal((part.rows.size, part.wanted.size))
        centre = mean_target[there] + (completed[before] - mean_observed[before]) @ slope
        result[there] = centre + noise @ factor.T
    return result

"""Draws of missing responses from the normal model, given what was observed, many at once."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats._words import meant
from analysis.stats.imputation_model import ImputationData
from analysis.stats.imputation_noise import Noise, staircase
from analysis.stats.imputation_posterior import (
    ArmGroup,
    Index,
    Parameters,
    draw_parameters,
    plan_groups,
)

# draws of the data augmentation before one is kept; it only fills gaps between observed
# visits, so it forgets its start within a few draws
BURN_IN = 100


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class GapPattern:
    """Subjects of a group with the same gaps.

    Attributes
    ----------
    rows : numpy.ndarray
        Their places among the group's subjects with gaps.
    kept : int
        Visits up to and including the last observed one.
    wanted : numpy.ndarray
        Visits of the gaps.
    cells : numpy.ndarray
        (rows, wanted): numbers of the gaps among all gaps.
    """

    rows: Index
    kept: int
    wanted: Index
    cells: Index


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What all draws share.

    Attributes
    ----------
    data : ImputationData
        Data of a response around 0 and of size 1.
    start : numpy.ndarray
        Responses (subjects, visits) with gaps filled by the mean of the arm, NaN after dropout.
    gaps, after : numpy.ndarray
        Cells (subjects, visits) that are gaps, and that come after dropout.
    groups, patterns : tuple
        Groups of arms, and by group its patterns of gaps.
    """

    data: ImputationData
    start: Array
    gaps: NDArray[np.bool_]
    after: NDArray[np.bool_]
    groups: tuple[ArmGroup, ...]
    patterns: tuple[tuple[GapPattern, ...], ...]

    @property
    def n_sweeps(self) -> int:
        """Draws of the parameters; without gaps the first is exact."""
        return BURN_IN + 1 if self.gaps.any() else 1

    @property
    def size(self) -> int:
        """Numbers that one imputation needs in memory, roughly."""
        columns = sum(group.fixed.shape[1] + len(self.data.visits) for group in self.groups)
        noise = columns * len(self.data.visits) + int(self.gaps.sum())
        return self.n_sweeps * noise + 8 * self.start.size


def after_dropout(data: ImputationData) -> NDArray[np.bool_]:
    """Return which cells come after the subject's last observed visit."""
    return np.asarray(np.arange(data.values.shape[1]) >= data.n_visits_kept[:, None])


def shifted_cells(
    data: ImputationData, *, arms: Sequence[Hashable], which: str
) -> NDArray[np.bool_]:
    """Return the imputed cells (subjects, visits) that a shift by delta moves."""
    which = meant("which", which, ("after-dropout", "all"))
    for name in arms:
        if name not in data.arms:
            raise UserError(
                f"the data have no arm '{name}'; the arms are {', '.join(map(str, data.arms))}"
            )
    chosen = np.isin(data.arm_index, [data.arms.index(name) for name in arms])[:, None]
    missing = np.isnan(data.values)
    return chosen & (missing & after_dropout(data) if which == "after-dropout" else missing)


def plan_draws(data: ImputationData) -> Plan:
    """Return what the draws of all imputations share."""
    after = after_dropout(data)
    gaps = np.isnan(data.values) & ~after
    start = _start(data, gaps)
    groups = plan_groups(data, start)
    return Plan(
        data=data, start=start, gaps=gaps, after=after, groups=groups,
        patterns=tuple(_patterns(data, gaps, group) for group in groups),
    )  # fmt: skip


def fill_gaps(plan: Plan, noise: Noise) -> tuple[tuple[Parameters, ...], Array]:
    """Draw the parameters of each group, and the data without gaps.

    Returns
    -------
    tuple of Parameters, numpy.ndarray
        By group of arms; (imputations, subjects, visits), still NaN after dropout.

    Notes
    -----
    Monotone data augmentation: parameters given the filled data, then gaps given the parameters
    and what was observed, in turn. The last draw is kept.
    """
    completed = np.repeat(plan.start[None], len(noise.after), axis=0)
    found = []
    for number, group in enumerate(plan.groups):
        stairs = staircase(group, plan.start.shape[1])
        spread = np.zeros((len(completed), *stairs.shape))
        fixed = group.fixed[np.searchsorted(group.subjects, group.gaps)]
        # what is after dropout is in no sum, but must be a number
        observed = np.nan_to_num(np.hstack([fixed, plan.data.values[group.gaps]]))
        filled = np.nan_to_num(np.hstack([fixed, plan.start[group.gaps]]))
        rows = np.repeat(filled[None], len(completed), axis=0)
        # a group without gaps of its own has nothing to settle
        for sweep in range(0 if group.gaps.size else plan.n_sweeps - 1, plan.n_sweeps):
            spread[:, stairs] = noise.coefficients[number][:, sweep]
            parameters = draw_parameters(group, rows, noise.chi_square[number][:, sweep], spread)
            _draw_gaps(parameters, plan.patterns[number], observed, rows, noise.gaps[:, sweep])
        found.append(parameters)
        own = rows[:, :, group.fixed.shape[1] :]
        completed[:, group.gaps] = np.where(plan.after[group.gaps], np.nan, own)
    return tuple(found), completed


def impute_after(
    plan: Plan,
    parameters: tuple[Parameters, ...],
    filled: Array,
    noise: Array,
    method: str,
    reference: Hashable | None,
) -> Array:
    """Draw the values after each subject's last observed visit by the assumption of a method."""
    result, kept = filled.copy(), plan.data.n_visits_kept
    for number, group in enumerate(plan.groups):
        places = np.flatnonzero(kept[group.subjects] < filled.shape[2])
        people = group.subjects[places]
        own = parameters[number].means(group.fixed[places])
        before, after, law = own, own, parameters[number]
        if method == "last-mean-carried-forward":
            last = np.take_along_axis(own, np.maximum(kept[people] - 1, 0)[None, :, None], axis=2)
            after = np.repeat(last, own.shape[2], axis=2)
        elif method != "mar":
            arm = plan.data.arms.index(reference)
            [position] = [i for i, each in enumerate(plan.groups) if arm in each.arms]
            fixed = plan.groups[position].fixed_as(arm, plan.data.baseline[people])
            law = parameters[position]
            before, after = _as_reference(method, own, law.means(fixed), kept[people])
        drawn = _deviations(law, filled[:, people] - before, kept[people], noise[:, people])
        result[:, people] = np.where(plan.after[people], after + drawn, filled[:, people])
    return result


def _as_reference(method: str, own: Array, other: Array, kept: Index) -> tuple[Array, Array]:
    """Return the means before and after dropout by a reference-based method."""
    if method == "copy-reference":
        return other, other
    if method == "jump-to-reference":
        return own, other
    last = np.maximum(kept - 1, 0)[None, :, None]
    gain = np.take_along_axis(own - other, last, axis=2) * (kept > 0)[:, None]
    return own, other + gain


def _deviations(law: Parameters, observed: Array, kept: Index, noise: Array) -> Array:
    """Return deviations from the mean, those after dropout drawn visit by visit given the past."""
    found = np.where(np.arange(observed.shape[2]) < kept[:, None], observed, 0.0)
    for visit in range(observed.shape[2]):
        past = (found[:, :, :visit] @ law.links[:, :visit, visit, None])[:, :, 0]
        drawn = past + law.std_devs[:, visit, None] * noise[:, :, visit]
        found[:, :, visit] = np.where(kept <= visit, drawn, found[:, :, visit])
    return found


def _draw_gaps(
    parameters: Parameters,
    patterns: tuple[GapPattern, ...],
    observed: Array,
    rows: Array,
    noise: Array,
) -> None:
    """Draw the gaps into `rows`, given the observed visits (gaps 0 there).

    Notes
    -----
    The regressions are a root of the precision matrix, so nothing larger than the gaps of a
    subject is inverted: the density of the gaps is quadratic in them, its curvature and slope
    (at 0) are sums over the regressions up to the last observed visit.
    """
    n_visits = parameters.std_devs.shape[1]
    n_fixed = observed.shape[1] - n_visits
    residual = observed[:, n_fixed:] - observed @ parameters.coefficients
    back = np.eye(n_visits) - parameters.links
    weights = 1.0 / parameters.std_devs**2
    for each in patterns:
        own = back[:, each.wanted, : each.kept]
        weighted = (own * weights[:, None, : each.kept]).swapaxes(1, 2)
        slope = residual[:, each.rows, : each.kept] @ weighted
        root = _root_of_inverse(own @ weighted)
        drawn = (noise[:, each.cells] - slope @ root) @ root.swapaxes(1, 2)
        rows[:, each.rows[:, None], n_fixed + each.wanted] = drawn


def _root_of_inverse(matrices: Array) -> Array:
    """Return the lower triangular L with L L' the inverse of each matrix."""
    # from the last column backwards, so that the root of the inverse is a lower one
    backwards = np.linalg.inv(np.linalg.cholesky(matrices[:, ::-1, ::-1]))
    return np.asarray(backwards[:, ::-1, ::-1].swapaxes(1, 2))


def _start(data: ImputationData, gaps: NDArray[np.bool_]) -> Array:
    """Return the data with gaps filled by the mean of the arm at the visit."""
    start = data.values.copy()
    for visit, number in np.ndindex(start.shape[1], len(data.arms)):
        own = data.arm_index == number
        seen, rows = own & ~np.isnan(data.values[:, visit]), own & gaps[:, visit]
        if not rows.any():
            continue
        if not seen.any():
            raise UserError(
                f"no subject of arm '{data.arms[number]}' is observed at visit "
                f"'{data.visits[visit]}', so its values there cannot be imputed: leave it out"
            )
        start[rows, visit] = data.values[seen, visit].mean()
    return start


def _patterns(
    data: ImputationData, gaps: NDArray[np.bool_], group: ArmGroup
) -> tuple[GapPattern, ...]:
    """Group the subjects with gaps by their pattern."""
    if not group.gaps.size:
        return ()
    numbers = np.full(gaps.shape, -1)
    numbers[gaps] = np.arange(int(gaps.sum()))
    keys = np.column_stack([data.n_visits_kept, gaps])[group.gaps]
    patterns, which = np.unique(keys, axis=0, return_inverse=True)
    found = []
    for place, pattern in enumerate(patterns):
        rows, wanted = np.flatnonzero(which.ravel() == place), np.flatnonzero(pattern[1:])
        cells = numbers[np.ix_(group.gaps[rows], wanted)]
        found.append(GapPattern(rows=rows, kept=int(pattern[0]), wanted=wanted, cells=cells))
    return tuple(found)

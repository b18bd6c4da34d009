"""The normal model of imputation as regressions, and many posterior draws of it at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.imputation_model import ImputationData

Index = NDArray[np.intp]


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Draws of the parameters, the imputations along the first axis.

    Attributes
    ----------
    coefficients : numpy.ndarray
        (imputations, fixed columns + visits, visits): the regression of each visit on the fixed
        columns and on the visits before it; 0 for the visit itself and those after it.
    std_devs : numpy.ndarray
        (imputations, visits): residual standard deviations of the regressions.
    """

    coefficients: Array
    std_devs: Array

    def means(self, fixed: Array) -> Array:
        """Return the mean responses (imputations, subjects, visits) of subjects' fixed columns."""
        n_fixed, n_visits = fixed.shape[1], self.std_devs.shape[1]
        found = fixed @ self.coefficients[:, :n_fixed]
        for visit in range(1, n_visits):
            slopes = self.coefficients[:, n_fixed : n_fixed + visit, visit, None]
            found[:, :, visit] += (found[:, :, :visit] @ slopes)[:, :, 0]
        return found

    @property
    def links(self) -> Array:
        """Slopes (imputations, visits, visits) of each visit, by column, on those before it."""
        return self.coefficients[:, -self.std_devs.shape[1] :]


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Regressions:
    """Visits whose regressions rest on the same subjects, by sums that do not change.

    Attributes
    ----------
    visits, df : numpy.ndarray
        The visits, and their residual degrees of freedom.
    root : numpy.ndarray
        Triangular factor of the subjects' columns as the draws begin.
    basis : numpy.ndarray
        Its inverse: in this basis the sums of squares are near the unit matrix, so that a
        Cholesky factor loses no digits, however alike the visits are.
    constant : numpy.ndarray
        Sums of squares and products, in this basis, of the subjects without gaps.
    with_gaps : numpy.ndarray
        Which of the group's subjects with gaps are among them.
    """

    visits: Index
    df: Index
    root: Array
    basis: Array
    constant: Array
    with_gaps: Index


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class ArmGroup:
    """Arms that share one model: all of them, or one each.

    Attributes
    ----------
    arms : tuple of int
        Their numbers.
    subjects, gaps : numpy.ndarray
        Their subjects, and those of them with a gap before their last observed visit.
    fixed : numpy.ndarray
        (subjects, columns): an indicator of each arm, then the baseline columns.
    regressions : tuple of Regressions
        The regressions of all visits.
    """

    arms: tuple[int, ...]
    subjects: Index
    gaps: Index
    fixed: Array
    regressions: tuple[Regressions, ...]

    def fixed_as(self, arm: int, baseline: Array) -> Array:
        """Return the fixed columns of subjects as if they were of an arm of the group."""
        indicators = np.zeros((len(baseline), len(self.arms)))
        indicators[:, self.arms.index(arm)] = 1.0
        return np.hstack([indicators, baseline])


def plan_groups(data: ImputationData, start: Array) -> tuple[ArmGroup, ...]:
    """Return the groups of arms with their regressions.

    Parameters
    ----------
    data : ImputationData
        The data.
    start : numpy.ndarray
        Their values, each gap before a last observed visit filled with something.

    Raises
    ------
    UserError
        If a regression has too few subjects, is aliased, or leaves no variation.
    """
    numbers = tuple(range(len(data.arms)))
    groups = (numbers,) if data.covariance == "pooled" else tuple((each,) for each in numbers)
    return tuple(_group(data, start, arms) for arms in groups)


def draw_parameters(group: ArmGroup, rows: Array, chi_square: Array, noise: Array) -> Parameters:
    """Draw the parameters from their posterior given data without gaps.

    Parameters
    ----------
    group : ArmGroup
        Arms that share the model.
    rows : numpy.ndarray
        (imputations, subjects with gaps, columns): fixed columns and filled responses.
    chi_square : numpy.ndarray
        (imputations, visits): chi-square variates with the regressions' degrees of freedom.
    noise : numpy.ndarray
        (imputations, columns, visits): standard normal variates, one for each coefficient.

    Notes
    -----
    With monotone data and the prior 1 / sigma^2 for each regression the posterior is exact:
    sigma^2 is the residual sum of squares over a chi-square variate, and the coefficients are
    normal given sigma^2. The triangular factor of all columns holds every one of the
    regressions: its leading block, the column beside it, and the root of the residual sum of
    squares below.
    """
    coefficients = np.zeros(noise.shape)
    std_devs = np.empty(chi_square.shape)
    n_fixed = group.fixed.shape[1]
    for part in group.regressions:
        targets = n_fixed + part.visits
        factor = _factor(part, rows)
        left = np.diagonal(factor, axis1=1, axis2=2)[:, targets]
        # the residual sum of squares has collapsed to rounding since the start
        if left.size and left.min() < 1e-7:
            raise UserError(
                "the imputation model does not settle: the visits observed with gaps are nearly "
                "combinations of each other, so leave one of them out"
            )
        upper = factor.swapaxes(1, 2) @ part.root
        wide = part.root.shape[0] - 1
        std_devs[:, part.visits] = (
            left * part.root[targets, targets] / np.sqrt(chi_square[:, part.visits])
        )
        drawn = std_devs[:, None, part.visits] * noise[:, :wide, part.visits]
        inside = np.arange(wide)[:, None] < targets
        sides = np.where(inside, upper[:, :wide, targets] + drawn, 0.0)
        coefficients[:, :wide, part.visits] = np.linalg.solve(upper[:, :wide, :wide], sides)
    return Parameters(coefficients=coefficients, std_devs=std_devs)


def _factor(part: Regressions, rows: Array) -> Array:
    """Return the Cholesky factors of the sums of squares in the basis of the regressions."""
    own = rows[..., : part.root.shape[0]]
    if part.with_gaps.size < rows.shape[1]:
        own = own[:, part.with_gaps]
    own = own @ part.basis
    try:
        return np.asarray(np.linalg.cholesky(part.constant + own.swapaxes(1, 2) @ own))
    except np.linalg.LinAlgError:
        return np.zeros((len(rows), *part.root.shape))


def _group(data: ImputationData, start: Array, arms: tuple[int, ...]) -> ArmGroup:
    """Return a group of arms with its regressions."""
    inside = np.isin(data.arm_index, arms)
    indicators = (data.arm_index[:, None] == np.array(arms)).astype(float)
    fixed = np.hstack([indicators, data.baseline])
    kept, columns = data.n_visits_kept, np.hstack([fixed, start])
    open_cells = np.isnan(data.values) & (np.arange(data.values.shape[1]) < kept[:, None])
    gaps = np.flatnonzero(inside & open_cells.any(axis=1))
    parts = []
    for visits in _same_subjects(kept[inside], data.values.shape[1]):
        rows = np.flatnonzero(inside & (kept > visits[0]))
        end = fixed.shape[1] + int(visits[-1]) + 1
        root = _root(data, columns[rows, :end], visits, arms)
        basis = linalg.solve_triangular(root, np.eye(end))
        whole = columns[np.setdiff1d(rows, gaps), :end] @ basis
        parts.append(
            Regressions(
                visits=visits,
                df=rows.size - fixed.shape[1] - visits,
                root=root,
                basis=basis,
                constant=whole.T @ whole,
                with_gaps=np.flatnonzero(kept[gaps] > visits[0]),
            )
        )
    return ArmGroup(
        arms=arms, subjects=np.flatnonzero(inside), gaps=gaps, fixed=fixed[inside],
        regressions=tuple(parts),
    )  # fmt: skip


def _same_subjects(kept: Index, n_visits: int) -> Iterator[Index]:
    """Yield the runs of visits that the same subjects reach."""
    reached = (kept[:, None] > np.arange(n_visits)).sum(axis=0)
    yield from np.split(np.arange(n_visits), np.flatnonzero(np.diff(reached)) + 1)


def _root(data: ImputationData, columns: Array, visits: Index, arms: tuple[int, ...]) -> Array:
    """Return the triangular factor, diagonal positive, of columns that allow every regression."""
    before = columns.shape[1] - int(visits[-1]) - 1  # fixed columns
    for visit in visits:
        _check_size(data, len(columns), before + int(visit), int(visit), arms)
    triangular = np.linalg.qr(columns, mode="r")
    signs = np.where(np.diag(triangular) < 0, -1.0, 1.0)
    root = np.asarray(signs[:, None] * triangular)
    lengths = np.maximum(np.linalg.norm(columns, axis=0), 1e-300)
    left = np.diag(root) / lengths
    for visit in visits:
        target = before + int(visit)
        where = _where(data, int(visit), arms)
        if left[:target].min() < 1e-10:
            raise UserError(
                f"{where} is aliased: an arm, baseline column or earlier visit is empty or a "
                "combination of the others there; leave it out"
            )
        if left[target] < 1e-12:
            raise UserError(
                f"{where} fits exactly, so imputed values would have no variation: check for "
                "constant or duplicated visits"
            )
    return root


def _check_size(
    data: ImputationData, n_subjects: int, n_columns: int, visit: int, arms: tuple[int, ...]
) -> None:
    if n_subjects > n_columns:
        return
    pool = "" if data.covariance == "pooled" else "pool arms (covariance = 'pooled'), "
    raise UserError(
        f"{_where(data, visit, arms)} has {n_columns} coefficients but {n_subjects} subjects "
        f"observed there or later: {pool}use fewer baseline columns or fewer visits"
    )


def _where(data: ImputationData, visit: int, arms: tuple[int, ...]) -> str:
    names = ", ".join(str(data.arms[number]) for number in arms)
    return (
        f"the imputation model of {data.response!r} at visit '{data.visits[visit]}' (arm {names})"
    )

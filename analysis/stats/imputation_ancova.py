"""Analysis of covariance of all completed data sets at once, and of what delta makes of them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import linalg

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, as_names, check_level, float_array
from analysis.stats.design_matrix import Design, build_design
from analysis.stats.imputation import Imputation
from analysis.stats.imputation_draws import shifted_cells
from analysis.stats.imputation_model import ImputationData
from analysis.stats.laws import t_isf, t_sf
from analysis.stats.linear_estimates import Rows
from analysis.stats.model_records import exact_fit
from analysis.stats.rubin import PooledEstimate, pooled_estimate
from analysis.stats.rubin_arrays import Combined, combine


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class PooledAncova:
    """Least-squares means and differences of completed data sets, for any delta.

    Attributes
    ----------
    response : str
        Response column.
    labels : tuple of str
        What is estimated: the mean of each arm, then each other arm minus the reference.
    shifted : tuple
        Arms whose imputed values a delta moves.
    level : float
        Confidence level.
    estimates : numpy.ndarray
        (labels, imputations), without delta.
    slopes : numpy.ndarray
        (labels, shifted arms): what one unit of delta adds to the estimates.
    squares, products, curvature : numpy.ndarray
        Of the residuals: sums of squares (imputations), sums of products with what one unit of
        delta adds (imputations, shifted arms), and of that with itself (shifted arms twice).
    least : float
        Sum of squares that is nothing but rounding.
    scales : numpy.ndarray
        Standard error of each estimate where the residual variance is 1.
    df : int
        Residual degrees of freedom of the complete data.
    """

    response: str
    labels: tuple[str, ...]
    shifted: tuple[Hashable, ...]
    level: float
    estimates: Array
    slopes: Array
    squares: Array
    products: Array
    curvature: Array
    least: float
    scales: Array
    df: int

    def at(self, delta: float | Sequence[float] = 0.0) -> Rows[PooledEstimate]:
        """Return the pooled estimates where delta is added to the imputed values.

        Parameters
        ----------
        delta : float or sequence of float
            The same for all shifted arms, or one for each.
        """
        found = self._combined(self._deltas([delta]))
        count = self.estimates.shape[1]
        return Rows(
            pooled_estimate(found.of((0, place)), count, self.df, level=self.level, label=label)
            for place, label in enumerate(self.labels)
        )

    def grid(self, deltas: ArrayLike) -> pd.DataFrame:
        """Return the pooled estimates over many deltas, one row a delta and label.

        Parameters
        ----------
        deltas : array of shape (deltas,) or (deltas, shifted arms)
            The same delta for all shifted arms, or one for each.

        Returns
        -------
        pandas.DataFrame
            A column ``delta``, or one an arm called ``delta`` and its name; label, estimate,
            std_error, df, lower, upper, p_value, missing_fraction and monte_carlo_error.
        """
        given = self._deltas(deltas)
        found = self._combined(given)
        half = t_isf((1.0 - self.level) / 2.0, found.df) * found.std_error
        columns = {
            "estimate": found.estimate,
            "std_error": found.std_error,
            "df": found.df,
            "lower": found.estimate - half,
            "upper": found.estimate + half,
            "p_value": 2.0 * t_sf(np.abs(found.estimate) / found.std_error, found.df),
            "missing_fraction": found.missing_fraction,
            "monte_carlo_error": found.monte_carlo_error,
        }
        moves = np.asarray(deltas, dtype=float).reshape(len(given), -1).T
        names = [f"delta {arm}" for arm in self.shifted] if np.ndim(deltas) == 2 else ["delta"]
        count = len(self.labels)
        frame = {name: np.repeat(move, count) for name, move in zip(names, moves, strict=True)}
        labels = {"label": list(self.labels) * len(given)}
        return pd.DataFrame(frame | labels | {key: value.ravel() for key, value in columns.items()})

    def _deltas(self, deltas: ArrayLike) -> Array:
        """Return a delta for each shifted arm (deltas, shifted arms)."""
        given, size = float_array("delta", deltas), len(self.shifted)
        if not size and given.any():
            raise UserError("a delta shifts nothing, because no arm is named in `arms`: name one")
        if given.ndim == 1:
            return np.repeat(given[:, None], size, axis=1)
        if given.ndim != 2 or given.shape[1] != size:
            raise UserError(
                f"delta must be one number, or one for each of the {size} arms that it shifts, but "
                f"has the shape {given.shape}"
            )
        return given

    def _combined(self, deltas: Array) -> Combined:
        """Pool over imputations (deltas, labels)."""
        estimates = self.estimates + (deltas @ self.slopes.T)[:, :, None]
        squares = (
            self.squares
            + 2.0 * deltas @ self.products.T
            + np.einsum("da,ab,db->d", deltas, self.curvature, deltas)[:, None]
        )
        if (squares <= self.least).any():
            raise exact_fit(self.response)
        errors = self.scales[:, None] * np.sqrt(squares / self.df)[:, None, :]
        return combine(estimates, errors, self.df)


def pool_ancova(
    imputations: Sequence[Imputation],
    data: ImputationData,
    *,
    visit: Hashable,
    factors: str | Sequence[str] = (),
    covariates: str | Sequence[str] = (),
    reference: Hashable,
    weights: str,
    level: float,
    arms: Sequence[Hashable] = (),
    which: str = "all",
) -> PooledAncova:
    """Analyse one visit of completed data sets by analysis of covariance and pool the results.

    Parameters
    ----------
    imputations : sequence of Imputation
        Completed data sets.
    data : ImputationData
        Their data.
    visit : hashable
        The visit analysed.
    factors, covariates : sequence of str, optional
        Baseline columns of the data in the model, besides the arm.
    reference : hashable
        The arm that is subtracted.
    weights : {'equal', 'observed'}
        How other factors are averaged.
    level : float
        Confidence level.
    arms : sequence, optional
        Arms whose imputed values a delta moves.
    which : {'all', 'after-dropout'}
        As in :func:`analysis.stats.shift_imputed`.

    Returns
    -------
    PooledAncova
        ``.at(0.0)`` gives the pooled estimates, ``.at(delta)`` those with a delta, and
        ``.grid(deltas)`` a frame of many.

    Raises
    ------
    UserError
        If the visit, an arm or a column is unknown, or a design cannot be estimated.

    Notes
    -----
    The same numbers as :func:`analysis.stats.shift_imputed` and
    :func:`analysis.stats.pool_imputations` with :func:`analysis.stats.fit_ancova`: the design is
    that of all data sets, so all are one least-squares problem with many right-hand sides; and a
    delta moves estimates along a line and residual sums of squares along a parabola.

    References
    ----------
    Barnard J, Rubin DB (1999). Small-sample degrees of freedom with multiple imputation.
    Biometrika 86:948-955.

    Examples
    --------
    Of four subjects of T one has no value; each unit of delta moves the difference by a quarter.

    >>> from analysis.stats import impute_mar, prepare_imputation
    >>> trial = pd.DataFrame({"id": [*range(8)] * 2, "visit": ["W4"] * 8 + ["W8"] * 8,
    ...                       "arm": list("TTTTPPPP") * 2,
    ...                       "y": [1, 2, 3, 4, 2, 1, 3, 2, 2, 4, 3, np.nan, 2, 3, 4, 5]})
    >>> data = prepare_imputation(trial, response="y", subject="id", visit="visit", arm="arm",
    ...                           visits=["W4", "W8"], covariance="pooled")
    >>> found = pool_ancova(impute_mar(data, n_imputations=20, seed=1), data, visit="W8",
    ...                     reference="P", weights="equal", level=0.95, arms=["T"])
    >>> [each.label for each in found.at()]
    ['P', 'T', 'T - P']
    >>> grid = found.grid([0.0, -1.0, -2.0]).query("label == 'T - P'")
    >>> grid["estimate"].diff().round(9).tolist()[1:]
    [-0.25, -0.25]
    """
    check_level(level)
    cells = {arm: shifted_cells(data, arms=[arm], which=which) for arm in [*data.arms, *arms]}
    items = list(imputations)
    if len(items) < 2:
        raise UserError(f"Rubin's rules need two or more imputations, but there are {len(items)}")
    if visit not in data.visits:
        raise UserError(
            f"the data have no visit '{visit}'; the visits are {', '.join(map(str, data.visits))}"
        )
    place = data.visits.index(visit)
    design = build_design(
        data.subjects, factors=[data.arm, *as_names(factors)], covariates=as_names(covariates),
        interactions=[],
    )  # fmt: skip
    labels, rows = _rows(design, data.arm, reference, weights)
    values = np.array([item.values[:, place] for item in items])
    moved = [cells[arm][:, place] for arm in arms]
    shifts = np.array(moved, dtype=float).reshape(len(moved), len(design.matrix))
    # centring and scaling first keeps the digits of responses such as 1e9 + small
    centre = float(values.mean())
    scale = float(np.abs(values - centre).max()) or 1.0
    orthogonal, triangular = np.linalg.qr(design.matrix)
    inverse = rows @ linalg.solve_triangular(triangular, np.eye(design.n_columns))
    scaled = (values - centre) / scale
    residuals = scale * (scaled - scaled @ orthogonal @ orthogonal.T)
    extra = shifts - shifts @ orthogonal @ orthogonal.T
    return PooledAncova(
        response=data.response, labels=labels, shifted=tuple(arms), level=level,
        estimates=centre * rows[:, :1] + scale * (inverse @ (orthogonal.T @ scaled.T)),
        slopes=inverse @ (orthogonal.T @ shifts.T),
        squares=np.einsum("ij,ij->i", residuals, residuals), products=residuals @ extra.T,
        curvature=extra @ extra.T, least=1e-20 * values.shape[1] * scale**2,
        scales=np.sqrt(np.einsum("ij,ij->i", inverse, inverse)),
        df=values.shape[1] - design.n_columns,
    )  # fmt: skip


def _rows(
    design: Design, arm: str, reference: Hashable, weights: str
) -> tuple[tuple[str, ...], Array]:
    """Return labels and rows of the mean of each arm and of each difference from the reference."""
    design.level_index(arm, reference)
    levels = design.levels[arm]
    others = [item for item in levels if item != reference]
    held = [{item: 1.0} for item in levels] + [{item: 1.0, reference: -1.0} for item in others]
    labels = [str(item) for item in levels] + [f"{item} - {reference}" for item in others]
    return tuple(labels), np.array(
        [design.mean_row(at={arm: share}, weights=weights) for share in held]
    )

"""Analysis of covariance by ordinary least squares, as SAS PROC GLM does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, as_interactions, as_names
from analysis.stats._fitted import Fitted
from analysis.stats._words import meant
from analysis.stats.design_matrix import Design, build_design
from analysis.stats.linear_estimates import quadratic_form_solve
from analysis.stats.model_records import exact_fit, location_and_scale, select_records

STD_ERRORS = ("model", "HC0", "HC1", "HC2", "HC3")


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class AncovaFit(Fitted):
    """A fitted analysis of covariance.

    Means, contrasts and tests come from its methods `ls_means`, `contrast`, `pairwise` and
    `type3_tests`.

    Attributes
    ----------
    response : str
        Response column.
    design : Design
        Design of the model, standardised covariates.
    coefficients, covariance : numpy.ndarray
        Coefficients of the design and their covariance matrix.
    std_errors : str
        "model" (equal variances) or "HC0" to "HC3".
    residual_variance, residual_df : float
        Residual mean square and its degrees of freedom.
    residual_sum_of_squares, total_sum_of_squares, r_squared : float
        Of the fit; the total is corrected for the mean.
    n_records, n_dropped : int
        Records analysed, and left out for a missing value.
    dropped_by_column : tuple of (str, int)
        Missing values by column.
    residuals, fitted : numpy.ndarray
        One value per analysed record, in the order of the frame.
    """

    response: str
    design: Design
    coefficients: Array
    covariance: Array
    std_errors: str
    residual_variance: float
    residual_df: int
    residual_sum_of_squares: float
    total_sum_of_squares: float
    r_squared: float
    n_records: int
    n_dropped: int
    dropped_by_column: tuple[tuple[str, int], ...]
    residuals: Array
    fitted: Array

    @property
    def sum_of_squares_scale(self) -> float | None:
        """Residual variance when *F* values are ratios of mean squares, else None."""
        return self.residual_variance if self.std_errors == "model" else None

    def evaluate(self, rows: Array) -> tuple[Array, Array, Array]:
        """Return estimates, their covariance and df of linear functions of the coefficients."""
        return (
            rows @ self.coefficients,
            rows @ self.covariance @ rows.T,
            np.full(rows.shape[0], float(self.residual_df)),
        )

    def joint_test(self, rows: Array) -> tuple[float, float]:
        """Return the *F* value and denominator df of ``rows @ coefficients = 0``."""
        value = quadratic_form_solve(rows @ self.covariance @ rows.T, rows @ self.coefficients)
        return value / rows.shape[0], float(self.residual_df)


def fit_ancova(
    frame: pd.DataFrame,
    *,
    response: str,
    factors: str | Sequence[str],
    covariates: str | Sequence[str] = (),
    interactions: str | Sequence[str | Sequence[str]] = (),
    std_errors: str,
    keep_empty: bool = False,
) -> AncovaFit:
    """Fit an analysis of covariance.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a subject. It is not changed.
    response : str
        Numeric response.
    factors, covariates : sequence of str
        Categorical and numeric main effects.
    interactions : sequence of sequence of str, optional
        For example ``[("arm", "sex")]``.
    std_errors : {'model', 'HC0', 'HC1', 'HC2', 'HC3'}
        Standard errors under equal variances, or heteroscedasticity-consistent.
    keep_empty : bool, default False
        Whether cells of an interaction may be empty: what needs them is not estimable, and all
        else is as it is.

    Returns
    -------
    AncovaFit

    Raises
    ------
    UserError
        If a column is unusable, a term is aliased, has an empty cell (unless kept) or one level, or
        no residual variance is left.

    Notes
    -----
    Records with a missing model value are left out and counted. With HC standard errors
    the reference distribution stays *t* with the residual df, as in SAS PROC REG and R
    sandwich with coeftest.

    References
    ----------
    MacKinnon JG, White H (1985). Some heteroskedasticity-consistent covariance matrix
    estimators with improved finite sample properties. J Econometrics 29:305-325.

    Examples
    --------
    From a frame with one row a patient to adjusted means and their difference:

    >>> trial = pd.DataFrame({"arm": ["new"] * 4 + ["old"] * 4,
    ...                       "base": [3.1, 2.9, 3.5, 3.3, 3.0, 3.2, 2.8, 3.6],
    ...                       "change": [5.2, 4.9, 5.9, 5.5, 4.1, 4.6, 3.9, 5.0]})
    >>> fit = fit_ancova(trial, response="change", factors=["arm"], covariates=["base"],
    ...                  std_errors="model")
    >>> means = fit.ls_means("arm", weights="equal", level=0.95)
    >>> difference = fit.contrast("arm", reference="old", weights="equal", level=0.95,
    ...                           adjust="none")
    >>> means.to_frame()[["arm", "estimate", "lower", "upper"]].round(2)
       arm  estimate  lower  upper
    0  new      5.34   5.23   5.44
    1  old      4.44   4.33   4.55
    >>> difference.to_frame()[["label", "estimate", "lower", "upper"]].round(2)
           label  estimate  lower  upper
    0  new - old       0.9   0.75   1.05
    """
    std_errors = meant("std_errors", std_errors, STD_ERRORS)
    factors, covariates = as_names(factors), as_names(covariates)
    interactions = as_interactions(interactions)
    records = select_records(frame, response=response, factors=factors, covariates=covariates)
    design = build_design(
        records.frame, factors=factors, covariates=covariates, interactions=interactions,
        keep_empty=keep_empty,
    )  # fmt: skip
    target = records.frame[response].to_numpy(dtype=float)
    # centring and scaling first keeps the digits of responses such as 1e9 + small
    centre, scale = location_and_scale(target, response)
    kept = design.estimable.kept
    orthogonal, triangular = np.linalg.qr(design.matrix[:, kept])
    scaled = (target - centre) / scale
    effects = orthogonal.T @ scaled
    residuals = scaled - orthogonal @ effects
    rss = float(residuals @ residuals)
    residual_df = design.matrix.shape[0] - kept.size
    if rss <= 1e-20 * target.size:
        raise exact_fit(response)
    # what cannot be estimated for want of a cell has the coefficient 0, and no variance
    coefficients = np.zeros(design.n_columns)
    coefficients[kept] = scale * linalg.solve_triangular(triangular, effects)
    coefficients[0] += centre
    inverse = linalg.solve_triangular(triangular, np.eye(kept.size))
    covariance = np.zeros((design.n_columns, design.n_columns))
    covariance[np.ix_(kept, kept)] = scale**2 * _covariance(
        orthogonal, inverse, residuals, std_errors
    )
    total = float(np.sum((scaled - scaled.mean()) ** 2))
    return AncovaFit(
        response=response, design=design, coefficients=coefficients, covariance=covariance,
        std_errors=std_errors, residual_variance=scale**2 * rss / residual_df,
        residual_df=residual_df, residual_sum_of_squares=scale**2 * rss,
        total_sum_of_squares=scale**2 * total, r_squared=1.0 - rss / total,
        n_records=records.n_records, n_dropped=records.n_dropped,
        dropped_by_column=records.dropped_by_column, residuals=scale * residuals,
        fitted=target - scale * residuals,
    )  # fmt: skip


def _covariance(orthogonal: Array, inverse: Array, residuals: Array, kind: str) -> Array:
    """Return the covariance matrix of the coefficients, from Q and the inverse of R."""
    n_records, n_columns = orthogonal.shape
    if kind == "model":
        variance = float(residuals @ residuals) / (n_records - n_columns)
        return np.asarray(variance * (inverse @ inverse.T))
    leverage = np.einsum("ij,ij->i", orthogonal, orthogonal)
    if kind in ("HC2", "HC3") and float(leverage.max()) > 1.0 - 1e-10:
        raise UserError(
            f"{kind} standard errors do not exist: record {int(leverage.argmax()) + 1} of the "
            "analysed ones alone determines a coefficient (leverage 1); use HC0, HC1 or 'model'"
        )
    factor: Array | float = 1.0
    if kind == "HC1":
        factor = n_records / (n_records - n_columns)
    elif kind in ("HC2", "HC3"):
        factor = (1.0 - leverage) ** (-1.0 if kind == "HC2" else -2.0)
    half = (orthogonal * (residuals * np.sqrt(factor))[:, None]) @ inverse.T
    return np.asarray(half.T @ half)

"""Variances and degrees of freedom of mixed-model estimates."""

import math
from dataclasses import dataclass

import numpy as np

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.covariance_patterns import Pattern
from analysis.stats.linear_estimates import quadratic_form_solve
from analysis.stats.mmrm_likelihood import Likelihood, kenward_roger_middle
from analysis.stats.mmrm_moments import PatternMoments
from analysis.stats.mmrm_optimiser import CovarianceFit
from analysis.stats.mmrm_sums import information_slopes

DF_METHODS = (
    *("satterthwaite", "kenward-roger", "kenward-roger-linear", "between-within"),
    "satterthwaite-sas",
)
STD_ERRORS = ("model", "empirical")


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class CoefficientInference:
    """What inference on the coefficients of a mixed model needs.

    Attributes
    ----------
    method : str
        One of `DF_METHODS`; df between and within subjects are the fit's, not this object's.
    covariance : numpy.ndarray
        Model-based covariance matrix of the coefficients, (X'V^-1 X)^-1.
    adjusted : numpy.ndarray
        The covariance matrix in use: Kenward and Roger's, the empirical one, or `covariance`.
    information_slopes : numpy.ndarray
        Derivatives of X'V^-1 X by the covariance parameters.
    parameter_covariance : numpy.ndarray
        Covariance of the covariance parameters: twice the inverse of the exact Hessian of
        minus twice the restricted log-likelihood.
    most_df : float
        Upper bound of the df of a row.

    Notes
    -----
    SAS PROC MIXED takes the parameter covariance from the observed information, and so
    does this; the original paper and R pbkrtest take the expected information, which
    gives other df.

    References
    ----------
    Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted
    maximum likelihood. Biometrics 53:983-997.
    Fai AH-T, Cornelius PL (1996). Approximate F-tests of multiple degree of freedom
    hypotheses in generalized least squares analyses of unbalanced split-plot experiments.
    J Stat Comput Simul 54:363-378.
    """

    method: str
    covariance: Array
    adjusted: Array
    information_slopes: Array
    parameter_covariance: Array
    most_df: float = math.inf

    def variance(self, rows: Array) -> tuple[Array, Array]:
        """Return the covariance matrix of ``rows @ coefficients`` and the df of each row.

        Notes
        -----
        For one row both methods have the same df, 2 v^2 / Var(v) with v the model-based
        variance; they differ in the standard error.
        """
        slopes = self._variance_slopes(rows)
        variances = np.einsum("ij,jk,ik->i", rows, self.covariance, rows)
        gradients = np.einsum("kii->ik", slopes)
        spread = np.einsum("ik,kl,il->i", gradients, self.parameter_covariance, gradients)
        # a variance that does not depend on any parameter is known: infinite df
        known = spread <= 0.0
        dfs = np.where(known, np.inf, 2.0 * variances**2 / np.where(known, 1.0, spread))
        dfs = np.minimum(dfs, self.most_df)
        return rows @ self.adjusted @ rows.T, dfs

    def joint_test(self, rows: Array, estimates: Array) -> tuple[float, float]:
        """Return the *F* value and denominator df of the test that linear functions are zero."""
        if rows.shape[0] == 1:
            variance, dfs = self.variance(rows)
            return float(estimates[0] ** 2 / variance[0, 0]), float(dfs[0])
        if self.method.startswith("satterthwaite"):
            return self.wald(rows, estimates), self._fai_cornelius_df(rows)
        df, scale = self._kenward_roger_df(rows)
        return scale * self.wald(rows, estimates), df

    def wald(self, rows: Array, estimates: Array) -> float:
        """Return Wald's statistic, divided by the number of linear functions."""
        return quadratic_form_solve(rows @ self.adjusted @ rows.T, estimates) / rows.shape[0]

    def _variance_slopes(self, rows: Array) -> Array:
        """Return derivatives of L (X'V^-1 X)^-1 L' by the covariance parameters."""
        turned = rows @ self.covariance
        return np.asarray(-(turned @ self.information_slopes @ turned.T))

    def _fai_cornelius_df(self, rows: Array) -> float:
        """Return the denominator df of a joint test by Satterthwaite's method."""
        values, vectors = np.linalg.eigh(rows @ self.covariance @ rows.T)
        _, dfs = self.variance(vectors.T @ rows)
        if np.isfinite(dfs).all() and float(np.ptp(dfs)) <= 1e-8 * float(dfs.mean()):
            return float(dfs.mean())
        total = float(np.sum(np.where(np.isinf(dfs), 1.0, dfs / (dfs - 2.0))[dfs > 2.0]))
        if total <= values.size:
            raise UserError(
                f"the joint test of {values.size} contrasts has no Satterthwaite denominator df "
                f"(their own df are {', '.join(f'{df:.2f}' for df in dfs)}): there are too few "
                "subjects; use 'kenward-roger' or test fewer contrasts"
            )
        return 2.0 * total / (total - values.size)

    def _kenward_roger_df(self, rows: Array) -> tuple[float, float]:
        """Return denominator df and scale of a joint test by Kenward and Roger's method."""
        size = rows.shape[0]
        variance = rows @ self.covariance @ rows.T
        # tr(Theta Phi P_k Phi) and products, Theta = L'(L Phi L')^-1 L
        slopes = np.linalg.solve(variance, self._variance_slopes(rows))
        traces = np.trace(slopes, axis1=1, axis2=2)
        weights = self.parameter_covariance
        a1 = float(traces @ weights @ traces)
        a2 = float(np.einsum("kl,kij,lji->", weights, slopes, slopes))
        if a2 <= 0.0:
            return float("inf"), 1.0
        try:
            df, scale = _kenward_roger_f(a1, a2, size)
        except ZeroDivisionError:
            df, scale = 0.0, 0.0
        if not (a2 < size and df > 0.0 and scale > 0.0):
            raise UserError(
                f"the joint test of {size} contrasts has no Kenward-Roger denominator df "
                f"(computed {df:.3g}): there are too few subjects; test fewer contrasts"
            )
        return df, scale


def _kenward_roger_f(a1: float, a2: float, size: int) -> tuple[float, float]:
    """Return denominator df and scale that match the first two moments of the *F* value."""
    b = (a1 + 6.0 * a2) / (2.0 * size)
    g = ((size + 1) * a1 - (size + 4) * a2) / ((size + 2) * a2)
    divisor = 3.0 * size + 2.0 * (1.0 - g)
    c1, c2, c3 = g / divisor, (size - g) / divisor, (size + 2 - g) / divisor
    mean = 1.0 / (1.0 - a2 / size)
    spread = (2.0 / size) * (1.0 + c1 * b) / ((1.0 - c2 * b) ** 2 * (1.0 - c3 * b))
    df = 4.0 + (size + 2.0) / (size * spread / (2.0 * mean**2) - 1.0)
    return df, df / (mean * (df - 2.0))


def make_inference(
    fit: CovarianceFit,
    moments: PatternMoments,
    structure: Pattern,
    *,
    method: str,
    whole: PatternMoments | None = None,
    root_weights: Array | None = None,
) -> CoefficientInference:
    """Make the inference object of a fit from what the likelihood gives at its maximum.

    The method 'kenward-roger-linear' leaves the second derivatives of the covariance matrix out
    (SAS ``DDFM=KR(LINEAR)``); structures that are linear in their parameters have none. With
    `whole`, the moments subject by subject, the covariance matrix is the empirical one; with
    `root_weights` beside it, the roots of the record weights in the same places, it is not, but
    slopes are those of SAS, which take the covariance matrix without weights, and no df is above
    those of the residuals.
    """
    point, slopes = fit.point, fit.curvature.first
    covariance = adjusted = point.inverse_information
    parameter_covariance = 2.0 * _symmetric_inverse(fit.curvature.hessian)
    most_df = math.inf
    if whole is not None and root_weights is not None:
        turned = (point.inverses[whole.owners] @ whole.rows) * root_weights[..., None]
        first = structure.expand(fit.parameters)[1]
        slopes = information_slopes(first, turned)[:, :-1, :-1]
        most_df = float(moments.n_records - len(covariance))
    elif whole is not None:
        adjusted = covariance @ _score_products(whole, point) @ covariance
    elif method in ("kenward-roger", "kenward-roger-linear"):
        middle = kenward_roger_middle(
            moments, structure, fit.parameters, point, slopes=slopes,
            weights=parameter_covariance, second_order=method == "kenward-roger",
        )  # fmt: skip
        adjusted = covariance + 2.0 * covariance @ middle @ covariance
    return CoefficientInference(
        method=method, covariance=covariance, adjusted=adjusted,
        information_slopes=slopes, parameter_covariance=parameter_covariance, most_df=most_df,
    )  # fmt: skip


def _score_products(whole: PatternMoments, point: Likelihood) -> Array:
    """Return the sum over subjects of X'V^-1 r r'V^-1 X, with r a subject's residuals."""
    residuals = whole.rows @ np.append(-point.coefficients, 1.0)
    turned = point.inverses[whole.owners] @ residuals[..., None]
    scores = (whole.rows[..., :-1] * turned).sum(axis=1)
    return np.asarray(scores.T @ scores)


def _symmetric_inverse(matrix: Array) -> Array:
    """Return the inverse of a positive definite matrix, scaled for accuracy."""
    root = 1.0 / np.sqrt(np.diag(matrix))
    inverse = np.linalg.inv(matrix * np.outer(root, root)) * np.outer(root, root)
    return np.asarray(0.5 * (inverse + inverse.T))

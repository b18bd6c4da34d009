"""Mixed model for repeated measures."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, as_interactions, as_names
from analysis.stats._fitted import Fitted
from analysis.stats._words import meant
from analysis.stats.covariance_structures import STRUCTURES
from analysis.stats.design_matrix import Design
from analysis.stats.mmrm_between_within import column_dfs, row_df
from analysis.stats.mmrm_chain import StructureAttempt, fit_chain
from analysis.stats.mmrm_criteria import criteria
from analysis.stats.mmrm_data import MixedData, Model, prepare
from analysis.stats.mmrm_df import DF_METHODS, STD_ERRORS, CoefficientInference, make_inference

ESTIMATION = ("REML", "ML")


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class MmrmFit(Fitted):
    """A fitted mixed model for repeated measures.

    Means, contrasts and tests come from its methods `ls_means`, `contrast`, `pairwise` and
    `type3_tests`.

    Attributes
    ----------
    response, subject, visit : str
        Columns.
    visits : tuple
        Visits in order.
    design : Design
        Design of the fixed effects.
    structure, df_method, estimation, std_errors : str
        Covariance structure fitted, method of the degrees of freedom, likelihood maximised and
        kind of the standard errors.
    weights, group : str or None
        Columns of record weights, and of groups with a covariance of their own.
    groups : tuple
        These groups in order; empty with one covariance.
    attempts : tuple of StructureAttempt
        Every structure tried, in the declared order; the last one is the one fitted.
    visit_covariance : numpy.ndarray
        Estimated covariance matrix of the visits, of a record of weight 1; with groups one matrix
        a group, (groups, visits, visits).
    parameter_names : tuple of str
        Covariance parameters, named in the manner of SAS.
    parameters, parameter_std_errors : numpy.ndarray
        Their estimates, and standard errors from the observed information.
    minus2_loglik, aic, aicc, bic : float
        Fit statistics as SAS PROC MIXED defines them; the BIC counts subjects, those without a
        response among them (`n_subjects_counted`).
    n_subjects, n_records, n_dropped, n_patterns : int
        Subjects and records analysed, records left out for a missing value, and patterns
        of observed visits.
    n_subjects_dropped : int
        Subjects none of whose records could be analysed.
    n_subjects_counted : int
        Subjects with a record whose factors and visit are known, as SAS counts them.
    dropped_by_column : tuple of (str, int)
        Missing values by column.
    iterations : int
        Newton steps.
    coefficients : numpy.ndarray
        Coefficients of the design (sum-to-zero factors, standardised covariates).
    gradient_norm : float
        Length of the gradient at the end in units of its information, divided by the
        square root of the number of records.
    """

    response: str
    subject: str
    visit: str
    visits: tuple[Hashable, ...]
    design: Design
    structure: str
    df_method: str
    estimation: str
    std_errors: str
    weights: str | None
    group: str | None
    groups: tuple[Hashable, ...]
    attempts: tuple[StructureAttempt, ...]
    visit_covariance: Array
    parameter_names: tuple[str, ...]
    parameters: Array
    parameter_std_errors: Array
    minus2_loglik: float
    aic: float
    aicc: float
    bic: float
    n_subjects: int
    n_records: int
    n_dropped: int
    n_subjects_dropped: int
    n_subjects_counted: int
    n_patterns: int
    dropped_by_column: tuple[tuple[str, int], ...]
    iterations: int
    gradient_norm: float
    coefficients: Array
    _inference: CoefficientInference = field(repr=False)
    _basis: Array = field(repr=False)
    _column_dfs: Array | None = field(repr=False, default=None)

    @property
    def minus2_restricted_loglik(self) -> float:
        """`minus2_loglik` where it is that of restricted maximum likelihood, else NaN."""
        return self.minus2_loglik if self.estimation == "REML" else math.nan

    @property
    def sum_of_squares_scale(self) -> None:
        """None: a mixed model has no sums of squares."""
        return None

    def evaluate(self, rows: Array) -> tuple[Array, Array, Array]:
        """Return estimates, their covariance matrix and the df of each row."""
        covariance, dfs = self._inference.variance(rows @ self._basis)
        if self._column_dfs is not None:
            dfs = np.array([row_df(row, self._column_dfs) for row in rows])
        return rows @ self.coefficients, covariance, dfs

    def joint_test(self, rows: Array) -> tuple[float, float]:
        """Return the *F* value and denominator df of ``rows @ coefficients = 0``."""
        turned, values = rows @ self._basis, rows @ self.coefficients
        if self._column_dfs is not None:
            df = min(row_df(row, self._column_dfs) for row in rows)
            return self._inference.wald(turned, values), df
        return self._inference.joint_test(turned, values)

    def covariance_frame(self) -> pd.DataFrame:
        """Return the covariance parameters as tidy rows."""
        columns = ("parameter", "estimate", "std_error")
        values = (self.parameter_names, self.parameters, self.parameter_std_errors)
        return pd.DataFrame(dict(zip(columns, values, strict=True)))


def fit_mmrm(
    frame: pd.DataFrame,
    *,
    response: str,
    subject: str,
    visit: str,
    factors: str | Sequence[str],
    covariates: str | Sequence[str] = (),
    interactions: str | Sequence[str | Sequence[str]] = (),
    structure: str | Sequence[str],
    df_method: str,
    visits: Sequence[Hashable] | None = None,
    estimation: str = "REML",
    std_errors: str = "model",
    weights: str | None = None,
    group: str | None = None,
) -> MmrmFit:
    """Fit a mixed model for repeated measures.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a subject and visit. It is not changed. Records with a missing response may
        be present or absent.
    response, subject, visit : str
        Columns.
    factors, covariates : str or sequence of str
        Categorical and numeric main effects; name the visit among the factors when its
        means are to be estimated.
    interactions : sequence of sequence of str, optional
        For example ``[("arm", "visit"), ("base", "visit")]``, or ``"arm:visit"``.
    structure : str or sequence of str
        Covariance structure, or a declared chain of them: the next is tried only when the
        one before cannot be fitted. unstructured (us), toeplitz (toep),
        toeplitz-heterogeneous (toeph), ar1, ar1-heterogeneous (ar1h), compound-symmetry (cs),
        compound-symmetry-heterogeneous (csh) or ante-dependence (adh).
    df_method : str
        Degrees of freedom and standard errors: 'satterthwaite', 'kenward-roger',
        'kenward-roger-linear' or 'between-within', "sw", "kr", "krl" and "bw" for short; or
        'satterthwaite-sas', which differs where records have weights (see Notes).
    visits : sequence, optional
        The order of the visits. Needed when the visit column is text without one number each:
        "Week 4" comes before "Week 12" by itself, "baseline" and "end" have no order.
    estimation : {'REML', 'ML'}
        Restricted or whole likelihood; Kenward and Roger's method is for the restricted one.
    std_errors : {'model', 'empirical'}
        From the fitted covariance, or from the subjects' own residuals (the sandwich of Liang and
        Zeger, SAS ``EMPIRICAL``), which needs between-within df.
    weights : str, optional
        Column of positive weights: the variance of a record is divided by its weight, as SAS
        ``WEIGHT``. A record without one is left out.
    group : str, optional
        Column of groups of subjects, for example the arm, each with covariance parameters of its
        own, as SAS ``REPEATED / GROUP=``.

    Returns
    -------
    MmrmFit

    Raises
    ------
    UserError
        If a column is unusable, a subject has two records at a visit, a term is aliased, options
        exclude each other, or no declared structure can be fitted.

    Notes
    -----
    Missing responses are taken as missing at random. The likelihood is evaluated on
    cross-products collected by pattern of observed visits, so that its cost does not grow
    with the number of subjects. Derivatives are exact. Units and shifts of the response
    and the covariates do not matter: both are standardised inside. Where an arm has no record at
    a visit, means, contrasts and tests that need this cell say that they are not estimable, and
    all others are as they are.

    With weights SAS PROC MIXED derives Satterthwaite's df from a covariance matrix whose
    derivatives lack the weights, so that the df change with the unit of the weights; every df of
    its public listing comes out so, and 'satterthwaite-sas' gives it. 'satterthwaite' has the
    weights in the derivatives, as R mmrm, and does not depend on their unit.

    Examples
    --------
    From a frame with one row a patient and visit to adjusted means and their differences; from
    one column a visit ``frame.melt(…)`` makes it. "us" and "kr" are short for unstructured and
    Kenward-Roger.

    >>> trial = pd.DataFrame({
    ...     "patient": [1, 2, 3, 4, 5, 6, 7, 8] * 2,
    ...     "arm": ["new", "old"] * 8,
    ...     "week": ["Week 4"] * 8 + ["Week 12"] * 8,
    ...     "base": [3.1, 3.0, 2.9, 3.2, 3.5, 2.8, 3.3, 3.6] * 2,
    ...     "y": [4.1, 3.6, 3.8, 3.9, 4.7, 3.2, 4.2, 4.4,
    ...           5.3, 4.2, 4.9, 4.5, 5.8, None, 5.6, 5.0]})
    >>> fit = fit_mmrm(trial, response="y", subject="patient", visit="week",
    ...                factors=["arm", "week"], covariates=["base"],
    ...                interactions=[("arm", "week")], structure="us", df_method="kr")
    >>> means = fit.ls_means(["arm", "week"], weights="equal", level=0.95)
    >>> difference = fit.contrast("arm", reference="old", by="week", weights="equal",
    ...                           level=0.95, adjust="none")
    >>> difference.to_frame()[["week", "label", "estimate", "lower", "upper", "df"]].round(2)
          week      label  estimate  lower  upper    df
    0   Week 4  new - old      0.35   0.21   0.50  5.89
    1  Week 12  new - old      0.92   0.81   1.04  4.82
    """
    df_method = meant("df_method", df_method, DF_METHODS)
    estimation = meant("estimation", estimation, ESTIMATION)
    std_errors = meant("std_errors", std_errors, STD_ERRORS)
    _check_options(df_method, estimation, std_errors)
    chain = [meant("structure", word, STRUCTURES) for word in as_names(structure)]
    if not chain:
        raise UserError("structure is empty: name a covariance structure")
    model = Model(
        response, subject, visit, as_names(factors), as_names(covariates),
        as_interactions(interactions), visits, weights, group,
    )  # fmt: skip
    data = prepare(frame, model)
    form, best, attempts = fit_chain(chain, data, response, restricted=estimation == "REML")
    as_sas = df_method == "satterthwaite-sas"
    inference = make_inference(
        best, data.moments, form, method=df_method,
        whole=data.whole() if as_sas or std_errors == "empirical" else None,
        root_weights=data.root_weights() if as_sas else None,
    )  # fmt: skip
    problem, moments = data.problem, data.moments
    basis = problem.scale * problem.basis
    count = len(form.parameter_names)
    units = np.full(count, problem.scale**2)
    units[count - form.n_correlations :] = 1.0
    dfs = None
    if df_method == "between-within":
        only_between = attempts[-1].structure == "unstructured"
        dfs = column_dfs(data.design, data.subject_index, only_between=only_between)
    return MmrmFit(
        response=response, subject=subject, visit=visit, visits=data.visits, design=data.design,
        structure=attempts[-1].structure, df_method=df_method, estimation=estimation,
        std_errors=std_errors, weights=weights, group=group, groups=data.groups, attempts=attempts,
        visit_covariance=_by_group(problem.scale**2 * form.matrix(best.parameters), data),
        parameter_names=form.parameter_names, parameters=units * best.parameters,
        parameter_std_errors=units * np.sqrt(np.diag(inference.parameter_covariance)),
        **criteria(best.point.value, data, n_parameters=count, restricted=estimation == "REML"),
        n_subjects=moments.n_subjects, n_records=data.records.n_records,
        n_dropped=data.records.n_dropped, n_subjects_counted=data.n_counted,
        n_subjects_dropped=int(frame[subject].nunique()) - moments.n_subjects,
        n_patterns=len(moments.counts), dropped_by_column=data.records.dropped_by_column,
        iterations=best.iterations, gradient_norm=best.gradient_norm,
        coefficients=problem.offset + basis @ best.point.coefficients, _inference=inference,
        _basis=basis, _column_dfs=dfs,
    )  # fmt: skip


def _check_options(df_method: str, estimation: str, std_errors: str) -> None:
    """Raise when two options exclude each other."""
    if estimation == "ML" and df_method.startswith("kenward-roger"):
        raise UserError(
            f"df_method = {df_method!r} rests on restricted maximum likelihood: use estimation = "
            "'REML', or 'satterthwaite'"
        )
    if std_errors == "empirical" and df_method != "between-within":
        raise UserError(
            f"std_errors = 'empirical' needs df_method = 'between-within', as in SAS, not "
            f"{df_method!r}, which rests on the fitted covariance"
        )


def _by_group(matrix: Array, data: MixedData) -> Array:
    """Return the covariance matrix of the visits, one a group where there are groups."""
    if not data.groups:
        return matrix
    size = len(data.visits)
    return np.stack([matrix[at : at + size, at : at + size] for at in range(0, len(matrix), size)])

"""Mixed model for repeated measures by restricted maximum likelihood."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, as_interactions, as_names
from analysis.stats._fitted import Fitted
from analysis.stats._words import meant
from analysis.stats.covariance_patterns import Pattern
from analysis.stats.covariance_structures import STRUCTURES, covariance_structure
from analysis.stats.design_matrix import Design, build_design, reference_cell_log_determinant
from analysis.stats.mmrm_df import DF_METHODS, CoefficientInference, make_inference
from analysis.stats.mmrm_moments import PatternMoments, collect_moments
from analysis.stats.mmrm_optimiser import CovarianceFit, FitFailure, fit_covariance
from analysis.stats.mmrm_problem import (
    Problem,
    check_long,
    check_repeats,
    orthogonalise,
    visit_order,
)
from analysis.stats.model_records import ModelRecords, select_records


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class StructureAttempt:
    """One covariance structure that was tried.

    Attributes
    ----------
    structure : str
        Its name.
    converged : bool
        Whether it was fitted.
    reason : str
        Why not; empty when it was.
    """

    structure: str
    converged: bool
    reason: str


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
    structure, df_method : str
        Covariance structure fitted and method of the degrees of freedom.
    attempts : tuple of StructureAttempt
        Every structure tried, in the declared order; the last one is the one fitted.
    visit_covariance : numpy.ndarray
        Estimated covariance matrix of the visits.
    parameter_names : tuple of str
        Covariance parameters, named in the manner of SAS.
    parameters, parameter_std_errors : numpy.ndarray
        Their estimates, and standard errors from the observed information.
    minus2_restricted_loglik, aic, aicc, bic : float
        Fit statistics as SAS PROC MIXED defines them (BIC by subjects).
    n_subjects, n_records, n_dropped, n_patterns : int
        Subjects and records analysed, records left out for a missing value, and patterns
        of observed visits.
    n_subjects_dropped : int
        Subjects none of whose records could be analysed.
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
    attempts: tuple[StructureAttempt, ...]
    visit_covariance: Array
    parameter_names: tuple[str, ...]
    parameters: Array
    parameter_std_errors: Array
    minus2_restricted_loglik: float
    aic: float
    aicc: float
    bic: float
    n_subjects: int
    n_records: int
    n_dropped: int
    n_subjects_dropped: int
    n_patterns: int
    dropped_by_column: tuple[tuple[str, int], ...]
    iterations: int
    gradient_norm: float
    coefficients: Array
    _inference: CoefficientInference = field(repr=False)
    _basis: Array = field(repr=False)

    @property
    def sum_of_squares_scale(self) -> None:
        """None: a mixed model has no sums of squares."""
        return None

    def evaluate(self, rows: Array) -> tuple[Array, Array, Array]:
        """Return estimates, their covariance matrix and the df of each row."""
        covariance, dfs = self._inference.variance(rows @ self._basis)
        return rows @ self.coefficients, covariance, dfs

    def joint_test(self, rows: Array) -> tuple[float, float]:
        """Return the *F* value and denominator df of ``rows @ coefficients = 0``."""
        return self._inference.joint_test(rows @ self._basis, rows @ self.coefficients)

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
) -> MmrmFit:
    """Fit a mixed model for repeated measures by REML.

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
    df_method : {'satterthwaite', 'kenward-roger', 'kenward-roger-linear'}
        Degrees of freedom and standard errors; "sw", "kr" and "krl" for short.
    visits : sequence, optional
        The order of the visits. Needed when the visit column is text without one number each:
        "Week 4" comes before "Week 12" by itself, "baseline" and "end" have no order.

    Returns
    -------
    MmrmFit

    Raises
    ------
    UserError
        If a column is unusable, a subject has two records at a visit, a fixed effect is not
        estimable, or no declared structure can be fitted.

    Notes
    -----
    Missing responses are taken as missing at random. The likelihood is evaluated on
    cross-products collected by pattern of observed visits, so that its cost does not grow
    with the number of subjects. Derivatives are exact. Units and shifts of the response
    and the covariates do not matter: both are standardised inside.

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
    chain = [meant("structure", word, STRUCTURES) for word in as_names(structure)]
    if not chain:
        raise UserError("structure is empty: name a covariance structure")
    factors, covariates = as_names(factors), as_names(covariates)
    interactions = as_interactions(interactions)
    data = _prepare(frame, response, subject, visit, factors, covariates, interactions, visits)
    problem, moments, design = data.problem, data.moments, data.design
    form, best, attempts = _fit_chain(chain, data, response)
    inference = make_inference(best, moments, form, method=df_method)
    basis = problem.scale * problem.basis
    value = _minus2_loglik(best, problem, design, moments.n_records)
    count, free = len(form.parameter_names), moments.n_records - design.n_columns
    units = np.full(count, problem.scale**2)
    units[count - form.n_correlations :] = 1.0
    return MmrmFit(
        response=response, subject=subject, visit=visit, visits=data.visits, design=design,
        structure=attempts[-1].structure, df_method=df_method, attempts=attempts,
        visit_covariance=problem.scale**2 * form.matrix(best.parameters),
        parameter_names=form.parameter_names, parameters=units * best.parameters,
        parameter_std_errors=units * np.sqrt(np.diag(inference.parameter_covariance)),
        minus2_restricted_loglik=value, aic=value + 2.0 * count,
        aicc=value + 2.0 * count * free / (free - count - 1) if free > count + 1 else math.inf,
        bic=value + count * math.log(moments.n_subjects), n_subjects=moments.n_subjects,
        n_records=data.records.n_records, n_dropped=data.records.n_dropped,
        n_subjects_dropped=int(frame[subject].nunique()) - moments.n_subjects,
        n_patterns=len(moments.counts), dropped_by_column=data.records.dropped_by_column,
        iterations=best.iterations, gradient_norm=best.gradient_norm,
        coefficients=problem.offset + basis @ best.point.coefficients, _inference=inference,
        _basis=basis,
    )  # fmt: skip


class _Data(NamedTuple):
    """The records of a model in every form that the fit needs."""

    records: ModelRecords
    visits: tuple[Hashable, ...]
    design: Design
    problem: Problem
    moments: PatternMoments
    subject_index: NDArray[np.intp]
    visit_index: NDArray[np.intp]


def _prepare(
    frame: pd.DataFrame,
    response: str,
    subject: str,
    visit: str,
    factors: Sequence[str],
    covariates: Sequence[str],
    interactions: Sequence[Sequence[str]],
    visits: Sequence[Hashable] | None,
) -> _Data:
    """Select and check the records, and turn them into a design and its moments."""
    check_long(frame, response=response, visit=visit, others=[subject, *factors, *covariates])
    keys = [subject] if visit in factors else [subject, visit]
    records = select_records(
        frame, response=response, factors=factors, covariates=covariates, keys=keys
    )
    data = records.frame
    order, visit_index = visit_order(data[visit], visits)
    subject_index = np.unique(data[subject].astype(object).map(str), return_inverse=True)[1]
    check_repeats(data, subject, visit, subject_index, visit_index)
    if visit in factors:  # means and contrasts come in the order of the visits
        ordered = pd.Categorical(data[visit].astype(object), categories=list(order), ordered=True)
        data = data.assign(**{visit: ordered})
    design = build_design(data, factors=factors, covariates=covariates, interactions=interactions)
    problem = orthogonalise(design, data[response].to_numpy(dtype=float), response)
    moments = collect_moments(
        np.column_stack([problem.orthogonal, problem.residuals]),
        subjects=subject_index,
        visits=visit_index,
        n_visits=len(order),
    )
    return _Data(records, order, design, problem, moments, subject_index, visit_index)


def _fit_chain(
    chain: Sequence[str], data: _Data, response: str
) -> tuple[Pattern, CovarianceFit, tuple[StructureAttempt, ...]]:
    """Return the first structure of the chain that can be fitted, and what was tried."""
    forms = [covariance_structure(name, data.visits) for name in chain]
    attempts: list[StructureAttempt] = []
    for name, form in zip(chain, forms, strict=True):
        try:
            best = fit_covariance(
                data.moments, form, residuals=data.problem.residuals, subjects=data.subject_index,
                visits=data.visit_index,
            )  # fmt: skip
        except FitFailure as failure:
            attempts.append(StructureAttempt(structure=name, converged=False, reason=str(failure)))
            continue
        attempts.append(StructureAttempt(structure=name, converged=True, reason=""))
        return form, best, tuple(attempts)
    tried = "; ".join(f"{item.structure}: {item.reason}" for item in attempts)
    raise UserError(
        f"the mixed model for {response!r} could not be fitted to {data.moments.n_subjects} "
        f"subjects and {len(data.visits)} visits ({tried}): declare a simpler structure or pool "
        "visits"
    )


def _minus2_loglik(best: CovarianceFit, problem: Problem, design: Design, n_records: int) -> float:
    """Return minus twice the restricted log-likelihood in the units and coding of SAS."""
    change = 2.0 * (n_records - design.n_columns) * math.log(problem.scale)
    change += 2.0 * (problem.log_determinant - reference_cell_log_determinant(design))
    return best.point.value + change

"""The imputation model: a mixed model for repeated measures with every effect by visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.conditional_data import ConditionalData
from analysis.stats.covariance_patterns import Pattern
from analysis.stats.covariance_structures import covariance_structure
from analysis.stats.mmrm_moments import collect_moments
from analysis.stats.mmrm_optimiser import (
    START_MARGINS,
    CovarianceFit,
    FitFailure,
    maximise_likelihood,
    starting_values,
)


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class VisitModel:
    """The fitted imputation model, in the units of `ConditionalData.values`.

    Attributes
    ----------
    structure : str
        Covariance structure that was fitted.
    failures : tuple of (str, str)
        Structures tried before it, with the reason why each could not be fitted.
    form : Pattern
        The structure as a function of its parameters.
    residuals : numpy.ndarray
        What least squares leaves at each visit (subjects, visits), over `scale`.
    offset : numpy.ndarray
        The coefficients of least squares (columns, visits).
    scale : float
        Unit of the residuals, so that their covariance is near 1.
    parameters, curvature : numpy.ndarray
        Covariance parameters at the maximum of the restricted likelihood of the residuals, and
        its Hessian there, in so many digits that the number of threads does not show in them.
    """

    structure: str
    failures: tuple[tuple[str, str], ...]
    form: Pattern
    residuals: Array
    offset: Array
    scale: float
    parameters: Array
    curvature: Array

    def coefficients(self, parts: Array) -> Array:
        """Return coefficients (…, columns, visits) of the values from those of the residuals."""
        return self.offset + self.scale * parts


def fit_visits(data: ConditionalData, structures: Sequence[str]) -> VisitModel:
    """Fit the first structure that can be fitted, by restricted maximum likelihood.

    Raises
    ------
    UserError
        If none can, with the reasons.
    """
    residuals, offset, scale = _residuals(data)
    failures: list[tuple[str, str]] = []
    for name in structures:
        form = covariance_structure(name, data.source.visits)
        try:
            best = refit(data, residuals, form, np.arange(len(residuals)), start=None)
        except FitFailure as failure:
            failures.append((name, str(failure)))
            continue
        return VisitModel(
            structure=name, failures=tuple(failures), form=form, residuals=residuals,
            offset=offset, scale=scale, parameters=_rounded(best.parameters),
            curvature=_rounded(best.curvature.hessian),
        )  # fmt: skip
    tried = "; ".join(f"{name}: {reason}" for name, reason in failures)
    raise UserError(
        f"the imputation model of {data.source.response!r} could not be fitted to "
        f"{len(residuals)} subjects and {len(data.source.visits)} visits ({tried}): declare a "
        "simpler structure or leave visits out"
    )


def _rounded(values: Array) -> Array:
    """Round to seven significant digits."""
    unit = 10.0 ** np.floor(np.log10(np.maximum(np.abs(values), 1e-300)))
    return np.asarray(np.round(values / unit, 6) * unit)


def refit(
    data: ConditionalData,
    residuals: Array,
    form: Pattern,
    who: NDArray[np.intp],
    *,
    start: Array | None,
) -> CovarianceFit:
    """Fit the model to some of the subjects, from a start or from their own residuals.

    Raises
    ------
    FitFailure
        If it cannot be fitted.
    """
    places, visits = np.nonzero(data.observed[who])
    n_columns, n_visits = data.rows.shape[1], data.values.shape[1]
    design = np.zeros((places.size, n_visits, n_columns))
    design[np.arange(places.size), visits] = data.rows[who][places]
    target = residuals[who][places, visits]
    records = np.column_stack([design.reshape(places.size, -1), target])
    moments = collect_moments(records, subjects=places, visits=visits, n_visits=n_visits)
    if start is not None:
        return maximise_likelihood(moments, form, start)
    if moments.n_subjects < 2:
        raise FitFailure("one subject carries no information on the variance between subjects")
    first, second = (
        starting_values(target, places, visits, form, margin=margin) for margin in START_MARGINS
    )
    try:
        return maximise_likelihood(moments, form, first)
    except FitFailure:
        if np.array_equal(first, second):
            raise
        return maximise_likelihood(moments, form, second)


def _residuals(data: ConditionalData) -> tuple[Array, Array, float]:
    """Return what least squares by visit leaves, its coefficients, and the unit of the rest."""
    residuals = np.full_like(data.values, np.nan)
    offset = np.empty((data.rows.shape[1], data.values.shape[1]))
    for number, visit in enumerate(data.source.visits):
        seen = data.observed[:, number]
        rows, left = data.rows[seen], data.values[seen, number]
        factor = linalg.cho_factor(np.einsum("nr,ns->rs", rows, rows))
        offset[:, number] = 0.0
        for _ in range(2):  # the second time for the rounding of the first
            effects = linalg.cho_solve(factor, np.einsum("nr,n->r", rows, left))
            left = left - np.einsum("nr,r->n", rows, effects)
            offset[:, number] += effects
        residuals[seen, number] = left
        if float(np.abs(left).max()) < 1e-11:
            raise UserError(
                f"the imputation model of {data.source.response!r} fits visit '{visit}' exactly, "
                "so nothing is left to learn from it: check for constant or repeated values"
            )
    scale = float(np.sqrt(np.nanmean(residuals**2)))
    return residuals / scale, offset, scale

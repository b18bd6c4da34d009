"""Means and predictions of single values from a fitted mixed model."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import UserError
from analysis.stats._checks import Array, no_column

if TYPE_CHECKING:
    from analysis.stats.mmrm import MmrmFit


def predict(fit: MmrmFit, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of every record, and the prediction of its value where that is missing.

    The prediction is the mean of a missing value given the subject's observed ones; its variance
    has that of the value and that of the coefficients, as SAS ``OUTP=``.
    """
    for name in (fit.subject, fit.visit, fit.response, *fit.design.levels, *fit.design.centres):
        if name not in frame.columns:
            raise no_column(name, frame.columns)
    known = [fit.subject, fit.visit, *fit.design.levels, *fit.design.centres]
    known += [name for name in (fit.weights, fit.group) if name]
    gaps = frame[known].isna().any(axis=1)
    if gaps.any():
        raise UserError(
            f"{int(gaps.sum())} records lack the subject, the visit, a factor or a covariate, so "
            "there is no mean of them: leave them out"
        )
    rows = _design_rows(fit, frame)
    if why := fit.design.why_not(rows):
        raise UserError(f"the mean of a record is {why}: leave its records out")
    means, visits = rows @ fit.coefficients, _places(frame[fit.visit], fit.visits)
    if (visits < 0).any():
        raise UserError(f"the model has no visit '{frame[fit.visit][visits < 0].iloc[0]}'")
    values = frame[fit.response].to_numpy(dtype=float)
    predicted, errors = means.copy(), np.sqrt(_model_variances(fit, rows))
    found = pd.DataFrame({"mean": means, "mean_std_error": errors.copy()}, index=frame.index)
    for place in frame.groupby(fit.subject, sort=False, observed=True).indices.values():
        missing = np.isnan(values[place])
        absent, seen = place[missing], place[~missing]
        covariance = _covariance(fit, frame, place, visits[place])
        across = covariance[np.ix_(missing, ~missing)]
        slope = np.linalg.solve(covariance[np.ix_(~missing, ~missing)], across.T).T
        predicted[absent] += slope @ (values[seen] - means[seen])
        own = np.diag(covariance[np.ix_(missing, missing)] - slope @ across.T)
        errors[absent] = np.sqrt(own + _model_variances(fit, rows[absent] - slope @ rows[seen]))
    return frame[[fit.subject, fit.visit, fit.response]].join(
        found.assign(prediction=predicted, std_error=errors)
    )


def _design_rows(fit: MmrmFit, frame: pd.DataFrame) -> Array:
    """Return the rows of the design of further records."""
    design = fit.design
    codes = {name: _places(frame[name], levels) for name, levels in design.levels.items()}
    for name, code in codes.items():
        if (code < 0).any():
            design.level_index(name, frame[name][code < 0].iloc[0])
    values = {
        name: (frame[name].to_numpy(dtype=float) - centre) / design.scales[name]
        for name, centre in design.centres.items()
    }
    return design.rows(codes, values, len(frame))


def _places(column: pd.Series, levels: Sequence[Hashable]) -> NDArray[np.intp]:
    """Return the place of each value among the levels, -1 for what is none of them."""
    return pd.Index(levels, dtype=object).get_indexer(pd.Index(column.astype(object), dtype=object))


def _model_variances(fit: MmrmFit, rows: Array) -> Array:
    """Return the variances of functions of the coefficients, without a small-sample correction."""
    turned = rows @ fit._basis
    return np.asarray((turned @ fit._inference.covariance * turned).sum(axis=1))


def _covariance(fit: MmrmFit, frame: pd.DataFrame, place: Array, visits: Array) -> Array:
    """Return the covariance matrix of a subject's records."""
    matrix = fit.visit_covariance
    if fit.group:
        matrix = matrix[fit.groups.index(frame[fit.group].iloc[place[0]])]
    matrix = matrix[np.ix_(visits, visits)]
    if fit.weights:
        root = np.sqrt(frame[fit.weights].to_numpy(dtype=float)[place])
        matrix = matrix / np.outer(root, root)
    return np.asarray(matrix)

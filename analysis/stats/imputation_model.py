"""Longitudinal data, one row a subject, ready for imputation."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats._words import meant
from analysis.stats.design_terms import factor_levels, level_codes, sum_codes
from analysis.stats.model_records import select_records
from analysis.words import in_rows

COVARIANCES = ("pooled", "by-arm")


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class ImputationData:
    """Longitudinal data, one row a subject, ready for imputation.

    Subjects are in sorted order, so that the order of the input rows does not matter.

    Attributes
    ----------
    response, subject, visit, arm : str
        Columns.
    visits, arms : tuple
        Visits in order, arms.
    subjects : pandas.DataFrame
        One row a subject: subject, arm and the baseline columns.
    values : numpy.ndarray
        Responses (subjects, visits), NaN where missing.
    arm_index : numpy.ndarray
        Arm of each subject.
    baseline : numpy.ndarray
        Coded factors and standardised covariates (subjects, columns).
    n_visits_kept : numpy.ndarray
        Visits up to and including the last observed one, by subject.
    covariance : str
        "pooled": one covariance matrix and one effect of each baseline column, arms differ
        in their means; "by-arm": everything separate by arm.
    n_missing_intermittent, n_missing_after : int
        Missing values before, and after, the subject's last observed visit.
    n_subjects_unobserved : int
        Subjects without any observed visit.
    """

    response: str
    subject: str
    visit: str
    arm: str
    visits: tuple[Hashable, ...]
    arms: tuple[Hashable, ...]
    subjects: pd.DataFrame
    values: Array
    arm_index: NDArray[np.intp]
    baseline: Array
    n_visits_kept: NDArray[np.intp]
    covariance: str
    n_missing_intermittent: int
    n_missing_after: int
    n_subjects_unobserved: int


def prepare_imputation(
    frame: pd.DataFrame,
    *,
    response: str,
    subject: str,
    visit: str,
    arm: str,
    visits: Sequence[Hashable],
    factors: Sequence[str] = (),
    covariates: Sequence[str] = (),
    covariance: str,
) -> ImputationData:
    """Turn long records into data for imputation.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a subject and visit. Absent rows count as missing. It is not changed.
    response, subject, visit, arm : str
        Columns.
    visits : sequence
        Visits in the order of time; other visits in the data are an error.
    factors, covariates : sequence of str, optional
        Baseline columns of the imputation model, complete and constant within a subject.
    covariance : {'pooled', 'by-arm'}
        Whether arms share the covariance matrix and the baseline effects.

    Returns
    -------
    ImputationData

    Raises
    ------
    UserError
        If columns are unusable, baseline columns are missing or change within a subject, a
        visit is unknown, or a subject has two records at a visit.

    Examples
    --------
    Two of eight subjects leave before the last visit.

    >>> trial = pd.DataFrame({"id": [*range(8)] * 2, "visit": ["W4"] * 8 + ["W8"] * 8,
    ...                       "arm": list("TTTTPPPP") * 2,
    ...                       "y": [1, 2, 3, 4, 2, 1, 3, 2, 2, 4, 3, np.nan, 2, 3, 4, np.nan]})
    >>> data = prepare_imputation(trial, response="y", subject="id", visit="visit", arm="arm",
    ...                           visits=["W4", "W8"], covariance="pooled")
    >>> data.n_missing_after, data.n_missing_intermittent, data.arms
    (2, 0, ('P', 'T'))
    """
    covariance = meant("covariance", covariance, COVARIANCES)
    keys = [subject, visit, arm, *factors, *covariates]
    # for its checks of names, types and infinite values; no record is left out here
    select_records(
        frame, response=response, factors=factors, covariates=covariates, keys=[subject, visit, arm]
    )
    for name in keys:
        missing = int(frame[name].isna().sum())
        if missing:
            raise UserError(
                f"column {name!r} has {missing} missing values, but the imputation model needs it "
                "complete: impute only the response, or leave the column out"
            )
    unknown = sorted(set(map(str, frame[visit].unique())) - set(map(str, visits)))
    if unknown:
        raise UserError(
            f"the data have the visit {unknown[0]!r} in {visit!r}, which is not among visits = "
            f"{[str(item) for item in visits]}: add it, or leave its records out"
        )
    wide = _widen(frame, response, subject, visit, visits)
    people = _one_row_a_subject(frame, subject, [arm, *factors, *covariates])
    values = wide.loc[people[subject]].to_numpy(dtype=float)
    arms = factor_levels(people[arm])
    seen = ~np.isnan(values)
    kept = np.where(seen.any(axis=1), values.shape[1] - seen[:, ::-1].argmax(axis=1), 0)
    after = np.arange(values.shape[1])[None, :] >= kept[:, None]
    return ImputationData(
        response=response, subject=subject, visit=visit, arm=arm, visits=tuple(visits), arms=arms,
        subjects=people, values=values, arm_index=level_codes(people[arm], arms),
        baseline=_code_baseline(people, factors, covariates), n_visits_kept=kept.astype(np.intp),
        covariance=covariance, n_missing_intermittent=int((~seen & ~after).sum()),
        n_missing_after=int(after.sum()), n_subjects_unobserved=int((kept == 0).sum()),
    )  # fmt: skip


def _widen(
    frame: pd.DataFrame, response: str, subject: str, visit: str, visits: Sequence[Hashable]
) -> pd.DataFrame:
    """Return responses with a row a subject and a column a visit."""
    repeated = frame.duplicated([subject, visit], keep=False)
    if repeated.any():
        row = frame.loc[repeated].iloc[0]
        own = (frame[subject] == row[subject]) & (frame[visit] == row[visit])
        raise UserError(
            f"a subject has more than one record at {visit} '{row[visit]}' ({in_rows(own)}), but "
            "one is allowed: keep one record for each subject and visit"
        )
    long = frame[[subject, visit, response]].astype({visit: object})
    wide = long.pivot(index=subject, columns=visit, values=response)
    return wide.reindex(columns=list(visits)).astype(float)


def _one_row_a_subject(frame: pd.DataFrame, subject: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return the baseline columns, one row a subject in sorted order."""
    changing = frame.groupby(subject, observed=True)[list(columns)].nunique().max()
    for name in columns:
        if changing[name] > 1:
            raise UserError(
                f"column {name!r} changes within a subject, but the imputation model needs one "
                "value a subject: use its baseline value"
            )
    first = frame.drop_duplicates(subject)[[subject, *columns]]
    return first.sort_values(subject, kind="stable").reset_index(drop=True)


def _code_baseline(
    people: pd.DataFrame, factors: Sequence[str], covariates: Sequence[str]
) -> Array:
    """Return coded factors and standardised covariates."""
    parts = [np.empty((len(people), 0))]
    for name in factors:
        levels = factor_levels(people[name])
        parts.append(sum_codes(len(levels))[level_codes(people[name], levels)])
    for name in covariates:
        raw = people[name].to_numpy(dtype=float)
        spread = float(np.abs(raw - raw.mean()).max())
        if spread <= 1e-12 * float(np.abs(raw).max()) or spread == 0.0:
            raise UserError(
                f"covariate {name!r} is constant ({float(raw[0])!r}) over the {len(people)} "
                "subjects: leave it out of the imputation model"
            )
        parts.append(((raw - raw.mean()) / spread)[:, None])
    return np.hstack(parts)

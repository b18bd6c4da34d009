"""Longitudinal data for multiple imputation, and posterior draws of its normal model."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats._words import meant
from analysis.stats.design_terms import factor_levels, level_codes, sum_codes
from analysis.stats.model_records import select_records

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


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class NormalModel:
    """One draw of the parameters of the normal model, for every subject.

    Attributes
    ----------
    means : numpy.ndarray
        Mean response (arms, subjects, visits): what each subject would have in each arm.
    covariances : numpy.ndarray
        Covariance matrix of each arm (arms, visits, visits).
    """

    means: Array
    covariances: Array


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


def draw_model(data: ImputationData, completed: Array, rng: np.random.Generator) -> NormalModel:
    """Draw the parameters from their posterior given data without gaps before the last visit.

    Notes
    -----
    The normal model is written as regressions of each visit on arm, baseline and the
    visits before. With monotone data and the prior 1 / sigma^2 for each, the posterior is
    exact: sigma^2 is the residual sum of squares over a chi-square variate, and the
    coefficients are normal given sigma^2. The joint means and covariance follow.
    """
    n_subjects, n_visits = data.values.shape
    n_arms = len(data.arms)
    groups = (
        [np.arange(n_arms)]
        if data.covariance == "pooled"
        else [np.array([a]) for a in range(n_arms)]
    )
    means = np.empty((n_arms, n_subjects, n_visits))
    covariances = np.empty((n_arms, n_visits, n_visits))
    for members in groups:
        inside = np.isin(data.arm_index, members)
        indicators = (data.arm_index[:, None] == members[None, :]).astype(float)
        fixed = np.hstack([indicators, data.baseline])
        gamma = np.empty((n_visits, fixed.shape[1]))
        phi, sigma2 = np.zeros((n_visits, n_visits)), np.empty(n_visits)
        for t in range(n_visits):
            rows = inside & (data.n_visits_kept > t)
            design = np.hstack([fixed[rows], completed[rows, :t]])
            drawn, sigma2[t] = _draw_regression(design, completed[rows, t], rng, data, t, members)
            gamma[t], phi[t, :t] = drawn[: fixed.shape[1]], drawn[fixed.shape[1] :]
        # y = Gamma z + Phi y + e  =>  mean (I - Phi)^-1 Gamma z, covariance (I-Phi)^-1 D (I-Phi)^-T
        solve = linalg.solve_triangular(np.eye(n_visits) - phi, np.eye(n_visits), lower=True)
        joint = (solve * sigma2) @ solve.T
        for position, number in enumerate(members):
            as_arm = fixed.copy()
            as_arm[:, : len(members)] = np.eye(len(members))[position]
            means[number] = as_arm @ gamma.T @ solve.T
            covariances[number] = joint
    return NormalModel(means=means, covariances=covariances)


def _draw_regression(
    design: Array,
    target: Array,
    rng: np.random.Generator,
    data: ImputationData,
    visit_number: int,
    members: NDArray[np.intp],
) -> tuple[Array, float]:
    """Draw coefficients and residual variance of one visit's regression."""
    n_rows, n_columns = design.shape
    arms = ", ".join(str(data.arms[int(number)]) for number in members)
    where = f"visit '{data.visits[visit_number]}' (arm {arms})"
    if n_rows <= n_columns:
        raise UserError(
            f"the imputation model of {data.response!r} at {where} has {n_columns} "
            f"coefficients but {n_rows} subjects observed there or later: pool arms (covariance = "
            "'pooled'), use fewer baseline columns or fewer visits"
        )
    orthogonal, triangular = np.linalg.qr(design)
    left = np.abs(np.diag(triangular)) / np.maximum(np.linalg.norm(design, axis=0), 1e-300)
    if left.min() < 1e-10:
        raise UserError(
            f"the imputation model of {data.response!r} at {where} is aliased: an arm, baseline "
            "column or earlier visit is empty or a combination of the others there; leave it out"
        )
    effects = orthogonal.T @ target
    residuals = target - orthogonal @ effects
    rss = float(residuals @ residuals)
    if rss <= 1e-24 * max(float(target @ target), 1e-300):
        raise UserError(
            f"the imputation model of {data.response!r} at {where} fits exactly, so imputed values "
            "would have no variation: check for constant or duplicated visits"
        )
    sigma2 = rss / float(rng.chisquare(n_rows - n_columns))
    noise = np.sqrt(sigma2) * rng.standard_normal(n_columns)
    return linalg.solve_triangular(triangular, effects + noise), sigma2


def _widen(
    frame: pd.DataFrame, response: str, subject: str, visit: str, visits: Sequence[Hashable]
) -> pd.DataFrame:
    """Return responses with a row a subject and a column a visit."""
    repeated = frame.duplicated([subject, visit], keep=False)
    if repeated.any():
        row = frame.loc[repeated].iloc[0]
        raise UserError(
            f"subject '{row[subject]}' has more than one record at {visit} '{row[visit]}', but one "
            "is allowed: keep one record for each subject and visit"
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

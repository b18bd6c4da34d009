"""Multiple imputation of a binary endpoint by logistic regression."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg
from scipy.special import expit

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, as_interactions, as_names
from analysis.stats._words import meant
from analysis.stats.design_matrix import Design, build_design
from analysis.stats.design_terms import level_codes
from analysis.stats.imputation_methods import check_request
from analysis.stats.logistic import coded_response
from analysis.stats.model_records import select_records

BINARY_METHODS = ("mar", "jump-to-reference")
"""Missing at random, and as if in the reference arm."""

STEPS = 100
"""Steps of Newton's method; the weak prior keeps the maximum finite, so a few are enough."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryImputations:
    """Completed data sets of a binary endpoint.

    Attributes
    ----------
    response : str
        Response column.
    event : hashable
        The value of the response that is the event.
    arm : str
        Column of the arms.
    method : str
        One of `BINARY_METHODS`.
    reference : hashable or None
        The arm that the missing jump to; None under missing at random.
    seed : int
        Seed of all imputations.
    n_imputations : int
        Completed data sets.
    n_missing : dict of str to int
        Patients imputed, by arm.
    frame : pandas.DataFrame
        The data as they were given.
    events : numpy.ndarray
        Whether each patient has the event (imputations, patients), in the order of the data.
    coefficients, covariance : numpy.ndarray
        Mode and large-sample covariance of the coefficients, which each imputation draws anew;
        empty when nobody is missing.
    """

    response: str
    event: Hashable
    arm: str
    method: str
    reference: Hashable | None
    seed: int
    n_imputations: int
    n_missing: dict[Hashable, int]
    frame: pd.DataFrame
    events: NDArray[np.bool_]
    coefficients: Array
    covariance: Array

    def completed(self, index: int) -> pd.DataFrame:
        """Return a completed data set: 1 where a patient has the event, else 0.

        Any analysis of it, such as :func:`analysis.stats.fit_logistic`, may be pooled by
        :func:`analysis.stats.pool_rubin`.

        Parameters
        ----------
        index : int
            Number of the imputation, from 0.
        """
        return self.frame.assign(**{self.response: self.events[index].astype(int)})


def impute_binary(
    frame: pd.DataFrame,
    *,
    response: str,
    event: Hashable,
    arm: str,
    factors: str | Sequence[str] = (),
    covariates: str | Sequence[str] = (),
    interactions: str | Sequence[str | Sequence[str]] = (),
    method: str,
    reference: Hashable | None = None,
    n_imputations: int,
    seed: int,
) -> BinaryImputations:
    """Impute the missing values of a binary endpoint.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a patient. It is not changed.
    response : str
        Response of two values, or missing.
    event : hashable
        The value of the response that is the event, for example ``1``, ``True`` or ``"Y"``.
    arm : str
        Column of the arms, the first factor of the model.
    factors, covariates : sequence of str, optional
        Further categorical and numeric main effects, such as strata; known of everybody.
    interactions : sequence of sequence of str, optional
        For example ``[("arm", "baseline")]``: each arm then has a slope of its own.
    method : {'mar', 'jump-to-reference'}
        Missing at random: drawn with the model of the patient's own arm. Jump to reference: drawn
        as if the patient were in the reference arm, all else equal.
    reference : hashable, optional
        The reference arm, for jump to reference.
    n_imputations : int
        Number of completed data sets, two or more.
    seed : int
        Seed; imputation i depends on the seed and i alone.

    Returns
    -------
    BinaryImputations

    Raises
    ------
    UserError
        If a column is unusable, a covariate is missing, an arm or level has no observed response,
        or a term is aliased.

    Notes
    -----
    Each imputation draws the coefficients from their large-sample normal distribution, and then
    the missing values from the probabilities that these give (proper imputation). Events that a
    covariate tells apart, or an arm without any, have no maximum of likelihood; the data are
    therefore always augmented, as R mice does it: two records half a standard deviation to each
    side of the mean of each column of the model, each half an event, that weigh together one more
    than there are columns. That is a weak prior, which pulls an arm where all had the event a
    little from it.

    References
    ----------
    Rubin DB (1987). Multiple Imputation for Nonresponse in Surveys. Wiley.

    White IR, Daniel R, Royston P (2010). Avoiding bias due to perfect prediction in multiple
    imputation of incomplete categorical variables. Comput Stat Data Anal 54:2267-2275.

    Examples
    --------
    >>> from analysis.stats import pool_binary
    >>> trial = pd.DataFrame({"arm": ["new", "old"] * 30, "age": [*range(20, 80)],
    ...                       "cured": [1, 0, 1, None, 1, 1, 0, 0, None, 0] * 6})
    >>> found = impute_binary(trial, response="cured", event=1, arm="arm", covariates="age",
    ...                       method="mar", n_imputations=200, seed=1)
    >>> found.n_missing, found.events.shape
    ({'new': 6, 'old': 6}, (200, 60))
    >>> gain = pool_binary(found, arm="new", reference="old", measure="difference", level=0.95)
    >>> round(gain.estimate, 1), round(gain.missing_fraction, 1)
    (0.5, 0.2)
    """
    check_request(n_imputations, seed)
    method = meant("method", method, BINARY_METHODS)
    factors, covariates = [arm, *as_names(factors)], as_names(covariates)
    known, target, observed = _records(frame, response, event, factors, covariates)
    _check_reference(known[arm], method, reference)
    shape = (n_imputations, len(frame))
    events = np.broadcast_to(target == 1.0, shape).copy()
    coefficients, covariance = np.empty(0), np.empty((0, 0))
    if not observed.all():
        _check_levels(known, observed, factors)
        design = build_design(
            known[observed].reset_index(drop=True), factors=factors, covariates=covariates,
            interactions=as_interactions(interactions),
        )  # fmt: skip
        rows = _rows(design, known, {})
        coefficients, root = _posterior(rows, target, observed)
        covariance = root @ root.T
        absent = known[~observed]
        drawn_as = {} if method == "mar" else {arm: reference}
        events[:, ~observed] = _draw(
            _rows(design, absent, drawn_as), coefficients, root, n_imputations, seed
        )
    missing, arms = known[arm][~observed].value_counts(), sorted(known[arm].unique(), key=str)
    return BinaryImputations(
        response=response, event=event, arm=arm, method=method,
        reference=None if method == "mar" else reference, seed=seed, n_imputations=n_imputations,
        n_missing={each: int(missing.get(each, 0)) for each in arms},
        frame=frame, events=events, coefficients=coefficients, covariance=covariance,
    )  # fmt: skip


def _records(
    frame: pd.DataFrame, response: str, event: Hashable, factors: list[str], covariates: list[str]
) -> tuple[pd.DataFrame, Array, NDArray[np.bool_]]:
    """Return the columns of the model, the outcomes (NaN where missing) and who is observed."""
    coded = coded_response(frame, response, event)
    select_records(coded, response=response, factors=factors, covariates=covariates)
    for name in (*factors, *covariates):
        lacking = int(frame[name].isna().sum())
        if lacking:
            raise UserError(
                f"{lacking} of {len(frame)} values of {name!r} are missing, but what a response is "
                "imputed from must be known of everybody: leave the column out of the model or "
                "fill it"
            )
    target = coded[response].to_numpy(dtype=float)
    known = frame[[*factors, *covariates]].reset_index(drop=True)
    return known, target, ~np.isnan(target)


def _check_reference(arms: pd.Series, method: str, reference: Hashable | None) -> None:
    """Require the reference arm of a method that has one."""
    known = arms.unique().tolist()
    if method == "mar" and reference is not None:
        raise UserError(
            "missing at random has no reference arm: leave reference out, or choose the method "
            "'jump-to-reference'"
        )
    if method != "mar" and reference not in known:
        names = ", ".join(map(repr, known[:8]))
        raise UserError(f"reference must be one of the arms {names}, not {reference!r}")


def _check_levels(known: pd.DataFrame, observed: NDArray[np.bool_], factors: list[str]) -> None:
    """Require an observed response at every level of every factor."""
    for name in factors:
        seen = set(known[name][observed])
        for level in dict.fromkeys(known[name]):
            if level not in seen:
                raise UserError(
                    f"nobody with {name} = {level} has an observed response, so there is nothing "
                    "to impute theirs from: pool the level with another, or count them as without "
                    "the event"
                )


def _rows(design: Design, known: pd.DataFrame, held: dict[str, Hashable]) -> Array:
    """Return the rows of patients in the model, with some factors held at a level."""
    patients = known.assign(**held)
    codes = {name: level_codes(patients[name], levels) for name, levels in design.levels.items()}
    values = {
        name: (patients[name].to_numpy(dtype=float) - centre) / design.scales[name]
        for name, centre in design.centres.items()
    }
    return design.rows(codes, values, len(patients))


def _posterior(rows: Array, target: Array, observed: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return mode and root of the covariance of the coefficients, from the augmented data."""
    added = _augmentation(rows[:, 1:])
    matrix = np.vstack([rows[observed], added])
    outcomes = np.append(target[observed], np.full(len(added), 0.5))
    # as many columns as there are, and one more, over all added records
    share = rows.shape[1] / len(added)
    weights = np.append(np.ones(int(observed.sum())), np.full(len(added), share))
    mode = _maximise(matrix, outcomes, weights)
    chance = expit(matrix @ mode)
    information = (matrix.T * (weights * chance * (1.0 - chance))) @ matrix
    upper = linalg.cholesky(information)
    return mode, linalg.solve_triangular(upper, np.eye(len(mode)))


def _augmentation(columns: Array) -> Array:
    """Return the added records: all columns at their mean, one half a deviation to each side."""
    mean, deviation = columns.mean(axis=0), columns.std(axis=0, ddof=1)
    shifts = np.diag(deviation) / 2.0
    added = mean + np.vstack([shifts, -shifts])
    added = np.clip(added, columns.min(axis=0), columns.max(axis=0))
    return np.column_stack([np.ones(len(added)), added])


def _maximise(matrix: Array, outcomes: Array, weights: Array) -> Array:
    """Return the coefficients of largest weighted likelihood, by Newton's method with halving."""

    def height(at: Array) -> float:
        eta = matrix @ at
        return float(weights @ (outcomes * eta - np.logaddexp(0.0, eta)))

    found = np.zeros(matrix.shape[1])
    value = height(found)
    for _ in range(STEPS):
        chance = expit(matrix @ found)
        gradient = matrix.T @ (weights * (outcomes - chance))
        information = (matrix.T * (weights * chance * (1.0 - chance))) @ matrix
        step = linalg.solve(information, gradient, assume_a="pos")
        decrement = float(gradient @ step)
        size = 1.0
        while (new := height(found + size * step)) < value - 1e-13 * abs(value) and size > 1e-9:
            size /= 2.0
        found, value = found + size * step, new
        if decrement < 1e-20 * (1.0 + abs(value)):
            break
    return np.asarray(found)


def _draw(rows: Array, mode: Array, root: Array, number: int, seed: int) -> NDArray[np.bool_]:
    """Draw coefficients, and with them the events of rows (imputations, rows)."""
    normal, uniform = np.empty((number, len(mode))), np.empty((number, len(rows)))
    for place in range(number):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(place,)))
        normal[place] = rng.standard_normal(len(mode))
        uniform[place] = rng.uniform(size=len(rows))
    coefficients = mode + normal @ root.T
    return np.asarray(uniform < expit(coefficients @ rows.T))

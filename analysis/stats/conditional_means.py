"""Conditional-mean imputation with the jackknife: missing data without chance."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import UserError
from analysis.stats._checks import Array, as_names
from analysis.stats._words import meant
from analysis.stats.conditional_analysis import Adjusted, Analysis, analysis_of
from analysis.stats.conditional_data import ConditionalData, conditional_data
from analysis.stats.conditional_fit import VisitModel, fit_visits
from analysis.stats.conditional_imputation import STRATEGIES, complete_responses
from analysis.stats.conditional_jackknife import CHUNK, Refits, refit_all
from analysis.stats.conditional_result import WHICH, ConditionalMeans
from analysis.stats.covariance_structures import STRUCTURES


def impute_conditional_means(
    frame: pd.DataFrame,
    *,
    response: str,
    subject: str,
    visit: str,
    arm: str,
    reference: Hashable,
    visits: Sequence[Hashable],
    factors: str | Sequence[str] = (),
    covariates: str | Sequence[str] = (),
    strategies: str | Sequence[str] | None = None,
    structure: str | Sequence[str],
    weights: str,
) -> ConditionalMeans:
    """Impute missing responses by their conditional means, analyse, and take the jackknife.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a subject and visit. Absent rows count as missing. It is not changed.
    response, subject, visit, arm : str
        Columns.
    reference : hashable
        The reference arm.
    visits : sequence
        Visits in the order of time.
    factors, covariates : sequence of str, optional
        Baseline columns of the imputation model and of the analysis, complete and constant
        within a subject.
    strategies : str or sequence of str, optional
        What is assumed of the values after the last observed visit; all of them where none is
        named. "mar" (missing at random), "jump-to-reference", "copy-reference",
        "copy-increments", "last-mean-carried-forward"; "jr", "cr", "cir", "lmcf" for short.
    structure : str or sequence of str
        Covariance structure of the imputation model, or a declared chain of them, as for
        :func:`analysis.stats.fit_mmrm`.
    weights : {'equal', 'observed'}
        How the adjusted means weigh the levels of the factors.

    Returns
    -------
    ConditionalMeans
        Its method `difference` gives the estimates.

    Raises
    ------
    UserError
        If columns are unusable, the model cannot be fitted, or not without one of the subjects.

    Notes
    -----
    Imputation model: a mixed model for repeated measures by restricted maximum likelihood, with
    arm, factors and covariates by visit and one covariance matrix of all arms. Gaps before the
    last observed visit are at random under every strategy. The analysis is an analysis of
    covariance at each visit: arm, factors and covariates, the covariates at their mean. The
    standard error leaves out each subject in turn and does everything anew; the information-
    anchored one keeps, in each, the difference of the imputed values from those at random that the
    whole data have (Lu 2021). There is no seed: nothing is drawn.

    References
    ----------
    Wolbers M, Noci A, Delmar P, Gower-Page C, Yiu S, Bartlett JW (2022). Standard and
    reference-based conditional mean imputation. Pharm Stat 21:1246-1257.
    Lu K (2021). An alternative implementation of reference-based controlled imputation
    procedures. Stat Biopharm Res 13:483-491.

    Examples
    --------
    Two of twelve subjects leave before the last visit.

    >>> trial = pd.DataFrame({"id": [*range(12)] * 2, "visit": ["W4"] * 12 + ["W8"] * 12,
    ...                       "arm": list("TTTTTTPPPPPP") * 2,
    ...                       "y": [1, 2, 3, 4, 2, 3, 2, 1, 3, 2, 3, 1,
    ...                             2, 4, 3, np.nan, 4, 5, 2, 3, 4, np.nan, 3, 1]})
    >>> found = impute_conditional_means(
    ...     trial, response="y", subject="id", visit="visit", arm="arm", reference="P",
    ...     visits=["W4", "W8"], structure="unstructured", weights="equal")
    >>> for strategy in ("mar", "jump-to-reference"):
    ...     each = found.difference("T", visit="W8", strategy=strategy, level=0.95,
    ...                             std_errors="jackknife")
    ...     print(round(each.estimate, 3), round(each.std_error, 3))
    1.238 0.812
    1.032 0.633
    """
    asked = STRATEGIES if strategies is None else as_names(strategies)
    names = tuple(dict.fromkeys(meant("strategy", word, STRATEGIES) for word in asked))
    chain = [meant("structure", word, STRUCTURES) for word in as_names(structure)]
    if not chain:
        raise UserError("structure is empty: name a covariance structure")
    data = conditional_data(
        frame, response=response, subject=subject, visit=visit, arm=arm, reference=reference,
        visits=visits, factors=as_names(factors), covariates=as_names(covariates), weights=weights,
    )  # fmt: skip
    analysis = analysis_of(data)
    used = ("mar", *(name for name in names if name != "mar"))
    model = fit_visits(data, chain) if data.incomplete else None
    means, anchored, moved = _estimates(data, analysis, model, used)
    chosen = [used.index(name) for name in names]
    shift = _shifts(data, analysis)
    return ConditionalMeans(
        arms=data.source.arms, visits=data.source.visits, reference=reference, strategies=names,
        structure=model.structure if model else "", failures=model.failures if model else (),
        n_subjects=len(data.values), n_missing=_counts(data, "all"),
        n_missing_after=_counts(data, "after-dropout"),
        means=data.centre + data.spread * means.full[chosen],
        jackknife=data.spread * means.without[chosen],
        anchored=data.spread * anchored[chosen],
        moved=data.spread * moved[chosen], shift=shift.full, shift_jackknife=shift.without,
    )  # fmt: skip


def _estimates(
    data: ConditionalData, analysis: Analysis, model: VisitModel | None, strategies: Sequence[str]
) -> tuple[Adjusted, Array, Array]:
    """Return adjusted means by strategy, the anchored ones, and how far imputed values moved.

    The first strategy is "mar".
    """
    observed = np.where(data.observed, data.values, 0.0)
    as_they_are = analysis.of(observed)
    lead = len(strategies)
    if model is None:
        same = Adjusted(
            full=np.repeat(as_they_are.full[None], lead, axis=0),
            without=np.repeat(as_they_are.without[None], lead, axis=0),
        )
        return same, same.without, np.zeros(same.full.shape)
    refits = refit_all(data, model)
    imputed = np.zeros((lead, *data.values.shape))
    of_all = refits.coefficients[-1:], refits.covariances[-1:]
    for part in data.incomplete:
        imputed[:, part.who] = complete_responses(part, *of_all, strategies)[:, 0]
    found = analysis.of(imputed)
    sums = _sums_without(data, refits, strategies)
    without = as_they_are.without + analysis.adjusted(sums)
    departure = analysis.of(imputed - imputed[:1])
    result = Adjusted(full=as_they_are.full + found.full, without=without)
    return result, without[:1] + departure.without, _moved(data, imputed - imputed[:1])


def _sums_without(data: ConditionalData, refits: Refits, strategies: Sequence[str]) -> Array:
    """Return the sums of rows times imputed values, without each subject and by its own refit."""
    n_subjects, n_columns = data.rows.shape
    n_visits = data.values.shape[1]
    size = max(1, CHUNK // (len(strategies) * n_columns * n_visits))
    sums = np.zeros((len(strategies), n_subjects, n_columns, n_visits))
    for subjects in data.incomplete:
        together = subjects.moments()
        for start in range(0, n_subjects, size):
            at = slice(start, min(start + size, n_subjects))
            sums[:, at] += complete_responses(
                together, refits.coefficients[at], refits.covariances[at], strategies
            )
        who = subjects.who
        own = complete_responses(
            subjects.one_by_one(), refits.coefficients[who], refits.covariances[who], strategies
        )
        sums[:, who] -= data.rows[who][:, :, None] * own
    return sums


def _shifts(data: ConditionalData, analysis: Analysis) -> Adjusted:
    """Return the adjusted means of one more in every missing value of an arm, by `WHICH`."""
    missing = ~data.observed
    cells = {"after-dropout": missing & data.after_dropout, "all": missing}
    arms = np.arange(len(data.source.arms))[:, None, None]
    own = data.source.arm_index[None, :, None] == arms
    return analysis.of(np.stack([(cells[which] & own).astype(float) for which in WHICH]))


def _moved(data: ConditionalData, departures: Array) -> Array:
    """Return the mean departure of the imputed values from those at random, by arm and visit."""
    cells = ~data.observed & data.after_dropout
    moved = np.zeros((len(departures), len(data.source.arms), data.values.shape[1]))
    for number in range(len(data.source.arms)):
        own = data.source.arm_index == number
        count = np.maximum((cells & own[:, None]).sum(axis=0), 1)
        moved[:, number] = departures[:, own].sum(axis=1) / count
    return moved


def _counts(data: ConditionalData, which: str) -> NDArray[np.intp]:
    """Return how many values are missing, by arm and visit."""
    cells = ~data.observed & (data.after_dropout | (which == "all"))
    return np.stack(
        [cells[data.source.arm_index == number].sum(axis=0)
         for number in range(len(data.source.arms))]
    )  # fmt: skip

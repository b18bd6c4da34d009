"""Cox's proportional hazards regression, with ties as SAS and R have them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.stats._checks import Array, as_interactions, as_names
from analysis.stats._words import meant
from analysis.stats.cox_columns import Columns, check_within_strata, cox_columns
from analysis.stats.cox_maximum import Peak, at, highest, separated_from
from analysis.stats.cox_result import NO_EVENT, NOTHING_COMPARED, CoxFit
from analysis.stats.cox_risk_sets import Places, risk_sets
from analysis.stats.design_estimable import independent_columns
from analysis.stats.design_terms import Term, factor_levels
from analysis.stats.model_records import select_records
from analysis.stats.survival import check_times

TIES = ("efron", "breslow", "discrete")
MONOTONE = "no finite estimate, because the likelihood grows without end (it is monotone): "
IN_ORDER = (
    "at every event those who had it stand first, or last, of all at risk in what is compared"
)


def fit_cox(
    frame: pd.DataFrame,
    *,
    time: str,
    event: str,
    factors: str | Sequence[str] = (),
    covariates: str | Sequence[str] = (),
    interactions: str | Sequence[str | Sequence[str]] = (),
    strata: str | Sequence[str] = (),
    references: Mapping[str, Hashable] | None = None,
    ties: str,
) -> CoxFit:
    """Fit Cox's proportional hazards model.

    H0 of each coefficient: the hazard ratio is 1; H1: it is not.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a participant. It is not changed.
    time, event : str
        Column of the time to the event or to censoring, above 0, and of whether the time ends
        with the event (1) or is censored (0).
    factors, covariates : sequence of str
        Categorical and numeric terms.
    interactions : sequence of sequence of str, optional
        For example ``[("arm", "sex")]``.
    strata : sequence of str, optional
        Columns within whose combinations hazards are compared, each with a baseline of its own.
    references : mapping of str to level, optional
        The level with which the others of a factor are compared; the first without it.
    ties : {'efron', 'breslow', 'discrete'}
        Events at the same time: Efron's or Breslow's approximation, or the conditional likelihood
        of discrete time, which is R's "exact" and SAS's TIES=DISCRETE. SAS's TIES=EXACT is
        another and not offered.

    Returns
    -------
    CoxFit
        Its methods `hazard_ratios`, `tests` and `term_tests` read it; `check_proportional_hazards`
        checks it.

    Raises
    ------
    UserError
        If a column is unusable, a time or event is impossible, or a term is aliased.

    Notes
    -----
    Records with a missing model value are left out and counted. Newton's method on standardised
    columns. Without ties the three methods agree; the score test of a discrete model with an arm
    alone is the log-rank test, with ties and in strata too. Where the likelihood is monotone (an
    arm without an event, events that come wholly in the order of a covariate) the hazard ratio is
    0 or infinite; the likelihood-ratio and score tests and one profile limit remain.

    References
    ----------
    Cox, D. R. (1972). Regression models and life-tables. Journal of the Royal Statistical
    Society, Series B, 34(2), 187-220.

    Efron, B. (1977). The efficiency of Cox's likelihood function for censored data. Journal of
    the American Statistical Association, 72(359), 557-565.

    Examples
    --------
    >>> trial = pd.DataFrame({"arm": ["old"] * 4 + ["new"] * 4,
    ...                       "weeks": [1, 2, 4, 5, 3, 6, 7, 8],
    ...                       "relapsed": [1, 1, 1, 0, 1, 0, 1, 0]})
    >>> fit = fit_cox(trial, time="weeks", event="relapsed", factors=["arm"],
    ...               references={"arm": "old"}, ties="efron")
    >>> found = fit.hazard_ratios(level=0.95, interval="wald").to_frame()
    >>> found[["label", "estimate", "lower", "upper"]].round(3)
           label  estimate  lower  upper
    0  new / old     0.232  0.024  2.261
    """
    ties = meant("ties", ties, TIES)
    factors, covariates, strata = as_names(factors), as_names(covariates), as_names(strata)
    records = select_records(
        _numeric_event(frame, event), response=time, factors=[*factors, *strata],
        covariates=[event, *covariates],
    )  # fmt: skip
    times, ends = (records.frame[name].to_numpy(dtype=float) for name in (time, event))
    check_times(times, ends)
    if not factors and not covariates:
        raise UserError("a Cox model needs a factor or a covariate, such as factors=['arm']")
    columns = cox_columns(
        records.frame, factors=factors, covariates=covariates,
        interactions=as_interactions(interactions), references=references or {},
    )  # fmt: skip
    stratum = np.zeros(len(times), dtype=np.intp)
    if strata:
        stratum = records.frame.groupby(strata, observed=True).ngroup().to_numpy(dtype=np.intp)
    check_within_strata(columns, stratum)
    estimates = _estimate(times, ends, stratum, columns, ties)
    estimates["reasons"] = _in_words(estimates["reasons"], columns, records.frame, ends)
    return CoxFit(
        time=time, event=event, ties=ties, columns=columns, n_records=records.n_records,
        n_events=int(ends.sum()), n_strata=int(stratum.max()) + 1, n_dropped=records.n_dropped,
        dropped_by_column=records.dropped_by_column, **estimates,
    )  # fmt: skip


def _numeric_event(frame: pd.DataFrame, event: str) -> pd.DataFrame:
    """Let an event be true or false, in any of the types that pandas has for it."""
    if not isinstance(frame, pd.DataFrame) or list(frame.columns).count(event) != 1:
        return frame  # said in words where the columns are checked
    if pd.api.types.infer_dtype(frame[event], skipna=True) != "boolean":
        return frame
    return frame.assign(**{event: frame[event].astype(object).map({True: 1.0, False: 0.0})})


def _estimate(
    times: Array, ends: Array, stratum: np.ndarray, columns: Columns, ties: str
) -> dict[str, Any]:
    """Give what the fit holds of the likelihood."""
    size = columns.matrix.shape[1]
    reasons = np.full(size, NO_EVENT, dtype=object)
    found: dict[str, Any] = {
        "coefficients": np.full(size, np.nan), "covariance": np.full((size, size), np.nan),
        "log_likelihood": 0.0, "log_likelihood_null": 0.0,
        "kept": np.array([], dtype=np.intp), "risk_sets": None, "peak": None, "null": None,
    }  # fmt: skip
    if ends.any():
        sets = risk_sets(times, ends, stratum, columns.matrix, ties)
        kept, blind = _informed(at(sets, np.zeros(size)).information)
        reasons[:] = np.where(blind, NOTHING_COMPARED, "")
        if len(kept):
            sets = risk_sets(times, ends, stratum, columns.matrix[:, kept], ties)
            null = at(sets, np.zeros(len(kept)))
            peak = highest(sets, null)
            endless = _endless(peak)
            reasons[kept[endless & ~blind[kept]]] = IN_ORDER
            coefficients, covariance = _unscaled(peak, endless, columns.scales[kept])
            coefficients[blind[kept]] = np.nan
            covariance[blind[kept]] = covariance[:, blind[kept]] = np.nan
            found["coefficients"][kept] = coefficients
            found["covariance"][np.ix_(kept, kept)] = covariance
            found |= {"kept": kept, "risk_sets": sets, "peak": peak, "null": null}
            found |= {"log_likelihood": peak.log_likelihood}
            found |= {"log_likelihood_null": null.log_likelihood}
    return found | {"reasons": tuple(map(str, reasons))}


def _in_words(
    reasons: tuple[str, ...], columns: Columns, frame: pd.DataFrame, ends: Array
) -> tuple[str, ...]:
    """Say of a monotone likelihood what is plain to see: a level without an event."""
    return tuple(
        MONOTONE + (_without_event(term, frame, ends) or IN_ORDER) if reason == IN_ORDER else reason
        for term, reason in zip(columns.column_terms, reasons, strict=True)
    )


def _without_event(term: Term, frame: pd.DataFrame, ends: Array) -> str:
    """Name the levels of a factor of which nobody had the event."""
    if len(term.factors) != 1 or term.covariates:
        return ""
    values = frame[term.factors[0]]
    had = set(values[ends == 1])
    without = " or ".join(str(each) for each in factor_levels(values) if each not in had)
    return f"nobody with {term.name} {without} had the event" if without else ""


def _informed(information: Array) -> tuple[Places, np.ndarray]:
    """Return the columns that suffice for all that the events tell, and which have no estimate."""
    values, vectors = np.linalg.eigh(information)
    # columns are standardised, so that information below 1e-13 is rounding
    unseen = vectors[:, values <= max(1e-10 * float(values[-1]), 1e-13)]
    blind = (np.abs(unseen) >= 1e-6).any(axis=1)
    if not unseen.size:
        return np.arange(len(information)), blind
    # by the seen directions alone, so that rounding is no information
    seen = vectors[:, unseen.shape[1] :]
    return independent_columns(seen.T), blind


def _endless(peak: Peak) -> np.ndarray:
    """Return which coefficients run off without end."""
    if peak.direction is None:
        return np.zeros(len(peak.beta), dtype=bool)
    return np.asarray(np.abs(peak.direction) > separated_from(peak.direction))


def _unscaled(peak: Peak, endless: np.ndarray, scales: Array) -> tuple[Array, Array]:
    """Give coefficients and covariance in the units of the data."""
    coefficients = peak.beta / scales
    if peak.direction is not None:
        coefficients[endless] = np.sign(peak.direction[endless]) * np.inf
    covariance = np.full(peak.information.shape, np.nan)
    finite = np.ix_(~endless, ~endless)
    covariance[finite] = np.linalg.inv(peak.information[finite])
    return coefficients, covariance / np.outer(scales, scales)

"""Do the hazards stay proportional? Schoenfeld residuals of a Cox model, and their test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from analysis.brief import brief
from analysis.stats._checks import Array, check_number
from analysis.stats._words import meant
from analysis.stats.cox_result import CoxFit
from analysis.stats.cox_risk_sets import RiskSets

TRANSFORMS = ("km", "rank", "identity", "log")
GLOBAL = "GLOBAL"
REJECTED, NOT_REJECTED, NOT_COMPUTED = "rejected", "not rejected", "not computed"
ONE_TIME = "not computed, because all events came at one time"
NO_SPREAD = "not computed, because too few events at different times compare participants"


@brief(rows="tests")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProportionalHazards:
    """The check of proportional hazards.

    Attributes
    ----------
    tests : pandas.DataFrame
        One row a term, and "GLOBAL": term, chi_squared, df, p_value, direction ("rises" or "falls":
        where the hazard ratio tends with time; "" for several coefficients), verdict ("rejected",
        "not rejected", "not computed"), reason.
    residuals : pandas.DataFrame
        One row an event and coefficient: record (of the analysed ones, from 0), time, transformed,
        term, label, residual (Schoenfeld's), scaled (its mean over time is the coefficient; its
        course is that of the log hazard ratio).
    transform : str
        The function of time.
    alpha : float
        Level of the test.
    """

    tests: pd.DataFrame
    residuals: pd.DataFrame
    transform: str
    alpha: float

    def to_frame(self) -> pd.DataFrame:
        """Give the tests, one row a term."""
        return self.tests


def check_proportional_hazards(fit: CoxFit, *, transform: str, alpha: float) -> ProportionalHazards:
    """Check a Cox model's assumption that hazard ratios do not change with time.

    H0 of each term: its log hazard ratio has no trend in the function of time; H1: it has one.

    Parameters
    ----------
    fit : CoxFit
        The fitted model.
    transform : {'km', 'rank', 'identity', 'log'}
        Function of time: 1 minus the Kaplan–Meier estimate just before it (R's default), its rank,
        time itself, its logarithm.
    alpha : float
        Level at which the hypothesis is rejected.

    Returns
    -------
    ProportionalHazards
        Tests and scaled Schoenfeld residuals, or why there are none.

    Notes
    -----
    The score test of adding each term times the function of time, as R's cox.zph has it since
    survival 3.0; the versions before it correlated residuals with time. Not rejecting is no proof:
    with few events little can be seen. For discrete ties the contributions are those of the
    discrete likelihood, where cox.zph takes Breslow's.

    References
    ----------
    Grambsch, P. M., & Therneau, T. M. (1994). Proportional hazards tests and diagnostics based on
    weighted residuals. Biometrika, 81(3), 515-526.

    Examples
    --------
    >>> from analysis.stats import fit_cox
    >>> trial = pd.DataFrame({"arm": ["old"] * 5 + ["new"] * 5,
    ...                       "weeks": [1, 2, 4, 5, 9, 3, 6, 7, 8, 10],
    ...                       "relapsed": [1, 1, 1, 0, 1, 1, 0, 1, 1, 1]})
    >>> fit = fit_cox(trial, time="weeks", event="relapsed", factors=["arm"], ties="efron")
    >>> check = check_proportional_hazards(fit, transform="km", alpha=0.05)
    >>> check.tests[["term", "df", "verdict"]]
         term  df       verdict
    0     arm   1  not rejected
    1  GLOBAL   1  not rejected
    """
    transform = meant("transform", transform, TRANSFORMS)
    check_number("alpha", alpha, above=0, below=1)
    reason = next(filter(None, fit.reasons), "")
    if reason or fit.risk_sets is None or fit.peak is None:
        return _result(fit, transform, alpha, [(np.nan, "", reason)] * _rows(fit), _no_residuals())
    sets = fit.risk_sets
    parts = sets.contributions(fit.peak.beta)
    scale = _of_time(sets, transform)
    centred = scale - np.repeat(scale, sets.count).mean()
    residuals = _residuals(fit, sets, fit.peak.beta, scale)
    spread = float(np.abs(centred).max())
    if spread <= 1e-12 * max(1.0, float(np.abs(scale).max())):
        return _result(fit, transform, alpha, [(np.nan, "", ONE_TIME)] * _rows(fit), residuals)
    centred = centred / spread
    slope = centred @ parts.score
    plain = parts.information.sum(axis=0)
    cross = np.tensordot(centred, parts.information, axes=1)
    squared = np.tensordot(centred**2, parts.information, axes=1)
    left = squared - cross @ np.linalg.solve(plain, cross)
    blocks = [slice(term.start, term.stop) for term in fit.columns.terms]
    found = [_score_test(slope[own], left[own, own], squared) for own in (*blocks, slice(None))]
    return _result(fit, transform, alpha, found, residuals)


def _rows(fit: CoxFit) -> int:
    return len(fit.columns.terms) + 1


def _score_test(slope: Array, spread: Array, before: Array) -> tuple[float, str, str]:
    """Give χ², the direction of a single coefficient, and why there is none."""
    if np.linalg.eigvalsh(spread)[0] <= 1e-10 * np.abs(before).max():
        return np.nan, "", NO_SPREAD
    value = float(slope @ np.linalg.solve(spread, slope))
    return value, ("" if len(slope) > 1 else "rises" if slope[0] > 0 else "falls"), ""


def _result(
    fit: CoxFit,
    transform: str,
    alpha: float,
    found: list[tuple[float, str, str]],
    residuals: pd.DataFrame,
) -> ProportionalHazards:
    """Put the tests into rows."""
    terms = fit.columns.terms
    df = [term.stop - term.start for term in terms]
    tests = pd.DataFrame(found, columns=["chi_squared", "direction", "reason"])
    tests.insert(0, "term", [*(term.name for term in terms), GLOBAL])
    tests.insert(2, "df", [*df, sum(df)])
    tests.insert(3, "p_value", special.chdtrc(tests["df"], tests["chi_squared"]))
    rejected = np.where(tests["p_value"] < alpha, REJECTED, NOT_REJECTED)
    tests.insert(5, "verdict", np.where(tests["reason"] == "", rejected, NOT_COMPUTED))
    return ProportionalHazards(tests=tests, residuals=residuals, transform=transform, alpha=alpha)


def _of_time(sets: RiskSets, transform: str) -> Array:
    """Give the function of time at each event time, strata taken together."""
    if transform == "identity":
        return sets.time
    if transform == "log":
        return np.log(sets.time)
    if transform == "rank":
        return stats.rankdata(sets.follow_up)[sets.had[sets.first]]
    times, place = np.unique(sets.time, return_inverse=True)
    events = np.bincount(place, weights=sets.count)
    at_risk = len(sets.follow_up) - np.searchsorted(np.sort(sets.follow_up), times)
    return (1 - np.append(1.0, np.cumprod(1 - events / at_risk)[:-1]))[place]


def _no_residuals() -> pd.DataFrame:
    names = ["record", "time", "transformed", "term", "label", "residual", "scaled"]
    return pd.DataFrame(columns=names)


def _residuals(fit: CoxFit, sets: RiskSets, beta: Array, scale: Array) -> pd.DataFrame:
    """Give Schoenfeld's residuals, plain and scaled, in the units of the data.

    Scaled by the mean information of an event, taken over the strata in which both columns vary;
    in a stratum where a column does not vary there is nothing to scale.
    """
    parts = sets.contributions(beta)
    time = np.repeat(np.arange(len(sets.first)), sets.count)
    mean = (sets.observed() - parts.score) / sets.count[:, None]
    residuals = sets.matrix[sets.had] - mean[time]
    tops, lows = (part.reduceat(sets.matrix, sets.starts[:-1]) for part in (np.maximum, np.minimum))
    varies = (tops > lows)[sets.stratum]
    together = np.einsum("t,ti,tj->ij", sets.count.astype(float), varies, varies)
    average = parts.information.sum(axis=0) / np.where(together > 0, together, 1.0)
    scaled = np.full(residuals.shape, np.nan)
    for pattern in np.unique(varies, axis=0):
        own = (varies == pattern).all(axis=1)[time]
        inner = np.ix_(pattern, pattern)
        block = np.linalg.solve(average[inner], residuals[np.ix_(own, pattern)].T).T
        scaled[np.ix_(own, pattern)] = block + beta[pattern]
    size = len(fit.columns.scales)
    frame = {
        "record": np.repeat(sets.order[sets.had], size),
        "time": np.repeat(sets.time[time], size),
        "transformed": np.repeat(scale[time], size),
        "term": np.tile(fit.columns.names, len(time)),
        "label": np.tile(fit.columns.labels, len(time)),
        "residual": (residuals * fit.columns.scales).ravel(),
        "scaled": (scaled / fit.columns.scales).ravel(),
    }
    return pd.DataFrame(frame).sort_values(["time", "record"], kind="stable", ignore_index=True)

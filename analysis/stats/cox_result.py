"""What a fitted Cox model gives: hazard ratios and tests."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special

from analysis.brief import brief
from analysis.stats._checks import Array, check_level
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant
from analysis.stats.cox_columns import Columns
from analysis.stats.cox_maximum import Peak, flat, profile_limits
from analysis.stats.cox_risk_sets import Places, RiskSets

RATIO_INTERVALS = ("wald", "profile")
NO_EVENT = "not estimable, because nobody had the event"
NOTHING_COMPARED = (
    "not estimable, because at no event did participants at risk who differ in it have or not "
    "have the event"
)
MONOTONE = (
    "no finite estimate, because the likelihood grows without end (it is monotone): at every event "
    "those who had it stand first, or last, of all at risk in what the model compares"
)


@brief(rows="to_frame")
@dataclass(frozen=True, slots=True, kw_only=True)
class HazardRatios(Tabular):
    """Hazard ratios of a Cox model; arrays with one entry a coefficient.

    Attributes
    ----------
    term, label
        The model term, and the levels compared ("new / old"); "" for one unit of a covariate.
    estimate, lower, upper
        Hazard ratio and its limits; 0 or infinite where the likelihood is monotone.
    coefficient, std_error
        Log hazard ratio and its standard error.
    statistic, p_value
        Wald's z and its two-sided p-value.
    reason
        Why something is missing or infinite; empty otherwise.
    level, interval, ties
        As asked for.
    """

    term: np.ndarray
    label: np.ndarray
    estimate: Array
    lower: Array
    upper: Array
    coefficient: Array
    std_error: Array
    statistic: Array
    p_value: Array
    reason: np.ndarray
    level: float
    interval: str
    ties: str


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class CoxFit:
    """A fitted Cox model.

    Attributes
    ----------
    time, event : str
        Columns of the response.
    ties : str
        Method for ties.
    columns : Columns
        The model's columns.
    coefficients, covariance : numpy.ndarray
        Log hazard ratios and their covariance; missing where not estimable, infinite coefficients
        where the likelihood is monotone.
    reasons : tuple of str
        Of each coefficient: why it has no finite estimate; empty otherwise.
    log_likelihood, log_likelihood_null : float
        Log partial likelihood at its largest, and with all hazard ratios 1.
    n_records, n_events, n_strata : int
        Participants analysed, their events, strata.
    n_dropped : int
        Participants left out for a missing value.
    dropped_by_column : tuple of (str, int)
        Missing values by column.
    kept : numpy.ndarray
        Numbers of the columns in the likelihood: those of which the events tell something that the
        columns before them do not.
    risk_sets : RiskSets or None
        Who is at risk at each event; None without an event.
    peak, null : Peak or None
        The likelihood of the standardised columns at both places.
    """

    time: str
    event: str
    ties: str
    columns: Columns
    coefficients: Array
    covariance: Array
    reasons: tuple[str, ...]
    log_likelihood: float
    log_likelihood_null: float
    n_records: int
    n_events: int
    n_strata: int
    n_dropped: int
    dropped_by_column: tuple[tuple[str, int], ...]
    kept: Places
    risk_sets: RiskSets | None = field(repr=False)
    peak: Peak | None = field(repr=False)
    null: Peak | None = field(repr=False)

    def hazard_ratios(self, *, level: float, interval: str) -> HazardRatios:
        """Return the hazard ratios.

        Parameters
        ----------
        level : float
            Two-sided confidence level, for example 0.95.
        interval : {'wald', 'profile'}
            Limits symmetric on the log scale, or those of the likelihood-ratio test.
        """
        check_level(level)
        interval = meant("interval", interval, RATIO_INTERVALS)
        std_error = np.sqrt(np.diag(self.covariance))
        half = -special.ndtri((1 - level) / 2) * std_error
        if interval == "wald":
            low, high = self.coefficients - half, self.coefficients + half
        else:
            low, high = _profiles(self, half, level)
        statistic = self.coefficients / std_error
        with np.errstate(over="ignore"):  # a ratio too large for a number is infinite
            ratio, lower, upper = np.exp(self.coefficients), np.exp(low), np.exp(high)
        return HazardRatios(
            term=np.array(self.columns.names), label=np.array(self.columns.labels),
            estimate=ratio, lower=lower, upper=upper,
            coefficient=self.coefficients, std_error=std_error, statistic=statistic,
            p_value=2 * special.ndtr(-np.abs(statistic)), reason=np.array(self.reasons),
            level=level, interval=interval, ties=self.ties,
        )  # fmt: skip

    def tests(self) -> pd.DataFrame:
        """Test that all hazard ratios are 1: likelihood ratio, score and Wald.

        Columns: test, chi_squared, df, p_value, reason.
        """
        names = ("likelihood ratio", "score", "Wald")
        values, reasons = [np.nan] * 3, [next(filter(None, self.reasons), "")] * 3
        df = len(self.kept)
        if self.peak is not None and self.null is not None:
            reasons[:2] = "", ""
            values[0] = max(2 * (self.log_likelihood - self.log_likelihood_null), 0.0)
            values[1] = _quadratic(self.null.score, self.null.information)
            if self.peak.direction is None:
                reasons[2], beta = "", self.peak.beta
                values[2] = float(beta @ self.peak.information @ beta)
        chi_squared = np.array(values)
        p_value = special.chdtrc(df, chi_squared) if df else np.full(3, np.nan)
        return pd.DataFrame(
            {"test": names, "chi_squared": chi_squared, "df": df, "p_value": p_value,
             "reason": reasons}
        )  # fmt: skip

    def term_tests(self) -> pd.DataFrame:
        """Test each term by Wald's statistic: all its hazard ratios are 1.

        Columns: term, chi_squared, df, p_value, reason. For an interaction with the arm this is
        the test of a treatment effect that differs between subgroups.
        """
        rows = []
        for term in self.columns.terms:
            own = slice(term.start, term.stop)
            reason = next(filter(None, self.reasons[own]), "")
            value = np.nan if reason else _quadratic(
                self.coefficients[own], self.covariance[own, own]
            )  # fmt: skip
            df = term.stop - term.start
            rows.append((term.name, value, df, float(special.chdtrc(df, value)), reason))
        return pd.DataFrame(rows, columns=["term", "chi_squared", "df", "p_value", "reason"])


def _profiles(fit: CoxFit, half: Array, level: float) -> tuple[Array, Array]:
    """Give both profile limits of every coefficient."""
    limits = np.full((2, len(half)), np.nan)
    if fit.risk_sets is None or fit.peak is None or fit.null is None:
        return limits[0], limits[1]
    for number, column in enumerate(fit.kept):
        if fit.reasons[column] == NOTHING_COMPARED:
            continue
        scale = fit.columns.scales[column]
        limits[:, column] = profile_limits(
            fit.risk_sets, fit.peak, number, level=level, width=half[column] * scale,
            least=flat(fit.null),
        )  # fmt: skip
        limits[:, column] /= scale
    return limits[0], limits[1]


def _quadratic(vector: Array, matrix: Array) -> float:
    return float(vector @ np.linalg.solve(matrix, vector))

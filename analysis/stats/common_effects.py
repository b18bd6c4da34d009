"""Cochran-Mantel-Haenszel test, and a common effect by Mantel and Haenszel or by Peto."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.brief import brief
from analysis.stats._checks import Array, check_level, stratum_counts
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant

MH_MEASURES = ("odds ratio", "risk ratio", "risk difference", "peto odds ratio")


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class MantelHaenszel(Tabular):
    """A common effect over strata, arm 1 against arm 2, and the CMH test.

    Attributes
    ----------
    measure
        ``"odds ratio"``, ``"risk ratio"``, ``"risk difference"`` or ``"peto odds ratio"``.
    estimate, lower, upper
        Common effect (ratios, not logarithms) and limits; None when not estimable.
    std_error
        Standard error, of the log for ratios; None when not estimable, as where it would be 0.
    level
        Two-sided confidence level, a fraction.
    chi_squared, p_value
        Cochran-Mantel-Haenszel statistic on 1 df and its p-value; None when no stratum is
        informative.
    correction
        Whether the statistic has the continuity correction.
    homogeneity, homogeneity_df, homogeneity_p
        Breslow-Day statistic with Tarone's adjustment for equal odds ratios; None when not
        estimable.
    breslow_day, breslow_day_p
        The same without the adjustment, as SAS PROC FREQ prints it by default.
    n_strata, n_strata_left_out
        Strata with patients in both arms, and strata left out.
    reason
        Why an estimate, or its interval, is None; empty otherwise.
    """

    measure: str
    estimate: float | None
    lower: float | None
    upper: float | None
    std_error: float | None
    level: float
    chi_squared: float | None
    p_value: float | None
    correction: bool
    homogeneity: float | None
    homogeneity_df: int | None
    homogeneity_p: float | None
    breslow_day: float | None
    breslow_day_p: float | None
    n_strata: int
    n_strata_left_out: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Tables:
    """The cells of each stratum: events and non-events of both arms, and the total."""

    a: Array
    b: Array
    c: Array
    d: Array

    @property
    def n(self) -> Array:
        return self.a + self.b + self.c + self.d


def mantel_haenszel(
    events_1: ArrayLike,
    n_1: ArrayLike,
    events_2: ArrayLike,
    n_2: ArrayLike,
    *,
    measure: str,
    correction: bool,
    level: float,
) -> MantelHaenszel:
    """Estimate a common effect over strata and test it.

    H0: within every stratum the event is as likely in arm 1 as in arm 2; H1: the common odds
    ratio is not 1.

    Parameters
    ----------
    events_1, events_2
        Patients with the event, one whole number a stratum.
    n_1, n_2
        Patients, one whole number a stratum; strata with an empty arm are left out and counted.
    measure
        ``"odds ratio"``, ``"risk ratio"``, ``"risk difference"``, or ``"peto odds ratio"``: Peto's
        one-step estimate, for rare events and arms of similar size.
    correction
        Whether the CMH statistic has the continuity correction of 1/2 (R's `mantelhaen.test`
        has it, SAS PROC FREQ has not).
    level
        Two-sided confidence level, for example 0.95.

    Returns
    -------
    MantelHaenszel
        Estimate, limits, CMH test and the test of equal odds ratios.

    Raises
    ------
    UserError
        When no stratum has patients in both arms, or a count is impossible.

    Notes
    -----
    Variances: Robins, Breslow and Greenland (log odds ratio), Greenland and Robins (log risk
    ratio), Sato (risk difference, consistent for sparse and for large strata), the hypergeometric
    one (Peto). The CMH statistic has the hypergeometric variance.

    References
    ----------
    Mantel, N., & Haenszel, W. (1959). Statistical aspects of the analysis of data from
    retrospective studies of disease. Journal of the National Cancer Institute, 22(4), 719-748.

    Robins, J., Breslow, N., & Greenland, S. (1986). Estimators of the Mantel-Haenszel variance
    consistent in both sparse data and large-strata limiting models. Biometrics, 42(2), 311-323.

    Greenland, S., & Robins, J. M. (1985). Estimation of a common effect parameter from sparse
    follow-up data. Biometrics, 41(1), 55-68.

    Sato, T. (1989). On the variance estimator for the Mantel-Haenszel risk difference.
    Biometrics, 45(4), 1323-1324.

    Yusuf, S., Peto, R., Lewis, J., Collins, R., & Sleight, P. (1985). Beta blockade during and
    after myocardial infarction. Progress in Cardiovascular Diseases, 27(5), 335-371.

    Tarone, R. E. (1985). On heterogeneity tests based on efficient scores. Biometrika, 72(1),
    91-95.

    Examples
    --------
    One stratum of 10/20 v 5/20: the odds ratio is (10 · 15)/(10 · 5), and CMH is 39/40 of
    Pearson's chi-squared, 8/3.

    >>> m = mantel_haenszel([10], [20], [5], [20], measure="odds ratio", correction=False,
    ...                     level=0.95)
    >>> round(m.estimate, 6), round(m.chi_squared, 6)
    (3.0, 2.6)
    """
    check_level(level)
    measure = meant("measure", measure, MH_MEASURES)
    x1, n1, x2, n2, used = stratum_counts(events_1, n_1, events_2, n_2)
    tables = _Tables(x1, n1 - x1, x2, n2 - x2)
    chi_squared = _cmh(tables, correction=correction)
    estimate, std_error, reason = _ESTIMATORS[measure](tables)
    if std_error == 0:
        std_error, reason = None, "the standard error is 0: no width"
    lower, upper = _limits(estimate, std_error, measure, level)
    breslow_day, homogeneity, df = _breslow_day(tables)
    return MantelHaenszel(
        measure=measure,
        estimate=estimate,
        lower=lower,
        upper=upper,
        std_error=std_error,
        level=level,
        chi_squared=chi_squared,
        p_value=_tail(chi_squared, 1),
        correction=correction,
        homogeneity=homogeneity,
        homogeneity_df=df,
        homogeneity_p=_tail(homogeneity, df),
        breslow_day=breslow_day,
        breslow_day_p=_tail(breslow_day, df),
        n_strata=tables.a.size,
        n_strata_left_out=int((~used).sum()),
        reason=reason,
    )


def _tail(chi_squared: float | None, df: int | None) -> float | None:
    return float(special.chdtrc(df, chi_squared)) if chi_squared is not None and df else None


def _hypergeometric(t: _Tables) -> tuple[float, float]:
    """Give the events of arm 1 beyond their expectation, and the variance of that."""
    n1, n2, events = t.a + t.b, t.c + t.d, t.a + t.c
    variance = n1 * n2 * events * (t.n - events) / (t.n**2 * (t.n - 1))
    return float((t.a - n1 * events / t.n).sum()), float(variance.sum())


def _cmh(t: _Tables, *, correction: bool) -> float | None:
    """Compare the events of arm 1 with their hypergeometric expectation."""
    beyond, variance = _hypergeometric(t)
    if variance == 0:
        return None
    distance = abs(beyond)
    if correction:
        # No more than the distance itself, as in R, so that the statistic cannot rise.
        distance -= min(0.5, distance)
    return float(distance**2 / variance)


def _odds_ratio(t: _Tables) -> tuple[float | None, float | None, str]:
    """Give the common odds ratio and the standard error of its log."""
    r, s = t.a * t.d / t.n, t.b * t.c / t.n
    if r.sum() == 0 or s.sum() == 0:
        return None, None, "no stratum has an event against a non-event in both directions"
    p, q = (t.a + t.d) / t.n, (t.b + t.c) / t.n
    variance = (
        (p @ r) / (2 * r.sum() ** 2)
        + (p @ s + q @ r) / (2 * r.sum() * s.sum())
        + (q @ s) / (2 * s.sum() ** 2)
    )
    return float(r.sum() / s.sum()), math.sqrt(variance), ""


def _risk_ratio(t: _Tables) -> tuple[float | None, float | None, str]:
    """Give the common risk ratio and the standard error of its log."""
    n1, n2 = t.a + t.b, t.c + t.d
    r, s = t.a * n2 / t.n, t.c * n1 / t.n
    if r.sum() == 0 or s.sum() == 0:
        return None, None, "one arm has no event in any stratum"
    top = (n1 * n2 * (t.a + t.c) - t.a * t.c * t.n) / t.n**2
    variance = max(float(top.sum()) / (r.sum() * s.sum()), 0.0)
    return float(r.sum() / s.sum()), math.sqrt(variance), ""


def _risk_difference(t: _Tables) -> tuple[float | None, float | None, str]:
    """Give the common risk difference and its standard error."""
    n1, n2 = t.a + t.b, t.c + t.d
    w = n1 * n2 / t.n
    difference = float(((t.a * n2 - t.c * n1) / t.n).sum() / w.sum())
    p = (n1**2 * t.c - n2**2 * t.a + n1 * n2 * (n2 - n1) / 2) / t.n**2
    q = (t.a * t.d + t.c * t.b) / (2 * t.n)
    variance = max(float(difference * p.sum() + q.sum()), 0.0) / w.sum() ** 2
    return difference, math.sqrt(variance), ""


def _peto(t: _Tables) -> tuple[float | None, float | None, str]:
    """Give Peto's odds ratio and the standard error of its log."""
    beyond, variance = _hypergeometric(t)
    if variance == 0:
        return None, None, "no stratum has both an event and a patient without one"
    return math.exp(beyond / variance), math.sqrt(1 / variance), ""


_ESTIMATORS = {
    "odds ratio": _odds_ratio,
    "risk ratio": _risk_ratio,
    "risk difference": _risk_difference,
    "peto odds ratio": _peto,
}


def _limits(
    estimate: float | None, std_error: float | None, measure: str, level: float
) -> tuple[float | None, float | None]:
    """Give normal limits, on the log scale for ratios."""
    if estimate is None or std_error is None:
        return None, None
    half = -float(special.ndtri((1 - level) / 2)) * std_error
    if measure == "risk difference":
        return max(estimate - half, -1.0), min(estimate + half, 1.0)
    return estimate * math.exp(-half), estimate * math.exp(half)


def _breslow_day(t: _Tables) -> tuple[float | None, float | None, int | None]:
    """Compare each stratum with what the common odds ratio would give; plain, and as Tarone did."""
    common = _odds_ratio(t)[0]
    n1, events = t.a + t.b, t.a + t.c
    informative = (events > 0) & (events < t.n)
    if common is None or informative.sum() < 2:
        return None, None, None
    n1, events, n = n1[informative], events[informative], t.n[informative]
    expected = _expected_events(common, n1, events, n)
    cells = (expected, events - expected, n1 - expected, n - n1 - events + expected)
    variance = 1 / np.sum([1 / cell for cell in cells], axis=0)
    distance = t.a[informative] - expected
    plain = float((distance**2 / variance).sum())
    adjusted = max(plain - float(distance.sum() ** 2 / variance.sum()), 0.0)
    return plain, adjusted, int(informative.sum()) - 1


def _expected_events(ratio: float, n1: Array, events: Array, n: Array) -> Array:
    """Give the events of arm 1 in a table with these margins and this odds ratio."""
    # The root of (ratio − 1) e² − b e + ratio n1 events = 0, written without cancellation.
    b = ratio * (n1 + events) + (n - n1 - events)
    root = np.sqrt(b**2 - 4 * (ratio - 1) * ratio * n1 * events)
    return 2 * ratio * n1 * events / (b + root)

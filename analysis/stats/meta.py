"""Meta-analysis of one comparison: fixed and random effects by inverse variance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats import _heterogeneity
from analysis.stats._checks import Array, check_level
from analysis.stats._comparison import Tabular
from analysis.stats._studies import read_studies
from analysis.stats._words import meant
from analysis.stats.intervals import t_limits
from analysis.stats.laws import t_sf

PREDICTION_DF = ("k-2", "k-1", "normal")
FIELDS = (
    *("estimate", "std_error", "df", "lower", "upper", "level"),
    *("p_value", "tau2", "i2", "i2_from_q", "q", "q_p"),
)
"""What `leave_one_out` reports of each analysis."""


@brief(rows="studies")
@dataclass(frozen=True, slots=True, kw_only=True)
class MetaAnalysis(Tabular):
    """A pooled effect, on the scale of the input (log for ratios).

    Attributes
    ----------
    estimate, std_error, df
        Pooled effect, its standard error and degrees of freedom (infinite for the normal).
    lower, upper, level
        Confidence limits and their two-sided level, a fraction.
    statistic, p_value
        Test of no effect, two-sided.
    method, interval
        Estimator of tau² (``"fixed"`` for none) and kind of confidence interval.
    k
        Number of studies.
    tau2, tau2_lower, tau2_upper
        Between-study variance and its Q-profile limits; the limits are None for one study.
    q, q_df, q_p
        Cochran's Q; the p-value is None for one study.
    i2
        Share of variance between studies, a fraction: tau² / (tau² + typical within-study
        variance) for random effects, max(0, (Q − df)/Q) for fixed.
    i2_from_q
        max(0, (Q − df)/Q), a fraction (Higgins and Thompson), for every method.
    prediction_lower, prediction_upper, prediction_df
        Interval for the effect in a new study, and its df; None for fixed effects.
    studies
        One row a study: study, estimate, std_error, lower, upper (normal limits), weight (sums
        to 1).
    reason
        Why a field is None; empty otherwise.
    """

    estimate: float
    std_error: float
    df: float
    lower: float
    upper: float
    level: float
    statistic: float
    p_value: float
    method: str
    interval: str
    k: int
    tau2: float
    tau2_lower: float | None
    tau2_upper: float | None
    q: float
    q_df: int
    q_p: float | None
    i2: float
    i2_from_q: float
    prediction_lower: float | None
    prediction_upper: float | None
    prediction_df: float | None
    studies: pd.DataFrame
    reason: str


def meta_analysis(
    estimates: str | ArrayLike,
    std_errors: str | ArrayLike | None = None,
    *,
    method: str,
    interval: str,
    prediction_df: str,
    level: float,
    labels: str | Sequence[str] | None = None,
    data: pd.DataFrame | None = None,
    limits: tuple[str | ArrayLike, str | ArrayLike] | None = None,
    limits_level: float | None = None,
) -> MetaAnalysis:
    """Pool the estimates of several studies.

    H0: the pooled effect is 0; H1: it is not.

    Parameters
    ----------
    estimates, std_errors
        One value a study, on a scale where the normal distribution holds (log for ratios);
        standard errors above 0.
    method
        ``"fixed"``, ``"dersimonian-laird"``, ``"reml"``, ``"ml"``, ``"paule-mandel"`` (the
        empirical Bayes estimator), ``"hedges-olkin"``, ``"hunter-schmidt"`` or
        ``"sidik-jonkman"``.
    interval
        ``"normal"``; ``"hartung-knapp"``: t with k − 1 df and a variance scaled by the observed
        scatter; ``"hartung-knapp-adhoc"``: the same, never scaled down (max(1, ·)). The last two
        are for random effects.
    prediction_df
        Degrees of freedom of the prediction interval: ``"k-2"`` (Higgins, Thompson and
        Spiegelhalter 2009; RevMan, Stata), ``"k-1"`` (metafor with ``test="knha"``)
        or ``"normal"`` (metafor's default).
    level
        Two-sided confidence level, for example 0.95.
    labels
        Names of the studies, different from one another; numbers from 1 if not given.
    data
        Frame with one row a study, if the others are named as its columns.
    limits, limits_level
        In place of standard errors: lower and upper confidence limits, even about the estimates,
        and their level.

    Returns
    -------
    MetaAnalysis
        Pooled effect, heterogeneity, prediction interval and studies.

    Raises
    ------
    UserError
        When nothing is given, a standard error is not above 0, or a random-effects model is
        asked of fewer than two studies.

    Notes
    -----
    The Hartung-Knapp prediction interval uses the Hartung-Knapp standard error, as metafor does.
    With "k-2" and two studies there is no prediction interval, and `reason` says so.

    References
    ----------
    DerSimonian, R., & Laird, N. (1986). Meta-analysis in clinical trials. Controlled Clinical
    Trials, 7(3), 177-188.

    Paule, R. C., & Mandel, J. (1982). Consensus values and weighting factors. Journal of Research
    of the National Bureau of Standards, 87(5), 377-385.

    Knapp, G., & Hartung, J. (2003). Improved tests for a random effects meta-regression with a
    single covariate. Statistics in Medicine, 22(17), 2693-2710.

    Viechtbauer, W. (2005). Bias and efficiency of meta-analytic variance estimators in the
    random-effects model. Journal of Educational and Behavioral Statistics, 30(3), 261-293.

    Viechtbauer, W. (2007). Confidence intervals for the amount of heterogeneity in
    meta-analysis. Statistics in Medicine, 26(1), 37-52.

    Higgins, J. P. T., Thompson, S. G., & Spiegelhalter, D. J. (2009). A re-evaluation of
    random-effects meta-analysis. Journal of the Royal Statistical Society A, 172(1), 137-159.

    Examples
    --------
    >>> trials = pd.DataFrame({"trial": ["A", "B", "C"], "effect": [0.2, 0.6, 0.7],
    ...                        "se": [0.3, 0.3, 0.4]})
    >>> m = meta_analysis("effect", "se", labels="trial", data=trials, method="reml",
    ...                   interval="hartung-knapp", prediction_df="k-1", level=0.95)
    >>> round(m.estimate, 3), round(m.lower, 3), round(m.upper, 3)
    (0.466, -0.191, 1.123)

    From effects with confidence limits, of ratios their logarithms; ``m.studies`` has a row a
    study and ``m.to_frame()`` the pooled numbers.

    >>> trials = pd.DataFrame({"effect": [0.2, 0.6], "low": [-0.4, 0.0], "high": [0.8, 1.2]})
    >>> m = meta_analysis("effect", data=trials, limits=("low", "high"), limits_level=0.95,
    ...                   method="fixed", interval="normal", prediction_df="k-2", level=0.95)
    >>> round(m.estimate, 3), round(m.std_error, 3)
    (0.4, 0.216)
    """
    check_level(level)
    method = meant("method", method, _heterogeneity.TAU2_METHODS)
    interval = meant("interval", interval, _heterogeneity.INTERVALS)
    prediction_df = meant("prediction_df", prediction_df, PREDICTION_DF)
    y, se, names = read_studies(
        estimates, std_errors, labels, data=data, limits=limits, limits_level=limits_level
    )
    v, k = se**2, y.size
    _check_model(k, method=method, interval=interval)
    model = _heterogeneity.Heterogeneous(y, np.ones((k, 1)), np.diag(v), np.eye(k))
    tau2 = _heterogeneity.estimate_tau2(model, method)
    fit = model.fit(tau2)
    estimate, std_error = float(fit.coefficients[0]), math.sqrt(fit.covariance[0, 0])
    df = math.inf
    if interval != "normal":
        std_error *= math.sqrt(_heterogeneity.scatter_factor(fit, k - 1, interval))
        df = k - 1
    q = model.q(0.0)
    i2_from_q = max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0
    tau2_limits = _heterogeneity.q_profile(model, level)
    new_df, prediction, reason = _predict(
        estimate, math.hypot(std_error, math.sqrt(tau2)), k, method, prediction_df, level
    )
    lower, upper = t_limits(estimate, std_error, df=df, level=level)
    statistic = estimate / std_error
    return MetaAnalysis(
        estimate=estimate, std_error=std_error, df=df, lower=lower, upper=upper, level=level,
        statistic=statistic, p_value=float(2 * t_sf(abs(statistic), df)),
        method=method, interval=interval, k=k,
        tau2=tau2, tau2_lower=tau2_limits[0], tau2_upper=tau2_limits[1],
        q=q, q_df=k - 1, q_p=_heterogeneity.chi2_p(q, k - 1),
        i2=i2_from_q if method == "fixed" else tau2 / (tau2 + _heterogeneity.typical_variance(v)),
        i2_from_q=i2_from_q, prediction_lower=prediction[0], prediction_upper=prediction[1],
        prediction_df=new_df, studies=_study_rows(y, v, names, tau2, level),
        reason="one study: heterogeneity is not estimable" if k == 1 else reason,
    )  # fmt: skip


def leave_one_out(
    estimates: str | ArrayLike,
    std_errors: str | ArrayLike | None = None,
    *,
    method: str,
    interval: str,
    prediction_df: str,
    level: float,
    labels: str | Sequence[str] | None = None,
    data: pd.DataFrame | None = None,
    limits: tuple[str | ArrayLike, str | ArrayLike] | None = None,
    limits_level: float | None = None,
) -> pd.DataFrame:
    """Repeat a meta-analysis without each study in turn.

    Parameters
    ----------
    estimates, std_errors, method, interval, prediction_df, level, labels, data, limits, \
    limits_level
        As for `meta_analysis`.

    Returns
    -------
    pandas.DataFrame
        One row a study left out: left_out, estimate, std_error, df, lower, upper, level,
        p_value, tau2, i2, i2_from_q, q, q_p, and the reason where they are missing.

    Raises
    ------
    UserError
        When fewer than three studies are given, or as for `meta_analysis`.

    Examples
    --------
    Without one of three equally weighted studies the mean of the other two is left.

    >>> found = leave_one_out([0.0, 2.0, 4.0], [1.0, 1.0, 1.0], method="fixed", interval="normal",
    ...                       prediction_df="k-2", level=0.95)
    >>> found["estimate"].round(9).tolist()
    [3.0, 2.0, 1.0]
    """
    y, se, names = read_studies(
        estimates, std_errors, labels, data=data, limits=limits, limits_level=limits_level
    )
    if y.size < 3:
        raise UserError(f"leaving one study out needs three studies or more, not {y.size}.")
    rows = []
    for left_out in range(y.size):
        kept = np.arange(y.size) != left_out
        row: dict[str, object] = {"left_out": names[left_out]}
        try:
            pooled = meta_analysis(
                y[kept], se[kept], method=method, interval=interval,
                prediction_df=prediction_df, level=level,
            )  # fmt: skip
        except UserError as error:  # the studies left may be identical
            rows.append(row | dict.fromkeys(FIELDS, math.nan) | {"reason": str(error)})
        else:
            rows.append(row | {f: getattr(pooled, f) for f in FIELDS} | {"reason": ""})
    return pd.DataFrame(rows)


def _check_model(k: int, *, method: str, interval: str) -> None:
    """Require two studies of random effects, and the normal interval of fixed effects."""
    if method != "fixed" and k < 2:
        raise UserError("a random-effects model needs two studies or more; use method='fixed'.")
    if method == "fixed" and interval != "normal":
        raise UserError(f"interval={interval!r} is for random effects; with fixed use 'normal'.")


def _predict(
    estimate: float, spread: float, k: int, method: str, prediction_df: str, level: float
) -> tuple[float | None, tuple[float | None, float | None], str]:
    """Give df and limits of the effect in a new study, or the reason why there are none."""
    if method == "fixed":
        return None, (None, None), "fixed effects: no prediction interval"
    df = {"k-2": float(k - 2), "k-1": float(k - 1), "normal": math.inf}[prediction_df]
    if df < 1:
        return None, (None, None), f"{k} studies: no prediction interval with k − 2 df"
    return df, t_limits(estimate, spread, df=df, level=level), ""


def _study_rows(y: Array, v: Array, names: list[str], tau2: float, level: float) -> pd.DataFrame:
    """Give one row a study, with normal limits and its share of the weight."""
    half = -float(special.ndtri((1 - level) / 2)) * np.sqrt(v)
    w = 1 / (v + tau2)
    columns = {"study": names, "estimate": y, "std_error": np.sqrt(v)}
    limits = {"lower": y - half, "upper": y + half}
    return pd.DataFrame(columns | limits | {"weight": w / w.sum()})

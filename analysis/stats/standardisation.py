"""Marginal effects by standardisation (g-computation) of a linear or logistic working model."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from analysis.brief import brief
from analysis.stats._checks import Array, check_level
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant
from analysis.stats.laws import normal_isf
from analysis.stats.linear_estimates import Rows
from analysis.stats.standardised_means import WorkingModel, standardised_means

MARGINAL_MEASURES = ("difference", "risk ratio", "odds ratio")
NOTHING = 1e-12
"""A mean proportion that is 0 but for rounding."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class MarginalEffect(Tabular):
    """A mean of one arm over all patients, or the effect of one arm against another.

    Attributes
    ----------
    label : str
        ``"new"``, ``"new - old"`` or ``"new/old"``.
    measure : str
        ``"mean"``, ``"difference"``, ``"risk ratio"`` or ``"odds ratio"``.
    estimate, lower, upper : float
        Estimate (of ratios the ratio, not its logarithm) and limits of the normal distribution,
        of ratios those of the logarithm; NaN where it is not estimable.
    std_error : float
        Standard error, of the logarithm for ratios.
    level, null : float
        Confidence level of the limits, and the value that the p-value tests.
    statistic, p_value : float
        Standard normal statistic and two-sided p-value; NaN for a mean.
    variance : str
        ``"unconditional"`` or ``"model-based"``.
    n : int
        Records that the predictions are averaged over.
    reason : str
        Why numbers are NaN; empty otherwise.
    """

    label: str
    measure: str
    estimate: float
    std_error: float
    lower: float
    upper: float
    level: float
    null: float
    statistic: float
    p_value: float
    variance: str
    n: int
    reason: str = ""


def marginal_means(
    fit: WorkingModel, arm: str, *, variance: str, level: float
) -> Rows[MarginalEffect]:
    """Estimate the mean response of all patients under each arm.

    Parameters are those of :func:`marginal_effects`.

    Returns
    -------
    Rows of MarginalEffect
        A tuple, one an arm; ``.to_frame()`` makes tidy rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.stats import fit_logistic
    >>> trial = pd.DataFrame({"arm": ["new"] * 12 + ["old"] * 12,
    ...                       "cured": [1] * 8 + [0] * 4 + [1] * 4 + [0] * 8})
    >>> fit = fit_logistic(trial, response="cured", event=1, factors=["arm"])
    >>> means = marginal_means(fit, "arm", variance="unconditional", level=0.95)
    >>> means.to_frame()[["label", "estimate", "lower", "upper"]].round(3)
      label  estimate  lower  upper
    0   new     0.667  0.388  0.945
    1   old     0.333  0.055  0.612
    """
    check_level(level)
    means, covariance, variance = standardised_means(fit, arm, variance)
    return Rows(
        _effect(str(name), "mean", float(means[place]), float(covariance[place, place]),
                math.nan, level, variance, fit.design.matrix.shape[0])
        for place, name in enumerate(fit.design.levels[arm])
    )  # fmt: skip


def marginal_effects(
    fit: WorkingModel,
    arm: str,
    *,
    reference: Hashable,
    measure: str,
    variance: str,
    level: float,
) -> Rows[MarginalEffect]:
    """Estimate the effect on all patients of each arm against a reference, adjusted for covariates.

    Every analysed patient is predicted under each arm, the predictions are averaged, and the
    averages compared. H0: the averages are equal.

    Parameters
    ----------
    fit : AncovaFit or LogisticFit
        The working model, with or without interactions of the arm; it need not be true.
    arm : str
        The factor of the randomised arms.
    reference : hashable
        The arm that the others are compared with.
    measure : {'difference', 'risk ratio', 'odds ratio'}
        Of the marginal means.
    variance : {'unconditional', 'model-based'}
        ``"unconditional"``: the covariates are a sample like the responses, and the working
        model may be wrong. ``"model-based"``: the covariates are fixed and the model is true;
        the delta method from the covariance matrix of the coefficients.
    level : float
        Two-sided confidence level, for example 0.95.

    Returns
    -------
    Rows of MarginalEffect
        A tuple, one an arm but the reference; ``.to_frame()`` makes tidy rows.

    Raises
    ------
    UserError
        If the arm or its reference is unknown, or an arm of one patient has no variance.

    Notes
    -----
    An effect of the whole trial population: of a logistic model the marginal odds ratio, which
    is nearer to 1 than the conditional one that `odds_ratios` of the fit gives. The
    unconditional variance is that of simple randomisation; a variance that takes the
    gain of stratified or permuted blocks is not offered.

    References
    ----------
    Ye, T., Bannick, M., Yi, Y., & Shao, J. (2023). Robust variance estimation for
    covariate-adjusted unconditional treatment effect in randomized clinical trials with binary
    outcomes. Statistical Theory and Related Fields, 7(2), 159-163.

    Examples
    --------
    Without covariates the standardised difference is the difference of the proportions.

    >>> import pandas as pd
    >>> from analysis.stats import fit_logistic
    >>> trial = pd.DataFrame({"arm": ["new"] * 12 + ["old"] * 12,
    ...                       "cured": [1] * 8 + [0] * 4 + [1] * 4 + [0] * 8})
    >>> fit = fit_logistic(trial, response="cured", event=1, factors=["arm"])
    >>> found = marginal_effects(fit, "arm", reference="old", measure="difference",
    ...                          variance="unconditional", level=0.95)
    >>> found.to_frame()[["label", "estimate", "lower", "upper"]].round(3)
           label  estimate  lower  upper
    0  new - old     0.333 -0.061  0.727
    """
    check_level(level)
    measure = meant("measure", measure, MARGINAL_MEASURES)
    against = fit.design.level_index(arm, reference)
    means, covariance, variance = standardised_means(fit, arm, variance)
    null, sign = (0.0, " - ") if measure == "difference" else (1.0, "/")
    n = fit.design.matrix.shape[0]
    found = []
    for place, name in enumerate(fit.design.levels[arm]):
        if place == against:
            continue
        label, pair = f"{name}{sign}{reference}", means[[place, against]]
        if reason := _undefined(measure, pair):
            found.append(_not_there(label, measure, null, level, variance, n, reason))
            continue
        value, slope = _SCALES[measure]
        jacobian = np.zeros(means.size)
        jacobian[place], jacobian[against] = slope(pair[0]), -slope(pair[1])
        estimate = float(value(pair[0]) - value(pair[1]))
        squared = float(jacobian @ covariance @ jacobian)
        found.append(_effect(label, measure, estimate, squared, null, level, variance, n))
    return Rows(found)


Scale = tuple[Callable[[float], float], Callable[[float], float]]
"""A function of a mean on whose scale arms are subtracted, and its derivative."""

_SCALES: dict[str, Scale] = {
    "difference": (float, lambda _: 1.0),
    "risk ratio": (lambda mean: float(np.log(mean)), lambda mean: 1.0 / mean),
    "odds ratio": (
        lambda mean: float(np.log(mean) - np.log1p(-mean)),
        lambda mean: 1.0 / (mean * (1.0 - mean)),
    ),
}


def _undefined(measure: str, means: Array) -> str:
    """Return why a ratio of two means does not exist; empty when it does."""
    low, high = sorted(means.tolist())
    if measure == "difference" or (low > NOTHING and measure == "risk ratio"):
        return ""
    if low > NOTHING and high < 1 - NOTHING:
        return ""
    span = "positive" if measure == "risk ratio" else "between 0 and 1"
    return f"the {measure} needs means that are {span}; they are {low:.4g} and {high:.4g}"


def _effect(
    label: str, measure: str, estimate: float, squared: float, null: float, level: float,
    variance: str, n: int,
) -> MarginalEffect:  # fmt: skip
    """Return an estimate on its own scale, from the scale where arms are subtracted."""
    if not squared > 1e-24 * max(1.0, estimate**2):
        return _not_there(
            label, measure, null, level, variance, n,
            "the standard error is 0: no test, no width",
            np.exp(estimate) if "ratio" in measure else estimate,
        )  # fmt: skip
    std_error = math.sqrt(squared)
    half = float(normal_isf((1 - level) / 2)) * std_error
    limits = estimate, estimate - half, estimate + half
    if "ratio" in measure:
        with np.errstate(over="ignore"):
            limits = tuple(np.exp(limits).tolist())
    statistic = math.nan if math.isnan(null) else estimate / std_error
    return MarginalEffect(
        label=label, measure=measure, estimate=limits[0], std_error=std_error, lower=limits[1],
        upper=limits[2], level=level, null=null, statistic=statistic,
        p_value=math.erfc(abs(statistic) / math.sqrt(2)), variance=variance, n=n,
    )  # fmt: skip


def _not_there(
    label: str, measure: str, null: float, level: float, variance: str, n: int, reason: str,
    estimate: float = math.nan,
) -> MarginalEffect:  # fmt: skip
    """Return an effect without an interval, and why."""
    return MarginalEffect(
        label=label, measure=measure, estimate=float(estimate), std_error=math.nan,
        lower=math.nan, upper=math.nan, level=level, null=null, statistic=math.nan,
        p_value=math.nan, variance=variance, n=n, reason=reason,
    )  # fmt: skip

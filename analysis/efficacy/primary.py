"""The primary analysis: observed values, least-squares means, the difference and its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.efficacy.imputed import imputed
from analysis.efficacy.model import arm_differences, arm_means, fit_planned
from analysis.efficacy.settings import Settings, analysis_data
from analysis.errors import UserError
from analysis.numbers import p_value
from analysis.results import Results, Stat, from_frame, present
from analysis.stats.ancova import AncovaFit
from analysis.stats.descriptive import summarise
from analysis.stats.differences import Difference, difference_from_estimate
from analysis.stats.linear_estimates import Estimate
from analysis.stats.rubin import PooledEstimate
from analysis.stats.verdicts import Verdict, noninferiority, superiority

DIGITS = 2
AnyEstimate = Estimate | PooledEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Primary:
    """The primary analysis of one data set.

    Parameters
    ----------
    settings
        What was analysed.
    data
        One row per participant with the endpoint.
    fit
        The ANCOVA.
    means
        Arm → least-squares mean, the reference first.
    contrast
        Treatment minus reference.
    others
        Every other arm → its difference from the reference.
    verdict
        Non-inferiority where there is a margin, else superiority.
    """

    settings: Settings
    data: pd.DataFrame
    fit: AncovaFit
    means: dict[str, AnyEstimate]
    contrast: AnyEstimate
    others: dict[str, AnyEstimate]
    verdict: Verdict


def analyse(settings: Settings) -> Primary:
    """Analyse the endpoint as the plan, or the run, handles missing values.

    Parameters
    ----------
    settings
        What is analysed.

    Returns
    -------
    Primary
        The ANCOVA of observed or carried-forward values; with multiple imputation its means
        and differences are those pooled over the imputations, and the fit is of what was
        observed.
    """
    found = ancova(settings)
    if settings.missing_data != "multiple imputation":
        return found
    pooled = imputed(settings, "")
    return replace(found, **_estimates_of(settings, pooled.means, pooled.differences))


@lru_cache(maxsize=16)
def ancova(settings: Settings, population: str = "") -> Primary:
    """Fit the planned ANCOVA to the values as they stand.

    Parameters
    ----------
    settings
        What is analysed.
    population
        Another population than that of the settings; "" for the same.

    Returns
    -------
    Primary
        The fit and what follows from it.

    Raises
    ------
    UserError
        If the model cannot be fitted; the message names the term.

    Notes
    -----
    Estimand: the difference of least-squares means, treatment minus reference, of those with
    an analysed record. Factors: arm and strata; covariates at their mean over the analysed
    records; weights of the other factors' levels equal; model-based standard errors, residual
    degrees of freedom.
    """
    data = analysis_data(settings, population=population)
    fit = fit_planned(settings, data)
    means, differences = arm_means(settings, fit), arm_differences(settings, fit)
    return Primary(
        settings=settings, data=data, fit=fit, **_estimates_of(settings, means, differences)
    )


def _estimates_of(
    settings: Settings, means: Mapping[str, AnyEstimate], differences: Mapping[str, AnyEstimate]
) -> dict[str, Any]:
    if settings.treatment not in differences:
        raise UserError(f"no participant of arm '{settings.treatment}' has the endpoint")
    contrast = differences[settings.treatment]
    return {
        "means": dict(means),
        "contrast": contrast,
        "others": {arm: each for arm, each in differences.items() if arm != settings.treatment},
        "verdict": judge(settings, difference_of(contrast)),
    }


def difference_of(estimate: AnyEstimate) -> Difference:
    """Return a fitted contrast as the difference that a verdict is passed on."""
    return difference_from_estimate(
        estimate.estimate,
        estimate.std_error,
        df=estimate.df,
        level=estimate.level,
        method="least-squares means",
    )


def judge(settings: Settings, difference: Difference) -> Verdict:
    """Pass the verdict: non-inferiority with a margin, superiority without."""
    direction = settings.endpoint.direction
    if settings.margin:
        return noninferiority(difference, margin=settings.margin, direction=direction)
    return superiority(difference, margin=0, direction=direction)


def observed(settings: Settings) -> Results:
    """Return n, mean, SD, median and range of baseline, value and change in each arm."""
    primary = analyse(settings)
    rows = []
    for arm in settings.arms:
        own = primary.data[primary.data["ARM"] == arm]
        for variable, label in (
            ("BASE", "Baseline"),
            ("AVAL", settings.endpoint.visit),
            ("CHG", "Change"),
        ):
            if variable not in own:
                continue
            summary = summarise(own[variable], level=settings.conf_level)
            rows.append(
                {
                    "group1_level": arm,
                    "variable": settings.endpoint.paramcd,
                    "variable_level": label,
                    "n": summary.n,
                    "mean": summary.mean,
                    "sd": summary.sd,
                    "median": summary.median,
                    "min": summary.minimum,
                    "max": summary.maximum,
                }
            )
    unit = settings.endpoint.unit
    return from_frame(
        _sourced(pd.DataFrame(rows), settings),
        {
            "n": Stat("n", "n", 0),
            "mean": Stat("mean", "Mean", DIGITS, unit),
            "sd": Stat("sd", "SD", DIGITS + 1, unit),
            "median": Stat("median", "Median", DIGITS, unit),
            "min": Stat("min", "Minimum", DIGITS, unit),
            "max": Stat("max", "Maximum", DIGITS, unit),
        },
        analysis_id="primary-observed",
        group1="arm",
        context="efficacy",
        method="observed values; median by SAS definition 5",
        **settings.result_labels,
    )


def _sourced(frame: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    trial = settings.trial
    size = trial.subjects(settings.population)["ARM"].value_counts()
    who = frame["group1_level"].map(lambda arm: size.get(arm))
    return frame.assign(
        population=settings.population,
        n_population=who,
        source=f"{trial.plan.id}: {settings.endpoint.dataset}",
    )


def means(settings: Settings) -> Results:
    """Return the least-squares mean of each arm with its interval."""
    rows = [_estimate_row(mean, arm) for arm, mean in analyse(settings).means.items()]
    return _estimates(pd.DataFrame(rows), settings, "primary-ls-means", "arm", "LS mean")


def contrasts(settings: Settings) -> Results:
    """Return the differences from the reference, and the verdict on the planned one."""
    primary = analyse(settings)
    verdict = primary.verdict
    rows = [
        _estimate_row(estimate, f"{arm} − {settings.reference}")
        for arm, estimate in {settings.treatment: primary.contrast, **primary.others}.items()
    ]
    rows[0] |= {
        "margin": verdict_bound(settings),
        "conclusion": verdict.conclusion,
        "null": verdict.null,
        "alternative": verdict.alternative,
        "reason": verdict.reason,
    }
    return _estimates(
        pd.DataFrame(rows), settings, "primary-contrasts", "contrast", "LS-mean difference"
    )


def verdict_bound(settings: Settings) -> float:
    """Return the bound that the interval must clear, on the scale of the difference."""
    sign = -1 if settings.endpoint.direction == "higher" else 1
    return sign * (settings.margin or 0.0)


def _estimate_row(estimate: AnyEstimate, level: str) -> dict[str, object]:
    return {
        "group1_level": level,
        "estimate": estimate.estimate,
        "se": estimate.std_error,
        "df": estimate.df,
        "low": estimate.lower,
        "high": estimate.upper,
        "p": estimate.p_value,
    }


def _estimates(
    rows: pd.DataFrame, settings: Settings, analysis_id: str, group1: str, label: str
) -> Results:
    unit = settings.endpoint.unit
    model = ", ".join(("arm", *settings.strata, *settings.covariates))
    every = {
        "estimate": Stat("estimate", label, DIGITS, unit),
        "se": Stat("std.error", "SE", DIGITS, unit),
        "df": Stat("parameter", "df", 0),
        "low": Stat("conf.low", "Lower limit", DIGITS, unit),
        "high": Stat("conf.high", "Upper limit", DIGITS, unit),
        "p": Stat("p.value", "p", 3, form=p_value),
        "margin": Stat("margin", "Bound", DIGITS, unit),
        "conclusion": Stat("conclusion", "Verdict"),
        "null": Stat("null", "H0"),
        "alternative": Stat("alternative", "H1"),
        "reason": Stat("reason", "Because"),
    }
    return from_frame(
        _sourced(
            rows.assign(variable=settings.endpoint.name, variable_level=settings.endpoint.visit),
            settings,
        ),
        present(every, rows),
        analysis_id=analysis_id,
        group1=group1,
        context="efficacy",
        method=f"ANCOVA: {model}; equal weights; {_handling(settings)}; "
        f"level {settings.conf_level:g}",
        **settings.result_labels,
    )


def _handling(settings: Settings) -> str:
    """Return in words what stands for a missing value."""
    return {
        "observed": "observed values",
        "LOCF": "last observation carried forward",
        "multiple imputation": f"{settings.imputations} imputations under missing at random, "
        "Rubin's rules",
    }[settings.missing_data]


def diagnostics(settings: Settings) -> Results:
    """Return what a residual plot and a normal quantile plot draw, one row per participant.

    Participants are numbered, never named.
    """
    primary = analyse(settings)
    analysed = primary.data.dropna(subset=["RESPONSE", *settings.strata, *settings.covariates])
    residual = primary.fit.residuals
    order = np.argsort(np.argsort(residual, kind="stable"), kind="stable")
    quantile = stats.norm.ppf((order + 0.625) / (len(residual) + 0.25))
    return from_frame(
        pd.DataFrame(
            {
                "group1_level": analysed["ARM"].to_numpy(),
                "variable_level": [f"participant {i + 1}" for i in range(len(residual))],
                "fitted": primary.fit.fitted,
                "residual": residual,
                "quantile": quantile,
            }
        ),
        {
            "fitted": Stat("fitted", "Fitted value", 3),
            "residual": Stat("residual", "Residual", 3),
            "quantile": Stat("quantile", "Normal quantile", 3),
        },
        analysis_id="primary-diagnostics",
        group1="arm",
        context="efficacy",
        **settings.result_labels,
    )

"""The endpoint over visits, and the secondary endpoints."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.efficacy.primary import DIGITS, analyse
from analysis.efficacy.robustness import at_visit, fit_over_visits
from analysis.efficacy.settings import Settings, analysis_data, planned_visits
from analysis.errors import UserError
from analysis.numbers import p_value
from analysis.results import Results, Stat, from_frame, present
from analysis.stats.descriptive import summarise


def by_visit(settings: Settings) -> Results:
    """Return the observed mean of the endpoint at every visit, arm by arm, with its interval.

    Notes
    -----
    Observed values, no model and no imputation; t intervals of the mean.
    """
    data = analysis_data(settings, visits=True)
    rows = []
    for visit in planned_visits(settings):
        for arm in settings.arms:
            own = data[(data["AVISIT"] == visit) & (data["ARM"] == arm)]["RESPONSE"]
            if not len(own):
                continue
            summary = summarise(own, level=settings.conf_level)
            rows.append(
                {
                    "group1_level": arm,
                    "group2_level": visit,
                    "n": summary.n,
                    "mean": summary.mean,
                    "sd": summary.sd,
                    "low": summary.lower,
                    "high": summary.upper,
                }
            )
    if not rows:
        raise UserError(f"{settings.endpoint.paramcd} has no record after baseline")
    unit = settings.endpoint.unit
    return from_frame(
        pd.DataFrame(rows).assign(
            variable=settings.endpoint.name,
            population=settings.population,
            source=settings.trial.plan.id,
        ),
        {
            "n": Stat("n", "n", 0),
            "mean": Stat("mean", "Mean", DIGITS, unit),
            "sd": Stat("sd", "SD", DIGITS, unit),
            "low": Stat("conf.low", "Lower limit", DIGITS, unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, unit),
        },
        analysis_id="over-visits",
        group1="arm",
        group2="visit",
        context="efficacy",
        method=f"observed values, t interval of the mean, level {settings.conf_level:g}",
        **settings.result_labels,
    )


def mmrm_by_visit(settings: Settings) -> Results:
    """Return the treatment difference of the mixed model at every visit."""
    fit = fit_over_visits(settings)
    rows = []
    for visit in fit.visits:
        estimate = at_visit(fit, settings, str(visit))
        rows.append(
            {
                "group2_level": str(visit),
                "estimate": estimate.estimate,
                "se": estimate.std_error,
                "df": estimate.df,
                "low": estimate.lower,
                "high": estimate.upper,
                "p": estimate.p_value,
            }
        )
    return _differences(
        pd.DataFrame(rows).assign(
            group1_level=f"{settings.treatment} − {settings.reference}",
            variable=settings.endpoint.name,
        ),
        settings,
        analysis_id="mmrm-by-visit",
        method=f"MMRM, {fit.structure} covariance, Kenward–Roger df, n {fit.n_subjects}",
    )


def secondary(settings: Settings) -> Results:
    """Return the treatment difference in every secondary endpoint of the plan.

    Notes
    -----
    Each by the planned ANCOVA; intervals and p-values are not adjusted for multiplicity. An
    endpoint that cannot be analysed keeps its row and says why.
    """
    plan = settings.trial.plan
    rows: list[dict[str, object]] = []
    for endpoint in plan.endpoints.secondary:
        try:
            found = analyse(replace(settings, endpoint=endpoint, margin=None))
        except UserError as error:
            rows.append({"variable": endpoint.name, "reason": str(error)})
            continue
        estimate = found.contrast
        rows.append(
            {
                "variable": endpoint.name,
                "variable_level": endpoint.unit,
                "n": found.fit.n_records,
                "estimate": estimate.estimate,
                "se": estimate.std_error,
                "df": estimate.df,
                "low": estimate.lower,
                "high": estimate.upper,
                "p": estimate.p_value,
            }
        )
    if not rows:
        raise UserError("the plan declares no secondary endpoint")
    return _differences(
        pd.DataFrame(rows).assign(group1_level=f"{settings.treatment} − {settings.reference}"),
        settings,
        analysis_id="secondary",
        method=f"ANCOVA as planned, level {settings.conf_level:g}, not adjusted for multiplicity",
    )


def _differences(
    rows: pd.DataFrame, settings: Settings, *, analysis_id: str, method: str
) -> Results:
    stats = {
        "n": Stat("n", "n", 0),
        "estimate": Stat("estimate", "Difference", DIGITS),
        "se": Stat("std.error", "SE", DIGITS),
        "df": Stat("parameter", "df", 0),
        "low": Stat("conf.low", "Lower limit", DIGITS),
        "high": Stat("conf.high", "Upper limit", DIGITS),
        "p": Stat("p.value", "p", 3, form=p_value),
        "reason": Stat("reason", "Not estimable, because"),
    }
    return from_frame(
        rows.assign(population=settings.population, source=settings.trial.plan.id),
        present(stats, rows),
        analysis_id=analysis_id,
        group1="contrast",
        group2="visit",
        context="efficacy",
        method=method,
        **settings.result_labels,
    )

"""Where a change in velocity is analysed: the velocity itself, and why it is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.efficacy.primary import DIGITS, Primary, analyse, verdict_bound
from analysis.efficacy.settings import Settings, analysis_data
from analysis.efficacy.single_arm import level_words, pairs, sourced
from analysis.errors import NoSection, UserError
from analysis.growth.units import is_velocity
from analysis.numbers import round_half_away
from analysis.results import Results, Stat, from_frame
from analysis.sources.evidence import Ledger, load_ledger
from analysis.stats.descriptive import summarise

BASELINE = "BASE"
SUCCESSIVE = ("CORUNTR", "CORPRE")
"""Endpoints of the ledger: a child's growth in one period against that in the period before."""
BREAK_EVEN = 0.5
"""At equal spread s, a change has the variance 2 s² (1 − r): more than the value's s² below it."""

CHANGE, ITSELF = "The change, as analysed", "The velocity itself, by ANCOVA"
SAME = "the same difference: the baseline is in the model, and a change is the value less it"


def successive_growth(settings: Settings, ledger: Ledger | None = None) -> Results:
    """Return how strongly one child's successive growth is related, as published.

    Parameters
    ----------
    settings
        What is analysed.
    ledger
        The published ledger; read from its folder when not given.

    Returns
    -------
    Results
        ``r`` and ``n`` of each published correlation, and one row with the ``conclusion``: a
        change from baseline *adds noise*, *takes noise away*, or *may do either*.

    Raises
    ------
    NoSection
        If the endpoint is no change in a velocity, or the ledger has no such correlation.

    Notes
    -----
    With equal variances before and after, a change has a larger variance than the value itself
    where the correlation is below one half. Analysis of covariance leaves the share 1 − r² of
    the variance, never more than either.
    """
    _require_velocity(settings)
    rows = (ledger or load_ledger()).described()
    rows = rows[rows["paramcd"].isin(SUCCESSIVE) & (rows["statistic"] == "r")]
    rows = rows[rows["value"].notna()].sort_values(
        "paramcd", key=lambda codes: codes.map(SUCCESSIVE.index), kind="stable"
    )
    if rows.empty:
        raise NoSection("the ledger has no correlation of successive growth")
    frame = rows.assign(
        group1_level=rows["label"],
        group2_level=rows["arm"],
        variable=rows["endpoint_printed"],
        variable_level=rows["result_id"],
        source=rows["source_id"],
    )
    verdict = {
        "group1_level": "All",
        "conclusion": _noise(rows["value"]),
        "break_even": BREAK_EVEN,
        "source": "; ".join(dict.fromkeys(rows["source_id"])),
    }
    return from_frame(
        pd.concat([frame, pd.DataFrame([verdict])], ignore_index=True).assign(note=""),
        {
            "value": Stat("r", "r", "decimals"),
            "n": Stat("n", "n", 0),
            "break_even": Stat("break.even", "Correlation at which a change adds nothing", 1),
            "conclusion": Stat("conclusion", "A change from baseline"),
        },
        analysis_id="successive-growth",
        group1="study",
        group2="arm",
        context="published",
        method="correlations as printed",
        data_status="published",
        plan_status=settings.plan_status,
    )


def _noise(correlations: pd.Series) -> str:
    below = correlations < BREAK_EVEN
    if below.all():
        return "adds noise"
    return "may do either" if below.any() else "takes noise away"


def velocity_itself(settings: Settings) -> Results:
    """Return the difference in the change as analysed, and in the velocity itself by ANCOVA.

    Returns
    -------
    Results
        For the change and for the velocity: ``estimate``, ``std.error``, ``parameter`` (df),
        ``conf.low``, ``conf.high``, ``margin``, ``conclusion`` at the same margin, and
        ``se.ratio``: the standard error over that of the change.

    Raises
    ------
    NoSection
        If the endpoint is no change in a velocity.

    Notes
    -----
    Model of the velocity: arm, strata, covariates of the run, and the baseline velocity. Where
    the baseline is a covariate already, a change is the value less a term of the model, so that
    difference, standard error and verdict are the same; it is not computed twice.
    """
    _require_velocity(settings)
    change = analyse(settings)
    if baseline_in_model(settings):
        rows = [_row(CHANGE, change, change), _row(ITSELF, change, change) | {"detail": SAME}]
    else:
        value = settings.endpoint.model_copy(update={"value": "AVAL"})
        covariates = (*settings.covariates, BASELINE)
        itself = analyse(replace(settings, endpoint=value, covariates=covariates))
        rows = [_row(CHANGE, change, change), _row(ITSELF, itself, change)]
    unit = settings.endpoint.unit
    frame = pd.DataFrame(rows).assign(
        variable=settings.endpoint.name,
        variable_level=settings.endpoint.visit,
        margin=verdict_bound(settings),
    )
    return from_frame(
        sourced(frame, settings),
        {
            "estimate": Stat("estimate", "Difference", DIGITS, unit),
            "se": Stat("std.error", "SE", DIGITS, unit),
            "df": Stat("parameter", "df", 0),
            "low": Stat("conf.low", "Lower limit", DIGITS, unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, unit),
            "margin": Stat("margin", "Bound", DIGITS, unit),
            "conclusion": Stat("conclusion", "Verdict"),
            "ratio": Stat("se.ratio", "SE over that of the change", DIGITS),
            "detail": Stat("detail", "Model"),
        },
        analysis_id="velocity-itself",
        group1="analysis",
        context="sensitivity",
        method=f"ANCOVA; equal weights; level {settings.conf_level:g}",
        **settings.result_labels,
    )


def own_velocity(settings: Settings) -> Results:
    """Return the velocity itself of a single arm, and how its spread compares with the change's.

    Returns
    -------
    Results
        ``n``, ``mean``, ``conf.low``, ``conf.high`` and ``sd`` of the velocity, ``sd.change``,
        ``sd.ratio`` (change over velocity), ``r`` of baseline and velocity, and the
        ``conclusion``: the change *varies more*, *less*, or *as much*.

    Raises
    ------
    NoSection
        If the endpoint is no change in a velocity.
    UserError
        If fewer than two participants have both velocities, or all have the same.
    """
    _require_velocity(settings)
    data = pairs(settings)
    if data[["BASE", "AVAL"]].nunique().min() < 2:
        raise UserError("all participants have the same velocity, before or during treatment")
    value = summarise(data["AVAL"], level=settings.conf_level)
    sd, sd_change = (float(data[column].std()) for column in ("AVAL", "CHANGE"))
    unit = settings.endpoint.unit
    row = {
        "group1_level": settings.treatment,
        "n": value.n, "mean": value.mean, "low": value.lower, "high": value.upper,
        "sd": sd, "sd_change": sd_change, "ratio": sd_change / sd,
        "r": data["BASE"].corr(data["AVAL"]),
        "conclusion": _spread(sd_change, sd),
    }  # fmt: skip
    return from_frame(
        sourced(pd.DataFrame([row]), settings).assign(
            variable=settings.endpoint.paramcd, variable_level=settings.endpoint.visit
        ),
        {
            "n": Stat("n", "n", 0),
            "mean": Stat("mean", "Mean velocity", DIGITS, unit),
            "low": Stat("conf.low", "Lower limit", DIGITS, unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, unit),
            "sd": Stat("sd", "SD", DIGITS, unit),
            "sd_change": Stat("sd.change", "SD of the change", DIGITS, unit),
            "ratio": Stat("sd.ratio", "SD of the change over that of the velocity", DIGITS),
            "r": Stat("r", "Correlation of baseline and velocity", DIGITS),
            "conclusion": Stat("conclusion", "The change varies"),
        },
        analysis_id="velocity-itself",
        group1="arm",
        context="efficacy",
        method=f"Observed values; t interval of the mean, {level_words(settings)}",
        **settings.result_labels,
    )


def _spread(change: float, value: float) -> str:
    """Return how the spreads compare; to the decimals that are shown, so that words fit them."""
    more = round_half_away(change, DIGITS) - round_half_away(value, DIGITS)
    return "more" if more > 0 else "less" if more < 0 else "as much"


def baseline_in_model(settings: Settings) -> bool:
    """Say whether a covariate of the run is the baseline, by its name or by its values."""
    if BASELINE in settings.covariates:
        return True
    data = analysis_data(settings)
    if BASELINE not in data:
        return False
    baseline = data[BASELINE].to_numpy(dtype=float)
    return any(
        np.allclose(pd.to_numeric(data[name], errors="coerce"), baseline, equal_nan=True)
        for name in settings.covariates
    )


def _require_velocity(settings: Settings) -> None:
    endpoint = settings.endpoint
    unit = endpoint.unit or settings.trial.plan.units.get(endpoint.paramcd, "")
    if endpoint.value != "CHG" or not is_velocity(unit):
        raise NoSection("the endpoint is no change in a velocity")


def _row(label: str, found: Primary, change: Primary) -> dict[str, Any]:
    estimate = found.contrast
    return {
        "group1_level": label,
        "estimate": estimate.estimate,
        "se": estimate.std_error,
        "df": estimate.df,
        "low": estimate.lower,
        "high": estimate.upper,
        "conclusion": found.verdict.conclusion,
        "ratio": estimate.std_error / change.contrast.std_error,
        "detail": ", ".join(("arm", *found.settings.strata, *found.settings.covariates)),
    }

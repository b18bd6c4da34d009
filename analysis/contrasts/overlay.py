"""Section 6: a trial at patient level beside the published contrasts, never among them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.contrasts.inclusion import comparable, require
from analysis.contrasts.mixture import with_groups
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.synthesis import (
    headline_model,
    meta,
    method_of,
    pooled_verdict,
    verdict_of,
)
from analysis.efficacy import primary
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.errors import NoSection, UserError
from analysis.numbers import percent
from analysis.results import Results, Stat, from_frame
from analysis.sources.schemas import INDICATIONS
from analysis.sources.trial.plan import Endpoint
from analysis.sources.trial.trial import Trial, load_trial
from analysis.words import in_sentence

PATIENT_LEVEL = {
    "HV": ("HV", "AVAL"),
    "CHGHV": ("HV", "CHG"),
    "HTSDS": ("HTSDS", "AVAL"),
    "CHGHTSDS": ("HTSDS", "CHG"),
}
"""Endpoint of the ledger → PARAMCD and variable of a trial's own data."""


def _endpoint(run: ContrastRun, trial: Trial) -> Endpoint:
    """Return the trial's endpoint that is the run's.

    Raises
    ------
    UserError
        If the trial has no such endpoint.
    """
    wanted = PATIENT_LEVEL[run.endpoint]
    for endpoint in trial.plan.endpoints.all:
        if (endpoint.paramcd, endpoint.value) == wanted:
            return endpoint
    raise UserError(
        f"trial '{trial.plan.id}' declares no endpoint {wanted[0]} ({wanted[1]}), so nothing of "
        f"it stands beside {in_sentence(run.param)}"
    )


@lru_cache(maxsize=16)
def settings_of(run: ContrastRun) -> Settings:
    """Return the settings of the trial's own planned analysis at the endpoint of the run.

    Raises
    ------
    UserError
        If no trial is named, it has one arm only, or not the endpoint.
    """
    if not run.trial:
        raise UserError("no trial is named for this run")
    trial = load_trial(run.trial)
    if trial.plan.design != "parallel":
        raise UserError(f"trial '{trial.plan.id}' has a single arm, so it has no contrast")
    _same_indication(run, trial.plan.indication)
    endpoint = _endpoint(run, trial)
    given: dict[str, Any] = {
        "trial": run.trial,
        "endpoint": endpoint.name,
        "conf_level": run.conf_level,
        "subgroups": [],
    }
    return resolve(ControlledParameters.checked(given), trial)


def _same_indication(run: ContrastRun, indication: str) -> None:
    """Refuse a trial whose plan names another indication of the ledger than the run's."""
    for code, words in INDICATIONS.items():
        if code != run.indication and indication.lower() in (code.lower(), words.lower()):
            raise UserError(
                f"the trial is of {words}, the page of {run.indication}; "
                "name another trial, or none"
            )


def trial_contrast(run: ContrastRun) -> Results:
    """Return the trial's difference at the endpoint of the run, by its planned model.

    Returns
    -------
    Results
        One set of rows: ``estimate``, ``std.error``, ``parameter``, ``conf.low``, ``conf.high``,
        ``margin`` and ``conclusion``, with the data status of the trial.

    Notes
    -----
    Estimand, population and model: those of the trial's plan; margin and level: the run's.
    """
    settings = settings_of(run)
    fitted = primary.analyse(settings)
    c = fitted.contrast
    size = fitted.fitted.n
    row = {
        "group1_level": f"{settings.treatment} − {settings.reference}",
        "group2_level": settings.trial.plan.id,
        "variable": settings.endpoint.name,
        "variable_level": settings.endpoint.visit,
        "population": settings.population,
        "n_population": size,
        "n": size,
        "estimate": c.estimate,
        "std_error": c.std_error,
        "df": c.df,
        "low": c.lower,
        "high": c.upper,
        "level": run.conf_level,
        "margin": run.margin if run.margin is not None else np.nan,
        "conclusion": verdict_of(run, c.estimate, c.lower, c.upper),
        "title": settings.trial.plan.title,
        "source": f"{settings.trial.plan.id}: {settings.endpoint.dataset}",
    }
    return from_frame(
        pd.DataFrame([row]),
        {
            "n": Stat("n", "n", 0),
            "estimate": Stat("estimate", "Difference", 2, run.unit),
            "std_error": Stat("std.error", "SE", 2, run.unit),
            "df": Stat("parameter", "df", 0),
            "low": Stat("conf.low", "Lower limit", 2, run.unit),
            "high": Stat("conf.high", "Upper limit", 2, run.unit),
            "level": Stat("conf.level", "Confidence level", 0, form=percent),
            "margin": Stat("margin", "Margin", 2, run.unit),
            "conclusion": Stat("conclusion", "Non-inferiority"),
            "title": Stat("title", "Trial"),
        },
        analysis_id="overlay-trial",
        group1="contrast",
        group2="trial",
        context="patient level",
        method=fitted.words,
        data_status=settings.data_status,
        plan_status=run.plan_status,
    )


def pooled_with_trial(run: ContrastRun) -> Results:
    """Return the headline with the trial pooled in, where the run asks for it.

    Returns
    -------
    Results
        One set of rows, exploratory, with the trial's data status: what synthetic data enter is
        synthetic.

    Raises
    ------
    NoSection
        If the run does not ask for it: published and patient-level results are not pooled.
    """
    if not run.pool_trial:
        raise NoSection(
            "the trial is shown beside the published contrasts and not pooled with them; "
            "pool_trial asks for it, as an exploratory analysis"
        )
    settings = settings_of(run)
    c = primary.analyse(settings).contrast
    found = require(comparable(run), run, 1, "pooling")
    added = pd.DataFrame(
        [{"label": settings.trial.plan.id, "estimate": c.estimate, "std_error": c.std_error}]
    ).assign(**_product(run, settings.treatment))
    kept = ["label", "estimate", "std_error", "product_group"]
    together = pd.concat([found[kept], with_groups(added)[kept]], ignore_index=True)
    model = headline_model(run, len(together))
    m = meta(run, together, model)
    row = {
        "group1_level": f"Published contrasts and trial {settings.trial.plan.id}",
        "variable": run.param,
        "variable_level": run.window,
        "k": m.k,
        "estimate": m.estimate,
        "low": m.lower,
        "high": m.upper,
        "margin": run.margin if run.margin is not None else np.nan,
        "conclusion": pooled_verdict(run, together, m.estimate, m.lower, m.upper),
        "source": f"{settings.trial.plan.id}; published ledger",
        "note": f"published and {settings.data_status} results pooled because the run asks for it",
    }
    return from_frame(
        pd.DataFrame([row]),
        {
            "k": Stat("k", "Trials", 0),
            "estimate": Stat("estimate", "Difference", 2, run.unit),
            "low": Stat("conf.low", "Lower limit", 2, run.unit),
            "high": Stat("conf.high", "Upper limit", 2, run.unit),
            "margin": Stat("margin", "Margin", 2, run.unit),
            "conclusion": Stat("conclusion", "Non-inferiority"),
        },
        analysis_id="overlay-pooled",
        group1="set",
        context="patient level",
        method=method_of(run, model),
        data_status=settings.data_status,
        plan_status="exploratory",
    )


def _product(run: ContrastRun, treatment: str) -> dict[str, str]:
    """Return class and kind of a trial's treatment; one that the ledger does not know is its own.

    Either way it counts among the kinds of product that a pool mixes.
    """
    known = run.ledger.products.set_index("product")
    if treatment not in known.index:
        return {"product_class": treatment, "kind": ""}
    return {
        "product_class": str(known.loc[treatment, "product_class"]),
        "kind": str(known.loc[treatment, "kind"]),
    }

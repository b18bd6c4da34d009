"""A trial at patient level beside the published contrasts, never among them."""

from dataclasses import replace
from functools import lru_cache

import pandas as pd

from analysis.contrasts.forest import forest, given_rows, margins_of, row_of
from analysis.contrasts.headline import field
from analysis.contrasts.inclusion import comparable, require
from analysis.contrasts.mixture import with_groups
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.synthesis import (
    headline_model,
    meta,
    method_of,
    pooled_rows,
    pooled_verdict,
    studies,
    verdict_of,
)
from analysis.display.figures import Figure
from analysis.display.forest_rows import Row
from analysis.display.html import BADGES
from analysis.display.reading import Reading
from analysis.display.rows import filled, interval
from analysis.efficacy import primary
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.errors import NoSection, UserError
from analysis.results import Results, combine, reason_of, section
from analysis.results.intervals import interval_columns
from analysis.sources.schemas import INDICATIONS
from analysis.sources.trial.growth_roles import place_of
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.trial import Trial, load_trial
from analysis.stats.intervals import Estimated
from analysis.words import begins_sentence, counted, in_sentence

PATIENT_LEVEL = {
    "HV": ("height_velocity", "AVAL"),
    "CHGHV": ("height_velocity", "CHG"),
    "HTSDS": ("height_sds", "AVAL"),
    "CHGHTSDS": ("height_sds", "CHG"),
}
"""Endpoint of the ledger → what it is in a trial, and the variable of the trial's own data."""

PATIENTS = "patient level"
"""Context of results on a trial's own data."""


def _endpoint(run: ContrastRun, trial: Trial) -> Endpoint:
    """Return the trial's endpoint that is the run's, or refuse a trial without it."""
    role, value = PATIENT_LEVEL[run.endpoint]
    nothing = f"so nothing of it stands beside {in_sentence(run.param)}"
    try:
        place = place_of(trial, role)
    except UserError as error:
        raise UserError(f"trial '{trial.plan.id}': {error}, {nothing}") from None
    for endpoint in trial.plan.endpoints.all:
        if (endpoint.dataset.lower(), endpoint.paramcd) == place and endpoint.value == value:
            return endpoint
    raise UserError(
        f"trial '{trial.plan.id}' declares no endpoint {place.name} ({value}), {nothing}"
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
    given = {"trial": run.trial, "endpoint": endpoint.name, "conf_level": run.conf_level}
    return resolve(ControlledParameters.checked(given | {"subgroups": []}), trial)


def _same_indication(run: ContrastRun, indication: str) -> None:
    """Refuse a trial whose plan names another indication of the ledger than the run's."""
    for code, words in INDICATIONS.items():
        if code != run.indication and indication.lower() in (code.lower(), words.lower()):
            raise UserError(
                f"the trial is of {words}, the page of {run.indication}; "
                "name another trial, or none"
            )


@section
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
    if not isinstance(c, Estimated):
        raise NoSection(f"the trial's endpoint is {settings.endpoint.kind}, not a mean")
    size = fitted.fitted.n
    row = interval_columns(c) | {
        "group1_level": f"{settings.treatment} − {settings.reference}",
        "group2_level": settings.trial.plan.id,
        "variable": settings.endpoint.name,
        "variable_level": settings.endpoint.visit,
        "population": settings.population,
        "n_population": size,
        "n": size,
        "conf.level": run.conf_level,
        "margin": run.margin,
        **verdict_of(run, c.estimate, c.lower, c.upper),
        "title": settings.trial.plan.title,
        "source": f"{settings.trial.plan.id}: {settings.endpoint.dataset}",
        "data_status": settings.data_status,
    }
    return run.results(
        pd.DataFrame([row]),
        "overlay-trial",
        group1="contrast",
        group2="trial",
        context=PATIENTS,
        decimals=settings.decimals(settings.endpoint.dataset, settings.endpoint.paramcd),
        method=fitted.words,
    )


@trial_contrast.shows
def overlay_figure(trial: Results, run: ContrastRun) -> Figure:
    """Draw a trial's own estimate beside the published contrasts, never among them."""
    pooled = field.rows(run)
    status = trial.frame["data_status"].iloc[0]
    badge = BADGES[status]
    published = _trials(studies.rows(run))
    own = [
        replace(
            row,
            label=f"{begins_sentence(status)}: {row.label}",
            detail=f"trial {row.detail}: {badge.lower()}",
            kind="synthetic" if status == "synthetic" else "patient level",
        )
        for row in _trials(trial)
    ]
    parts = [part for part in (studies.rows(run), pooled) if not reason_of(part)]
    return forest(
        [*published, *pooled_rows(pooled), *own],
        title="A trial at patient level beside the published contrasts",
        results=combine([*parts, trial]),
        xlabel=f"Difference, {run.unit}",
        caption=f"Square, under the line: the trial, {badge.lower()}. Side by side, never pooled: "
        f"the diamonds hold the published trials alone.{_namesake(trial, published)}",
        margins=margins_of({"margin": "margin"}, trial, pooled),
    )


def _trials(contrasts: Results) -> list[Row]:
    return [row_of(given, detail=given[0]["group2_level"]) for given in given_rows(contrasts)]


def _namesake(trial: Results, published: list[Row]) -> str:
    """Warn where the trial compares two products that a published one compares, too."""
    name = trial.frame["group1_level"].iloc[0]
    if name not in {row.label for row in published}:
        return ""
    return f" The square is not the published trial of {name} in the same figure."


@trial_contrast.shows
def overlay_reading(trial: Results, run: ContrastRun) -> Reading:
    """Say what the trial's own estimate is, and whether anything was pooled with it."""
    pooled = pooled_with_trial.rows(run)
    row = trial.wide().to_dict("records")[0]
    badge = BADGES[trial.frame["data_status"].iloc[0]]
    said = [
        f"{badge}. Trial {row['group2_level']} ({row['title']}): {row['group1_level']} "
        f"{interval(row)}, n {row['n']}, {row['conclusion']}{filled(row, ', {worse}')}."
    ]
    if reason_of(pooled):
        said.append("It stands beside the published contrasts and is not pooled with them.")
        return Reading(said, trial)
    both = pooled.wide().to_dict("records")[0]
    said.append(
        f"Pooled because this run asks for it: {counted(int(both['k']), 'trial')}, "
        f"{interval(both)}, {both['conclusion']}{filled(both, ', {worse}')}"
        f"{filled(both, ' (trials {caveat})')}."
    )
    return Reading(said, combine([trial, pooled]))


@section
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
        [{"label": settings.trial.plan.id, "estimate": c.estimate, "std.error": c.std_error}]
    ).assign(product=settings.treatment, **_product(run, settings.treatment))
    together = pd.concat([found, with_groups(added)], ignore_index=True)
    model = headline_model(run, len(together))
    m = meta(run, together, model)
    row = {
        "group1_level": f"Published contrasts and trial {settings.trial.plan.id}",
        "k": m.k,
        **interval_columns(m, "estimate", "conf.low", "conf.high"),
        "margin": run.margin,
        **pooled_verdict(run, together, m),
        "source": f"{settings.trial.plan.id}; {run.source}",
        "note": f"published and {settings.data_status} results pooled because the run asks for it",
        "data_status": settings.data_status,
        "plan_status": "exploratory",
    }
    return run.results(
        pd.DataFrame([row | run.placing]),
        "overlay-pooled",
        group1="set",
        context=PATIENTS,
        method=method_of(run, model),
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

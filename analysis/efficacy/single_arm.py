"""A trial without a comparator: the change within participants."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.efficacy import participants
from analysis.efficacy.primary import DIGITS
from analysis.efficacy.settings import Settings, analysis_data, find_endpoint
from analysis.errors import NoSection, UserError
from analysis.numbers import percent
from analysis.results import Results, Stat, from_frame, present
from analysis.sources.trial.plan import Endpoint
from analysis.stats.descriptive import Summary, summarise

HEIGHT_VELOCITY, HEIGHT_SDS = "HV", "HTSDS"
"""PARAMCD of the two measures of growth, in trials and in the ledger."""


def pairs(settings: Settings, population: str = "") -> pd.DataFrame:
    """Return baseline, value and change of everyone who has both.

    Parameters
    ----------
    settings
        What is analysed.
    population
        Another population than that of the settings; "" for the same.

    Raises
    ------
    UserError
        If fewer than two participants have both.
    """
    data = analysis_data(settings, population=population)
    endpoint = settings.endpoint
    if "BASE" not in data:
        raise UserError(f"{endpoint.dataset} has no BASE, so there is no change from baseline")
    found = data[["USUBJID", "BASE", "AVAL"]].dropna()
    if len(found) < 2:
        raise UserError(
            f"a change from baseline needs two participants with {endpoint.paramcd} at baseline "
            f"and at {endpoint.visit}; the population '{population or settings.population}' "
            f"has {len(found)}"
        )
    return found.assign(CHANGE=found["AVAL"] - found["BASE"]).reset_index(drop=True)


def disposition(settings: Settings) -> Results:
    """Return participant numbers from screening to analysis; nobody was randomised."""
    found = participants.disposition(settings).frame
    words = {"Randomised": "Enrolled", "Not randomised": "Not enrolled"}
    return Results(found.assign(variable=found["variable"].replace(words)))


def change(settings: Settings) -> Results:
    """Return the mean change from baseline with its paired t interval."""
    data = pairs(settings)
    level = settings.conf_level
    row = {
        "group1_level": settings.treatment,
        "big_n": len(settings.trial.subjects(settings.population)),
        "level": level,
        "level_digits": 0 if float(100 * level).is_integer() else 1,
    }
    return _changes(
        [row | _change_row(data["CHANGE"], settings)],
        settings,
        analysis_id="change",
        group1="arm",
    )


def observed(settings: Settings) -> Results:
    """Return baseline, value and change: n, mean, SD, interval of the mean, median and range."""
    data = pairs(settings)
    rows = []
    for column, label in (
        ("BASE", "Baseline"),
        ("AVAL", settings.endpoint.visit),
        ("CHANGE", "Change"),
    ):
        summary = summarise(data[column], level=settings.conf_level)
        rows.append(
            {
                "group1_level": settings.treatment,
                "variable_level": label,
                "n": summary.n,
                "mean": summary.mean,
                "sd": summary.sd,
                "low": summary.lower,
                "high": summary.upper,
                "median": summary.median,
                "min": summary.minimum,
                "max": summary.maximum,
            }
        )
    unit = settings.endpoint.unit
    return from_frame(
        sourced(pd.DataFrame(rows), settings).assign(variable=settings.endpoint.paramcd),
        {
            "n": Stat("n", "n", 0),
            "mean": Stat("mean", "Mean", DIGITS, unit),
            "sd": Stat("sd", "SD", DIGITS, unit),
            "low": Stat("conf.low", "Lower limit", DIGITS, unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, unit),
            "median": Stat("median", "Median", DIGITS, unit),
            "min": Stat("min", "Minimum", DIGITS, unit),
            "max": Stat("max", "Maximum", DIGITS, unit),
        },
        analysis_id="observed",
        group1="arm",
        context="efficacy",
        method=f"{_paired(settings)}; median by SAS definition 5",
        **settings.result_labels,
    )


def individuals(settings: Settings) -> Results:
    """Return baseline, value and change of each participant, numbered by change, never named."""
    data = pairs(settings).sort_values("CHANGE", ignore_index=True)
    unit = settings.endpoint.unit
    return from_frame(
        sourced(
            pd.DataFrame(
                {
                    "group1_level": [f"participant {i + 1}" for i in range(len(data))],
                    "base": data["BASE"],
                    "value": data["AVAL"],
                    "change": data["CHANGE"],
                }
            ),
            settings,
        ).assign(variable=settings.endpoint.paramcd),
        {
            "base": Stat("base", "Baseline", DIGITS, unit),
            "value": Stat("value", settings.endpoint.visit, DIGITS, unit),
            "change": Stat("change", "Change", DIGITS, unit),
        },
        analysis_id="individuals",
        group1="participant",
        context="efficacy",
        method="observed values",
        **settings.result_labels,
    )


def robustness(settings: Settings) -> Results:
    """Return the mean change in the planned populations, and with 0 where it is missing.

    Notes
    -----
    The last row puts a change of 0 in place of a missing one. It is a pessimistic bound where a
    rise is expected, not a model of what would have been.
    """
    plan = settings.trial.plan
    planned = [name for name in plan.analysis.sensitivity if name in plan.populations]
    rows: list[dict[str, object]] = []
    for population in dict.fromkeys((settings.population, plan.analysis.population, *planned)):
        row: dict[str, object] = {
            "group1_level": f"{population}, observed",
            "population": population,
        }
        try:
            rows.append(row | _change_row(pairs(settings, population)["CHANGE"], settings))
        except UserError as error:
            rows.append(row | {"reason": str(error)})
    everyone = settings.trial.subjects(settings.population)["USUBJID"]
    known = pairs(settings).set_index("USUBJID")["CHANGE"]
    rows.append(
        {
            "group1_level": f"{settings.population}, a missing change counted as none",
            "population": settings.population,
        }
        | _change_row(everyone.map(known).fillna(0.0), settings)
    )
    return _changes(rows, settings, analysis_id="robustness", group1="analysis")


def secondary(settings: Settings) -> Results:
    """Return the mean change in every other endpoint of the plan that is a change.

    Notes
    -----
    Intervals are not adjusted for multiplicity.
    """
    rows: list[dict[str, object]] = []
    for endpoint in settings.trial.plan.endpoints.all:
        if endpoint.value != "CHG" or endpoint.paramcd == settings.endpoint.paramcd:
            continue
        row: dict[str, object] = {
            "group1_level": settings.treatment,
            "variable": endpoint.name,
            "variable_level": endpoint.unit,
        }
        try:
            data = pairs(replace(settings, endpoint=endpoint))
            rows.append(row | _change_row(data["CHANGE"], settings))
        except UserError as error:
            rows.append(row | {"reason": str(error)})
    if not rows:
        raise NoSection("the plan declares no change in another endpoint")
    return _changes(rows, settings, analysis_id="secondary", group1="arm")


def _change_row(values: pd.Series, settings: Settings) -> dict[str, object]:
    summary: Summary = summarise(values, level=settings.conf_level)
    return {
        "n": summary.n,
        "estimate": summary.mean,
        "sd": summary.sd,
        "se": summary.std_error,
        "df": summary.n - 1,
        "low": summary.lower,
        "high": summary.upper,
    }


def _changes(
    rows: list[dict[str, object]], settings: Settings, *, analysis_id: str, group1: str
) -> Results:
    frame = pd.DataFrame(rows)
    if "variable_level" not in frame:
        frame = frame.assign(variable_level=settings.endpoint.unit)
    stats = {
        "n": Stat("n", "n", 0),
        "big_n": Stat("N", "Population", 0),
        "level": Stat("conf.level", "Confidence level", "level_digits", form=percent),
        "estimate": Stat("estimate", "Mean change", DIGITS, "variable_level"),
        "sd": Stat("sd", "SD", DIGITS, "variable_level"),
        "se": Stat("std.error", "SE", DIGITS, "variable_level"),
        "df": Stat("parameter", "df", 0),
        "low": Stat("conf.low", "Lower limit", DIGITS, "variable_level"),
        "high": Stat("conf.high", "Upper limit", DIGITS, "variable_level"),
        "reason": Stat("reason", "Not estimable, because"),
    }
    if "variable" not in frame:
        frame = frame.assign(variable=settings.endpoint.name)
    return from_frame(
        sourced(frame, settings),
        present(stats, frame),
        analysis_id=analysis_id,
        group1=group1,
        context="efficacy",
        method=_paired(settings),
        **settings.result_labels,
    )


def _paired(settings: Settings) -> str:
    return f"Value minus baseline within participants; paired t interval, {level_words(settings)}"


def level_words(settings: Settings) -> str:
    """Return the confidence level in words, for a method."""
    return f"level {percent(settings.conf_level, 1).replace('.0', '')}"


def sourced(frame: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Add population, its size and the source to rows of the trial's data."""
    trial = settings.trial
    who = frame.get("population", pd.Series(settings.population, index=frame.index))
    sizes = {name: len(trial.subjects(name)) for name in who.unique()}
    return frame.assign(
        population=who,
        n_population=who.map(sizes),
        source=f"{trial.plan.id}: {settings.endpoint.dataset}",
    )


def endpoint_of(settings: Settings, paramcd: str) -> Endpoint:
    """Return an endpoint by its PARAMCD, at the visit of the run."""
    found = find_endpoint(settings.trial, paramcd)
    return found.model_copy(update={"visit": settings.endpoint.visit})

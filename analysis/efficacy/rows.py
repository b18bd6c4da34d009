"""Results of an endpoint: columns of a variable, and what every row says."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import pandas as pd

from analysis.efficacy.endpoints import measured
from analysis.efficacy.settings import Settings
from analysis.results import Results
from analysis.stats.descriptive import summarise

Rows: TypeAlias = Sequence[dict[str, Any]] | pd.DataFrame
"""Rows of results, one mapping or one row each."""


def described(values: pd.Series, *names: str, level: float | None = None) -> dict[str, Any]:
    """Return statistics of one variable, named as in the vocabulary; ``estimate`` is the mean.

    Missing values are passed over; `level` is the two-sided confidence level of the mean, without
    which it has no limits.
    """
    found = summarise(values, level=level)
    every = {
        "n": found.n,
        "mean": found.mean,
        "estimate": found.mean,
        "sd": found.sd,
        "std.error": found.std_error,
        "parameter": found.n - 1,
        "conf.low": found.lower,
        "conf.high": found.upper,
        "median": found.median,
        "p25": found.q1,
        "p75": found.q3,
        "min": found.minimum,
        "max": found.maximum,
    }
    return {name: every[name] for name in names}


def of_any_handling(run: Settings) -> dict[str, str]:
    """Return the variable of rows that handle missing values in ways of their own."""
    endpoint = run.endpoint
    return {"variable": measured(run.trial, endpoint) if endpoint.dtype else endpoint.name}


def effect_results(run: Settings, rows: Rows, analysis_id: str, **options: Any) -> Results:
    """Return rows on what the model of a run estimates of two arms, in the unit of that."""
    shown = {"unit": run.effect_unit, "decimals": run.effect_places}
    return endpoint_results(run, rows, analysis_id, **(shown | options))


def endpoint_results(run: Settings, rows: Rows, analysis_id: str, **options: Any) -> Results:
    """Return rows on the endpoint of a run, in its unit and with its decimals.

    What a row does not say of endpoint and visit is the run's; `analysis_id` and `options` as in
    `TrialRun.results`.
    """
    endpoint = run.endpoint
    frame = pd.DataFrame(rows)
    own = {"variable": endpoint.name, "variable_level": endpoint.visit, "dataset": endpoint.dataset}
    frame = frame.assign(**{name: what for name, what in own.items() if name not in frame})
    shown = {"unit": endpoint.unit, "decimals": run.places, "context": "efficacy"}
    return run.results(frame, analysis_id, **(shown | options))

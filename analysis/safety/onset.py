"""When events begin: counts by organ class and month since the first dose."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.results import Results, Stat, from_frame
from analysis.safety.emergent import emergent_events
from analysis.safety.exposure import exposure_days
from analysis.safety.incidence import ALL_CLASSES
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.sources.growth_reference import DAYS_PER_MONTH


def onset_by_month(run: SafetyRun) -> Results:
    """Return the events that began in each month, by organ class and arm.

    Returns
    -------
    Results
        ``variable`` organ class (all classes first, then by frequency), ``variable_level``
        "month k", ``group1_level`` arm: events; N, the participants of the arm on treatment
        when the month begins; estimate, events per 100 of them.

    Raises
    ------
    UserError
        If no event has a date, or exposure is not recorded.

    Notes
    -----
    Month k holds the days from (k − 1) × 30.4375 to k × 30.4375 after the first dose. Every
    event counts, repeated ones too. Events without a date are counted in ``note``.
    """
    population, records = safety_population(run), emergent_events(run).records
    dated = records[records["DAY"].notna()]
    if not len(dated):
        raise UserError("no treatment-emergent event has a date of onset")
    month = np.floor((dated["DAY"].clip(lower=1) - 1) / DAYS_PER_MONTH).astype(int)
    arm = population.subjects["ARM"].cat.codes.to_numpy()[dated["USUBJID"].cat.codes]
    order = dated["AEBODSYS"].astype(object).value_counts(sort=True)
    names = sorted(order.index, key=lambda name: (-order[name], name))
    place = pd.Index(names).get_indexer(dated["AEBODSYS"].astype(object))
    months, arms = int(month.max()) + 1, len(population.arms)
    cells = np.ravel_multi_index((place, arm, month), (len(names), arms, months))
    counts = np.bincount(cells, minlength=len(names) * arms * months)
    counts = counts.reshape(len(names), arms, months)
    counts = np.concatenate([counts.sum(axis=0, keepdims=True), counts])
    on_treatment = _on_treatment(run, months)
    frame = pd.DataFrame(
        {
            "variable": np.repeat([ALL_CLASSES, *names], arms * months),
            "group1_level": np.tile(np.repeat(population.arms, months), len(names) + 1),
            "variable_level": np.tile(
                [f"month {k + 1}" for k in range(months)], (len(names) + 1) * arms
            ),
            "events": counts.ravel(),
            "N": np.tile(on_treatment.ravel(), len(names) + 1),
        }
    )
    frame["rate"] = 100 * frame["events"] / frame["N"].where(frame["N"] > 0)
    frame["note"] = f"{len(records) - len(dated)} events without a date of onset are not shown"
    return from_frame(
        frame.assign(
            population=run.population,
            n_population=frame["group1_level"].map(population.sizes),
            source=f"{run.trial.plan.id}: adsl, {run.plan.adverse_events}",
        ),
        {
            "events": Stat("events", "Events", 0),
            "N": Stat("N", "On treatment when the month begins", 0),
            "rate": Stat("estimate", "Events per 100 on treatment", 1, "per 100"),
        },
        analysis_id="ae-onset",
        group1="arm",
        context="safety",
        method=f"all events by month of onset; a month is {DAYS_PER_MONTH:g} days",
        **run.result_labels,
    )


def _on_treatment(run: SafetyRun, months: int) -> np.ndarray:
    """Return the participants on treatment when each month begins, one row an arm."""
    population, days = safety_population(run), exposure_days(run).to_numpy(dtype=float)
    arm = population.subjects["ARM"].cat.codes.to_numpy()
    lasts = days[:, None] > np.arange(months) * DAYS_PER_MONTH
    return np.stack([lasts[arm == i].sum(axis=0) for i in range(len(population.arms))])

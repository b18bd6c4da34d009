"""Time to the first treatment-emergent event."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.results import Results, Stat, from_frame, present
from analysis.safety.emergent import emergent_events
from analysis.safety.exposure import exposure_days
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.sources.growth_reference import DAYS_PER_MONTH
from analysis.stats.survival import KaplanMeier, kaplan_meier

CURVE, AT_RISK, MEDIAN = "Curve", "At risk", "Median"
GRID = 6
"""Numbers at risk are given at about so many times."""


def first_event_times(run: SafetyRun) -> pd.DataFrame:
    """Return time and event of every participant with a known duration of treatment.

    Returns
    -------
    pandas.DataFrame
        ``ARM``, ``time`` in days, ``event``, and ``undated``: all events without a date.

    Notes
    -----
    Time from the first dose (day 1) to the first event; without one, or where it began after
    the last dose, censored at the last dose.
    """
    population, records = safety_population(run), emergent_events(run).records
    days = exposure_days(run).to_numpy(dtype=float)
    subject = records["USUBJID"].cat.codes.to_numpy()
    first = records.groupby(subject)["DAY"].min()
    began = first.reindex(range(len(days))).to_numpy(dtype=float)
    has_event = np.isin(np.arange(len(days)), subject)
    # An emergent event dated before the first dose is the trial's own judgement: day 1.
    began = np.maximum(began, 1)
    event = began <= days
    frame = pd.DataFrame(
        {
            "ARM": population.subjects["ARM"],
            "time": np.where(event, began, days),
            "event": event,
            "late": has_event & (began > days),
            "undated": has_event & np.isnan(began),
        }
    )
    return frame[np.isfinite(days) & ~frame["undated"]].assign(
        left_out=int((frame["undated"] | ~np.isfinite(days)).sum())
    )


def time_to_first_event(run: SafetyRun) -> Results:
    """Return the Kaplan–Meier curve of the time to the first event in every arm.

    Returns
    -------
    Results
        ``variable`` "Curve": time (days), n.risk, n.event, estimate (per cent without an
        event), conf.low, conf.high, one row a time; "At risk": n.risk on a grid of months;
        "Median": estimate in days with its limits, n and N.

    Raises
    ------
    UserError
        If exposure is not recorded, or nobody was exposed.

    Notes
    -----
    See `first_event_times` and `kaplan_meier`. Participants whose events all lack a date, or
    without a duration of treatment, are left out; their number is in ``note``.
    """
    times = first_event_times(run)
    if not len(times):
        raise UserError("no participant of the safety population has a duration of treatment")
    months = times["time"].max() / DAYS_PER_MONTH
    step = max(1, int(np.ceil(months / GRID)))
    grid = np.arange(0, int(months) + 1, step)
    rows: list[dict[str, Any]] = []
    for arm in run.arms:
        own = times[times["ARM"] == arm]
        if not len(own):
            continue
        curve = kaplan_meier(own["time"], own["event"], level=run.conf_level)
        rows += [
            {"group1_level": arm, "n_population": len(own), **row}
            for row in [_median(curve, own), *_curve(curve), *_at_risk(curve, grid)]
        ]
    frame = pd.DataFrame(rows)
    left_out, late = int(times["left_out"].iloc[0]), int(times["late"].sum())
    note = (
        f"{left_out} left out (no date of any event, or no duration); {late} whose first event "
        "began after the last dose, censored there"
    )
    stats = {
        "time": Stat("time", "Time", "places", "time_unit"),
        "n": Stat("n", "Participants with an event", 0),
        "N": Stat("N", "Participants", 0),
        "risk": Stat("n.risk", "At risk", 0),
        "events": Stat("n.event", "Events", 0),
        "estimate": Stat("estimate", "Estimate", "digits", "unit"),
        "low": Stat("conf.low", "Lower limit", "digits", "unit"),
        "high": Stat("conf.high", "Upper limit", "digits", "unit"),
    }
    return from_frame(
        frame.assign(
            places=0,
            population=run.population,
            source=f"{run.trial.plan.id}: adsl, {run.plan.adverse_events}",
            note=note,
        ),
        present(stats, frame),
        analysis_id="ae-time-to-first",
        group1="arm",
        context="safety",
        method=f"Kaplan–Meier, Greenwood, log-log limits, level {run.conf_level:g}; censored at "
        "the last dose",
        **run.result_labels,
    )


def _median(curve: KaplanMeier, own: pd.DataFrame) -> dict[str, Any]:
    return {
        "variable": MEDIAN,
        "n": int(own["event"].sum()),
        "N": len(own),
        "estimate": curve.median,
        "low": curve.median_lower,
        "high": curve.median_upper,
        "digits": 0,
        "unit": "days",
    }


def _curve(curve: KaplanMeier) -> list[dict[str, Any]]:
    """Return the start and every time with an event, and the last time."""
    shown = np.nonzero(curve.events > 0)[0]
    shown = np.union1d(shown, [len(curve.time) - 1])
    start = {"time": 0.0, "risk": curve.at_risk[0], "events": 0.0, "estimate": 100.0}
    steps = [
        {
            "time": curve.time[i],
            "risk": curve.at_risk[i],
            "events": curve.events[i],
            "estimate": 100 * curve.estimate[i],
            "low": 100 * curve.lower[i],
            "high": 100 * curve.upper[i],
        }
        for i in shown
    ]
    return [
        {
            "variable": CURVE,
            "variable_level": f"day {row['time']:g}",
            "time_unit": "days",
            "digits": 1,
            "unit": "%",
            **row,
        }
        for row in (start, *steps)
    ]


def _at_risk(curve: KaplanMeier, grid: np.ndarray) -> list[dict[str, Any]]:
    risk = curve.at_risk_at(grid * DAYS_PER_MONTH)
    return [
        {
            "variable": AT_RISK,
            "variable_level": f"month {month}",
            "time": float(month),
            "time_unit": "months",
            "digits": 0,
            "unit": "",
            "risk": number,
        }
        for month, number in zip(grid, risk, strict=True)
    ]

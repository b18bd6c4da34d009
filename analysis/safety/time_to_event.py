"""Time to the first treatment-emergent event."""

import numpy as np
import pandas as pd

from analysis.display.figures import Figure
from analysis.display.reading import Reading
from analysis.display.survival_curves import survival_figure
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.results import PLACE, Results, section
from analysis.results.curves import EVENTS, QUARTILE, summary_of
from analysis.safety.days_to import SINCE, UNIT, curve_words, curves_by_arm
from analysis.safety.emergent import by_day, emergent_events
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import methods, population_words
from analysis.safety.treated import known_days, time_treated
from analysis.words import begins_sentence

TITLE = "Time to the first treatment-emergent event"


def first_event_times(run: SafetyRun) -> pd.DataFrame:
    """Return time and event of every participant with a known duration of treatment.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID``, ``arm``, ``time`` in days, ``event`` and the `PLACE` of the first, and
        ``undated``: all events without a date.

    Notes
    -----
    Time from the first dose (day 1) to the first event; without one, or where it began after
    the last dose, censored at the last dose.
    """
    population, records = safety_population(run), emergent_events(run).records
    days = known_days(run).to_numpy(dtype=float)
    subject = records["USUBJID"].cat.codes.to_numpy()
    at = by_day(records["DAY"].to_numpy())
    at = at[~pd.Series(subject[at]).duplicated().to_numpy()]
    first = records[["DAY", *PLACE]].take(at).set_axis(subject[at]).reindex(range(len(days)))
    began = first["DAY"].to_numpy(dtype=float)
    has_event = np.isin(np.arange(len(days)), subject)
    # An emergent event dated before the first dose is the trial's own judgement: day 1.
    began = np.maximum(began, 1)
    event = began <= days
    frame = pd.DataFrame(
        {
            **population.subjects[["USUBJID", "arm"]],
            **first[PLACE],
            "time": np.where(event, began, days),
            "event": event,
            "late": has_event & (began > days),
            "undated": has_event & np.isnan(began),
        }
    )
    return frame[np.isfinite(days) & ~frame["undated"]].assign(
        left_out=int((frame["undated"] | ~np.isfinite(days)).sum())
    )


@section
def time_to_first_event(run: SafetyRun) -> Results:
    """Return the Kaplan–Meier curve of the time to the first event in every arm.

    Returns
    -------
    Results
        Rows of `curves_by_arm`; a day is counted from the first dose.

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
    left_out, late = int(times["left_out"].iloc[0]), int(times["late"].sum())
    said = run.trial.plan.allowed.count
    note = (
        f"{said(left_out)} left out (no date of any event, or no duration); {said(late)} whose "
        "first event began after the last dose, censored there"
    )
    return run.results(
        curves_by_arm(times, run.conf_level, run.trial.plan.allowed.group).assign(note=note),
        "ae-time-to-first",
        group1="arm",
        dataset=run.events_source,
        decimals=0,
        method="; ".join(
            [
                f"{curve_words(run.conf_level)}; censored at the last dose",
                *time_treated(run).notes,
            ]
        ),
    )


@time_to_first_event.shows
def first_event_figure(times: Results, run: SafetyRun) -> Figure | Reading:
    """Draw the Kaplan–Meier curves with the numbers at risk under them."""
    return survival_figure(
        times,
        arms=run.arms,
        title=TITLE,
        unit=UNIT,
        since=SINCE,
        caption=f"{methods(times)} {_note(times)}",
    )


@time_to_first_event.shows
def first_event_table(times: Results, run: SafetyRun) -> Table:
    """Show how many had an event, and the quartiles of the time to it."""
    return Table(
        title=f"{TITLE}, {UNIT}",
        results=summary_of(times, [EVENTS, QUARTILE]),
        labels={"variable": "What", "variable_level": "At"},
        across="group1_level",
        columns=[Column("", ["{estimate} ({conf.low} to {conf.high})", "{n} of {N}", "{reason}"])],
        footnotes=[population_words(run), methods(times), _note(times)],
    )


def _note(times: Results) -> str:
    return f"{begins_sentence(str(times.frame['note'].iloc[0]))}."

"""Time to the first treatment-emergent event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.display.figures import Figure
from analysis.display.lettering import drawable
from analysis.display.rows import numbers
from analysis.display.tables import Table
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import PROPORTION, Results, section
from analysis.safety.drawing import by_arm, looks
from analysis.safety.emergent import emergent_events
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import methods, plain_table
from analysis.safety.treated import known_days, time_treated
from analysis.sources.growth_reference import DAYS_PER_MONTH
from analysis.stats.survival import KaplanMeier, kaplan_meier
from analysis.words import begins_sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

CURVE, AT_RISK, MEDIAN = "Curve", "At risk", "Median"
GRID = 6
"""Numbers at risk are given at about so many times."""


def first_event_times(run: SafetyRun) -> pd.DataFrame:
    """Return time and event of every participant with a known duration of treatment.

    Returns
    -------
    pandas.DataFrame
        ``arm``, ``time`` in days, ``event``, and ``undated``: all events without a date.

    Notes
    -----
    Time from the first dose (day 1) to the first event; without one, or where it began after
    the last dose, censored at the last dose.
    """
    population, records = safety_population(run), emergent_events(run).records
    days = known_days(run).to_numpy(dtype=float)
    subject = records["USUBJID"].cat.codes.to_numpy()
    first = records.groupby(subject)["DAY"].min()
    began = first.reindex(range(len(days))).to_numpy(dtype=float)
    has_event = np.isin(np.arange(len(days)), subject)
    # An emergent event dated before the first dose is the trial's own judgement: day 1.
    began = np.maximum(began, 1)
    event = began <= days
    frame = pd.DataFrame(
        {
            "arm": population.subjects["arm"],
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
        ``variable`` "Curve": day, n.risk, n.event, estimate (share without an event), conf.low,
        conf.high, one row a day; "At risk": n.risk on a grid of months (time); "Median":
        estimate in days with its limits, n and N.

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
    rows = []
    for arm, own in times.groupby("arm", observed=True):
        curve = kaplan_meier(own["time"], own["event"], level=run.conf_level)
        frame = pd.concat([_median(curve, own), _curve(curve), _at_risk(curve, grid)])
        rows.append(frame.assign(group1_level=arm, n_population=len(own)))
    left_out, late = int(times["left_out"].iloc[0]), int(times["late"].sum())
    note = (
        f"{left_out} left out (no date of any event, or no duration); {late} whose first event "
        "began after the last dose, censored there"
    )
    return run.results(
        pd.concat(rows).assign(note=note),
        "ae-time-to-first",
        group1="arm",
        dataset=run.events_source,
        decimals=0,
        method=_method(run),
    )


def _method(run: SafetyRun) -> str:
    said = f"Kaplan–Meier, Greenwood, log-log limits, level {level(run.conf_level)}"
    return "; ".join([f"{said}; censored at the last dose", *time_treated(run).notes])


def _median(curve: KaplanMeier, own: pd.DataFrame) -> pd.DataFrame:
    limits = {"conf.low": [curve.median_lower], "conf.high": [curve.median_upper]}
    found = {"variable": MEDIAN, "n": own["event"].sum(), "N": len(own), "estimate": curve.median}
    # The middle between two days, where the curve is flat at one half, is half a day.
    values = {"estimate": curve.median} | {name: each[0] for name, each in limits.items()}
    places = {f"places:{name}": 0 if _whole(value) else 1 for name, value in values.items()}
    return pd.DataFrame({**found, **limits, **places, "unit": "days"})


def _whole(days: float) -> bool:
    return not np.isfinite(days) or days == np.floor(days)


def _curve(curve: KaplanMeier) -> pd.DataFrame:
    """Return the start and every time with an event, and the last time."""
    steps = pd.DataFrame({
        "day": curve.time, "n.risk": curve.at_risk, "n.event": curve.events,
        "estimate": curve.estimate, "conf.low": curve.lower, "conf.high": curve.upper,
    })  # fmt: skip
    start = {"day": [0.0], "n.risk": curve.at_risk[:1], "n.event": [0.0], "estimate": [1.0]}
    shown = (steps["n.event"] > 0) | (steps.index == len(steps) - 1)
    rows = pd.concat([pd.DataFrame(start), steps[shown]])
    days = [f"day {day:g}" for day in rows["day"]]
    return rows.assign(variable=CURVE, variable_level=days, unit=PROPORTION)


def _at_risk(curve: KaplanMeier, grid: np.ndarray) -> pd.DataFrame:
    risk = curve.at_risk_at(grid * DAYS_PER_MONTH)
    names = [f"month {month}" for month in grid]
    rows = pd.DataFrame({"variable_level": names, "time": grid, "n.risk": risk})
    return rows.assign(variable=AT_RISK)


@time_to_first_event.shows
def first_event_figure(times: Results, run: SafetyRun) -> Figure:
    """Draw the Kaplan–Meier curves with the numbers at risk under them."""
    rows = numbers(times, "day", "time", "estimate", "conf.low", "conf.high", "n.risk")
    arms = list(dict.fromkeys(rows["group1_level"]))
    curves, look = rows[rows["variable"] == CURVE], looks(run)

    def draw(canvas: Canvas, narrow: bool) -> None:
        ratio = [1, 0.07 + 0.055 * len(arms) * (1.9 if narrow else 1.0)]
        axes, table = canvas.subplots(2, 1, sharex=True, height_ratios=ratio)
        for _, own, _, (colour, _, line) in by_arm(curves, arms, look):
            months = own["day"] / DAYS_PER_MONTH
            axes.step(months, 100 * own["estimate"], where="post", color=colour, lw=1.6, ls=line)
            axes.fill_between(
                months, 100 * own["conf.low"], 100 * own["conf.high"], step="post", color=colour,
                alpha=0.12, lw=0,
            )  # fmt: skip
        axes.set(ylim=(0, 101), ylabel="Without an event, %")
        handles = [axes.plot([], [], color=look[arm].colour, ls=look[arm].line,
                             label=drawable(arm))[0] for arm in arms]  # fmt: skip
        if len(arms) > 1:
            axes.legend(handles=handles, frameon=False, labelcolor="linecolor", loc="upper right")
        _numbers_at_risk(table, rows, arms, look, narrow=narrow)

    columns = ["group1_level", "n", "N", "estimate"]
    medians = times.select(variable=MEDIAN).wide().reindex(columns=columns)
    medians = medians.astype(object).fillna({"estimate": "not reached"})
    said = "; ".join(
        f"{row['group1_level']}: median {row['estimate']} days, {row['n']} of {row['N']} with an "
        "event"
        for row in medians.to_dict("records")
    )
    return Figure(
        title="Time to the first treatment-emergent event",
        alt=f"Kaplan–Meier curves of the share without an event over months, numbers at risk "
        f"below. {said}.",
        draw=draw,
        height=4.0,
        narrow_height=4.2 + 0.3 * len(arms),
        results=times,
        caption=f"{methods(times)} Bands: pointwise intervals. "
        f"{times.frame['note'].iloc[0].capitalize()}.",
    )


def _numbers_at_risk(
    axes: Axes, rows: pd.DataFrame, arms: list[str], look: dict[str, Any], *, narrow: bool
) -> None:
    """Write the numbers at risk under the curves, in the colours of the arms."""
    own = rows[rows["variable"] == AT_RISK]
    for y, arm in enumerate(arms):
        line = y * (2.0 if narrow and len(arms) > 1 else 1.0)
        if len(arms) > 1 and narrow:
            axes.text(0, line, drawable(arm), color=look[arm].colour, fontsize=7.5, va="center")
            line += 0.9
        for row in own[own["group1_level"] == arm].to_dict("records"):
            axes.text(
                row["time"], line, f"{row['n.risk']:.0f}", color=look[arm].colour, fontsize=8.5,
                ha="center", va="center",
            )  # fmt: skip
    axes.set_ylim(len(arms) * (2 if narrow and len(arms) > 1 else 1) - 0.4, -0.6)
    axes.set_yticks([] if narrow else range(len(arms)))
    if not narrow:
        axes.set_yticklabels([drawable(arm) for arm in arms], fontsize=8.5)
    axes.set_xticks(sorted(own["time"].unique()))
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_title("At risk", loc="left", fontsize=8.5, pad=3)
    axes.set_xlabel("Months since the first dose")


@time_to_first_event.shows
def first_event_table(times: Results, _run: SafetyRun) -> Table:
    """Show the median time to the first event."""
    columns = {
        "With an event": "{n} of {N}", "Median": "{estimate}",
        "Interval": "{conf.low} to {conf.high}",
    }  # fmt: skip
    medians = times.select(variable=MEDIAN)
    title, labels = "Time to the first treatment-emergent event, days", {"group1_level": "Arm"}
    note = f"{begins_sentence(str(medians.frame['note'].iloc[0]))}."
    return plain_table(medians, title, labels, columns, note)

"""Times to an event as curves: survival of each arm, and incidence beside a competing event."""

import pandas as pd

from analysis.display.figures import Figure
from analysis.display.reading import Reading
from analysis.display.rows import method_words
from analysis.display.survival_curves import survival_figure
from analysis.display.tables import Column, Table
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.methods.survival import curves
from analysis.efficacy.rows import endpoint_results
from analysis.efficacy.settings import Settings, need_kind
from analysis.errors import NoSection, UserError
from analysis.numbers import level
from analysis.results import Results, section
from analysis.results.curves import (
    EVENTS,
    PLANNED,
    QUARTILE,
    counted_in_curve,
    curve_rows,
    quartile_rows,
    round_times,
    summary_of,
)
from analysis.stats.competing_events import CumulativeIncidence, cumulative_incidence

INCIDENCE = "cumulative incidence by Aalen and Johansen, log-log limits"
PRODUCT_LIMIT = "Kaplan–Meier, Greenwood, log-log limits"


def known_times(run: Settings) -> pd.DataFrame:
    """Return the rows with a time and how it ends, one a participant.

    Raises
    ------
    NoSection
        If the endpoint of the run is of another kind.
    UserError
        If nobody has one.
    """
    need_kind(run, "time-to-event")
    data = analysis_data(run).dropna(subset=["response", "event"])
    if data.empty:
        raise UserError("nobody has a time and how it ends")
    return data


def _ending(data: pd.DataFrame, ends: pd.Series | None = None) -> pd.DataFrame:
    """Return who had the event of a curve, or another, at what time; see `counted_in_curve`."""
    event = data["event"] if ends is None else ends[data.index]
    return pd.DataFrame({"USUBJID": data["USUBJID"], "time": data["response"], "event": event})


@section
def survival(run: Settings) -> Results:
    """Return the curve of each arm, its numbers at risk, its quartiles and its planned times.

    Notes
    -----
    Product-limit estimate with Greenwood's standard error; pointwise log-log limits, as SAS PROC
    LIFETEST has them by default; limits of quartiles by inverting them. A competing event, where
    the plan declares one, is censored here: see the cumulative incidence.
    """
    data = known_times(run)
    grid = round_times(float(data["response"].max()))
    unit = run.endpoint.unit
    parts = []
    for arm, curve in curves(run, data).items():
        rows = curve_rows(
            curve, at_risk=grid, planned=list(run.endpoint.times), unit=unit,
            least=run.trial.plan.allowed.group,
        )  # fmt: skip
        rows = counted_in_curve(rows, _ending(data[data["arm"] == arm]))
        own = pd.concat([rows, quartile_rows(curve, unit=unit)], ignore_index=True)
        parts.append(own.assign(group1_level=arm))
    return endpoint_results(
        run, pd.concat(parts, ignore_index=True), "survival", group1="arm",
        method=f"{PRODUCT_LIMIT}, level {level(run.conf_level)}",
    )  # fmt: skip


@survival.shows
def survival_curves(survival: Results, run: Settings) -> Figure | Reading:
    """Draw the curves with the numbers at risk."""
    return survival_figure(
        survival, arms=run.arms, title=f"{run.endpoint.name}: Kaplan–Meier curves",
        unit=run.endpoint.unit, measure="Without the event",
        caption=f"Population: {run.population_words}. {method_words(survival)}.",
    )  # fmt: skip


@survival.shows
def survival_table(survival: Results, run: Settings) -> Table:
    """Show events, quartiles and the planned times of each arm."""
    results = summary_of(survival, [EVENTS, QUARTILE, PLANNED])
    return Table(
        title=f"{run.endpoint.name}, by arm",
        results=results,
        labels={"variable": "What", "variable_level": "At"},
        across="group1_level",
        columns=[Column("", ["{estimate} ({conf.low} to {conf.high})", "{n} of {N}", "{reason}"])],
        footnotes=[
            f"Population: {run.population_words}. {method_words(survival)}. Quartiles in "
            f"{run.endpoint.unit or 'the unit of the time'}; shares without the event in %. "
            "Censored as recorded."
            + (f" {_censored(run)}" if run.endpoint.cnsr else "")
        ],
    )  # fmt: skip


def _censored(run: Settings) -> str:
    """Say what the values of CNSR mean and how often each comes."""
    seen = known_times(run)["CNSR"].value_counts()
    said = [f"{words} {run.trial.plan.allowed.count(int(seen.get(code, 0)))}"
            for code, words in sorted(run.endpoint.cnsr.items())]  # fmt: skip
    return f"How times end: {', '.join(said)}."


@section
def incidence(run: Settings) -> Results:
    """Return the cumulative incidence of the event, and of the competing event, in each arm.

    Notes
    -----
    Aalen–Johansen estimate: the probability of the event by a time where the competing event may
    come first. One minus the Kaplan–Meier estimate is larger, and no probability of the event.
    """
    data = known_times(run)
    if not run.endpoint.competing:
        raise NoSection("the plan declares no competing event")
    rival = data["CNSR"].isin(run.endpoint.competing).astype(float)
    grid = round_times(float(data["response"].max()))
    kinds = {"The event": (data["event"], rival), "Competing event": (rival, data["event"])}
    parts = []
    for kind, (ends, others) in kinds.items():
        for arm in run.arms:
            own = data["arm"] == arm
            if own.any():
                curve: CumulativeIncidence = cumulative_incidence(
                    data.loc[own, "response"], ends[own], others[own], level=run.conf_level
                )
                rows = curve_rows(
                    curve, at_risk=grid, planned=list(run.endpoint.times), unit=run.endpoint.unit,
                    least=run.trial.plan.allowed.group,
                )  # fmt: skip
                rows = counted_in_curve(rows, _ending(data[own], ends))
                parts.append(rows.assign(group1_level=arm, group2_level=kind))
    return endpoint_results(
        run, pd.concat(parts, ignore_index=True), "cumulative-incidence", group1="arm",
        group2="kind", method=f"{INCIDENCE}, level {level(run.conf_level)}",
    )  # fmt: skip


@incidence.shows
def incidence_curves(incidence: Results, run: Settings) -> Figure | Reading:
    """Draw the cumulative incidences with the numbers at risk."""
    return survival_figure(
        incidence, arms=run.arms, title=f"{run.endpoint.name}: cumulative incidence",
        unit=run.endpoint.unit, measure="With the event", rising=True,
        caption=f"Population: {run.population_words}. {method_words(incidence)}.",
    )  # fmt: skip


@incidence.shows
def incidence_table(incidence: Results, run: Settings) -> Table:
    """Show the cumulative incidences at the planned times."""
    results = summary_of(incidence, [EVENTS, PLANNED])
    return Table(
        title=f"{run.endpoint.name}, cumulative incidence by arm",
        results=results,
        groups="group2_level",
        labels={"variable": "What", "variable_level": "At"},
        across="group1_level",
        columns=[Column("", ["{estimate} ({conf.low} to {conf.high})", "{n} of {N}", "{reason}"])],
        footnotes=[f"Population: {run.population_words}. {method_words(incidence)}. Shares in %."],
    )

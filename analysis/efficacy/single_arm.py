"""A trial without a comparator: the change within participants, and what it cannot show."""

from typing import Any

import pandas as pd

from analysis.display import columns
from analysis.display.arms import Look, arm_looks
from analysis.display.figures import COLOURS, Axes, Canvas, Figure
from analysis.display.reading import Reading
from analysis.display.rows import method_words, numbers, synthetic_words
from analysis.display.tables import Table
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.endpoints import find_endpoint
from analysis.efficacy.methods import METHODS
from analysis.efficacy.rows import described, endpoint_results
from analysis.efficacy.settings import Settings
from analysis.efficacy.values import notes_on
from analysis.errors import UserError
from analysis.exact import deviation, difference
from analysis.numbers import level
from analysis.results import Results, combine, section
from analysis.results.intervals import interval_columns
from analysis.results.points import points_of, too_many_words, who_words
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.stats.intervals import interval_of
from analysis.words import numbered

HEIGHT_VELOCITY, HEIGHT_SDS = "HV", "HTSDS"
"""PARAMCD of the two measures of growth in the ledger."""
BASELINE, CHANGE = "Baseline", "Change"
"""Times of a table, the visit of the endpoint between them."""

LIMITS = {
    "effect": "An effect: nobody knows how these participants would have fared in the same months "
    "without treatment. The interval describes how well the mean change is known, not how much "
    "of it the treatment caused.",
    "regression to the mean": "Freedom from regression to the mean: who enters because of a "
    "value far from the mean would on average be nearer to it the next time, treated or not.",
    "other causes": "Freedom from other causes: time, age, other medicines and the attention of "
    "a trial change what is measured as well.",
    "comparison": "Non-inferiority or superiority to another product, nor a difference between "
    "two such studies: their participants, doses and measurements differ.",
    "those who left": "What happened in those who left: they enter only by assumption.",
}
GROWTH_LIMITS = {
    "effect": "An effect: nobody knows how these participants would have grown in the same months "
    "without treatment. The interval describes how well the mean change is known, not how much "
    "of it the treatment caused.",
    "regression to the mean": "Freedom from regression to the mean: who enters because of slow "
    "growth would on average be measured as growing faster the next time, treated or not.",
    "other causes": "Freedom from other causes: age, puberty, other medicines and the attention "
    "of a trial change growth as well, and the velocity before treatment rests on two heights "
    "taken outside it.",
}
"""What is said in other words of a trial whose plan declares growth."""
SYNTHETIC_LIMIT = {
    "synthetic data": "And because these patient-level data are synthetic, they are no evidence "
    "at all."
}


def pairs(run: Settings, population: str = "") -> pd.DataFrame:
    """Return baseline, value and change of everyone who has both.

    `population`: another than that of the run; "" for the same.

    Raises
    ------
    UserError
        If fewer than two participants have both.
    """
    data = analysis_data(run, population=population)
    endpoint = run.endpoint
    if "BASE" not in data:
        raise UserError(f"{endpoint.dataset} has no BASE, so there is no change from baseline")
    found = data[["USUBJID", "arm", "BASE", "AVAL"]].dropna()
    if len(found) < 2:
        raise UserError(
            f"a change from baseline needs two participants with {endpoint.paramcd} at baseline "
            f"and at {endpoint.visit}; the population '{population or run.population}' "
            f"has {run.trial.plan.allowed.count(len(found))}"
        )
    return found.assign(CHANGE=difference(found["AVAL"], found["BASE"])).reset_index(drop=True)


def endpoint_of(run: Settings, paramcd: str) -> Endpoint:
    """Return an endpoint by its PARAMCD, at the visit of the run."""
    found = find_endpoint(run.trial, paramcd)
    return found.model_copy(update={"visit": run.endpoint.visit})


def before_and_after(data: pd.DataFrame, run: Settings, *names: str) -> list[dict[str, Any]]:
    """Return the named statistics of baseline, value and change, one row each."""
    times = {"BASE": BASELINE, "AVAL": run.endpoint.visit, "CHANGE": CHANGE}
    return [
        {"variable_level": time} | described(data[column], *names, level=run.conf_level)
        for column, time in times.items()
    ]


def mean_change(data: pd.DataFrame, run: Settings) -> dict[str, Any]:
    """Return the mean change by the method of the plan, with its spread and interval.

    Nobody asks whether it is exactly zero, so there is no p-value.
    """
    found = METHODS[run.model].fit(run, data)
    interval = interval_of(found.means[run.treatment], found.words)
    columns = interval_columns(interval)
    return {"n": found.n, "sd": deviation(found.residuals["residual"]), **columns}


def paired_words(run: Settings) -> str:
    """Return how the interval of a mean change comes about."""
    return (
        "Value minus baseline within participants; paired t interval, level "
        f"{level(run.conf_level)}"
    )


@section
def observed(run: Settings) -> Results:
    """Return baseline, value and change: n, mean, SD, interval of the mean, median and range."""
    names = ("n", "mean", "sd", "conf.low", "conf.high", "median", "min", "max")
    place = {"group1_level": run.treatment, "variable": run.endpoint.paramcd}
    rows = [place | row for row in before_and_after(pairs(run), run, *names)]
    method = f"{paired_words(run)}; median by SAS definition 5"
    return endpoint_results(run, rows, "observed", group1="arm", method=method)


@observed.shows
def observed_table(observed: Results, run: Settings) -> Table:
    """Show baseline, value and change."""
    unit = f", {run.endpoint.unit}" if run.endpoint.unit else ""
    return Table(
        title=f"{run.endpoint.name}: baseline, value and change{unit}",
        results=observed,
        labels={"variable_level": "Time"},
        columns=[columns.N, columns.MEAN_SD, columns.MEAN_INTERVAL, columns.MEDIAN, columns.RANGE],
        footnotes=[
            f"Population: {run.population_words}; those with both measurements. "
            f"{method_words(observed)}."
        ],
    )


@section
def individuals(run: Settings) -> Results:
    """Return baseline, value and change of each participant, numbered by change, never named.

    Or of several, where the plan allows no single one or there are too many; see `points_of`.
    """
    data = pairs(run).sort_values("CHANGE", ignore_index=True)
    values = data.rename(columns={"BASE": "base", "AVAL": "value", "CHANGE": "change"})
    values = values.assign(variable=run.endpoint.paramcd, variable_level="")
    shown, allowed = ["change", "base", "value"], run.in_lines
    values = values[["variable", "variable_level", "base", "value", "change"]]
    rows = points_of(values, shown, allowed, by=["variable"], places=run.places)
    level = "participant" if allowed.group == 1 else "group"
    rows = rows.assign(group1_level=f"{level} " + rows.pop("number").astype(str))
    return endpoint_results(
        run, rows, "individuals", group1="participant", method="observed values"
    )


@section
def change(run: Settings) -> Results:
    """Return the mean change from baseline with its paired t interval."""
    row = {
        "group1_level": run.treatment,
        "variable_level": run.endpoint.unit,
        "N": run.size_of(run.population),
        "conf.level": run.conf_level,
        **mean_change(pairs(run), run),
        "remark": ". ".join(notes_on(analysis_data(run), run.endpoint, run.trial.plan.allowed)),
    }
    return endpoint_results(run, [row], "change", group1="arm", method=paired_words(run))


@change.shows
def answer(change: Results, run: Settings) -> Reading:
    """Say the mean change and its interval in one sentence."""
    row = change.wide().to_dict("records")[0]
    return Reading(
        [
            f"{run.endpoint.name}, {run.treatment}: mean {row['estimate']} {run.endpoint.unit} "
            f"({row['conf.level']} interval {row['conf.low']} to {row['conf.high']}), in "
            f"{row['n']} of {numbered(row['N'], 'participant')}; without a comparator this is a "
            f"change "
            "during treatment, not an effect of it.",
            *([f"{row['remark']}."] if isinstance(row.get("remark"), str) else []),
            *synthetic_words(change),
        ],
        change,
        heading="The answer",
    )


@change.shows
def answer_figure(_change: Results, run: Settings) -> Figure:
    """Draw every participant before and after, the means, and the sorted changes."""
    single, summary = individuals(run), observed(run)
    frame = numbers(single, "base", "value", "change")
    means = numbers(summary, "mean", "conf.low", "conf.high").set_index("variable_level")
    words = summary.wide().set_index("variable_level")
    unit, visit = run.endpoint.unit, run.endpoint.visit
    look = arm_looks(run.arms)[run.treatment]

    def draw(canvas: Canvas, narrow: bool) -> None:
        left, right = canvas.subplots(2, 1) if narrow else canvas.subplots(1, 2)
        _draw_before_and_after(left, frame, means, words["mean"], visit, look)
        left.set_ylabel(unit or "Value")
        _draw_changes(right, frame["change"], means.loc[CHANGE], words.loc[CHANGE, "mean"], look)
        right.set_title(f"Change{f', {unit}' if unit else ''}", loc="left")

    said = words.loc[CHANGE]
    return Figure(
        title="Each participant before and after, and the mean"
        if run.in_lines.group == 1
        else "Participants before and after, and the mean",
        alt=f"{numbered(len(frame), 'line')} from baseline to {visit}, each "
        f"{who_words(run.in_lines)}; the mean goes from "
        f"{words.loc[BASELINE, 'mean']} to {words.loc[visit, 'mean']} {unit}. Beside it the "
        f"changes, sorted, with their mean {said['mean']} ({said['conf.low']} to "
        f"{said['conf.high']}).",
        draw=draw,
        height=3.8,
        narrow_height=6.8,
        results=combine([single, summary]),
        caption=f"Grey: {who_words(run.in_lines)} each; in colour: means, intervals. "
        f"Zero: no change.{too_many_words(len(run.subjects()))}",
    )


def _draw_before_and_after(
    axes: Axes, frame: pd.DataFrame, means: pd.DataFrame, words: pd.Series, visit: str, look: Look
) -> None:
    for row in frame.to_dict("records"):
        axes.plot([0, 1], [row["base"], row["value"]], color=COLOURS["grey"], lw=0.7, alpha=0.5)
    at = means.loc[[BASELINE, visit]]
    axes.plot([0, 1], at["mean"], marker=look.mark, ls=look.line, color=look.colour, lw=2.4, ms=6,
              zorder=4)  # fmt: skip
    axes.vlines([0, 1], at["conf.low"], at["conf.high"], color=look.colour, lw=2.4, zorder=4)
    for x, time, side in ((0, BASELINE, "right"), (1, visit, "left")):
        axes.annotate(
            words[time], (x, at.loc[time, "mean"]), (-9 if x == 0 else 9, 0),
            textcoords="offset points", ha=side, va="center", color=look.colour, weight="bold",
        )  # fmt: skip
    axes.set_xticks([0, 1], [BASELINE, visit])
    axes.set_xlim(-0.35, 1.35)
    axes.set_title("Before and after", loc="left")


def _draw_changes(axes: Axes, changes: pd.Series, mean: pd.Series, words: str, look: Look) -> None:
    axes.plot(range(1, len(changes) + 1), changes, "o", color=COLOURS["grey"], ms=3.5)
    axes.axhspan(mean["conf.low"], mean["conf.high"], color=look.colour, alpha=0.18, lw=0)
    axes.axhline(mean["mean"], color=look.colour, lw=1.8)
    axes.axhline(0, color=COLOURS["ink"], lw=0.8)
    axes.annotate(
        f"mean {words}", (1, mean["conf.high"]), (0, 4), textcoords="offset points",
        color=look.colour, weight="bold", fontsize=9,
    )  # fmt: skip
    axes.set_xlabel("Participants by their change")


@section
def limits(run: Settings) -> Results:
    """Return what a study without a concurrent comparator cannot show."""
    said = LIMITS | (GROWTH_LIMITS if run.trial.plan.growth else {})
    said |= SYNTHETIC_LIMIT if run.data_status == "synthetic" else {}
    frame = pd.DataFrame({"group1_level": list(said), "text": list(said.values())})
    return run.results(frame.assign(population=""), "limits", group1="limit", context="design")


@limits.shows
def limits_reading(limits: Results, _run: Settings) -> Reading:
    """Say them."""
    sentences = list(limits.frame["stat_fmt"])
    return Reading(sentences, limits, heading="What a single-arm study cannot show")

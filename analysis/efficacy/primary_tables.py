"""The primary endpoint as observed, and the means of the primary model with their residuals."""

import numpy as np
import pandas as pd
from scipy import special

from analysis.display import columns
from analysis.display.arms import arm_looks
from analysis.display.figures import COLOURS, Canvas, Figure
from analysis.display.legends import name_marks_of
from analysis.display.rows import numbers, unit_words
from analysis.display.tables import Column, Table
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.primary import analyse, fitted
from analysis.efficacy.rows import described, endpoint_results
from analysis.efficacy.settings import Settings, need_kind
from analysis.results import Results, section
from analysis.results.intervals import TESTED, interval_columns
from analysis.results.points import points_of, who_words

SHOWN = ("n", "mean", "sd", "median", "min", "max")
"""Statistics of the observed values."""


@section
def observed(run: Settings) -> Results:
    """Return n, mean, SD, median and range of baseline, value and change in each arm."""
    need_kind(run, "continuous")
    data = analysis_data(run)
    times = {"BASE": "Baseline", "AVAL": run.endpoint.visit, "CHG": "Change"}
    rows = []
    for arm in run.arms:
        own = data[data["arm"] == arm]
        for variable, label in times.items():
            if variable in own:
                place = {"group1_level": arm, "variable": run.endpoint.paramcd}
                found = described(own[variable], *SHOWN)
                rows.append(place | {"variable_level": label} | found)
    return endpoint_results(
        run, rows, "primary-observed", group1="arm",
        method="observed values; median by SAS definition 5",
    )  # fmt: skip


@observed.shows
def observed_table(observed: Results, run: Settings) -> Table:
    """Show the observed values of the primary endpoint."""
    return Table(
        title=f"{run.endpoint_words}, observed{unit_words(observed)}",
        results=observed,
        groups="group1_level",
        labels={"variable_level": "Time"},
        columns=[columns.N, columns.MEAN_SD, columns.MEDIAN, columns.RANGE],
        footnotes=[f"Population: {run.population_words}. Observed values, no model."],
    )


@section
def means(run: Settings) -> Results:
    """Return the least-squares mean of each arm with its interval."""
    need_kind(run, "continuous")
    primary = analyse(run)
    rows = [
        {"group1_level": arm, **interval_columns(each, *TESTED)}
        for arm, each in primary.means.items()
    ]
    return endpoint_results(run, rows, "primary-ls-means", group1="arm", method=primary.words)


@means.shows
def means_table(means: Results, run: Settings) -> Table:
    """Show the least-squares means."""
    return Table(
        title=f"{run.endpoint_words}, least-squares means{unit_words(means)}",
        results=means,
        labels={"group1_level": "Arm"},
        columns=[Column("LS mean", "{estimate}"), *columns.PRECISION],
        footnotes=[f"Population: {run.population_words}. {analyse(run).words}."],
    )


@section
def diagnostics(run: Settings) -> Results:
    """Return what a residual plot and a normal quantile plot draw, as far as the plan allows it.

    One row a participant, numbered and never named, or several, see `points_of`.
    """
    need_kind(run, "continuous")
    model = fitted(run)
    found = model.residuals
    order = np.argsort(np.argsort(found["residual"], kind="stable"), kind="stable")
    rows = pd.DataFrame(
        {
            "group1_level": found["arm"],
            "variable": "",
            "fitted": found["fitted"],
            "residual": found["residual"],
            "quantile": special.ndtri((np.asarray(order) + 0.625) / (len(found) + 0.25)),
        }
    )
    allowed, shown = run.trial.plan.allowed, ["residual", "fitted", "quantile"]
    rows = points_of(rows, shown, allowed, by=["group1_level"], places=run.places + 2)
    # The number within an arm is not enough: a row is of an arm, and of nobody.
    level = "participant" if allowed.group == 1 else "group"
    rows["variable_level"] = [f"{level} {number}" for number in range(1, len(rows) + 1)]
    return endpoint_results(
        run,
        rows.drop(columns="number").to_dict("records"),
        "primary-diagnostics",
        group1="arm",
        method=model.words,
    )


@diagnostics.shows
def diagnostics_figure(diagnostics: Results, run: Settings) -> Figure:
    """Draw residuals against fitted values and against normal quantiles."""
    frame, looks = numbers(diagnostics, "fitted", "residual", "quantile"), arm_looks(run.arms)
    by_arm = dict(iter(frame.groupby("group1_level")))
    allowed = run.trial.plan.allowed
    marks = f"A mark is {who_words(allowed)}. " if allowed.group > 1 else ""

    def draw(canvas: Canvas, narrow: bool) -> None:
        panels = canvas.subplots(2, 1) if narrow else canvas.subplots(1, 2)
        for axes, x, label in zip(
            panels, ("fitted", "quantile"), ("Fitted value", "Normal quantile"), strict=True
        ):
            for arm in (each for each in run.arms if each in by_arm):
                rows = by_arm[arm]
                axes.plot(
                    rows[x], rows["residual"], looks[arm].mark, ms=3.5, alpha=0.6,
                    color=looks[arm].colour, label=arm,
                )  # fmt: skip
            axes.set(xlabel=label, ylabel="Residual")
            axes.axhline(0, color=COLOURS["pale"], zorder=0)
        name_marks_of(canvas, panels[0], narrow=narrow)

    return Figure(
        title="Residuals of the primary model",
        alt="Two scatter plots of the residuals: against the fitted value, where no pattern "
        "should be seen, and against normal quantiles, where the points should form a line.",
        draw=draw,
        height=3.0,
        narrow_height=5.6,
        results=diagnostics,
        caption=f"{run.model}, at {run.endpoint.visit}. {marks}A fan against the fitted "
        "value means unequal variances, a curve against normal quantiles a skewed distribution; "
        "either would make the robust analyses below matter more.",
    )

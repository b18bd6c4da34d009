"""How the efficacy notebooks look: sentences, tables and figures of `analysis.efficacy`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.display.figures import COLOURS, Figure
from analysis.display.forest import forest_figure
from analysis.display.reading import Reading
from analysis.display.sections import (
    ARM_COLOURS,
    ARM_MARKS,
    has,
    method_words,
    numbers,
    or_reason,
    synthetic_words,
    unit_words,
)
from analysis.display.tables import Column, Table
from analysis.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


@or_reason
def answer(contrasts: Results, endpoint: str, unit: str) -> Reading:
    """Say the primary estimate, its interval, the bound and the verdict in one sentence."""
    row = contrasts.wide().to_dict("records")[0]
    goal = {
        "non-inferior": "so non-inferiority is shown",
        "superior": "so superiority is shown",
        "not shown": f"so it is not shown ({row.get('reason', '')})",
    }[row["conclusion"]]
    return Reading(
        [
            f"{endpoint}, {row['group1_level']}: {row['estimate']} {unit} "
            f"({row['conf.low']} to {row['conf.high']}); the bound is {row['margin']}, {goal}.",
            *synthetic_words(contrasts),
        ],
        contrasts,
        heading="The answer",
    )


@or_reason
def answer_figure(contrasts: Results, unit: str) -> Figure:
    """Draw the primary differences with their intervals and the bound."""
    return forest_figure(
        contrasts,
        title="Difference from the reference",
        labels=["group1_level"],
        unit=unit,
        caption="Dot: least-squares mean difference; bar: its interval. Dashed: the bound that "
        "the interval must clear.",
    )


@or_reason
def robustness_figure(robustness: Results, unit: str) -> Figure:
    """Draw the difference by every analysis, the bound drawn; agreement is no analysis."""
    rows = robustness.frame
    return forest_figure(
        Results(rows[rows["group1_level"] != "Agreement"].reset_index(drop=True)),
        title="The same difference by other populations, models and assumptions",
        labels=["group1_level"],
        unit=unit,
        caption="Dot: estimate; bar: interval. Dashed: the bound of the verdict. An analysis "
        "without a dot is not estimable; the table says why.",
    )


@or_reason
def subgroups_figure(subgroups: Results, unit: str) -> Figure:
    """Draw the difference in every subgroup."""
    return forest_figure(
        subgroups,
        title="Difference in subgroups",
        labels=["group1_level", "group2_level"],
        unit=unit,
        caption="Subgroups are small, were not randomised within and are not adjusted for their "
        "number: a difference between them is a question, not a finding.",
    )


@or_reason
def observed_table(observed: Results, population: str) -> Table:
    """Show the observed values of the primary endpoint."""
    return Table(
        title=f"Primary endpoint, observed{unit_words(observed)}",
        results=observed,
        groups="group1_level",
        labels={"variable_level": "Time"},
        columns=[
            Column("n", "{n}"),
            Column("Mean (SD)", "{mean} ({sd})"),
            Column("Median", "{median}"),
            Column("Range", "{min} to {max}"),
        ],
        footnotes=[f"Population: {population}. Observed values, no model."],
    )


@or_reason
def means_table(means: Results, population: str) -> Table:
    """Show the least-squares means."""
    return Table(
        title=f"Primary endpoint, least-squares means{unit_words(means)}",
        results=means,
        labels={"group1_level": "Arm"},
        columns=[
            Column("LS mean", "{estimate}"),
            Column("SE", "{std.error}"),
            Column("df", "{parameter}"),
            Column("Interval", "{conf.low} to {conf.high}"),
        ],
        footnotes=[f"Population: {population}. {method_words(means)}."],
    )


@or_reason
def contrasts_table(contrasts: Results, population: str) -> Table:
    """Show the differences from the reference, with the verdict on the planned one."""
    return Table(
        title=f"Primary endpoint, differences from the reference{unit_words(contrasts)}",
        results=contrasts,
        labels={"group1_level": "Difference"},
        columns=[
            Column("Estimate", "{estimate}"),
            Column("SE", "{std.error}"),
            Column("df", "{parameter}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("p", "{p.value}"),
            Column("Bound", "{margin}"),
            Column("Verdict", "{conclusion}", "text"),
        ],
        footnotes=[
            f"Population: {population}. {method_words(contrasts)}. p: two-sided, no difference. "
            "The verdict is read off the interval and the bound."
        ],
    )


@or_reason
def diagnostics_figure(diagnostics: Results) -> Figure:
    """Draw residuals against fitted values and against normal quantiles."""
    frame = numbers(diagnostics, "fitted", "residual", "quantile")

    def draw(canvas: Canvas, narrow: bool) -> None:
        panels = canvas.subplots(2, 1) if narrow else canvas.subplots(1, 2)
        for axes, x, label in zip(
            panels, ("fitted", "quantile"), ("Fitted value", "Normal quantile"), strict=True
        ):
            for number, (arm, rows) in enumerate(frame.groupby("group1_level", sort=False)):
                axes.plot(
                    rows[x], rows["residual"], ARM_MARKS[number % 4], ms=3.5, alpha=0.6,
                    color=ARM_COLOURS[number % 4], label=arm,
                )  # fmt: skip
            axes.set(xlabel=label, ylabel="Residual")
            axes.axhline(0, color=COLOURS["pale"], zorder=0)
        panels[0].legend(
            frameon=False, fontsize=8, labelcolor="linecolor", loc="lower left",
            bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0,
        )  # fmt: skip

    return Figure(
        title="Residuals of the primary model",
        alt="Two scatter plots of the residuals: against the fitted value, where no pattern "
        "should be seen, and against normal quantiles, where the points should form a line.",
        draw=draw,
        height=3.0,
        narrow_height=5.6,
        results=diagnostics,
        caption="A fan on the left means unequal variances, a curve on the right a skewed "
        "distribution; either would make the robust analyses below matter more.",
    )


@or_reason
def robustness_table(robustness: Results, population: str) -> Table:
    """Show every analysis of the robustness forest with its verdict."""
    return Table(
        title=f"Robustness: the same difference by other analyses{unit_words(robustness)}",
        results=robustness,
        labels={"group1_level": "Analysis"},
        columns=[
            Column("Estimate", "{estimate}"),
            Column("SE", "{std.error}"),
            Column("df", "{parameter}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("Verdict", "{conclusion}", "text"),
            Column("Rests on", "{detail}", "text"),
            *([Column("Remark", "{reason}", "text")] if has(robustness, "reason") else []),
        ],
        footnotes=[f"Population, where a row names no other: {population}."],
    )


@or_reason
def tipping_reading(tipping: Results, unit: str) -> Reading:
    """Say where the verdict breaks, and how far that is."""
    row = tipping.wide().to_dict("records")[0]
    if not isinstance(row.get("delta"), str):
        return Reading([f"Tipping point: the {row['conclusion']}; {row['reason']}."], tipping)
    return Reading(
        [
            f"Tipping point: the verdict changes when every imputed value of the treated is moved "
            f"by {row['delta']} {unit}, which is {row['delta.sd']} standard deviations of the "
            "endpoint. Whether so much is plausible is a clinical judgement."
        ],
        tipping,
    )


@or_reason
def visits_figure(visits: Results, unit: str) -> Figure:
    """Draw the observed mean of each arm over the visits."""
    frame = numbers(visits, "mean", "conf.low", "conf.high")
    names = list(dict.fromkeys(frame["group2_level"]))
    arms = list(dict.fromkeys(frame["group1_level"]))

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        for number, arm in enumerate(arms):
            rows = frame[frame["group1_level"] == arm]
            at = [
                names.index(visit) + 0.08 * (number - (len(arms) - 1) / 2)
                for visit in rows["group2_level"]
            ]
            colour = ARM_COLOURS[number % 4]
            axes.plot(at, rows["mean"], ARM_MARKS[number % 4] + "-", color=colour, label=arm)
            axes.vlines(at, rows["conf.low"], rows["conf.high"], color=colour, lw=1.6)
        axes.set_xticks(range(len(names)), names)
        axes.set_ylabel(f"Mean{f', {unit}' if unit else ''}")
        axes.legend(
            frameon=False, fontsize=9, labelcolor="linecolor", loc="lower left",
            bbox_to_anchor=(0, 1), ncols=1 if narrow else len(arms), borderaxespad=0,
        )  # fmt: skip

    last = visits.select(group2_level=names[-1]).wide()
    said = ", ".join(f"{row['group1_level']} {row['mean']}" for row in last.to_dict("records"))
    return Figure(
        title="The endpoint over the visits, observed",
        alt=f"Line plot of observed means by visit. At {names[-1]}: {said}.",
        draw=draw,
        height=3.6,
        narrow_height=4.2,
        results=visits,
        caption="Means with their intervals; observed values only.",
    )


@or_reason
def visits_table(visits: Results, population: str) -> Table:
    """Show the observed means by visit."""
    return Table(
        title=f"The endpoint over the visits, observed{unit_words(visits)}",
        results=visits,
        groups="group2_level",
        labels={"group1_level": "Arm"},
        columns=[
            Column("n", "{n}"),
            Column("Mean (SD)", "{mean} ({sd})"),
            Column("Interval of the mean", "{conf.low} to {conf.high}"),
        ],
        footnotes=[f"Population: {population}. {method_words(visits)}."],
        folded=True,
    )


@or_reason
def differences_table(
    differences: Results, title: str, label: str, level: str, population: str
) -> Table:
    """Show differences by visit or by endpoint."""
    return Table(
        title=title,
        results=differences,
        labels={level: label},
        columns=[
            Column("n", "{n}"),
            Column("Difference", "{estimate}"),
            Column("SE", "{std.error}"),
            Column("df", "{parameter}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("p", "{p.value}"),
            *([Column("Remark", "{reason}", "text")] if has(differences, "reason") else []),
        ],
        footnotes=[
            f"{differences.frame['group1_level'].iloc[0]}. Population: {population}. "
            f"{method_words(differences)}."
        ],
    )


@or_reason
def subgroups_table(subgroups: Results, population: str) -> Table:
    """Show the differences in subgroups with the interaction p-values."""
    return Table(
        title=f"Difference in subgroups{unit_words(subgroups)}",
        results=subgroups,
        labels={"group1_level": "Variable", "group2_level": "Subgroup"},
        columns=[
            Column("n", "{n}"),
            Column("Difference", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("p of the interaction", "{p.value}"),
            *([Column("Remark", "{reason}", "text")] if has(subgroups, "reason") else []),
        ],
        footnotes=[
            f"Population: {population}. {method_words(subgroups)}; not adjusted for the number "
            "of subgroups."
        ],
    )

"""How the efficacy notebooks look: sentences, tables and figures of `analysis.efficacy`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.display.diagrams import Arrow, Box, Diagram
from analysis.display.figures import COLOURS, Figure
from analysis.display.reading import Reading
from analysis.display.sections import (
    ARM_COLOURS,
    method_words,
    numbers,
    or_reason,
)
from analysis.display.tables import Column, Table
from analysis.results import Results, combine

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


@or_reason
def truth_reading(truth: Results, unit: str) -> Reading:
    """Say with which difference synthetic data were generated."""
    return Reading(
        [
            f"These data are synthetic: they were generated with a true difference of "
            f"{truth.text('true')} {unit} between children alike at baseline. An estimate away "
            "from it shows what chance does in a trial of this size, and nothing about a product."
        ],
        truth,
    )


def estimand_table(estimand: Results) -> Table:
    """Show the planned estimand."""
    return Table(
        title="Estimand of the primary endpoint (ICH E9(R1))",
        results=estimand,
        labels={"group1_level": "Attribute"},
        columns=[Column("In words", "{text}", "text")],
    )


@or_reason
def flow_diagram(disposition: Results) -> Diagram:
    """Draw the flow of participants from the data (CONSORT)."""
    counts = disposition.wide()
    everyone = counts[counts["group1_level"] == "All"].set_index("variable")["n"]
    arms = [arm for arm in dict.fromkeys(counts["group1_level"]) if arm != "All"]
    steps = {
        arm: counts[(counts["group1_level"] == arm) & (counts["variable"] != "Stopped")]
        .set_index("variable")["n"]
        for arm in arms
    }  # fmt: skip
    stopped = {
        arm: ", ".join(
            f"{row['variable_level'].lower()} {row['n']}"
            for row in counts[
                (counts["group1_level"] == arm) & (counts["variable"] == "Stopped")
            ].to_dict("records")
        )
        for arm in arms
    }
    top = Box(
        "screened",
        f"Screened {everyone['Screened']}",
        f"not randomised {everyone['Not randomised']}",
    )
    rows = [
        [top],
        [
            Box(
                f"r{i}",
                f"{arm}",
                f"randomised {steps[arm]['Randomised']}, treated {steps[arm]['Treated']}",
            )
            for i, arm in enumerate(arms)
        ],
        [Box(f"s{i}", "Stopped early", stopped[arm] or "none") for i, arm in enumerate(arms)],
        [
            Box(
                f"a{i}",
                f"Analysed {steps[arm]['Analysed']}",
                f"completed {steps[arm]['Completed']}",
            )
            for i, arm in enumerate(arms)
        ],
    ]
    arrows = [Arrow("screened", f"r{i}") for i in range(len(arms))]
    arrows += [Arrow(f"r{i}", f"s{i}") for i in range(len(arms))]
    arrows += [Arrow(f"s{i}", f"a{i}") for i in range(len(arms))]
    said = "; ".join(
        f"{arm}: randomised {steps[arm]['Randomised']}, completed {steps[arm]['Completed']}, "
        f"analysed {steps[arm]['Analysed']}"
        for arm in arms
    )
    return Diagram(
        title="Flow of participants",
        alt=f"Screened {everyone['Screened']}. {said}.",
        rows=rows,
        arrows=arrows,
        results=disposition,
        caption="Counted from the data; analysed: the population of this run.",
    )


@or_reason
def deviations_table(deviations: Results) -> Table:
    """Show the protocol deviations by category."""
    sizes = deviations.frame.drop_duplicates("group1_level")
    who = "; ".join(f"{row.group1_level} N {row.n_population}" for row in sizes.itertuples())
    return Table(
        title="Protocol deviations, participants n (%)",
        results=deviations,
        groups="group2_level",
        labels={"variable": "Deviation"},
        across="group1_level",
        columns=[Column("", "{n} ({p})")],
        footnotes=[f"Everyone with an arm: {who}. A participant counts once in each row."],
    )


@or_reason
def exclusions_table(exclusions: Results) -> Table:
    """Show the protocol deviations behind the per-protocol set."""
    return Table(
        title="Protocol deviations that end the per-protocol set, participants",
        results=exclusions,
        labels={"variable": "Reason"},
        across="group1_level",
        columns=[Column("", "{n}")],
    )


@or_reason
def curves_figure(curves: Results, arm: str, reference: str) -> Figure:
    """Draw height against age of one arm over the reference centiles, girls and boys."""
    frame = numbers(curves, "age", "height")
    own = frame[frame["group1_level"] == arm]
    centiles = frame[frame["group1_level"] == "reference"]
    sexes = list(dict.fromkeys(centiles["group2_level"]))

    def draw(canvas: Canvas, narrow: bool) -> None:
        shape = (len(sexes), 1) if narrow else (1, len(sexes))
        panels = np.atleast_1d(canvas.subplots(*shape, sharex=True, sharey=True))
        for axes, sex in zip(panels, sexes, strict=True):
            for name, line in centiles[centiles["group2_level"] == sex].groupby("variable"):
                axes.plot(line["age"], line["height"], color=COLOURS["grey"], lw=1, zorder=1)
                last = line.iloc[-1]
                axes.annotate(
                    str(name).removeprefix("centile "), (last["age"], last["height"]), (3, 0),
                    textcoords="offset points", fontsize=8, color=COLOURS["grey"], va="center",
                )  # fmt: skip
            for _, child in own[own["group2_level"] == sex].groupby("variable"):
                axes.plot(
                    child["age"], child["height"], "-", color=COLOURS["orange"], lw=0.9, alpha=0.7
                )
            axes.set_title(sex, loc="left")
            axes.set_xlabel("Age, years")
        panels[0].set_ylabel("Height, cm")

    count = own["variable"].nunique()
    return Figure(
        title=f"Growth curves, {arm}",
        alt=f"Height against age of {count} children on {arm}, over the 3rd, 50th and 97th "
        f"centile of {reference}, by sex.",
        draw=draw,
        height=3.9,
        narrow_height=3.6 * len(sexes),
        results=curves,
        caption="One line a child, from the visit before treatment on; grey: centiles of "
        f"{reference}.",
    )


@or_reason
def responders_table(responders: Results, population: str) -> Table:
    """Show the share of responders and its difference."""
    return Table(
        title=str(responders.frame["variable"].iloc[0]),
        results=responders,
        labels={"group1_level": "Arm"},
        columns=[
            Column("Responders", "{n} of {N}"),
            Column("Missing", "{N_miss}"),
            Column("Per cent", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
        ],
        footnotes=[
            f"Population: {population}; a missing value counts as no response. "
            f"{method_words(responders)}."
        ],
    )


@or_reason
def distribution_figure(distribution: Results, threshold: float) -> Figure:
    """Draw the cumulative distribution of response."""
    frame = numbers(distribution, "change", "p")
    arms = list(dict.fromkeys(frame["group1_level"]))

    def draw(canvas: Canvas, _narrow: bool) -> None:
        axes = canvas.subplots()
        for number, arm in enumerate(arms):
            rows = frame[frame["group1_level"] == arm]
            axes.step(
                rows["change"], rows["p"], where="pre", color=ARM_COLOURS[number % 4], label=arm,
                ls="-" if number % 2 == 0 else "--",
            )  # fmt: skip
        axes.axvline(threshold, color=COLOURS["pale"], zorder=0)
        axes.set(xlabel="Change in height SDS", ylabel="Share that reaches it, %", ylim=(0, 102))
        axes.legend(frameon=False, labelcolor="linecolor", loc="upper right", fontsize=9)

    return Figure(
        title="Distribution of response",
        alt=f"Step curves of the share of {' and '.join(arms)} whose change in height SDS "
        f"reaches each value; a line marks {threshold:g}.",
        draw=draw,
        height=3.4,
        narrow_height=3.6,
        results=distribution,
        caption="Observed changes. The further right a curve, the better the arm grew.",
    )


def sets_table(sets: Results) -> Table:
    """Show the analysis sets."""
    return Table(
        title="Analysis sets, participants",
        results=sets,
        labels={"variable": "Population"},
        across="group1_level",
        columns=[Column("", "{n}")],
    )


@or_reason
def baseline_table(baseline: Results) -> Table:
    """Show the baseline characteristics, arm by arm."""
    sizes = baseline.frame.drop_duplicates("group1_level")
    header = "; ".join(f"{r.group1_level} N {r.n_population}" for r in sizes.itertuples())
    measured = baseline.frame["stat_name"].eq("mean").any()
    return Table(
        title="Baseline characteristics",
        results=_composed(baseline),
        labels={"variable": "Characteristic", "variable_level": "Level"},
        across="group1_level",
        columns=[Column("", "{shown}")],
        footnotes=[
            f"Population: {header}. Numbers: mean (SD) [minimum, maximum]; categories: n (%)."
            if measured
            else f"Population: {header}. n (%).",
            "No baseline p-values: differences between randomised arms arise by chance.",
        ],
    )


def _composed(baseline: Results) -> Results:
    """Write mean (SD) [range] and n (%) into one cell each; the numbers stay results."""
    wide = baseline.wide()
    rows = []
    for row in wide.to_dict("records"):
        has_mean = isinstance(row.get("mean"), str)
        text = (
            f"{row['mean']} ({row.get('sd', '–')}) [{row['min']}, {row['max']}]"
            if has_mean
            else f"{row['n']} ({row.get('p', '–')})"
        )
        like = baseline.select(
            group1_level=row["group1_level"],
            variable=row["variable"],
            variable_level=row["variable_level"],
        ).frame.iloc[:1]
        rows.append(like.assign(stat_name="shown", stat_label="As shown", stat=None, stat_fmt=text))
    return combine([Results(pd.concat([baseline.frame, *rows], ignore_index=True))])

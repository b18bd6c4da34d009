"""Looks before the end: bounds of the recommended trial, what they cost and what they save."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, Figure
from analysis.display.reading import Reading
from analysis.display.rows import both, numbers
from analysis.display.tables import Column, Table
from analysis.numbers import level, percent
from analysis.results import Results, section
from analysis.trial_design.looks import BOUNDARIES, sequence, simulated_looks
from analysis.trial_design.settings import DesignRun
from analysis.words import listed

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

LOOKS = (("blue", "o", "-"), ("orange", "s", "-"), ("green", "^", "--"))
MARKS = dict(zip(BOUNDARIES, LOOKS, strict=True))
"""Colour, mark and line of each boundary."""
IN_EVENTS = (
    "The information is that of events: a look comes when that share of them has occurred. The "
    "participants shown are those who would have it at the end of the trial."
)
"""What participants at a look stand for where times are compared."""
EFFECTS = 13
"""True effects on the curve of the expected size."""


@section
def bounds(run: DesignRun) -> Results:
    """Return the bounds of the recommended trial with looks.

    Returns
    -------
    Results
        For each boundary (``group1_level``) and look (``group2_level``): ``information``,
        ``n.test``, ``n.reference``, ``boundary.z``, ``nominal.p``, ``alpha.spent`` and ``power``,
        both of a success so far.
    """
    rows = [
        {
            "group1_level": name, "group2_level": f"look {row.look}", "information": row.fraction,
            "n.test": n_test, "n.reference": n_reference, "boundary.z": row.bounds,
            "nominal.p": row.nominal_p, "alpha.spent": row.alpha_spent, "power": row.power_reached,
            "method": f"recursive numerical integration, {found.bounds.boundary}",
            "source": "parameters",
        }
        for name, boundary in BOUNDARIES.items()
        for found in [sequence(run, boundary)]
        for row, (n_test, n_reference) in zip(
            found.bounds.to_frame().itertuples(), found.looks, strict=True
        )
    ]  # fmt: skip
    return run.results(pd.DataFrame(rows), "bounds", group1="boundary", group2="look", unit="")


@bounds.shows
def bounds_table(bounds: Results, run: DesignRun) -> Table:
    """Show the bounds of the recommended trial with looks."""
    return Table(
        title=f"Bounds for early success, planned for a power of {_planned(run)}",
        results=bounds,
        groups="group1_level",
        labels={"group2_level": "Look"},
        columns=[
            Column("Information, %", "{information}"),
            Column("Analysed", "{n.test} v {n.reference}"),
            Column("Bound", "{boundary.z}"),
            Column("One-sided p", "{nominal.p}"),
            Column("Alpha spent, %", "{alpha.spent}"),
            Column("Success so far, %", "{power}"),
        ],
        footnotes=[
            "A look ends the trial when its one-sided p is at or below the one shown; with few "
            "participants p is that of the t test. Success so far: if the effect is as assumed. No "
            "bound ends a trial for futility.",
            "Bounds by spending are computed anew when a look comes at another time than planned.",
            *([IN_EVENTS] if run.kind.null == 1 else []),
        ],
    )


@bounds.shows
def bounds_figure(bounds: Results, _run: DesignRun) -> Figure:
    """Draw the bounds over the information."""
    frame = numbers(bounds, "information", "boundary.z")

    def draw(canvas: Canvas, narrow: bool) -> None:
        place = canvas.subplots()
        for name, (colour, mark, line) in MARKS.items():
            own = frame[frame["group1_level"] == name]
            place.plot(own["information"], own["boundary.z"], line, marker=mark, ms=5, lw=1.6,
                       color=COLOURS[colour], label=name)  # fmt: skip
        place.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        place.set(xlabel="Information", ylabel="Bound, standard normal", xlim=(0, 1.03))
        canvas.legend(loc="outside upper left", ncols=1 if narrow else 3, frameon=False,
                      fontsize=8.5)  # fmt: skip

    told = [
        f"{name}: "
        + ", ".join(frame.loc[frame["group1_level"] == name, "boundary.z"].map("{:.2f}".format))
        for name in MARKS
    ]
    return Figure(
        title="Bounds over the information",
        alt=f"Bounds of each look by boundary. {'; '.join(told)}.",
        draw=draw, height=3.4, narrow_height=4.0, results=bounds,
        caption="A statistic at or above its bound ends the trial with success.",
    )  # fmt: skip


def _planned(run: DesignRun) -> str:
    return percent(max(run.parameters.power))


@section
def expected_size(run: DesignRun) -> Results:
    """Return what looks cost and save, by boundary, and by simulation for a measurement.

    Returns
    -------
    Results
        For each boundary (``group1_level``): ``n.fixed`` and ``n.most`` analysed without looks and
        at most, ``n.randomised``, ``inflation``, ``n.expected`` if the effect is as assumed and
        ``n.expected.null`` at the margin. Of a measurement also the simulated ``null.shown``,
        ``power.simulated`` and ``n.simulated``, with ``null.error`` and ``mc.error``.
    """
    rows = []
    for name, boundary in BOUNDARIES.items():
        found = sequence(run, boundary)
        rows.append(
            {
                "group1_level": name, "n.fixed": found.fixed_total, "n.most": sum(found.looks[-1]),
                "n.randomised": found.randomised, "inflation": found.bounds.inflation,
                "n.expected": found.bounds.expected_h1 * found.fixed_total,
                "n.expected.null": found.bounds.expected_h0 * found.fixed_total,
                "method": f"recursive numerical integration, {boundary}", "source": "parameters",
            }
            | simulated_looks(run, found)
        )  # fmt: skip
    return run.results(pd.DataFrame(rows), "expected-size", group1="boundary", unit="")


@expected_size.shows
def expected_reading(expected: Results, run: DesignRun) -> Reading:
    """Say what the looks cost at most, and what they save on average."""
    return Reading([looks_sentence(run.parameters.looks, both(expected)[0])], expected)


def looks_sentence(fractions: list[float], rows: list[dict[Any, Any]]) -> str:
    """Say what the looks cost at most, and what they save on average."""
    if len(fractions) < 2:
        return "The trial has one look, at its end: nothing is saved and nothing is paid."
    told = [
        f"{row['n.most']} by {row['group1_level']} ({row['n.expected']} on average)" for row in rows
    ]
    return (
        f"With looks at {listed([level(each) for each in fractions])} of the information at most "
        f"{listed(told)} are analysed if the effect is as assumed, instead of {rows[0]['n.fixed']}."
    )


@expected_size.shows
def expected_table(expected: Results, run: DesignRun) -> Table:
    """Show what looks cost and save."""
    simulated = "null.shown" in set(expected.frame["stat_name"])
    of_simulation = [
        Column("Shown at the margin, %", "{null.shown} ± {null.error}"),
        Column("Power, %", "{power.simulated} ± {mc.error}"),
        Column("Analysed on average", "{n.simulated}"),
    ]
    notes = (
        f"Shown at the margin, power and analysed on average: {run.parameters.simulations} "
        f"simulated trials, ± Monte Carlo standard error; one-sided level "
        f"{level(run.assumptions.alpha)}; t tests at the nominal levels, with the covariates of "
        "the plan."
    )
    return Table(
        title="What looks cost and save",
        results=expected,
        labels={"group1_level": "Boundary"},
        columns=[
            Column("Without looks", "{n.fixed}"),
            Column("At most", "{n.most}"),
            Column("Randomised", "{n.randomised}"),
            Column("Inflation", "{inflation}"),
            Column("Expected", "{n.expected}"),
            Column("Expected at the margin", "{n.expected.null}"),
            *(of_simulation if simulated else []),
        ],
        footnotes=[
            "Analysed participants of both arms. Inflation: information at most over that of the "
            "trial without looks. Expected: on average over trials that stop, if the effect is as "
            "assumed; at the margin: if it lies there.",
            *([notes] if simulated else []),
        ],
    )


@section
def course(run: DesignRun) -> Results:
    """Return the expected size over the true effect.

    Returns
    -------
    Results
        For each boundary (``group1_level``) and true effect (``assumed``, from the margin to
        beyond the assumption): ``n.expected`` and ``power``.
    """
    return run.results(
        pd.DataFrame(list(_course(run))), "looks-course", group1="boundary", unit=run.unit
    )


def _course(run: DesignRun) -> Iterator[dict[str, Any]]:
    shares = np.linspace(0, 1.5, EFFECTS)
    for name, boundary in BOUNDARIES.items():
        found = sequence(run, boundary)
        design = found.fixed.design
        low, high = design.at_margin_gain(), design.gain
        for row in found.bounds.at(shares).itertuples():
            effect = design.with_gain(low + row.effect * (high - low))
            yield {
                "group1_level": name, "variable_level": f"{effect:.6g}", "assumed": effect,
                "n.expected": row.expected * found.fixed_total, "power": row.power,
                "method": f"recursive numerical integration, {boundary}", "source": "parameters",
            }  # fmt: skip


@course.shows
def course_figure(course: Results, run: DesignRun) -> Figure:
    """Draw the expected size over the true effect."""
    frame = numbers(course, "assumed", "n.expected")
    total = sequence(run, next(iter(BOUNDARIES.values()))).fixed_total
    unit = f", {run.unit}" if run.unit else ""
    what = "True hazard ratio" if run.kind.null == 1 else "True difference"

    def draw(canvas: Canvas, narrow: bool) -> None:
        place = canvas.subplots()
        place.axhline(total, color=COLOURS["ink"], lw=1.2, ls=":", label="without looks")
        place.axvline(run.assumptions.effect, color=COLOURS["grey"], lw=1, ls=":")
        for name, (colour, _mark, line) in MARKS.items():
            own = frame[frame["group1_level"] == name].sort_values("assumed")
            place.plot(own["assumed"], own["n.expected"], line, lw=1.8, color=COLOURS[colour],
                       label=name)  # fmt: skip
        place.set(xlabel=f"{what}{unit}", ylabel="Analysed on average")
        place.set_ylim(bottom=0)
        canvas.legend(loc="outside upper left", ncols=1 if narrow else 2, frameon=False,
                      fontsize=8.5)  # fmt: skip

    told = [
        f"{name} from {own.iloc[0]:.0f} at the margin to {own.iloc[-1]:.0f}"
        for name in MARKS
        for own in [frame.loc[frame["group1_level"] == name, "n.expected"]]
    ]
    return Figure(
        title="Expected size over the true effect",
        alt=f"Participants analysed on average, {total} without looks: {'; '.join(told)}.",
        draw=draw, height=3.6, narrow_height=4.2, results=course,
        caption="From the margin to beyond the assumed effect (vertical line).",
    )  # fmt: skip

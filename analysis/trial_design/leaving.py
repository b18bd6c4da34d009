"""The price of missing data: power and bias of each strategy, where leaving hangs on response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.cluster import workers_for_simulation
from analysis.display.figures import COLOURS, Figure
from analysis.display.grouped_rows import GroupedRows
from analysis.display.rows import numbers
from analysis.display.tables import Column, Table
from analysis.errors import NoSection
from analysis.numbers import percent
from analysis.results import Results, section
from analysis.stats._checks import Array
from analysis.stats.laws import t_isf
from analysis.trial_design.designs import MeansDesign
from analysis.trial_design.engine import simulate
from analysis.trial_design.evaluated import SIMULATED, SIMULATION, monte_carlo
from analysis.trial_design.settings import DesignRun
from analysis.trial_design.sizes import sized
from analysis.trial_design.strategies import (
    BETWEEN_VISITS,
    EVERYONE,
    FAST,
    MECHANISMS,
    SLOW,
    VISITS,
    Estimates,
    LeavingTrials,
    shown,
)
from analysis.words import begins_sentence

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

EVERY = 16
"""Of so many trials one is analysed one by one, too."""
CHUNK = 64
"""Trials of a chunk: their analyses take long, so that a worker is given one chunk at a time."""


@section
def strategies(run: DesignRun) -> Results:
    """Return power and bias of each analysis of trials whose participants leave.

    Returns
    -------
    Results
        For each mechanism (``group1_level``) and analysis (``group2_level``): ``bias``, the mean
        estimate minus that of the same trials had nobody left, which has none, with its Monte
        Carlo standard error ``bias.error``;
        ``std.error``, the mean one; ``power.simulated`` with limits and ``mc.error``;
        ``holds.truth``, the share of intervals that hold the true effect; ``p.missing``; and
        ``draws``.

    Raises
    ------
    NoSection
        If the endpoint is no measurement.

    Notes
    -----
    Estimand: the difference had nobody left. Jump to reference estimates another, in which who
    leaves has from then on no more effect than on the reference.
    """
    design = sized(run, max(run.parameters.power)).design
    if not isinstance(design, MeansDesign):
        raise NoSection("strategies for missing data are compared for a measurement")
    asked = run.parameters
    experiments = [
        LeavingTrials(design=design, missing=asked.missing, mechanism=each, every=EVERY)
        for each in MECHANISMS
    ]
    with workers_for_simulation() as workers:
        found = simulate(
            experiments, asked.missing_trials, seed=asked.seed, workers=workers, chunk=CHUNK,
            at_once=1,
        )  # fmt: skip
    rows = [
        row
        for mechanism, each in zip(MECHANISMS, found, strict=True)
        for row in _rows(design, mechanism, each)
    ]
    return run.results(pd.DataFrame(rows), "missing", group1="mechanism", group2="analysis")


def _rows(design: MeansDesign, mechanism: str, found: Array) -> Iterator[dict[str, Any]]:
    """Give the row of each analysis."""
    for place, name in enumerate((*FAST, *SLOW)):
        estimates = Estimates(*found[3 * place : 3 * place + 3])
        made = np.isfinite(estimates.estimates)
        own = Estimates(*(each[made] for each in estimates))
        trials = int(made.sum())
        power = monte_carlo([int(shown(design, own).sum())], trials).iloc[0]
        half = t_isf(design.alpha, own.dfs) * own.std_errors
        error = own.estimates - design.effect
        # What the same trials give with everyone is without bias: what is left varies little.
        bias = error if name == EVERYONE else own.estimates - found[0][made]
        yield {
            "group1_level": begins_sentence(mechanism), "group2_level": name,
            "n.test": design.n_test, "n.reference": design.n_reference,
            "bias": bias.mean(), "bias.error": bias.std(ddof=1) / np.sqrt(trials),
            "std.error": own.std_errors.mean(), "power.simulated": power["share"],
            "power.low": power["low"], "power.high": power["high"], "mc.error": power["error"],
            "holds.truth": float((np.abs(error) <= half).mean()),
            "p.missing": 0.0 if name == EVERYONE else float(found[-1].mean()), "draws": trials,
            **SIMULATED, "method": SIMULATION,
        }  # fmt: skip


@strategies.shows
def strategies_figure(missing: Results, run: DesignRun) -> Figure:
    """Draw the power of each analysis, by what leaving hangs on."""
    frame = numbers(missing, "power.simulated", "power.low", "power.high").assign(
        bias=missing.wide()["bias"]
    )
    rows = GroupedRows(
        headings=list(frame["group1_level"]),
        names=list(frame["group2_level"]),
        numbers=[f"{percent(row['power.simulated'])}; bias {row['bias']}"
                 for row in frame.to_dict("records")],
    )  # fmt: skip
    target = max(run.parameters.power)

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        axes.axvline(target, color=COLOURS["grey"], lw=1, ls=":")
        for y, row in zip(rows.write(axes, narrow=narrow), frame.to_dict("records"), strict=True):
            colour = COLOURS["grey" if row["group2_level"] == EVERYONE else "blue"]
            axes.plot([row["power.low"], row["power.high"]], [y, y], color=colour, lw=1.6)
            axes.plot(row["power.simulated"], y, "o", ms=5, color=colour, mew=0)
        axes.grid(axis="x", color=COLOURS["pale"], lw=0.6)
        axes.set_axisbelow(True)
        axes.set(xlim=(min(frame["power.low"].min(), target) - 0.03, 1.02), xlabel="Power")
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")

    least = frame.loc[frame["power.simulated"].idxmin()]
    return Figure(
        title="The price of missing data",
        alt=f"Dot plot of the power of {frame['group2_level'].nunique()} analyses when "
        f"{percent(run.parameters.missing)} leave for {frame['group1_level'].nunique()} reasons; "
        f"the lowest is {percent(least['power.simulated'])}, {least['group2_level']}, "
        f"{least['group1_level'].lower()}.",
        draw=draw,
        height=1.0 + rows.height(narrow=False),
        narrow_height=1.0 + rows.height(narrow=True),
        results=missing,
        caption="Dot: simulated power; bar: its 95 % Monte Carlo interval; number: power and "
        f"bias{_unit(run)}. Dotted: the power that was planned, without missing data. Grey: the "
        "same trials, had nobody left.",
    )


def _unit(run: DesignRun) -> str:
    return f", {run.unit}" if run.unit else ""


@strategies.shows
def strategies_table(missing: Results, run: DesignRun) -> Table:
    """Show the numbers of each analysis, by what leaving hangs on."""
    return Table(
        title=f"The price of missing data, in numbers{_unit(run)}",
        results=missing,
        groups="group1_level",
        labels={"group2_level": "Analysis"},
        columns=[
            Column("Power, %", "{power.simulated} ({power.low} to {power.high})"),
            Column("MC error", "{mc.error}"),
            Column("Bias", "{bias}"),
            Column("MC error of bias", "{bias.error}"),
            Column("Mean SE", "{std.error}"),
            Column("Holds the truth, %", "{holds.truth}"),
            Column("Missing, %", "{p.missing}"),
            Column("Trials", "{draws}"),
        ],
        footnotes=[
            f"Trials of {missing.wide()['n.test'].iloc[0]} v "
            f"{missing.wide()['n.reference'].iloc[0]} participants at {VISITS} visits, the true "
            "effect as planned at each; one covariate has the planned correlation with every "
            "visit, and what it leaves of two visits correlates "
            f"{BETWEEN_VISITS:g} (assumed). Nobody comes back. On test who stands one SD lower "
            "leaves e times as often.",
            "Bias: mean estimate minus that of the same trials, had nobody left, which is without "
            "bias (its own row: minus the true effect). Jump to reference answers another "
            "question, in which who leaves loses what the test adds: its difference is no error. "
            f"One trial of {EVERY} is analysed by standardisation and by conditional means, "
            "with the jackknife; the models are those of the efficacy pages.",
        ],
        folded=True,
    )

"""Power curves: what becomes of the trial when one assumption is another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.contrasts.plausible import bounds
from analysis.display.figures import COLOURS, Figure
from analysis.display.rows import numbers
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.numbers import PROPORTION, percent
from analysis.results import Results, section
from analysis.stats._checks import Array
from analysis.trial_design.assumptions import Assumptions
from analysis.trial_design.evaluated import evaluated
from analysis.trial_design.planned import shown_as
from analysis.trial_design.settings import DesignRun
from analysis.trial_design.sizes import recommended
from analysis.words import listed, numbered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

POINTS = 9
"""Values of an assumption on its curve."""
LINES = [COLOURS["blue"], COLOURS["orange"], COLOURS["green"], COLOURS["purple"]]
ALLOCATIONS = (1 / 3, 1 / 2, 2 / 3, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)
MOST_DROPOUT, MOST_CORRELATION = 0.4, 0.9
"""Ends of the curves of two shares that no evidence bounds."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An assumption that varies.

    Attributes
    ----------
    name
        Of `Assumptions`.
    values
        From low to high.
    ratio
        Whether equal ratios are equally far apart.
    """

    name: str
    values: Array
    ratio: bool = False


def axes_of(run: DesignRun) -> Iterator[Axis]:
    """Give the assumptions that a design of the run's kind reads, each with its values."""
    assumed, shown = run.assumptions, shown_as(run)
    ratio = run.kind.null == 1
    yield Axis("effect", _effects(run), ratio)
    if "sd" in shown:
        yield Axis("sd", _sds(run))
    if "reference_share" in shown:
        yield Axis("reference_share", np.linspace(0.1, 0.9, POINTS))
    if ratio:
        yield Axis("margin", np.exp(np.log(assumed.margin) * np.linspace(0.5, 1.5, POINTS)), ratio)
    else:
        yield Axis("margin", assumed.margin * np.linspace(0.5, 1.5, POINTS))
    yield Axis("allocation", np.array(ALLOCATIONS), ratio=True)
    yield Axis("dropout", np.linspace(0, max(MOST_DROPOUT, assumed.dropout), POINTS))
    if "correlation" in shown and assumed.covariates:
        yield Axis(
            "correlation", np.linspace(0, max(MOST_CORRELATION, assumed.correlation), POINTS)
        )


def _effects(run: DesignRun) -> Array:
    """Return true effects from the margin to as far above the assumed one as a third of that."""
    design = run.design(2, 2)
    low, gain = design.at_margin_gain(), design.gain
    gains = np.linspace(low, max(gain, 0.0) + (gain - low) / 3, POINTS)
    return np.sort([design.with_gain(float(each)) for each in gains])


def _sds(run: DesignRun) -> Array:
    """Return SDs that comparable arms make plausible, else those around the assumed one."""
    sd = run.assumptions.sd
    try:
        found = bounds(run.evidence)
        low, high = found["sd_low"], found["sd_high"]
    except UserError:
        low, high = 0.6 * sd, 1.4 * sd
    return np.linspace(min(low, 0.9 * sd), max(high, 1.1 * sd), POINTS)


@section
def curves(run: DesignRun) -> Results:
    """Return the power of the recommended trials over each assumption, the others as planned.

    Returns
    -------
    Results
        For each power asked for (``group2_level``), assumption (``group1_level``) and value
        (``assumed``): ``power`` by the formula and the simulated one, as in
        `analysis.trial_design.sizes.recommendation`.

    Notes
    -----
    Those who are randomised stay as many. Over allocation and dropout they are divided anew.
    """
    asked, rows, designs = run.parameters, [], []
    for axis in axes_of(run):
        for found, power in zip(recommended(run), asked.power, strict=True):
            for value in axis.values.tolist():
                assumed = replace(run.assumptions, **{axis.name: value})
                if _possible(run, assumed):
                    designs.append(run.kind.of(assumed, *assumed.analysed(found.randomised)))
                    rows.append(_row(run, axis, value, power))
    frame = pd.DataFrame(rows)
    frame = frame.join(evaluated(designs, trials=asked.simulations, seed=asked.seed))
    return run.results(frame, "curves", group1="assumption", group2="power")


def _possible(run: DesignRun, assumed: Assumptions) -> bool:
    try:
        run.kind.check_own(assumed)
    except UserError:
        return False
    return True


def _row(run: DesignRun, axis: Axis, value: float, power: float) -> dict[str, Any]:
    """Return what places the power at one value of an assumption."""
    return {
        "group1_level": shown_as(run)[axis.name].words, "group2_level": percent(power),
        "variable_level": f"{value:.6g}", "assumed": value,
    }  # fmt: skip


@curves.shows
def curves_figure(curves: Results, run: DesignRun) -> Figure:
    """Draw the power over each assumption, by the formula and by simulation."""
    frame = numbers(curves, "assumed", "power", "power.simulated", "power.low", "power.high")
    axes = list(axes_of(run))
    names = [shown_as(run)[axis.name].words for axis in axes]
    powers = list(dict.fromkeys(frame["group2_level"]))
    sizes = [found.randomised for found in recommended(run)]
    keys = [f"{size} randomised" for size in sizes]

    def draw(canvas: Canvas, narrow: bool) -> None:
        across = 1 if narrow else 3
        down = -(-len(axes) // across)
        made = np.ravel(canvas.subplots(down, across, squeeze=False))
        for place, axis, name in zip(made, axes, names, strict=False):
            _panel(place, run, axis, frame[frame["group1_level"] == name], powers)
        for place in made[len(axes) :]:
            place.set_visible(False)
        for number, place in enumerate(made[: len(axes)]):
            if number % across == 0:
                place.set_ylabel("Power")
        canvas.legend(
            handles=_handles(made[0], keys), loc="outside upper left", ncols=2 if narrow else 4,
            frameon=False, fontsize=8.5, handlelength=1.4,
        )  # fmt: skip

    rows = -(-len(axes) // 3)
    return Figure(
        title="Power when one assumption is another",
        alt=_alt(frame, names, powers, sizes),
        draw=draw,
        height=0.6 + 2.4 * rows,
        narrow_height=0.9 + 2.1 * len(axes),
        results=curves,
        caption="Line: power by the formula; dot and bar: simulated power with its 95 % Monte "
        "Carlo interval, where it is wider than the dot. Dotted line: the value that the trial is "
        "planned with; grey lines: the powers asked for. As many are randomised whatever the "
        "value.",
    )


def _alt(frame: pd.DataFrame, names: list[str], powers: list[str], sizes: list[int]) -> str:
    ends = []
    for name in names:
        own = frame[(frame["group1_level"] == name) & (frame["group2_level"] == powers[-1])]
        first, last = own["power"].iloc[0], own["power"].iloc[-1]
        ends.append(f"{name.lower()} from {percent(first)} to {percent(last)}")
    return (
        f"{numbered(len(names), 'panel')} of power curves for {listed([str(s) for s in sizes])} "
        f"randomised participants. With {sizes[-1]}, the power over {'; over '.join(ends)}."
    )


def _panel(place: Axes, run: DesignRun, axis: Axis, frame: pd.DataFrame, powers: list[str]) -> None:
    shown = shown_as(run)[axis.name]
    per_cent = shown.unit == PROPORTION
    for target in run.parameters.power:
        place.axhline(target, color=COLOURS["pale"], lw=0.9, zorder=0)
    place.axvline(getattr(run.assumptions, axis.name), color=COLOURS["grey"], lw=1, ls=":")
    for power, colour in zip(powers, LINES, strict=False):
        own = frame[frame["group2_level"] == power].sort_values("assumed")
        place.plot(own["assumed"], own["power"], color=colour, lw=1.6)
        place.vlines(own["assumed"], own["power.low"], own["power.high"], color=colour, lw=1.2)
        place.plot(own["assumed"], own["power.simulated"], "o", ms=3.5, color=colour, mew=0)
    if axis.ratio:
        _ratio_scale(place, axis)
    elif per_cent:
        place.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
    unit = "%" if per_cent else shown.unit
    place.set(xlabel=f"{shown.words}{f', {unit}' if unit else ''}", ylim=(-0.03, 1.03))
    place.xaxis.label.set_fontsize(9)
    place.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    place.tick_params(labelsize=8.5)


def _ratio_scale(place: Axes, axis: Axis) -> None:
    """Write a few ratios on a logarithmic scale."""
    place.set_xscale("log")
    middle = float(np.sqrt(axis.values[0] * axis.values[-1]))
    ends = [axis.values[0], middle, axis.values[-1]]
    # The value of no effect takes the place of one that is near to it.
    ticks = [1.0 if abs(np.log(each)) < np.log(axis.values[-1]) / 4 else each for each in ends]
    place.set_xticks(ticks)
    place.xaxis.set_major_formatter(lambda value, _: f"{value:.2g}")
    place.minorticks_off()


def _handles(place: Axes, keys: list[str]) -> list[Any]:
    return [
        place.plot([], [], "o-", color=colour, ms=4, label=key)[0]
        for key, colour in zip(keys, LINES, strict=False)
    ]


@curves.shows
def curves_table(curves: Results, run: DesignRun) -> Table:
    """Show the numbers behind the curves."""
    return Table(
        title="Power when one assumption is another, in numbers",
        results=curves,
        groups="group1_level",
        labels={"group2_level": "Planned for"},
        columns=[
            Column("Value", "{assumed}"),
            Column("Analysed", "{n.test} v {n.reference}"),
            Column("Power, %", "{power}"),
            Column("Simulated, %", "{power.simulated} ({power.low} to {power.high})"),
            Column("MC error", "{mc.error}"),
        ],
        footnotes=[
            f"Simulated: {run.parameters.simulations} trials, with 95 % Monte Carlo interval "
            f"(Wilson); {run.kind.method}. Shares are fractions here."
        ],
        folded=True,
    )

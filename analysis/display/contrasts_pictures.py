"""How notebook 5 looks: the tipping surface and the geometry of the network."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.display.contrasts_forest import BEHIND
from analysis.display.figures import COLOURS, Figure
from analysis.display.reading import Reading
from analysis.display.sections import numbers, or_reason, reason_of
from analysis.results import Results, combine
from analysis.words import counted, in_sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

LINES = [COLOURS["blue"], COLOURS["purple"]]


@or_reason
def tipping_figure(surface: Results, plausible: Results, corners: Results) -> Figure | Reading:
    """Draw where an open contrast would be non-inferior, and what the field makes plausible."""
    if why := reason_of(plausible):
        return Reading([f"The surface has no plausible region: {why}."], plausible)
    frame = numbers(surface, "reference.mean", "difference", "correlation", "sd", "test.mean")
    printed = numbers(surface, "reference.printed")["reference.printed"].iloc[0]
    ranges = plausible.wide("stat").set_index("group1_level")
    mean = ranges.loc["Mean on daily somatropin", ["min", "max"]].astype(float)
    sd = ranges.loc["SD", ["min", "max"]].astype(float)
    first, last = corners.wide().to_dict("records")
    contrast = frame["group1_level"].iloc[0]
    test, reference = contrast.split(" − ")
    unit, param = surface.frame[["unit", "variable"]].iloc[0]
    top = max(5.0, 1.5 * sd["max"])

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        _lines(axes, frame, top, narrow=narrow)
        _region(axes, mean, sd)
        if np.isfinite(printed):
            _printed_mean(axes, printed, first["reference.printed"], top, narrow=narrow)
        axes.set(
            xlim=(frame["reference.mean"].min(), frame["reference.mean"].max()), ylim=(0, top),
            xlabel=f"{reference}: mean {in_sentence(param)}, {unit}",
            ylabel=f"SD in both arms, {unit}",
        )  # fmt: skip
        own = float(frame["test.mean"].iloc[0])

        def other(at: Any) -> Any:
            return own - at  # its own inverse

        above = axes.secondary_xaxis("top", functions=(other, other))
        above.set_xlabel(f"Difference, {test} minus {reference}")

    return Figure(
        title=f"{contrast}: where non-inferiority would hold",
        alt=f"Area plot over {reference}'s mean and the SD. Non-inferiority holds below a line "
        f"that falls from left to right and passes through a mean of {first['reference.mean']} "
        f"at an SD of {first['sd']} and {last['reference.mean']} at {last['sd']}. The rectangle "
        f"that comparable trials make plausible runs from {first['min']} to {first['max']} and "
        f"from an SD of {first['sd']} to {last['sd']}: {first['conclusion']}."
        f"{_printed_words(first)}",
        draw=draw,
        height=4.3,
        narrow_height=4.6,
        results=combine([surface, plausible, corners]),
        caption="Green: non-inferior at the margin with the lowest correlation of the range; "
        f"dashed: the line with the highest. {test}'s mean is the one its source prints; with "
        f"another mean the lower axis moves, the upper one and the picture stay.{_doubt(surface)}",
    )


def _printed_words(corner: dict[Hashable, Any]) -> str:
    """Say where the comparator's mean is printed, for the text in place of the picture."""
    mean = corner.get("reference.printed")
    if not isinstance(mean, str):
        return ""
    return f" A vertical line marks the comparator's mean as its source prints it, {mean}."


def _doubt(surface: Results) -> str:
    """Say what the audit finds of the printed mean, where it finds something."""
    said = surface.select(stat_name="doubt").frame["stat_fmt"]
    return f" The audit on the printed values: {said.iloc[0]}." if len(said) else ""


def _printed_mean(axes: Axes, mean: float, words: str, top: float, *, narrow: bool) -> None:
    axes.axvline(mean, color=COLOURS["grey"], lw=1.4, ls=":", zorder=3)
    axes.annotate(
        f"printed: {words}", (mean, 0.16 * top), (-4, 0), textcoords="offset points",
        color=COLOURS["grey"], fontsize=8 if narrow else 9, ha="right", va="center",
    )  # fmt: skip


def _lines(axes: Axes, frame: pd.DataFrame, top: float, *, narrow: bool) -> None:
    for number, (name, rows) in enumerate(frame.groupby("group2_level", sort=False)):
        x, y = rows["reference.mean"].to_numpy(), rows["sd"].to_numpy()
        # The line meets the axis between two grid points; the kink is drawn where it is.
        kink = x[-1] if y[-1] > 0 else np.interp(0, -_unclipped(rows), x)
        xs = np.append(x[x < kink], kink)
        ys = np.interp(xs, x[y > 0], y[y > 0])
        ys[-1] = 0 if y[-1] <= 0 else ys[-1]
        if number == 0:
            axes.fill_between(xs, 0, ys, color=COLOURS["green"], alpha=0.16, lw=0)
        axes.plot(xs, ys, color=LINES[number % 2], lw=2, ls="-" if number == 0 else "--")
        height = (0.9 if number else 0.72) * top
        at = float(np.interp(-height, -ys, xs))
        axes.annotate(
            name, (at, height), (6 if number else -6, 0), textcoords="offset points",
            ha="left" if number else "right", color=LINES[number % 2],
            fontsize=8 if narrow else 9, va="center", bbox=BEHIND, zorder=5,
        )  # fmt: skip
    axes.text(0.03, 0.06, "non-inferior", color=COLOURS["green"], weight="bold",
              transform=axes.transAxes)  # fmt: skip
    axes.text(0.97, 0.06, "not shown", color=COLOURS["grey"], weight="bold", ha="right",
              transform=axes.transAxes)  # fmt: skip


def _unclipped(rows: pd.DataFrame) -> np.ndarray:
    """Continue the straight line below zero, where it is stored as zero."""
    x, y = rows["reference.mean"].to_numpy(), rows["sd"].to_numpy()
    slope = (y[1] - y[0]) / (x[1] - x[0])
    return np.asarray(y[0] + slope * (x - x[0]))


def _region(axes: Axes, mean: pd.Series, sd: pd.Series) -> None:
    from matplotlib.patches import Rectangle

    width, height = mean["max"] - mean["min"], sd["max"] - sd["min"]
    axes.add_patch(
        Rectangle((mean["min"], sd["min"]), width, height, fill=False,
                  ec=COLOURS["orange"], lw=1.8, zorder=4)
    )  # fmt: skip
    axes.annotate(
        "plausible in comparable trials", (mean["min"], sd["max"]), (2, 4),
        textcoords="offset points", color=COLOURS["orange"], fontsize=9, weight="bold",
    )  # fmt: skip


@or_reason
def geometry_figure(geometry: Results) -> Figure:
    """Draw the products around daily somatropin, a line for each compared pair."""
    words, values = geometry.wide().to_dict("records"), geometry.wide("stat").to_dict("records")
    centre = words[0]["group2_level"]
    angles = np.linspace(0, 2 * np.pi, len(words), endpoint=False) + np.pi / 2

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        for row, value, angle in zip(words, values, angles, strict=True):
            x, y = np.cos(angle) * (1.0 if narrow else 1.9), np.sin(angle)
            axes.plot([0, x], [0, y], color=COLOURS["grey"], lw=1.5 * float(value["k"]), zorder=1)
            axes.plot(x, y, "o", color=COLOURS["blue"], ms=11, zorder=2)
            said = f"{row['group1_level']}\n{_size_words(row)}"
            up = bool(y >= -0.01)
            side, at = _beside(float(x), crowded=narrow and not up)
            axes.text(
                at, y + (0.16 if up else -0.16), said, ha=side,
                va="bottom" if up else "top", fontsize=8 if narrow else 9,
            )  # fmt: skip
        axes.plot(0, 0, "o", color=COLOURS["orange"], ms=16, zorder=2)
        axes.text(0, -0.17, centre, fontsize=9, weight="bold", color=COLOURS["orange"],
                  ha="center", va="top", zorder=3,
                  bbox={"fc": "white", "ec": "none", "alpha": 0.85, "pad": 1})  # fmt: skip
        width = 1.65 if narrow else 2.9
        axes.set(xlim=(-width, width), ylim=(-1.65, 1.65))
        axes.axis("off")

    said = "; ".join(f"{row['group1_level']} {_size_words(row)}" for row in words)
    return Figure(
        title="The network: which products were compared with what",
        alt=f"Network with {centre} in the middle and a line to each product: {said}. No line "
        "joins two products.",
        draw=draw,
        height=3.6,
        narrow_height=3.8,
        results=geometry,
        caption="A line: randomised trials that compare the two; the thicker, the more trials.",
    )


def _beside(x: float, *, crowded: bool) -> tuple[str, float]:
    """Return how a label is aligned and where, so that two low neighbours do not overlap."""
    if not crowded or not 0.05 < abs(x) < 0.6:
        return "center", x
    return ("right", x + 0.3) if x < 0 else ("left", x - 0.3)


def _size_words(row: dict[object, object]) -> str:
    trials = counted(int(str(row["k"])), "trial")
    return (
        f"{trials}, n {row['n']}"
        if isinstance(row.get("n"), str)
        else f"{trials}, n not in the texts read"
    )

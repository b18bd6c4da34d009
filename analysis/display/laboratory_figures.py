"""How laboratory, vital signs and growth-hormone specifics look: figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, Figure
from analysis.display.sections import ARM_COLOURS, ARM_MARKS, numbers, or_reason
from analysis.results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

LAST = "Last on treatment"
COPY = "End of Treatment"
"""AVISIT of a copy of the last record, which is no further point on a line."""
MOST_TICKS = 6
JITTER = 0.618
"""Golden ratio: points numbered one after the other fall evenly and the same every time."""


def _legend(canvas: Canvas, axes: Axes, *, narrow: bool) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if len(labels) > 1:
        canvas.legend(
            handles, labels, loc="outside upper left", ncols=1 if narrow else len(labels),
            frameon=False, fontsize=9, labelcolor="linecolor",
        )  # fmt: skip


@or_reason
def means_figure(by_visit: Results, title: str) -> Figure:
    """Draw the mean of each measurement over the visits, one panel each."""
    frame = numbers(by_visit, "mean", "conf.low", "conf.high")
    frame = frame[~frame["variable_level"].isin([LAST, COPY])]
    panels = list(dict.fromkeys(frame["variable"]))
    arms = list(dict.fromkeys(frame["group1_level"]))

    def draw(canvas: Canvas, narrow: bool) -> None:
        across = 1 if narrow else 3
        grid = canvas.subplots(-(-len(panels) // across), across, squeeze=False).ravel()
        for axes, name in zip(grid, panels, strict=False):
            _means(axes, frame[frame["variable"] == name], arms)
            axes.set_title(name.replace(" (", "\n(", 1) if len(name) > 28 else name, loc="left",
                           fontsize=9)  # fmt: skip
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
        _legend(canvas, grid[0], narrow=narrow)

    rows = -(-len(panels) // 3)
    return Figure(
        title=title,
        alt=f"Line plots of the mean over the visits, {len(panels)} measurements, by arm "
        f"({', '.join(arms)}): {'; '.join(panels)}. The numbers are in the table.",
        draw=draw,
        height=0.5 + 2.1 * rows,
        narrow_height=0.8 + 1.9 * len(panels),
        results=by_visit,
        caption="Mean with its t interval, observed values at each visit; each panel has its own "
        "scale, which does not begin at 0.",
    )


def _means(axes: Axes, frame: pd.DataFrame, arms: list[str]) -> None:
    visits = list(dict.fromkeys(frame["variable_level"]))
    for number, arm in enumerate(arms):
        rows = frame[frame["group1_level"] == arm]
        place = np.array([visits.index(visit) for visit in rows["variable_level"]])
        at = place + 0.12 * (number - (len(arms) - 1) / 2)
        colour = ARM_COLOURS[number % 4]
        axes.plot(
            at, rows["mean"], ARM_MARKS[number % 4] + "-", color=colour, label=arm, ms=4, lw=1.2
        )
        axes.vlines(at, rows["conf.low"], rows["conf.high"], color=colour, lw=1)
    step = -(-len(visits) // MOST_TICKS)
    shown = range(0, len(visits), step)
    short = [visits[place].replace("Baseline", "Base").replace(" ", "\n") for place in shown]
    axes.set_xticks(list(shown), short, fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    axes.margins(y=0.12)


@or_reason
def hepatic_figure(points: Results, quadrants: Results, alt: float, bilirubin: float) -> Figure:
    """Draw peak transaminase against peak bilirubin with the four quadrants.

    Parameters
    ----------
    points, quadrants
        Results of ``hepatic_points`` and ``hepatic_quadrants``.
    alt, bilirubin
        The multiples of the upper limit that part the quadrants.
    """
    frame = numbers(points, "transaminase", "bilirubin")
    arms = list(dict.fromkeys(frame["group1_level"]))
    everybody = quadrants.frame["group1_level"].iloc[-1]
    count = {
        name: quadrants.text("n", group1_level=everybody, variable=name)
        for name in dict.fromkeys(quadrants.frame["variable"])
    }
    corners = [
        ("Possible Hy's law", 0.98, 0.97, "right", "top"),
        ("Cholestasis range", 0.02, 0.97, "left", "top"),
        ("Temple's corollary", 0.98, 0.03, "right", "bottom"),
        ("Neither raised", 0.02, 0.03, "left", "bottom"),
    ]

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        for number, arm in enumerate(arms):
            rows = frame[frame["group1_level"] == arm]
            axes.plot(
                rows["transaminase"], rows["bilirubin"], ARM_MARKS[number % 4], ms=5,
                color=ARM_COLOURS[number % 4], alpha=0.55, mec="white", mew=0.4, label=arm,
            )  # fmt: skip
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(min(frame["transaminase"].min() / 1.3, 0.1), _end(frame["transaminase"], alt))
        axes.set_ylim(min(frame["bilirubin"].min() / 2, 0.1), _end(frame["bilirubin"], bilirubin))
        _plain_ticks(axes)
        axes.axvline(alt, color=COLOURS["grey"], ls="--", lw=1)
        axes.axhline(bilirubin, color=COLOURS["grey"], ls="--", lw=1)
        for name, x, y, across, up in corners:
            axes.text(
                x, y, f"{name}: {count[name]}".replace(": ", ":\n") if narrow else
                f"{name}: {count[name]}", transform=axes.transAxes, ha=across, va=up,
                fontsize=8.5, color=COLOURS["ink"],
                zorder=1, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )  # fmt: skip
        axes.set_xlabel("Peak ALT or AST, × ULN (log scale)")
        axes.set_ylabel("Peak bilirubin, × ULN (log scale)")
        _legend(canvas, axes, narrow=narrow)

    said = ", ".join(f"{name} {count[name]}" for name, *_ in corners)
    return Figure(
        title="Hepatic screening: peak transaminase against peak bilirubin",
        alt=f"Scatter plot on log scales, one point a participant, with lines at {alt:g} and "
        f"{bilirubin:g} times the upper limit of normal. Participants in the quadrants: {said}.",
        draw=draw,
        height=4.6,
        narrow_height=4.6,
        results=points + quadrants,
        caption="Each peak over the time on treatment; the two need not be of the same day. ULN: "
        "upper limit of normal.",
    )


def _end(values: pd.Series, threshold: float) -> float:
    return float(max(values.max() * 2.5, threshold * 8))


def _plain_ticks(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


@or_reason
def igf_figure(points: Results, high: Results, limit: float) -> Figure:
    """Draw the IGF-I SDS of every participant at every visit, with the limit."""
    frame = numbers(points, "value")
    visits = list(dict.fromkeys(frame["group2_level"]))
    arms = list(dict.fromkeys(frame["group1_level"]))
    share = {
        (row["variable"], row["group1_level"]): f"{row['n']}/{row['N']}"
        for row in high.wide().to_dict("records")
        if isinstance(row.get("n"), str)
    }

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        top = frame["value"].max() + 0.5
        width = 0.8 / len(arms)
        for number, arm in enumerate(arms):
            colour = ARM_COLOURS[number % 4]
            rows = frame[frame["group1_level"] == arm]
            place = rows["group2_level"].map(visits.index).astype(float)
            shift = width * (number - (len(arms) - 1) / 2)
            order = rows["variable_level"].str.extract(r"(\d+)")[0].astype(int)
            at = place + shift + ((order * JITTER) % 1 - 0.5) * width * 0.75
            above = rows["variable"] == "high"
            axes.plot(at[~above], rows["value"][~above], ARM_MARKS[number % 4], ms=3.5,
                      mfc="none", mec=colour, alpha=0.6)  # fmt: skip
            axes.plot(at[above], rows["value"][above], ARM_MARKS[number % 4], ms=4.5, color=colour,
                      label=arm)  # fmt: skip
            axes.plot([], [], ARM_MARKS[number % 4], color=colour, label="" if above.any() else arm)
            for visit in place.unique():
                said = share.get((visits[int(visit)], arm), "")
                axes.text(visit + shift, top, said, ha="center", fontsize=8, color=colour)
        axes.axhline(limit, color=COLOURS["grey"], ls="--", lw=1)
        axes.set_ylim(frame["value"].min() - 0.4, top + 0.5)
        axes.set_xticks(range(len(visits)), visits)
        axes.set_ylabel("IGF-I SDS")
        _legend(canvas, axes, narrow=narrow)

    last = visits[-1]
    said = "; ".join(f"{arm} {share.get((last, arm), '')}" for arm in arms)
    return Figure(
        title=f"IGF-I SDS by visit, with the limit of {limit:g}",
        alt=f"Points of the IGF-I SDS of every participant at {', '.join(visits)}, with a line at "
        f"{limit:g}. Above it at {last}, of those with a value: {said}.",
        draw=draw,
        height=3.8,
        narrow_height=4.4,
        results=points + high,
        caption="One point a participant; filled: above the limit. Above the points: how many of "
        "those with a value are above it.",
    )

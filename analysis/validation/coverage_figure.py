"""The simulated coverages drawn: one line an interval, one dot a setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, Figure
from analysis.display.rows import numbers
from analysis.results import Results, combine
from analysis.words import numbered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

BELOW, NEAR, ABOVE = "below", "near", "above"
"""Where a coverage lies against the nominal level."""
JUDGED = {BELOW: COLOURS["orange"], NEAR: COLOURS["blue"], ABOVE: COLOURS["green"]}


def draw_coverage(coverage: Results, simulated: Results, total: Mapping[str, str]) -> Figure:
    """Draw the simulated coverage of every interval against the nominal level.

    Parameters
    ----------
    coverage, simulated
        The coverages, and what is counted of them.
    total
        What is counted, as written.
    """
    frame = numbers(coverage, "estimate", "conf.low", "conf.high", "nominal")
    frame = frame.assign(shown=coverage.wide()["estimate"])
    band = numbers(simulated, "band.low", "band.high").iloc[0]
    rows = frame.drop_duplicates(["group1_level", "group2_level"])
    families = rows["group1_level"].nunique()

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        axes.axvspan(band["band.low"], band["band.high"], color=COLOURS["pale"], lw=0)
        axes.axvline(frame["nominal"].iloc[0], color=COLOURS["grey"], lw=1)
        _coverage_rows(axes, frame, rows, narrow=narrow)

    return Figure(
        title="Coverage of the intervals: nominal and simulated",
        alt=f"Dot plot of {numbered(total['n'], 'simulated coverage')} in "
        f"{numbered(families, 'family')} about the "
        f"nominal {total['nominal']}: {total['below']} below, {total['near']} near and "
        f"{total['above']} above it, from {total['min']} to {total['max']}\u202f%.",
        draw=draw,
        height=1.0 + 0.245 * (len(rows) + 1.35 * families),
        narrow_height=1.1 + 0.33 * (len(rows) + 0.9 * families),
        results=combine([coverage, simulated]),
        caption=f"One dot an interval and setting, {numbered(total['draws'], 'data set')} each "
        f"(from {total['fewest']} on where each is analysed on its own), its bar the 95 % "
        "Monte-Carlo interval; from top to bottom, and from left to right in the numbers, the "
        "settings of the table below. "
        "Shaded: where 95 % of dots lie if the true coverage is the nominal one, so that one dot "
        "in twenty falls outside by chance; the colours allow for that. Exact intervals of counts "
        "lie above the level by construction.",
    )


def _coverage_rows(axes: Axes, frame: pd.DataFrame, rows: pd.DataFrame, *, narrow: bool) -> None:
    """Draw one line per interval under the name of its family, its settings as dots."""
    left = axes.get_yaxis_transform()
    y, previous, ticks = 0.0, "", []
    for family, interval in rows[["group1_level", "group2_level"]].itertuples(index=False):
        if family != previous:
            y -= 1.35 if previous else 1.0
            axes.text(0, y, family, weight="bold", va="center", transform=left)
            y, previous = y - 1.0, family
        dots = frame[(frame["group1_level"] == family) & (frame["group2_level"] == interval)]
        spread = np.linspace(0.24, -0.24, len(dots)) if len(dots) > 1 else np.zeros(1)
        for dot, shift in zip(dots.to_dict("records"), spread, strict=True):
            colour = JUDGED[dot["judged"]]
            axes.plot([dot["conf.low"], dot["conf.high"]], [y + shift] * 2, color=colour, lw=1.2)
            axes.plot(dot["estimate"], y + shift, "o", ms=4.2, color=colour, mew=0)
        if not narrow:
            axes.text(1.01, y, " · ".join(dots["shown"]), va="center", fontsize=8, transform=left)
        ticks.append((y, interval))
        y -= 1.0
    low = min(frame["conf.low"].min(), 2 * frame["nominal"].iloc[0] - 1)
    axes.set(ylim=(y + 0.4, 0.0), xlim=(low - 0.004, 1.002))
    # On one line: a second would stand on the name of the next row.
    names = [name for _, name in ticks]
    axes.set_yticks([at for at, _ in ticks], names, fontsize=7 if narrow else 8.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=COLOURS["pale"], lw=0.6)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.set_xlabel("Coverage" if narrow else "Share of data sets whose interval holds the truth")
    for x, (word, colour) in zip((0.0, 0.2, 0.4), JUDGED.items(), strict=True):
        axes.text(x, 1.005, word, color=colour, fontsize=8.5, transform=axes.transAxes)
    axes.text(0.6, 1.005, "the nominal level", fontsize=8.5, transform=axes.transAxes)

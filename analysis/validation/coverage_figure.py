"""The simulated coverages drawn: one line an interval, one dot a setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, Figure
from analysis.display.grouped_rows import GroupedRows
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
    placed = GroupedRows(
        headings=list(rows["group1_level"]),
        names=list(rows["group2_level"]),
        numbers=[" · ".join(dots["shown"]) for dots in _settings(frame, rows)],
    )

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        axes.axvspan(band["band.low"], band["band.high"], color=COLOURS["pale"], lw=0)
        axes.axvline(frame["nominal"].iloc[0], color=COLOURS["grey"], lw=1)
        places = placed.write(axes, narrow=narrow)
        for y, dots in zip(places, _settings(frame, rows), strict=True):
            _dots(axes, y, dots)
        _scale(axes, frame, narrow=narrow)

    return Figure(
        title="Coverage of the intervals: nominal and simulated",
        alt=f"Dot plot of {numbered(total['n'], 'simulated coverage')} in "
        f"{numbered(families, 'family')} about the "
        f"nominal {total['nominal']}: {total['below']} below, {total['near']} near and "
        f"{total['above']} above it, from {total['min']} to {total['max']}\u202f%.",
        draw=draw,
        height=1.0 + placed.height(narrow=False),
        narrow_height=1.0 + placed.height(narrow=True),
        results=combine([coverage, simulated]),
        caption=f"One dot an interval and setting, {numbered(total['draws'], 'data set')} each "
        f"(from {total['fewest']} on where each is analysed on its own), its bar the 95 % "
        "Monte-Carlo interval; from top to bottom, and from left to right in the numbers, the "
        "settings of the table below. "
        "Shaded: where 95 % of dots lie if the true coverage is the nominal one, so that one dot "
        "in twenty falls outside by chance; the colours allow for that. Exact intervals of counts "
        "lie above the level by construction.",
    )


def _settings(frame: pd.DataFrame, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the settings of every interval, in the order of the rows."""
    keys = ["group1_level", "group2_level"]
    own = dict(list(frame.groupby(keys, sort=False)))
    return [own[family, interval] for family, interval in rows[keys].itertuples(index=False)]


def _dots(axes: Axes, y: float, dots: pd.DataFrame) -> None:
    """Draw the settings of an interval as dots, one a little below the other."""
    spread = np.linspace(0.24, -0.24, len(dots)) if len(dots) > 1 else np.zeros(1)
    for dot, shift in zip(dots.to_dict("records"), spread, strict=True):
        colour = JUDGED[dot["judged"]]
        axes.plot([dot["conf.low"], dot["conf.high"]], [y + shift] * 2, color=colour, lw=1.2)
        axes.plot(dot["estimate"], y + shift, "o", ms=4.2, color=colour, mew=0)


def _scale(axes: Axes, frame: pd.DataFrame, *, narrow: bool) -> None:
    """Give the axis its ends, its words and the key of the colours above it."""
    low = min(frame["conf.low"].min(), 2 * frame["nominal"].iloc[0] - 1)
    axes.set_xlim(low - 0.004, 1.002)
    axes.grid(axis="x", color=COLOURS["pale"], lw=0.6)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.set_xlabel("Coverage" if narrow else "Share of data sets whose interval holds the truth")
    for x, (word, colour) in zip((0.0, 0.2, 0.4), JUDGED.items(), strict=True):
        axes.annotate(word, (x, 1.0), (0, 3), color=colour, fontsize=8.5,
                      xycoords="axes fraction", textcoords="offset points")  # fmt: skip
    axes.annotate("the nominal level", (0.6, 1.0), (0, 3), fontsize=8.5,
                  xycoords="axes fraction", textcoords="offset points")  # fmt: skip

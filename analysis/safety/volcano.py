"""The volcano: the p-value of every term against its risk difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.display.arm_table import CONTRAST
from analysis.display.figures import COLOURS, NARROW, WIDE, Figure
from analysis.display.panels import panels
from analysis.display.placing import GAP, Rectangle, near
from analysis.display.reading import Absent
from analysis.display.rows import has
from analysis.display.wrapping import DOTS, Letters
from analysis.results import Results
from analysis.safety.coding import ANY
from analysis.safety.drawing import in_percent
from analysis.safety.incidence import excludes_zero
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import methods
from analysis.words import agreeing, numbered, sentence_case

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

NAMED = 8
"""So many terms have their name beside them."""
NAME, TITLE = Letters(7.5), Letters(9.5)
BESIDE = 1.0
"""Inches beside a panel for the numbers and words of its axis."""
WIDE_PANEL, PANEL = 3.2, 2.6
"""About the inches of the height of a panel, on the wide and the narrow drawing."""
Size = tuple[float, float]


def volcano_figure(by_term: Results, _run: SafetyRun) -> Figure | Absent:
    """Draw the p-value of every term against its risk difference."""
    frame = by_term.frame
    results = Results(frame[(frame["group1"] == CONTRAST) & (frame["variable_level"] != ANY)])
    if not has(results, "p.value"):
        return Absent("a trial without a comparator has no differences to draw")
    rows = in_percent(results, "estimate", "conf.low", "conf.high", beside=["p.value"])
    # An arm without a participant has terms and no difference.
    rows = rows.dropna(subset=["estimate", "p.value"])
    contrasts = list(dict.fromkeys(rows["group1_level"]))
    clear = rows[excludes_zero(rows)]
    reach = max(float(rows["estimate"].abs().max()), 1.0)
    least = min(float(rows["p.value"].min()), 0.01)

    def draw(canvas: Canvas, narrow: bool) -> None:
        size = (NARROW - BESIDE, PANEL) if narrow else (WIDE / len(contrasts) - BESIDE, WIDE_PANEL)
        drawn = panels(canvas, len(contrasts), stacked=narrow)
        # All panels have one scale, which the names need to know.
        drawn[0].set(yscale="log", xlim=(-1.4 * reach, 1.4 * reach), ylim=(2.0, least / 2))
        for axes, label in zip(drawn, contrasts, strict=True):
            _volcano(axes, rows[rows["group1_level"] == label], label, size)

    named = ", ".join(
        f"{row['variable_level']} {_points(results, row)} points"
        for row in clear.sort_values("p.value").head(3).to_dict("records")
    )
    return Figure(
        title="Risk difference and p-value of every term",
        alt=f"Volcano plot of {numbered(len(rows), 'comparison')} of preferred terms; "
        f"{agreeing(len(clear), 'has', 'have')} an "
        f"interval that excludes 0{f', among them {named}' if named else ''}.",
        draw=draw,
        height=4.2,
        narrow_height=3.6 * len(contrasts),
        results=results,
        caption="One point a term (larger: several terms at one place); higher is a smaller "
        "p-value. Filled: the interval of the difference excludes 0; named where there is room. "
        "Dashed: p 0.05. "
        f"{methods(results)}",
    )


def _points(results: Results, row: Mapping[Any, str]) -> str:
    levels = {name: row[name] for name in ("group1_level", "variable", "variable_level")}
    return results.text("estimate", **levels)


def _volcano(axes: Axes, rows: pd.DataFrame, title: str, size: Size) -> None:
    clear = excludes_zero(rows)
    together = rows.assign(clear=clear).groupby(["estimate", "p.value", "clear"], as_index=False)
    points = together.size()
    for is_clear, own in points.groupby("clear"):
        axes.scatter(
            own["estimate"], own["p.value"], s=14 + 5 * np.minimum(own["size"], 30),
            facecolors=COLOURS["ink"] if is_clear else "none",
            edgecolors=COLOURS["ink"] if is_clear else COLOURS["grey"], linewidths=0.9,
        )  # fmt: skip
    axes.yaxis.set_major_formatter("{x:g}")
    axes.axvline(0, color=COLOURS["pale"], zorder=0)
    axes.axhline(0.05, color=COLOURS["grey"], ls="--", lw=0.9, zorder=0)
    _name_points(axes, rows[clear].sort_values("p.value").head(NAMED), size)
    axes.set_title(TITLE.wrap(title, size[0] * DOTS, narrow=False), loc="left", fontsize=TITLE.size)
    axes.set_xlabel("Risk difference, percentage points")
    axes.set_ylabel("Fisher's exact p")


def _name_points(axes: Axes, rows: pd.DataFrame, size: Size) -> None:
    """Write names beside points inside the panel, each where nothing is yet, with a line to it."""
    (width, height), (low, high), (least, most) = size, axes.get_xlim(), sorted(axes.get_ylim())
    within = Rectangle(0.0, 0.0, width, height)
    points = [
        (
            width * (row["estimate"] - low) / (high - low),
            height * (np.log10(most) - np.log10(row["p.value"])) / np.log10(most / least),
        )
        for row in rows.to_dict("records")
    ]
    taken = [Rectangle.around(x, y, GAP, GAP) for x, y in points]
    for (x, y), name in zip(points, rows["variable_level"], strict=True):
        name = sentence_case(name) if name.isupper() else name
        words = NAME.wrap(name, width * DOTS / 2, narrow=False)
        box = near(x, y, NAME.extent(words), within=within, taken=taken)
        if box is None:
            continue  # The table names it all the same.
        taken.append(box)
        axes.annotate(
            words, (x / width, y / height), (box.left / width, (box.low + box.high) / 2 / height),
            xycoords="axes fraction", textcoords="axes fraction", fontsize=NAME.size, va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
            arrowprops={"arrowstyle": "-", "color": COLOURS["grey"], "lw": 0.5, "shrinkA": 0,
                        "shrinkB": 3},
        )  # fmt: skip

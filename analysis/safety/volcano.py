"""The volcano: the p-value of every term against its risk difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.display.arm_table import CONTRAST
from analysis.display.figures import COLOURS, Figure
from analysis.display.lettering import drawable
from analysis.display.reading import Absent
from analysis.display.rows import has
from analysis.results import Results
from analysis.safety.coding import ANY
from analysis.safety.drawing import in_percent
from analysis.safety.incidence import excludes_zero
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import methods

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

NAMED = 8
"""So many terms have their name beside them."""


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

    def draw(canvas: Canvas, narrow: bool) -> None:
        shape = (len(contrasts), 1) if narrow else (1, len(contrasts))
        panels = np.atleast_1d(canvas.subplots(*shape, sharex=True, sharey=True))
        for axes, label in zip(panels, contrasts, strict=True):
            _volcano(axes, rows[rows["group1_level"] == label], label)
        panels[0].invert_yaxis()

    named = ", ".join(
        f"{row['variable_level']} {_points(results, row)} points"
        for row in clear.sort_values("p.value").head(3).to_dict("records")
    )
    return Figure(
        title="Risk difference and p-value of every term",
        alt=f"Volcano plot of {len(rows)} comparisons of preferred terms; {len(clear)} have an "
        f"interval that excludes 0{f', among them {named}' if named else ''}.",
        draw=draw,
        height=4.2,
        narrow_height=3.6 * len(contrasts),
        results=results,
        caption="One point a term (larger: several terms at one place); higher is a smaller "
        "p-value. Filled: the interval of the difference excludes 0. Dashed: p 0.05. "
        f"{methods(results)}",
    )


def _points(results: Results, row: Mapping[Any, str]) -> str:
    levels = {name: row[name] for name in ("group1_level", "variable", "variable_level")}
    return results.text("estimate", **levels)


def _volcano(axes: Axes, rows: pd.DataFrame, title: str) -> None:
    clear = excludes_zero(rows)
    together = rows.assign(clear=clear).groupby(["estimate", "p.value", "clear"], as_index=False)
    points = together.size()
    for is_clear, own in points.groupby("clear"):
        axes.scatter(
            own["estimate"], own["p.value"], s=14 + 5 * np.minimum(own["size"], 30),
            facecolors=COLOURS["ink"] if is_clear else "none",
            edgecolors=COLOURS["ink"] if is_clear else COLOURS["grey"], linewidths=0.9,
        )  # fmt: skip
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.axvline(0, color=COLOURS["pale"], zorder=0)
    axes.axhline(0.05, color=COLOURS["grey"], ls="--", lw=0.9, zorder=0)
    reach = max(float(rows["estimate"].abs().max()), 1.0)
    axes.set_xlim(-1.15 * reach, 1.75 * reach)
    _name_points(axes, rows[clear].sort_values("p.value").head(NAMED))
    axes.set_title(drawable(title, 60), loc="left", fontsize=9.5)
    axes.set_xlabel("Risk difference, percentage points")
    axes.set_ylabel("Fisher's exact p")


def _name_points(axes: Axes, rows: pd.DataFrame) -> None:
    """Write names beside points, each far enough below the one before, with a line to it."""
    # A fourteenth part of the axis, which is what a line of text takes.
    low = min(float(rows["p.value"].min()) if len(rows) else 0.05, 0.01)
    gap, used = -np.log10(low) / 14, {True: -np.inf, False: -np.inf}
    for row in rows.to_dict("records"):
        left = bool(row["estimate"] < 0)
        height = max(np.log10(row["p.value"]), used[left] + gap)
        used[left] = height
        name = row["variable_level"]
        name = drawable(name.capitalize() if name.isupper() else name, 26)
        reach = axes.get_xlim()[1] / 1.75
        axes.annotate(
            name, (row["estimate"], row["p.value"]),
            (row["estimate"] + (-0.09 if left else 0.09) * reach, 10**height),
            fontsize=7.5, va="center", ha="right" if left else "left", annotation_clip=False,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
            arrowprops={"arrowstyle": "-", "color": COLOURS["grey"], "lw": 0.5, "shrinkA": 0,
                        "shrinkB": 3},
        )  # fmt: skip

"""Do hazard ratios change with time? Their course through the residuals, a panel a coefficient."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import numpy as np
import pandas as pd

from analysis.display.curve_data import time_words
from analysis.display.effect_axis import EffectAxis
from analysis.display.figures import COLOURS, Axes, Canvas, Figure
from analysis.display.reading import Reading, not_drawn
from analysis.display.rows import numbers
from analysis.results import Results
from analysis.results.hazards import COEFFICIENT, COURSE, RESIDUAL, TEST
from analysis.words import in_sentence

PANEL, NARROW_PANEL = 2.7, 2.5
"""Inches of a row of panels."""
ACROSS = 3
"""Panels side by side at most."""
MANY = 200
"""Residuals from which on their dots are smaller."""
LETTERS = 96
"""Letters of the titles of panels side by side, all together."""
NARROW_LETTERS = 44
LARGEST = 600.0
"""A logarithm whose number can still be written."""


def hazard_course_figure(
    results: Results, *, title: str, unit: str, since: str = "", caption: str = ""
) -> Figure | Reading:
    """Draw the scaled Schoenfeld residuals of each coefficient over time, and their line.

    Parameters
    ----------
    results
        Rows of `analysis.results.hazards.hazard_rows`.
    title
        Above the figure.
    unit, since
        Unit of the times, and what they are counted from.
    caption
        Method and source; how to read the figure is added.

    Returns
    -------
    Figure or Reading
        A sentence where there is no residual: there is nothing to draw.
    """
    rows = numbers(results, "at.time", "schoenfeld", "estimate", "conf.low", "conf.high")
    rows["words"] = results.wide().get("estimate")
    residuals = rows[rows["variable"] == RESIDUAL].dropna(subset=["schoenfeld"])
    if residuals.empty:
        return not_drawn(title, results, "there are no residuals")
    names = list(dict.fromkeys(residuals["group1_level"]))
    across = min(len(names), ACROSS)
    down = math.ceil(len(names) / across)
    label = time_words(unit, since)

    def draw(canvas: Canvas, narrow: bool) -> None:
        shape = (len(names), 1) if narrow else (down, across)
        grid = canvas.subplots(*shape, squeeze=False, sharex=True)
        panels = list(grid.ravel())
        for place, (axes, name) in enumerate(zip(panels, names, strict=False)):
            _panel(axes, rows[rows["group1_level"] == name], narrow=narrow)
            length = NARROW_LETTERS if narrow else LETTERS // across
            axes.set_title(textwrap.fill(name, length), loc="left", fontsize=9.5)
            axes.set_ylabel("Hazard ratio" if narrow or place % across == 0 else "")
            axes.tick_params(labelbottom=True)
        for axes in panels[len(names) :]:
            axes.set_axis_off()
        for axes in panels[max(len(names) - (1 if narrow else across), 0) : len(names)]:
            axes.set_xlabel(label)

    return Figure(
        title=title,
        alt=f"Scaled Schoenfeld residuals over {in_sentence(label)}, one dot an event, with a "
        f"smooth line: {'; '.join(_course_words(rows, name) for name in names)}. "
        f"{_test_words(results)}".strip(),
        draw=draw,
        height=0.5 + PANEL * down,
        narrow_height=0.5 + NARROW_PANEL * len(names),
        results=results,
        caption=" ".join(filter(None, [
            caption, "Dots: events; line and band: the course of the hazard ratio with pointwise "
            "limits; dashed: the one ratio of the model. A level line: proportional hazards.",
            _test_words(results),
        ])),
    )  # fmt: skip


def _panel(axes: Axes, own: pd.DataFrame, *, narrow: bool) -> None:
    """Draw one coefficient, on the scale of its logarithm."""
    dots = own[own["variable"] == RESIDUAL].dropna(subset=["schoenfeld"])
    line = own[own["variable"] == COURSE].dropna(subset=["estimate"])
    fitted = own.loc[own["variable"] == COEFFICIENT, "estimate"].dropna()
    axes.plot(
        dots["at.time"], dots["schoenfeld"], "o", color=COLOURS["grey"], mec="none", alpha=0.55,
        ms=4 if len(dots) <= MANY else 2.2, zorder=1,
    )  # fmt: skip
    band: dict[str, Any] = {"color": COLOURS["ink"], "alpha": 0.12, "lw": 0, "zorder": 2}
    axes.fill_between(line["at.time"], line["conf.low"], line["conf.high"], **band)
    axes.plot(line["at.time"], line["estimate"], color=COLOURS["ink"], lw=2, zorder=4)
    for value in fitted[np.isfinite(fitted)]:
        axes.axhline(value, color=COLOURS["ink"], lw=1.3, ls="--", zorder=3)
    low, high = axes.get_ylim()
    ends = (math.exp(max(low, -LARGEST)), math.exp(min(high, LARGEST)))
    ticks = EffectAxis(*ends, ratio=True).ticks(narrow=narrow)
    axes.set_yticks([math.log(each) for each in ticks], [f"{each:g}" for each in ticks])
    axes.set_ylim(low, high)


def _course_words(rows: pd.DataFrame, name: str) -> str:
    """Say from where to where the line of a coefficient runs, or why there is none."""
    own = rows[(rows["group1_level"] == name) & (rows["variable"] == COURSE)]
    line = own["estimate"].dropna()
    if line.empty:
        why = own["reason"].dropna() if "reason" in own else pd.Series(dtype=object)
        return f"{name}: {why.iloc[0] if len(why) else 'no line'}"
    first, last = own.loc[line.index[[0, -1]], "words"]
    return f"{name}: log hazard ratio from {first} at the first event to {last} at the last"


def _test_words(results: Results) -> str:
    """Say what the tests found."""
    tests = results.select(variable=TEST).wide()
    said = []
    for row in tests.to_dict("records"):
        name = "all together" if row["group1_level"] == "GLOBAL" else row["group1_level"]
        p, verdict = row.get("p.value"), row.get("conclusion")
        # The test of all together is that of the only term.
        if name == "all together" and len(tests) == 2:
            continue
        said.append(f"{name}: p {p}, {verdict}" if isinstance(p, str) else f"{name}: {verdict}")
    return f"Test of proportional hazards, {'; '.join(said)}." if said else ""

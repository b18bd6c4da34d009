"""Every quantity against its outside number, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, Figure
from analysis.display.rows import numbers
from analysis.results import Results, combine, section
from analysis.validation.comparison import PRINTED, STATED, cases, tally
from analysis.validation.settings import ValidationRun
from analysis.validation.tallies import row_of
from analysis.words import numbered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

KINDS = {
    PRINTED: ("printed digits", COLOURS["blue"], 0.14, 0.0),
    STATED: ("stated tolerance", COLOURS["purple"], -0.14, 0.42),
}
"""What a tolerance is → its words, its colour, where its dots lie, and where its words stand."""


@section
def agreement(run: ValidationRun) -> Results:
    """Return what is drawn: the difference of every quantity, and how many agree."""
    return combine([cases(run), tally(run)])


@agreement.shows
def agreement_figure(agreement: Results, run: ValidationRun) -> Figure:
    """Draw the difference of every quantity from its outside number, in tolerances."""
    frame = numbers(cases(run), "distance")
    total = row_of(tally(run))
    counts = {
        family: "{agree} of {n}".format(**row_of(tally(run), family))
        for family in dict.fromkeys(frame["group1_level"])
    }

    def draw(canvas: Canvas, narrow: bool) -> None:
        _strips(canvas.subplots(), frame, counts, narrow=narrow)

    return Figure(
        title="Every quantity against its outside number",
        alt=f"Strip plot of {numbered(total['n'], 'quantity')} in "
        f"{numbered(len(counts), 'family')}; "
        f"{total['agree']} lie within their tolerance, the furthest at {total['max']} of it.",
        draw=draw,
        height=4.6,
        narrow_height=5.8,
        results=agreement,
        caption="One dot a quantity: 0 is equal, up to 1 agrees. Upper row of each family: the "
        "tolerance is half a unit of the last printed place, so that rounding in print alone "
        "spreads dots from 0 to 1. Lower row: a tolerance stated with its reason.",
    )


def _strips(axes: Axes, frame: pd.DataFrame, counts: dict[str, str], *, narrow: bool) -> None:
    """Draw the dots of each family, in two rows, under or beside its name."""
    families = list(reversed(counts))
    edge = max(1.25, float(frame["distance"].max()) * 1.08)
    axes.axvspan(0, 1, color=COLOURS["pale"], alpha=0.35, lw=0)
    axes.axvline(1, color=COLOURS["grey"], lw=1)
    for y, family in enumerate(families):
        rows = frame[frame["group1_level"] == family]
        for basis, (_, colour, shift, _) in KINDS.items():
            at = rows.loc[rows["tolerance.basis"] == basis, "distance"].to_numpy()
            axes.plot(at, _stacked(at, y + shift), "o", ms=3.4, color=colour, alpha=0.6, mew=0)
        if narrow:
            axes.text(0, y + 0.4, f"{family}: {counts[family]}", fontsize=8.5, va="center")
        else:
            axes.text(edge, y, counts[family], va="center", ha="right", color=COLOURS["ink"])
    axes.set_yticks([] if narrow else range(len(families)), [] if narrow else families)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    top = len(families) - 0.35
    axes.set(xlim=(-0.02, edge), ylim=(-0.5, top))
    axes.set_xlabel("Difference from the outside number, in tolerances")
    for words, colour, _, x in KINDS.values():
        axes.text(x, top + 0.08, words, color=colour, fontsize=8.5, va="bottom")
    axes.text(1.0, top + 0.08, "limit", ha="center", fontsize=8.5, va="bottom")


def _stacked(at: np.ndarray, y: float) -> np.ndarray:
    """Spread dots of nearly one place a little, always in the same way."""
    return y + 0.09 * (np.arange(at.size) % 5 - 2) / 2

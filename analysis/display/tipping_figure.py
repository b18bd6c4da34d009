"""The map of a tipping surface: the verdict over what is added to imputed values of two arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.display.figures import BEHIND, COLOURS, Figure
from analysis.numbers import fixed
from analysis.results import Results
from analysis.stats.tipping_surface import DeltaSurface
from analysis.words import begins_sentence, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

EDGE = 0.2
"""Share of the map at each of its edges in which the number of a tip has no room outwards."""
ROW, NAME = 0.5, 0.2
"""Shares of half the map: half the row of names, and what keeps a name off the border."""
FINE = 161
"""Deltas of each arm at which the map is drawn."""
SHORT = {
    "mar": "MAR",
    "jump-to-reference": "JR",
    "copy-reference": "CR",
    "copy-increments": "CIR",
    "last-mean-carried-forward": "LMCF",
}
"""What an assumption is called in the map."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An assumption, and how far it moves the imputed values of the two arms on average."""

    name: str
    words: str
    delta: float
    reference_delta: float


def tipping_map(
    surface: DeltaSurface,
    *,
    marks: Sequence[Mark],
    verdicts: tuple[str, str],
    border: str,
    plausible: float,
    plausible_words: str,
    tip: float | None,
    unit: str,
    places: int,
    results: Results,
    remark: str,
) -> Figure:
    """Draw where a verdict holds over the deltas of two arms.

    Parameters
    ----------
    surface
        The surface; the map has the range of its grid.
    marks
        Assumptions to mark.
    verdicts
        The verdict where the limit is beyond the threshold, and where it is not.
    border
        What the limit meets where the verdict changes, in words.
    plausible, plausible_words
        Largest delta of both arms that is called plausible, and what it is in words.
    tip
        The delta of the arm alone at which the verdict changes, or None.
    unit, places
        Unit of the deltas and the decimals of those in words.
    results
        The numbers drawn.
    remark
        What is found in the plausible region, for the alternative text.
    """
    end = f", {unit}" if unit else ""
    short = "; ".join(f"{SHORT[each.name]} {each.words}" for each in marks)

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        _regions(axes, surface, verdicts)
        _plausible(axes, surface, plausible, plausible_words)
        _marks(axes, surface, marks, plausible)
        if tip is not None:
            _tip(axes, surface, tip, fixed(tip, places))
        axes.axhline(0, color=COLOURS["pale"], lw=0.8, zorder=1)
        axes.axvline(0, color=COLOURS["pale"], lw=0.8, zorder=1)
        break_ = "\n" if narrow else " "
        axes.set_xlabel(f"Added to each imputed value of{break_}{surface.arm}{end}")
        axes.set_ylabel(f"Added to each imputed value of{break_}{surface.reference}{end}")
        axes.set_aspect("equal")

    where = (
        "It does not change along the horizontal line through zero"
        if tip is None
        else f"With {surface.reference} as it is, it changes at {fixed(tip, places)} {unit}".strip()
    )
    placed = listed([
        f"{each.words} at {fixed(each.delta, places)} and {fixed(each.reference_delta, places)}"
        for each in marks
    ])  # fmt: skip
    return Figure(
        title=f"Where the verdict tips: {surface.arm} − {surface.reference}",
        alt=f"Map of the verdict over what is added to the imputed values of {surface.arm} "
        f"(across) and of {surface.reference} (up). {where}. {begins_sentence(remark)}. "
        f"Assumptions, by the mean shift of the imputed values: {placed}.",
        draw=draw,
        height=5.4,
        narrow_height=4.1,
        results=results,
        caption=f"Shaded: {verdicts[0]}; the line: the confidence limit meets {border}. Dashed: "
        f"deltas {plausible_words} of the endpoint. Dots: the mean shift of the imputed values "
        f"from those at random ({short}). Everyone of an arm whose value is missing is moved "
        "alike.",
    )


def _regions(axes: Axes, surface: DeltaSurface, verdicts: tuple[str, str]) -> None:
    """Fill where the verdict is shown, draw its border, and name both sides in their corners."""
    across = np.linspace(surface.deltas[0], surface.deltas[-1], FINE)
    up = np.linspace(surface.reference_deltas[0], surface.reference_deltas[-1], FINE)
    sign = 1.0 if surface.limit == "lower" else -1.0
    room = sign * (surface.limits_at(across, up).T - surface.threshold)
    if room.max() > 0.0:
        low = min(float(room.min()), 0.0)
        axes.contourf(across, up, room, levels=[0.0, float(room.max()) + 1.0 - low],
                      colors=[COLOURS["ink"]], alpha=0.12)  # fmt: skip
    if room.max() > 0.0 > room.min():
        axes.contour(across, up, room, levels=[0.0], colors=[COLOURS["ink"]], linewidths=2.0)
    corners = {(x, y): float(room[-y, -x]) for x in (0, 1) for y in (0, 1)}
    for pick, word, colour in ((max, verdicts[0], "ink"), (min, verdicts[1], "grey")):
        x, y = pick(corners, key=corners.__getitem__)  # the corner farthest from the border
        if (corners[x, y] > 0.0) == (colour == "ink"):
            axes.text(
                0.97 if x else 0.03, 0.96 if y else 0.04, word, transform=axes.transAxes,
                ha="right" if x else "left", va="top" if y else "bottom", weight="bold",
                color=COLOURS[colour],
            )  # fmt: skip


def _plausible(axes: Axes, surface: DeltaSurface, size: float, words: str) -> None:
    """Draw the region of plausible deltas, named above it."""
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((-size, -size), 2 * size, 2 * size, fill=False, ec=COLOURS["grey"], lw=1.6,
                  ls="--", zorder=3)
    )  # fmt: skip
    axes.annotate(
        f"plausible: {words}", (-size, size), (1, 4), textcoords="offset points",
        color=COLOURS["grey"], fontsize=8.5, weight="bold", bbox=BEHIND, zorder=4,
    )  # fmt: skip
    axes.set_xlim(surface.deltas[0], surface.deltas[-1])
    axes.set_ylim(surface.reference_deltas[0], surface.reference_deltas[-1])


def _tip(axes: Axes, surface: DeltaSurface, tip: float, words: str) -> None:
    """Mark where the border meets the line on which the reference stays as it is.

    The border rises to the right, so that there is room above it on the left and below it on the
    right; away from the middle, unless the edge of the map is near.
    """
    axes.plot(tip, 0.0, "s", ms=5, color=COLOURS["ink"], mec="white", mew=0.8, zorder=6)
    low, high = float(surface.deltas[0]), float(surface.deltas[-1])
    share = (tip - low) / (high - low)
    left = EDGE < share < 0.5 or share > 1.0 - EDGE
    axes.annotate(
        words, (tip, 0.0), (-5, 5) if left else (5, -5), textcoords="offset points",
        va="bottom" if left else "top", ha="right" if left else "left",
        color=COLOURS["ink"], fontsize=8.5, weight="bold", bbox=BEHIND, zorder=6,
    )  # fmt: skip


def _off_borders(surface: DeltaSurface, height: float, places: np.ndarray) -> np.ndarray:
    """Return places of names at a height, moved aside where the border would cross one."""
    off = NAME * float(surface.deltas[-1])
    for border in surface.border([height])[0]:
        for side in (-1.0, 1.0):
            own = side * (places - border) > 0.0
            if own.any():
                lacking = off - (side * (places[own] - border)).min()
                places = places + own * side * max(lacking, 0.0)
    return places


def _marks(axes: Axes, surface: DeltaSurface, marks: Sequence[Mark], plausible: float) -> None:
    """Draw the assumptions; their names stand in a row below them, in the order of the dots."""
    size = float(surface.deltas[-1])
    ordered = sorted(marks, key=lambda each: (each.delta, each.name))
    below = -min(plausible + 0.1 * size, 0.72 * size)
    row = np.linspace(-ROW, ROW, len(ordered)) * size if len(ordered) > 1 else np.zeros(1)
    places = _off_borders(surface, below, row)
    for each, place in zip(ordered, places, strict=True):
        first = each.name == "mar"
        colour = COLOURS["ink"] if first else COLOURS["grey"]
        axes.annotate(
            SHORT[each.name], (each.delta, each.reference_delta), (place, below), ha="center",
            va="top", fontsize=8.5, color=colour, bbox=BEHIND, zorder=5,
            arrowprops={"arrowstyle": "-", "color": COLOURS["grey"], "lw": 0.7, "shrinkB": 2},
        )  # fmt: skip
        axes.plot(
            each.delta, each.reference_delta, "D" if first else "o", ms=5, color=colour,
            mec="white", mew=0.8, zorder=7 if first else 6,
        )  # fmt: skip

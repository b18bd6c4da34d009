"""The map of a count grid: the verdict by how many of the missing would have responded."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.display.figures import BEHIND, COLOURS, Axes, Canvas, Figure
from analysis.display.placing import GAP, NAME, NOTHING, Rectangle, beside, free_place, near
from analysis.display.reading import Reading, not_drawn
from analysis.display.rows import numbers
from analysis.display.wrapping import DOTS
from analysis.results import Results
from analysis.words import begins_sentence, numbered

FEW = 30
"""Counts of an arm up to which each cell has an edge of its own."""
SIDE = (4.4, 3.4)
"""Inches of the longer side of the map on the wide and on the narrow drawing."""
FLAT = 0.45
"""Least height of the map as a share of its width, where one arm misses far fewer."""
MOST, ROUND_MOST = 13, 7
"""Counts written along a side: all of them, or round ones."""
TICK = (0.22, 0.17)
"""Inches that a count needs across and up."""
SAMPLE = 25
"""Cells of each side that are tried for the place of a word."""
LINE, LETTERS = (60, 44), (10, 9)
"""Letters of a line of the words of an axis, and their size in points."""
ROOMS = (0.42, 0.2)
"""Shares of the width of the map that a name may take: two corners have one side."""
PALE = "#F3F4F6"
"""Ground of the cells in which the verdict is not shown."""


def count_grid_figure(
    results: Results,
    *,
    shown: NDArray[np.bool_],
    arms: tuple[str, str],
    title: str,
    verdicts: tuple[str, str],
    outcome: str = "responders",
    unit: str = "",
    remark: str = "",
    caption: str = "",
) -> Figure | Reading:
    """Draw for which numbers of responders among the missing of two arms a verdict is shown.

    Parameters
    ----------
    results
        One row an assumption to mark, ``group1_level`` its name, such as "worst case":
        ``count.treatment``, ``count.reference``, ``conclusion`` and, for the words, ``estimate``,
        ``conf.low``, ``conf.high``. An assumption without counts is not marked. Rows without a
        name are not drawn.
    shown
        Whether the verdict is shown: the first index is the number of the missing of the
        treatment that would respond (0 to all), the second that of the reference.
    arms
        Treatment and reference.
    title
        Above the figure.
    verdicts
        The verdict where it is shown, and where it is not.
    outcome
        What is counted.
    unit
        Unit of the estimates, for the words.
    remark
        What is found, for the alternative text.
    caption
        Method and source; how to read the figure is added.

    Returns
    -------
    Figure or Reading
        A sentence where nobody is missing: there is nothing to draw.
    """
    if shown.size == 1:
        return not_drawn(title, results, "nobody of either arm is missing")
    marks = numbers(results, "count.treatment", "count.reference")
    marks = marks[marks["group1_level"] != ""].dropna(subset=["count.treatment", "count.reference"])
    (treatment, reference), (most, most_other) = arms, (each - 1 for each in shown.shape)

    flat = min(max(shown.shape[1] / shown.shape[0], FLAT), 1.0)

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        paper = Paper(shown, SIDE[narrow], flat * SIDE[narrow])
        _cells(axes, shown)
        _border(axes, shown)
        _ticks_of(axes, paper)
        taken = _marks(axes, paper, marks)
        _name_regions(axes, paper, verdicts, taken)
        axes.set_box_aspect(flat)
        words = f"{begins_sentence(outcome)} among the"
        across = f"→ {words} {most} missing of {treatment}"
        up = f"↑ {words} {most_other} missing of {reference}"
        axes.set_xlabel(textwrap.fill(across, LINE[narrow]), fontsize=LETTERS[narrow])
        axes.set_title(textwrap.fill(up, LINE[narrow]), loc="left", fontsize=LETTERS[narrow])

    return Figure(
        title=title,
        alt=f"Map of the verdict over the number of {outcome} among the missing: {treatment} "
        f"across, 0 to {most}; {reference} up, 0 to {most_other}. "
        + " ".join(filter(None, [_share_words(shown, verdicts), _end(remark), _said(marks, unit)])),
        draw=draw,
        height=1.2 + SIDE[False] * flat,
        narrow_height=1.25 + SIDE[True] * flat,
        results=results,
        caption=" ".join(
            filter(None, [
                caption,
                f"Shaded: {verdicts[0]}; the line: where it ends. A cell is a number of {outcome} "
                "among the missing of each arm; squares and diamonds: assumptions.",
            ])
        ),
    )  # fmt: skip


Cell = tuple[float, float]


@brief
@dataclass(frozen=True, slots=True)
class Paper:
    """The map in inches: what is shown, how wide it is and how high."""

    shown: NDArray[np.bool_]
    width: float
    height: float

    @property
    def whole(self) -> Rectangle:
        """The whole map."""
        return Rectangle(0.0, 0.0, self.width, self.height)

    def at(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the middles of cells, one a row, in inches."""
        inches = (self.width, self.height)
        middles: NDArray[np.float64] = (cells + 0.5) * inches / self.shown.shape
        return middles

    def point(self, cell: Cell) -> Cell:
        """Return the middle of one cell in inches."""
        x, y = self.at(np.array(cell))
        return float(x), float(y)

    def sample(self, verdict: bool) -> NDArray[np.float64]:
        """Return cells of one verdict, evenly chosen over the whole grid where it is large."""
        across, up = (
            np.unique(np.linspace(0, size - 1, SAMPLE).round().astype(int))
            for size in self.shown.shape
        )
        cells = [(x, y) for x in across for y in up if self.shown[x, y] == verdict]
        return np.array(cells, dtype=float).reshape(-1, 2)

    def ground(self, verdict: bool) -> NDArray[np.float64]:
        """Return points of the cells of one verdict up to their corners, in inches."""
        cells = self.sample(verdict)
        corners = [np.array([x, y]) for x in (-0.5, 0.0, 0.5) for y in (-0.5, 0.0, 0.5)]
        return np.vstack([self.at(cells + corner) for corner in corners])

    def border(self) -> NDArray[np.float64]:
        """Return points of the line at which the verdict changes, in inches."""
        ends = np.array(_steps(self.shown), dtype=float).reshape(-1, 2, 2)
        return self.at(np.vstack([ends[:, 0], ends.mean(axis=1), ends[:, 1]]))


def _cells(axes: Axes, shown: NDArray[np.bool_]) -> None:
    """Colour the cells; those of a small grid have edges, which make them countable."""
    from matplotlib.colors import ListedColormap, to_rgb

    shade = 1 - 0.24 * (1 - np.array(to_rgb(COLOURS["ink"])))
    across, up = shown.shape
    axes.imshow(
        shown.T.astype(int), origin="lower", aspect="auto", interpolation="nearest", vmin=0, vmax=1,
        cmap=ListedColormap([PALE, tuple(shade)]), extent=(-0.5, across - 0.5, -0.5, up - 0.5),
    )  # fmt: skip
    if max(shown.shape) <= FEW:
        edges: dict[str, Any] = {"color": "white", "lw": 1.0, "zorder": 1.5}
        axes.vlines(np.arange(across - 1) + 0.5, -0.5, up - 0.5, **edges)
        axes.hlines(np.arange(up - 1) + 0.5, -0.5, across - 0.5, **edges)
    axes.set(xlim=(-0.5, across - 0.5), ylim=(-0.5, up - 0.5))
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)


def _ticks_of(axes: Axes, paper: Paper) -> None:
    across, up = paper.shown.shape
    axes.set_xticks(_ticks(across - 1, int(paper.width / TICK[0])))
    axes.set_yticks(_ticks(up - 1, int(paper.height / TICK[1])))


def _ticks(most: int, fit: int) -> list[int]:
    """Return the counts that are written: every one where they fit, or round ones and the last.

    Examples
    --------
    >>> _ticks(3, 9), _ticks(57, 20), _ticks(201, 20), _ticks(8, 5)
    ([0, 1, 2, 3], [0, 10, 20, 30, 40, 50, 57], [0, 50, 100, 150, 201], [0, 2, 4, 6, 8])
    """
    if most < min(fit, MOST):
        return list(range(most + 1))
    fit = min(fit, ROUND_MOST)
    powers = (part * 10**power for power in range(9) for part in (1, 2, 5))
    step = next(each for each in powers if most / each <= fit - 1)
    return [*range(0, most - 2 * step // 3, step), most]


def _steps(shown: NDArray[np.bool_]) -> list[list[Cell]]:
    """Return the sides of cells between which the verdict changes, each from end to end."""
    upright = np.argwhere(shown[1:] != shown[:-1])
    level = np.argwhere(shown[:, 1:] != shown[:, :-1])
    lines = [[(x + 0.5, y - 0.5), (x + 0.5, y + 0.5)] for x, y in upright.tolist()]
    return lines + [[(x - 0.5, y + 0.5), (x + 0.5, y + 0.5)] for x, y in level.tolist()]


def _border(axes: Axes, shown: NDArray[np.bool_]) -> None:
    """Draw the line between neighbouring cells of which one is shown and the other is not."""
    from matplotlib.collections import LineCollection

    axes.add_collection(
        LineCollection(
            _steps(shown), colors=COLOURS["ink"], linewidths=2.2, capstyle="round", zorder=2
        )
    )


def _marks(axes: Axes, paper: Paper, marks: pd.DataFrame) -> list[Rectangle]:
    """Mark the assumptions, each cell with the names of those in it; return what that takes."""
    across, up = (size - 1 for size in paper.shown.shape)
    groups = marks.groupby(["count.treatment", "count.reference"], sort=False)["group1_level"]
    cells = [((float(x), float(y)), list(names)) for (x, y), names in groups]
    corner = [x in (0, across) and y in (0, up) for (x, y), _ in cells]
    points, border = [paper.point(cell) for cell, _ in cells], paper.border()
    taken = [Rectangle.around(x, y, GAP, GAP) for x, y in points]
    # The corners first: their names have the fewest places.
    for place in sorted(range(len(cells)), key=corner.__getitem__, reverse=True):
        (cell, names), colour = cells[place], COLOURS["ink" if corner[place] else "grey"]
        others = [*taken[:place], *taken[place + 1 :]]
        axes.plot(
            *cell, "s" if corner[place] else "D", ms=6, color=colour, mec="white", mew=0.8,
            zorder=5, clip_on=False,
        )  # fmt: skip
        name, box, right, hidden = _named(paper, points[place], names, others, border)
        if hidden:
            # Two corners have one side: a name there stays close, on the border if need be.
            avoid = NOTHING if corner[place] else border
            free = near(
                *points[place], NAME.extent(name), within=paper.whole, taken=taken, avoid=avoid
            )
            if free is None and not corner[place]:
                continue  # The words have it all the same.
            box = free or box
            right = box.left >= points[place][0]
        taken.append(box)
        at = (box.left if right else box.right) / paper.width, (box.low + box.high) / 2
        axes.annotate(
            name, (at[0], at[1] / paper.height), xycoords="axes fraction", va="center",
            ha="left" if right else "right", fontsize=NAME.size, color=colour, bbox=BEHIND,
            zorder=4,
        )  # fmt: skip
    return taken


def _named(
    paper: Paper,
    point: Cell,
    names: list[str],
    others: list[Rectangle],
    border: NDArray[np.float64],
) -> tuple[str, Rectangle, bool, bool]:
    """Return the words beside a mark, their place, whether to its right, and whether on others.

    A name in more lines may keep to its side of the border; one on another name is worse than one
    on the border.
    """
    tried = []
    for room in ROOMS:
        width = room * paper.width * DOTS
        name = "\n".join(NAME.wrap(each, width, narrow=False) for each in names)
        box, right, _ = beside(*point, name, within=paper.whole, taken=others, avoid=border)
        hidden = any(map(box.overlaps, others))
        tried.append((name, box, right, hidden))
        if not hidden and not box.covers(border):
            return tried[-1]
    return min(tried, key=lambda each: each[-1])


def _name_regions(
    axes: Axes, paper: Paper, verdicts: tuple[str, str], taken: list[Rectangle]
) -> None:
    """Write each verdict into its region where there is room; the caption has it all the same."""
    for verdict, word, colour in ((True, verdicts[0], "ink"), (False, verdicts[1], "grey")):
        place = free_place(
            word, inside=paper.at(paper.sample(verdict)), outside=paper.ground(not verdict),
            within=paper.whole, taken=taken,
        )  # fmt: skip
        if place is not None:
            axes.annotate(
                word, (place[0] / paper.width, place[1] / paper.height), xycoords="axes fraction",
                ha="center", va="center", weight="bold", color=COLOURS[colour], bbox=BEHIND,
                zorder=3, fontsize=9.5,
            )  # fmt: skip


def _share_words(shown: NDArray[np.bool_], verdicts: tuple[str, str]) -> str:
    """Say in how many cells the verdict is shown."""
    if shown.all() or not shown.any():
        return f"Whatever the missing are: {verdicts[0] if shown.all() else verdicts[1]}."
    return (
        f"{begins_sentence(verdicts[0])} in {int(shown.sum())} of {numbered(shown.size, 'cell')}, "
        f"{verdicts[1]} in the rest."
    )


def _end(remark: str) -> str:
    return f"{begins_sentence(remark).rstrip('.')}." if remark else ""


def _said(marks: pd.DataFrame, unit: str) -> str:
    """Say of every assumption where it is and what follows from it."""
    said = [_row_words(row, unit) for row in marks.to_dict("records")]
    return f"Assumptions: {'; '.join(said)}." if said else ""


def _row_words(row: dict[str, object], unit: str) -> str:
    at = f"{row['group1_level']} at {row['count.treatment']:.0f} and {row['count.reference']:.0f}"
    words = {name: row.get(name) for name in ("estimate", "conf.low", "conf.high", "conclusion")}
    there = {name: text for name, text in words.items() if isinstance(text, str)}
    found: Sequence[str] = [
        *([f"{there['estimate']} {unit}".rstrip()] if "estimate" in there else []),
        *(
            [f"({there['conf.low']} to {there['conf.high']})"]
            if {"conf.low", "conf.high"} <= set(there)
            else []
        ),
    ]
    parts = filter(None, [" ".join(found), there.get("conclusion", "")])
    return f"{at}: {', '.join(parts)}" if found or "conclusion" in there else at

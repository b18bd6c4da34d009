"""Names of marks above a drawing, in as many columns as fit and in lines that fit."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from analysis.display.figures import NARROW, WIDE
from analysis.display.lettering import NAME
from analysis.display.wrapping import DOTS, Letters

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

SIZE = 9.0
"""Points."""
HANDLE, APART = 2.8, 2.8
"""Letters' sizes that a mark with its line takes, and what parts it from its name and the next."""
AROUND = (HANDLE + APART) * SIZE / 72
"""Inches beside a name."""


def name_above(
    canvas: Canvas, handles: Sequence[Any], names: Sequence[str], *, narrow: bool
) -> None:
    """Name marks above the drawing, each in its colour.

    Parameters
    ----------
    canvas
        The drawing.
    handles, names
        Marks of matplotlib, and what each is of, in any length.
    narrow
        Whether the drawing is the narrow one.
    """
    letters, width = Letters(SIZE), NARROW if narrow else WIDE
    written = [
        letters.wrap(textwrap.fill(name, NAME[narrow]), (width - 2 * AROUND) * DOTS, narrow=narrow)
        for name in names
    ]
    canvas.legend(
        handles, written, loc="outside upper left", frameon=False, labelcolor="linecolor",
        fontsize=SIZE, ncols=_columns(written, letters, width), handlelength=HANDLE,
    )  # fmt: skip


def name_marks_of(canvas: Canvas, axes: Axes, *, narrow: bool) -> None:
    """Name above the drawing what was drawn on axes with a label, where there are several."""
    handles, names = axes.get_legend_handles_labels()
    if len(names) > 1:
        name_above(canvas, handles, names, narrow=narrow)


def _columns(names: Sequence[str], letters: Letters, width: float) -> int:
    """Return the most columns that fit; a column is as wide as the longest name in it."""
    inches = [AROUND + letters.extent(name)[0] / DOTS for name in names]
    for columns in range(len(names), 1, -1):
        rows = -(-len(names) // columns)
        needed = [max(inches[start : start + rows]) for start in range(0, len(names), rows)]
        if sum(needed) <= width and len(needed) == columns:
            return columns
    return 1

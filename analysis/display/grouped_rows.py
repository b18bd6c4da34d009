"""Rows of marks under headings: named at the left, with their numbers at the right.

On a phone name and number stand above the marks, so that both are there on either drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.brief import brief
from analysis.display.figures import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEFORE, AFTER = 0.55, 0.9
"""Rows that are left free before a heading, and that it takes itself."""
ROW = (0.215, 0.42)
"""Inches of a row on the wide and on the narrow drawing."""
ABOVE, BELOW = 0.38, 0.15
"""Rows by which the narrow drawing has names and numbers above the middle, and marks below it."""
SIZE = (8.5, 7.5)
"""Points of names and numbers."""


@brief
@dataclass(frozen=True, slots=True)
class GroupedRows:
    """Rows in their order, each with the heading that it stands under.

    Parameters
    ----------
    headings, names, numbers
        One a row; a heading is written where it changes.
    """

    headings: Sequence[str]
    names: Sequence[str]
    numbers: Sequence[str]

    def height(self, *, narrow: bool) -> float:
        """Return the inches of all rows and headings."""
        return ROW[narrow] * -self._places()[-1]

    def _begins(self, row: int) -> bool:
        return row == 0 or self.headings[row] != self.headings[row - 1]

    def _places(self) -> list[float]:
        """Return where every row stands, counted down from 0, and where the last ends."""
        places, y = [], 0.0
        for row in range(len(self.names)):
            y -= (BEFORE + AFTER) if self._begins(row) else 0.0
            places.append(y - 0.5)
            y -= 1.0
        return [*places, y]

    def write(self, axes: Axes, *, narrow: bool) -> list[float]:
        """Write headings, names and numbers; return where the marks of each row stand."""
        *places, end = self._places()
        left = axes.get_yaxis_transform()
        for row, (y, name, number) in enumerate(zip(places, self.names, self.numbers, strict=True)):
            if self._begins(row):
                axes.text(0, y + 0.5 + AFTER / 2, self.headings[row], weight="bold", va="center",
                          transform=left)  # fmt: skip
            if narrow:
                axes.text(0, y + ABOVE, name, fontsize=SIZE[narrow], va="center", transform=left)
            axes.text(
                1.0 if narrow else 1.02, y + (ABOVE if narrow else 0.0), number, va="center",
                ha="right" if narrow else "left", fontsize=SIZE[narrow], color=COLOURS["ink"],
                transform=left,
            )  # fmt: skip
        axes.set_ylim(end, 0.0)
        axes.set_yticks([] if narrow else places, [] if narrow else self.names,
                        fontsize=SIZE[narrow])  # fmt: skip
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        return [y - BELOW for y in places] if narrow else places

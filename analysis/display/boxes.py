"""Rows of boxes, placed on paper of a given width: how wide, how tall, and where.

A row with more boxes than the width can hold is folded, so that letters keep their size: rows of
equally many boxes are columns, and the last of the columns go below the first.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from analysis.display.wrapping import Letters

TITLE, DETAIL, SMALL = Letters(10, "bold"), Letters(10), Letters(9)
PAD, SIDE, SPACE = 9, 5, 3
"""Pixels inside a box: above and below its text, beside it, below its title."""
GAP, JOINED = (14, 10), 36
"""Pixels between boxes on the wide and on the narrow paper, and where an arrow runs between."""
LEAST, MOST = 96, 360
"""Pixels that a box is wide."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box: a name that arrows refer to, a bold first line and further lines.

    A line feed in `detail` begins a line. What is a `drug` stands out.
    """

    name: str
    title: str
    detail: str = ""
    kind: Literal["plain", "drug"] = "plain"


@dataclass(frozen=True, slots=True)
class Line:
    """Boxes side by side: a row, or a part of one that is folded into several."""

    row: int
    boxes: Sequence[Box]
    columns: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A box with its place across the paper and its text in lines; `y` is the upper edge."""

    box: Box
    x: float
    width: float
    title: str
    detail: str
    y: float = 0.0
    height: float = 0.0

    @property
    def centre(self) -> float:
        """Middle between the left and the right edge."""
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.y + self.height

    @property
    def detail_y(self) -> float:
        """Upper edge of the further lines."""
        return self.y + PAD + (TITLE.extent(self.title)[1] + SPACE if self.title else 0)

    def needs(self) -> float:
        """Return how tall the box must be."""
        return self.detail_y - self.y + DETAIL.extent(self.detail)[1] + PAD


def folded(
    rows: Sequence[Sequence[Box]], room: float, kept: Collection[int], *, gap: float
) -> Iterator[Line]:
    """Yield the lines of boxes from top to bottom, as many boxes in each as have room.

    Parameters
    ----------
    rows
        Boxes from top to bottom.
    room
        Pixels from the left to the right edge.
    kept
        Rows that are folded each for itself: those of a band.
    gap
        Pixels between boxes.
    """
    most = max(int((room + gap) // (LEAST + gap)), 1)
    numbered = enumerate(rows)
    for _, block in groupby(numbered, lambda row: (len(row[1]), row[0] if row[0] in kept else -1)):
        alike = list(block)
        count = len(alike[0][1])
        columns = -(-count // -(-count // most))
        for first in range(0, count, columns):
            for row, boxes in alike:
                yield Line(row, boxes[first : first + columns], columns)


def across(line: Line, left: float, right: float, *, gap: float, narrow: bool) -> list[Placed]:
    """Return the boxes of a line side by side in the middle between two edges, still at the top."""
    gaps = gap * (line.columns - 1)
    width = min(MOST, (right - left - gaps) / line.columns)
    count = len(line.boxes)
    x = (left + right - width * count - gap * (count - 1)) / 2
    room = width - 2 * SIDE
    return [
        Placed(
            box=box,
            x=x + place * (width + gap),
            width=width,
            title=TITLE.wrap(box.title, room, narrow=narrow),
            detail=DETAIL.wrap(box.detail, room, narrow=narrow),
        )
        for place, box in enumerate(line.boxes)
    ]

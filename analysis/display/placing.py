"""Where a word fits into a drawing: beside its mark, or free inside a region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from analysis.display.wrapping import DOTS, Letters

NAME = Letters(8.5)
"""Letters of a name."""
GROUND, GAP = 0.05, 0.09
"""Inches that the ground of a text adds to it, and from a mark to its name."""

NOTHING: NDArray[np.float64] = np.empty((0, 2))
"""No point."""


class Rectangle(NamedTuple):
    """A rectangle, in inches from the lower left of a drawing."""

    left: float
    low: float
    right: float
    high: float

    @classmethod
    def around(cls, x: float, y: float, width: float, height: float) -> Self:
        """Return the rectangle of a size around a point."""
        return cls(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def overlaps(self, other: Rectangle) -> bool:
        """Say whether two rectangles have a point in common.

        Examples
        --------
        >>> Rectangle(0, 0, 2, 1).overlaps(Rectangle(1, 0, 3, 1))
        True
        """
        return (
            self.left < other.right
            and other.left < self.right
            and self.low < other.high
            and other.low < self.high
        )

    def inside(self, other: Rectangle) -> bool:
        """Say whether nothing of it is outside of another."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.low >= other.low
            and self.high <= other.high
        )

    def covers(self, points: NDArray[np.float64]) -> bool:
        """Say whether any of some points, one a row, is inside of it."""
        return bool(len(points)) and _clearance(self, points) == 0.0


def size_of(text: str) -> tuple[float, float]:
    """Return how wide and high a text of small letters is on its ground, in inches."""
    width, height = (each / DOTS for each in NAME.extent(text))
    return width + GROUND, height + GROUND


def beside(
    x: float,
    y: float,
    text: str,
    *,
    within: Rectangle,
    taken: Sequence[Rectangle],
    avoid: NDArray[np.float64],
) -> tuple[Rectangle, bool, bool]:
    """Find where a name stands beside its mark.

    Parameters
    ----------
    x, y
        The mark, in inches.
    text
        The name.
    within
        The drawing.
    taken
        What is there already.
    avoid
        Points that it should not cover if it can, one a row.

    Returns
    -------
    tuple
        The rectangle, and whether it is right of the mark and above it: towards the middle where
        that is free, else the first of the other sides that is.
    """
    width, height = size_of(text)
    right = x < (within.left + within.right) / 2
    above = y <= (within.low + within.high) / 2
    sides = [(right, above), (right, not above), (not right, above), (not right, not above)]
    found = [
        Rectangle.around(
            x + (1 if to_right else -1) * (GAP + width / 2),
            y + (1 if over else -1) * (GAP + height / 2),
            width,
            height,
        )
        for to_right, over in sides
    ]
    free = [
        place
        for place, box in enumerate(found)
        if box.inside(within) and not any(map(box.overlaps, taken))
    ]
    best = next((place for place in free if _clearance(found[place], avoid) > 0), None)
    place = best if best is not None else next(iter(free), 0)
    return found[place], *sides[place]


def near(
    x: float,
    y: float,
    size: tuple[float, float],
    *,
    within: Rectangle,
    taken: Sequence[Rectangle],
    avoid: NDArray[np.float64] = NOTHING,
) -> Rectangle | None:
    """Find the nearest free place for a name right or left of its mark, at its height or beyond.

    Parameters
    ----------
    x, y
        The mark, in inches.
    size
        Width and height of the name as it will be drawn, in pixels of 100 an inch.
    within, taken
        The panel, and what is there already.
    avoid
        Points that it must not cover, one a row.

    Returns
    -------
    Rectangle or None
        The first free place by distance; None where there is none.
    """
    width, height = (each / 100 + 0.02 for each in size)
    # Every height in steps of half a line, the nearest first; right of the mark before left of it.
    steps = [
        sign * n * height / 2 for n in range(int(2 * within.high / height)) for sign in (-1, 1)
    ]
    boxes = [
        Rectangle(left, y + step - height / 2, left + width, y + step + height / 2)
        for step in steps
        for left in (x + GAP, x - GAP - width)
    ]
    free = (box for box in boxes if box.inside(within) and not any(map(box.overlaps, taken)))
    return next((box for box in free if not box.covers(avoid)), None)


def free_place(
    text: str,
    *,
    inside: NDArray[np.float64],
    outside: NDArray[np.float64],
    within: Rectangle,
    taken: Sequence[Rectangle],
) -> tuple[float, float] | None:
    """Find where a word stands in a region: as far from its border as it can.

    Parameters
    ----------
    text
        The word.
    inside, outside
        Points of the region and of the rest of the drawing, in inches, one a row.
    within, taken
        The drawing, and what is there already.

    Returns
    -------
    tuple or None
        The middle of the word; None where there is no room.
    """
    best, place = 0.0, None
    width, height = size_of(text)
    corners = [(x, y) for each in taken for x in each[::2] for y in each[1::2]]
    marks = np.array(corners, dtype=float).reshape(-1, 2)
    for x, y in inside.tolist():
        box = Rectangle.around(x, y, 1.25 * width, 1.6 * height)  # bold, and on a ground
        if not box.inside(within) or any(map(box.overlaps, taken)):
            continue
        sides = [x - within.left, within.right - x, y - within.low, within.high - y]
        apart = min(_clearance(box, outside), _clearance(box, marks), min(sides) / 2)
        if apart > best:
            best, place = apart, (x, y)
    return place


def _clearance(box: Rectangle, points: NDArray[np.float64]) -> float:
    """Return how far the nearest of some points is from a rectangle; 0 inside of it."""
    if not len(points):
        return np.inf
    x, y = points.T
    across = np.maximum(np.maximum(box.left - x, x - box.right), 0)
    up = np.maximum(np.maximum(box.low - y, y - box.high), 0)
    return float(np.hypot(across, up).min())

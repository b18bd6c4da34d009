"""What an effect on either side of no effect means, written above an axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.display.effect_axis import EffectAxis
from analysis.display.figures import COLOURS
from analysis.display.wrapping import DOTS, Letters

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALL = Letters(8.5)
GAP = 10.0
"""Pixels that a side leaves free."""


def share_of(axis: EffectAxis, value: float) -> float:
    """Return how far along an axis a value lies, from 0 to 1.

    Examples
    --------
    >>> share_of(EffectAxis(0.25, 4.0, ratio=True), 1.0)
    0.5
    """
    low, at, high = (
        math.log(each) if axis.ratio else each for each in (axis.low, value, axis.high)
    )
    return (at - low) / (high - low)


def wrapped_sides(
    favours: tuple[str, str], axis: EffectAxis, *, null: float, across: float, narrow: bool
) -> tuple[str, str]:
    """Return the names of both sides in lines that fit on their side.

    Parameters
    ----------
    favours
        What an effect left of the null means, and one right of it.
    axis, null
        The axis, and the value of no effect.
    across
        Inches of the axis.
    narrow
        Whether the drawing is the narrow one.
    """
    share = share_of(axis, null)
    left, right = (
        SMALL.wrap(words, part * across * DOTS - GAP, narrow=narrow)
        for words, part in (
            (f"← {favours[0]}", share), (f"{favours[1]} →", 1 - share)
        )
    )  # fmt: skip
    return left, right


def write_sides(axes: Axes, sides: tuple[str, str], *, null: float) -> None:
    """Write the names of the sides above an axis, left and right of the null."""
    for words, place, side in zip(sides, (-4, 4), ("right", "left"), strict=True):
        axes.annotate(
            words, (null, 1), (place, 3), xycoords=axes.get_xaxis_transform(), ha=side,
            textcoords="offset points", color=COLOURS["grey"], va="bottom", **SMALL.options(),
        )  # fmt: skip

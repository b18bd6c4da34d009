"""Where the words of a drawing stand on one another, or leave the paper: measured as drawn."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure as Canvas
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

TOUCH = 1.0
"""Pixels by which two boxes may meet: letters seldom fill theirs."""

Corners = NDArray[np.float64]
"""The four corners of a text's box, one a row, in pixels from the lower left of the paper."""


def crowded(canvas: Canvas) -> list[str]:
    """Return which words of a finished drawing cannot all be read, and why.

    Parameters
    ----------
    canvas
        A drawing that is laid out: every text is where it will be drawn.

    Returns
    -------
    list of str
        A sentence for two texts that overlap, and for one that leaves the paper or stands on the
        frame of a box; none where all is well.
    """
    texts = list(_texts(canvas))
    if not texts:
        return []
    boxes = [_corners(text) for text in texts]
    low, high = (np.array([end(box, axis=0) for box in boxes]) for end in (np.min, np.max))
    paper = np.array([canvas.bbox.width, canvas.bbox.height])
    beyond = ((low < -TOUCH) | (high > paper + TOUCH)).any(axis=1)
    near = (low[:, None] < high[None]).all(axis=2)
    pairs = [(one, other) for one, other in np.argwhere(near & near.T) if one < other]
    return [
        *(f"{_name(texts[each])} leaves the paper" for each in np.flatnonzero(beyond)),
        *(
            f"{_name(texts[one])} stands on {_name(texts[other])}"
            for one, other in pairs
            if _overlap(boxes[one], boxes[other])
        ),
        *(
            f"{_name(text)} stands on a frame"
            for text, box in zip(texts, boxes, strict=True)
            if any(_overlap(box, frame) and not _inside(box, frame) for frame in _frames(canvas))
        ),
    ]


def _name(text: Text) -> str:
    return f"'{' '.join(text.get_text().split())}'"


def _texts(canvas: Canvas) -> Iterator[Text]:
    """Yield the texts that are drawn; an axis keeps names of ticks that are beyond its ends."""
    from matplotlib.axis import Axis
    from matplotlib.text import Text

    outside: set[Artist] = set()
    for axis in canvas.findobj(Axis):
        low, high = sorted(axis.get_view_interval())
        for tick in itertools.chain(axis.get_major_ticks(), axis.get_minor_ticks()):
            if not (low <= tick.get_loc() <= high and axis.axes.axison and axis.get_visible()):
                outside |= {tick.label1, tick.label2}
    for text in canvas.findobj(Text):
        if text not in outside and text.get_visible() and text.get_text().strip():
            yield text


def _frames(canvas: Canvas) -> list[Corners]:
    """Return the boxes of a drawing that have a line around them."""
    from matplotlib.colors import same_color
    from matplotlib.patches import FancyBboxPatch

    boxes = [
        patch.get_window_extent()
        for axes in canvas.axes
        for patch in axes.patches
        if isinstance(patch, FancyBboxPatch)
        and not same_color(patch.get_edgecolor(), patch.get_facecolor())
    ]
    return [_rectangle(box) for box in boxes]


def _inside(box: Corners, frame: Corners) -> bool:
    return bool((box >= frame.min(axis=0)).all() and (box <= frame.max(axis=0)).all())


def _rectangle(box: Bbox) -> Corners:
    return np.array([[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]])


def _corners(text: Text) -> Corners:
    """Return the corners of a text as it stands, turned ones too."""
    from matplotlib.text import Text

    turned = text.get_rotation() % 90 and text.get_rotation_mode() == "anchor"
    angle = text.get_rotation()
    if turned:
        text.set_rotation(0)
    box = Text.get_window_extent(text)  # that of an annotation has its arrow, too
    corners = _rectangle(box)
    if not turned:
        return corners
    text.set_rotation(angle)
    anchor = text.get_transform().transform(text.get_unitless_position())
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    placed: Corners = anchor + (corners - anchor) @ np.array([[cos, sin], [-sin, cos]])
    return placed


def _overlap(one: Corners, other: Corners) -> bool:
    """Say whether two boxes overlap: no line along a side of either parts them."""
    for sides in (one, other):
        for start, end in ((sides[0], sides[1]), (sides[1], sides[2])):
            along = end - start
            length = float(np.hypot(*along)) or 1.0
            first, second = one @ along / length, other @ along / length
            if first.max() - TOUCH <= second.min() or second.max() - TOUCH <= first.min():
                return False
    return True

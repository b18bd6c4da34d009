"""Text of the data inside a drawing: letters that the font has, in lines that fit.

Names of arms, visits and events are written by others. matplotlib would warn of a letter that its
font lacks, and a label wider than the figure leaves no room for the axes; on a page either would
stop the run.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure as Canvas
    from matplotlib.text import Text

LINE = (110, 62)
"""Letters of a line that fit on the wide and on the narrow drawing."""
NAME = (62, 30)
"""Letters of a name beside an axis or in a legend."""
TWO = 11
"""Letters more than its share that a name beside the first of two wide panels can take."""
LEVEL = (90, 40)
"""Letters below an axis, all its names together."""
FEW = 12
"""Letters that a name below an axis keeps, however many there are."""
AXIS, LINES = (96, 44), 3
"""Letters of a line of the words of an axis, where one panel has the width, and its most lines."""
TURNED = 24
"""Letters of a name that is turned."""


@cache
def _glyphs() -> frozenset[int]:
    """Return the characters that the font of the figures can draw, in each of its weights."""
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    faces = (
        findfont(FontProperties(family="DejaVu Sans", weight=each)) for each in ("normal", "bold")
    )
    return frozenset.intersection(*(frozenset(FT2Font(face).get_charmap()) for face in faces))


def known(text: str) -> str:
    """Return text with a box in place of every letter that the font lacks, such as an emoji."""
    return "".join(letter if ord(letter) in _glyphs() else "□" for letter in text)


def drawable(text: str, length: int = 42) -> str:
    r"""Return text as one line that matplotlib can draw, cut to a length.

    What the font lacks, such as an emoji, is a box.

    Examples
    --------
    >>> drawable("cost $5\nand more"), drawable("a long name", 6)
    ('cost $5 and more', 'a lon…')
    """
    one_line = " ".join(text.split())
    short = one_line if len(one_line) <= length else f"{one_line[: length - 1].rstrip()}…"
    drawn = known(short)
    # A legend leaves out what begins with an underscore.
    return f" {drawn}" if drawn.startswith("_") else drawn


def _lines(text: str, length: int) -> str:
    """Return text with each of its own lines drawable and cut; what can be drawn stays as it is."""
    return "\n".join(
        line if len(line) <= length and _glyphs().issuperset(map(ord, line))
        else drawable(line, length)
        for line in text.split("\n")
    )  # fmt: skip


def make_drawable(canvas: Canvas, *, narrow: bool, room: float = 1.0) -> dict[str, str]:
    """Replace every text of a drawing by one that can be drawn and fits.

    Parameters
    ----------
    canvas
        A drawing that is complete but for this.
    narrow
        Whether it is the narrow one.
    room
        Share of the usual length that a name keeps.

    Returns
    -------
    dict
        What is drawn in place of a text that was cut, or has letters that the font lacks → the
        text as it is.
    """
    from matplotlib.legend import Legend
    from matplotlib.text import Text

    changed: dict[str, str] = {}

    def short(text: str, length: int) -> str:
        length = int(length * room)
        drawn = _lines(text, length)
        if drawn.split() != text.split():
            changed[drawn] = " ".join(text.split())
        return drawn

    for axes in canvas.axes:
        for axis in (axes.xaxis, axes.yaxis):
            _plain_numbers(axis)
            _name_ticks(axis, short, narrow=narrow, beside=_panels_beside(axes))
        _wrap(axes.xaxis.label, AXIS[narrow] // _panels_beside(axes), changed)
    said = [axes.xaxis.label for axes in canvas.axes]
    legends = [text for legend in canvas.findobj(Legend) for text in legend.get_texts()]
    for text in canvas.findobj(Text):
        if text in said:
            continue
        drawn = short(text.get_text(), NAME[narrow] if text in legends else LINE[narrow])
        if drawn != text.get_text():
            text.set_text(drawn)
    return changed


def _wrap(text: Text, length: int, changed: dict[str, str]) -> None:
    """Lay the words of an axis in lines; only what no few lines hold is cut."""
    whole = " ".join(text.get_text().split())
    if not whole:
        return
    drawn = "\n".join(
        each
        for line in text.get_text().split("\n")
        for each in textwrap.wrap(
            known(line), length, max_lines=LINES, placeholder="…", break_on_hyphens=False
        )
    )
    if drawn.split() != whole.split():
        changed[drawn] = whole
    text.set_text(drawn)


def _plain_numbers(axis: Axis) -> None:
    """Have the numbers of a logarithmic axis written without formulas, which nothing is read as."""
    from matplotlib.ticker import LogFormatter, LogFormatterMathtext

    if isinstance(axis.get_major_formatter(), LogFormatterMathtext):
        axis.set_major_formatter(LogFormatter())
    if isinstance(axis.get_minor_formatter(), LogFormatterMathtext):
        axis.set_minor_formatter(LogFormatter())


def _panels_beside(axes: Axes) -> int:
    """Return how many panels share the width of the drawing."""
    place = axes.get_subplotspec()
    return place.get_gridspec().ncols if place else 1


def _name_ticks(axis: Axis, short: Callable[[str, int], str], *, narrow: bool, beside: int) -> None:
    """Replace the names of ticks; a tick takes its text from its axis whenever it is drawn."""
    from matplotlib.axis import XAxis
    from matplotlib.ticker import FixedLocator

    if not isinstance(axis.get_major_locator(), FixedLocator):
        return
    ticks = axis.get_ticklabels()
    names = [tick.get_text() for tick in ticks]
    length = NAME[narrow] // beside if narrow else min(NAME[narrow], NAME[narrow] // beside + TWO)
    if isinstance(axis, XAxis) and ticks:
        turned = any(tick.get_rotation() for tick in ticks)
        length = TURNED if turned else LEVEL[narrow] // len(ticks) // beside
    length = max(length, FEW)
    drawn = [short(name, length) for name in names]
    if drawn != names:
        axis.set_ticklabels(drawn)


def name_levels(axes: Axes, names: Sequence[str], *, narrow: bool) -> None:
    """Write names below an axis at 0, 1, 2, …, turned where they would run into one another."""
    # Every name has the room of the longest.
    turned = len(names) * max(map(len, names), default=0) > LEVEL[narrow]
    axes.set_xticks(range(len(names)), names)
    if turned:
        for tick in axes.get_xticklabels():
            tick.set(rotation=35, ha="right", rotation_mode="anchor")

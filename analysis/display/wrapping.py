"""Text in lines that fit a width, measured by what will draw it.

Names of the data are as long as they are, and no mean width of a letter holds for `WWW` and for
`iii`: the renderer of the figures measures.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from analysis.display.figures import RESOLUTION, STYLE
from analysis.display.lettering import LINE, known

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

DOTS = 100
"""Pixels of an inch, in which the places of a diagram are counted."""
JOINT = re.compile(r"[^-/_.]*[-/_.]+|[^-/_.]+")
"""A part of a word after which a line may end, where the word does not fit on any line."""
SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Of a room: the first that needs no line more gives lines of about one length."""

Fits = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters of one size and weight of the figures' font.

    Parameters
    ----------
    size
        Points.
    weight
        As matplotlib names it.
    """

    size: float
    weight: str = "normal"

    def options(self) -> dict[str, Any]:
        """Return how matplotlib is told to write in these letters."""
        font = {"fontfamily": STYLE["font.family"], "fontsize": self.size}
        return font | {"fontweight": self.weight, "parse_math": False, "usetex": False}

    def extent(self, text: str) -> tuple[float, float]:
        """Return width and height of text as it will be drawn, in pixels."""
        return _extent(self, "\n".join(map(known, text.split("\n"))))

    def wrap(self, text: str, room: float, *, narrow: bool) -> str:
        """Return text in lines that fit.

        Parameters
        ----------
        text
            Any text; a line feed in it begins a line.
        room
            Pixels that a line may take.
        narrow
            Whether it is for the narrow drawing, which cuts lines of fewer letters.

        Returns
        -------
        str
            The same words; a line ends inside a word only where no line holds it whole.
        """
        return "\n".join(
            line for own in text.split("\n") for line in self._balanced(own, room, LINE[narrow])
        )

    def _balanced(self, text: str, room: float, most: int) -> list[str]:
        """Return the fewest lines, about equally long: a last line of one word reads badly."""

        def within(room: float) -> Fits:
            return lambda line: len(line) <= most and self.extent(line)[0] <= room

        words = text.split()
        # To measure is what takes time: most texts are one line, and need no measure but that.
        if words and within(room)(whole := " ".join(words)):
            return [whole]
        pieces = [
            (" " * (number == 0), piece)
            for word in words
            for number, piece in enumerate(_pieces(word, within(room)))
        ]
        lines = _lines(pieces, within(room))
        for share in SHARES if len(lines) > 1 else ():
            shorter = _lines(pieces, within(room * share))
            if len(shorter) == len(lines):
                return shorter
        return lines


def _lines(pieces: Iterable[tuple[str, str]], fits: Fits) -> list[str]:
    """Return pieces, each with the blank before it, in lines that fit."""
    lines: list[str] = []
    for blank, piece in pieces:
        if lines and fits(longer := lines[-1] + blank + piece):
            lines[-1] = longer
        else:
            lines.append(piece)
    return lines


def _pieces(word: str, fits: Fits) -> Iterator[str]:
    """Yield the parts of a word between which a line may end: none where it fits as a whole."""
    if fits(word):
        yield word
        return
    for part in JOINT.findall(word):
        if fits(part):
            yield part
        else:
            yield from part


@cache
def _paper() -> Canvas:
    """Return an empty drawing of the figures' resolution, to measure on."""
    # On a new machine matplotlib says that it builds a font cache; on a page that is noise.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    paper = Canvas(figsize=(1, 1), dpi=RESOLUTION)
    FigureCanvasAgg(paper)
    return paper


@lru_cache(maxsize=10_000)
def _extent(letters: Letters, text: str) -> tuple[float, float]:
    from matplotlib.text import Text

    if not text:
        return 0.0, 0.0
    written = Text(0, 0, text, **letters.options())
    written.set_figure(_paper())
    extent = written.get_window_extent()
    return extent.width * DOTS / RESOLUTION, extent.height * DOTS / RESOLUTION

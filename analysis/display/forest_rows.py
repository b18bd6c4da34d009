"""The rows of a forest: what each says, in lines that fit, and how tall it is.

Names and numbers have columns of their own beside the axis, or, on the narrow drawing, lines of
their own above each interval. All heights are inches, so that nothing depends on how many rows
there are.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.brief import brief
from analysis.display.figures import COLOURS, NARROW
from analysis.display.wrapping import DOTS, Letters

STYLES = {
    "asked": (COLOURS["orange"], "o"),
    "raw": (COLOURS["orange"], "o"),
    "effect": (COLOURS["ink"], "o"),
    "trial": (COLOURS["blue"], "o"),
    "faint": (COLOURS["grey"], "o"),
    "pooled": (COLOURS["ink"], "D"),
    "heading": (COLOURS["ink"], ""),
    "patient level": (COLOURS["purple"], "s"),
    "synthetic": (COLOURS["purple"], "s"),
    "missing": (COLOURS["orange"], ""),
    "absent": (COLOURS["grey"], ""),
}
"""Kind of row → colour and mark; a pooled result is drawn as a diamond of its interval."""
BOLD = ("asked", "pooled", "heading", "missing")

LABEL, DETAIL, WORDS = (9.0, 8.2), (7.8, 7.0), (8.8, 8.2)
"""Points of names, of what stands below them, and of numbers: on the wide and narrow drawing."""
NAMES, NUMBERS = 2.9, 2.2
"""Inches that the columns of names and of numbers may take on the wide drawing."""
EDGES = {False: 0.55, True: 0.3}
"""Inches beside the axes that nothing of a row takes."""
BETWEEN, LEAST = 0.14, 0.36
"""Inches between two rows, and the least height of a row on the wide drawing."""
LEAD = 0.03
"""Inches between a name and what stands below it."""
BAR = 0.26
"""Inches that an interval takes between its words on the narrow drawing."""
APART_WORDS = 10.0
"""Pixels between a name and the number in its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a forest.

    Parameters
    ----------
    label, detail
        What is compared, and where.
    words
        The numbers as written; for a row without an estimate why not, in two or three words.
    kind
        A key of `STYLES`.
    estimate, low, high
        The mark and its bar; None where there is none.
    wide_low, wide_high
        A thinner, longer bar: a prediction interval, or a spread between series.
    """

    label: str
    detail: str
    words: str
    kind: str = "effect"
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    wide_low: float | None = None
    wide_high: float | None = None

    @property
    def weight(self) -> str:
        """Whether its words are bold."""
        return "bold" if self.kind in BOLD else "normal"


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A row with its words in lines, and how tall it is.

    Parameters
    ----------
    row
        The row.
    label, detail, words
        Its words in lines that fit.
    beside
        Whether the number stands in the last line of the name, on the narrow drawing.
    heights
        Inches of name, number and detail.
    height
        Inches of all.
    """

    row: Row
    label: str
    detail: str
    words: str
    beside: bool
    heights: tuple[float, float, float]
    height: float


def inches_of(letters: Letters, text: str) -> float:
    """Return how high a text is."""
    return letters.extent(text)[1] / DOTS if text else 0.0


def letters_of(row: Row, narrow: bool) -> tuple[Letters, Letters, Letters]:
    """Return the letters of name, number and detail; numbers of a phone are never bold."""
    numbers = "normal" if narrow else row.weight
    return (
        Letters(LABEL[narrow], row.weight), Letters(WORDS[narrow], numbers), Letters(DETAIL[narrow])
    )  # fmt: skip


def column_width(placed: Placed, what: int) -> float:
    """Return the inches of the column of names (0) or of numbers (1) that a row needs."""
    names, numbers, details = letters_of(placed.row, narrow=False)
    if what:
        return numbers.extent(placed.words)[0] / DOTS
    return max(names.extent(placed.label)[0], details.extent(placed.detail)[0]) / DOTS


def place_wide(row: Row) -> Placed:
    """Return a row of the wide drawing: its name and its number beside the axis."""
    names, numbers, details = letters_of(row, narrow=False)
    label = names.wrap(row.label, NAMES * DOTS, narrow=False)
    detail = details.wrap(row.detail, NAMES * DOTS, narrow=False)
    words = numbers.wrap(row.words, NUMBERS * DOTS, narrow=False)
    lead = LEAD if detail else 0.0
    heights = inches_of(names, label) + lead, inches_of(numbers, words), inches_of(details, detail)
    tall = max(heights[0] + heights[2], heights[1]) + BETWEEN
    return Placed(
        row=row, label=label, detail=detail, words=words, beside=False, heights=heights,
        height=max(tall, LEAST),
    )  # fmt: skip


def place_narrow(row: Row) -> Placed:
    """Return a row of the narrow drawing: its name and its number above the interval."""
    names, numbers, details = letters_of(row, narrow=True)
    room = (NARROW - EDGES[True]) * DOTS
    label, detail = (
        letters.wrap(text, room, narrow=True)
        for letters, text in ((names, row.label), (details, row.detail))
    )
    words = numbers.wrap(row.words, room, narrow=True)
    last = names.extent(label.split("\n")[-1])[0]
    beside = last + numbers.extent(words)[0] + APART_WORDS <= room
    heights = inches_of(names, label), inches_of(numbers, words), inches_of(details, detail)
    own_line = 0.0 if beside else heights[1]
    bar = BAR if row.kind != "heading" else 0.0
    return Placed(
        row=row, label=label, detail=detail, words=words, beside=beside, heights=heights,
        height=heights[0] + own_line + bar + heights[2] + BETWEEN,
    )  # fmt: skip

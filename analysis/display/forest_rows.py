"""A forest as it is drawn: names, intervals and numbers, every word placed by measuring it.

Names and numbers have columns of their own beside the axis, or, on the narrow drawing, lines of
their own above each interval. All heights are inches, so that nothing depends on how many rows
there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.brief import brief
from analysis.display.effect_axis import EffectAxis, effect_axis
from analysis.display.figures import COLOURS, NARROW, WIDE
from analysis.display.placing import Rectangle
from analysis.display.wrapping import DOTS, Letters

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

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
OPEN = ("raw", "synthetic")
"""Kinds of row whose mark is open."""
APART = ("patient level", "synthetic")
"""Kinds of row that a line parts from the published ones above them."""
BOLD = ("asked", "pooled", "heading", "missing")
SHADE = "#FBEFE6"
"""Ground of a row that misses what was asked for."""

LABEL, DETAIL, WORDS = (9.0, 8.2), (7.8, 7.0), (8.8, 8.2)
"""Points of names, of what stands below them, and of numbers: on the wide and narrow drawing."""
SMALL = Letters(8.5)
"""Letters of the names of lines and sides."""
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
LINE, TOP = 0.17, 0.06
"""Inches of a line of the names of vertical lines, and above the first row."""
AXIS = 0.6
"""Inches of the axis with its numbers and its words."""
DIAMOND = 0.1
"""Inches of half the height of a diamond."""
APART_WORDS = 10.0
"""Pixels between a name and the number in its line."""


@dataclass(frozen=True, slots=True)
class Margin:
    """A vertical line, such as a margin: where it stands, and what is written at it."""

    value: float
    words: str


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


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """Rows over an axis of effects.

    Parameters
    ----------
    rows
        From top to bottom.
    xlabel
        What the axis shows, with its unit.
    null
        The value of no effect.
    favours
        What an effect left of it means, and one right of it.
    margins
        Dashed lines with their words.
    ratio
        Whether the scale is logarithmic.
    """

    rows: Sequence[Row]
    xlabel: str
    null: float
    favours: tuple[str, str]
    margins: Sequence[Margin] = ()
    ratio: bool = False

    @property
    def axis(self) -> EffectAxis:
        """Where the axis begins and ends."""
        seen = [row.estimate for row in self.rows] + [each.value for each in self.margins]
        limits = [
            end for row in self.rows for end in (row.low, row.high, row.wide_low, row.wide_high)
        ]
        return effect_axis(
            _there(seen), _there(limits), null=self.null, ratio=self.ratio, sides=True
        )

    def height(self, *, narrow: bool) -> float:
        """Return the inches of the whole drawing."""
        placed = self._placed(narrow=narrow)
        above = max(_inches(SMALL, words) for words in self._sides(placed, narrow=narrow))
        return self._top(placed, narrow=narrow) + sum(each.height for each in placed) + AXIS + above

    def draw(self, canvas: Canvas, narrow: bool) -> None:
        """Draw it on an empty canvas."""
        axes, axis = canvas.subplots(), self.axis
        placed = self._placed(narrow=narrow)
        y = self._top(placed, narrow=narrow)
        for each in placed:
            _draw_row(axes, axis, each, y, narrow=narrow)
            y += each.height
        axes.axvline(self.null, color=COLOURS["grey"], lw=0.9, zorder=1)
        axes.set_ylim(y, 0)
        axis.set(axes, narrow=narrow)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color=COLOURS["pale"], lw=0.5)
        axes.set_axisbelow(True)
        axes.set_xlabel(self.xlabel)
        for margin, level, right in self._margins(placed, narrow=narrow):
            _draw_margin(axes, margin, level, right=right)
        left, right_words = self._sides(placed, narrow=narrow)
        for words, place, side in ((left, -4, "right"), (right_words, 4, "left")):
            axes.annotate(
                words, (self.null, 1), (place, 3), xycoords=axes.get_xaxis_transform(), ha=side,
                textcoords="offset points", color=COLOURS["grey"], va="bottom", **SMALL.options(),
            )  # fmt: skip

    def _placed(self, *, narrow: bool) -> list[Placed]:
        return [(_place_narrow if narrow else _place_wide)(row) for row in self.rows]

    def _across(self, placed: Sequence[Placed], *, narrow: bool) -> float:
        """Return the inches of the axis itself."""
        if narrow:
            return NARROW - EDGES[True]
        names, numbers = (
            max((_width(each, what) for each in placed), default=0.0) for what in (0, 1)
        )
        return WIDE - EDGES[False] - names - numbers

    def _share(self, value: float) -> float:
        """Return how far along the axis a value lies, from 0 to 1."""
        low, at, high = (
            math.log(each) if self.ratio else each
            for each in (self.axis.low, value, self.axis.high)
        )
        return (at - low) / (high - low)

    def _sides(self, placed: Sequence[Placed], *, narrow: bool) -> tuple[str, str]:
        """Return what each side of the null means, in lines that fit on that side."""
        across, share = self._across(placed, narrow=narrow), self._share(self.null)
        left, right = (
            SMALL.wrap(words, part * across * DOTS - APART_WORDS, narrow=narrow)
            for words, part in zip(
                (f"← {self.favours[0]}", f"{self.favours[1]} →"), (share, 1 - share), strict=True
            )
        )
        return left, right

    def _margins(
        self, placed: Sequence[Placed], *, narrow: bool
    ) -> Iterator[tuple[Margin, int, bool]]:
        """Give each line, in which line its words stand, and whether they stand right of it."""
        across = self._across(placed, narrow=narrow)
        taken: list[Rectangle] = []
        for margin in sorted(self.margins, key=lambda each: each.value):
            x, width = self._share(margin.value) * across, SMALL.extent(margin.words)[0] / DOTS
            gap = APART_WORDS / DOTS
            sides = [(x + gap / 2, True), (x - gap / 2 - width, False)]
            # Away from the null there is most often more room, and never its own line.
            sides = sides if margin.value >= self.null else sides[::-1]
            fits = [each for each in sides if each[0] >= 0 and each[0] + width <= across] or sides
            level, left, right = min(
                ((_free_line(taken, left, width), left, right) for left, right in fits),
                key=lambda each: each[0],
            )
            taken.append(Rectangle(left - gap, level, left + width + gap, level + 1))
            yield margin, level, right

    def _top(self, placed: Sequence[Placed], *, narrow: bool) -> float:
        """Return the inches above the first row: the names of the lines stand there."""
        levels = [level + 1 for _, level, _ in self._margins(placed, narrow=narrow)]
        return TOP + LINE * max(levels, default=0)


def _there(values: Iterable[float | None]) -> list[float]:
    return [each for each in values if each is not None]


def _free_line(taken: Sequence[Rectangle], left: float, width: float) -> int:
    """Return the first line in which a text of a place and width meets no other."""
    level = 0
    while any(Rectangle(left, level, left + width, level + 1).overlaps(each) for each in taken):
        level += 1
    return level


def _inches(letters: Letters, text: str) -> float:
    return letters.extent(text)[1] / DOTS if text else 0.0


def _letters(row: Row, narrow: bool) -> tuple[Letters, Letters, Letters]:
    """Return the letters of name, number and detail; numbers of a phone are never bold."""
    numbers = "normal" if narrow else row.weight
    return (
        Letters(LABEL[narrow], row.weight), Letters(WORDS[narrow], numbers), Letters(DETAIL[narrow])
    )  # fmt: skip


def _width(placed: Placed, what: int) -> float:
    """Return the inches of the column of names (0) or of numbers (1) that a row needs."""
    names, numbers, details = _letters(placed.row, narrow=False)
    if what:
        return numbers.extent(placed.words)[0] / DOTS
    return max(names.extent(placed.label)[0], details.extent(placed.detail)[0]) / DOTS


def _place_wide(row: Row) -> Placed:
    names, numbers, details = _letters(row, narrow=False)
    label = names.wrap(row.label, NAMES * DOTS, narrow=False)
    detail = details.wrap(row.detail, NAMES * DOTS, narrow=False)
    words = numbers.wrap(row.words, NUMBERS * DOTS, narrow=False)
    lead = LEAD if detail else 0.0
    heights = _inches(names, label) + lead, _inches(numbers, words), _inches(details, detail)
    tall = max(heights[0] + heights[2], heights[1]) + BETWEEN
    return Placed(
        row=row, label=label, detail=detail, words=words, beside=False, heights=heights,
        height=max(tall, LEAST),
    )  # fmt: skip


def _place_narrow(row: Row) -> Placed:
    names, numbers, details = _letters(row, narrow=True)
    room = (NARROW - EDGES[True]) * DOTS
    label, detail = (
        letters.wrap(text, room, narrow=True)
        for letters, text in ((names, row.label), (details, row.detail))
    )
    words = numbers.wrap(row.words, room, narrow=True)
    last = names.extent(label.split("\n")[-1])[0]
    beside = last + numbers.extent(words)[0] + APART_WORDS <= room
    heights = _inches(names, label), _inches(numbers, words), _inches(details, detail)
    own_line = 0.0 if beside else heights[1]
    bar = BAR if row.kind != "heading" else 0.0
    return Placed(
        row=row, label=label, detail=detail, words=words, beside=beside, heights=heights,
        height=heights[0] + own_line + bar + heights[2] + BETWEEN,
    )  # fmt: skip


def _draw_row(axes: Axes, axis: EffectAxis, placed: Placed, top: float, *, narrow: bool) -> None:
    row = placed.row
    if row.kind == "missing":
        axes.axhspan(top, top + placed.height, color=SHADE, lw=0, zorder=0)
    if row.kind in APART:
        axes.axhline(top, color=COLOURS["grey"], lw=0.9, zorder=1)
    if narrow:
        _draw_bar(axes, axis, row, _write_above(axes, placed, top))
    else:
        middle = top + placed.height / 2
        _write_beside(axes, placed, middle)
        _draw_bar(axes, axis, row, middle)


def _write_beside(axes: Axes, placed: Placed, middle: float) -> None:
    """Write the name and the detail left of the axis, the number right of it."""
    across, row = axes.get_yaxis_transform(), placed.row
    names, numbers, details = _letters(row, narrow=False)
    begin = middle - (placed.heights[0] + placed.heights[2]) / 2
    axes.text(-0.02, begin, placed.label, ha="right", va="top", transform=across, **names.options())
    axes.text(-0.02, begin + placed.heights[0], placed.detail, ha="right", va="top",
              color=COLOURS["grey"], transform=across, **details.options())  # fmt: skip
    axes.text(1.02, middle, placed.words, va="center", color=STYLES[row.kind][0], transform=across,
              **numbers.options())  # fmt: skip


def _write_above(axes: Axes, placed: Placed, top: float) -> float:
    """Write name and number above the interval and the detail below; return where it is drawn.

    Every text stands on a ground of its own, which no line crosses.
    """
    across, row = axes.get_yaxis_transform(), placed.row
    names, numbers, details = _letters(row, narrow=True)
    ground = {"fc": SHADE if row.kind == "missing" else "white", "ec": "none", "pad": 0.4}
    name, number, _ = placed.heights
    y = top + BETWEEN / 2
    axes.text(0, y, placed.label, va="top", transform=across, bbox=ground, **names.options())
    y += name
    if placed.words:
        axes.text(1, y if placed.beside else y + number, placed.words, ha="right", va="bottom",
                  color=STYLES[row.kind][0], transform=across, bbox=ground,
                  **numbers.options())  # fmt: skip
    y += 0.0 if placed.beside else number
    if placed.detail:
        axes.text(0, y + BAR, placed.detail, va="top", color=COLOURS["grey"], transform=across,
                  bbox=ground, **details.options())  # fmt: skip
    return y + BAR / 2


def _draw_bar(axes: Axes, axis: EffectAxis, row: Row, y: float) -> None:
    colour, mark = STYLES[row.kind]
    if row.wide_low is not None and row.wide_high is not None:
        axis.draw_interval(axes, row.wide_low, row.wide_high, y, colour=colour, width=0.9)
    if row.low is not None and row.high is not None:
        if row.kind == "pooled" and row.estimate is not None:
            axes.fill([row.low, row.estimate, row.high, row.estimate],
                      [y, y - DIAMOND, y, y + DIAMOND], color=colour, zorder=4)  # fmt: skip
            return
        dashes = (0, (2, 1)) if row.kind == "synthetic" else "-"
        axis.draw_interval(axes, row.low, row.high, y, colour=colour, width=2.2, dashes=dashes)
    if row.estimate is not None and row.kind != "pooled":
        face = "white" if row.kind in OPEN else colour
        axes.plot(row.estimate, y, mark, color=colour, mfc=face, mew=1.6, ms=6, zorder=4)


def _draw_margin(axes: Axes, margin: Margin, level: int, *, right: bool) -> None:
    axes.axvline(margin.value, color=COLOURS["ink"], ls="--", lw=1.2, zorder=1)
    axes.annotate(
        margin.words, (margin.value, TOP / 2 + LINE * level), (3 if right else -3, 0),
        textcoords="offset points", ha="left" if right else "right", color=COLOURS["ink"],
        va="top", bbox={"fc": "white", "ec": "none", "pad": 0.3}, zorder=2, **SMALL.options(),
    )  # fmt: skip

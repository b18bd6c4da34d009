"""A forest as it is drawn: rows over an axis of effects, whose sides and margins have names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.brief import brief
from analysis.display.effect_axis import EffectAxis, effect_axis
from analysis.display.figures import COLOURS, NARROW, WIDE
from analysis.display.forest_rows import (
    APART_WORDS,
    BAR,
    BETWEEN,
    EDGES,
    STYLES,
    Placed,
    Row,
    column_width,
    inches_of,
    letters_of,
    place_narrow,
    place_wide,
)
from analysis.display.placing import Rectangle
from analysis.display.sides import SMALL, share_of, wrapped_sides, write_sides
from analysis.display.wrapping import DOTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

OPEN = ("raw", "synthetic")
"""Kinds of row whose mark is open."""
APART = ("patient level", "synthetic")
"""Kinds of row that a line parts from the published ones above them."""
SHADE = "#FBEFE6"
"""Ground of a row that misses what was asked for."""
LINE, TOP = 0.17, 0.06
"""Inches of a line of the names of vertical lines, and above the first row."""
AXIS = 0.6
"""Inches of the axis with its numbers and its words."""
DIAMOND = 0.1
"""Inches of half the height of a diamond."""


@dataclass(frozen=True, slots=True)
class Margin:
    """A vertical line, such as a margin: where it stands, and what is written at it."""

    value: float
    words: str


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
        above = max(inches_of(SMALL, words) for words in self._sides(placed, narrow=narrow))
        return self._top(placed, narrow=narrow) + sum(each.height for each in placed) + AXIS + above

    def draw(self, canvas: Canvas, narrow: bool) -> None:
        """Draw it on an empty canvas."""
        axes, axis = canvas.subplots(), self.axis
        placed = self._placed(narrow=narrow)
        y = self._top(placed, narrow=narrow)
        for each in placed:
            _draw_row(axes, axis, each, y, narrow=narrow)
            y += each.height
        # A verdict without a margin asks for the null itself, whose dashed line is then enough.
        if all(each.value != self.null for each in self.margins):
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
        write_sides(axes, self._sides(placed, narrow=narrow), null=self.null)

    def _placed(self, *, narrow: bool) -> list[Placed]:
        return [(place_narrow if narrow else place_wide)(row) for row in self.rows]

    def _across(self, placed: Sequence[Placed], *, narrow: bool) -> float:
        """Return the inches of the axis itself."""
        if narrow:
            return NARROW - EDGES[True]
        names, numbers = (
            max((column_width(each, what) for each in placed), default=0.0) for what in (0, 1)
        )
        return WIDE - EDGES[False] - names - numbers

    def _sides(self, placed: Sequence[Placed], *, narrow: bool) -> tuple[str, str]:
        """Return what each side of the null means, in lines that fit on that side."""
        return wrapped_sides(
            self.favours, self.axis, null=self.null, narrow=narrow,
            across=self._across(placed, narrow=narrow),
        )  # fmt: skip

    def _margins(
        self, placed: Sequence[Placed], *, narrow: bool
    ) -> Iterator[tuple[Margin, int, bool]]:
        """Give each line, in which line its words stand, and whether they stand right of it."""
        across = self._across(placed, narrow=narrow)
        taken: list[Rectangle] = []
        for margin in sorted(self.margins, key=lambda each: each.value):
            x, width = (
                share_of(self.axis, margin.value) * across,
                SMALL.extent(margin.words)[0] / DOTS,
            )
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
    names, numbers, details = letters_of(row, narrow=False)
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
    names, numbers, details = letters_of(row, narrow=True)
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

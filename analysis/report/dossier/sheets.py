"""A table on paper: which way the page lies, how wide its columns are, and how large its letters.

A table lies across where it needs it; its letters become smaller, and where that is not enough its
columns are continued in a further part, each with the labels of the rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from analysis.report.dossier.shown import Cell, Line, ShownTable, spread

PAPER = (11906, 16838)
"""Width and height of A4 in twips, the unit of both kinds of document: a point has 20."""
MARGIN = 1134
PADDING = 90
"""Twips left and right of the text of a cell."""
TRIED = ((False, 9.0), (True, 9.0), (True, 8.0), (True, 7.0))
"""How a table may stand: whether the page lies across, and the size of the letters."""
OF_PARTS = 8.0
"""Size of the letters of a table that none of these fits."""
WIDE = {
    **dict.fromkeys("MWmw%@—", 0.95),
    **dict.fromkeys("ABCDEGHKLNOQRTUVXYZ", 0.72),
    **dict.fromkeys("−+=<>≤≥±×", 0.57),
    **dict.fromkeys("frsIJ()[]-", 0.39),
    **dict.fromkeys(".,:;|/ijlt' \u202f\xa0", 0.28),
}
"""Width of letters in the size of the font, as it has them; of others `BREADTH`."""
BREADTH, BOLD = 0.51, 1.08
"""Width of a digit, with a little room; by how much bold letters are wider."""
WHOLE = 13.0
"""A number or word up to this width stays in one line, in sizes of the font."""
EASY = 22.0
"""Width at which a text reads well."""


FIRST_COLUMNS = "Columns 1 to "
"""How the words of the first part of a table begin."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table, or some columns of one, as it stands on pages of its own.

    Parameters
    ----------
    table
        What is shown.
    head, body
        Its rows, of these columns only.
    widths
        Twips of each column.
    across
        Whether the page lies on its long side.
    points
        Size of the letters.
    part
        Which of the columns these are, in words; "" where they are all.
    """

    table: ShownTable
    head: Sequence[Line]
    body: Sequence[Line]
    widths: Sequence[int]
    across: bool
    points: float
    part: str = ""


def sheets_of(table: ShownTable) -> list[Sheet]:
    """Return a table as it stands on paper: one sheet, or several where it has many columns."""
    columns = _columns(table)
    for across, points in TRIED:
        least, wanted = _needs(columns, points)
        easy = [
            max(low, min(high, round(EASY * points * 20) + 2 * PADDING))
            for low, high in zip(least, wanted, strict=True)
        ]
        # Lying across is for what reads badly upright; smaller letters for what does not fit.
        if sum(least if across else easy) <= _room(across):
            widths = _allotted(least, wanted, _room(across))
            return [Sheet(table, table.head, table.body, widths, across, points)]
    return list(_parts(table, columns))


def pages_of(
    sheets: Sequence[Sheet], mark_of: Callable[[Sheet], str]
) -> Iterator[tuple[Sheet, bool]]:
    """Yield every sheet with whether it begins a page: a table without rows follows another.

    Parameters
    ----------
    sheets
        In their order.
    mark_of
        What the head of the pages of a sheet says of its data; pages of another mark are others.
    """
    before: Sheet | None = None
    for sheet in sheets:
        follows = before is not None and not sheet.head and mark_of(sheet) == mark_of(before)
        before = replace(sheet, across=before.across) if before and follows else sheet
        yield before, not follows


def _room(across: bool) -> int:
    return PAPER[across] - 2 * MARGIN


class _Column(NamedTuple):
    """What a column needs, in sizes of the font: at least, and so that nothing wraps."""

    least: float
    wanted: float


def _columns(table: ShownTable) -> list[_Column]:
    rows = [line for line in table.body if not table.is_group(line)]
    by_column = zip(*map(spread, (*table.head, *rows)), strict=True)
    return [_column(cells, len(table.head)) for cells in by_column] or [_Column(0, 0)]


def _column(cells: Sequence[Cell], heads: int) -> _Column:
    least = wanted = 0.0
    for place, cell in enumerate(cells):
        if cell.across > 1:
            continue
        is_head = place < heads
        weight = BOLD if is_head else 1.0
        width = weight * max(map(breadth, cell.text.split("\n")))
        # Not any space: the narrow one of a number holds it together.
        word = min(weight * max(map(breadth, re.split("[ \n]", cell.text))), WHOLE)
        whole = not is_head and cell.kind == "number" and width <= WHOLE
        least = max(least, width if whole else word)
        # A header wraps before the column under it becomes wide for its sake.
        wanted = max(wanted, word, width / 2 if is_head else width)
    return _Column(least, wanted)


@lru_cache(maxsize=10_000)
def breadth(text: str) -> float:
    """Return about how wide a text is, in sizes of the font.

    Examples
    --------
    >>> breadth("iii") < breadth("nnn") < breadth("WWW")
    True
    """
    return sum(WIDE.get(letter, BREADTH) for letter in text)


def _needs(columns: Sequence[_Column], points: float) -> tuple[list[int], list[int]]:
    """Return the least and the wanted width of every column, in twips."""
    least, wanted = (
        [math.ceil(width * points * 20) + 2 * PADDING for width in widths]
        for widths in zip(*columns, strict=True)
    )
    return least, wanted


def _allotted(least: Sequence[int], wanted: Sequence[int], room: int) -> list[int]:
    """Share the room among the columns, none narrower than its least.

    A column gets more, up to what it wants, by the square root of what it lacks: a long text does
    not starve the others. What nobody wants is shared by width.
    """
    widths = [float(width) for width in least]
    spare = room - sum(widths)
    hungry = [place for place, width in enumerate(wanted) if width > least[place]]
    while hungry and spare >= 1:
        shares = {place: math.sqrt(wanted[place] - least[place]) for place in hungry}
        each = spare / sum(shares.values())
        full = [p for p in hungry if widths[p] + each * shares[p] >= wanted[p]]
        for place in full or hungry:
            more = wanted[place] - widths[place] if full else each * shares[place]
            widths[place] += more
            spare -= more
        hungry = [place for place in hungry if place not in full] if full else []
    scale = max(room / sum(widths), 1.0)
    return [int(width * scale) for width in widths]


def _parts(table: ShownTable, columns: Sequence[_Column]) -> Iterator[Sheet]:
    """Yield the columns of a table in parts that fit, the labels of the rows in each."""
    least, wanted = _needs(columns, OF_PARTS)
    labels, room = list(range(table.labels)), _room(True)
    parts: list[list[int]] = [[]]
    for place in range(len(labels), len(least)):
        used = sum(least[each] for each in (*labels, *parts[-1], place))
        if parts[-1] and used > room:
            parts.append([])
        parts[-1].append(place)
    for part in parts:
        kept = [*labels, *part]
        low = [min(least[place], room // len(kept)) for place in kept]
        widths = _allotted(low, [wanted[place] for place in kept], room)
        first, last = (place - len(labels) + 1 for place in (part[0], part[-1]))
        words = f"Columns {first} to {last} of {len(least) - len(labels)}"
        head, body = ([_cut(line, kept) for line in lines] for lines in (table.head, table.body))
        yield Sheet(table, head, body, widths, True, OF_PARTS, words)


def _cut(line: Line, columns: Sequence[int]) -> Line:
    """Return some columns of a row; of a cell over several what is left of it."""
    owners = [number for number, cell in enumerate(line) for _ in range(cell.across)]
    kept = groupby(owners[place] for place in columns)
    cells = [(line[number], len(list(same))) for number, same in kept]
    return tuple(Cell(cell.text, cell.kind, size, cell.down) for cell, size in cells)

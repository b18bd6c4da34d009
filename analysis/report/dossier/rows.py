"""What stands in each row of a table on paper, for every kind of document alike.

Title, status of the data, population and column headers are the first rows of the table itself:
they stand again on each of its pages, and go along when the table is copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from analysis.display.html import badge_words
from analysis.report.dossier.sheets import Sheet
from analysis.report.dossier.shown import LABEL, Cell, Line

FONT = "Times New Roman"
"""A font that agencies name for tables; every office has it, or one of the same widths."""
THICK, THIN, HAIR = 12, 6, 2
"""Eighths of a point of a rule; the finest parts rows of texts that wrap."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a paragraph looks.

    Parameters
    ----------
    points
        Size of the letters; 0 for that of the sheet.
    bold, side
        Weight, and "left", "right" or "center".
    indent, before, after
        Room in twips: at the left, above and below.
    """

    points: float = 0.0
    bold: bool = False
    side: str = "left"
    indent: int = 0
    before: int = 0
    after: int = 0


TITLE, MARK, POPULATION, PART = "Table title", "Table mark", "Table population", "Table part"
GROUP, ROW_LABEL, IN_GROUP = "Row group", "Row label", "Row label in group"
NOTE = "Table note"
COLUMN, CELL, POPULATION_IS = "Column ", "Cell ", "Population: "
"""How the looks of headers and of values, and the words of a population, begin."""
LOOKS = {
    "Page header": Look(8.0),
    "Page mark": Look(8.0, bold=True),
    "Page footer": Look(8.0, side="right"),
    "Document title": Look(16.0, bold=True, before=240),
    "Document mark": Look(11.0, bold=True, before=120),
    "Document text": Look(10.0, before=120),
    "Table link": Look(10.0, before=40),
    TITLE: Look(10.0, bold=True),
    MARK: Look(9.0, bold=True, before=20, after=30),
    POPULATION: Look(9.0, after=30),
    PART: Look(9.0, after=30),
    "Column label": Look(bold=True, before=30, after=20),
    "Column number": Look(bold=True, side="right", before=30, after=20),
    "Column text": Look(bold=True, before=30, after=20),
    "Column status": Look(bold=True, before=30, after=20),
    "Column span": Look(bold=True, side="center", before=30),
    GROUP: Look(bold=True, before=80),
    ROW_LABEL: Look(before=15, after=15),
    IN_GROUP: Look(indent=170, before=15, after=15),
    "Cell number": Look(side="right", before=15, after=15),
    "Cell text": Look(before=15, after=15),
    "Cell status": Look(before=15, after=15),
    NOTE: Look(8.0, before=30),
    # Room before a table that follows on the same page.
    "Table end": Look(1.0, after=240),
}
"""The looks of all paragraphs by name, which are the styles of both kinds of document."""


class Paragraph(NamedTuple):
    """Words and the name of their look."""

    look: str
    text: str


class Box(NamedTuple):
    """One cell: what stands in it, its twips, and how many columns and rows it covers."""

    paragraphs: Sequence[Paragraph]
    width: int
    across: int = 1
    down: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Parameters
    ----------
    boxes
        Its cells from left to right.
    repeats
        Whether it stands again at the head of every further page.
    keeps
        Whether it stays on one page with the next row.
    rules
        Width of the lines above and below it; 0 for none.
    """

    boxes: Sequence[Box]
    repeats: bool = False
    keeps: bool = False
    rules: tuple[int, int] = (0, 0)


def rows_of(sheet: Sheet) -> Iterator[Row]:
    """Yield the rows of a sheet from its title to its notes."""
    table = sheet.table
    yield Row([_wide(sheet, _above(sheet))], repeats=True, keeps=True)
    for place, line in enumerate(sheet.head):
        last = place == len(sheet.head) - 1
        boxes = _boxes(sheet, line, [_head_look(cell) for cell in line])
        rules = (THICK if place == 0 else 0, THIN if last else 0)
        yield Row(boxes, repeats=True, keeps=True, rules=rules)
    if not sheet.head:
        yield Row([_wide(sheet, [Paragraph(f"{CELL}text", table.empty)])], rules=(THICK, THICK))
    yield from _body(sheet)
    if table.notes:
        yield Row([_wide(sheet, [Paragraph(NOTE, note) for note in table.notes])])


def _body(sheet: Sheet) -> Iterator[Row]:
    table, last = sheet.table, len(sheet.body) - 1
    parting = HAIR if any(cell.kind == "text" for line in sheet.head for cell in line) else 0
    grouped = heads = False
    for place, line in enumerate(sheet.body):
        above, below = parting if place and not heads else 0, THICK if place == last else 0
        if heads := table.is_group(line):
            grouped = True
            box = _wide(sheet, [Paragraph(GROUP, line[0].text)])
            yield Row([box], keeps=place < last, rules=(above, below))
            continue
        # Notes alone on a page say nothing: the last row stays with them.
        keeps = bool(table.notes) and place == last
        looks = [_look(cell, grouped=grouped and number == 0) for number, cell in enumerate(line)]
        yield Row(_boxes(sheet, line, looks), keeps=keeps, rules=(above, below))


def _above(sheet: Sheet) -> list[Paragraph]:
    population = sheet.table.population
    said = [
        Paragraph(TITLE, sheet.table.title),
        Paragraph(MARK, badge_words(sheet.table.statuses)),
        Paragraph(POPULATION, f"{POPULATION_IS}{population}" if population else ""),
        Paragraph(PART, sheet.part),
    ]
    return [each for each in said if each.text]


def _head_look(cell: Cell) -> str:
    return f"{COLUMN}{'span' if cell.across > 1 else cell.kind}"


def _look(cell: Cell, *, grouped: bool) -> str:
    if cell.kind == LABEL:
        return IN_GROUP if grouped else ROW_LABEL
    return f"{CELL}{cell.kind}"


def _boxes(sheet: Sheet, line: Line, looks: Sequence[str]) -> list[Box]:
    boxes, place = [], 0
    for cell, look in zip(line, looks, strict=True):
        width = sum(sheet.widths[place : place + cell.across])
        boxes.append(Box([Paragraph(look, cell.text)], width, cell.across, cell.down))
        place += cell.across
    return boxes


def _wide(sheet: Sheet, paragraphs: Sequence[Paragraph]) -> Box:
    """Return a cell over all columns."""
    return Box(paragraphs, sum(sheet.widths), len(sheet.widths))

"""A DOCX of tables, read back: by the styles of its paragraphs, whoever saved it since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml.etree import XMLSyntaxError

from analysis import paths
from analysis.display.html import BADGES
from analysis.errors import UserError
from analysis.report.dossier.rows import (
    CELL,
    COLUMN,
    MARK,
    NOTE,
    PART,
    POPULATION,
    POPULATION_IS,
    TITLE,
)
from analysis.report.dossier.sheets import FIRST_COLUMNS
from analysis.report.dossier.shown import LABEL, Cell, Line, ShownTable

NOT_A_DOCX = (PackageNotFoundError, BadZipFile, XMLSyntaxError, KeyError, OSError, ValueError)


def read_docx(path: Path) -> list[ShownTable]:
    """Return the tables of a document that the report or ``analysis tables`` wrote.

    Tables of another kind, which somebody may have added, are passed over.

    Raises
    ------
    UserError
        If it is no DOCX, or has no table of a run.
    """
    where = paths.shown(path)
    try:
        document: Any = docx.Document(str(path))
    except NOT_A_DOCX:
        raise UserError(f"{where} is not a DOCX, or is damaged") from None
    names = {style.style_id: style.name for style in document.styles}
    grids = document.element.body.iterchildren(qn("w:tbl"))
    rows = [[_row(each, names) for each in grid.iterchildren(qn("w:tr"))] for grid in grids]
    tables = [_table(each) for each in rows if each and TITLE in each[0].styles]
    if not tables:
        raise UserError(
            f"{where} has no table of a run: no table begins with a paragraph in the style "
            f"'{TITLE}'; name a tables.docx of the report"
        )
    return list(_joined(tables))


class _Row(NamedTuple):
    """The cells of a row, and the paragraphs in them: style and text."""

    cells: Line
    said: Sequence[tuple[str, str]]

    @property
    def styles(self) -> set[str]:
        return {style for style, _ in self.said}

    @property
    def is_head(self) -> bool:
        return any(style.startswith(COLUMN) for style in self.styles)

    def texts(self, style: str) -> list[str]:
        """Return the paragraphs in a style."""
        return [text for name, text in self.said if name == style]


def _row(element: Any, names: Mapping[str, str]) -> _Row:
    cells, said = [], []
    for each in element.iterchildren(qn("w:tc")):
        own = [(names.get(p.style, ""), p.text) for p in each.iterchildren(qn("w:p"))]
        text = "\n".join(text for _, text in own)
        style = own[0][0] if own else ""
        kind = style.rpartition(" ")[2] if style.startswith((COLUMN, CELL)) else LABEL
        form = each.tcPr
        merged = None if form is None else form.find(qn("w:vMerge"))
        down = 1 if merged is None else 2 if merged.get(qn("w:val")) == "restart" else 0
        cells.append(Cell(text, kind, each.grid_span, down))
        said += own
    return _Row(tuple(cells), said)


def _table(rows: Sequence[_Row]) -> tuple[ShownTable, str]:
    """Return a table, and which of its columns these are, as it says."""
    first, *others = rows
    head = [row.cells for row in others if row.is_head]
    body = [row.cells for row in others if not row.is_head and NOTE not in row.styles]
    marks = "; ".join(first.texts(MARK))
    table = ShownTable(
        title="".join(first.texts(TITLE)),
        population="".join(first.texts(POPULATION)).removeprefix(POPULATION_IS),
        statuses=tuple(status for status, words in BADGES.items() if words in marks),
        head=head,
        body=body if head else [],
        notes=[note for row in others for note in row.texts(NOTE)],
        empty="" if head else " ".join(cell.text for line in body for cell in line),
    )
    return table, "".join(first.texts(PART))


def _joined(tables: Iterable[tuple[ShownTable, str]]) -> Iterator[ShownTable]:
    """Put the parts of one table beside one another again."""
    whole: ShownTable | None = None
    for table, part in tables:
        if whole and part and not part.startswith(FIRST_COLUMNS):
            whole = _beside(whole, table)
            continue
        if whole:
            yield whole
        whole = table
    if whole:
        yield whole


def _beside(left: ShownTable, right: ShownTable) -> ShownTable:
    def joined(line: Line, more: Line) -> Line:
        places = accumulate((cell.across for cell in more), initial=0)
        added = [cell for place, cell in zip(places, more, strict=False) if place >= right.labels]
        return line if left.is_group(line) else (*line, *added)

    head, body = (
        [joined(*lines) for lines in zip(*both, strict=False)]
        for both in ((left.head, right.head), (left.body, right.body))
    )
    return replace(left, head=head, body=body)

"""The tables of an executed notebook, read from the HTML that it shows.

Every notebook carries that HTML, whoever executed it, and a reader of the page saw it: a document
made of it has the cells of the page because there are no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml import html as markup

from analysis.display.html import BADGES
from analysis.report.outputs import html_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

KINDS = ("number", "text", "status")
"""What a column of values may be; `LABEL` is what names a row."""
LABEL = "label"
TOOLS = ("button", "input", "select", "script", "style", "svg", "template")
"""Elements that do something, and are no words of a table."""
SPACES = re.compile(r"[ \t\r\f]+")
"""What a browser shows as one space; others, such as narrow ones, are part of a number."""
ILLEGAL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff]")
"""Characters that no document may hold."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text and kind, how many columns it spans, and how many rows.

    `down` is 0 where the cell above goes on.
    """

    text: str
    kind: str
    across: int = 1
    down: int = 1


Line = tuple[Cell, ...]
"""The cells of one row of a table."""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table as a page shows it.

    Parameters
    ----------
    title, population
        Words above it; a table that has no population has "".
    statuses
        The statuses of its data, keys of `BADGES`.
    head, body
        Its rows; a row of the body with a single cell over all columns is the heading of a group.
    notes
        The sentences under it.
    empty
        What stands in place of the rows where there are none.
    """

    title: str
    population: str
    statuses: tuple[str, ...]
    head: Sequence[Line]
    body: Sequence[Line]
    notes: Sequence[str]
    empty: str = ""

    @property
    def columns(self) -> int:
        """The number of columns, those of the row labels included."""
        return max((sum(cell.across for cell in line) for line in self.head), default=1)

    @property
    def labels(self) -> int:
        """The number of columns that name the rows."""
        if not self.head:
            return 0
        kinds = [cell.kind for cell in spread(self.head[-1])]
        return next((n for n, kind in enumerate(kinds) if kind != LABEL), len(kinds))

    def is_group(self, line: Line) -> bool:
        """Say whether a row of the body is the heading of a group."""
        return len(line) == 1 and self.columns > 1


def spread(line: Line) -> list[Cell]:
    """Return the cell of a row at every column; one over several stands at each of them."""
    return [cell for cell in line for _ in range(cell.across)]


def shown_tables(notebook: NotebookNode) -> list[ShownTable]:
    """Return every table that the outputs of a notebook show, in their order."""
    return [table for cell in notebook.cells for table in tables_shown_by(cell)]


def tables_shown_by(cell: NotebookNode) -> list[ShownTable]:
    """Return the tables among the outputs of one cell."""
    return [table for words in html_of(cell) for table in tables_of(words)]


def tables_of(words: str) -> list[ShownTable]:
    """Return the tables of some HTML, those with a title and a status of their own.

    Examples
    --------
    >>> [table] = tables_of('<figure class="shown table"><strong class="title">Age</strong><table>'
    ...     '<thead><tr><th>Arm</th><th class="number">n</th></tr></thead>'
    ...     '<tbody><tr><th>A</th><td>&lt;5</td></tr></tbody></table></figure>')
    >>> table.title, [cell.text for cell in table.body[0]]
    ('Age', ['A', '<5'])
    """
    if 'class="shown table' not in words:
        return []
    figures = markup.document_fromstring(words).iter("figure")
    return [_table(figure) for figure in figures if {"shown", "table"} <= _classes(figure)]


def _table(figure: Any) -> ShownTable:
    title = next(_with_class(figure, "title"), None)
    named = set().union(*map(_classes, _with_class(figure, "badge")))
    grid = next(figure.iter("table"))
    head = _lines(grid.iterfind("thead/tr"), [])
    kinds = [cell.kind for cell in spread(head[-1])] if head else [KINDS[1]]
    body = _lines(grid.iterfind("tbody/tr"), kinds)
    columns = max((sum(cell.across for cell in line) for line in (*head, *body)), default=0)
    return ShownTable(
        title="" if title is None else _words(title),
        population=figure.get("data-population", ""),
        statuses=tuple(status for status in BADGES if status in named),
        head=[_filled(line, columns) for line in head],
        body=[_filled(line, columns) for line in body] if head else [],
        notes=[_words(note) for each in _with_class(figure, "footnotes") for note in each],
        empty="" if head else " ".join(cell.text for line in body for cell in line),
    )


def _classes(element: Any) -> set[str]:
    return set((element.get("class") or "").split())


def _with_class(element: Any, name: str) -> Iterator[Any]:
    return (each for each in element.iter() if name in _classes(each))


def _lines(rows: Iterator[Any], kinds: Sequence[str]) -> list[Line]:
    """Return the cells of rows, and in place of what a cell above covers what says so.

    Parameters
    ----------
    rows
        Elements of rows.
    kinds
        The kind of each column; empty for the head, whose cells have theirs from their class.
    """
    lines: list[Line] = []
    covered: dict[int, Cell] = {}
    for row in rows:
        line: list[Cell] = []
        place = 0
        for each in [*row, None]:
            while place in covered:
                above = covered.pop(place)
                if above.down > 1:
                    covered[place] = Cell(above.text, above.kind, above.across, above.down - 1)
                line.append(Cell("", above.kind, above.across, 0))
                place += above.across
            if each is None:
                break
            cell = _cell(each, kinds[place : place + 1])
            if cell.down > 1:
                covered[place] = Cell("", cell.kind, cell.across, cell.down - 1)
            line.append(cell)
            place += cell.across
        lines.append(tuple(line))
    return lines


def _filled(line: Line, columns: int) -> Line:
    """Return a row with an empty cell at every column that it lacks, as a browser shows it."""
    lacking = columns - sum(cell.across for cell in line)
    return (*line, *[Cell("", KINDS[0])] * lacking)


def _cell(element: Any, kind: Sequence[str]) -> Cell:
    own = [name for name in KINDS if name in _classes(element)]
    # The style sheet keeps the line breaks of a text, and of nothing else.
    text = _words(element, lines=bool(kind) and "text" in own)
    across, down = (int(element.get(name, 1)) for name in ("colspan", "rowspan"))
    return Cell(text, [*kind, *own, LABEL][0], across, down)


def _words(element: Any, *, lines: bool = False) -> str:
    """Return the text of an element as a browser shows it; `lines` keeps its line feeds."""
    text = ILLEGAL.sub("\ufffd", "".join(_texts(element, lines)))
    return "\n".join(SPACES.sub(" ", line).strip(" ") for line in text.split("\n")).strip("\n")


def _texts(element: Any, lines: bool) -> Iterator[str]:
    """Yield the words of an element and of what is in it; a break is a line feed."""
    yield _text(element.text, lines)
    for child in element:
        if child.tag == "br":
            yield "\n"
        elif isinstance(child.tag, str) and child.tag not in TOOLS and "hidden" not in child.attrib:
            yield from _texts(child, lines)
        yield _text(child.tail, lines)


def _text(text: str | None, lines: bool) -> str:
    return (text or "") if lines else (text or "").replace("\n", " ")

"""What the search of the front page finds on a page: sections, tables, rows, figures, sentences."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.report.anchors import ADDRESS, SENTENCE, Place, places, words_of
from analysis.report.outputs import html_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

LONGEST = 300
"""Letters of the values of a row, and of a sentence; the page has them all."""
MOST = 300
"""Rows of a table that can be found."""

ROW = re.compile(r"<tr\b[^>]*>.*?</tr>", re.S)
CELL = re.compile(r"<t[hd]\b([^>]*)>(.*?)</t[hd]>", re.S)
OWN_STATUS = re.compile(r'data-status="([^"]*)"')

Entry = list[Any]
"""Kind, title, address on the page, values, status of the data, number of its table's entry.

A section or a sentence that has no status of its own has its page's; what is no row has no table.
"""
SEVERAL = " "
"""Between the statuses of an entry that rests on data of several kinds."""
NO_TABLE = -1
SYNONYMS = Path(__file__).with_name("synonyms.csv")


def synonyms() -> list[list[str]]:
    """Return the groups of words that mean one thing to who searches, from ``synonyms.csv``.

    Examples
    --------
    >>> next(group for group in synonyms() if "fatal" in group)[:2]
    ['death', 'deaths']
    """
    return [words for group, words in _groups().items() if group]


def ignored() -> list[str]:
    """Return the words of a question that say nothing of what is sought: those of no group.

    Examples
    --------
    >>> "how" in ignored()
    True
    """
    return _groups()[""]


def _groups() -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {"": []}
    with SYNONYMS.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            groups.setdefault(row["group"], []).append(row["word"])
    return groups


def entries(notebook: NotebookNode) -> list[Entry]:
    """Return what a page with addresses can be searched for."""
    found: list[Entry] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for title in re.findall(r"^## (.+)$", cell.source, flags=re.M):
                anchor = title.strip().replace(" ", "-")
                found.append(["section", title.strip(), anchor, "", "", NO_TABLE])
            continue
        for html in html_of(cell):
            found += _sentences(html)
            for place in places(html):
                found += _of(place, len(found))
    return found


def _sentences(html: str) -> list[Entry]:
    own = OWN_STATUS.search(html)
    status = own[1] if own else ""
    return [
        ["sentence", _short(words_of(words)), anchor, "", status, NO_TABLE]
        for anchor, words in SENTENCE.findall(html)
    ]


def _of(place: Place, number: int) -> list[Entry]:
    """Return a table with its rows, or a figure; `number` is that of its own entry."""
    status = SEVERAL.join(place.statuses)
    own: Entry = [place.kind, place.title, place.anchor, "", status, NO_TABLE]
    if place.kind != "table":
        return [own]
    rows = _rows(place.html, status, number)
    return [own, *rows[:MOST]]


def _rows(html: str, status: str, table: int) -> list[Entry]:
    found: list[Entry] = []
    head, _, body = html.rpartition("</thead>")
    titles = [words_of(words) for _, words in CELL.findall(head)]
    group = ""
    for row in ROW.findall(body):
        cells = [("scope" in given, words_of(words)) for given, words in CELL.findall(row)]
        address = ADDRESS.match(row)
        if not address:
            group = cells[0][1] if cells else ""
            continue
        levels = [words for is_label, words in cells if is_label and words]
        values = [
            f"{titles[place]} {words}" if place < len(titles) else words
            for place, (is_label, words) in enumerate(cells)
            if not is_label and words
        ]
        own = OWN_STATUS.search(row)
        name = " · ".join(filter(None, [group, *levels])) or (values[0] if values else "")
        shown = own[1] if own else status
        found.append(["row", name, address[1], _short("; ".join(values)), shown, table])
    return found


def _short(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"

"""The HTML of a table, of results or of what is said of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from analysis.display.html import render

if TYPE_CHECKING:
    from analysis.display.tables import Column

WORDY = 24
"""Letters of a row label from which the first column is held wide."""
BRIEF, TALL = 16, 90
"""Letters of the longest cell of words, up to which its column needs no room kept, and from which
it needs much."""
LONG = 30
"""Rows beyond which a table scrolls under its header on a screen."""


def table_html(
    title: str,
    rows: Sequence[tuple[str, Sequence[str], Sequence[str]]],
    *,
    labels: Sequence[str],
    columns: Sequence[Column],
    statuses: Sequence[str] = (),
    row_statuses: Sequence[str] = (),
    population: str = "",
    notes: Sequence[str] = (),
    empty: str = "Nothing to show.",
    folded: bool = False,
    foldable: bool = False,
    sifted: bool = False,
    records: str = "",
    opens: Collection[str] = (),
) -> str:
    """Return rows of words as the HTML of a table: of results, or of what is said of them.

    Parameters
    ----------
    title, labels, columns, population, notes, empty, folded, foldable
        As of a `Table`; `labels` are the headers of the row labels.
    rows
        Group heading, row labels and cells of every row.
    statuses, row_statuses
        Status of the data of the table, and of each row where they differ.
    sifted
        Whether a reader of a page filters and sorts the rows however few they are.
    records, opens
        Page of the records that cells count, and the places of those cells.

    Returns
    -------
    str
        Words are escaped.
    """
    return render(
        "table",
        title=title,
        rows=rows,
        labels=labels,
        columns=columns,
        sizes=[
            _size(column, [cells[n] for _, _, cells in rows]) for n, column in enumerate(columns)
        ],
        statuses=statuses,
        row_statuses=row_statuses,
        population=population,
        notes=notes,
        empty=empty,
        folded=folded,
        foldable=foldable,
        long=sifted or len(rows) > LONG,
        wordy=any(len(label) > WORDY for _, labels, _ in rows for label in labels[:1]),
        # Rows of long texts read better as blocks on a phone than in a scrolling grid.
        stacks=any(column.kind == "text" for column in columns),
        records=records,
        opens=opens,
    )


def _size(column: Column, cells: Sequence[str]) -> str:
    """Return what the head of a column of words says of the room that it needs."""
    longest = max(map(len, cells), default=0)
    if column.kind != "text" or BRIEF < longest < TALL:
        return ""
    return " brief" if longest <= BRIEF else " long"

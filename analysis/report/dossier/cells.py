"""The cells of documents as rows that can be compared: one a cell, by table, row and column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pandas as pd

from analysis import paths
from analysis.errors import UserError
from analysis.report.dossier.read import read_docx
from analysis.report.dossier.shown import ShownTable, shown_tables, spread
from analysis.report.executed import ENDING, read_executed
from analysis.report.place import NOTEBOOK
from analysis.results import KEY

DOCUMENT = ".docx"
NUMBER = re.compile(r"-?\d+(\.\d+)?")
"""A cell that is a number and nothing else; of others the words are compared."""
CELLS = [*KEY, "stat", "stat_fmt", "data_status"]


def read_cells(path: Path) -> pd.DataFrame:
    """Read the cells of all tables of a run, in the columns in which results are compared.

    Parameters
    ----------
    path
        A DOCX of tables; or an executed notebook, or a file beside the notebook of its run, of
        which the cells are those that the notebook shows.

    Returns
    -------
    pandas.DataFrame
        One row a cell: ``analysis_id`` is the title of the table, ``variable`` the heading of the
        group, ``group1_level`` the labels of the row, ``stat_name`` the header of the column.

    Raises
    ------
    UserError
        If it cannot be read, or there is no notebook.
    """
    if path.suffix == DOCUMENT:
        return cells_of(read_docx(path))
    notebook = path if path.suffix == ENDING else path.with_name(NOTEBOOK)
    if not notebook.is_file():
        raise UserError(
            f"{paths.shown(path)} is no document of tables, and no {NOTEBOOK} stands beside it; a "
            "DOCX is compared with another, with an executed notebook or with a run of a report"
        )
    return cells_of(shown_tables(read_executed(notebook)))


def cells_of(tables: Iterable[ShownTable]) -> pd.DataFrame:
    """Return the cells of tables, and their populations and notes, as `read_cells` does."""
    title = _numbered()
    rows = [
        {"analysis_id": name, "data_status": " ".join(table.statuses), **row}
        for table in tables
        for name in [title(table.title)]
        for row in _of_table(table)
    ]
    return pd.DataFrame(rows).reindex(columns=CELLS, fill_value="").fillna("")


def _of_table(table: ShownTable) -> Iterator[dict[str, str]]:
    columns = _columns(table)
    group, label = "", _numbered()
    for line in table.body:
        if table.is_group(line):
            group = line[0].text
            continue
        texts = [cell.text for cell in spread(line)]
        named = [text for text in texts[: table.labels] if text]
        row = {"variable": group, "group1_level": label(" · ".join(named), group)}
        for column, text in zip(columns, texts[table.labels :], strict=False):
            number = text.replace("−", "-")
            stat = number if NUMBER.fullmatch(number) else ""
            yield {**row, "stat_name": column, "stat": stat, "stat_fmt": text}
    about = {"population": table.population, "empty": table.empty, "notes": "\n".join(table.notes)}
    yield from ({"stat_name": name, "stat_fmt": text} for name, text in about.items() if text)


def _columns(table: ShownTable) -> list[str]:
    """Return the whole header of every column of values."""
    number = _numbered()
    columns = zip(*map(spread, table.head), strict=False)
    heads = [", ".join(cell.text for cell in cells if cell.text) for cells in columns]
    return [number(head) for head in heads[table.labels :]]


def _numbered() -> Callable[..., str]:
    """Return a function that tells names that come again, within a group, from those before."""
    seen: Counter[tuple[str, str]] = Counter()

    def named(name: str, group: str = "") -> str:
        seen[group, name] += 1
        again = seen[group, name]
        return name if again == 1 else f"{name} ({again})"

    return named

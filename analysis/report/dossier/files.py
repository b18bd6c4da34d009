"""The documents of the tables of a run."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis import paths
from analysis.display.html import BADGES
from analysis.errors import UserError
from analysis.report.dossier.front import Front
from analysis.report.dossier.rtf import write_rtf
from analysis.report.dossier.sheets import Sheet, sheets_of
from analysis.report.dossier.shown import shown_tables, tables_shown_by
from analysis.report.dossier.word import write_docx
from analysis.report.executed import carried_results, last_setting, read_executed
from analysis.report.place import NOTEBOOK, put_file
from analysis.report.render import page_title, without_absent

if TYPE_CHECKING:
    from nbformat import NotebookNode

WRITERS: dict[str, Callable[[Front, Sequence[Sheet]], bytes]] = {
    "docx": write_docx,
    "rtf": write_rtf,
}
"""Kind of document → what writes it."""


def table_files(
    notebook: NotebookNode, *, run: str, title: str, kinds: Sequence[str] = tuple(WRITERS)
) -> dict[str, bytes]:
    """Return the documents of all tables that an executed notebook shows.

    Parameters
    ----------
    notebook
        As executed.
    run, title
        Name of the run and title of its page, for the head of every page.
    kinds
        Keys of `WRITERS`.

    Returns
    -------
    dict
        ``tables.docx`` and so on → content; empty where the notebook shows no table.
    """
    tables = shown_tables(notebook)
    statuses = [name for name in BADGES if any(name in table.statuses for table in tables)]
    front = Front(run, title, statuses)
    sheets = [sheet for table in tables for sheet in sheets_of(table)]
    return {f"tables.{kind}": WRITERS[kind](front, sheets) for kind in kinds if sheets}


def write_tables(source: str, target: Path) -> int:
    """Write the tables of an executed notebook, and return how many there are.

    Parameters
    ----------
    source
        The notebook, the folder that holds it, or the name of a run of the report.
    target
        A file with an ending of `WRITERS`.

    Raises
    ------
    UserError
        If there is no such notebook, it shows no tables or those of other parameters than its
        results, or the ending is another.
    """
    kind = target.suffix.removeprefix(".")
    if kind not in WRITERS:
        endings = " or ".join(f".{kind}" for kind in WRITERS)
        raise UserError(f"{paths.shown(target)} must end in {endings}")
    path = _notebook(source)
    name = path.parent.name if path.name == NOTEBOOK else path.stem
    rows = pd.read_csv(io.BytesIO(carried_results(path)), dtype=str, keep_default_na=False)
    notebook = without_absent(read_executed(path))
    _refuse_outdated(notebook, path)
    title = page_title(notebook, rows)
    made = table_files(notebook, run=name, title=title, kinds=[kind])
    if not made:
        raise UserError(f"{paths.shown(path)} shows no table")
    put_file(target, made[f"tables.{kind}"])
    return len(shown_tables(notebook))


def _notebook(source: str) -> Path:
    for path in (Path(source), Path(source, NOTEBOOK), paths.REPORTS / source / NOTEBOOK):
        if path.is_file():
            return path
    raise UserError(
        f"there is no '{source}'; name an executed notebook, the folder of a run, or a run of the "
        "report"
    )


def _refuse_outdated(notebook: NotebookNode, path: Path) -> None:
    """Refuse tables that were made before a cell that ran later set a parameter."""
    count, setting = last_setting(notebook)
    for number, cell in enumerate(notebook.cells, start=1):
        if tables_shown_by(cell) and (cell["execution_count"] or 0) < count:
            raise UserError(
                f"{paths.shown(path)}: the table of cell {number} was made before cell {setting} "
                "set parameters; run all cells and save it"
            )

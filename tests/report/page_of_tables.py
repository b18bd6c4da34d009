"""A page of a few hand-made tables, as the report writes it; nothing is executed."""

from pathlib import Path
from typing import Any

import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis.display import Column, Table
from analysis.display.shown import statuses as shown_statuses
from analysis.report.page_outputs import with_page_outputs
from analysis.report.render import render_page
from analysis.results import rows_of

WHY = "it was not measured at this visit of all"
"""What many rows of a long table say, so that it is a note of it."""


def a_table(
    title: str, rows: int, *, wide: int = 1, status: str = "synthetic", **options: Any
) -> Table:
    """A table whose row ``n`` says −n, and which is as many pairs of columns wide as wanted."""
    frame = pd.DataFrame({
        "group1_level": [f"Week {n + 1}" for n in range(rows)],
        "group2_level": [f"Class {n % 3}" for n in range(rows)],
        "n": [float(n) for n in range(rows)],
        "mean": [-float(n) for n in range(rows)],
        "reason": [
            "" if n % 7 else f"see, “note” {n}" if n % 2 else WHY for n in range(rows)
        ],
    }).sort_values("group2_level", kind="stable")  # fmt: skip
    results = rows_of(frame, analysis_id="demo", context="test", decimals=1, data_status=status)
    columns = [Column("Participants", "{n}"), Column("Mean difference of the arms", "{mean}")]
    columns = columns * wide
    if wide == 1:
        columns.append(Column("Remark", "{reason}", "text"))
    return Table(title, results, {"group1_level": "Visit"}, columns, **options)


def a_page(folder: Path, *tables: Table, name: str = "demo") -> Path:
    """Write a page with one table a section."""
    cells = [new_markdown_cell("# Growth of some children\n\nIn words.")]
    for number, table in enumerate(tables, 1):
        html = table.html()
        output = new_output("display_data", {"text/html": html, "text/plain": table.text()})
        cells.append(new_markdown_cell(f"## Part {number}"))
        cells.append(new_code_cell("page.show(x)", outputs=[output], execution_count=number))
    notebook = with_page_outputs(new_notebook(cells=cells))
    statuses = dict.fromkeys(status for table in tables for status in shown_statuses(table.results))
    path = folder / "index.html"
    path.write_text(render_page(notebook, name=name, statuses=statuses), encoding="utf-8")
    return path

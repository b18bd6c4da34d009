"""The pages of the records that the numbers of a table count, one page a table.

Each holds its records once and shows those of one number at a time, so that a page stays small
however many numbers count a record. It needs no server and fetches nothing.
"""

import json
from pathlib import Path

from analysis.display.records import PAGES
from analysis.report.pages import fill, inside


def record_pages(folder: Path, run: str) -> dict[str, bytes]:
    """Return the pages of what the tables of a run handed over: path below the run → content.

    Parameters
    ----------
    folder
        Where the kernel of the run left the records, one file a table.
    run
        Its name.
    """
    pages = {}
    for file in sorted(folder.glob("*.json")):
        held = json.loads(file.read_text(encoding="utf-8"))
        shown = {name: held[name] for name in ("columns", "rows", "cells")}
        page = fill(
            "records",
            run=run,
            script="records",
            styles=["page", "records"],
            held=inside(shown),
            title=f"Records behind: {held['title']}",
            **{name: held[name] for name in ("statuses", "trial", "population", "methods")},
            rows=_rows(held["cells"]),
        )
        pages[f"{PAGES}/{file.stem}.html"] = page.encode()
    return pages


def _rows(cells: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    """Return the numbers of each row of the table."""
    rows: dict[str, list[dict[str, str]]] = {}
    for cell in cells:
        rows.setdefault(cell["row"], []).append(cell)
    return rows

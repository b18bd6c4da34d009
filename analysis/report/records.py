"""The pages of the records that the numbers of a table count, one page a table.

Each holds its records once and shows those of one number at a time, so that a page stays small
however many numbers count a record. It needs no server and fetches nothing.
"""

import json
import re
from collections.abc import Mapping

from analysis.display.records import PAGES
from analysis.report.pages import fill, inside

HELD = re.compile(r'<script type="application/json" id="held">(.*?)</script>', re.S)
"""Where a page holds what its table handed over."""


def handed_over(page: bytes) -> bytes:
    """Return what a table handed over, as JSON, from the page that was made of it."""
    found = HELD.search(page.decode())
    assert found  # `record_pages` has written it, and its hash is that of the summary.
    return found[1].encode()


def record_pages(tables: Mapping[str, bytes], run: str) -> dict[str, bytes]:
    """Return the pages of what the tables of a run handed over: path below the run → content.

    Parameters
    ----------
    tables
        Name of a table → what it handed over, as JSON.
    run
        Name of the run.
    """
    pages = {}
    for table, content in tables.items():
        held = json.loads(content)
        page = fill(
            "records",
            run=run,
            script="records",
            styles=["page", "records"],
            held=inside(held),
            title=f"Records behind: {held['title']}",
            **{name: held[name] for name in ("statuses", "trial", "population", "methods")},
            rows=_rows(held["cells"]),
        )
        pages[f"{PAGES}/{table}.html"] = page.encode()
    return pages


def _rows(cells: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    """Return the numbers of each row of the table."""
    rows: dict[str, list[dict[str, str]]] = {}
    for cell in cells:
        rows.setdefault(cell["row"], []).append(cell)
    return rows

"""What the search of the front page finds on a page: its sections, tables, figures and results."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analysis.display.html import BADGES
from analysis.results import ROW_KEY

if TYPE_CHECKING:
    import pandas as pd
    from nbformat import NotebookNode

MARK = re.compile(r"^\[figure\] ")
STATUS = re.compile(rf" \[({'|'.join(map(re.escape, BADGES.values()))})(; .*)?\]$")
LONGEST = 140
"""Letters of the values of a result; the page has them all."""

MOST = 80
"""Rows of an analysis that can be found; points of a curve by the hundred are for no one."""

Entry = list[str]
"""Kind, title, anchor of the section or text on the page, values, status of the data.

A section has no status of its own: its page's is shown.
"""
SEVERAL = " "
"""Between the statuses of an entry that rests on data of several kinds."""


def entries(notebook: NotebookNode, results: pd.DataFrame) -> list[Entry]:
    """Return what a page can be searched for, without what the trial does not declare."""
    return [*_titled(notebook), *_rows(results)]


def _titled(notebook: NotebookNode) -> list[Entry]:
    found: list[Entry] = []
    anchor = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for title in re.findall(r"^## (.+)$", cell.source, flags=re.M):
                anchor = title.strip().replace(" ", "-")
                found.append(["section", title.strip(), anchor, "", ""])
            continue
        for output in cell.get("outputs", []):
            kind, title, status = _described(output.get("data", {}))
            if kind:
                found.append([kind, title, anchor, "", status])
    return found


def _described(data: dict[str, str]) -> tuple[str, str, str]:
    """Return kind, title and status of one output; nothing for plain sentences."""
    html, first = data.get("text/html", ""), data.get("text/plain", "").partition("\n")[0]
    title = STATUS.sub("", MARK.sub("", first)).strip()
    status = SEVERAL.join(name for name, words in BADGES.items() if words in first)
    for kind, mark in (("figure", "shown picture"), ("table", "shown table")):
        if f'<figure class="{mark}' in html:
            return kind, title, status
    return "", "", ""


def _rows(results: pd.DataFrame) -> list[Entry]:
    """Return one entry for each row of a table: its levels, and its numbers as shown."""
    found = []
    kept = results.drop_duplicates(["analysis_id", *ROW_KEY]).groupby("analysis_id").head(MOST)
    chosen = results.merge(kept[["analysis_id", *ROW_KEY]], on=["analysis_id", *ROW_KEY])
    for _, rows in chosen.groupby(["analysis_id", *ROW_KEY], sort=False):
        first = rows.iloc[0]
        levels = [first[name] for name in ROW_KEY if first[name]]
        shown = [
            f"{label} {text}"
            for label, text in zip(rows["stat_label"], rows["stat_fmt"], strict=True)
        ]
        values = "; ".join(shown)
        values = values if len(values) <= LONGEST else f"{values[: LONGEST - 1]}…"
        title = " · ".join(levels) or first["analysis_id"]
        status = SEVERAL.join(each for each in rows["data_status"].unique() if each)
        name = f"{title} ({first['analysis_id']})"
        found.append(["result", name, levels[0] if levels else "", values, status])
    return found

"""A comparison of two reports as one HTML page: the changes of verdict first."""

import pandas as pd

from analysis.display.comparison import COUNTED, comparison_summary, shown_changes
from analysis.display.html import badge_words
from analysis.display.table_html import table_html
from analysis.display.tables import Column
from analysis.report.anchors import addresses
from analysis.report.citations import cited_places, with_links
from analysis.report.compare import KINDS, Comparison
from analysis.report.page_outputs import on_a_page
from analysis.report.pages import fill
from analysis.words import begins_sentence

NUMBERS = ("before", "after", "absolute", "relative")
FOLDED_BEYOND = 60


def comparison_page(found: Comparison, *, before: str, after: str) -> str:
    """Return a comparison as HTML document: the summary, then a table for each kind of change."""
    shown, addressed = shown_changes(found.changes), addresses()
    kinds = {kind: shown[shown["change"] == kind] for kind in KINDS}
    tables = [addressed(_table(rows, kind)) for kind, rows in kinds.items() if len(rows)]
    return fill(
        "comparison",
        title="What moved between two reports",
        statuses=_statuses(shown),
        run="comparison",
        script="page",
        styles=["page"],
        before=before,
        after=after,
        parameters=found.parameters,
        summary=comparison_summary(
            found.changes, compared=found.compared, tolerance=found.tolerance
        ),
        tables=list(map(with_links, tables)),
        places=cited_places(tables, f"comparison of {before} with {after}"),
    )


def _table(rows: pd.DataFrame, kind: str) -> str:
    """Return the table of one kind of change, a row a change."""
    label, *values = _columns(rows, kind)
    # What data a row rests on is said in the words of a badge.
    words = rows.assign(data=[badge_words(each.split()) for each in rows["data"]])
    return on_a_page(
        table_html(
            begins_sentence(COUNTED[kind][1]),
            [
                ("", [row[label]], [row[name] for name in values])
                for row in words.to_dict("records")
            ],
            labels=[begins_sentence(label)],
            columns=[Column(begins_sentence(name), "", _form(name, kind)) for name in values],
            statuses=_statuses(rows),
            folded=len(rows) > FOLDED_BEYOND,
            sifted=True,
        )
    )


def _statuses(rows: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(" ".join(rows["data"]).split()))


def _form(name: str, kind: str) -> str:
    """Return how a column is written."""
    if kind == "verdict" and name in ("before", "after"):
        return "status"
    return "number" if kind == "moved" and name in NUMBERS else "text"


def _columns(rows: pd.DataFrame, kind: str) -> list[str]:
    """Return the columns that say something about one kind of change."""
    empty = {"added": "before", "removed": "after"}.get(kind, "")
    silent = {"change", empty, *(() if kind == "moved" else ("absolute", "relative"))}
    # What all rows rest on, the badges of the table say.
    silent |= {"data"} if rows["data"].nunique() == 1 else set()
    return [name for name in rows if name not in silent and (rows[name] != "").any()]

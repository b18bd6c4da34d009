"""A comparison of two reports as one HTML page: the changes of verdict first."""

from analysis.display.comparison import COUNTED, comparison_summary, shown_changes
from analysis.report.compare import KINDS, Comparison
from analysis.report.pages import fill

NUMBERS = ("before", "after", "absolute", "relative")
FOLDED_BEYOND = 60


def comparison_page(found: Comparison, *, before: str, after: str) -> str:
    """Return a comparison as HTML document: the summary, then a table for each kind of change."""
    shown = shown_changes(found.changes)
    used = [name for name in shown if name != "change" and (shown[name] != "").any()]
    kinds = [
        {
            "name": kind,
            "title": COUNTED[kind][1].capitalize(),
            "columns": _columns(used, kind),
            "numbers": NUMBERS if kind == "moved" else (),
            "rows": rows.to_dict("records"),
        }
        for kind in KINDS
        if len(rows := shown[shown["change"] == kind])
    ]
    return fill(
        "comparison",
        title="What moved between two reports",
        statuses=dict.fromkeys(" ".join(found.changes["data_status"]).split()),
        before=before,
        after=after,
        parameters=found.parameters,
        summary=comparison_summary(
            found.changes, compared=found.compared, tolerance=found.tolerance
        ),
        kinds=kinds,
        folded_beyond=FOLDED_BEYOND,
    )


def _columns(used: list[str], kind: str) -> list[str]:
    """Return the columns that say something about one kind of change."""
    empty = {"added": "before", "removed": "after"}.get(kind, "")
    only_moved = () if kind == "moved" else ("absolute", "relative")
    return [name for name in used if name != empty and name not in only_moved]

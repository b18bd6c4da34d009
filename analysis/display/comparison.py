"""How a comparison of results looks, in a terminal and on a page."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from tabulate import tabulate

from analysis.numbers import NOT_AVAILABLE
from analysis.results import ROW_KEY
from analysis.words import numbered

Change = Mapping[Hashable, Any]
"""One row of the changes."""

COUNTED = {
    "verdict": ("verdict changed", "verdicts changed"),
    "text": ("text changed", "texts changed"),
    "status": ("status changed", "statuses changed"),
    "moved": ("number moved", "numbers moved"),
    "added": ("added", "added"),
    "removed": ("removed", "removed"),
    "shown differently": ("shown differently", "shown differently"),
}
"""Kind of change → how one and how several are counted."""


def comparison_text(changes: pd.DataFrame, *, compared: int, tolerance: float) -> str:
    """Return all changes of a comparison as one fixed-width table with a summary below."""
    lines = []
    if len(changes):
        shown = shown_changes(changes)
        widths = [None, None, None, 44, None, None, 30, 30, None, None]
        kept = [n for n, name in enumerate(shown) if name != "run" or shown["run"].any()]
        lines.append(
            tabulate(
                shown.iloc[:, kept].to_numpy().tolist(),
                headers=list(shown.columns[kept]),
                tablefmt="simple",
                disable_numparse=True,
                maxcolwidths=[widths[n] for n in kept],
            )
        )
    lines.append(comparison_summary(changes, compared=compared, tolerance=tolerance))
    return "\n".join(lines)


def shown_changes(changes: pd.DataFrame) -> pd.DataFrame:
    """Return one row a change of a comparison, every cell as text."""
    rows = changes.to_dict("records")
    return pd.DataFrame(
        {
            "run": changes["run"],
            "change": changes["change"],
            "analysis": changes["analysis_id"],
            "row": [_row(change) for change in rows],
            "statistic": changes["stat_name"],
            "data": changes["data_status"],
            "before": [_value(change, "before") for change in rows],
            "after": [_value(change, "after") for change in rows],
            "absolute": [_signed(change["absolute"]) for change in rows],
            "relative": [_percent(change) for change in rows],
        },
        dtype=object,
    )


def comparison_summary(changes: pd.DataFrame, *, compared: int, tolerance: float) -> str:
    """Return one sentence that counts the changes by kind."""
    # A grouped change counts for all the results it stands for, save a change of status.
    size = changes["results"].where(changes["change"].isin(["added", "removed"]), 0).clip(lower=1)
    counts = size.groupby(changes["change"]).sum().to_dict()
    said = [
        f"{int(counts[kind])} {words[int(counts[kind]) != 1]}"
        for kind, words in COUNTED.items()
        if kind in counts
    ]
    found = ", ".join(said) or "all equal"
    return f"{numbered(compared, 'result')} compared, tolerance {tolerance:g}: {found}."


def _row(change: Change) -> str:
    if change["results"]:
        return f"{numbered(change['results'], 'result')}"
    return " · ".join(change[name] for name in ROW_KEY if change[name])


def _value(change: Change, side: str) -> str:
    """Return a result as shown; with more digits where the rounded ones look alike."""
    if change["change"] == "moved" and change["before"] == change["after"]:
        return f"{change[f'stat_{side}']:.12g}".replace("-", "−")
    return str(change[side])


def _signed(value: float) -> str:
    """Return a change with its sign and three significant digits."""
    return "" if math.isnan(value) else f"{value:+#.3g}".rstrip(".").replace("-", "−")


def _percent(change: Change) -> str:
    if change["change"] != "moved":
        return ""
    if not math.isfinite(change["relative"]):
        return NOT_AVAILABLE
    return f"{_signed(100 * change['relative'])}\u202f%"

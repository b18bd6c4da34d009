"""How an import of new numbers looks in a terminal."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd
from tabulate import tabulate

from analysis import paths
from analysis.display.comparison import comparison_text
from analysis.numbers import fixed
from analysis.sources.audit import Finding
from analysis.sources.ledger_import import Import

NOUNS = {
    "results": ("number", "numbers"),
    "studies": ("study", "studies"),
    "arms": ("arm", "arms"),
    "products": ("product", "products"),
    "sources": ("source", "sources"),
    "endpoints": ("endpoint", "endpoints"),
    "verdicts": ("verdict", "verdicts"),
    "identities": ("identity", "identities"),
}
"""Table → what one of its rows and several are called, in the order in which they are counted."""


def import_text(
    found: Import,
    new: Sequence[Finding],
    gone: Sequence[Finding],
    changes: pd.DataFrame,
    *,
    compared: int,
    tolerance: float,
) -> str:
    """Return what a file adds, contradicts, and would move.

    `new` and `gone` are findings of the audit that the new rows bring and end; the rest is the
    comparison of the answers, as `analysis.report.compare.Comparison` has it.
    """
    parts = [_counts(found), _contradictions(found.contradictions)]
    if found.size:
        parts += [
            _findings("Findings of the audit that are new", new),
            *([_findings("Findings of the audit that are gone", gone)] if gone else []),
            "What it would move:\n"
            + comparison_text(changes, compared=compared, tolerance=tolerance),
        ]
    return "\n\n".join(parts)


def _counts(found: Import) -> str:
    new = {name: len(rows) for name, rows in found.added.items()}
    where = paths.shown(found.file)
    lines = [f"{where}: {_counted(new) or 'nothing'} new."]
    if said := _counted(found.repeated):
        lines.append(f"Already in the ledger and skipped: {said}.")
    return "\n".join(lines)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{counts[name]} {words[counts[name] != 1]}"
        for name, words in NOUNS.items()
        if counts.get(name)
    )


def _contradictions(pairs: pd.DataFrame) -> str:
    if pairs.empty:
        return "Nothing in it contradicts a number of the ledger."
    rows = [
        [_quantity(pair), _printed(pair, ""), _printed(pair, "_new")]
        for pair in pairs.to_dict("records")
    ]
    return "One quantity, two values:\n" + tabulate(
        rows,
        headers=["quantity", "in the ledger", "new"],
        tablefmt="simple",
        disable_numparse=True,
        maxcolwidths=[40, 44, 44],
    )


def _quantity(pair: Mapping[Hashable, Any]) -> str:
    arms = " − ".join(arm for arm in (pair["arm_id"], pair["reference_arm_id"]) if arm)
    time = "" if pd.isna(pair["months"]) else f", month {pair['months']:g}"
    return f"{pair['study_id']}, {arms}: {pair['paramcd']} {pair['statistic']}{time}"


def _printed(pair: Mapping[Hashable, Any], side: str) -> str:
    """Return value, analysis set, kind of estimate and source of one side."""
    value = fixed(pair[f"value{side}"], int(pair[f"decimals{side}"]))
    about = [pair[f"{name}{side}"] for name in ("population", "model", "source_id", "result_id")]
    return f"{value} ({'; '.join(word for word in about if word)})"


def _findings(title: str, findings: Sequence[Finding]) -> str:
    lines = [f"  {each.severity:8} {each.rule}: {each.sentence}" for each in findings]
    return "\n".join([f"{title}:", *(lines or ["  none"])])

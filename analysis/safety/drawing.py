"""What the figures of the safety page share: the looks of the arms, drawable text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from analysis.display.arms import Look, arm_looks
from analysis.display.rows import numbers
from analysis.results import Results
from analysis.safety.incidence import contrast_label, contrasted
from analysis.safety.settings import SafetyRun


def looks(run: SafetyRun) -> dict[str, Look]:
    """Return the look of every arm; a difference has that of its arm."""
    own = arm_looks(run.arms)
    return own | {contrast_label(run, arm): own[arm] for arm in contrasted(run)}


def by_arm(
    rows: pd.DataFrame, levels: Sequence[str], looks: Mapping[str, Look]
) -> Iterator[tuple[str, pd.DataFrame, float, Look]]:
    """Give each level with its rows, its place beside the others (around 0), and its look."""
    for number, label in enumerate(levels):
        own = rows[rows["group1_level"] == label]
        yield label, own, number - (len(levels) - 1) / 2, looks[label]


def in_percent(results: Results, *names: str, beside: Sequence[str] = ()) -> pd.DataFrame:
    """Return one row a mark to draw: proportions in per cent, and numbers beside them."""
    rows = numbers(results, *names, *beside)
    rows[list(names)] *= 100
    return rows

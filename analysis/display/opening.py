"""Which trial a page is about, in the words of its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.display.html import BADGES
from analysis.display.reading import Reading
from analysis.results import Results, section

if TYPE_CHECKING:
    from analysis.results.trial_run import TrialRun

ANALYSIS, TITLE = "opening", "title"
"""Name of the analysis, and of its statistic that holds the trial's title."""


@section
def opening(run: TrialRun) -> Results:
    """Return the trial's title, what kind of data it has, its indication and its arms."""
    plan = run.trial.plan
    said = [
        f"{BADGES[run.data_status]}.",
        f"{plan.indication[:1].upper()}{plan.indication[1:]}." if plan.indication else "",
        f"{'Arms' if len(run.arms) > 1 else 'One arm'}: {', '.join(run.arms)}.",
    ]
    frame = pd.DataFrame({TITLE: [plan.title], "text": [" ".join(filter(None, said))]})
    return run.results(
        frame.assign(dataset="trial.yml", population="", variable=plan.id), ANALYSIS,
        context="plan",
    )  # fmt: skip


@opening.shows
def opening_reading(opening: Results, _run: TrialRun) -> Reading:
    """Say which trial it is."""
    (row,) = opening.wide().to_dict("records")
    return Reading([f"{row[TITLE]}.", str(row["text"])], opening)

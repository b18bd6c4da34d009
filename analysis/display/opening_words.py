"""Which trial a page is about, in the words of its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.display.html import BADGES
from analysis.display.reading import Reading
from analysis.results import Results, section

if TYPE_CHECKING:
    from analysis.results.trial_run import TrialRun

ANALYSIS = "opening"
BEGINS = (ANALYSIS, "answer")
"""The analyses with which a page of a trial, and one of the ledger, says what it is about."""
TITLE, PURPOSE, ASKED = "title", "purpose", "asked"
"""Their statistics: the trial's title, why it is shown, and what the run asks."""


@section
def opening(run: TrialRun) -> Results:
    """Return the trial's title, its data, indication and arms, and what the run asks of it."""
    plan = run.trial.plan
    said = [
        f"{BADGES[run.data_status]}.",
        f"{plan.indication[:1].upper()}{plan.indication[1:]}." if plan.indication else "",
        f"{'Arms' if len(run.arms) > 1 else 'One arm'}: {', '.join(run.arms)}.",
        plan.purpose,
    ]
    known = {PURPOSE: plan.purpose, ASKED: run.question}
    frame = pd.DataFrame({TITLE: [plan.title], "text": [" ".join(filter(None, said))]})
    frame = frame.assign(**{name: words for name, words in known.items() if words})
    return run.results(
        frame.assign(dataset="trial.yml", population="", variable=plan.id), ANALYSIS,
        context="plan",
    )  # fmt: skip


@opening.shows
def opening_reading(opening: Results, _run: TrialRun) -> Reading:
    """Say which trial it is."""
    (row,) = opening.wide().to_dict("records")
    return Reading([f"{row[TITLE]}.", str(row["text"])], opening)

"""How often a text result says what."""

import pandas as pd

from analysis.programme.settings import ProgrammeRun
from analysis.results import Results

ALL = "all"
"""The row that counts every text."""


def tally(run: ProgrammeRun, texts: pd.Series, what: str, analysis_id: str) -> Results:
    """Count texts by what they say: one ``n`` per value, in order of appearance, and one for all.

    ``what`` is what the texts are, in one word.
    """
    counts = texts.value_counts(sort=False)
    counts[ALL] = len(texts)
    frame = pd.DataFrame({"group1_level": counts.index, "n": counts.to_numpy()})
    return run.results(frame, analysis_id, group1=what, context="source audit")


def counts_of(tallied: Results) -> dict[str, int]:
    """Return what is counted → how often."""
    return dict(zip(tallied.frame["group1_level"], tallied.frame["stat"].astype(int), strict=True))

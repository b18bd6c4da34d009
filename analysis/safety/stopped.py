"""Whose treatment ended for a reason of safety, by what ADSL says."""

from dataclasses import dataclass

import pandas as pd

from analysis.brief import brief
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun

COLUMNS = ("DCTREAS", "DCSREAS", "DCDECOD")
"""Where ADSL gives a reason for the end of treatment or of the study; the first that there is."""
REASONS = ("ADVERSE EVENT", "DEATH")
"""Reasons that make it a matter of safety; by how they begin."""


@brief
@dataclass(frozen=True, slots=True, eq=False)
class Stopped:
    """What ADSL says of the end of treatment.

    Parameters
    ----------
    column
        The variable with the reason; "" where there is none.
    reason
        Of each participant of the safety population; "" where none is given.
    for_safety
        Whether it is one of `REASONS`.
    """

    column: str
    reason: pd.Series
    for_safety: pd.Series


def stopped(run: SafetyRun) -> Stopped:
    """Return the reasons for which treatment ended, of the participants of the population."""
    subjects = safety_population(run).subjects
    column = next((name for name in COLUMNS if name in subjects), "")
    reason = subjects[column] if column else pd.Series("", index=subjects.index)
    return Stopped(column, reason, reason.str.strip().str.upper().str.startswith(REASONS))

"""Whose treatment ended for a reason of safety, by what ADSL says."""

from dataclasses import dataclass

import pandas as pd

from analysis.brief import brief
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.sources.trial.standing import why_treatment_ended

FOR_SAFETY = ("ADVERSE EVENT", "DEATH")
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
        Whether it is one of `FOR_SAFETY`.
    """

    column: str
    reason: pd.Series
    for_safety: pd.Series


def stopped(run: SafetyRun) -> Stopped:
    """Return the reasons for which treatment ended, of the participants of the population."""
    subjects = safety_population(run).subjects
    found = why_treatment_ended(subjects)
    column, reason = ("", pd.Series("", subjects.index)) if found is None else (found.name, found)
    return Stopped(str(column), reason, reason.str.strip().str.upper().str.startswith(FOR_SAFETY))

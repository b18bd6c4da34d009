"""Checks of a trial's tables against its plan and against one another, all findings at once.

Each module holds the rules of one kind. A rule takes a `Study` and yields findings; a rule
whose variables are absent or of the wrong type yields nothing, because `structure` has said so
already. No rule loops over rows, so a check of a million records takes seconds.

What is an error and what a note: an **error** is a contradiction that would make a result wrong
or a record vanish from it, and that only the data's owner can resolve. A **note** is what a
reader should know (missing values, records outside their window, values that are odd but can
be true) and never stops an analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from analysis.sources.trial.checks import (
    baseline,
    dates,
    events,
    growth,
    keys,
    laboratory,
    levels,
    methods,
    participants,
    planned,
    structure,
    units,
    values,
)
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.plan import TrialPlan

__all__ = ["RULES", "check_tables"]

RULES: tuple[Callable[[Study], Iterator[TrialFinding]], ...] = (
    *methods.RULES,
    *structure.RULES,
    *planned.RULES,
    *participants.RULES,
    *keys.RULES,
    *dates.RULES,
    *values.RULES,
    *baseline.RULES,
    *units.RULES,
    *levels.RULES,
    *laboratory.RULES,
    *events.RULES,
    *growth.RULES,
)


def check_tables(
    plan: TrialPlan, tables: dict[str, pd.DataFrame], *, available: tuple[str, ...]
) -> list[TrialFinding]:
    """Check the tables of a trial against its plan and against one another.

    Parameters
    ----------
    plan
        The validated plan.
    tables
        Table name → normalised table, for the tables of the plan that were found.
    available
        Names of all tables in the data folder, to suggest the nearest for an absent one.

    Returns
    -------
    list of TrialFinding
        Everything found, in the order of `RULES`; empty if there is nothing to say.
    """
    study = Study(plan=plan, tables=tables, available=available)
    return [finding for rule in RULES for finding in rule(study)]

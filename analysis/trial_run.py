"""Transitional: the former names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from analysis.display.departures import departures
from analysis.results import AS_PLANNED, Choices, DeclaredRun, Departure, Planned, Results, Section
from analysis.results.trial_run import TrialRun, chosen_level

AnyRun = TypeVar("AnyRun", bound=DeclaredRun)


def attempt(analyse: Callable[[AnyRun], Results], run: AnyRun) -> Results:
    """Return the results of one section, or one row that says why there are none."""
    return (analyse if isinstance(analyse, Section) else Section(analyse)).rows(run)


__all__ = [
    "AS_PLANNED", "Choices", "DeclaredRun", "Departure", "Planned", "TrialRun", "attempt",
    "chosen_level", "departures",
]  # fmt: skip

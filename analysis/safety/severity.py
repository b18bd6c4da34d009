"""The grades of severity from the least to the worst, and which of them are severe."""

from collections.abc import Sequence

from analysis.errors import UserError
from analysis.safety.settings import SafetyRun

SEVERITIES = ("MILD", "MODERATE", "SEVERE", "LIFE THREATENING", "FATAL")
"""Grades of AESEV from the least, where the plan does not list its own."""


def severities(run: SafetyRun) -> tuple[str, ...]:
    """Return the grades of AESEV from the least to the worst.

    Notes
    -----
    Those of the plan's levels, else `SEVERITIES`. The words that count as severe, in the order of
    the plan, are the worst of them where they are none of these.
    """
    grades = tuple(level.upper() for level in run.trial.plan.levels.get("AESEV", SEVERITIES))
    severe = tuple(word.strip().upper() for word in run.plan.severe)
    return (*grades, *(word for word in severe if word not in grades))


def severe_words(run: SafetyRun) -> tuple[str, ...]:
    """Return the words that count as severe; none where neither plan nor CDISC says."""
    if run.plan.severe:
        return tuple(word.strip().upper() for word in run.plan.severe)
    grades = severities(run)
    return grades[grades.index("SEVERE") :] if "SEVERE" in grades else ()


def not_severe(run: SafetyRun) -> frozenset[str]:
    """Return the grades that are known and not severe."""
    return frozenset(severities(run)) - set(severe_words(run))


def ordered(run: SafetyRun, used: Sequence[str]) -> tuple[str, ...]:
    """Return the grades from the least to the worst, those in use that nobody ordered first.

    Raises
    ------
    UserError
        If several grades are in no order, so that no worst of them can be told.

    Notes
    -----
    Numbers are in their own order. A single unknown grade stands below every other.
    """
    grades = severities(run)
    unknown = [grade for grade in dict.fromkeys(used) if grade and grade not in grades]
    if all(grade.isdigit() for grade in unknown):
        unknown = sorted(unknown, key=int)
        numbers = [grade for grade in grades if grade.isdigit()]
        if numbers and unknown:
            rest = [grade for grade in grades if not grade.isdigit()]
            return (*rest, *sorted({*numbers, *unknown}, key=int))
    elif len(unknown) > 1:
        raise UserError(
            f"AESEV has {', '.join(sorted(unknown))}, whose order is not known; list all grades "
            "from the least to the worst under levels.AESEV in trial.yml"
        )
    return (*unknown, *grades)

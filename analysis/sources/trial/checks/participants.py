"""Rules on participants: arms and populations."""

from collections.abc import Iterable, Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import date, text
from analysis.sources.trial.finding import Severity, TrialFinding
from analysis.sources.trial.no_arm import without_arm


def _in_population(study: Study, names: Iterable[str]) -> pd.Series:
    """Say which participants are in any of these populations."""
    flags = [text(study.adsl, study.plan.populations[name]) for name in names]
    marks = [flag == "Y" for flag in flags if flag is not None]
    return (
        pd.concat(marks, axis=1).any(axis=1) if marks else pd.Series(False, index=study.adsl.index)
    )


def arms_are_planned(study: Study) -> Iterator[TrialFinding]:
    """Find arms of ADSL that the plan does not have."""
    plan = study.plan
    known = plan.arms.names
    # Who was randomised and never treated has a planned arm and no actual one, rightly; the
    # actual one is needed in the safety population.
    treated = [plan.safety.population] if plan.safety else []
    for column, populations in (("TRT01P", list(plan.populations)), ("TRT01A", treated)):
        arms = text(study.adsl, column)
        if arms is None:
            continue
        none = without_arm(arms)
        chosen = _in_population(study, populations)
        message = f"arms of trial.yml are {', '.join(known)}; correct one of them"
        wrong, rule = ~none & ~arms.isin(known) & plan.arms.decided, "arm not in the plan"
        yield from study.unknown("adsl", column, wrong, rule, message, known=known)
        message = "a participant of a population must have an arm; give it or clear the flag"
        rule = "in a population without arm"
        yield from study.errors("adsl", column, none & chosen, rule, message)
        if column == "TRT01P":
            message = "participants without arm, such as screen failures, are in no analysis"
            yield from study.notes("adsl", column, none & ~chosen, "no arm", message)


def safety_population_was_treated(study: Study) -> Iterator[TrialFinding]:
    """Note participants of the safety population who have no first dose."""
    start = date(study.adsl, "TRTSDT")
    if study.plan.safety is not None and start is not None:
        wrong = _in_population(study, [study.plan.safety.population]) & start.isna()
        message = "in the safety population and without TRTSDT; their exposure counts as unknown"
        yield from study.notes("adsl", "TRTSDT", wrong, "safety without exposure", message)


def arms_have_participants(study: Study) -> Iterator[TrialFinding]:
    """Note arms of the plan that nobody is in."""
    arms = text(study.adsl, "TRT01P")
    if arms is None or not study.plan.arms.decided:
        return
    for arm in study.plan.arms.names:
        if not (arms == arm).any():
            message = "trial.yml has this arm and nobody is in it; it is shown with n = 0"
            rule = "arm without participants"
            yield TrialFinding("adsl", "TRT01P", rule, message, "note", value=arm, count=0)


def populations_have_participants(study: Study) -> Iterator[TrialFinding]:
    """Find populations that nobody is in."""
    plan = study.plan
    needed = {plan.analysis.population, *([plan.safety.population] if plan.safety else [])}
    for population, column in plan.populations.items():
        flag = text(study.adsl, column)
        if flag is not None and len(flag) and not (flag == "Y").any():
            message = "no participant has Y; fill in the flag or correct populations"
            severity: Severity = "error" if population in needed else "note"
            rule = "empty population"
            yield TrialFinding("adsl", column, rule, message, severity, value=population, count=0)

"""Checks of a trial's tables against its plan and against one another, all findings at once.

Each module holds the rules of one kind, and every public function of it is one: it takes a `Study`
and yields findings. A rule whose variables are absent or of the wrong type yields nothing, because
`structure` has said so already. No rule loops over rows, so that a million records take seconds.

What is an error and what a note: an **error** is a contradiction that would make a result wrong
or a record vanish from it, and that only the data's owner can resolve. A **note** is what a
reader should know (missing values, records outside their window, values that are odd but can
be true) and never stops an analysis. What would be an error where the plan uses it is a note
where nothing does; `Study.errors` decides that for every rule.
"""

from collections.abc import Callable, Iterator
from inspect import isfunction
from types import ModuleType

from analysis.sources.trial.checks import (
    adam,
    baseline,
    companions,
    copies,
    dates,
    derived,
    endpoints,
    events,
    flags,
    growth,
    growth_roles,
    keys,
    kinds,
    labels,
    laboratory,
    levels,
    methods,
    model_terms,
    multiplicity,
    pairs,
    participants,
    periods,
    planned,
    planned_analyses,
    plausible,
    responses,
    roles,
    structure,
    times,
    traces,
    units,
    values,
    vocabularies,
)
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.finding import TrialFinding

__all__ = ["RULES", "Study", "check_study"]

Check = Callable[[Study], Iterator[TrialFinding]]

MODULES = (
    *(planned_analyses, methods, multiplicity, structure, planned, participants, periods, flags),
    *(copies, keys, dates, values, baseline, derived, pairs, units, levels, laboratory, events),
    *(growth, growth_roles, adam, companions, traces, labels),
    *(endpoints, kinds, responses, times, model_terms, vocabularies, roles, plausible),
)


def rules_of(module: ModuleType) -> list[Check]:
    """Return the rules of a module, which are its public functions, in their order."""
    return [
        each
        for name, each in vars(module).items()
        if isfunction(each) and each.__module__ == module.__name__ and not name.startswith("_")
    ]


RULES: tuple[Check, ...] = tuple(rule for module in MODULES for rule in rules_of(module))


def check_study(study: Study) -> list[TrialFinding]:
    """Check the tables of a trial against its plan and against one another.

    Parameters
    ----------
    study
        The plan, and its tables that were found.

    Returns
    -------
    list of TrialFinding
        Everything found, in the order of `RULES`; empty if there is nothing to say.
    """
    return [finding for rule in RULES for finding in rule(study)]

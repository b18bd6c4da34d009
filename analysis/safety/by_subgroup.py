"""Adverse events in subgroups of the participants."""

import numpy as np
import pandas as pd

from analysis.display.arm_table import ArmTable
from analysis.display.reading import Reading
from analysis.errors import UserError
from analysis.results import NOT_ESTIMABLE, Results, combine, section
from analysis.safety.emergent import emergent_events
from analysis.safety.event_rows import EventRows, overview_rows, term_rows
from analysis.safety.incidence import incidence_results, with_zeros
from analysis.safety.kinds import EMERGENT
from analysis.safety.population import SafetyPopulation, safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import finding_table, shares
from analysis.safety.terms import COMMON, class_notes
from analysis.sources.trial.subgroups import subgroups_of
from analysis.sources.trial.variable_words import label_of
from analysis.words import in_sentence


@section
def by_subgroup(run: SafetyRun) -> Results:
    """Return the participants with events in each subgroup of the plan.

    Returns
    -------
    Results
        ``analysis_id`` "ae-by-subgroup-" and the variable; ``group2_level`` is the subgroup,
        ``variable`` "Overview" or the organ class, ``variable_level`` the kind of event, the term
        or "Any event". n, N (of the arm in the subgroup), p, events; differences with their
        interval. A variable that makes no subgroups has the ``reason``.

    Raises
    ------
    UserError
        If the plan names no variable.

    Notes
    -----
    The kinds of the overview, and organ classes and terms that at least `COMMON` per cent of an arm
    had in the whole population. The subgroups of a variable add up to the population: whoever
    lacks it is in one of its own. No p-values: nobody was randomised within a subgroup.
    """
    emergent_events(run)
    if not run.plan.subgroups:
        raise UserError(
            f"trial.yml of '{run.trial.plan.id}' names no subgroups; list variables of adsl under "
            "safety.subgroups"
        )
    rows = overview_rows(run) + term_rows(run, max(COMMON, run.parameters.min_percent))
    return combine(_of_variable(run, name, rows) for name in dict.fromkeys(run.plan.subgroups))


def _of_variable(run: SafetyRun, name: str, rows: EventRows) -> Results:
    """Return the counts in the subgroups of one variable, or why it makes none."""
    analysis_id, population = f"ae-by-subgroup-{name.lower()}", safety_population(run)
    try:
        found = subgroups_of(run.trial, population.subjects, name)
    except UserError as error:
        label = label_of(name, [run.trial.tables["adsl"]])
        why = {"variable": [label], "conclusion": [NOT_ESTIMABLE], "reason": [str(error)]}
        return run.results(pd.DataFrame(why), analysis_id)
    parts = [
        _counted(population.within((found.of_each == level).to_numpy()), rows, level)
        for level in found.order
    ]
    # Row by row, the subgroups under one another.
    counts = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    return incidence_results(run, counts, analysis_id, group2=found.label, test=False)


def _counted(part: SafetyPopulation, rows: EventRows, level: str) -> pd.DataFrame:
    """Count the events of one subgroup in the rows of the table, numbered by their place."""
    every = pd.DataFrame({"place": np.arange(len(rows.levels))})
    counts = with_zeros(part, part.count(rows.records, ["place"]), every)
    place = counts.pop("place").to_numpy(dtype=np.intp)
    levels = rows.levels.take(place).set_axis(counts.index)
    return pd.concat([levels, counts], axis=1).set_index(place).assign(group2_level=level)


@by_subgroup.shows
def subgroup_readings(by_subgroup: Results, _run: SafetyRun) -> Reading:
    """Say of each variable how many of each subgroup had any event."""
    return Reading([_said(by_subgroup[each]) for each in by_subgroup], by_subgroup)


@by_subgroup.shows
def subgroup_tables(by_subgroup: Results, run: SafetyRun) -> list[ArmTable]:
    """Show the events in subgroups, one table a variable."""
    parts = [by_subgroup[each] for each in by_subgroup]
    return [_table(each, run) for each in parts if each.frame["group2"].iloc[0]]


def _said(found: Results) -> str:
    """Say how many of each subgroup had any event, or why there is none."""
    label = str(found.frame["group2"].iloc[0])
    if not label:
        label = in_sentence(str(found.frame["variable"].iloc[0]))
        return f"Not estimable by {label}: {found.text('reason')}."
    arms = found.select(variable_level=EMERGENT, group1="arm").wide()
    each = [
        f"{level}: {shares(rows.to_dict('records'))}"
        for level, rows in arms.groupby("group2_level", sort=False)
    ]
    return f"{EMERGENT} by {in_sentence(label)}. {'; '.join(each)}."


def _table(found: Results, run: SafetyRun) -> ArmTable:
    label = str(found.frame["group2"].iloc[0])
    least = max(COMMON, run.parameters.min_percent)
    return finding_table(
        found,
        run,
        f"Adverse events by {in_sentence(label)}",
        {"variable_level": "Event", "group2_level": label},
        f"Organ classes and terms that at least {least:g} % of an arm had. Nobody was randomised "
        "within a subgroup, and no test was made: a difference between subgroups is a "
        "question, not a finding.",
        *class_notes(run),
        of="participants of the arm in the subgroup",
        groups="variable",
        folded=True,
    )

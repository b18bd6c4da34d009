"""Events of special interest: by the terms of labels, and those that the trial's plan declares."""

import pandas as pd

from analysis.display.arm_table import ArmTable
from analysis.display.reading import Absent
from analysis.display.tables import Table
from analysis.errors import UserError
from analysis.results import PLACE, Results, combine, section
from analysis.safety.coding import ANY
from analysis.safety.incidence import incidence_results, with_zeros
from analysis.safety.interest import InterestGroup, interest_groups, terms_in_no_group
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import columns_of, event_table
from analysis.safety.terms import LEVELS, coded_events
from analysis.sources.special_interest import list_names
from analysis.words import listed, numbered

COUNTS, SPEAKING = "ae-special-interest", "ae-special-interest-to-look-at"
SEARCHED = "ae-special-interest-searched"
"""The analyses of the section: counts by group and term, terms in no group that speak of one,
and what was searched."""
UNLISTED = "Preferred terms in no group"


@section
def special_interest(run: SafetyRun) -> Results:
    """Return the events of special interest, zero rows included.

    Returns
    -------
    Results
        ``analysis_id`` `COUNTS`: ``variable`` is the group, ``variable_level`` the term or `ANY`.
        Every group has its row; a term of a list has one where an event has it, a term that the
        plan declares in any case. Where the plan names lists also `SPEAKING`, the terms in no
        group that speak of one by a part of them or by their organ class; and `SEARCHED`, the
        terms of each group with the documents that name them, and n of N terms in no group.

    Raises
    ------
    UserError
        If the plan declares none and names no list.

    Notes
    -----
    Terms are matched whatever their case, accents, order of words and spelling, in any organ
    class. A list is for searching: that nobody had a term is a result, and what was searched is
    said.
    """
    if not (run.plan.special_interest or run.plan.special_interest_lists):
        raise UserError(
            f"trial.yml of '{run.trial.plan.id}' declares no events of special interest; "
            "list them under safety.special_interest, or name lists under "
            f"safety.special_interest_lists: {', '.join(list_names())}"
        )
    groups, events = interest_groups(run), coded_events(run).records
    pairs = [(group.name, term) for group in groups for term in (ANY, *group.terms)]
    counts = _counted(run, pd.DataFrame(pairs, columns=LEVELS), COUNTS)
    if not run.plan.special_interest_lists:
        return counts
    others = terms_in_no_group(run)
    speaking = others.loc[others["GROUP"] != "", ["GROUP", "AEDECOD"]].set_axis(LEVELS, axis=1)
    to_look_at = _counted(run, speaking, SPEAKING, differences=False)
    number = {"variable": UNLISTED, "n": len(others), "N": events["AEDECOD"].nunique()}
    unlisted = run.results(pd.DataFrame([number]), SEARCHED, dataset=run.plan.adverse_events)
    return combine([counts, to_look_at, unlisted, _searched(run, groups)])


def _counted(
    run: SafetyRun, levels: pd.DataFrame, analysis_id: str, *, differences: bool = True
) -> Results:
    """Count participants and events by group and term, and by group."""
    population, events = safety_population(run), coded_events(run).records
    if levels.empty:
        return Results()
    levels = levels.astype(object)
    terms = levels[levels["variable_level"] != ANY]
    records = events[["USUBJID", "AEDECOD", *PLACE]].astype({"AEDECOD": object})
    matched = records.merge(terms, left_on="AEDECOD", right_on="variable_level")
    every = pd.concat([matched.assign(variable_level=ANY), matched], ignore_index=True)
    counts = population.count(every, ["variable", "variable_level"])
    counts = with_zeros(population, counts, levels)
    return incidence_results(run, counts, analysis_id, differences=differences)


def _searched(run: SafetyRun, groups: tuple[InterestGroup, ...]) -> Results:
    rows = [
        {
            "variable": group.name,
            "text": "; ".join(f"{each.term}{'' if each.whole else '*'}" for each in group.searched),
            "source.words": "; ".join([*group.documents, *(["trial.yml"] if group.own else [])]),
        }
        for group in groups
    ]
    return run.results(pd.DataFrame(rows), SEARCHED, dataset="data/references")


@special_interest.shows
def special_interest_table(special_interest: Results, run: SafetyRun) -> ArmTable:
    """Show participants and events by group and term."""
    return event_table(
        special_interest.select(analysis_id=COUNTS),
        run,
        "Adverse events of special interest",
        {"variable_level": "Preferred term"},
        *_notes(special_interest, run),
    )


@special_interest.shows
def to_look_at_table(special_interest: Results, run: SafetyRun) -> ArmTable | Absent:
    """Show the terms in no group that speak of one."""
    speaking = special_interest.select(analysis_id=SPEAKING)
    if not len(speaking):
        return Absent("no term in no group speaks of one")
    return event_table(
        speaking,
        run,
        "Not in the lists, to look at: terms that speak of a group",
        {"variable_level": "Preferred term"},
        "By a part of the term, or by its organ class; they count in no group. One that belongs "
        "to a group is named under it in trial.yml (safety.special_interest).",
    )


@special_interest.shows
def searched_table(special_interest: Results, run: SafetyRun) -> Table | Absent:
    """Show which terms were searched, and which documents name them."""
    if not run.plan.special_interest_lists:
        return Absent("the plan names no list")
    rows = special_interest.select(analysis_id=SEARCHED).frame
    return Table(
        "Events of special interest: the terms that were searched",
        Results(rows[rows["variable"] != UNLISTED]),
        {"variable": "Group"},
        columns_of({"Terms": "{text}", "Named by": "{source.words}"}),
        footnotes=[
            "* and every preferred term that has its words.",
            "Each term with the words of its document: data/references/special_interest.csv.",
        ],
        folded=True,
    )


def _notes(found: Results, run: SafetyRun) -> list[str]:
    """Say where groups and terms come from, and what is in none of them."""
    lists, groups = run.plan.special_interest_lists, interest_groups(run)
    if not lists:
        return [
            "Groups and terms as trial.yml declares them; a term without an event keeps its row."
        ]
    said = [
        f"Groups by the terms of labels and guidelines (lists: {', '.join(lists)}), in British or "
        "American spelling; every group keeps its row, and of its terms those that occurred."
    ]
    if own := [f"{group.name} ({', '.join(group.own)})" for group in groups if group.own]:
        said.append(f"Added by trial.yml: {'; '.join(own)}.")
    of_term: dict[str, list[str]] = {}
    for group in groups:
        for term in group.terms:
            of_term.setdefault(term, []).append(group.name)
    if several := [f"{term} ({listed(own)})" for term, own in of_term.items() if len(own) > 1]:
        said.append(f"In several groups: {'; '.join(several)}.")
    number = found.select(analysis_id=SEARCHED, variable=UNLISTED)
    said.append(
        f"Of {numbered(number.text('N'), 'preferred term')} with an event, {number.text('n')} "
        f"are in no group."
    )
    return said

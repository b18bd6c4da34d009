"""Rules on whether the data have what the plan names: visits, heights, the time of the data cut."""

from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import date, nearest, number, text
from analysis.sources.trial.finding import PLAN, TrialFinding
from analysis.sources.trial.plan_part import is_question
from analysis.sources.trial.records import is_at_a_visit, visits_seen


def growth_has_records(study: Study) -> Iterator[TrialFinding]:
    """Find that the height parameter or the pre-treatment visit has no record."""
    plan = study.plan.growth
    table = study.tables.get(plan.dataset.lower(), pd.DataFrame()) if plan else pd.DataFrame()
    if plan is None or table.empty:
        return
    for column, value in (("PARAMCD", plan.paramcd), ("AVISIT", plan.pretreatment_visit)):
        known = text(table, column)
        if value and not is_question(value) and known is not None and not (known == value).any():
            message = f"trial.yml names this {column} for growth, and no record has it; correct "
            message += f"one of them{nearest(value, known.unique())}"
            name, rule = plan.dataset.lower(), "not in the data"
            yield TrialFinding(name, column, rule, message, value=value)


def visits_are_there(study: Study) -> Iterator[TrialFinding]:
    """Note visits of the plan that no record has, and visits that the plan does not have."""
    planned = {visit.name for visit in study.plan.visits}
    before = {study.plan.growth.pretreatment_visit} if study.plan.growth else set()
    columns = {name: text(table, "AVISIT") for name, table in study.bds.items()}
    visits = {name: values for name, values in columns.items() if values is not None}
    if not planned or not visits:
        return
    seen = {visit for values in visits.values() for visit in values.unique()} - {""}
    for visit in sorted(planned - seen):
        message = "no record is filed under this visit, so its window is never applied"
        message += nearest(visit, seen - planned)
        yield TrialFinding(PLAN, "visits", "visit in no table", message, "note", value=visit)
    for name, values in visits.items():
        message = "visits of trial.yml do not list it; no window is applied"
        other = ~values.isin(planned | before | {""})
        yield from study.notes(name, "AVISIT", other, "visit not in the plan", message)


def visits_are_spelt_one_way(study: Study) -> Iterator[TrialFinding]:
    """Find visits that differ from another, or from a planned one, in case or spaces alone.

    Their records would count as those of a visit of their own, and be missing from the other.
    """
    planned = [visit.name for visit in study.plan.visits]
    planned += [endpoint.visit for endpoint in study.plan.decided if endpoint.visit]
    for name, visits in study.having(study.bds, "text AVISIT"):
        counts = visits[visits != ""].value_counts()
        # What the plan writes is right, or else what most records have.
        spelling = {_folded(each): each for each in [*counts.index[::-1], *planned]}
        other = {each: spelling[_folded(each)] for each in counts.index}
        for wrong in (each for each, right in other.items() if each != right):
            message = f"the same visit is written '{other[wrong]}'; write it one way"
            # A table that has one spelling throughout is whole, though the plan's is another.
            report = study.errors if other[wrong] in counts else study.notes
            yield from report(name, "AVISIT", visits == wrong, "visit in two spellings", message)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def visits_are_listed(study: Study) -> Iterator[TrialFinding]:
    """Find endpoints at a visit that the plan does not list; note what stands in for no list."""
    planned = [visit.name for visit in study.plan.visits]
    for endpoint in study.plan.decided:
        if planned and is_at_a_visit(endpoint) and endpoint.visit not in planned:
            message = (
                f"visits must list the visit of '{endpoint.name}', or a model of all visits passes "
                f"it by; add it{nearest(endpoint.visit, planned)}"
            )
            yield TrialFinding(PLAN, "visits", "visit not listed", message, value=endpoint.visit)
    primary = study.plan.endpoints.primary
    table = study.tables.get(primary.dataset.lower(), pd.DataFrame())
    if planned or primary not in study.plan.decided or not is_at_a_visit(primary):
        return
    if text(table, "AVISIT") is None:
        return
    days = [name for name in ("ADY", "AVISITN") if name in table]
    if text(table, "PARAMCD") is None or any(number(table, name) is None for name in days):
        return
    if seen := [visit.name for visit in visits_seen(table, study.plan, primary)]:
        message = "trial.yml lists no visits; those of the primary endpoint are taken from the data"
        value, count = ", ".join(seen), len(seen)
        yield TrialFinding(PLAN, "visits", "visits not given", message, "note", None, value, count)


def the_cut_is_after_the_first_record(study: Study) -> Iterator[TrialFinding]:
    """Find a data cut before anything was recorded."""
    cutoff = study.plan.data.cutoff
    starts = [date(table, name) for table in study.tables.values() for name in ("ADT", "ASTDT")]
    first = min(
        (each.min() for each in starts if each is not None and each.notna().any()), default=None
    )
    if cutoff is not None and first is not None and pd.Timestamp(cutoff) < first:
        message = f"must not be before the first record, {first:%Y-%m-%d}; correct it"
        yield TrialFinding(PLAN, "data.cutoff", "data cut too early", message, value=str(cutoff))

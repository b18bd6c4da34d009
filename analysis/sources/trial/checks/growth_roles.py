"""Rules on the measurements of growth that the plan names by what they are."""

from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import nearest, number, text
from analysis.sources.trial.finding import PLAN, TrialFinding
from analysis.sources.trial.growth_names import WORDS, candidates, named_so, without_time
from analysis.sources.trial.plan_growth import Place
from analysis.sources.trial.tables import labels_of


def growth_roles_are_measured(study: Study) -> Iterator[TrialFinding]:
    """Find measurements of growth named by role that the data do not have."""
    growth = study.plan.growth
    if growth is None:
        return
    for role, place in growth.places.items():
        message = _problem(study, place)
        if not message:
            continue
        likely = [str(each) for each in candidates(role, study.tables)]
        if likely:
            message += f"; by its name it may be {' or '.join(likely)}"
        column, rule = f"growth.roles.{role}", "measurement of growth not in the data"
        yield TrialFinding(PLAN, column, rule, message, value=getattr(growth.roles, role))


def growth_roles_are_what_they_say(study: Study) -> Iterator[TrialFinding]:
    """Note measurements of growth whose label says something else than the role."""
    growth = study.plan.growth
    for role, place in growth.places.items() if growth else ():
        label = _label(study, place)
        called = without_time(place.name, label) if place.of_subject else (place.name, label)
        if label and not _problem(study, place) and not any(named_so(role, *called)):
            message = f"its label is '{label}'; see that it is the {WORDS[role]}"
            column, rule = f"growth.roles.{role}", "measurement of growth by another name"
            yield TrialFinding(PLAN, column, rule, message, "note", value=str(place))


def _label(study: Study, place: Place) -> str:
    """Return what the data call a place; "" where they do not say."""
    table = study.tables.get(place.table, pd.DataFrame())
    if place.of_subject:
        return labels_of(table).get(place.name, "")
    codes, labels = text(table, "PARAMCD"), text(table, "PARAM")
    if codes is None or labels is None:
        return ""
    return next(iter(labels[codes == place.name]), "")


def _problem(study: Study, place: Place) -> str:
    """Say what is wrong with a place, or nothing; a missing table has a finding of its own."""
    table = study.tables.get(place.table)
    if table is None:
        return ""
    if place.of_subject:
        if place.name not in table:
            hint = nearest(place.name, map(str, table.columns))
            return f"adsl has no variable {place.name}; correct or remove it{hint}"
        if number(table, place.name) is None:
            return f"{place.name} of adsl must be a number; name another or remove it"
        return ""
    codes, values = text(table, "PARAMCD"), number(table, "AVAL")
    if codes is None:
        return f"{place.table} has no PARAMCD; name a variable of ADSL as ADSL.VARIABLE"
    if not (codes == place.name).any():
        hint = nearest(place.name, set(codes) - {""})
        return f"no record of {place.table} has this PARAMCD; correct or remove it{hint}"
    if values is not None and values[codes == place.name].isna().all():
        return f"no record of {place} in {place.table} has a number; correct or remove it"
    return ""

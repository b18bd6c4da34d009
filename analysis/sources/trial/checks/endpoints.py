"""Rules on the endpoints of the plan: the data have their records, with values, in each arm."""

from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import as_shown, nearest, number, text
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.plan_part import is_question
from analysis.sources.trial.records import has_value, outside_window
from analysis.sources.trial.scales import few_whole_numbers, named_steps

LEAST = 2
"""Participants that an arm needs for a mean with an interval."""
MOST_SHOWN = 6
"""Values or words that a message names."""


def endpoints_have_records(study: Study) -> Iterator[TrialFinding]:
    """Find endpoints whose PARAMCD, AVISIT, choice of records or values the data do not have."""
    for endpoint in study.plan.decided:
        table = _table(study, endpoint)
        if table.empty:
            continue
        found = list(_absent_words(study, endpoint, table))
        yield from found or _absent_values(study, endpoint, table)


def _table(study: Study, endpoint: Endpoint) -> pd.DataFrame:
    """Return the table of an endpoint; an empty one if it cannot be asked for its records."""
    table = study.tables.get(endpoint.dataset.lower(), pd.DataFrame())
    asked = (text(table, "PARAMCD"), text(table, "AVISIT"))
    return table if all(each is not None for each in asked) else pd.DataFrame()


def _absent_words(study: Study, endpoint: Endpoint, table: pd.DataFrame) -> Iterator[TrialFinding]:
    """Find the first of the endpoint's words that no record has; each is sought in what is left."""
    its, name = f"of '{endpoint.name}'", endpoint.dataset.lower()
    if not (endpoint.dtype or endpoint.where) and study.asked(endpoint).any():
        return
    chosen = table[table["PARAMCD"] == endpoint.paramcd]
    if chosen.empty:
        yield _absent(name, "PARAMCD", endpoint.paramcd, table["PARAMCD"], its)
        return
    here = chosen[chosen["AVISIT"] == endpoint.visit]
    if here.empty:
        what = f"of {endpoint.paramcd} for '{endpoint.name}'"
        yield _absent(name, "AVISIT", endpoint.visit, chosen["AVISIT"], what)
        return
    dtype = text(table, "DTYPE")
    if endpoint.dtype and (dtype is None or not (here["DTYPE"] == endpoint.dtype).any()):
        known = here["DTYPE"] if dtype is not None else pd.Series(dtype=str)
        yield _absent(name, "DTYPE", endpoint.dtype, known, its)
    for column, values in endpoint.where.items():
        yield from _absent_choice(endpoint, column, values, here)


def _absent_choice(
    endpoint: Endpoint, column: str, values: tuple[str, ...], here: pd.DataFrame
) -> Iterator[TrialFinding]:
    name = endpoint.dataset.lower()
    if column not in here:
        message = f"where of '{endpoint.name}' names a variable that the table has not"
        message += nearest(column, here.columns)
        yield TrialFinding(name, column, "variable missing", message, value=column)
        return
    for value in values:
        if not is_question(value) and not has_value(here, column, (value,)).any():
            seen = sorted({as_shown(each) for each in here[column]} - {""})
            at = f"where of '{endpoint.name}' at {endpoint.visit}"
            message = f"{at}: no record has it; seen are {', '.join(seen[:MOST_SHOWN]) or 'none'}"
            message += nearest(value, seen)
            yield TrialFinding(name, column, "not in the data", message, value=value)


def _absent(name: str, column: str, value: str, known: pd.Series, what: str) -> TrialFinding:
    message = f"trial.yml names this {column} {what}, and no record has it; correct one of them"
    hint = nearest(value, known.unique())
    return TrialFinding(name, column, "not in the data", message + hint, value=value)


def _absent_values(study: Study, endpoint: Endpoint, table: pd.DataFrame) -> Iterator[TrialFinding]:
    """Find that nobody, or nobody of an arm, has a value that can be analysed."""
    name, plan = endpoint.dataset.lower(), study.plan
    values = number(table, endpoint.value)
    if values is None:
        return
    here = study.asked(endpoint)
    given = here & values.notna() & study.selected(endpoint)
    at = f"{endpoint.paramcd} at {endpoint.visit}"
    rule = "endpoint without values"
    if not given.any():
        why, count = _reasons(study, endpoint, table[here]), int(here.sum())
        message = f"'{endpoint.name}' has no analysed record with a value: {why}; choose others"
        yield TrialFinding(name, endpoint.value, rule, message, value=at, count=count)
        return
    arm = study.of_subject(name, "TRT01P", "text")
    flag = study.of_subject(name, plan.populations[plan.analysis.population], "text")
    if arm is None or flag is None:
        return
    # The subjects of each arm, not its records: a repeat has a finding of its own.
    subjects = table["USUBJID"][given & (flag == "Y")].groupby(arm).nunique()
    for own in (plan.arms.reference, plan.arms.treatment):
        n = int(subjects.get(own, 0))
        if own and not is_question(own) and n < LEAST:
            who = f"{'nobody' if n == 0 else 'one participant'} of arm '{own}'"
            message = (
                f"'{endpoint.name}': {who} in population '{plan.analysis.population}' has a value, "
                f"and an arm needs {LEAST}; check arms, flags and values"
            )
            rule = "endpoint without values" if n == 0 else "endpoint not estimable"
            yield TrialFinding(name, endpoint.value, rule, message, value=at, count=n)


def _reasons(study: Study, endpoint: Endpoint, records: pd.DataFrame) -> str:
    """Say how many of an endpoint's records have what would make them count."""
    given = f"{int(records[endpoint.value].notna().sum())} of {len(records)} have {endpoint.value}"
    parts, flag = [given], study.plan.records.analysed
    if flag in records:
        parts.append(f"{int((records[flag] == 'Y').sum())} have {flag} = Y")
    dtype, words = text(records, "DTYPE"), text(records, "AVALC")
    derived = dtype[dtype != ""] if dtype is not None else pd.Series(dtype=str)
    if len(derived):
        kinds = ", ".join(sorted(derived.unique()))
        parts.append(f"{len(derived)} are derived (DTYPE {kinds}), which dtype or where can choose")
    outside = outside_window(records, study.plan)
    if outside.any():
        parts.append(f"{int(outside.sum())} lie outside the window of their visit")
    values = number(records, "AVAL")
    if words is not None and (words != "").any() and values is not None and values.isna().all():
        counts = words[words != ""].value_counts().iloc[:MOST_SHOWN]
        shown = ", ".join(f"{word} {count}" for word, count in counts.items())
        parts.append(f"AVALC has {shown}, and words have no method in this version")
    return "; ".join(parts)


def endpoints_are_measurements(study: Study) -> Iterator[TrialFinding]:
    """Note endpoints that look like yes and no, or like the steps of a scale."""
    said: set[tuple[str, str]] = set()
    for endpoint in study.plan.decided:
        table, key = _table(study, endpoint), (endpoint.dataset.lower(), endpoint.paramcd)
        values = number(table, "AVAL")
        if values is None or key in said:
            continue
        said.add(key)
        chosen = study.selected(endpoint)
        chosen &= study.equal(key[0], "PARAMCD", endpoint.paramcd)
        own = table.loc[chosen & values.notna(), table.columns.intersection(["AVAL", "AVALC"])]
        words = text(own, "AVALC")
        steps = named_steps(own["AVAL"], words) if words is not None else {}
        levels = list(steps) or few_whole_numbers(own["AVAL"])
        if len(levels) < LEAST:
            continue
        shown = ", ".join(
            f"{level:g}" + (f" ({steps[level]} by AVALC)" if steps else "") for level in levels
        )
        kind = "binary" if len(levels) == LEAST else "ordinal"
        message = (
            f"{endpoint.paramcd} has {len(levels)} values, {shown}: it is analysed as a "
            f"continuous endpoint; methods for {kind} endpoints are not part of this version"
        )
        yield from study.notes(key[0], "AVAL", chosen, "few values", message)

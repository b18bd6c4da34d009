"""Rules on the endpoints of the plan: the data have their records, with values, in each arm."""

from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.outcome import outcome_of, table_of
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import as_shown, nearest, number, text
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.plan_part import is_question
from analysis.sources.trial.records import has_value, is_at_a_visit, outside_window

LEAST = {"continuous": 2, "binary": 1, "time-to-event": 1}
"""Kind of endpoint → participants that an arm needs: of one there is a share, but no spread."""
MOST_SHOWN = 6
"""Values or words that a message names."""


def endpoints_have_records(study: Study) -> Iterator[TrialFinding]:
    """Find endpoints whose PARAMCD, AVISIT, choice of records or values the data do not have."""
    for endpoint in study.plan.decided:
        table = table_of(study, endpoint)
        if table.empty:
            continue
        found = list(_absent_words(study, endpoint, table))
        yield from found or _absent_values(study, endpoint, table)


def _absent_words(study: Study, endpoint: Endpoint, table: pd.DataFrame) -> Iterator[TrialFinding]:
    """Find the first of the endpoint's words that no record has; each is sought in what is left."""
    its, name = f"of '{endpoint.name}'", endpoint.dataset.lower()
    if not (endpoint.dtype or endpoint.where) and study.asked(endpoint).any():
        return
    chosen = table[table["PARAMCD"] == endpoint.paramcd]
    if chosen.empty:
        yield _absent(name, "PARAMCD", endpoint.paramcd, table["PARAMCD"], its)
        return
    here = chosen[chosen["AVISIT"] == endpoint.visit] if endpoint.visit else chosen
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
            at = f"where of '{endpoint.name}'{_at_visit(endpoint)}"
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
    values, column = outcome_of(study, endpoint), endpoint.variable
    if values is None:
        return
    here = study.asked(endpoint)
    given = here & values.notna() & study.selected(endpoint)
    at = f"{endpoint.paramcd}{_at_visit(endpoint)}"
    rule = "endpoint without values"
    if not given.any():
        why, count = _reasons(study, endpoint, table[here]), int(here.sum())
        message = f"'{endpoint.name}' has no analysed record with a value: {why}; choose others"
        yield TrialFinding(name, column, rule, message, value=at, count=count)
        return
    population = plan.analysis_of(endpoint).population
    arm = study.of_subject(name, "TRT01P", "text")
    flag = study.of_subject(name, plan.populations.get(population, ""), "text")
    if arm is None or flag is None:
        return
    # The subjects of each arm, not its records: a repeat has a finding of its own.
    subjects = table["USUBJID"][given & (flag == "Y")].groupby(arm).nunique()
    for own in (plan.arms.reference, plan.arms.treatment):
        n, least = int(subjects.get(own, 0)), LEAST[endpoint.kind]
        if own and not is_question(own) and n < least:
            who = f"{'nobody' if n == 0 else 'one participant'} of arm '{own}'"
            message = (
                f"'{endpoint.name}': {who} in population '{population}' has a value, "
                f"and an arm needs {least}; check arms, flags and values"
            )
            rule = "endpoint without values" if n == 0 else "endpoint not estimable"
            yield TrialFinding(name, column, rule, message, value=at, count=n)


def _at_visit(endpoint: Endpoint) -> str:
    return f" at {endpoint.visit}" if endpoint.visit else ""


def _reasons(study: Study, endpoint: Endpoint, records: pd.DataFrame) -> str:
    """Say how many of an endpoint's records have what would make them count."""
    column = endpoint.variable
    there = records[column].notna() & (records[column].astype(str) != "")
    given = f"{int(there.sum())} of {len(records)} have {column}"
    parts, flag = [given], study.plan.records.analysed
    if flag in records:
        parts.append(f"{int((records[flag] == 'Y').sum())} have {flag} = Y")
    dtype, words = text(records, "DTYPE"), text(records, "AVALC")
    derived = dtype[dtype != ""] if dtype is not None else pd.Series(dtype=str)
    if len(derived):
        kinds = ", ".join(sorted(derived.unique()))
        parts.append(f"{len(derived)} are derived (DTYPE {kinds}), which dtype or where can choose")
    outside = outside_window(records, study.plan)
    if outside.any() and is_at_a_visit(endpoint):
        parts.append(f"{int(outside.sum())} lie outside the window of their visit")
    values = number(records, "AVAL")
    unread = words is not None and endpoint.kind == "continuous" and (words != "").any()
    if words is not None and unread and (values is None or values.isna().all()):
        counts = words[words != ""].value_counts().iloc[:MOST_SHOWN]
        shown = ", ".join(f"{word} {count}" for word, count in counts.items())
        parts.append(
            f"AVALC has {shown}, which kind: binary with response: {{variable: AVALC, is: …}} takes"
        )
    return "; ".join(parts)

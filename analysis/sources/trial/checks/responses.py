"""Rules on binary endpoints: the words and limits of a response meet the data they are of."""

import re
from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.outcome import in_population, outcome_of, records_of, table_of
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import as_shown, as_text, kind_of, nearest
from analysis.sources.trial.finding import PLAN, Severity, TrialFinding
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.plan_part import is_question
from analysis.sources.trial.plan_response import Response

MOST_SHOWN = 10
"""Values that a message names."""
YES_NO = ({"Y", "N"}, {"YES", "NO"}, {"1", "0"})
"""Values of which one may be meant where a trial has the other alone."""
UNKNOWN = re.compile(
    r"N\.?[AEDK]\.?|N/[AED]|NEV|NON[- ]?EVAL\w*|(UN|IN)EVALUABLE"
    r"|NOT (EVALU|ASSESS|AVAIL|APPLIC)\w*|NOT (DONE|KNOWN)|MISS(ING)?"
    r"|U|UNK(NOWN)?|UNDETERMINED|INDETERMINATE",
    re.IGNORECASE,
)
"""Words for a response that nobody could tell."""

Own = tuple[Endpoint, Response, str, pd.DataFrame]


def _binary(study: Study) -> Iterator[Own]:
    """Yield each binary endpoint whose table is there, with its rule, table name and table."""
    for endpoint in study.plan.decided:
        table, rule = table_of(study, endpoint), endpoint.response
        if endpoint.kind == "binary" and rule and not is_question(rule.variable) and len(table):
            yield endpoint, rule, endpoint.dataset.lower(), table


def responses_have_their_variable(study: Study) -> Iterator[TrialFinding]:
    """Find responses of a variable that the table has not, or limits of one that is no number."""
    for endpoint, rule, name, table in _binary(study):
        column = rule.variable
        if column not in table:
            message = f"response of '{endpoint.name}' names a variable that the table has not"
            message += nearest(column, table.columns)
            yield TrialFinding(name, column, "variable missing", message, value=column)
        elif rule.limits and kind_of(table[column]) != "number":
            message = (
                f"response of '{endpoint.name}' sets a limit, and {column} holds "
                f"{kind_of(table[column])}s: name a number variable, or the values with is"
            )
            yield TrialFinding(name, column, "wrong type", message)
        if rule.limits and rule.not_evaluable:
            message = (
                f"not_evaluable of '{endpoint.name}' goes with is, and its rule is a limit, which "
                "leaves a missing value missing; remove it"
            )
            column, value = "response.not_evaluable", ", ".join(rule.not_evaluable)
            yield TrialFinding(PLAN, column, "word without effect", message, value=value)


def words_of_responses_are_there(study: Study) -> Iterator[TrialFinding]:
    """Find words of a response that no record has: they would be a zero that nobody meant."""
    for endpoint, rule, name, table in _binary(study):
        if rule.variable not in table or rule.limits or not study.asked(endpoint).any():
            continue
        texts = as_text(table[rule.variable])
        here = _seen(texts[records_of(study, endpoint)])
        ever = _seen(texts[study.equal(name, "PARAMCD", endpoint.paramcd)])
        if not here:
            continue  # Nobody has a value, which is a finding of its own.
        for word in (*rule.is_, *rule.not_evaluable):
            if not is_question(word) and word not in here:
                known = word in ever or any({word, *here} <= pair for pair in YES_NO)
                kind = kind_of(table[rule.variable])
                yield _absent(endpoint, rule, word, here, known=known, kind=kind)


def _seen(texts: pd.Series) -> list[str]:
    return sorted(set(texts.unique()) - {""})


def _absent(
    endpoint: Endpoint, rule: Response, word: str, seen: list[str], *, known: bool, kind: str
) -> TrialFinding:
    field = "is" if word in rule.is_ else "not_evaluable"
    more = f" and {len(seen) - MOST_SHOWN} more" if len(seen) > MOST_SHOWN else ""
    message = f"response.{field} of '{endpoint.name}': no record of it has this value; seen are "
    message += f"{', '.join(seen[:MOST_SHOWN])}{more}{nearest(word, seen)}"
    if kind == "number":
        message += "; of a scale write a limit, such as at_least or at_most"
    name, column = endpoint.dataset.lower(), rule.variable
    severity: Severity = "note" if known else "error"
    return TrialFinding(name, column, "not in the data", message, severity, value=word)


def responses_differ(study: Study) -> Iterator[TrialFinding]:
    """Note endpoints of which everybody, or nobody, is a response."""
    for endpoint, rule, name, table in _binary(study):
        values, own = outcome_of(study, endpoint), in_population(study, endpoint)
        if values is None or own is None:
            continue
        known = values[own & records_of(study, endpoint)].dropna()
        if len(known) and known.nunique() == 1:
            who = "everybody" if known.iloc[0] == 1 else "nobody"
            message = (
                f"'{endpoint.name}': {who} of the {len(known)} with a value is a response "
                f"({rule.words}); confirm the rule"
            )
            shown = table[rule.variable]
            marks = own & records_of(study, endpoint) & values.notna()
            yield from study.notes(
                name, rule.variable, marks, "one response only", message, shown=shown
            )


def blanks_are_no_response(study: Study) -> Iterator[TrialFinding]:
    """Note blanks of a flag that is Y or blank throughout: they count as no response."""
    for endpoint, rule, name, table in _binary(study):
        if rule.variable not in table or rule.limits:
            continue
        its, texts = records_of(study, endpoint), as_text(table[rule.variable])
        every = texts[study.equal(name, "PARAMCD", endpoint.paramcd)]
        if rule.blank_is_no(every) and (texts[its] != "").any():
            message = (
                f"'{endpoint.name}': {rule.variable} is Y or blank throughout, so blank is taken "
                "for no response, also of who was not assessed"
            )
            blank = its & (texts == "")
            yield from study.notes(name, rule.variable, blank, "blank is no response", message)


def unknown_is_no_response(study: Study) -> Iterator[TrialFinding]:
    """Note values that mean unknown and count as no response, as the plan does not name them."""
    for endpoint, rule, name, table in _binary(study):
        if rule.variable not in table or rule.limits:
            continue
        values = outcome_of(study, endpoint)
        if values is None:
            continue
        none = records_of(study, endpoint) & (values == 0)
        said = as_text(table["AVALC" if "AVALC" in table else rule.variable])
        texts = as_text(table[rule.variable])
        unknown = none & (_means_unknown(said) | _means_unknown(texts))
        words = sorted(set(texts[unknown].unique()))
        if words:
            listed = ", ".join(f'"{word}"' for word in words)
            meant = sorted(set(said[unknown].unique()) - set(words))
            by = f" ({', '.join(meant)} by AVALC)" if meant else ""
            message = (
                f"'{endpoint.name}': {', '.join(words)}{by} counts as no response; where it is to "
                f"be missing instead, write not_evaluable: [{listed}] in its response"
            )
            yield from study.notes(
                name, rule.variable, unknown, "unknown is no response", message, shown=texts
            )


def _means_unknown(texts: pd.Series) -> pd.Series:
    known = {value: bool(UNKNOWN.fullmatch(value)) for value in map(as_shown, texts.unique())}
    return texts.map(known).astype(bool)

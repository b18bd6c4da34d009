"""Rules on the words of the plan that count events: the data use them, and no others."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from analysis.sources.trial.checks.levels import CDISC
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import as_text, each_once, nearest, text
from analysis.sources.trial.event_words import EVENT_WORDS, EventWords, misspelt
from analysis.sources.trial.finding import PLAN, TrialFinding
from analysis.sources.trial.plan_part import is_question
from analysis.sources.trial.spelling import plain_spelling

SHOWN = 8
"""Values that a sentence lists; the rest are counted."""


def events_are_counted_by_their_words(study: Study) -> Iterator[TrialFinding]:
    """Find that a word of the plan meets no event, or that it leaves out a value that it means."""
    for words in EVENT_WORDS:
        if study.plan.safety is None or words.column not in study.events:
            continue
        counted = words.counted(study.plan)
        if not any(map(is_question, counted)):
            yield from _held_against(study, words, counted)


def _held_against(
    study: Study, words: EventWords, counted: tuple[str, ...]
) -> Iterator[TrialFinding]:
    seen = _seen(study, words.column)
    # By count, then by name: the order of rows is no matter.
    seen = seen.sort_index().sort_values(ascending=False, kind="stable")
    if seen.empty:
        return
    other = [str(value) for value in seen.index if value not in counted]
    known = [value for value in other if words.meaning(value) != "unknown"]
    none = len(other) == len(seen)
    wrong, left = [], []
    for value in other:
        meaning, slip = words.meaning(value), misspelt(value, [*counted, *known])
        if meaning == "no":
            continue
        means_it = meaning == "yes" or (meaning == "unknown" and (slip in counted or none))
        declared = _declared(study, words, value)
        if means_it and not declared:
            wrong.append(value)
        elif not (meaning == "unknown" and (declared or words.column in CDISC)):
            left.append(value)  # A level that is unknown to CDISC has an error of its own.
    place = study.events_name, words.column
    if wrong or left or none:  # Seldom, and there may be a million of them.
        values = _written(study.events[words.column])
    rule = f"{words.field}: words and data"
    named = f"safety.{words.field} names {', '.join(counted)}"
    if wrong:
        what = "none of these" if none else f"not {_listed(seen[wrong])}"
        message = f"{words.column} has {_listed(seen)}; {named}, {what}: {_to_write(words, seen)}"
        yield from study.errors(*place, values.isin(wrong), rule, message, shown=values)
    elif none and words.remarkable:
        message = f"{words.column} has {_listed(seen)}; {named}: no event is {words.means}"
        yield from study.notes(*place, values.isin(other), rule, message, shown=values)
    if left:
        message = f"{_listed(seen[left])}: counts as not {words.means}; {named}"
        yield from study.notes(*place, values.isin(left), rule, message, shown=values)
    yield from _unused(study, words, counted, seen)


def _seen(study: Study, column: str) -> pd.Series:
    """Return how many events have each word, as words are compared."""
    name = study.events_name
    times = pd.Series(np.bincount(study.codes(name, column) + 1)[1:], dtype=int)
    words = _written(pd.Series(study.distinct(name, column)[: len(times)]))
    return times.groupby(words, sort=False).sum().drop("", errors="ignore")


def _unused(
    study: Study, words: EventWords, counted: tuple[str, ...], seen: pd.Series
) -> Iterator[TrialFinding]:
    """Note words that are written in the plan and that no event has."""
    safety = study.plan.safety
    if safety is None or words.field not in safety.model_fields_set:
        return
    for word in (each for each in counted if each not in seen.index):
        message = f"no event has this {words.column}{nearest(word, map(str, seen.index))}"
        rule = f"{words.field}: words and data"
        yield TrialFinding(PLAN, f"safety.{words.field}", rule, message, "note", value=word)


def _declared(study: Study, words: EventWords, value: str) -> bool:
    """Say whether the plan has decided that a value does not count.

    It has where it writes its words and lists them under levels, with the value beside them.
    """
    plan = study.plan
    levels = {level.strip().upper() for level in plan.levels.get(words.column, ())}
    written = plan.safety is not None and words.field in plan.safety.model_fields_set
    return written and value in levels and bool(levels & set(words.counted(plan)))


def _to_write(words: EventWords, seen: pd.Series) -> str:
    meant = [str(value) for value in seen.index if words.meaning(str(value)) == "yes"]
    line = f"[{', '.join(_quoted(meant))}]" if meant else "[...] with the values"
    return (
        f"write {words.field}: {line} under safety, naming all that count as {words.means}; "
        f"what does not count stands beside them under levels.{words.column}"
    )


def _quoted(values: Iterable[str]) -> list[str]:
    return [f'"{value}"' for value in values]


def _listed(counts: pd.Series) -> str:
    """Return values and their counts as a sentence has them."""
    parts = [f"{value} {count}" for value, count in counts.iloc[:SHOWN].items()]
    more = len(counts) - SHOWN
    return ", ".join([*parts, *([f"{more} more"] if more > 0 else [])])


def _written(values: pd.Series) -> pd.Series:
    """Return values as text in upper case without outer blanks, as words are compared."""
    return each_once(as_text(values), lambda text: text.strip().upper())


def categories_are_there(study: Study) -> Iterator[TrialFinding]:
    """Note blank severity, seriousness, relation, action and outcome of events."""
    for column in ("AESEV", "AESER", "AEREL", "AEACN", "AEOUT"):
        if text(study.events, column) is not None:
            blank = study.equal(study.events_name, column, "")
            message = "events without it are shown as not stated"
            if blank.all():
                message = "is blank throughout: shown as not recorded"
            yield from study.notes(study.events_name, column, blank, "category blank", message)


def terms_of_interest_are_there(study: Study) -> Iterator[TrialFinding]:
    """Find preferred terms of special interest that the events do not have.

    A term that differs by case or spelling alone would leave its group empty unseen: an error.
    The others of a group share a note.
    """
    terms = text(study.events, "AEDECOD")
    if study.plan.safety is None or terms is None:
        return
    seen = sorted(study.distinct(study.events_name, "AEDECOD"))
    spelt = {plain_spelling(term): term for term in seen}
    rule = "term not in the data"
    for group, members in study.plan.safety.special_interest.items():
        where = f"special interest '{group}':"
        absent = [term for term in sorted(set(members) - set(seen)) if not is_question(term)]
        for term in (term for term in absent if plain_spelling(term) in spelt):
            message = (
                f"{where} no event has this term; did you mean '{spelt[plain_spelling(term)]}'?"
            )
            yield TrialFinding(PLAN, "AEDECOD", rule, message, value=term)
        absent = [term for term in absent if plain_spelling(term) not in spelt]
        if absent:
            hints = "".join(nearest(term, seen) for term in absent) if len(absent) == 1 else ""
            some = "none" if set(absent) == set(members) else f"{len(absent)}"
            said = f"{where} no event has this term{hints}"
            if len(members) > 1:
                said = f"{where} {some} of its {len(members)} terms"
                said += " is in the data" if some == "none" else " not in the data"
                said += hints
            value, count = ", ".join(absent), len(absent)
            yield TrialFinding(PLAN, "AEDECOD", rule, said, "note", value=value, count=count)

"""Words of adverse events, by what they mean: related, withdrawn, fatal, severe."""

import re
from dataclasses import dataclass

import pandas as pd

from analysis.sources.trial.checks.levels import CDISC
from analysis.sources.trial.drafting.labels import written
from analysis.sources.trial.drafting.writing import comment, counted, listed

UNSTATED = r"(UN|NOT )(KNOWN|CLEAR|ASSESS|EVALUA|CLASSIF|DONE|AVAIL|APPLIC|STATED|RECORD)\w*"
NOTHING = re.compile(rf"^(U|NA|N/A|NK|ND|MISSING|OTHER|MULTIPLE|{UNSTATED}.*)$")
"""Words that say nothing, so that an event with them does not count."""


@dataclass(frozen=True)
class Vocabulary:
    """How one variable of adverse events is read.

    Parameters
    ----------
    field
        Field of ``safety`` in the plan.
    variable
        Of the events.
    counts, other
        Patterns, of what counts and of what does not; the latter is tried first.
    what
        In words.
    """

    field: str
    variable: str
    counts: str
    other: str
    what: str


VOCABULARIES = (
    Vocabulary(
        "related", "AEREL",
        r"^(Y|YES)$|RELATED|DEFINIT|PROBABL|POSSIBL|CERTAIN|LIKELY|SUSPECTED|POSSIBILITY",
        r"^(N|NO|NONE)$|^NO |\bNOT\b|^NON|UNLIKELY|UNRELATED|REMOTE|DOUBTFUL|IMPROBABLE",
        "as related to treatment",
    ),
    Vocabulary(
        "withdrawal", "AEACN", r"WITHDR|DISCONTINU|PERMANENT|\bSTOPP",
        r"\bNOT\b|\bNO\b|NONE|REDUC|INCREAS|INTERRUPT|TEMPOR|DELAY|HELD|RESUM|(?<!DIS)CONTINU",
        "as withdrawal of treatment",
    ),
    Vocabulary(
        "fatal", "AEOUT", r"FATAL|DEATH|DIED|DEAD",
        r"\bNOT\b|\bNON|RECOVER|RESOLV|SEQUEL|ONGOING|CONTINU|IMPROV|STABLE|PERSIST|WORSE|CHANGED",
        "as death",
    ),
    Vocabulary(
        "severe", "AESEV", r"SEVERE|LIFE|FATAL|DEATH|DISABL|GRADE\s*(3|4|5|III|IV|V)\b",
        r"\bNOT\b|MILD|^MODERATE$|SLIGHT|GRADE\s*(1|2|I|II)\b",
        "as severe",
    ),
)  # fmt: skip


def meaning(vocabulary: Vocabulary, value: str) -> bool | None:
    """Say whether a value counts; None if its meaning is not clear."""
    word = " ".join(value.upper().replace("_", " ").split())
    if not word or NOTHING.match(word) or re.search(vocabulary.other, word):
        return False
    return True if re.search(vocabulary.counts, word) else None


def events_lines(name: str, events: pd.DataFrame) -> list[str]:
    """Return the lines on the words of the events, each under the values seen."""
    lines = []
    for vocabulary in VOCABULARIES:
        lines += _vocabulary(vocabulary, name, events)
    return lines


def _vocabulary(vocabulary: Vocabulary, name: str, events: pd.DataFrame) -> list[str]:
    variable, field = vocabulary.variable, vocabulary.field
    if variable not in events or (written(events[variable]) == "").all():
        state = "absent" if variable not in events else "blank throughout"
        return comment(f"{variable} of {name} is {state}: {field} is not recorded.", indent=2)
    counts = {str(k): int(v) for k, v in written(events[variable]).value_counts().items()}
    found = {value: meaning(vocabulary, value) for value in counts}
    seen = f"{variable} has: {counted(counts)}."
    unclear = [value for value, counts_too in found.items() if counts_too is None]
    yes = [value for value, counts_too in found.items() if counts_too]
    if unclear:
        words = f"{seen} Which of them count {vocabulary.what}? Write a list in the place of "
        return [*comment(f'{words}"?", or [] for none.', indent=2), f'  {field}: "?"']
    if not yes:
        return comment(f"{seen} None of them counts {vocabulary.what}.", indent=2)
    return [*comment(seen, indent=2), f"  {field}: {listed(yes)}"]


def unusual_levels(tables: dict[str, pd.DataFrame]) -> dict[str, list[str]]:
    """Return the categories of which the data have levels that CDISC terminology has not."""
    found = {}
    for variable, known in CDISC.items():
        own = [written(table[variable]) for table in tables.values() if variable in table]
        seen = sorted({value for values in own for value in values.unique() if value})
        if set(seen) - set(known):
            found[variable] = seen
    return found

"""What the words of the events mean: those that the plan counts, and those that surely do not.

A word of unknown meaning is never counted as a no: where none of the plan's words occurs beside
it, a count of zero would say what nobody knows.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.safety.settings import SafetyRun
from analysis.sources.trial.columns import as_shown, coded
from analysis.sources.trial.event_words import EVENT_WORDS
from analysis.sources.trial.variable_words import label_of
from analysis.words import numbered

NOT_RECORDED, NOT_ESTIMABLE = "not recorded", "not estimable"
NO_ANSWER = frozenset({"", "UNKNOWN"})
"""What says neither yes nor no."""
BY_COLUMN = {words.column: words for words in EVENT_WORDS}


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """What a variable says of some records.

    Parameters
    ----------
    counts
        Whether each record counts; None where nobody can say.
    note
        What is left out of the count, and how often; "" where nothing is.
    reason
        `NOT_RECORDED`, or `NOT_ESTIMABLE` where there are words and none is known; "" otherwise.
    """

    counts: pd.Series | None
    note: str = ""
    reason: str = ""


def words_of(values: pd.Series) -> pd.Categorical:
    """Return texts as categories, in upper case and without blanks around them."""
    codes, known = coded(values)
    if pd.api.types.is_numeric_dtype(values):
        known = np.array([as_shown(value) for value in known], dtype=object)
    place, upper = pd.factorize(pd.Series(known, dtype=str).str.strip().str.upper())
    # A missing value has the code −1, which takes the last entry.
    return pd.Categorical.from_codes(np.append(place, -1)[codes], categories=upper)


def _surely_not(column: str, word: str) -> bool:
    """Say whether a word means no by itself; of what CDISC asks by Y and N, only N does."""
    words = BY_COLUMN.get(column)
    return words.meaning(word) in ("no", "doubtful") if words else word == "N"


def meaning(
    run: SafetyRun,
    records: pd.DataFrame,
    column: str,
    wanted: Collection[str],
    *,
    field: str = "",
    no: Collection[str] = (),
) -> Meaning:
    """Say which records have one of the plan's words, if the words can be understood.

    Parameters
    ----------
    run
        Whose table of adverse events shows which words the trial uses.
    records
        Some of `recorded_events`, with `column`.
    column
        The variable.
    wanted
        The words that count; none: the plan does not say.
    field
        Where the plan lists them; "" for words that CDISC fixes.
    no
        Further words that surely do not count.
    """
    if not wanted or column not in records:
        return Meaning(None, reason=NOT_RECORDED)
    # By word and not by record: there may be a million of these.
    own = words_of(records[column])
    times = _times(own)
    # A column of events has the words of the whole table, see `recorded_events`.
    used = set(own.categories)
    if (len(own) and times[""] == len(own)) or used == {""}:
        return Meaning(None, reason=NOT_RECORDED)
    yes = {word.strip().upper() for word in wanted}
    known = yes | NO_ANSWER | set(no)
    strange = {word for word in used - known if not _surely_not(column, word)}
    table = run.trial.tables.get(run.plan.adverse_events.lower(), records)
    place, label = field or " or ".join(sorted(yes)), label_of(column, [table])
    if strange and not used & yes:
        seen = ", ".join(sorted(used - {""}))
        none = f"none is in {field}" if field else f"none is {place}"
        return Meaning(None, note=f"{label} has {seen}; {none}", reason=NOT_ESTIMABLE)
    notes, said = [], run.trial.plan.allowed.count
    silent = sum(times[word] for word in NO_ANSWER)
    if silent:
        empty = "empty or unknown" if times["UNKNOWN"] else "empty"
        notes.append(
            f"{label} is {empty} in {said(silent)} of {numbered(len(own), 'event')}, not counted"
        )
    notes += [
        f"{label} is '{word}' in {said(times[word])} of {numbered(len(own), 'event')}, which is "
        f"not in {place}: not counted"
        for word in sorted(strange)
        if times[word]
    ]
    return Meaning(pd.Series(own.isin(yes), index=records.index), note="; ".join(notes))


def _times(words: pd.Categorical) -> Counter[str]:
    """Return how often each word occurs; a missing value is the empty one."""
    counts = np.bincount(words.codes.astype(np.intp) + 1, minlength=len(words.categories) + 1)
    times = Counter(dict(zip(words.categories, counts[1:].tolist(), strict=True)))
    times[""] += int(counts[0])
    return times

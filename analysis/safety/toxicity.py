"""The toxicity grades of events (CTCAE), where a trial records them."""

import re
from dataclasses import dataclass

import pandas as pd

from analysis.safety.meanings import words_of
from analysis.safety.settings import SafetyRun
from analysis.words import numbered

COLUMNS = ("ATOXGR", "AETOXGR")
"""Where a grade stands; that of the analysis comes before that of the collection."""
GRADES = tuple(f"Grade {number}" for number in range(1, 6))
"""From the least to the worst, which is death."""
HIGH, HIGH_GRADE = GRADES[2:], "Grade 3 or higher"
WRITTEN = re.compile(r"(?:CTCAE )?(?:TOXICITY )?(?:GRADE |GRADE|GR |G)?([1-5]|IV|V|I{1,3})\b(?!\.)")
"""How a grade is written, in upper case, perhaps with words after it."""
ROMAN = dict(zip(("I", "II", "III", "IV", "V"), GRADES, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Grades:
    """The grades of some events.

    Parameters
    ----------
    column
        The variable they are read from.
    of_events
        One of `GRADES` for each event; "" where none is recorded or none can be read.
    note
        What could not be read, and how often; "" where everything was.
    """

    column: str
    of_events: pd.Series
    note: str = ""


def grades(run: SafetyRun, records: pd.DataFrame) -> Grades | None:
    """Return the grades of records of the trial's events; None where the trial has none.

    Notes
    -----
    The first of `COLUMNS` that is not empty throughout, for every event. A number, "GRADE 3",
    "G3" and "III" are one grade.
    """
    for column in COLUMNS:
        if column in records and set(words_of(records[column]).categories) - {""}:
            break
    else:
        return None
    words = pd.Series(words_of(records[column]), index=records.index).astype(object).fillna("")
    read = {word: grade_of(word) for word in words.unique()}
    strange = words[words.map(lambda word: word != "" and not read[word])]
    said = run.trial.plan.allowed.count
    notes = [
        f"{column} is '{word}' in {said(n)} of {numbered(len(words), 'event')}, "
        "which is no grade of 1 to 5"
        for word, n in strange.value_counts().sort_index().items()
    ]
    return Grades(column, words.map(read).astype(object), "; ".join(notes))


def grade_of(word: str) -> str:
    """Return the grade that a word (upper case) says; "" for none.

    Examples
    --------
    >>> [grade_of(word) for word in ("3", "GRADE 2", "IV", "G1: MILD", "SEVERE", "13")]
    ['Grade 3', 'Grade 2', 'Grade 4', 'Grade 1', '', '']
    """
    found = WRITTEN.match(word)
    if not found:
        return ""
    return ROMAN.get(found[1]) or f"Grade {found[1]}"

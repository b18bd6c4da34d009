"""Rules on labels of variables, for tables whose file, or a define.xml beside it, gives them."""

from collections.abc import Iterator

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.tables import labels_of

LONGEST = 40
ENDINGS = (("DTM", "Datetime"), ("DT", "Date"), ("TM", "Time"), ("ADY", "Relative Day"))
"""Ending of a name → word of its label (CDISC checks 503 to 506); the first that fits counts."""


def labels_are_short(study: Study) -> Iterator[TrialFinding]:
    """Note labels of variables longer than ADaM allows (CDISC check 16)."""
    for name, table in study.tables.items():
        long = [each for each, label in labels_of(table).items() if len(label) > LONGEST]
        if long:
            message = f"CDISC check 16: a label has at most {LONGEST} characters; longer for"
            yield _note(name, "long label", message, long)


def labels_are_given(study: Study) -> Iterator[TrialFinding]:
    """Note variables without a label in a table where others have one."""
    for name, table in study.tables.items():
        labels = labels_of(table)
        bare = [each for each in table if labels and each not in labels]
        if bare:
            yield _note(name, "no label", "other variables have a label; none for", bare)


def labels_are_one(study: Study) -> Iterator[TrialFinding]:
    """Note variables whose label is not that of ADSL (CDISC check 85)."""
    first = labels_of(study.adsl)
    for name, table in study.tables.items():
        own = labels_of(table)
        other = [each for each in own if each in first and own[each] != first[each]]
        if name != "adsl" and other:
            message = "CDISC check 85: a variable has one label, that of ADSL; another for"
            yield _note(name, "several labels", message, other)


def labels_say_what_is_dated(study: Study) -> Iterator[TrialFinding]:
    """Note labels of dates, times and days that do not say so (CDISC checks 503 to 506)."""
    for name, table in study.tables.items():
        odd = [
            column
            for column, label in labels_of(table).items()
            if _word(column).casefold() not in label.casefold()
        ]
        if odd:
            message = (
                "CDISC checks 503 to 506: the label of a date says Date, of a day Relative Day"
            )
            yield _note(name, "label of a date", f"{message}; not so for", odd)


def _word(column: str) -> str:
    """Return the word that the label of a variable must have; "" for none."""
    return next((word for ending, word in ENDINGS if column.endswith(ending)), "")


def _note(name: str, rule: str, message: str, columns: list[str]) -> TrialFinding:
    shown = ", ".join(columns)
    return TrialFinding(name, "", rule, f"{message} {shown}", "note", value=shown, count=0)

"""Rules on labels of variables, for tables whose file, or a define.xml beside it, gives them."""

from collections.abc import Iterator

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.tables import labels_of

LONGEST = 40


def labels_are_short(study: Study) -> Iterator[TrialFinding]:
    """Note labels of variables longer than ADaM allows (CDISC check 16)."""
    for name, table in study.tables.items():
        long = [each for each, label in labels_of(table).items() if len(label) > LONGEST]
        if long:
            message = f"CDISC check 16: a label has at most {LONGEST} characters; longer for"
            yield _note(name, "long label", message, long)


def labels_are_one(study: Study) -> Iterator[TrialFinding]:
    """Note variables whose label is not that of ADSL (CDISC check 85)."""
    first = labels_of(study.adsl)
    for name, table in study.tables.items():
        own = labels_of(table)
        other = [each for each in own if each in first and own[each] != first[each]]
        if name != "adsl" and other:
            message = "CDISC check 85: a variable has one label, that of ADSL; another for"
            yield _note(name, "several labels", message, other)


def _note(name: str, rule: str, message: str, columns: list[str]) -> TrialFinding:
    shown = ", ".join(columns)
    return TrialFinding(name, "", rule, f"{message} {shown}", "note", value=shown, count=0)

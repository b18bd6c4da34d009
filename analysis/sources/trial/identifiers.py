"""No finding or table of a real trial shows who it is about, unless the plan allows it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from analysis.errors import UserError
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.plan import TrialPlan

NAMES = ("USUBJID", "SUBJID")
WORDS = (re.compile(r"[^\s,;:'\"()/|]+"), re.compile(r"\w+"))
"""A value is cut into words in both ways: ``01-701-1015`` is one, and so is its ``1015``."""
DATE = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d|(?<!\d)\d{1,2}[A-Za-z]{3}\d{4}(?!\d)")
"""A day as tables write it: ``2014-01-02``, ``02JAN2014``."""
SHORT = 5
"""Digits alone that are no longer than this are any number, and identify nobody."""
HIDDEN = "not shown: it would identify a participant"


def without_identifiers(
    plan: TrialPlan, tables: dict[str, pd.DataFrame], findings: Iterable[TrialFinding]
) -> list[TrialFinding]:
    """Return the findings, of real data without what names a participant or is a date of one.

    Parameters
    ----------
    plan
        Says whether the data are real, and whether identifiers and dates may be shown.
    tables
        Where the identifiers, USUBJID and SUBJID, stand.
    findings
        Of the reader and of the checks. The row stays, so that the data's owner finds it.
    """
    found = list(findings)
    if plan.data_status != "real":
        return found
    if not plan.allowed.dates:
        found = [_undated(each, str(plan.data.cutoff)) for each in found]
    if plan.names_participants:
        return found
    known = {
        str(value).strip()
        for table in tables.values()
        for name in NAMES
        if name in table
        for value in _distinct(table[name])
    } - {""}
    return [
        replace(finding, value=HIDDEN) if known & _words(finding.value) else finding
        for finding in (_unnamed(each, known) for each in found)
    ]


def _undated(finding: TrialFinding, cutoff: str) -> TrialFinding:
    """Take dates out of a finding, whether they are any day or none; not the day of the cutoff."""
    value = HIDDEN if set(DATE.findall(finding.value)) - {cutoff} else finding.value
    message = DATE.sub(lambda day: day[0] if day[0] == cutoff else "…", finding.message)
    return replace(finding, value=value, message=message)


def identifying(plan: TrialPlan, tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return the words of a trial that its plan lets nobody see, and what each is.

    Identifiers of participants and their dates, as ``2000-01-31``; but not the day of the cutoff,
    which is no participant's.
    """
    words = dict[str, str]()
    for table in tables.values():
        if not plan.allowed.dates:
            for name in table.select_dtypes("datetime").columns:
                days = table[name].dropna().dt.strftime("%Y-%m-%d")
                words |= dict.fromkeys(days.unique(), "a date of a participant")
        if not plan.allowed.identifiers:
            names = (str(each) for name in NAMES if name in table
                     for each in table[name].dropna().unique())  # fmt: skip
            known = [each for each in names if len(each) > SHORT or not each.isdigit()]
            words |= dict.fromkeys(known, "the identifier of a participant")
    words.pop(str(plan.data.cutoff), None)
    return words


def refuse_identifying(
    plan: TrialPlan, tables: Mapping[str, pd.DataFrame], frame: pd.DataFrame
) -> None:
    """Refuse rows of an analyst that show an identifier or a date where the plan hides them.

    Raises
    ------
    UserError
        Saying which of the two, what hides it, and what to do; it repeats neither.
    """
    if plan.data_status != "real" or (plan.allowed.identifiers and plan.allowed.dates):
        return
    hidden = identifying(plan, tables)
    for name in frame.select_dtypes(exclude="number"):
        for value in frame[name].dropna().unique():
            for word in _words(str(value)) & hidden.keys():
                date = "date" in hidden[word]
                line, instead = (
                    ("disclosure.dates", "days of study (ADY)") if date
                    else ("disclosure.identifiers", "the numbers 1, 2, 3 …")
                )  # fmt: skip
                raise UserError(
                    f"it shows {hidden[word]}, which trial.yml hides ({line}); leave the column "
                    f"out, or give {instead} in its place"
                )


def _distinct(values: pd.Series) -> list[str]:
    if pd.api.types.is_numeric_dtype(values):
        return [f"{value:.10g}" for value in values.dropna().unique()]
    return list(values.astype(str).unique())


def _unnamed(finding: TrialFinding, known: set[str]) -> TrialFinding:
    """Take identifiers out of a message; a bare number there is a count or a limit."""
    named = sorted(
        word for word in known & _words(finding.message) if not word.isdecimal() or len(word) > 3
    )
    message = finding.message
    for word in named:
        message = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "…", message)
    return replace(finding, message=message) if named else finding


def _words(text: str) -> set[str]:
    return {text.strip(), *(word for cut in WORDS for word in cut.findall(text))}

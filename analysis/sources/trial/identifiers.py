"""No finding of a real trial shows who it is about, unless the plan allows it."""

import re
from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.plan import TrialPlan

NAMES = ("USUBJID", "SUBJID")
WORDS = (re.compile(r"[^\s,;:'\"()/|]+"), re.compile(r"\w+"))
"""A value is cut into words in both ways: ``01-701-1015`` is one, and so is its ``1015``."""
HIDDEN = "not shown: it would identify a participant"


def without_identifiers(
    plan: TrialPlan, tables: dict[str, pd.DataFrame], findings: Iterable[TrialFinding]
) -> list[TrialFinding]:
    """Return the findings, of real data without a value that names a participant.

    Parameters
    ----------
    plan
        Says whether the data are real, and whether identifiers may be shown.
    tables
        Where the identifiers, USUBJID and SUBJID, stand.
    findings
        Of the reader and of the checks. The row stays, so that the data's owner finds it.
    """
    if plan.data_status != "real" or plan.names_participants:
        return list(findings)
    known = {
        str(value).strip()
        for table in tables.values()
        for name in NAMES
        if name in table
        for value in _distinct(table[name])
    } - {""}
    return [
        replace(finding, value=HIDDEN) if known & _words(finding.value) else finding
        for finding in (_unnamed(each, known) for each in findings)
    ]


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

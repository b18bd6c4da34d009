"""Rules on what other tables repeat of ADSL: arms, and variables of the same name."""

import re
from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import kind_of, unlike
from analysis.sources.trial.finding import TrialFinding

OWN = re.compile(
    r"DOMAIN|SRC(?:DOM|SEQ|VAR)|\w*SEQ|TRT[PA]N?|VISIT\w*|EPOCH|AVISIT\w*|APHASE\w*|APER\w*"
    r"|A(?:ST|EN)?D[TY]M?|PARAM\w*|AVAL\w*|B?ANRIND|BASE\w*|ANL\d\d\w*|ABLFL\w*|DTYPE|ATPT\w*"
)
"""Variables that say something of the record, in ADSL as elsewhere: no copies."""
DAY = re.compile(r"\w*DT[MC]?")
"""Dates, date-times and ISO texts: what counts is the day, not how it is written."""


def records_name_their_arm(study: Study) -> Iterator[TrialFinding]:
    """Find records whose arm is not that of ADSL."""
    for name, table in study.tables.items():
        for column, source in (("TRTP", "TRT01P"), ("TRTA", "TRT01A")):
            if column not in table or "TRT02P" in study.adsl:
                continue  # With a second period the arm depends on the record's time.
            wrong = study.differs(name, column, source)
            if wrong is None:
                continue
            message = f"{column} must be {source} of ADSL; correct the record"
            yield from study.errors(name, column, wrong, "arm differs from ADSL", message)


def copies_agree(study: Study) -> Iterator[TrialFinding]:
    """Find variables copied from ADSL whose values have changed on the way.

    An error for a variable that an analysis uses, a note for any other.
    """
    for name, table in study.tables.items():
        if name == "adsl":
            continue
        for column in table.columns.intersection(study.adsl.columns).drop("USUBJID", "ignore"):
            changed = None if OWN.fullmatch(column) else _changed(study, name, column)
            if changed is not None:
                message = "a variable of the same name must have ADSL's value; correct the record"
                used = column in study.subject_variables
                report = study.errors if used else study.notes
                yield from report(name, column, changed, "differs from ADSL", message)


def _changed(study: Study, name: str, column: str) -> pd.Series | None:
    values = study.tables[name][column]
    own = study.of_subject(name, column, kind_of(values))
    if own is None or not (values != own).any():
        return None
    both = values.notna() & own.notna()
    if kind_of(values) == "number":
        return both & unlike(values, own)
    if kind_of(values) == "text":
        both &= (values != "") & (own != "")
        if DAY.fullmatch(column):
            values, own = values.str[:10], own.str[:10]
    return both & (values != own)


def copies_have_one_type(study: Study) -> Iterator[TrialFinding]:
    """Note variables that are numbers in one table and text in ADSL, or the other way round.

    A variable of ADSL has the same type wherever it stands (ADaMIG, on ADSL variables in other
    tables), and values of two types cannot be compared with one another.
    """
    for name, table in study.tables.items():
        if name == "adsl":
            continue
        for column in table.columns.intersection(study.adsl.columns):
            own, first = _kind(study, name, column), _kind(study, "adsl", column)
            if own and first and own != first and not OWN.fullmatch(column):
                message = f"a variable has one type, that of ADSL, {first}; here {own}: convert it"
                there = pd.Series(True, index=table.index)
                yield from study.notes(name, column, there, "type differs from ADSL", message)


def _kind(study: Study, name: str, column: str) -> str:
    """Return the kind of a variable; "" for one that is blank throughout, which has none."""
    return "" if study.blank(name, column) else kind_of(study.tables[name][column])

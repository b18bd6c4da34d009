"""What the ADaM guide requires of a table, each rule with its number.

`structure` finds what an analysis cannot do without. What is left is what the standard asks for
and an analysis here can spare; it is a note, one for each rule and table.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.checks.use import POPULATIONS
from analysis.sources.trial.columns import text
from analysis.sources.trial.finding import TrialFinding

Class = Literal["ADSL", "BDS", "OCCDS", "ADAE"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """Variables that a class of tables must have.

    Parameters
    ----------
    number
        Where the standard says so.
    of
        Class of tables; ADAE is the OCCDS table of adverse events.
    variables
        Names; a slash separates alternatives, of which one suffices.
    """

    number: str
    of: Class
    variables: tuple[str, ...]


REQUIRED = (
    Requirement("ADaMIG 1.3, 3.2.1", "ADSL", ("STUDYID", "USUBJID", "SUBJID", "SITEID")),
    Requirement("ADaMIG 1.3, 3.2.2", "ADSL", ("AGE", "AGEU", "SEX", "RACE")),
    Requirement("ADaMIG 1.3, 3.2.4", "ADSL", ("ARM", "TRT01P")),
    Requirement("CDISC check AD0061", "ADSL", ("TRTSDT/TRTSDTM", "TRTEDT/TRTEDTM")),
    Requirement("ADaMIG 1.3, 3.3.1", "BDS", ("STUDYID", "USUBJID")),
    Requirement("ADaMIG 1.3, 3.3.2", "BDS", ("TRTP/TRTA/TRT01P/TRT01A",)),
    Requirement("ADaMIG 1.3, 3.3.4", "BDS", ("PARAM", "PARAMCD")),
    Requirement("CDISC check AD0198", "BDS", ("AVAL/AVALC",)),
    Requirement("OCCDS 1.1, identifiers", "OCCDS", ("STUDYID", "USUBJID")),
    Requirement("OCCDS 1.1, identifiers", "ADAE", ("AESEQ",)),
    Requirement("OCCDS 1.1, coding", "ADAE", ("AETERM", "AEDECOD", "AEBODSYS")),
    Requirement("OCCDS 1.1, treatment", "OCCDS", ("TRTP/TRTA/TRT01P/TRT01A",)),
)
NAME = re.compile(r"[A-Z][A-Z0-9_]{0,7}")
CODE = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")
LONGEST_TEXT = 200


def _classes(study: Study, name: str) -> tuple[Class, ...]:
    """Return the ADaM classes of a table."""
    if name == "adsl":
        return ("ADSL",)
    if name == study.events_name:
        return ("OCCDS", "ADAE")
    return ("BDS",) if "PARAMCD" in study.tables[name] or name in study.bds else ("OCCDS",)


def required_variables_are_there(study: Study) -> Iterator[TrialFinding]:
    """Note variables that ADaM requires, a table has not, and an analysis here can spare."""
    for name, table in study.tables.items():
        for rule in REQUIRED:
            if rule.of not in _classes(study, name):
                continue
            absent = [each for each in rule.variables if not set(each.split("/")) & set(table)]
            if absent:
                yield _note(name, "", "required by ADaM", f"{rule.number} requires", absent)
            blank = [each for each in rule.variables if _blank(study, name, each.split("/"))]
            if blank:
                message = f"{rule.number}, requires what is blank throughout:"
                yield _note(name, "", "required by ADaM", message, blank)
    if not study.adsl.empty and not POPULATIONS & set(study.adsl):
        number = "ADaMIG 1.3, 3.2.3, requires at least one of"
        yield _note("adsl", "", "required by ADaM", number, sorted(POPULATIONS))


def _blank(study: Study, name: str, columns: list[str]) -> bool:
    """Say whether variables of a table are there and none of them has a value."""
    table = study.tables[name]
    own = [column for column in columns if column in table]
    return bool(own) and len(table) > 0 and all(study.blank(name, each) for each in own)


def _note(name: str, column: str, rule: str, message: str, words: list[str]) -> TrialFinding:
    shown = ", ".join(words)
    return TrialFinding(name, column, rule, f"{message} {shown}", "note", value=shown, count=0)


def identifiers_are_given(study: Study) -> Iterator[TrialFinding]:
    """Note blank identifiers and study numbers, and several studies in one ADSL."""
    for column in ("STUDYID", "SUBJID", "SITEID"):
        values = text(study.adsl, column)
        if values is not None:
            message = f"ADaMIG 1.3, 3.2.1, requires {column} of every participant"
            yield from study.notes("adsl", column, values == "", "required by ADaM", message)
    if text(study.adsl, "STUDYID") is not None and len(study.distinct("adsl", "STUDYID")) > 1:
        message = "ADSL holds several studies, which are analysed as one"
        studies = list(study.distinct("adsl", "STUDYID"))
        yield _note("adsl", "STUDYID", "several studies", f"{message}:", studies)
    if text(study.adsl, "SUBJID") is not None and text(study.adsl, "STUDYID") is not None:
        again = study.adsl.duplicated(["STUDYID", "SUBJID"]) & (study.adsl["SUBJID"] != "")
        message = "SUBJID identifies a participant within a study, and two have the same"
        yield from study.notes("adsl", "SUBJID", again, "duplicate key", message)


def names_are_adam_names(study: Study) -> Iterator[TrialFinding]:
    """Note names that the transport format does not allow (CDISC checks 13 and 14)."""
    for name, table in study.tables.items():
        odd = [column for column in table if not NAME.fullmatch(column)]
        if odd:
            message = "CDISC checks 13 and 14: a name has 1 to 8 letters, digits and underscores,"
            yield _note(name, "", "name of a variable", f"{message} a letter first; not so", odd)


def texts_are_short(study: Study) -> Iterator[TrialFinding]:
    """Note texts longer than ADaM allows (CDISC check 17)."""
    for name, table in study.tables.items():
        long = [
            column
            for column in table
            if text(table, column) is not None
            and max(map(len, study.distinct(name, column).tolist()), default=0) > LONGEST_TEXT
        ]
        if long:
            message = f"CDISC check 17: a text has at most {LONGEST_TEXT} characters; longer in"
            yield _note(name, "", "long text", message, long)


def parameters_have_a_name(study: Study) -> Iterator[TrialFinding]:
    """Note records with a PARAMCD and no PARAM (CDISC check 196)."""
    for name, _, code in study.having(study.tables, "text PARAM", "text PARAMCD"):
        message = "CDISC check 196: every record has a PARAM; tables show the PARAMCD instead"
        blank = study.equal(name, "PARAM", "") & ~study.equal(name, "PARAMCD", "")
        yield from study.notes(name, "PARAM", blank, "required by ADaM", message, shown=code)


def parameter_codes_are_names(study: Study) -> Iterator[TrialFinding]:
    """Note PARAMCDs that could not be names of variables, as the guide wants (3.3.4)."""
    for name, _ in study.having(study.tables, "text PARAMCD"):
        odd = [code for code in study.distinct(name, "PARAMCD") if not CODE.fullmatch(code)]
        if odd:
            message = "ADaMIG 1.3, 3.3.4: a PARAMCD has 1 to 8 capitals, digits and underscores,"
            yield _note(name, "PARAMCD", "name of a parameter", f"{message} no digit first:", odd)

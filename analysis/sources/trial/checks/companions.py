"""Variables that say something only beside others, each rule with its number.

A number without its word, an indicator without its limits, a criterion without its flag: a
result here needs none of them, so each is a note, one for each rule and table. The numbers are
those of CDISC's ADaM conformance rules (version 5.0, for ADaMIG 1.1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import text
from analysis.sources.trial.finding import TrialFinding

CODED = (
    r"TRT\d\d[PA]|TRT[PA]|TRTSEQ[PA]|AVISIT|ATPT|APHASE|REGION\d|DTHCAUS|AESEV|ASEV|AEREL|AREL"
    r"|AETOXGR|ATOXGR[LH]?|BTOXGR|PARCAT\d|MCRIT\dML"
)
"""Words that may have a number beside them, under the same name and an N."""


@dataclass(frozen=True, slots=True)
class Companion:
    r"""What must stand beside a variable.

    Parameters
    ----------
    number
        Where the standard says so.
    variable
        Pattern of names.
    beside
        Names of which one must be there; ``\1`` is the first group of the pattern.
    """

    number: str
    variable: str
    beside: tuple[str, ...]


COMPANIONS = (
    Companion("CDISC check 7", r"(\w+)FN", (r"\1FL",)),
    Companion("CDISC checks 64, 75 and 521 to 559", rf"({CODED}|\w+GR\d)N", (r"\1",)),
    Companion("CDISC check 80", r"TRT(0[2-9]|[1-9]\d)A", (r"TRT\1P",)),
    Companion("CDISC check 160", "AWU", ("AWLO", "AWHI", "AWTARGET")),
    Companion("CDISC check 166", "BNRIND", ("ANRIND",)),
    Companion("CDISC check 335", r"(CRIT\d)FL", (r"\1",)),
    Companion("CDISC check 336", r"(CRIT\d)", (r"\1FL",)),
    Companion("CDISC checks 346 and 349", r"R2(A\d(?:LO|HI))", (r"\1",)),
    Companion("CDISC check 352", r"(A\d)IND", (r"\1LO", r"\1HI", r"\1LOC", r"\1HIC")),
    Companion("ADaMIG 1.3, 3.3.9", r"SRC(?:SEQ|VAR)", ("SRCDOM",)),
)


def variables_have_their_companions(study: Study) -> Iterator[TrialFinding]:
    """Note variables that say something only beside others, which a table has not."""
    for name, table in study.tables.items():
        for rule in COMPANIONS:
            lone = list(_alone(rule, table))
            if lone:
                message = f"{rule.number}: not alone may stand {', '.join(lone)}"
                value = ", ".join(each.partition(" ")[0] for each in lone)
                yield TrialFinding(
                    name, "", "variable alone", message, "note", value=value, count=len(lone)
                )


def _alone(rule: Companion, table: pd.DataFrame) -> Iterator[str]:
    for column in table:
        if (found := re.fullmatch(rule.variable, column)) is None:
            continue
        beside = [found.expand(name) for name in rule.beside]
        if not set(beside) & set(table):
            yield f"{column} (without {' or '.join(beside)})"


def indicators_have_their_range(study: Study) -> Iterator[TrialFinding]:
    """Note ANRIND whose limits stand as A1LO and A1HI, which are those of another indicator.

    ANRLO and ANRHI are the limits of the normal range, to which ANRIND refers; A1LO and A1HI
    those of a further range of the analysis, with A1IND. Here they are taken for what is meant.
    """
    for name, table in study.tables.items():
        other = [each for each in ("A1LO", "A1HI") if each in table]
        if "ANRIND" in table and other and not {"ANRLO", "ANRHI", "A1IND"} & set(table):
            message = (
                "ANRIND is of the normal range, from ANRLO to ANRHI, and only "
                f"{' and '.join(other)} are there, which are the limits of A1IND; they are read "
                "as the normal range: rename them if they are"
            )
            value, rule = ", ".join(other), "range of another indicator"
            yield TrialFinding(name, "ANRIND", rule, message, "note", value=value, count=0)


def randomised_participants_have_a_date(study: Study) -> Iterator[TrialFinding]:
    """Note that ADSL has no date of randomisation (CDISC check 366)."""
    flag = text(study.adsl, "RANDFL")
    if flag is not None and (flag == "Y").any() and "RANDDT" not in study.adsl:
        message = "CDISC check 366: RANDFL is Y and ADSL has no RANDDT"
        yield from study.notes("adsl", "RANDFL", flag == "Y", "variable alone", message)

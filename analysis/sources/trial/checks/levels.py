"""Rules on categories: the levels that the plan allows, and those of CDISC terminology."""

from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import as_text, nearest
from analysis.sources.trial.finding import PLAN, TrialFinding

YES_NO = ("Y", "N")
CDISC: dict[str, tuple[str, ...]] = {
    "SEX": ("M", "F", "U", "UNDIFFERENTIATED", "INTERSEX"),
    "AESEV": ("MILD", "MODERATE", "SEVERE"),
    **dict.fromkeys("AESER AESDTH AESHOSP AESLIFE AESDISAB AESCONG AESMIE".split(), YES_NO),
}
MOST_LEVELS = 12
"""More distinct values than that are no list that somebody would write down."""


def levels_are_known(study: Study) -> Iterator[TrialFinding]:
    """Find levels that neither the plan nor CDISC terminology has."""
    declared = study.plan.levels
    for name, table in study.tables.items():
        for column in {**CDISC, **declared}:
            if column not in table or (name != "adsl" and column in study.adsl):
                continue
            # A stratum coded 1, 2 is stored as a number and declared as text.
            values = as_text(table[column])
            known, message = _rule(study, column, values)
            wrong = ~values.isin([*known, ""])
            yield from study.unknown(
                name, column, wrong, "level unexpected", message, known=known, values=values
            )


def _rule(study: Study, column: str, values: pd.Series) -> tuple[tuple[str, ...], str]:
    """Return the levels of a variable, and what to do about another."""
    declared = study.plan.levels.get(column, ())
    if CDISC.get(column) == YES_NO and "Y" not in declared:
        # Tables count Y, so that no other coding can be allowed by a list of levels.
        return YES_NO, "must be Y or N, as only Y counts; recode it"
    if declared:
        return declared, f"trial.yml allows {', '.join(declared)}; correct it, or list it there"
    seen = sorted({str(value) for value in values.unique()} - {""})
    line = ""
    if len(seen) <= MOST_LEVELS:
        line = ", in ascending order" if column == "AESEV" else ""
        line = f" as {column}: [{', '.join(f'{value!r}' for value in seen)}]{line}"
    if column == "AESEV":
        line += ", and name those that count as severe under safety.severe"
    known = CDISC[column]
    return known, (
        f"CDISC terminology has {', '.join(known)}; correct it, or list it under levels{line}"
    )


def levels_are_of_variables(study: Study) -> Iterator[TrialFinding]:
    """Find variables under levels that no table has."""
    have = {column for table in study.tables.values() for column in table}
    for column in study.plan.levels:
        if study.tables and column not in have:
            message = "levels names a variable that no table has; correct or remove it"
            message += nearest(column, have)
            yield TrialFinding(PLAN, "levels", "variable in no table", message, value=column)

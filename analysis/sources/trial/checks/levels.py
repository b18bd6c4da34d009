"""Rules on categories: the levels that the plan allows, and those of CDISC terminology."""

from collections.abc import Iterator

from analysis.sources.trial.checks.study import Study, as_shown, kind_of, nearest, text
from analysis.sources.trial.finding import PLAN, TrialFinding

YES_NO = ("Y", "N")
CDISC: dict[str, tuple[str, ...]] = {
    "SEX": ("M", "F", "U", "UNDIFFERENTIATED", "INTERSEX"),
    "AESEV": ("MILD", "MODERATE", "SEVERE"),
    **dict.fromkeys("AESER AESDTH AESHOSP AESLIFE AESDISAB AESCONG AESMIE".split(), YES_NO),
}


def levels_are_known(study: Study) -> Iterator[TrialFinding]:
    """Find levels that neither the plan nor CDISC terminology has."""
    declared = study.plan.levels
    for name, table in study.tables.items():
        for column, known in {**CDISC, **declared}.items():
            if column not in table or (name != "adsl" and column in study.adsl):
                continue
            values = table[column]
            if kind_of(values) == "number":
                # A stratum coded 1, 2 is stored as a number and declared as text.
                written = {value: as_shown(value) for value in values.unique()}
                values = values.map(written).fillna("")
            source = "trial.yml allows" if column in declared else "CDISC terminology has"
            wrong = ~values.isin([*known, ""])
            message = f"{source} {', '.join(known)}; correct it, or list it under levels"
            yield from study.unknown(
                name, column, wrong, "level unexpected", message, known=known, values=values
            )


def levels_are_of_variables(study: Study) -> Iterator[TrialFinding]:
    """Find variables under levels that no table has."""
    have = {column for table in study.tables.values() for column in table}
    for column in study.plan.levels:
        if study.tables and column not in have:
            message = "levels names a variable that no table has; correct or remove it"
            message += nearest(column, have)
            yield TrialFinding(PLAN, "levels", "variable in no table", message, value=column)


def categories_are_there(study: Study) -> Iterator[TrialFinding]:
    """Note blank severity, seriousness and relation of events."""
    for column in ("AESEV", "AESER", "AEREL"):
        values = text(study.events, column)
        if values is not None:
            name, message = study.events_name, "events without it are shown as not stated"
            yield from study.notes(name, column, values == "", "category blank", message)

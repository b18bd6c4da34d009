"""What an analysis needs and a table has in another form: derived at load, each with a note.

Four things are derived, and nothing that a table states is written over but the unit of age:

* a date (TRTSDT, ADT, ASTDT, …) from the date-time or the ISO text that has it;
* ages in years, from the unit that AGEU gives for each participant;
* the study day ADY, from the date of a record and of the first dose;
* TRTEMFL, where events have a start and participants a first dose.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from analysis.sources.trial.columns import kind_of, study_day
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.names import misspelt
from analysis.sources.trial.plan import TrialPlan

Tables = dict[str, pd.DataFrame]

AS_TEXT = {"BRTHDT": "BRTHDTC", "DTHDT": "DTHDTC", "RFICDT": "RFICDTC", "TRTSDT": "RFXSTDTC"} | {
    "TRTEDT": "RFXENDTC", "ASTDT": "AESTDTC", "AENDT": "AEENDTC"
}  # fmt: skip
"""Dates that SDTM has as ISO text: RFXSTDTC and RFXENDTC are first and last exposure."""
SUBJECT_DATES = ("BRTHDT", "DTHDT", "RFICDT", "TRTSDT", "TRTEDT")
EVENT_DATES = ("ASTDT", "AENDT")
DATES = (*SUBJECT_DATES, "RANDDT", "EOSDT", *EVENT_DATES, "ADT")
"""Dates that an analysis or a check asks for; others are left as they are."""
AGES = {"AGE": "AGEU", "AAGE": "AAGEU"}
PER_YEAR = {"YEAR": 1.0, "MONTH": 12.0, "WEEK": 365.25 / 7, "DAY": 365.25, "HOUR": 365.25 * 24}


def derive(plan: TrialPlan, tables: Tables) -> tuple[Tables, list[TrialFinding]]:
    """Derive what the analysis needs and the tables have in another form.

    Parameters
    ----------
    plan
        The trial's plan.
    tables
        Table name → normalised table; they are not changed.

    Returns
    -------
    tables : dict
        The tables with what was derived.
    findings : list of TrialFinding
        A note for each variable derived, with the number of records, and an error for each unit
        of age that is none.
    """
    findings: list[TrialFinding] = []
    derived = dict(tables)
    events = plan.safety.adverse_events.lower() if plan.safety else ""
    for name, table in tables.items():
        dates = dict(_dates(name, table, findings, events=events))
        derived[name] = table.assign(**dates) if dates else table
    adsl = derived.get("adsl", pd.DataFrame())
    for name in derived:
        derived[name] = _in_years(name, derived[name], adsl, findings)
        derived[name] = _with_study_days(name, derived[name], adsl, findings)
    if events in derived:
        derived[events] = _emergent(events, derived[events], adsl, findings)
    return derived, findings


def _dates(
    name: str, table: pd.DataFrame, findings: list[TrialFinding], *, events: str
) -> Iterator[tuple[str, pd.Series]]:
    """Yield the dates that a table has only as date-times or as ISO text."""
    as_text = SUBJECT_DATES if name == "adsl" else EVENT_DATES if name == events else ()
    for column in DATES:
        candidates = (f"{column}M", AS_TEXT.get(column, "") if column in as_text else "")
        source = next((each for each in candidates if each in table), "")
        if not source or _is_given(table, column):
            continue
        values = table[source]
        # Normalised: text, with the day in its first ten characters; or a date by its name.
        dates = pd.to_datetime(values.astype(str).str[:10], format="%Y-%m-%d", errors="coerce")
        there = values != "" if kind_of(values) == "text" else values.notna()
        count, partial = int(dates.notna().sum()), int((there & dates.isna()).sum())
        if not count:
            continue
        yield column, dates.astype("datetime64[ns]")
        message = f"{column} is absent or blank; the day of {source} is taken"
        if partial:
            message += f"; {partial} are no full date and stay unknown"
        findings.append(TrialFinding(name, column, "date derived", message, "note", count=count))


def _is_given(table: pd.DataFrame, column: str) -> bool:
    """Say whether a table has a variable with a value in it; one that is blank gives nothing."""
    if column not in table:
        return False
    values = table[column]
    return bool((values != "").any() if kind_of(values) == "text" else values.notna().any())


def _of_subject(table: pd.DataFrame, adsl: pd.DataFrame, column: str) -> pd.Series:
    """Return ADSL's value of each record's participant."""
    return table["USUBJID"].map(adsl.drop_duplicates("USUBJID").set_index("USUBJID")[column])


def _with_study_days(
    name: str, table: pd.DataFrame, adsl: pd.DataFrame, findings: list[TrialFinding]
) -> pd.DataFrame:
    """Return a table of values with ADY; the day of the first dose is 1, and there is no day 0."""
    known = {"USUBJID", "TRTSDT"} <= set(adsl) and pd.api.types.is_datetime64_any_dtype(
        adsl["TRTSDT"]
    )
    if "ADY" in table or not known or not {"USUBJID", "ADT", "PARAMCD"} <= set(table):
        return table
    days = study_day(table["ADT"], _of_subject(table, adsl, "TRTSDT"))
    count = int(days.notna().sum())
    if not count:
        return table
    message = "the table has ADT and no ADY; the study day is derived from TRTSDT"
    findings.append(TrialFinding(name, "ADY", "study day derived", message, "note", count=count))
    return table.assign(ADY=days.astype(float))


def _in_years(
    name: str, table: pd.DataFrame, adsl: pd.DataFrame, findings: list[TrialFinding]
) -> pd.DataFrame:
    """Return a table whose ages are in years, row by row by their unit.

    A copy of the age in another table has the unit that stands beside it, or else ADSL's.
    """
    for age, unit in AGES.items():
        if age not in table or not pd.api.types.is_numeric_dtype(table[age]):
            continue
        units = table.get(unit)
        if units is None and name != "adsl" and {"USUBJID", unit} <= set(adsl):
            units = _of_subject(table, adsl, unit) if "USUBJID" in table else None
        if units is None:
            if name == "adsl" and age == "AGE" and table[age].notna().any():
                findings.append(_taken_as_years(name, unit, int(table[age].notna().sum())))
            continue
        table = _converted(
            name, table, age, unit, units.astype(object).fillna("").astype(str), findings
        )
    return table


def _converted(
    name: str,
    table: pd.DataFrame,
    age: str,
    unit: str,
    units: pd.Series,
    findings: list[TrialFinding],
) -> pd.DataFrame:
    written = {value: value.strip().upper().removesuffix("S") for value in units.unique()}
    words = units.map(written)
    per_year, there = words.map(PER_YEAR), table[age].notna()
    wrong = there & per_year.isna() & (words != "")
    if wrong.any() and name == "adsl":
        known = ", ".join(f"{word}S" for word in PER_YEAR)
        first = int(wrong.to_numpy().argmax())
        message = f"the unit of {age} must be one of {known}; correct it"
        at = (first + 1, units.iloc[first], int(wrong.sum()))
        findings.append(TrialFinding(name, unit, "unit of age", message, "error", *at))
    blank = int((there & (words == "")).sum())
    if blank and name == "adsl":
        findings.append(_taken_as_years(name, unit, blank))
    other = there & per_year.notna() & (per_year != 1)
    if not other.any():
        return table
    kinds = ", ".join(f"{word.lower()}s" for word in PER_YEAR if (words[other] == word).any())
    message = f"{age} is in {kinds} by {unit}; it is converted to years"
    count = int(other.sum())
    findings.append(TrialFinding(name, age, "age converted", message, "note", count=count))
    columns: Mapping[str, pd.Series] = {age: table[age].where(~other, table[age] / per_year)}
    if unit in table:
        columns = {**columns, unit: table[unit].where(~other, "YEARS")}
    return table.assign(**columns)


def _taken_as_years(name: str, unit: str, count: int) -> TrialFinding:
    message = "the unit of age is not given; ages are taken as years"
    return TrialFinding(name, unit, "unit of age", message, "note", count=count)


def _emergent(
    name: str, events: pd.DataFrame, adsl: pd.DataFrame, findings: list[TrialFinding]
) -> pd.DataFrame:
    """Return the events with TRTEMFL, where it is absent and start and first dose decide.

    An event from the first dose on is emergent. One whose start is unknown is so unless it had
    ended before; this keeps it in the tables, where a reader would look for it.
    """
    dates = all(
        column in table and pd.api.types.is_datetime64_any_dtype(table[column])
        for table, column in ((events, "ASTDT"), (adsl, "TRTSDT"))
    )
    if _is_given(events, "TRTEMFL") or not dates or not {"USUBJID"} <= set(events) & set(adsl):
        return events
    if misspelt("TRTEMFL", events):
        return events  # A slip of the pen, which the checks name.
    first = _of_subject(events, adsl, "TRTSDT")
    start, end = events["ASTDT"], events.get("AENDT")
    over = (end < first) if end is not None and end.dtype.kind == "M" else first.isna()
    emergent = (start >= first) | (start.isna() & first.notna() & ~over)
    unknown = int((emergent & start.isna()).sum())
    message = "absent or blank; events from TRTSDT on are taken as treatment-emergent"
    if unknown:
        message += f", and so are {unknown} whose start is unknown and that had not ended before"
    count = int(emergent.sum())
    if len(events):
        findings.append(TrialFinding(name, "TRTEMFL", "flag derived", message, "note", count=count))
    return events.assign(TRTEMFL=np.where(emergent, "Y", ""))

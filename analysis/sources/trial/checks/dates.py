"""Rules on dates: their order, the data cut, study days and visit windows."""

from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import date, number, study_day, text
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.records import outside_window

ORDER = (
    ("BRTHDT", "TRTSDT"),
    ("RFICDT", "TRTSDT"),
    ("TRTSDT", "TRTEDT"),
    ("RFSTDT", "RFENDT"),
    ("TRTSDT", "EOSDT"),
    ("TRTEDT", "DTHDT"),
    ("LSTALVDT", "DTHDT"),
    ("ASTDT", "AENDT"),
)
"""Earlier date, later date."""
DAYS = (("ADT", "ADY"), ("ASTDT", "ASTDY"), ("AENDT", "AENDY"))
OF_RECORDS = frozenset(column for column, _ in DAYS)
EARLIEST = pd.Timestamp("1900-01-01")


def dates_are_in_order(study: Study) -> Iterator[TrialFinding]:
    """Find a date before another that it must follow."""
    for name, table in study.tables.items():
        for earlier, later in ORDER:
            # Copies of ADSL's dates are compared with ADSL, not found again in every table.
            if name != "adsl" and {earlier, later} <= set(study.adsl):
                continue
            start, end = date(table, earlier), date(table, later)
            if start is not None and end is not None:
                yield from _out_of_order(study, name, start, end)
    start, end = _iso_date(study, "RFSTDTC"), _iso_date(study, "RFENDTC")
    if start is not None and end is not None:
        yield from _out_of_order(study, "adsl", start, end)


def _out_of_order(
    study: Study, name: str, start: pd.Series, end: pd.Series
) -> Iterator[TrialFinding]:
    message = f"{end.name} must not be before {start.name}; correct one of them"
    return study.errors(name, str(end.name), end < start, "dates out of order", message, shown=end)


def _iso_date(study: Study, column: str) -> pd.Series | None:
    values = text(study.adsl, column)
    # Partial dates, such as 2014-07, cannot be put in order and are left out.
    if values is None:
        return None
    return pd.to_datetime(values.str[:10], format="%Y-%m-%d", errors="coerce")


def dates_are_before_the_cut(study: Study) -> Iterator[TrialFinding]:
    """Find dates after the data cut, and dates before 1900."""
    cutoff = study.plan.data.cutoff
    for name, table in study.tables.items():
        for column in (each for each, of in table.dtypes.items() if of.kind == "M"):
            if name != "adsl" and column in study.adsl:
                continue  # A copy, which is compared with ADSL.
            values = table[column]
            report = study.errors if name == "adsl" or column in OF_RECORDS else study.notes
            if cutoff is not None:
                message = f"no date may be after the data cut, {cutoff}; correct it"
                late = values > pd.Timestamp(cutoff)
                yield from report(name, column, late, "after the data cut", message)
            message = "no date can be before 1900; correct it"
            early = values < EARLIEST
            yield from report(name, column, early, "date implausible", message)


def nothing_follows_death(study: Study) -> Iterator[TrialFinding]:
    """Find measurements and events that begin after the participant's death."""
    for name, table in study.tables.items():
        death = study.of_subject(name, "DTHDT", "date")
        for column in ("ADT", "ASTDT"):
            values = date(table, column)
            if name != "adsl" and death is not None and values is not None:
                message = f"{column} must not be after DTHDT of ADSL; correct one of them"
                yield from study.errors(name, column, values > death, "after death", message)


def study_days_follow_from_dates(study: Study) -> Iterator[TrialFinding]:
    """Find study days that the date and the first dose do not give.

    CDISC counts the day of first dose as 1 and the day before as −1; there is no day 0.
    """
    for name, table in study.tables.items():
        start = study.of_subject(name, "TRTSDT", "date")
        for column, day_column in DAYS:
            day, values = number(table, day_column), date(table, column)
            if day is None:
                continue
            message = f"{day_column} must be {column} − TRTSDT, plus 1 from TRTSDT on; derive it"
            wrong = day == 0
            if start is not None and values is not None:
                expected = study_day(values, start)
                wrong |= (day != expected) & day.notna() & expected.notna()
            yield from study.errors(name, day_column, wrong, "study day inconsistent", message)


def visits_are_in_their_window(study: Study) -> Iterator[TrialFinding]:
    """Note analysed records outside the window of their visit, which the analysis leaves out."""
    for name, table in study.bds.items():
        outside = outside_window(table, study.plan) & ~study.derived(name)
        flag = text(table, study.plan.records.analysed)
        if flag is not None:
            outside &= flag == "Y"
        message = "records outside the window that trial.yml gives their visit are not analysed"
        yield from study.notes(name, "ADY", outside, "outside visit window", message)

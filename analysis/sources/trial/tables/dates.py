"""Dates of every kind: ISO text, SAS's words and numbers, time stamps; in part, none."""

import pandas as pd

from analysis.sources.trial.columns import coded
from analysis.sources.trial.finding import TrialFinding

SAS_EPOCH = pd.Timestamp("1960-01-01")
YEARS = (1800, 2200)
"""Dates outside are none: they are SAS date-times, or 20140102 read as a number of days."""
YEARS_ALONE = (1900, 2100)
"""As days since 1960 these all lie in 1965; a column of nothing else holds years."""
A_DATE = f"a date, YYYY-MM-DD, of the years {YEARS[0]} to {YEARS[1]}"
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
WORDED = rf"(\d{{1,2}})[- ]?({'|'.join(MONTHS)})[- ]?(\d{{4}})(?:[: T].*)?"
"""DATE9., DATE11. and DATETIME20. of SAS: no other reading."""
ISO_LENGTH = len("2014-01-02")
A_TIME = "%Y-%m-%dT%H:%M:%S"
UTC_TIME = r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.0+)?(?:Z|\+00:?00)?$"
UNKNOWN = r"(?:XX|UNK?|UK|-{0,2})"
IN_PART = (
    rf"\d{{4}}|\d{{4}}-\d{{1,2}}(?:-{UNKNOWN})?|\d{{4}}-{UNKNOWN}(?:-(?:\d\d|{UNKNOWN}))?|"
    rf"{UNKNOWN}[- ]?(?:{'|'.join(MONTHS)}|UNK)[- ]?\d{{4}}"
)
"""A year, perhaps with its month, perhaps with a word for what is unknown."""


def as_dates(
    name: str, values: pd.Series, text: pd.Series | None
) -> tuple[pd.Series, list[TrialFinding]]:
    """Read the dates of one variable.

    Parameters
    ----------
    name
        Table name, for the findings.
    values
        As stored.
    text
        The same as text, "" where missing; None for time stamps.
    """
    column = str(values.name)
    if text is None:
        return _stamps(name, values.dt.tz_localize(None).dt.normalize())
    text = text.str.strip()
    there = text != ""
    if (iso := _all_iso(text)) is not None:
        return iso, []
    # A day number may have been written as a decimal one, with a point or a comma.
    whole = text.str.replace(r"[.,]0*$", "", regex=True)
    number = pd.to_numeric(whole.where(there), errors="coerce")
    if there.any() and number[there].notna().all():
        return _days(name, column, text, number)
    # A date-time has its date in the first ten characters, whatever its zone.
    whole = (text.str.len() == 10) | text.str[10:11].isin(["T", " "])
    dates = pd.to_datetime(text.str[:10].where(whole & there), format="%Y-%m-%d", errors="coerce")
    dates = dates.where(_is_date(dates)).astype("datetime64[ns]")
    notes: list[TrialFinding] = []
    left = there & dates.isna()
    if left.any():
        dates, notes = _worded(name, column, text, left, dates)
        left = there & dates.isna()
    in_part = left & text.str.upper().str.fullmatch(IN_PART)
    return dates, [
        *notes,
        *_in_part(name, column, text, in_part),
        *wrong_type(name, column, text, left & ~in_part, A_DATE),
    ]


def _all_iso(text: pd.Series) -> pd.Series | None:
    """Return the dates of a variable that has nothing else, as most have; None if it has."""
    codes, known = coded(text)
    written = pd.Series(known, dtype=str)
    if not written[written != ""].str.len().eq(ISO_LENGTH).all():
        return None
    dates = pd.to_datetime(written.where(written != ""), format="%Y-%m-%d", errors="coerce")
    if not (_is_date(dates) | (written == "")).all():
        return None
    each = dates.astype("datetime64[ns]").to_numpy()
    return pd.Series(each[codes], index=text.index, name=text.name)


def as_times(name: str, values: pd.Series) -> tuple[pd.Series, list[TrialFinding]]:
    """Write the date-times of one variable in one way, 2014-01-02T08:30:00, whatever they were.

    Parameters
    ----------
    name
        Table name, for the findings.
    values
        Time stamps, seconds since 1960 as SAS counts, or text, "" where missing. Text that is no
        date-time is left as it is, and so are zones other than UTC.
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.tz_localize(None).dt.strftime(A_TIME).fillna("").astype(str), []
    if not pd.api.types.is_numeric_dtype(values):
        return values.str.replace(UTC_TIME, r"\1T\2", regex=True), []
    times = SAS_EPOCH + pd.to_timedelta(values.astype(float), unit="s")
    message = "numbers read as SAS date-times, seconds since 1960-01-01"
    note = TrialFinding(
        name, str(values.name), "SAS dates", message, "note", count=int(values.notna().sum())
    )
    return times.dt.strftime(A_TIME).fillna("").astype(str), [note]


def wrong_type(
    name: str, column: str, text: pd.Series, wrong: pd.Series, what: str, remedy: str = ""
) -> list[TrialFinding]:
    """Return the error of values that are not what their variable holds; none if all are."""
    if not wrong.any():
        return []
    first = int(wrong.to_numpy().argmax())
    message = f"must be {what} or empty; {remedy or 'correct the value'}"
    at = (first + 1, str(text.iloc[first]), int(wrong.sum()))
    return [TrialFinding(name, column, "wrong type", message, "error", *at)]


def _days(
    name: str, column: str, text: pd.Series, number: pd.Series
) -> tuple[pd.Series, list[TrialFinding]]:
    days = (number >= _sas_day(YEARS[0])) & (number < _sas_day(YEARS[1]))
    dates = (SAS_EPOCH + pd.to_timedelta(number.where(days).round(), unit="D")).astype(
        "datetime64[ns]"
    )
    wrong = number.notna() & ~days
    if wrong.any():
        return dates, wrong_type(name, column, text, wrong, A_DATE)
    there = number.notna()
    if number[there].between(*YEARS_ALONE).all():
        return dates.mask(there), _in_part(name, column, text, there)
    message = "numbers read as SAS dates, days since 1960-01-01"
    if (last := dates.max()) > pd.Timestamp.now():
        # A spreadsheet counts from 1900.
        message += f"; the last is in {last:%Y}, yet to come: were they counted from another day?"
    count = int(number.notna().sum())
    return dates, [TrialFinding(name, column, "SAS dates", message, "note", count=count)]


def _worded(
    name: str, column: str, text: pd.Series, left: pd.Series, dates: pd.Series
) -> tuple[pd.Series, list[TrialFinding]]:
    parts = text[left].str.upper().str.extract(rf"^{WORDED}$")
    months = parts[1].map({month: f"{at:02d}" for at, month in enumerate(MONTHS, start=1)})
    iso = parts[2] + "-" + months + "-" + parts[0].str.zfill(2)
    found = pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce")
    found = found.where(_is_date(found)).dropna()
    if found.empty:
        return dates, []
    dates = dates.copy()
    dates[found.index] = found.astype("datetime64[ns]")
    example = text[found.index[0]]
    message = "dates with the month in letters, as SAS writes them, read as such"
    return dates, [
        TrialFinding(name, column, "worded dates", message, "note", None, example, len(found))
    ]


def _in_part(name: str, column: str, text: pd.Series, in_part: pd.Series) -> list[TrialFinding]:
    if not in_part.any():
        return []
    first = int(in_part.to_numpy().argmax())
    message = (
        f"a partial date is no date; keep it in a variable {column}C and, here, leave it empty or "
        f"impute it by the rule of the analysis plan and say so in {column}F"
    )
    at = (first + 1, str(text.iloc[first]), int(in_part.sum()))
    return [TrialFinding(name, column, "partial date", message, "error", *at)]


def _stamps(name: str, values: pd.Series) -> tuple[pd.Series, list[TrialFinding]]:
    wrong = values.notna() & ~_is_date(values)
    dates = values.where(~wrong).astype("datetime64[ns]")
    return dates, wrong_type(name, str(values.name), values, wrong, A_DATE)


def _sas_day(year: int) -> int:
    return (pd.Timestamp(year, 1, 1) - SAS_EPOCH).days


def _is_date(values: pd.Series) -> pd.Series:
    # Two comparisons are much faster than taking the year of a million dates.
    return values.between(*(pd.Timestamp(year, 1, 1) for year in YEARS), inclusive="left")

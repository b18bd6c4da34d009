"""Visits: their names, days and windows, seen over all tables together."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.sources.trial.drafting.folder import Folder, provisional
from analysis.sources.trial.drafting.writing import comment, plain, quoted
from analysis.sources.trial.plan import Visit
from analysis.sources.trial.records import UNSCHEDULED, analysed

SUMMARY = re.compile(
    r"post-?\s*base|overall|\b(last|worst|best|max(imum)?|min(imum)?|average|mean|any|nadir|peak)\b"
    r"|\bLO[CV]F?\b|end ?point",
    re.IGNORECASE,
)
"""Names that sum visits up and are none."""
NAMED = re.compile(r"(day|week|month|year)s?\s*(\d+(?:\.\d+)?)$", re.IGNORECASE)
DAYS = {"day": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25}
SPREAD = 0.5
"""A planned visit lies within half of its own day of it; at the end of treatment, whenever that
was, people are further apart."""
RARE = 0.05
"""Of the participants of the best-attended visit; fewer were there for a reason of their own."""
FEWEST = 10
"""Participants from which on a spread says something."""


def find_visits(folder: Folder) -> tuple[Visit, ...]:
    """Return the planned visits that the tables show, in the order of their days.

    Unscheduled visits, records that a rule derived and names that sum visits up are left out;
    so are visits whose records lie far apart in time, such as the end of treatment.
    """
    plan = provisional()
    tables = [_records(table[analysed(table, plan)]) for table in folder.measured.values()]
    records = pd.concat(tables, ignore_index=True) if tables else _records(pd.DataFrame())
    records = records[(records["visit"] != "") & ~records["visit"].str.contains(UNSCHEDULED)]
    records = records[[not SUMMARY.search(name) for name in records["visit"]]]
    if records.empty:
        return ()
    flagged = records.loc[records["baseline"], "visit"].value_counts()
    baseline = str(flagged.index[0]) if len(flagged) else ""
    days = _days(records, baseline)
    windows = _windows(records, days)
    return tuple(
        Visit(name=name, day=day, window=windows.get(name))
        for name, day in sorted(days.items(), key=lambda pair: pair[1])
    )


def _records(table: pd.DataFrame) -> pd.DataFrame:
    """Return visit, day, order and window of records, under names of their own."""
    empty = pd.Series(np.nan, index=table.index)

    def number(name: str) -> pd.Series:
        is_number = name in table and pd.api.types.is_numeric_dtype(table[name])
        return table[name] if is_number else empty

    visit = table["AVISIT"] if "AVISIT" in table else pd.Series(dtype=str)
    baseline = table["ABLFL"] == "Y" if "ABLFL" in table else visit.str.lower() == "baseline"
    return pd.DataFrame(
        {
            "subject": table.get("USUBJID"), "visit": visit, "baseline": baseline,
            "day": number("ADY"), "order": number("AVISITN"),
            "target": number("AWTARGET"), "low": number("AWLO"), "high": number("AWHI"),
        }
    )  # fmt: skip


def _days(records: pd.DataFrame, baseline: str) -> dict[str, int]:
    by = records.groupby("visit", sort=False)
    target, median = by["target"].median(), by["day"].median()
    order = by["order"].median()
    spread = by["day"].quantile(0.9) - by["day"].quantile(0.1)
    people = by["subject"].nunique()
    rare = people < RARE * people.max()
    wide = (people >= FEWEST) & (spread > SPREAD * median.abs()) & (spread > 14)
    found: dict[str, int] = {}
    for place, name in enumerate(median.index, start=2):
        named = _named_day(str(name))
        if str(name) == baseline:
            found[str(name)] = 1
        elif (wide[name] or rare[name]) and named is None and np.isnan(target[name]):
            continue
        else:
            days = (target[name], median[name], named, order[name], place)
            day = next(each for each in days if each is not None and not np.isnan(each))
            found[str(name)] = int(np.floor(day + 0.5))
    return found


def _named_day(name: str) -> float | None:
    """Return the study day that a name such as ``Week 12`` says; None for another name."""
    said = NAMED.search(name)
    if not said:
        return None
    unit, count = said.group(1).lower(), float(said.group(2))
    return count if unit == "day" else count * DAYS[unit] + 1


def _windows(records: pd.DataFrame, days: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return the windows that AWLO and AWHI give, where no record of any table is outside.

    A window that one table has and another exceeds would take records away that nobody meant.
    """
    found = {}
    for name, own in records.groupby("visit"):
        low, high, day = own["low"].dropna(), own["high"].dropna(), days.get(str(name))
        if day is None or low.nunique() != 1 or high.nunique() != 1:
            continue
        window = (int(low.iloc[0]), int(high.iloc[0]))
        if own["day"].dropna().between(*window).all() and window[0] <= day <= window[1]:
            found[str(name)] = window
    return found


def visits_lines(visits: tuple[Visit, ...]) -> list[str]:
    """Return the lines of the visits, or a comment where none can be told."""
    if not visits:
        return ["visits: []", *comment("No planned visit was seen; they come from the data.")]
    words = (
        "Planned visits with their study days, the median day of their records; day 1 is the "
        "first dose and the baseline. A record outside a window does not count; without a window "
        "every record filed under the visit does."
    )
    return [*comment(words), "visits:", *map(_line, visits)]


def _line(visit: Visit) -> str:
    window = f", window: [{visit.window[0]}, {visit.window[1]}]" if visit.window else ""
    return f"  - {{name: {quoted(visit.name)}, day: {visit.day}{window}}}"


def left_out(folder: Folder, visits: tuple[Visit, ...]) -> list[str]:
    """Return a comment on the names in AVISIT that are no planned visit."""
    names = {visit.name for visit in visits} | {""}
    seen = {name for table in folder.measured.values() for name in table["AVISIT"].unique()}
    others = sorted(plain(name) for name in seen - names if not UNSCHEDULED.search(name))
    if not others:
        return []
    shown = ", ".join(others[:8]) + (f" and {len(others) - 8} more" if len(others) > 8 else "")
    return comment(f"Names in AVISIT that are no planned visit: {shown}.", indent=2)

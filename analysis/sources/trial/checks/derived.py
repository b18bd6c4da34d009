"""Rules on what is derived: durations, ages, indices and indicators follow from their sources."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis import exact
from analysis.numbers import fixed
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import date, number, text
from analysis.sources.trial.finding import TrialFinding
from analysis.thresholds import above, within

DAYS_PER_YEAR = 365.25
UNITS = {"weeks": 7.0, "months": DAYS_PER_YEAR / 12, "years": DAYS_PER_YEAR}
"""Units other than days in which a duration may have been written, in days."""
REFERENCES = ("TRTSDT", "RANDDT", "RFICDT")
"""Dates at which an age may have been taken; any of them will do."""
RATIO = re.compile(r"R2(?:BASE|A\d(?:LO|HI))")
RATIO_TOLERANCE = 0.001
"""Relative: a ratio may have been rounded for print."""
BMI_TOLERANCE = 0.02
"""Relative: height and weight are rounded, and so is their index."""


def durations_follow_from_dates(study: Study) -> Iterator[TrialFinding]:
    """Note that TRTDURD is not TRTEDT − TRTSDT + 1, and in which unit it seems to be."""
    duration = number(study.adsl, "TRTDURD")
    start, end = date(study.adsl, "TRTSDT"), date(study.adsl, "TRTEDT")
    if duration is None or start is None or end is None:
        return
    days = (end - start).dt.days + 1
    wrong = (duration != days) & duration.notna() & days.notna()
    message = "TRTDURD must be TRTEDT − TRTSDT + 1, in days; the analysis takes the dates"
    message += _unit_words(duration[wrong], days[wrong])
    yield from study.notes("adsl", "TRTDURD", wrong, "duration inconsistent", message)


def _unit_words(stated: pd.Series, days: pd.Series) -> str:
    """Say what most of some durations, which are not the days between their dates, may be."""
    if stated.empty:
        return ""
    if (stated == days - 1).mean() > 0.5:
        return "; most are a day short, as without the + 1"
    ratio = (days / stated.where(stated > 0)).median()
    for unit, length in UNITS.items():
        if abs(ratio / length - 1) < 0.1:
            return f"; it seems to be in {unit}: the days are {fixed(ratio, 1)} times as many"
    return ""


def event_durations_follow_from_dates(study: Study) -> Iterator[TrialFinding]:
    """Note that ADURN of an event is not the days from its start to its end, both counted."""
    events = study.events
    duration, unit = number(events, "ADURN"), text(events, "ADURU")
    start, end = date(events, "ASTDT"), date(events, "AENDT")
    if duration is None or start is None or end is None:
        return
    days = (end - start).dt.days + 1
    in_days = unit.str.upper().isin(["DAYS", "DAY", ""]) if unit is not None else True
    wrong = (duration != days) & duration.notna() & days.notna() & in_days
    message = "ADURN must be AENDT − ASTDT + 1, in days; derive it anew"
    message += _unit_words(duration[wrong], days[wrong])
    yield from study.notes(study.events_name, "ADURN", wrong, "duration inconsistent", message)


def ages_follow_from_birth(study: Study) -> Iterator[TrialFinding]:
    """Find ages more than a year from what the date of birth gives.

    The guide lets a sponsor choose the day of an age, so any of the usual ones will do. An age in
    whole years is up to a year below; half a year more on either side is for the day that is
    none of the usual, and a whole one where birth dates are known to the year alone.
    """
    age, birth = number(study.adsl, "AGE"), date(study.adsl, "BRTHDT")
    if age is None or birth is None:
        return
    slack = 1.1 if _known_to_the_year(birth) else 0.6
    ages = [
        exact.ratio((when - birth).dt.days, DAYS_PER_YEAR)
        for column in REFERENCES
        if (when := date(study.adsl, column)) is not None
    ]
    if ages:
        gaps = exact.difference(ages, age)
        known = np.isfinite(gaps).any(axis=0)
        wrong = known & ~within(gaps, -slack, 1 + slack).any(axis=0)
        message = "AGE is more than a year from what BRTHDT gives; correct one of them, or AGEU"
        yield from study.errors("adsl", "AGE", wrong, "age inconsistent", message)


def _known_to_the_year(birth: pd.Series) -> bool:
    """Say whether most birth dates fall on one day of the year, and so are made from the year."""
    days = (birth.dt.month * 100 + birth.dt.day).dropna()
    return bool(len(days) > 1 and (days == days.mode().iloc[0]).mean() > 0.5)


def mass_index_follows(study: Study) -> Iterator[TrialFinding]:
    """Find BMIBL other than WEIGHTBL over HEIGHTBL squared."""
    columns = ("BMIBL", "WEIGHTBL", "HEIGHTBL")
    index, weight, height = (number(study.adsl, column) for column in columns)
    if index is None or weight is None or height is None:
        return
    expected = weight / (height.where(height > 0) / 100) ** 2
    wrong = above((index - expected).abs(), BMI_TOLERANCE * expected + 0.06)
    message = "BMIBL must be WEIGHTBL (kg) / HEIGHTBL (m)²; correct one of the three"
    yield from study.errors("adsl", "BMIBL", wrong, "BMIBL inconsistent", message)


def ratios_follow(study: Study) -> Iterator[TrialFinding]:
    """Note ratios of AVAL to BASE or to a limit that are other (CDISC checks 132 to 134)."""
    for name, value in study.having(study.bds, "number AVAL"):
        table = study.bds[name]
        for column in filter(RATIO.fullmatch, table):
            ratio, below = number(table, column), number(table, column.removeprefix("R2"))
            if ratio is None or below is None:
                continue
            expected = value / below.where(below != 0)
            wrong = above((ratio - expected).abs(), RATIO_TOLERANCE * expected.abs())
            message = f"{column} must be AVAL / {below.name}; derive it anew"
            yield from study.notes(name, column, wrong, "ratio inconsistent", message)


def treatment_has_begun(study: Study) -> Iterator[TrialFinding]:
    """Note records flagged as under treatment (ONTRTFL) before the first dose."""
    for name, flag in study.having(study.tables, "text ONTRTFL"):
        start = study.of_subject(name, "TRTSDT", "date")
        when = date(study.tables[name], "ADT" if "ADT" in study.tables[name] else "ASTDT")
        if start is None or when is None:
            continue
        message = "ONTRTFL is Y before TRTSDT of ADSL; correct the flag or the date"
        early = (flag == "Y") & (when < start)
        yield from study.notes(name, "ONTRTFL", early, "under treatment too early", message)


def baseline_indicators_follow(study: Study) -> Iterator[TrialFinding]:
    """Find BNRIND other than ANRIND of the baseline record."""
    flag = study.plan.records.baseline
    for name, *_ in study.having(study.bds, "text BNRIND", "text ANRIND"):
        table = study.bds[name]
        marks = text(table, flag)
        if marks is None or not {"USUBJID", "PARAMCD"} <= set(table):
            continue
        by = ["USUBJID", "PARAMCD", *(each for each in ("BASETYPE",) if each in table)]
        keys, first = study.row_keys(name, by), study.equal(name, flag, "Y")
        # Texts as numbers, −1 for a blank one: those of BNRIND by their place among ANRIND.
        codes = study.distinct(name, "ANRIND").get_indexer(study.distinct(name, "BNRIND"))
        given = study.codes(name, "BNRIND") >= 0
        base = np.append(np.where(codes < 0, -2, codes), -1)[study.codes(name, "BNRIND")]
        known = pd.Series(study.codes(name, "ANRIND")[first], index=keys[first])
        known = known[~known.index.duplicated(keep=False)]
        expected = np.append(known.to_numpy(), -1)[known.index.get_indexer(keys)]
        wrong = given & (expected >= 0) & (base != expected)
        message = f"BNRIND must be ANRIND of the record with {flag} = Y; derive it anew"
        yield from study.errors(name, "BNRIND", wrong, "BNRIND inconsistent", message)


def baselines_precede_treatment(study: Study) -> Iterator[TrialFinding]:
    """Note baseline records after the day of first dose."""
    column = study.plan.records.baseline
    for name, flag in study.having(study.bds, f"text {column}"):
        when, start = date(study.bds[name], "ADT"), study.of_subject(name, "TRTSDT", "date")
        day = number(study.bds[name], "ADY")
        if when is not None and start is not None:
            late = when > start
        elif day is not None:
            late = day > 1
        else:
            continue
        message = f"{column} is Y on a record after the day of first dose"
        yield from study.notes(name, column, (flag == "Y") & late, "late baseline", message)

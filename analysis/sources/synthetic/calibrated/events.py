"""Write the events that are counted as ADAE: one of each kind a participant."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.sources.synthetic.calibrated.columns import Columns
from analysis.sources.synthetic.calibrated.counts import Counted
from analysis.sources.synthetic.calibrated.printed import END
from analysis.sources.synthetic.calibrated.times import START, day
from analysis.sources.trial.columns import study_day

UNPUBLISHED = "Adverse event, term not published"
NO_CLASS = "Not published"
YEAR = 12.0
"""Months in which events lie whose time is not printed."""


def events_of(
    columns: Columns, counted: Counted, people: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame | None:
    """Return ADAE: one event of each kind a participant; what marks none is not published."""
    rows = list(_event_rows(columns, counted))
    if not any(columns.domain(fact.code) == "safety" for fact in counted.has if fact.code != "ADA"):
        return None
    subjects = people.reset_index(drop=True)
    listed = pd.DataFrame(
        rows, columns="row months AEDECOD AEBODSYS AESEV AESER AEREL AEACN".split()
    )
    frame = subjects.loc[listed["row"], ["STUDYID", "USUBJID", "TRT01P"]].reset_index(drop=True)
    frame["TRTP"] = frame["TRTA"] = frame.pop("TRT01P")
    days = np.array([day(months, columns) for months in listed["months"]], dtype=float)
    frame["ASTDT"] = START + pd.to_timedelta((rng.random(len(frame)) * days).astype(int), unit="D")
    start = pd.Series(START, index=frame.index)
    frame["ASTDY"] = study_day(frame["ASTDT"], start) if len(frame) else []
    frame = pd.concat([frame, listed.drop(columns=["row", "months"])], axis=1)
    frame["AETERM"] = frame["AEDECOD"].str.upper()
    frame["TRTEMFL"] = "Y"
    frame = frame.sort_values(["USUBJID", "ASTDT"], kind="stable", ignore_index=True)
    frame["AESEQ"] = frame.groupby("USUBJID").cumcount() + 1
    names = (
        "STUDYID USUBJID TRTP TRTA AESEQ AETERM AEDECOD AEBODSYS ASTDT ASTDY AESEV AESER AEREL "
        "AEACN TRTEMFL"
    ).split()
    return frame[[n for n in names if n == "AESER" or not len(frame) or (frame[n] != "").any()]]


def _event_rows(columns: Columns, counted: Counted) -> Iterator[tuple[object, ...]]:
    """Yield the events: terms, then those of which only something else is published."""
    marks: dict[int, dict[str, str]] = {}
    any_event: dict[int, float] = {}
    with_term: set[int] = set()
    for fact, has in counted.has.items():
        if columns.domain(fact.code) != "safety" or fact.code == "ADA":
            continue
        number = next(each for each in columns.numbers if each.code == fact.code)
        where = columns.carrier(number).where
        variable, _, value = where.partition(" ")
        months = YEAR if fact.months == END else fact.months
        for row in map(int, np.flatnonzero(has)):
            if where == "any":
                any_event[row] = max(months, any_event.get(row, 0.0))
            elif re.fullmatch("AE[A-Z]{3}", variable):
                marks.setdefault(row, {})[variable] = value
                any_event[row] = max(months, any_event.get(row, 0.0))
            else:
                with_term.add(row)
                yield (
                    row, months, columns.param(fact.code), where or NO_CLASS, "", "N", "", ""
                )  # fmt: skip
    for row, months in any_event.items():
        if row in marks or row not in with_term:
            own = {"AESER": "N"} | marks.get(row, {})
            marked = (own.get(name, "") for name in ("AESEV", "AESER", "AEREL", "AEACN"))
            yield (row, months, UNPUBLISHED, NO_CLASS, *marked)

"""Rules on keys: one row per what it says, and no record of a stranger."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.sources.trial.checks.study import Study, found, number, row_keys, text
from analysis.sources.trial.finding import TrialFinding

RECORD = ("USUBJID", "PARAMCD", "AVISIT", "ATPT", "BASETYPE", "DTYPE")
BASELINE = ("USUBJID", "PARAMCD", "ATPT", "BASETYPE")


def participants_are_once(study: Study) -> Iterator[TrialFinding]:
    """Find participants with more than one row in ADSL."""
    subjects = text(study.adsl, "USUBJID")
    if subjects is not None:
        yield from found(
            "adsl",
            subjects.duplicated() & (subjects != ""),
            "duplicate key",
            "ADSL has one row per participant; remove the others",
            column="USUBJID",
            values=subjects,
        )


def records_are_once(study: Study) -> Iterator[TrialFinding]:
    """Find more than one analysed record per participant, parameter and visit.

    Only records that count are asked: a table may well hold repeats that the flag leaves out.
    """
    for name, table in study.bds.items():
        if not {"USUBJID", "PARAMCD", "AVISIT"} <= set(table):
            continue
        keys = row_keys(table, [column for column in RECORD if column in table])
        counted = study.counted(name) & (table["AVISIT"] != "")
        again = counted & keys.where(counted, -1 - table.index.to_series()).duplicated()
        yield from found(
            name,
            again,
            "duplicate key",
            "one analysed record per participant, parameter and visit (time point, baseline "
            f"type, DTYPE); clear {study.plan.records.analysed} on the others",
            column="AVISIT",
            values=table["USUBJID"],
        )


def baseline_is_once(study: Study) -> Iterator[TrialFinding]:
    """Find more than one baseline record per participant and parameter."""
    for name, table in study.bds.items():
        flag = text(table, study.plan.records.baseline)
        if flag is None or not {"USUBJID", "PARAMCD"} <= set(table):
            continue
        rows = table[flag == "Y"]
        again = row_keys(rows, [column for column in BASELINE if column in table]).duplicated()
        yield from found(
            name,
            again.reindex(table.index, fill_value=False),
            "duplicate baseline",
            "one baseline record per participant and parameter; clear the flag on the others",
            column=study.plan.records.baseline,
            values=table["USUBJID"],
        )


def events_are_once(study: Study) -> Iterator[TrialFinding]:
    """Find events with the same participant and sequence number."""
    events = study.events
    sequence = number(events, "AESEQ")
    if sequence is not None and "USUBJID" in events:
        yield from found(
            study.events_name,
            row_keys(events, ["USUBJID", "AESEQ"]).duplicated() & sequence.notna(),
            "duplicate key",
            "AESEQ numbers the events of a participant; remove the repeated row or number it",
            column="AESEQ",
            values=events["USUBJID"],
        )


def records_have_participants(study: Study) -> Iterator[TrialFinding]:
    """Find records of somebody who is not in ADSL."""
    for name, table in study.tables.items():
        position = study.position(name)
        if name == "adsl" or position is None:
            continue
        yield from found(
            name,
            (position < 0) & (table["USUBJID"] != ""),
            "not in ADSL",
            "every participant must have a row in ADSL; add it or correct USUBJID",
            column="USUBJID",
            values=table["USUBJID"],
        )


RULES = (
    participants_are_once,
    records_are_once,
    baseline_is_once,
    events_are_once,
    records_have_participants,
)

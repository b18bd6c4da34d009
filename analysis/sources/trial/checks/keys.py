"""Rules on keys: one row per what it says, and no record of a stranger."""

from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import number, text
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.records import chosen, record_of, repeated_words

RECORD = ("USUBJID", "PARAMCD", "AVISIT", "ATPT", "BASETYPE", "DTYPE")
EXPOSURE = ("USUBJID", "PARAMCD", "AVISIT", "ADT", "ASTDT", "AENDT")
BASELINE = ("USUBJID", "PARAMCD", "ATPT", "BASETYPE")


def participants_are_once(study: Study) -> Iterator[TrialFinding]:
    """Find participants with more than one row in ADSL."""
    subjects = text(study.adsl, "USUBJID")
    if subjects is not None:
        again = subjects.duplicated() & (subjects != "")
        message = "ADSL has one row per participant; remove the others"
        yield from study.errors("adsl", "USUBJID", again, "duplicate key", message)


def endpoints_have_one_record_each(study: Study) -> Iterator[TrialFinding]:
    """Find participants with more than one record of an endpoint at one visit."""
    for endpoint in study.plan.decided:
        name = endpoint.dataset.lower()
        table = study.tables.get(name, pd.DataFrame())
        by = record_of(endpoint)
        if not {"PARAMCD", *by} <= set(table):
            continue
        keep = study.selected(endpoint) & study.equal(name, "PARAMCD", endpoint.paramcd)
        if endpoint.visit:
            later = (visit.name for visit in study.plan.visits if visit.day > 1)
            own = () if endpoint.kind == "time-to-event" else later
            keep &= table["AVISIT"].isin({endpoint.visit, *own})
        keys = study.row_keys(name, by)
        again = keep.to_numpy(copy=True)
        again[again] = keys[keep].duplicated()
        if again.any():
            message = f"'{endpoint.name}': {repeated_words(table[keep], by)}"
            shown = table["PARAMCD"]
            if endpoint.visit:
                shown = shown + ", " + table["AVISIT"]
            column = by[-1]
            yield from study.errors(name, column, again, "duplicate key", message, shown=shown)


def records_are_once(study: Study) -> Iterator[TrialFinding]:
    """Note repeated analysed records of parameters that are no endpoint.

    Only records that count are asked: a table may well hold repeats that the flag leaves out.
    """
    endpoints = {(each.dataset.lower(), each.paramcd) for each in study.plan.decided}
    for name, table in study.bds.items():
        if not {"USUBJID", "PARAMCD", "AVISIT"} <= set(table):
            continue
        keys = study.row_keys(name, [column for column in RECORD if column in table])
        own = {paramcd for dataset, paramcd in endpoints if dataset == name}
        no_visit = study.equal(name, "AVISIT", "")
        counted = study.counted(name) & ~no_visit & ~study.holds(name, "PARAMCD", own.__contains__)
        again = counted.to_numpy(copy=True)
        again[again] = keys[counted].duplicated()
        message = (
            "several analysed records per participant, parameter and visit (time point, baseline "
            "type, DTYPE); tables by visit take the last"
        )
        yield from study.notes(
            name, "AVISIT", again, "repeated records", message, shown=table["PARAMCD"]
        )


def doses_are_once(study: Study) -> Iterator[TrialFinding]:
    """Note exposure records of one participant, parameter and date that differ in their value."""
    name = study.exposure_name
    table = study.tables.get(name, pd.DataFrame())
    if not {"USUBJID", "PARAMCD", "AVAL"} <= set(table):
        return
    keys = study.row_keys(name, [each for each in EXPOSURE if each in table])
    given = table["AVAL"].notna()
    values = table["AVAL"][given].groupby(keys[given]).transform("nunique")
    again = (values > 1).reindex(table.index, fill_value=False)
    message = "several values of one participant and date; the page takes the last of them"
    shown = table["PARAMCD"]
    yield from study.notes(name, "AVAL", again, "repeated records", message, shown=shown)


def baseline_is_once(study: Study) -> Iterator[TrialFinding]:
    """Find more than one baseline record per participant and parameter."""
    column = study.plan.records.baseline
    for name, _ in study.having(study.bds, f"text {column}"):
        table = study.bds[name]
        if not {"USUBJID", "PARAMCD"} <= set(table):
            continue
        keys = study.row_keys(name, [each for each in BASELINE if each in table])
        rows = study.equal(name, column, "Y").copy()
        for endpoint in study.plan.decided:
            # Of several baselines an endpoint takes the one that it chooses.
            if endpoint.dataset.lower() == name and endpoint.where:
                other = ~chosen(table, endpoint.where)
                rows &= ~(other & (table["PARAMCD"] == endpoint.paramcd))
        again = keys[rows].duplicated().reindex(table.index, fill_value=False)
        message = (
            "one baseline record per participant and parameter; clear the flag on the others, or "
            "choose with where at the endpoint"
        )
        subjects = table["USUBJID"]
        yield from study.errors(name, column, again, "duplicate baseline", message, shown=subjects)


def events_are_once(study: Study) -> Iterator[TrialFinding]:
    """Find events with the same participant and sequence number."""
    events = study.events
    sequence = number(events, "AESEQ")
    if sequence is not None and "USUBJID" in events:
        keys = study.row_keys(study.events_name, ["USUBJID", "AESEQ"])
        again = keys.duplicated() & sequence.notna()
        message = "AESEQ numbers the events of a participant; remove the repeated row or number it"
        name, subjects = study.events_name, events["USUBJID"]
        yield from study.errors(name, "AESEQ", again, "duplicate key", message, shown=subjects)


def records_have_participants(study: Study) -> Iterator[TrialFinding]:
    """Find records of somebody who is not in ADSL."""
    for name in study.tables:
        position = study.position(name)
        if name == "adsl" or position is None:
            continue
        strangers = (position < 0) & ~study.equal(name, "USUBJID", "")
        message = "every participant must have a row in ADSL; add it or correct USUBJID"
        yield from study.errors(name, "USUBJID", strangers, "not in ADSL", message)

"""Rules on adverse events: coded, dated, and emergent only under treatment."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.sources.trial.checks.study import Study, date, found, text
from analysis.sources.trial.finding import TrialFinding


def events_are_coded(study: Study) -> Iterator[TrialFinding]:
    """Find events without preferred term or system organ class."""
    for column in ("AEDECOD", "AEBODSYS"):
        values = text(study.events, column)
        if values is not None:
            yield from found(
                study.events_name,
                values == "",
                "event not coded",
                "an event without it falls out of the tables; code it",
                column=column,
            )


def emergent_events_follow_the_first_dose(study: Study) -> Iterator[TrialFinding]:
    """Find events flagged treatment-emergent before, or without, a first dose."""
    name, events = study.events_name, study.events
    flag, start = text(events, "TRTEMFL"), date(events, "ASTDT")
    first = study.of_subject(name, "TRTSDT", "date")
    position = study.position(name)
    if flag is None or first is None or position is None:
        return
    emergent = flag == "Y"
    yield from found(
        name,
        emergent & first.isna() & (position >= 0),
        "emergent without exposure",
        "TRTEMFL is Y and ADSL has no TRTSDT; clear the flag or give the first dose",
        column="TRTEMFL",
        values=events["USUBJID"],
    )
    if start is None:
        return
    yield from found(
        name,
        emergent & (start < first),
        "emergent before first dose",
        "TRTEMFL is Y and ASTDT is before TRTSDT; correct the flag or the date",
        column="ASTDT",
        values=start,
    )
    last = study.of_subject(name, "TRTEDT", "date")
    if last is not None:
        yield from found(
            name,
            ~emergent & (start >= first) & (start <= last),
            "not flagged emergent",
            "begins between first and last dose and is not flagged; it is in no table of "
            "treatment-emergent events",
            column="TRTEMFL",
            values=start,
            severity="note",
        )


def events_are_dated(study: Study) -> Iterator[TrialFinding]:
    """Note events without a start."""
    start = date(study.events, "ASTDT")
    if start is not None:
        yield from found(
            study.events_name,
            start.isna(),
            "start unknown",
            "events without ASTDT; whether they are emergent rests on TRTEMFL alone",
            column="ASTDT",
            severity="note",
        )


def fatal_events_are_serious(study: Study) -> Iterator[TrialFinding]:
    """Note fatal events that are not called serious.

    ICH E2A makes every fatal event serious. A note, because AESER is the investigator's word
    and the CDISC pilot itself has such events.
    """
    outcome, serious = text(study.events, "AEOUT"), text(study.events, "AESER")
    if outcome is not None and serious is not None:
        yield from found(
            study.events_name,
            (outcome.str.upper() == "FATAL") & (serious != "Y"),
            "fatal but not serious",
            "a fatal event is serious by ICH E2A; tables follow AESER as it stands",
            column="AESER",
            values=serious,
            severity="note",
        )


RULES = (
    events_are_coded,
    emergent_events_follow_the_first_dose,
    events_are_dated,
    fatal_events_are_serious,
)

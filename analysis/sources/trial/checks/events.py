"""Rules on adverse events: coded, dated, and emergent only under treatment."""

from collections.abc import Iterator

from analysis.sources.trial.checks.study import Study, date, text
from analysis.sources.trial.finding import TrialFinding


def events_are_coded(study: Study) -> Iterator[TrialFinding]:
    """Find events without preferred term or system organ class."""
    for column in ("AEDECOD", "AEBODSYS"):
        values = text(study.events, column)
        if values is not None:
            name, message = (
                study.events_name,
                "an event without it falls out of the tables; code it",
            )
            yield from study.errors(name, column, values == "", "event not coded", message)


def emergent_events_follow_the_first_dose(study: Study) -> Iterator[TrialFinding]:
    """Find events flagged treatment-emergent before, or without, a first dose."""
    name, events = study.events_name, study.events
    flag, start = text(events, "TRTEMFL"), date(events, "ASTDT")
    first = study.of_subject(name, "TRTSDT", "date")
    position = study.position(name)
    if flag is None or first is None or position is None:
        return
    emergent = flag == "Y"
    unexposed = emergent & first.isna() & (position >= 0)
    message = "TRTEMFL is Y and ADSL has no TRTSDT; clear the flag or give the first dose"
    yield from study.errors(
        name, "TRTEMFL", unexposed, "emergent without exposure", message, shown=events["USUBJID"]
    )
    if start is None:
        return
    early = emergent & (start < first)
    message = "TRTEMFL is Y and ASTDT is before TRTSDT; correct the flag or the date"
    yield from study.errors(name, "ASTDT", early, "emergent before first dose", message)
    last = study.of_subject(name, "TRTEDT", "date")
    if last is not None:
        unflagged = ~emergent & (start >= first) & (start <= last)
        message = (
            "begins between first and last dose and is not flagged; it is in no table of "
            "treatment-emergent events"
        )
        rule = "not flagged emergent"
        yield from study.notes(name, "TRTEMFL", unflagged, rule, message, shown=start)


def events_are_dated(study: Study) -> Iterator[TrialFinding]:
    """Note events without a start."""
    start = date(study.events, "ASTDT")
    if start is not None:
        message = "events without ASTDT; whether they are emergent rests on TRTEMFL alone"
        yield from study.notes(study.events_name, "ASTDT", start.isna(), "start unknown", message)


def fatal_events_are_serious(study: Study) -> Iterator[TrialFinding]:
    """Note fatal events that are not called serious.

    ICH E2A makes every fatal event serious. A note, because AESER is the investigator's word
    and the CDISC pilot itself has such events.
    """
    outcome, serious = text(study.events, "AEOUT"), text(study.events, "AESER")
    if outcome is not None and serious is not None:
        wrong = (outcome.str.upper() == "FATAL") & (serious != "Y")
        message = "a fatal event is serious by ICH E2A; tables follow AESER as it stands"
        yield from study.notes(study.events_name, "AESER", wrong, "fatal but not serious", message)

"""Rules on adverse events: coded, dated, and emergent only under treatment."""

from collections.abc import Iterator

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import date, text
from analysis.sources.trial.finding import TrialFinding


def events_are_coded(study: Study) -> Iterator[TrialFinding]:
    """Note events without preferred term or system organ class."""
    for column in ("AEDECOD", "AEBODSYS"):
        if text(study.events, column) is not None and len(study.events):
            blank = study.equal(study.events_name, column, "")
            message = "events without it are shown as not coded; code them"
            if blank.all():
                message = "no event has it: every event is shown as not coded"
            yield from study.notes(study.events_name, column, blank, "event not coded", message)


def emergent_events_follow_the_first_dose(study: Study) -> Iterator[TrialFinding]:
    """Find events flagged treatment-emergent before, or without, a first dose."""
    name, events = study.events_name, study.events
    flag, start = text(events, "TRTEMFL"), date(events, "ASTDT")
    first = study.of_subject(name, "TRTSDT", "date")
    position = study.position(name)
    if flag is None or first is None or position is None:
        return
    emergent = study.equal(name, "TRTEMFL", "Y")
    unexposed = emergent & first.isna() & (position >= 0)
    message = "TRTEMFL is Y and ADSL has no TRTSDT; clear the flag or give the first dose"
    yield from study.errors(
        name, "TRTEMFL", unexposed, "emergent without exposure", message, shown=events["USUBJID"]
    )
    if start is None:
        return
    early = emergent & (start < first)
    over = date(events, "AENDT")
    # An event that goes on under treatment may have worsened there, which is emergent too; a
    # start that was completed (ASTDTF) may really lie later.
    before = (over < first) if over is not None else ~early & early
    imputed = text(events, "ASTDTF")
    if imputed is not None:
        before &= imputed == ""
    message = "TRTEMFL is Y and the event ends before TRTSDT; correct the flag or the dates"
    rule = "emergent before first dose"
    yield from study.errors(name, "ASTDT", early & before, rule, message)
    message = (
        "TRTEMFL is Y and ASTDT is before TRTSDT: it counts as emergent, rightly if it worsened "
        "under treatment"
    )
    yield from study.notes(name, "ASTDT", early & ~before, rule, message)
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
        name = study.events_name
        fatal = study.holds(name, "AEOUT", lambda word: word.upper() == "FATAL")
        wrong = fatal & ~study.equal(name, "AESER", "Y")
        message = "a fatal event is serious by ICH E2A; tables follow AESER as it stands"
        yield from study.notes(name, "AESER", wrong, "fatal but not serious", message)

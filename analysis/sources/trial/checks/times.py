"""Rules on times to an event: how each ended, how long it is, and what the plan says of both."""

import re
from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.outcome import in_population, outcome_of, records_of, table_of
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import date, number, text
from analysis.sources.trial.finding import PLAN, Severity, TrialFinding
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.plan_part import is_question
from analysis.sources.trial.units_of_time import days_in, unit_by_dates, whole_days

CENSORED = re.compile(
    r"\bCENSOR|\bALIVE\b|\bONGOING\b|\bDATA ?CUT|\bCUT-?OFF|\bLOST TO\b|\bNO EVENT\b|\bLAST\b"
    r"|\b(STUDY|TRIAL) COMPLETION|\bCOMPLETED (THE )?(STUDY|TRIAL)|\bEND OF (STUDY|TRIAL|FOLLOW)",
    re.IGNORECASE,
)
"""Words for a time that ended without the event."""
FEWEST = 3
"""Events from which on it is no chance that all are of one day."""

Own = tuple[Endpoint, str, pd.DataFrame, pd.Series, pd.Series]


def _times(study: Study) -> Iterator[Own]:
    """Yield each time to an event: its table, its records, and CNSR."""
    for endpoint in study.plan.decided:
        table = table_of(study, endpoint)
        ends = number(table, "CNSR")
        if endpoint.kind == "time-to-event" and ends is not None:
            name = endpoint.dataset.lower()
            yield endpoint, name, table, records_of(study, endpoint), ends


def ends_are_codes(study: Study) -> Iterator[TrialFinding]:
    """Find times without CNSR, and values of CNSR that are no whole numbers from 0."""
    for endpoint, name, table, its, ends in _times(study):
        values = number(table, "AVAL")
        if values is not None:
            message = f"'{endpoint.name}': a time must say how it ended; fill CNSR in"
            without = its & ends.isna() & values.notna()
            yield from study.errors(name, "CNSR", without, "CNSR missing", message)
        message = (
            f"'{endpoint.name}': CNSR must be 0 for the event and 1, 2 … for the reasons of "
            "censoring; recode it"
        )
        wrong = its & ends.notna() & ((ends < 0) | (ends % 1 != 0))
        yield from study.errors(name, "CNSR", wrong, "CNSR is no code", message)


def ends_have_their_meaning(study: Study) -> Iterator[TrialFinding]:
    """Find values of CNSR that `cnsr` does not name, and values in the plan that no record has."""
    for endpoint, name, _, its, ends in _times(study):
        seen = sorted({int(each) for each in ends[its].dropna() if each % 1 == 0})
        if not seen:
            continue
        shown = ", ".join(map(str, seen))
        if endpoint.cnsr:
            message = (
                f"'{endpoint.name}': cnsr gives a meaning to {_listed(endpoint.cnsr)}, and not to "
                "this value; name it there"
            )
            wrong = its & ends.notna() & ~ends.isin(list(endpoint.cnsr))
            yield from study.errors(name, "CNSR", wrong, "CNSR not in the plan", message)
        for field, named in (("cnsr", endpoint.cnsr), ("competing", endpoint.competing)):
            # That nobody has the event is a finding of its own.
            for value in (each for each in named if each and each not in seen):
                message = f"{field} of '{endpoint.name}': no record has this CNSR; seen are {shown}"
                rule = "not in the data"
                yield TrialFinding(name, "CNSR", rule, message, value=str(value))
        if CENSORED.search(endpoint.cnsr.get(0, "")):
            message = (
                f"cnsr of '{endpoint.name}' says that 0 is '{endpoint.cnsr[0]}', and 0 is the "
                "event by CDISC; recode CNSR, or correct its meaning"
            )
            yield TrialFinding(PLAN, "cnsr", "CNSR reversed", message, value=endpoint.cnsr[0])


def _listed(named: dict[int, str]) -> str:
    return ", ".join(map(str, named))


def events_are_no_censorings(study: Study) -> Iterator[TrialFinding]:
    """Find that CNSR is 0 where a time was censored, as in tables that write events as 1."""
    for endpoint, name, table, its, ends in _times(study):
        event, other = its & (ends == 0), its & ends.notna() & (ends != 0)
        if not event.any():
            continue
        reason, said = text(table, "CNSDTDSC"), text(table, "EVNTDESC")
        why = ""
        if reason is not None and (reason[event] != "").all() and not (reason[other] != "").any():
            why = "CNSDTDSC, the description of a censoring, is given where it is 0 and only there"
        elif said is not None and _all_censored(said[event]) and not _all_censored(said[other]):
            shown = ", ".join(sorted(said[event].unique())[:3])
            why = f"EVNTDESC says '{shown}' where it is 0"
        if why:
            message = (
                f"'{endpoint.name}': CNSR must be 0 for the event, and {why}: it seems to be 1 for "
                "the event; recode it"
            )
            yield from study.errors(name, "CNSR", event, "CNSR reversed", message)
        else:
            yield from _of_one_day(study, endpoint, event)


def _all_censored(words: pd.Series) -> bool:
    said = words[words != ""]
    return len(said) > 0 and all(CENSORED.search(each) for each in said.unique())


def _of_one_day(study: Study, endpoint: Endpoint, event: pd.Series) -> Iterator[TrialFinding]:
    name = endpoint.dataset.lower()
    when = date(study.tables[name], "ADT")
    if when is None or event.sum() < FEWEST or when[event].nunique() != 1:
        return
    day, cut = when[event].iloc[0], study.plan.data.cutoff
    known = ", the data cut" if cut is not None and day == pd.Timestamp(cut) else ""
    message = (
        f"'{endpoint.name}': all events (CNSR 0) are of one day, {day:%Y-%m-%d}{known}; confirm "
        "that 0 is the event and not a censoring"
    )
    yield from study.notes(name, "CNSR", event, "events of one day", message)


def times_are_above_zero(study: Study) -> Iterator[TrialFinding]:
    """Find times of 0 and below, in which nothing can happen."""
    for endpoint, name, table, its, _ in _times(study):
        values = number(table, "AVAL")
        if values is not None:
            message = (
                f"'{endpoint.name}': a time must be above 0, as nobody is at risk before it; count "
                "the day of the start as day 1, or correct the dates"
            )
            wrong = its & values.notna() & (values <= 0)
            yield from study.errors(name, "AVAL", wrong, "time not above 0", message)


def events_are_there(study: Study) -> Iterator[TrialFinding]:
    """Note that nobody, or nobody of an arm, has the event."""
    for endpoint, name, _, its, ends in _times(study):
        values, own = outcome_of(study, endpoint), in_population(study, endpoint)
        arm = study.of_subject(name, "TRT01P", "text")
        if values is None or own is None or arm is None:
            continue
        its = its & own & values.notna()
        events = (ends == 0)[its].groupby(arm[its]).sum()
        if not len(events) or events.all():
            continue
        if not events.any():
            message = (
                f"'{endpoint.name}': nobody has the event (CNSR 0); no effect can be estimated"
            )
            yield from study.notes(name, "CNSR", its, "no events", message)
            continue
        for each in events.index[events == 0]:
            message = f"'{endpoint.name}': nobody of arm '{each}' has the event (CNSR 0)"
            yield from study.notes(name, "CNSR", its & (arm == each), "no events", message)


def planned_times_are_followed(study: Study) -> Iterator[TrialFinding]:
    """Note planned times after the last one of the data, up to which nobody was followed."""
    for endpoint, name, table, its, _ in _times(study):
        values = number(table, "AVAL")
        last = values[its].max() if values is not None else float("nan")
        until = [endpoint.until] if endpoint.until else []
        for field, times in (("times", endpoint.times), ("until", until)):
            late = [each for each in times if each > last]
            if late:
                message = (
                    f"{field} of '{endpoint.name}': nobody was followed for so long, as the "
                    f"longest time is {last:g}; what is asked there cannot be estimated"
                )
                yield _plain(name, "AVAL", "time not reached", message, f"{late[0]:g}")


def _plain(
    name: str, column: str, rule: str, message: str, value: str, severity: Severity = "note"
) -> TrialFinding:
    return TrialFinding(name, column, rule, message, severity, value=value)


def times_have_a_unit(study: Study) -> Iterator[TrialFinding]:
    """Note times of no stated unit, with the one that the dates suggest."""
    for endpoint, name, table, its, _ in _times(study):
        if endpoint.unit or is_question(endpoint.unit) or _stated(study, endpoint):
            continue
        suggested = unit_by_dates(table[its])
        by = f"; by STARTDT and ADT it is {suggested}" if suggested else ""
        message = f"neither '{endpoint.name}' nor AVALU nor a bracket in PARAM states a unit{by}"
        message += ": write unit at the endpoint"
        yield _plain(name, "AVAL", "unit not stated", message, endpoint.paramcd)


def _stated(study: Study, endpoint: Endpoint) -> str:
    stored, _ = study.stored.get(endpoint.dataset.lower(), ([], None))
    return next((each.unit for each in stored if each.code == endpoint.paramcd and each.unit), "")


def times_follow_from_dates(study: Study) -> Iterator[TrialFinding]:
    """Note times that are not the days from STARTDT to ADT, with or without the first counted."""
    for endpoint, name, table, its, _ in _times(study):
        values, elapsed = number(table, "AVAL"), whole_days(table)
        unit = endpoint.unit or _stated(study, endpoint) or "days"
        length = days_in(unit)
        if values is None or elapsed is None or length is None:
            continue
        wrong = its & ~length.holds(values, elapsed) & values.notna() & elapsed.notna()
        message = f"'{endpoint.name}': AVAL must be ADT − STARTDT, or a day more, in {unit}"
        suggested = unit_by_dates(table[its])
        if suggested and 2 * wrong.sum() > its.sum():
            message += f"; it seems to be in {suggested}: correct unit"
        yield from study.notes(name, "AVAL", wrong, "time inconsistent", message)
        if not wrong.any() and length.exact:
            more = its & (values == elapsed + 1)
            less = its & (values == elapsed)
            fewer = more if more.sum() < less.sum() else less
            message = f"'{endpoint.name}': most times count the day of the start otherwise"
            if more.any() and less.any():
                yield from study.notes(name, "AVAL", fewer, "time inconsistent", message)

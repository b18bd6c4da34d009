"""The kinds of adverse events that are counted: any, related, severe, serious, withdrawals."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError
from analysis.safety.emergent import NO_EVENTS, emergent_events, events_recorded
from analysis.safety.meanings import NOT_RECORDED, meaning
from analysis.safety.settings import SafetyRun
from analysis.safety.severity import not_severe, severe_words
from analysis.safety.toxicity import COLUMNS, HIGH, HIGH_GRADE, grades
from analysis.sources.trial.variable_words import label_of

EMERGENT, RELATED, SEVERE, SERIOUS, WITHDRAWAL, DEATHS = (
    "Any treatment-emergent event",
    "Related to treatment",
    "Severe",
    "Serious",
    "Leading to withdrawal of treatment",
    "Deaths",
)


@brief
@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A selection of the events, which is one row of the overview.

    Parameters
    ----------
    name
        As shown.
    records
        Its events; None where nobody can say which they are, which is no zero.
    note
        What a reader must know of the count.
    reason
        Why there is none.
    column
        The variable that says which events they are; "" where every event counts.
    """

    name: str
    records: pd.DataFrame | None
    note: str = ""
    reason: str = ""
    column: str = ""


def kinds(run: SafetyRun, records: pd.DataFrame) -> Iterator[Kind]:
    """Give each kind that rests on treatment-emergent events, in the order of the overview."""
    plan = run.plan

    def said(name: str, column: str, values: Collection[str], **how: Any) -> Kind:
        found = meaning(run, records, column, values, **how)
        own = None if found.counts is None else records[found.counts]
        return Kind(name, own, found.note, found.reason, column)

    yield Kind(EMERGENT, records, "" if events_recorded(run) else NO_EVENTS)
    yield said(RELATED, "AEREL", plan.related, field="safety.related")
    severe = severe_words(run)
    yield said(SEVERE, "AESEV", severe, field="safety.severe", no=not_severe(run))
    # Most trials record severity and no grade: of them nobody asks for one.
    if graded := grades(run, records):
        high = records[graded.of_events.isin(HIGH)]
        yield Kind(HIGH_GRADE, high, graded.note, column=graded.column)
    yield said(SERIOUS, "AESER", ("Y",))
    yield said(WITHDRAWAL, "AEACN", plan.withdrawal, field="safety.withdrawal")


@lru_cache(maxsize=4)
def emergent_kinds(run: SafetyRun) -> tuple[Kind, ...]:
    """Return each kind of the treatment-emergent events of a run, selected once for all tables."""
    return tuple(kinds(run, emergent_events(run).records))


def kind_of(run: SafetyRun, name: str) -> Kind:
    """Return one kind of the treatment-emergent events of a run by its name."""
    absent = Kind(name, None, reason=NOT_RECORDED, column=" or ".join(COLUMNS))
    return next((each for each in emergent_kinds(run) if each.name == name), absent)


def selected(run: SafetyRun, name: str) -> pd.DataFrame:
    """Return the treatment-emergent events of a kind.

    Raises
    ------
    UserError
        If nobody can say which they are.
    """
    kind = kind_of(run, name)
    if kind.records is None:
        raise UserError(f"{kind.reason}: {why_unknown(run, kind)}")
    return kind.records


def why_unknown(run: SafetyRun, kind: Kind) -> str:
    """Say what the trial's table of events lacks, so that nobody can say which are of a kind."""
    if kind.note:
        return kind.note
    name = run.plan.adverse_events
    table = run.table(name)
    words = f"“{label_of(kind.column, [table])}”"
    if kind.column in table:
        return f"{words} of {name} is empty in every treatment-emergent event"
    return f"{name} has no {words}"

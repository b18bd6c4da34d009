"""The rows of a table in which events count: kinds, groups of special interest, classes, terms."""

from dataclasses import dataclass

import pandas as pd

from analysis.brief import brief
from analysis.results import PLACE
from analysis.safety.coding import ANY
from analysis.safety.emergent import emergent_events
from analysis.safety.interest import interest_groups
from analysis.safety.kinds import kinds
from analysis.safety.settings import SafetyRun
from analysis.safety.terms import LEVELS, frequent_rows

OVERVIEW = "Overview"


@brief
@dataclass(frozen=True, slots=True, eq=False)
class EventRows:
    """Events by the rows of a table.

    Parameters
    ----------
    levels
        `LEVELS` of the rows wanted, one each, in order.
    records
        ``USUBJID, DAY``, `PLACE` and `LEVELS`: every event once for each row in which it counts.
    """

    levels: pd.DataFrame
    records: pd.DataFrame

    def __add__(self, other: "EventRows") -> "EventRows":
        parts = ((self.levels, other.levels), (self.records, other.records))
        return EventRows(*(pd.concat(each, ignore_index=True) for each in parts))


def overview_rows(run: SafetyRun) -> EventRows:
    """Return the kinds of events of which somebody can say which they are."""
    found = [each for each in kinds(run, emergent_events(run).records) if each.records is not None]
    return _rows(run, [(OVERVIEW, each.name, each.records) for each in found])


def interest_rows(run: SafetyRun) -> EventRows:
    """Return the groups of special interest; none where events are not coded."""
    found = emergent_events(run)
    term = found.records["AEDECOD"].astype(object)
    groups = interest_groups(run) if found.coded else ()
    return _rows(run, [(each.name, ANY, found.records[term.isin(each.terms)]) for each in groups])


def term_rows(run: SafetyRun, least: float = 0.0) -> EventRows:
    """Return the organ classes and terms that somebody had, in the order of the table by term.

    Parameters
    ----------
    run
        What is analysed; without coded events there are no rows.
    least
        Percentage of an arm that must have had a row for it to stand here.
    """
    found = emergent_events(run)
    if not found.coded:
        return _rows(run, [])
    classes = found.records["AEBODSYS"].astype(object)
    terms = found.records.assign(variable=classes, variable_level=found.records["AEDECOD"])
    terms = terms.astype({"variable_level": object})
    rows = pd.concat([terms.assign(variable_level=ANY), terms], ignore_index=True)
    return EventRows(frequent_rows(run, least), rows[["USUBJID", "DAY", *PLACE, *LEVELS]])


def _rows(run: SafetyRun, parts: list[tuple[str, str, pd.DataFrame]]) -> EventRows:
    """Return rows of given events: `LEVELS` and the events that count in each."""
    levels = pd.DataFrame([part[:2] for part in parts], columns=LEVELS, dtype=object)
    # Of no part at all, the columns and their kinds are still those of the events.
    parts = [("", "", emergent_events(run).records.iloc[:0]), *parts]
    records = pd.concat(
        [
            events[["USUBJID", "DAY", *PLACE]].assign(variable=variable, variable_level=level)
            for variable, level, events in parts
        ],
        ignore_index=True,
    )
    return EventRows(levels, records)

"""The rows of a table in which events count: kinds, groups of special interest, classes, terms."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.brief import brief
from analysis.results import PLACE
from analysis.safety.coding import ANY
from analysis.safety.emergent import emergent_events
from analysis.safety.interest import interest_groups
from analysis.safety.kinds import emergent_kinds
from analysis.safety.settings import SafetyRun
from analysis.safety.terms import LEVELS, frequent_rows

OVERVIEW = "Overview"


@brief
@dataclass(frozen=True, eq=False)
class EventRows:
    """Events by the rows of a table.

    Parameters
    ----------
    levels
        `LEVELS` of the rows wanted, one each, in order.
    events
        The treatment-emergent events of the run, of which these are some.
    at, places
        Where an event stands among them, and the row in which it counts: each event once for every
        row in which it does.
    """

    levels: pd.DataFrame
    events: pd.DataFrame
    at: npt.NDArray[np.intp]
    places: npt.NDArray[np.intp]

    def __add__(self, other: "EventRows") -> "EventRows":
        return EventRows(
            pd.concat([self.levels, other.levels], ignore_index=True),
            self.events,
            np.concatenate([self.at, other.at]),
            np.concatenate([self.places, other.places + len(self.levels)]),
        )

    @cached_property
    def records(self) -> pd.DataFrame:
        """``USUBJID, DAY``, `PLACE` and ``place``: every event once for each row it counts in."""
        return self.events[["USUBJID", "DAY", *PLACE]].take(self.at).assign(place=self.places)


def overview_rows(run: SafetyRun) -> EventRows:
    """Return the kinds of events of which somebody can say which they are."""
    known = [(each.name, each.records) for each in emergent_kinds(run)]
    parts = [(OVERVIEW, name, own.index.to_numpy()) for name, own in known if own is not None]
    return _rows(run, parts)


def interest_rows(run: SafetyRun) -> EventRows:
    """Return the groups of special interest; none where events are not coded."""
    found = emergent_events(run)
    term = found.records["AEDECOD"]
    groups = interest_groups(run) if found.coded else ()
    return _rows(run, [(each.name, ANY, np.flatnonzero(term.isin(each.terms))) for each in groups])


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
    levels, events = frequent_rows(run, least), found.records
    classes, terms = (events[name].array for name in ("AEBODSYS", "AEDECOD"))
    # Every event stands under its class and under its term.
    width = max(len(terms.categories), 1)
    at, pairs = pd.factorize(classes.codes.astype(np.int64) * width + terms.codes)
    its_class = classes.categories.take(pairs // width)
    its_term = terms.categories.take(pairs % width)
    of_row = pd.MultiIndex.from_frame(levels)
    under = (pd.Index([ANY] * len(pairs)), its_term)
    places = np.concatenate(
        [of_row.get_indexer(pd.MultiIndex.from_arrays([its_class, each]))[at] for each in under]
    )
    stands = places >= 0
    number = np.tile(np.arange(len(events)), 2)
    return EventRows(levels, events, number[stands], places[stands])


def _rows(run: SafetyRun, parts: list[tuple[str, str, npt.NDArray[np.intp]]]) -> EventRows:
    """Return rows of given events: `LEVELS`, and where the events stand that count in each."""
    levels = pd.DataFrame([part[:2] for part in parts], columns=LEVELS, dtype=object)
    own = [np.asarray(part[2], dtype=np.intp) for part in parts]
    places = np.repeat(np.arange(len(parts)), [len(each) for each in own])
    nothing = np.zeros(0, dtype=np.intp)
    return EventRows(levels, emergent_events(run).records, np.concatenate([nothing, *own]), places)

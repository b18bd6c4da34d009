"""The rows of a table in which events count: kinds, groups of special interest, classes, terms."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
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
        ``USUBJID, DAY``, `PLACE` and `LEVELS`, which are categories: every event once for each row
        in which it counts.
    """

    levels: pd.DataFrame
    records: pd.DataFrame

    def __add__(self, other: "EventRows") -> "EventRows":
        records = pd.concat([self.records, other.records], ignore_index=True)
        named = {}
        for name in LEVELS:
            own = [each.records[name].array for each in (self, other)]
            words = own[0].categories.append(own[1].categories).unique()
            codes = [words.get_indexer(each.categories)[each.codes] for each in own]
            named[name] = pd.Categorical.from_codes(np.concatenate(codes), words)
        levels = pd.concat([self.levels, other.levels], ignore_index=True)
        return EventRows(levels, records.assign(**named))

    def places(self) -> npt.NDArray[np.intp]:
        """Return the row in which each of the records counts, −1 where it is in none."""
        first, second = (self.records[name].array for name in LEVELS)
        width = max(len(second.categories), 1)
        at, pairs = pd.factorize(first.codes.astype(np.int64) * width + second.codes)
        words = [first.categories.take(pairs // width), second.categories.take(pairs % width)]
        return pd.MultiIndex.from_frame(self.levels).get_indexer(pd.MultiIndex.from_arrays(words))[
            at
        ]


def overview_rows(run: SafetyRun) -> EventRows:
    """Return the kinds of events of which somebody can say which they are."""
    found = [each for each in kinds(run, emergent_events(run).records) if each.records is not None]
    return _rows(run, [(OVERVIEW, each.name, each.records) for each in found])


def interest_rows(run: SafetyRun) -> EventRows:
    """Return the groups of special interest; none where events are not coded."""
    found = emergent_events(run)
    term = found.records["AEDECOD"]
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
    own = found.records[["USUBJID", "DAY", *PLACE]]
    classes, terms = (found.records[name].array for name in ("AEBODSYS", "AEDECOD"))
    # Every event stands under its class and under its term.
    words = terms.categories.append(pd.Index([ANY]))
    of_class = np.full(len(terms), len(words) - 1)
    levels = (
        pd.Categorical.from_codes(np.tile(classes.codes, 2), classes.categories),
        pd.Categorical.from_codes(np.concatenate([of_class, terms.codes]), words),
    )
    records = pd.concat([own, own], ignore_index=True)
    records = records.assign(**dict(zip(LEVELS, levels, strict=True)))
    return EventRows(frequent_rows(run, least), records)


def _rows(run: SafetyRun, parts: list[tuple[str, str, pd.DataFrame]]) -> EventRows:
    """Return rows of given events: `LEVELS` and the events that count in each."""
    levels = pd.DataFrame([part[:2] for part in parts], columns=LEVELS, dtype=object)
    # Of no part at all, the columns and their kinds are still those of the events.
    events = [emergent_events(run).records.iloc[:0], *(part[2] for part in parts)]
    records = pd.concat([each[["USUBJID", "DAY", *PLACE]] for each in events], ignore_index=True)
    sizes = np.array([len(each) for each in events[1:]], dtype=int)
    number = np.repeat(np.arange(len(parts)), sizes)
    named = {name: pd.Categorical(levels[name]) for name in LEVELS}
    return EventRows(levels, records.assign(**{k: each.take(number) for k, each in named.items()}))

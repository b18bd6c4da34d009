"""What a number counts: the records from which it was counted, and the participants they are of.

A count and the list of what it counts come from one selection. Whoever groups records hands the
groups on with the numbers, in the column `COUNTED` of a frame; `Results.counted` has them by the
key of each number. Nothing of it is written to ``results.csv``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.brief import brief
from analysis.sources.trial.columns import order_of
from analysis.sources.trial.trial import Trial

COUNTED = "records"
"""Column of a frame: what each row counts. ``records:NAME`` is what its statistic NAME counts."""
COUNTS = ("n", "events", "p")
"""The statistics of a row that count what `COUNTED` has: participants, records and the share."""
DATASET, RECORD = PLACE = ["dataset", "record"]
"""Columns by which the row of a frame is a record: its table, and its row there, from 1."""


class Groups:
    """The group of each of some records, looked up once for all the numbers that count a group.

    Parameters
    ----------
    codes
        The group of each record, from 0.

    Examples
    --------
    >>> groups = Groups(np.array([1, 0, 1, 2]))
    >>> groups.rows([1, 2]).tolist(), groups.size([1]), groups.size([7])
    ([0, 2, 3], 2, 0)
    """

    def __init__(self, codes: npt.NDArray[np.int64]) -> None:
        self.codes = codes

    @cached_property
    def _sizes(self) -> npt.NDArray[np.int64]:
        return np.bincount(self.codes)

    @cached_property
    def _sorted(self) -> npt.NDArray[np.intp]:
        return order_of(self.codes)

    def size(self, own: Sequence[int]) -> int:
        """Return how many records some groups have."""
        return int(sum(self._sizes[group] for group in own if group < len(self._sizes)))

    def rows(self, own: Sequence[int]) -> npt.NDArray[np.intp]:
        """Return the places of the records of some groups, in order."""
        ends = np.append(0, np.cumsum(self._sizes))
        inside = [group for group in own if group < len(self._sizes)]
        parts = [self._sorted[ends[group] : ends[group + 1]] for group in inside]
        return np.sort(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.intp)


@brief(words="in_brief")
@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """The records that one number counts.

    Parameters
    ----------
    frame
        All the records from which this number and others were counted: ``USUBJID`` and, where
        they are records of a table, `PLACE`. Without it a row stands for its participant.
    groups
        The group of each.
    own
        The groups that this number counts.
    trial
        Whose records they are; a run says so when it makes results of them.
    """

    frame: pd.DataFrame
    groups: Groups
    own: tuple[int, ...]
    trial: Trial | None = None

    @classmethod
    def all(cls, records: pd.DataFrame) -> Self:
        """Return what a number counts that counts every one of some records."""
        return cls(records, Groups(np.zeros(len(records), dtype=np.int64)), (0,))

    def of(self, trial: Trial) -> Self:
        """Return the same as records of a trial."""
        if self.trial is trial:
            return self  # A table of ten thousand terms has many.
        return type(self)(self.frame, self.groups, self.own, trial)

    @property
    def records(self) -> pd.DataFrame:
        """The records, in the order in which they were counted."""
        return self.frame.iloc[self.groups.rows(self.own)]

    @property
    def size(self) -> int:
        """How many records there are."""
        return self.groups.size(self.own)

    @property
    def participants(self) -> list[str]:
        """The identifiers of the participants, each once."""
        who = self.frame["USUBJID"].iloc[self.groups.rows(self.own)]
        return sorted(map(str, who.unique()))

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of it, label → words."""
        return {"participants": len(self.participants), "records": self.size}


NOBODY = Counted.all(pd.DataFrame({"USUBJID": pd.Series(dtype=str)}))
"""What a number counts that is 0."""


def placed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a whole table of a trial with the place of each record in it.

    Examples
    --------
    >>> placed(pd.DataFrame({"USUBJID": ["A", "A"]}), "adae")[["dataset", "record"]].values.tolist()
    [['adae', 1], ['adae', 2]]
    """
    return table.assign(**places(len(table), name))


def places(size: int, name: str) -> dict[str, Any]:
    """Return the columns `PLACE` of a whole table of so many records."""
    named = pd.Categorical.from_codes(np.zeros(size, dtype=np.int8), [name.lower()])
    return {DATASET: named, RECORD: np.arange(1, size + 1)}


def tally(records: pd.DataFrame, name: str = "n") -> dict[str, Any]:
    """Return how many participants some records are of, and which: ``n`` and `COUNTED`.

    Parameters
    ----------
    records
        What is counted.
    name
        Another statistic than n, such as N.

    Examples
    --------
    >>> records = pd.DataFrame({"USUBJID": ["B", "A", "B"]})
    >>> tally(records)["n"], list(tally(records, "N"))
    (2, ['N', 'records:N'])
    """
    own = COUNTED if name == "n" else f"{COUNTED}:{name}"
    return {name: records["USUBJID"].nunique(), own: Counted.all(records)}


def in_groups(records: pd.DataFrame, by: Sequence[str]) -> pd.Series:
    """Return what a number counts that counts the records of a group, by the group.

    Examples
    --------
    >>> events = pd.DataFrame({"USUBJID": ["B", "A", "B"], "AEDECOD": ["X", "X", "Y"]})
    >>> [each.participants for each in in_groups(events, ["AEDECOD"])]
    [['A', 'B'], ['B']]
    """
    grouped = records.groupby(list(by), sort=False, observed=True)
    groups, levels = Groups(grouped.ngroup().to_numpy()), grouped.size().index
    each = [Counted(records, groups, (group,)) for group in range(len(levels))]
    return pd.Series(each, index=levels, dtype=object)


def nobody_where_none(counts: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return counts in which a level that nobody had counts 0, of nobody.

    Parameters
    ----------
    counts
        With what was counted merged to the levels wanted, missing where nothing was.
    columns
        The numbers; `COUNTED`, or the column of one of them, need not be named.
    """
    held = {name: counts[name].where(counts[name].notna(), NOBODY) for name in marks(counts)}
    return counts.fillna(dict.fromkeys(columns, 0)).assign(**held)


def marks(frame: pd.DataFrame) -> list[str]:
    """Return the columns of a frame that say what its numbers count."""
    return [name for name in frame if str(name).partition(":")[0] == COUNTED]


def counted_by(name: str) -> tuple[str, ...]:
    """Return the columns that may say what a statistic counts, its own first."""
    return (f"{COUNTED}:{name}", *([COUNTED] if name in COUNTS else []))

"""Counts of few participants are withheld, and what they could be computed from.

The one place that does so: every row of a trial passes through it before anything shows or writes
it, so that tables, figures, sentences, ``results.csv``, search and documents agree. The plan
decides how few are too few (`TrialPlan.allowed`).

A row is withheld *whole* where fewer than the minimum are behind it; *in part*, its counts and
shares only, where fewer than the minimum are among those that it counts or among all the others.
A total is withheld with a part of it; and where what is withheld among rows that may add up is a
single row, or fewer participants than the minimum, or as many as its bounds ("< 5") allow at the
least or at the most, the next smallest is withheld with it; where there is none, no bound is said.
A size that leaves few of an arm is not shown either, nor the shares that it could be had from; and
where few of an arm are not analysed, no sum over the arms says how many are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from analysis.numbers import PROPORTION
from analysis.results.counted import Counted, counted_by, marks
from analysis.results.declarations import STATISTICS
from analysis.results.melted import WORDS
from analysis.results.table import ROW_KEY
from analysis.sources.trial.plan_disclosure import Allowed

WITHHELD = "withheld"
"""What stands in place of a number that is not small itself."""
RESTS = "rests"
"""Column of a frame: the counts that a row rests on and does not show, each n of N, in a tuple;
where it is given, what the row itself counts is not participants."""
PEOPLE = (
    "n n.event N_obs N_miss n.change n.baseline n.on.treatment n.lasting n.censor n.competing "
    "count.treatment count.reference"
).split()
"""Statistics that count participants."""
RECORDS = "events"
"""The statistic that counts their records: of so many participants at most."""
FROM_COUNTS = ("p", RECORDS, "exposure")
"""Statistics beside which an estimate is a share or a rate: the count could be had from it."""
EXTREMES = ("min", "max", "min.change", "max.change")
"""Statistics that are the value of one participant."""
AMONG = "among"
"""Column of a frame: how many a row is of besides its own population, as a set is of its arm; by
itself the size of the arm, and nothing where the N of a row is rounded."""
SUMS = ("n", "n.test", "n.reference", "parameter")
"""Statistics of an estimate that tell how many were analysed in all; degrees of freedom do."""
PUBLISHED = "published"
"""Status of numbers that are public already."""
NOT_OF_PEOPLE = ("N", "conf.level")
"""Statistics that a row keeps also where it is withheld."""
ADD_UP = (("variable_level",), ("group2_level",), ("variable", "variable_level"))
"""Parts of the key of a row along which rows may add up to a total."""


class _Row:
    """A row of a table: how many it is of, how many it counts, and how much is withheld."""

    def __init__(self, record: dict[str, Any], unit: str, allowed: Allowed) -> None:
        self.record, self.allowed = record, allowed
        self.share = (record.get("unit") or unit) == PROPORTION or any(
            _number(record.get(name)) is not None for name in FROM_COUNTS
        )
        self.of = _number(record.get("N"))
        if self.of is None:
            self.of = _number(record.get("n_population"))
        self.among = _number(record.get(AMONG))
        self.every = [every for every in (self.of, self.among) if every is not None]
        self.bound, self.sums, self.sized = True, True, True
        sizes = {name: self._size(name) for name in (*PEOPLE, RECORDS)}
        self.sizes = {name: size for name, size in sizes.items() if size is not None}
        self.whole, self.part = self._own()
        self.base = self.counts_people and self.leaves_few(self.of)

    def leaves_few(self, size: float | None) -> bool:
        """Say whether the size of what a row is of tells of a few who are not among them."""
        published = self.record.get("data_status") == PUBLISHED
        if size is None or self.among is None or published:
            return False
        return self.allowed.small(self.among - size)

    def says(self, size: float | None) -> bool:
        """Say whether the size of its population is given."""
        return self.sized and not self.leaves_few(size) and (self.counts_people or not self.whole)

    def _size(self, name: str) -> float | None:
        """Return how many participants a statistic counts; None where it is not given."""
        value = _number(self.record.get(name))
        if value is None:
            return None
        of_it = (self.record.get(column) for column in counted_by(name))
        counted = next((each for each in of_it if isinstance(each, Counted)), None)
        if counted is not None and value:
            return float(len(counted.participants))
        return value

    def few(self, size: float | None) -> bool:
        """Say whether a count, or what it leaves of all, is too small."""
        if size is None:
            return False
        return any(map(self.allowed.small, [size, *(every - size for every in self.every)]))

    def _own(self) -> tuple[bool, bool]:
        small = self.allowed.small
        if self.record.get("data_status") == PUBLISHED:
            return False, False
        if not self.counts_people:
            return any(small(n) or small(size - n) for n, size in self.record[RESTS]), False
        below = any(small(n) for n in (self.sizes.get("n", self.of), self.of) if n is not None)
        return below, any(map(self.few, self.sizes.values()))

    @property
    def counts_people(self) -> bool:
        """Whether its counts are of participants."""
        return not isinstance(self.record.get(RESTS), tuple)

    @property
    def withheld(self) -> bool:
        return self.whole or self.part

    @property
    def adds_up(self) -> bool:
        """Whether it counts participants and nothing else, so that other rows may complete it."""
        return self.counts_people and "n" in self.sizes and _number(self.record.get("mean")) is None

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the most participants that what stands in place of its count allows."""
        if self.allowed.small(self.sizes["n"]):
            return 1, self.allowed.minimum - 1
        for every in self.every:
            if self.allowed.small(every - self.sizes["n"]):
                return every - self.allowed.minimum + 1, every - 1
        return 0, math.inf

    def words(self) -> Iterator[tuple[str, str]]:
        """Yield each statistic that is not shown, with what stands in its place."""
        extremes = self.allowed.points == "grouped"
        if self.record.get("data_status") == PUBLISHED:
            return
        for name, value in self.record.items():
            if name not in STATISTICS or _number(value) is None:
                continue
            if name == "N" and self.counts_people:
                if self.allowed.small(float(value)):
                    yield name, self.allowed.count(int(value))
                elif self.base and self.among is not None:
                    yield name, f"> {self.among - self.allowed.minimum:g}"
            elif self._hides(name) or (extremes and name in EXTREMES):
                yield name, self._in_place(name)

    def _hides(self, name: str) -> bool:
        if name in NOT_OF_PEOPLE:
            return False
        if self.whole:
            return True
        scale = STATISTICS[name].scale
        share = scale == "proportion" or (self.share and scale == "value")
        if self.part and (share or name in self.sizes):
            return True
        return (self.base and share) or (name in SUMS and self._tells_sum(name))

    def _tells_sum(self, name: str) -> bool:
        """Say whether a statistic of an estimate tells how many were analysed, and may not."""
        value = _number(self.record.get(name))
        counts = any(_number(self.record.get(each)) is not None for each in FROM_COUNTS)
        if value is None or counts or _number(self.record.get("estimate")) is None:
            return False
        if name == "parameter" and self.part:
            return math.isfinite(value)
        return not self.sums and math.isfinite(value) and value != self.of

    def _in_place(self, name: str) -> str:
        size = self.sizes.get(name) if name != RECORDS and self.bound else None
        if size is not None and self.allowed.small(size):
            return f"< {self.allowed.minimum}"
        for every in self.every:
            if size is not None and self.allowed.small(every - size):
                return f"> {every - self.allowed.minimum:g}"
        return WITHHELD


def withheld(
    frame: pd.DataFrame,
    allowed: Allowed,
    *,
    arms: Sequence[str] = (),
    unit: str = "",
    sums: bool = True,
) -> pd.DataFrame:
    """Return the rows of an analysis without counts of few participants, and what tells them.

    Parameters
    ----------
    frame
        One row per table row, as for `rows_of`, with ``n_population``; perhaps with `RESTS` and
        `AMONG`.
    allowed
        What the plan of the trial allows.
    arms
        The arms of the trial: another level beside them is their total, or compares them.
    unit
        Unit of the rows that name none.
    sums
        Whether estimates may say how many were analysed in all arms together.

    Returns
    -------
    pandas.DataFrame
        The same rows without these two. A number that is not shown has a text in the column
        ``words:NAME``: ``< 5``; ``> 25`` for all but a few of 30; else `WITHHELD`. It opens no
        records.

    Examples
    --------
    >>> real = Allowed(listed=False, identifiers=False, points="grouped", minimum=5, dates=False)
    >>> counts = pd.DataFrame({"group1_level": ["new", "old", "Total"], "n": [2, 12, 14], "N": 30})
    >>> withheld(counts, real, arms=["new", "old"])["words:n"].tolist()
    ['< 5', '', 'withheld']
    """
    rested = frame.reset_index(drop=True)
    frame = frame.drop(columns=[RESTS, AMONG], errors="ignore")
    if allowed.minimum <= 1 and allowed.points != "grouped":
        return frame
    rows = [_Row(record, unit, allowed) for record in rested.to_dict("records")]
    for row in rows:
        row.sums = sums
    if allowed.minimum > 1:
        before = -1
        while (now := sum(row.whole + row.part for row in rows)) > before:
            before = now
            _with_totals(rows, arms)
            _with_next_smallest(rows, allowed.minimum)
    words = [dict(row.words()) for row in rows]
    names = dict.fromkeys(name for each in words for name in each)
    told = {f"{WORDS}{name}": [each.get(name, "") for each in words] for name in names}
    closed = [row.withheld or row.base for row in rows]
    open_ = pd.Series([not each for each in closed], index=frame.index, dtype=bool)
    held = {name: frame[name].where(open_, None) for name in marks(frame)}
    if "n_population" in frame:
        sizes = [
            _shown_size(size, allowed) if row.says(_number(size)) else ""
            for row, size in zip(rows, frame["n_population"], strict=True)
        ]
        held["n_population"] = pd.Series(sizes, index=frame.index, dtype=object)
    return frame.assign(**held, **told)


def _with_totals(rows: list[_Row], arms: Sequence[str]) -> None:
    """Withhold what adds or compares arms of which one is withheld.

    No bound is said of a total: "< 5" for two arms of two severities says that each is one.
    """
    for family in _families(rows, ("group1_level",)):
        own = [row for row in family if row.record.get("group1_level") in arms]
        others = [row for row in family if row.record.get("group1_level") not in arms]
        if any(row.withheld or row.base for row in own):
            for row in others:
                row.whole, row.bound = True, False
                row.sized = row.sized and not any(each.base for each in own)


def _with_next_smallest(rows: list[_Row], minimum: int) -> None:
    """Withhold so many rows that no sum of rows gives away what is withheld."""
    for along in ADD_UP:
        for family in _families([row for row in rows if row.adds_up], along):
            gone = [row for row in family if row.withheld]
            rest = [row for row in family if not row.withheld and 0 < row.sizes["n"] != row.of]
            rest.sort(key=lambda row: row.sizes["n"], reverse=True)
            while gone and rest and (
                len(gone) == 1 or _sum(gone) < minimum or _told(gone)
            ):  # fmt: skip
                rest[-1].part = True
                gone.append(rest.pop())
            for row in gone if _told(gone) or _all_one(gone, minimum) else ():
                row.bound = False


def _sum(rows: Sequence[_Row]) -> float:
    return sum(row.sizes["n"] for row in rows)


def _told(rows: Sequence[_Row]) -> bool:
    """Say whether each count follows from the bounds of all, for whoever knows their sum.

    Two counts of fewer than 5 that are 8 together are 4 and 4; four that are 4 are 1 each. A sum
    that is smaller is known to nobody.
    """
    if len(rows) < 2 or _sum(rows) < rows[0].allowed.minimum - 1:
        return False
    least, most = zip(*(row.bounds for row in rows), strict=True)
    return _sum(rows) in (sum(least), sum(most))


def _all_one(rows: Sequence[_Row], minimum: int) -> bool:
    """Say whether so many rows count one that "< 5" of each, and of all, tells it.

    Four grades of at least one participant each, of fewer than five in all, have one each, whatever
    stands beside them: a row of several grades, too.
    """
    return sum(row.sizes["n"] == 1 for row in rows) >= minimum - 1 > 1


def _families(rows: Sequence[_Row], along: Sequence[str]) -> Iterator[list[_Row]]:
    """Yield the rows that differ in some parts of their key only."""
    found: dict[tuple[str, ...], list[_Row]] = {}
    for row in rows:
        key = tuple(str(row.record.get(name, "")) for name in ROW_KEY if name not in along)
        found.setdefault(key, []).append(row)
    yield from found.values()


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, str) or pd.isna(value):
        return None
    return float(value)


def _shown_size(size: Any, allowed: Allowed) -> Any:
    number = _number(size)
    return "" if number is not None and allowed.small(number) else size

"""Give participants the events and facts that are counted, so that every printed count comes out.

Small sets are dealt with before the wide ones that hold them: of a wide set only what is still
wanting is given, to those of whom nothing is counted yet. A count that no whole number of
participants gives, or that others leave no room for, is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.numbers import shown
from analysis.sources.synthetic.calibrated.columns import Columns
from analysis.sources.synthetic.calibrated.groups import Groups, Rows
from analysis.sources.synthetic.calibrated.printed import Number

Truths = npt.NDArray[np.bool_]
WIDE = ("ANYAE", "ANYTEAE")
"""Counts of whoever had any event: dealt with first, and further events are given to them."""
SEX = "SEX"
OF_PARTICIPANTS = ("event", "fact", "sex")


class Fact(NamedTuple):
    """What is counted, and until when."""

    code: str
    months: float
    variant: str


@dataclass(slots=True)
class Counted:
    """Who has what.

    Parameters
    ----------
    has
        Fact → whether each participant has it.
    known
        Fact → of whom something is counted.
    missed
        Number that does not come out → why.
    """

    has: dict[Fact, Truths] = field(default_factory=dict)
    known: dict[Fact, Truths] = field(default_factory=dict)
    missed: dict[str, str] = field(default_factory=dict)


def whole_number(number: Number, size: int) -> int | None:
    """Return the count of so many participants that a number prints; None where none gives it.

    Examples
    --------
    >>> from analysis.sources.evidence import load_ledger
    >>> from analysis.sources.synthetic.calibrated.printed import numbers_of
    >>> share = next(n for n in numbers_of(load_ledger(), "VALT-GHD-2007") if n.statistic == "pct")
    >>> share.value, whole_number(share, 98), whole_number(share, 9)
    (3.1, 3, None)
    """
    if number.statistic != "pct":
        return int(number.value) if number.value == int(number.value) <= size else None
    near = round(number.value * size / 100)
    printed = shown(number.value, number.decimals)
    for count in (near, near - 1, near + 1):
        if 0 <= count <= size and shown(100 * count / size, number.decimals) == printed:
            return count
    return None


def count(columns: Columns, rng: np.random.Generator) -> Counted:
    """Return who has which event, sex or other fact.

    Parameters
    ----------
    columns
        The numbers of the study and its participants.
    rng
        Says who of a set has what.
    """
    found = Counted()
    numbers = [
        each
        for each in columns.numbers
        if each.counts and not each.reference and columns.carrier(each).kind in OF_PARTICIPANTS
    ]
    order = rng.permutation(columns.groups.size)
    numbers.sort(key=lambda each: (each.code not in WIDE, len(_rows(columns.groups, each))))
    for number in numbers:
        _give(found, columns, number, rng.permutation(order))
    return found


def fact_of(columns: Columns, number: Number) -> Fact:
    """Return what a number counts: men and women are counts of one fact."""
    if columns.carrier(number).kind == "sex":
        return Fact(SEX, 0.0, "")
    return Fact(number.code, number.months, number.variant)


def _rows(groups: Groups, number: Number) -> Rows:
    """Return the rows that a count is of.

    A share without its n is of the most participants of whom it is possible.
    """
    rows = groups.members(number.arm, number.population, number.n)
    if number.n is None and number.statistic == "pct":
        sizes = (size for size in range(len(rows), 0, -1) if whole_number(number, size) is not None)
        return rows[: next(sizes, len(rows))]
    return rows


def _give(found: Counted, columns: Columns, number: Number, order: Rows) -> None:
    """Give what a number counts to as many of its set as are wanting."""
    groups, fact = columns.groups, fact_of(columns, number)
    has = found.has.setdefault(fact, np.zeros(groups.size, dtype=bool))
    known = found.known.setdefault(fact, np.zeros(groups.size, dtype=bool))
    rows = _rows(groups, number)
    wanted = whole_number(number, len(rows))
    if wanted is None:
        found.missed[number.result_id] = _no_number(number, len(rows))
        return
    if number.code == "FEMALE":
        wanted = len(rows) - wanted
    inside = np.zeros(groups.size, dtype=bool)
    inside[rows] = True
    more = wanted - int((has & inside).sum())
    free = inside & ~known
    pools = [free & any_event for any_event in _any_event(found, columns, number, rows)]
    pool = pools[0] if pools else free
    # Whoever has no event at all has none of a kind.
    choice = [row for row in order if pool[row]]
    if more < 0 or more > len(choice):
        found.missed[number.result_id] = (
            f"{wanted} of {len(rows)} cannot hold with the other counts of {fact.code}: they leave "
            f"{int((has & inside).sum())} to {int((has & inside).sum()) + len(choice)}"
        )
        return
    has[choice[:more]] = True
    known |= inside


def _any_event(found: Counted, columns: Columns, number: Number, rows: Rows) -> Sequence[Truths]:
    """Return who had any event, where that is counted of all whom a number is of."""
    if number.code in WIDE or columns.domain(number.code) != "safety" or number.code == "ADA":
        return []
    return [
        has
        for fact, has in found.has.items()
        if fact.code in WIDE and found.known[fact][rows].all() and fact.months >= number.months
    ]


def _no_number(number: Number, size: int) -> str:
    if number.statistic == "pct":
        return f"no whole number of {size} participants is {number.value:g} %"
    return f"{number.value:g} of {size} participants is not possible"

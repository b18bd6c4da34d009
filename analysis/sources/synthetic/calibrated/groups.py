"""Who the participants of a study are: arms, groups within arms, and analysis sets, by position.

A participant has a place in its arm. A set of so many is the first so many of its arm, so that
sets lie in each other and later values are those of who stayed; sets that differ by what their
members are (prepubertal and pubertal) lie side by side. The ledger says how many, not who.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sources.populations import is_per_protocol
from analysis.sources.synthetic.calibrated.printed import Number
from analysis.sources.synthetic.calibrated.sizes import (
    arm_sizes,
    beside,
    counted_in,
    extend,
    fill_from_contrasts,
    needed_size,
    precisions,
    printed_sizes,
    shares_of,
)

Rows = npt.NDArray[np.int64]
ARMS = ("test", "comparator", "single")
"""Roles of arms that participants are treated in; others are groups of them."""
EVERYBODY = "all"
KEPT = 0.9
"""Share of an arm in a per-protocol set of which no n is printed."""


@dataclass(slots=True)
class Groups:
    """The participants of a study.

    Parameters
    ----------
    arms
        Arm → how many, in the order of the ledger.
    parts
        Group within the arms → the rows of its members, in their order; arms are among them.
    sets
        (arm or group, analysis set) → rows of its members, in their order.
    assumed
        (arm or group, analysis set) → why it has this many, where no number is printed.
    inside
        Groups that are no arm → where they lie, in words.
    """

    arms: dict[str, int]
    parts: dict[str, Rows]
    sets: dict[tuple[str, str], Rows]
    assumed: dict[tuple[str, str], str] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many participants there are."""
        return sum(self.arms.values())

    @property
    def arm_of(self) -> npt.NDArray[np.object_]:
        """The arm of each participant."""
        return np.repeat(np.array(list(self.arms), dtype=object), list(self.arms.values()))

    def members(self, arm: str, population: str, n: int | None = None) -> Rows:
        """Return the rows of the first `n` of a set; of all of it without."""
        return self.sets[arm, population][:n]


def lay_out(numbers: Sequence[Number], arms: pd.DataFrame, allocation: str, usual: int) -> Groups:
    """Place the participants that a study's numbers rest on.

    Parameters
    ----------
    numbers
        Its published numbers.
    arms
        Its rows of ``arms.csv``.
    allocation
        The ratio of the arms as printed, "" where none is.
    usual
        Participants of an arm of which nothing is printed.
    """
    ids = list(arms["arm_id"])
    roles = dict(zip(ids, arms["role"], strict=True))
    treated = [each for each in ids if roles[each] in ARMS]
    whole = [each for each in ids if roles[each] == "all"]
    groups = [each for each in ids if each not in treated and each not in whole]
    if len(treated) == 1:
        # Who was given something else is in no arm that was not: literature, other cohorts.
        own = dict(zip(ids, arms["product"], strict=True))
        apart = [g for g in groups if treated[0] not in g and own[g] != own[treated[0]]]
        treated, groups = treated + apart, [g for g in groups if g not in apart]
    if not treated:
        treated, whole = [(whole or [EVERYBODY])[0]], whole[1:]
    sizes = printed_sizes(numbers)
    within = {each: _arm_of_group(each, treated) for each in groups}
    needed = {each: needed_size(each, sizes, numbers) for each in (*treated, *groups)}
    known = {each: needed[each] for each in treated}
    for each in treated:
        inside = [group for group, arm in within.items() if arm == each or len(treated) == 1]
        if inside and (len(treated) == 1 and not sizes.get(each)):
            known[each] = max(known[each], sum(needed[group] or usual for group in inside))
        named = sum(needed[group] for group, arm in within.items() if arm == each)
        known[each] = max(known[each], named)
    assumed: dict[tuple[str, str], str] = {}
    fill_from_contrasts(known, numbers)
    total = max([0, *(size for each in whole for size in sizes.get(each, {}).values())])
    extend(known, total, sizes, whole)
    in_arms, why = arm_sizes(known, total, allocation, precisions(numbers, known), usual)
    starts = np.cumsum([0, *in_arms.values()])
    parts: dict[str, Rows] = {
        name: np.arange(start, start + size)
        for (name, size), start in zip(in_arms.items(), starts[:-1], strict=True)
    }
    everybody = _interleaved(list(parts.values()))
    found = Groups(in_arms, parts, {}, assumed)
    for each in whole:
        parts[each] = everybody
    shares = {
        parent: shares_of(
            parent,
            within,
            needed,
            len(parts[parent] if parent else everybody),
            others=total > 0 or bool(sizes.get(parent)),
        )
        for parent in within.values()
    }
    for parent in dict.fromkeys(within.values()):
        rows = parts[parent] if parent else everybody
        inside = [each for each in groups if within[each] == parent]
        own = {
            each: needed[each] or max(shares[parent][each], counted_in(each, numbers))
            for each in inside
        }
        parts |= _placed(own, rows)
        found.inside |= dict.fromkeys(inside, parent or "all arms")
    # Wide parts first: a set of unknown size is what is in the same set of a wider part.
    for each in sorted(parts, key=lambda name: -len(parts[name])):
        populations = dict.fromkeys(pop for arm, pop in _pairs(numbers) if arm == each)
        _add_sets(found, each, list(populations), sizes, numbers, why.get(each, ""))
    return found


def _pairs(numbers: Iterable[Number]) -> list[tuple[str, str]]:
    """Return every arm and set that a number is of, those compared among them."""
    found = []
    for each in numbers:
        found.append((each.arm, each.population))
        if each.reference:
            found.append((each.reference, each.population))
    return list(dict.fromkeys(found))


def _arm_of_group(group: str, arms: Sequence[str]) -> str:
    """Return the arm that a group lies in: the first whose name stands in the group's; else ""."""
    places = [(group.find(arm), -len(arm), arm) for arm in arms if arm in group]
    return min(places)[2] if places else ""


def _placed(sizes: dict[str, int], rows: Rows) -> dict[str, Rows]:
    """Return the rows of groups: side by side as far as there is room, each all over its arm.

    The ledger does not say who is in two groups.
    """
    placed: dict[str, Rows] = {}
    together: dict[str, int] = {}
    for name, size in sizes.items():
        if sum(together.values()) + size <= len(rows):
            together[name] = size
        else:
            placed[name] = rows[:size]
    ends = np.cumsum([0, *together.values(), len(rows) - sum(together.values())])
    blocks = [np.arange(a, b) for a, b in pairwise(ends) if b > a]
    order = _interleaved(blocks)
    for (name, _), start, end in zip(together.items(), ends[:-1], ends[1:], strict=False):
        placed[name] = rows[(order >= start) & (order < end)]
    return {name: placed[name] for name in sizes}


def _interleaved(parts: Sequence[Rows]) -> Rows:
    """Return all rows in an order in which every stretch has its share of every part."""
    places = np.concatenate([(np.arange(len(part)) + 0.5) / len(part) for part in parts])
    return np.concatenate(parts)[np.argsort(places, kind="stable")]


def _add_sets(
    groups: Groups,
    arm: str,
    populations: Sequence[str],
    sizes: dict[str, dict[str, int]],
    numbers: Sequence[Number],
    why: str,
) -> None:
    """Add the sets of an arm or group."""
    rows, own = groups.parts[arm], sizes.get(arm, {})
    side, start = beside(arm, numbers), 0
    left = len(rows) - sum(own.get(each, 0) for each in side)
    unknown = [each for each in side if each not in own]
    for population in populations:
        size, first = own.get(population, len(rows)), 0
        printed = any(
            each.reference and each.n and each.population == population
            and arm in (each.arm, each.reference)
            for each in numbers
        )  # fmt: skip
        kept = is_per_protocol(population) and population not in own and len(populations) > 1
        kept = kept and not printed
        if kept:
            size = max(3, round(KEPT * size))
        if population in side:
            size = own.get(population) or max(3, left // len(unknown))
            first = start if start + size <= len(rows) else 0
            start = first + size
        groups.sets[arm, population] = rows[first : first + size]
        wider = [
            found
            for (other, same), found in groups.sets.items()
            if same == population and other != arm and (other, same) not in groups.assumed
            and np.isin(rows, groups.parts[other]).all()
        ]  # fmt: skip
        if population not in own and population not in side and wider:
            both = rows[np.isin(rows, wider[-1])]
            groups.sets[arm, population] = both if len(both) > 1 else rows
        if population not in own:
            groups.assumed[arm, population] = why or (
                "no n is printed; an equal share of who is left in the arm"
                if population in side
                else f"no n is printed; {KEPT:.0%} of the arm keep to the protocol"
                if kept
                else "no n is printed; everybody in the arm"
            )

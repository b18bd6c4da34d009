"""What a stranger works out from the counts of a report: arms and totals, levels and all of them.

Each count is an interval, as it is shown; each thing that adds up narrows the others. What is
left of one number was told.
"""

import math
import re
from collections.abc import Hashable, Iterator, Sequence

import pandas as pd

Interval = tuple[float, float]
Sum = tuple[Hashable, list[Hashable]]
"""A count, and those that add up to it."""

PART = ["variable", "variable_level", "group2_level"]


def as_shown(word: str, size: float = math.inf) -> Interval:
    """Return between what a count lies by what is shown of it, one of `size` participants."""
    if word.isdigit():
        return float(word), float(word)
    if below := re.fullmatch(r"< (\d+)", word):
        return 1, float(below[1]) - 1
    if above := re.fullmatch(r"> (\d+)", word):
        return float(above[1]) + 1, size - 1
    return 0, size


def narrowed(known: dict[Hashable, Interval], sums: Sequence[Sum]) -> dict[Hashable, Interval]:
    """Return the intervals that are left of counts when all sums hold."""
    found, before = dict(known), dict[Hashable, Interval]()
    while found != before:
        before = dict(found)
        for total, parts in sums:
            low, high = (sum(found[part][end] for part in parts) for end in (0, 1))
            found[total] = max(found[total][0], low), min(found[total][1], high)
            for part in parts:
                least = found[total][0] - (high - found[part][1])
                most = found[total][1] - (low - found[part][0])
                least = found[part][0] if math.isnan(least) else max(found[part][0], least)
                found[part] = least, min(found[part][1], most)
    return found


def told(known: dict[Hashable, Interval], sums: Sequence[Sum], few: int) -> list[Hashable]:
    """Return the counts of fewer than `few` that are not shown and are known nevertheless."""
    found = narrowed(known, sums)
    return [
        key for key, (low, high) in found.items()
        if known[key][0] != known[key][1] and low == high and 0 < low < few
    ]  # fmt: skip


def counts_of(rows: pd.DataFrame) -> dict[Hashable, Interval]:
    """Return what is shown of every count n: (analysis, arm, variable, level, second level)."""
    own = rows[(rows["stat_name"] == "n") & (rows["data_status"] == "real")]
    sizes = pd.to_numeric(own["n_population"], errors="coerce").fillna(math.inf)
    keys = own[["analysis_id", "group1_level", *PART]].itertuples(index=False, name=None)
    return {
        key: as_shown(word, size)
        for key, word, size in zip(keys, own["stat_fmt"], sizes, strict=True)
    }


def sums_of(known: dict[Hashable, Interval], arms: list[str]) -> Iterator[Sum]:
    """Yield what adds up in a report of a controlled trial, within a table and across tables."""
    frame = pd.DataFrame(list(known), columns=["analysis", "arm", *PART]).assign(key=list(known))
    for _, own in frame.groupby(["analysis", *PART]):
        of_arm = own.set_index("arm")["key"]
        if {"Total", *arms} <= set(of_arm.index):
            yield of_arm["Total"], list(of_arm[arms])
    for arm in [*arms, "Total"]:
        own = frame[frame["arm"] == arm]
        for _, levels in own[own["analysis"] == "baseline"].groupby("variable"):
            real = levels[levels["variable_level"] != "n (missing)"]
            whole = levels[levels["variable_level"] == "n (missing)"]
            if len(real) and len(whole):
                yield whole["key"].iloc[0], list(real["key"])
        for table in ("ae-by-severity", "ae-by-relation"):
            for (where, term), levels in own[own["analysis"] == table].groupby(
                ["variable", "group2_level"]
            ):
                every = ("ae-by-term", arm, where, term, "")
                if term == "Any event" and where == "All system organ classes":
                    every = ("ae-overview", arm, "Any treatment-emergent event", "", "")
                if every in known:
                    yield every, list(levels["key"])
        by_sex = own[own["analysis"] == "ae-by-subgroup-sex"]
        for (where, what), levels in by_sex.groupby(["variable", "variable_level"]):
            every = ("ae-by-term", arm, where, what, "")
            if where == "Overview":
                every = ("ae-overview", arm, what, "", "")
            if every in known:
                yield every, list(levels["key"])
        flow = own[own["analysis"] == "disposition"]
        for first, rest, why in (
            ("Randomised", "Completed", "Stopped"),
            ("In the analysis set", "Analysed", "In the set and not analysed"),
        ):
            whole, parts = flow[flow["variable"] == first], flow[flow["variable"].isin([rest, why])]
            if len(whole) and len(parts):
                yield whole["key"].iloc[0], list(parts["key"])
        for same, other in (
            (("ae-overview", arm, "Severe", "", ""),
             ("ae-by-severity", arm, "All system organ classes", "Severe", "Any event")),
            (("ae-overview", arm, "Related to treatment", "", ""),
             ("ae-by-relation", arm, "All system organ classes", "Related", "Any event")),
        ):  # fmt: skip
            if {same, other} <= set(known):
                yield same, [other]

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

ROUNDED = "ae-onset"
"""The analysis whose N, on treatment, are rounded to multiples of the minimum."""
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


def sizes_told(rows: pd.DataFrame, few: int) -> list[str]:
    """Return where the size of a part of an arm stands that leaves out few of the arm.

    Populations of their own leave what they leave; of the page's own no size may, nor what was
    analysed of it, nor the degrees of freedom of what few arms have.
    """
    real = rows[(rows["data_status"] == "real") & (rows["stat"] != "")]
    real = real[real["analysis_id"] != ROUNDED]
    named = real["stat_name"].isin(["N", "n", "n.test", "n.reference", "n.change", "N_obs"])
    sizes = real[named].assign(size=pd.to_numeric(real.loc[named, "stat"]))
    whole = pd.to_numeric(rows["n_population"], errors="coerce").groupby(
        [rows["population"], rows["group1_level"]]
    )
    most = whole.max()
    own = pd.MultiIndex.from_frame(sizes[["population", "group1_level"]])
    left = most.reindex(own).to_numpy() - sizes["size"].to_numpy()
    near = sizes[(left > 0) & (left < few)]
    given = pd.to_numeric(rows["n_population"], errors="coerce")
    left = most.reindex(pd.MultiIndex.from_frame(rows[["population", "group1_level"]])).to_numpy()
    denominators = rows[(left - given > 0) & (left - given < few)]
    return [
        f"{row.analysis_id}: {row.group1_level}, {row.variable}, {row.stat_name} {row.stat}"
        for frame in (near, denominators) for row in frame.itertuples()
    ]  # fmt: skip


def subtracted(pages: Sequence[pd.DataFrame], few: int) -> list[str]:
    """Return the counts of one thing on two pages that differ by few."""
    keys = ["analysis_id", "group1_level", *PART, "stat_name"]
    found = []
    for number, one in enumerate(pages):
        for other in pages[number + 1 :]:
            both = one.merge(other, on=keys, suffixes=("", ".other"))
            both = both[both["stat_name"].isin(["n", "N", "n.event", "N_miss"])]
            apart = pd.to_numeric(both["stat"]) - pd.to_numeric(both["stat.other"])
            found += both.loc[apart.abs().between(1, few - 1), "analysis_id"].tolist()
    return found


def ordered_by_few(rows: pd.DataFrame, analysis: str) -> list[str]:
    """Return the groups of a table whose rows of few do not stand by name: the order tells them.

    Sorted by size and then by name, A C | B D | A says of four descents that they are 4, 3, 2, 1.
    """
    own = rows[(rows["analysis_id"] == analysis) & (rows["stat_name"] == "n")]
    few = own[own["stat_fmt"].str.startswith(("<", ">"))]
    names = few.drop_duplicates(["variable", "variable_level"]).groupby("variable", sort=False)
    return [
        str(group)
        for group, each in names["variable_level"]
        if list(each[each != "Any event"]) != sorted(each[each != "Any event"])
    ]

"""How many participants arms and sets have: as printed, as far as it follows, else assumed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from analysis.sources.populations import is_analysis_set
from analysis.sources.synthetic.calibrated.printed import Number
from analysis.sources.synthetic.draws import whole_parts


def printed_sizes(numbers: Sequence[Number]) -> dict[str, dict[str, int]]:
    """Return how many each set holds, as far as it is printed: the most of its numbers."""
    found: dict[str, dict[str, int]] = {}
    for each in numbers:
        if each.reference:
            continue
        own = found.setdefault(each.arm, {})
        printed = [each.n or 0, int(each.value) if each.code == "PARTIC" else 0]
        if max(printed):
            own[each.population] = max(own.get(each.population, 0), *printed)
    return found


def needed_size(arm: str, sizes: dict[str, dict[str, int]], numbers: Sequence[Number]) -> int:
    """Return how many an arm must have for its sets to fit: side by side or in each other."""
    own = sizes.get(arm, {})
    side = beside(arm, numbers)
    return max([0, sum(own.get(each, 0) for each in side), *own.values()])


def beside(arm: str, numbers: Sequence[Number]) -> list[str]:
    """Return the sets of an arm that differ by what their members are and print one quantity."""
    own = [each for each in numbers if each.arm == arm and not each.reference]
    own = [each for each in own if not is_analysis_set(each.population)]
    found = []
    for each in own:
        rivals = {
            other.population
            for other in own
            if (other.code, other.months, other.statistic)
            == (each.code, each.months, each.statistic)
        }
        if len(rivals) > 1:
            found.append(each.population)
    return list(dict.fromkeys(found))


def arm_sizes(
    known: dict[str, int], total: int, allocation: str, precise: dict[str, float], usual: int
) -> tuple[dict[str, int], dict[str, str]]:
    """Return the size of each arm, and why where it is not printed."""
    unknown = [name for name, size in known.items() if not size]
    left = total - sum(known.values())
    if not unknown:
        return dict(known), {}
    if left < len(unknown):
        reason = f"no n is printed; {usual} is the median of the arms of the ledger"
        return known | dict.fromkeys(unknown, usual), dict.fromkeys(unknown, reason)
    ratio = [float(part) for part in allocation.split(":") if part]
    weights = dict(zip(known, ratio, strict=True)) if len(ratio) == len(known) else precise
    parts = whole_parts(np.array([weights.get(name, 1.0) for name in unknown]), left)
    how = "by the widths of their intervals" if weights else "equally"
    how = f"as the allocation {allocation}" if len(ratio) == len(known) else how
    reason = f"no n of the arm is printed; the {total} participants are shared {how}"
    split = dict(zip(unknown, map(int, parts), strict=True))
    return known | split, dict.fromkeys(unknown, reason)


def extend(
    known: dict[str, int], total: int, sizes: dict[str, dict[str, int]], whole: Sequence[str]
) -> None:
    """Enlarge arms of which only a part is printed, such as who reached adult height.

    Where arms and total are of one set, they must add up themselves.
    """
    of_total = [pop for each in whole for pop, n in sizes.get(each, {}).items() if n == total]
    parts = [
        arm
        for arm in known
        if not any(pop.casefold() in map(str.casefold, of_total) for pop in sizes.get(arm, {}))
    ]
    left = total - sum(known.values())
    if not all(known.values()) or not parts or left <= 0:
        return
    shares = np.array([float(known[arm]) for arm in parts])
    for arm, more in zip(parts, whole_parts(shares, left), strict=True):
        known[arm] += int(more)


def fill_from_contrasts(known: dict[str, int], numbers: Sequence[Number]) -> None:
    """Take what a comparison's n leaves for an arm whose own is not printed."""
    for each in numbers:
        pair = (each.arm, each.reference)
        if not (each.reference and each.n and all(arm in known for arm in pair)):
            continue
        unknown = [arm for arm in pair if not known[arm]]
        left = each.n - sum(known[arm] for arm in pair)
        if unknown and left >= len(unknown):
            weights = precisions(numbers, known)
            shares = np.array([weights.get(arm, 1.0) for arm in unknown])
            for arm, size in zip(unknown, whole_parts(shares, left), strict=True):
                known[arm] = int(size)


def precisions(numbers: Sequence[Number], arms: Iterable[str]) -> dict[str, float]:
    """Return what the intervals of one model say of the arms' relative sizes.

    The error of an arm's mean falls with the root of its size, and the model has one SD.
    """
    for number in numbers:
        found = {}
        for arm in arms:
            ends = {
                each.statistic: each.value
                for each in numbers
                if each.arm == arm and not each.reference and each.model == "adjusted"
                and (each.code, each.months) == (number.code, number.months)
            }  # fmt: skip
            if "ci_low" in ends and "ci_high" in ends:
                found[arm] = 1 / (ends["ci_high"] - ends["ci_low"]) ** 2
            elif "se" in ends:
                found[arm] = 1 / ends["se"] ** 2
        if found and set(found) == set(arms):
            return found
    return {}


def shares_of(
    parent: str, within: dict[str, str], needed: dict[str, int], room: int, *, others: bool
) -> dict[str, int]:
    """Return the sizes of the groups of which none is printed: shares of what others leave.

    Where the whole is printed, one share is of whoever is in none of them.
    """
    siblings = [each for each, arm in within.items() if arm == parent]
    unknown = [each for each in siblings if not needed[each]]
    if not unknown:
        return {}
    # A group of an arm is so large a part of it as the group whose name it has is of all.
    weights = [
        float(max([1, *(size for name, size in needed.items() if name != each and name in each)]))
        for each in unknown
    ]
    left = max(room - sum(needed[each] for each in siblings), 2 * (len(unknown) + 1))
    rest = [sum(weights) / len(weights)] if others else []
    parts = whole_parts(np.array([*weights, *rest]), left)
    return dict(zip(unknown, map(int, parts), strict=False))


def counted_in(group: str, numbers: Sequence[Number]) -> int:
    """Return the most participants that are counted in a group: it has no fewer."""
    counts = (
        int(each.value)
        for each in numbers
        if each.arm == group and each.statistic in ("n", "events")
    )
    return max(counts, default=0)

"""A comparison of the project with a named baseline, and how it is measured.

A module ``bench_*.py`` that has a list `COMPARISONS` has rows in the table of ``make bench``.
"""

import math
import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

ENOUGH, MOST = 0.5, 5
"""Seconds after which a measurement is not repeated, and how often it is made at most."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is measured.

    Parameters
    ----------
    what, baseline
        Words for the table: what the project does, and what it is divided into.
    sizes, of
        Three sizes, rising, and what is counted.
    make
        Makes the data of a size; not measured.
    ours, theirs
        What is done to the data. The baseline may return how many times as much as it did there
        is to be done, where it did a sample only, or None where a program that it needs is not
        installed.
    at
        The size at which both are compared; the largest if 0.
    """

    what: str
    baseline: str
    sizes: tuple[int, int, int]
    of: str
    make: Callable[[int], Any]
    ours: Callable[[Any], object]
    theirs: Callable[[Any], float | None]
    at: int = 0

    @property
    def compared_at(self) -> int:
        """The size at which both are compared."""
        return self.at or self.sizes[-1]


def processor() -> float:
    """Return the processor seconds of this process and of those that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def seconds(work: Callable[[Any], object], data: Any) -> float:
    """Return the least processor seconds that some work takes."""
    taken: list[float] = []
    while len(taken) < MOST and sum(taken) < ENOUGH:
        start = processor()
        work(data)
        taken.append(processor() - start)
    return min(taken)


def peak() -> float:
    """Return the largest memory of this process, or of one that it waited for, in megabytes."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return max(each.ru_maxrss for each in used) / 1024


def measured(comparison: Comparison) -> dict[str, Any]:
    """Measure a comparison in this process, which must be a fresh one."""
    comparison.ours(comparison.make(comparison.sizes[0]))  # Imports and first calls are no part.
    took = {size: seconds(comparison.ours, comparison.make(size)) for size in comparison.sizes}
    memory, data = peak(), comparison.make(comparison.compared_at)
    start = processor()
    times = comparison.theirs(data)
    theirs = None if times is None else (processor() - start) * times
    return {"took": list(took.values()), "peak": memory, "theirs": theirs,
            "ours": took[comparison.compared_at]}  # fmt: skip


def exponent(sizes: tuple[int, ...], took: list[float]) -> float:
    """Return the power of the size with which the time grows.

    >>> round(exponent((10, 100, 1000), [0.1, 1.0, 10.0]), 2)
    1.0
    """
    return float(np.polyfit([math.log(size) for size in sizes], np.log(took), 1)[0])


def row(comparison: Comparison, found: dict[str, Any]) -> list[str]:
    """Return the cells of a comparison's row."""
    theirs = found["theirs"]
    return [
        comparison.what,
        f"{comparison.compared_at:,} {comparison.of}",
        f"{_short(found['ours'])} s",
        comparison.baseline,
        "not installed" if theirs is None else f"{_short(theirs)} s",
        "" if theirs is None else _short(theirs / found["ours"]),
        f"{exponent(comparison.sizes, found['took']):.1f}",
        f"{found['peak']:.0f} MB",
    ]


def _short(value: float) -> str:
    """Return a number in three digits."""
    return f"{float(f'{value:.3g}'):,.7g}"

"""Published power calculations, and the rounding rule, recomputed."""

import math
from functools import partial

from analysis.numbers import round_half_away
from analysis.stats.power import power_equivalence, power_noninferiority
from analysis.stats.sample_size import sample_size_equivalence
from analysis.validation.values import Case, Values, taken

TOST = "TOST, exact"


def parallel_groups() -> Values:
    """Give the power of two parallel groups on the log scale."""
    found = power_equivalence(
        n_test=52,
        n_reference=49,
        sd=math.sqrt(math.log(1 + 0.35**2)),
        difference=math.log(0.95),
        margins=(math.log(0.8), -math.log(0.8)),
        alpha=0.05,
    )
    return taken(TOST, found, "power")


def equal_means() -> Values:
    """Give the power of showing that two means differ by less than 1.2."""
    found = power_equivalence(
        n_test=90, n_reference=60, sd=2.5, difference=0, margins=(-1.2, 1.2), alpha=0.05
    )
    return taken(TOST, found, "power")


def not_worse() -> Values:
    """Give the power of non-inferiority with unequal groups."""
    found = power_noninferiority(
        n_test=40, n_reference=20, sd=3, difference=0, margin=1.8, direction="higher", alpha=0.025
    )
    return taken("non-inferiority, exact", found, "power")


def crossover(cv: float, ratio: float, limit: float) -> Values:
    """Find the size of a 2 × 2 crossover: the t test of two groups with half the variance."""
    found = sample_size_equivalence(
        power=0.8,
        sd=math.sqrt(math.log(1 + cv**2) / 2),
        difference=math.log(ratio),
        margins=(math.log(limit), -math.log(limit)),
        alpha=0.05,
        allocation=1,
        dropout=0,
    )
    return taken(TOST, found, "n_total power")


def ties() -> Values:
    """Round numbers that lie halfway between two."""
    asked = {"2.5": (2.5, 0), "62.5": (62.5, 0), "0.285": (0.285, 2), "−2.5": (-2.5, 0)}
    return {
        ("half away from zero", name): float(round_half_away(value, digits))
        for name, (value, digits) in asked.items()
    }


PLANNING_CASES: dict[str, Case] = {
    "parallel, CV 0.35, 52 v 49": parallel_groups,
    "means, 90 v 60, margin 1.2": equal_means,
    "means, 40 v 20, margin 1.8": not_worse,
    "2 × 2 crossover, CV 0.20": partial(crossover, 0.20, 0.95, 0.8),
    "2 × 2 crossover, CV 0.125, limits 0.90": partial(crossover, 0.125, 0.975, 0.9),
    "ties": ties,
}

"""Published power, sample sizes and assurance, and the rounding rule, recomputed."""

import math
from functools import partial

from analysis.numbers import round_half_away
from analysis.stats.assurance import assurance_noninferiority
from analysis.stats.event_power import power_events, sample_size_events
from analysis.stats.power import power_equivalence, power_noninferiority
from analysis.stats.proportion_power import power_proportions
from analysis.stats.proportion_sample_size import sample_size_proportions
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


def believed() -> Values:
    """Give the assurance of a trial of 60 patients an arm."""
    found = assurance_noninferiority(
        n_test=60, n_reference=60, sd=3, prior_mean=-0.3, prior_sd=0.5, margin=1.8,
        direction="higher", alpha=0.025,
    )  # fmt: skip
    return taken("non-inferiority", found, "assurance known_variance")


def responses(proportion: float, n: int) -> Values:
    """Find the size of a trial of equal proportions, and its exact power."""
    size = sample_size_proportions(
        power=0.8, proportion_test=proportion, proportion_reference=proportion, margin=0.1,
        direction="higher", alpha=0.025, allocation=1, dropout=0,
    )  # fmt: skip
    exact = power_proportions(
        n_test=n, n_reference=n, proportion_test=proportion, proportion_reference=proportion,
        margin=0.1, direction="higher", alpha=0.025, method="exact",
    )  # fmt: skip
    return taken("Farrington–Manning", size, "n_total") | taken("exact", exact, "power")


def events_needed(hazard_ratio: float) -> Values:
    """Find the events that show a hazard ratio with a power of 0.9."""
    found = sample_size_events(
        power=0.9, hazard_ratio=hazard_ratio, margin=1, direction="lower", alpha=0.025,
        allocation=1, event_share_test=1, event_share_reference=1, dropout=0,
    )  # fmt: skip
    return taken("Schoenfeld", found, "events_exact events")


def power_of_events(events: int) -> Values:
    """Give the power of a number of events to show a hazard ratio of 0.6."""
    found = power_events(
        events=events, hazard_ratio=0.6, margin=1, direction="lower", alpha=0.025, allocation=1
    )
    return taken("Schoenfeld", found, "power std_error")


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
    "responses of 30%, margin 10 points": partial(responses, 0.3, 329),
    "responses of 50%, margin 10 points": partial(responses, 0.5, 390),
    "hazard ratio 0.5": partial(events_needed, 0.5),
    "hazard ratio 0.6": partial(events_needed, 0.6),
    "hazard ratio 0.6, 50 events": partial(power_of_events, 50),
    "hazard ratio 0.6, 100 events": partial(power_of_events, 100),
    "prior −0.3 ± 0.5, 60 v 60": believed,
    "ties": ties,
}

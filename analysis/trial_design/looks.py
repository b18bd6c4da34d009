"""The recommended trial with looks: its bounds, its sizes, and its simulated participants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from analysis.cluster import workers_for_simulation
from analysis.stats._checks import Array
from analysis.stats.ancova_many import adjusted_differences, moments_of
from analysis.stats.group_sequential import GroupSequentialDesign, design_group_sequential
from analysis.stats.laws import t_isf
from analysis.stats.sample_size import round_up
from analysis.trial_design.designs import MeansDesign
from analysis.trial_design.engine import simulate
from analysis.trial_design.evaluated import monte_carlo
from analysis.trial_design.settings import DesignRun
from analysis.trial_design.sizes import Sized, recommended

BOUNDARIES = {
    "O’Brien–Fleming": "obrien-fleming",
    "Pocock": "pocock",
    "Lan–DeMets (O’Brien–Fleming)": "lan-demets-obrien-fleming",
}
"""Boundaries of the page: name → word of `design_group_sequential`."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Trials that are looked at, participant by participant.

    Attributes
    ----------
    design
        The trial at its last look.
    looks
        Participants of test and reference at each.
    levels
        Nominal one-sided level of each.
    """

    design: MeansDesign
    looks: tuple[tuple[int, int], ...]
    levels: tuple[float, ...]

    def draw(self, rng: np.random.Generator, trials: int) -> Array:
        """Return how many were analysed when each trial ended, and whether it succeeded."""
        values = self.design.patients(rng, trials)
        size = np.full(trials, float(sum(self.looks[-1])))
        success = np.zeros(trials, dtype=bool)
        for (test, reference), alpha in zip(self.looks, self.levels, strict=True):
            start = self.design.n_test
            seen = np.concatenate([values[:, :test], values[:, start : start + reference]], axis=1)
            found = adjusted_differences(moments_of(seen, test))
            statistic = (self.design.sign * found.estimates + self.design.margin) / found.std_errors
            crosses = ~success & (statistic >= t_isf(alpha, found.dfs))
            size[crosses] = test + reference
            success |= crosses
        return np.stack([size, success])


@dataclass(frozen=True, slots=True)
class Sequence:
    """The recommended trial with looks: its bounds, and who is analysed at each."""

    bounds: GroupSequentialDesign
    fixed: Sized
    looks: tuple[tuple[int, int], ...]
    randomised: int

    @property
    def fixed_total(self) -> int:
        """Participants analysed by the trial without looks."""
        return self.fixed.design.n_test + self.fixed.design.n_reference


@lru_cache(maxsize=32)
def sequence(run: DesignRun, boundary: str) -> Sequence:
    """Return the trial of the highest power asked for, with looks by a boundary."""
    power = max(run.parameters.power)
    fixed = recommended(run)[run.parameters.power.index(power)]
    bounds = design_group_sequential(
        run.parameters.looks, boundary=boundary, alpha=run.assumptions.alpha, power=power
    )
    reference = bounds.inflation * fixed.design.n_reference
    looks = []
    for fraction in bounds.fractions.tolist():
        at = round_up(fraction * reference)
        looks.append((round_up(run.assumptions.allocation * at), at))
    kept = 1 - run.assumptions.dropout
    return Sequence(bounds, fixed, tuple(looks), sum(round_up(n / kept) for n in looks[-1]))


def simulated_looks(run: DesignRun, found: Sequence) -> dict[str, Any]:
    """Return what simulated participants say of level, power and size; nothing of other kinds."""
    asked = run.parameters
    truths = (run.kind.at_margin(run.assumptions), run.assumptions.effect)
    levels = tuple(found.bounds.nominal_p.tolist())
    trials = [
        Watched(design, found.looks, levels)
        for design in (run.design(*found.looks[-1], effect=truth) for truth in truths)
        if isinstance(design, MeansDesign)
    ]
    if not trials:
        return {}
    with workers_for_simulation() as workers:
        (_, wrong), (size, right) = simulate(trials, asked.simulations, seed=asked.seed,
                                             workers=workers)  # fmt: skip
    succeeded = monte_carlo([int(each.sum()) for each in (wrong, right)], asked.simulations)
    null, true = succeeded.to_dict("records")
    return {
        "null.shown": null["share"], "null.error": null["error"],
        "power.simulated": true["share"], "mc.error": true["error"],
        "n.simulated": float(size.mean()), "draws": asked.simulations, "data_status": "synthetic",
    }  # fmt: skip

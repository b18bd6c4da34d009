"""A blinded look at the SD: what becomes of the trial when the SD is another than planned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.display.reading import Reading
from analysis.display.rows import both
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.numbers import fixed, level, percent
from analysis.results import Results, section
from analysis.stats.blinded_reestimation import plan_blinded_reestimation
from analysis.stats.blinded_rule import BlindedRule
from analysis.stats.laws import normal_isf
from analysis.trial_design.designs import MEANS, MeansDesign
from analysis.trial_design.evaluated import SIMULATED
from analysis.trial_design.settings import DesignRun
from analysis.trial_design.sizes import recommended
from analysis.words import listed

Rows = list[dict[Any, Any]]
PLANNED = "as planned"
SD_RATIOS = (0.8, 1.0, 1.2, 1.5)
"""True SDs over the planned one."""
LOOK, MOST = 0.5, 2.0
"""When the look is, and how large the trial may become: parts of the planned participants."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The recommended trial with a blinded look."""

    design: MeansDesign
    rule: BlindedRule
    sd: float
    """What the covariates leave of the planned SD."""

    @property
    def size(self) -> int:
        """Participants that the plan analyses."""
        return self.design.n_test + self.design.n_reference


def planned(run: DesignRun) -> Plan:
    """Return the trial of the highest power asked for, with its rule.

    Raises
    ------
    UserError
        If the run is of another endpoint than a measurement: others have no SD.
    """
    power = max(run.parameters.power)
    design = recommended(run)[run.parameters.power.index(power)].design
    if not isinstance(design, MeansDesign):
        raise UserError(
            f"a blinded look at the SD is for a {MEANS}; a {run.parameters.kind} has no SD"
        )
    size = design.n_test + design.n_reference
    rule = plan_blinded_reestimation(
        n_first=max(math.floor(LOOK * size), 4), n_least=size, n_most=math.floor(MOST * size),
        power=power, difference=design.effect, margin=design.margin, direction=design.direction,
        alpha=design.alpha, allocation=run.assumptions.allocation, adjust=True, formula="t",
    )  # fmt: skip
    return Plan(design, rule, design.sd * math.sqrt(1 - design.explained**2))


@section
def reestimation(run: DesignRun) -> Results:
    """Return power, size and type I error with a blinded look, over the true SD.

    Returns
    -------
    Results
        For each true SD over the planned one (``group1_level``): ``sd``, ``power.fixed``, the
        power without a look by the formula; with the look the simulated ``power.simulated`` and
        ``null.shown`` with ``mc.error`` and ``null.error``, ``n.mean``, ``n.low`` and ``n.high``
        (10th and 90th percentiles) and ``at.most``, the share that need the most or more.
    """
    plan, asked, rows = planned(run), run.parameters, []
    for ratio in SD_RATIOS:
        found = plan.rule.characteristics(
            ratio * plan.sd, draws=max(asked.simulations, 1000), seed=asked.seed
        )
        rows.append(
            {
                "group1_level": _ratio_words(ratio), "sd": ratio * plan.design.sd, "places:sd": 2,
                "power.fixed": run.design(
                    plan.design.n_test, plan.design.n_reference, sd=ratio * plan.design.sd
                ).power().power,
                "power.simulated": found.power, "mc.error": found.power_mc_error,
                "null.shown": found.type_1_error, "null.error": found.type_1_mc_error,
                "n.mean": found.n_mean, "n.low": found.n_lower, "n.high": found.n_upper,
                "at.most": found.at_most, "draws": found.draws,
                "method": "blinded one-sample variance, adjusted for the assumed difference; "
                "t test of all participants",
                **SIMULATED,
            }
        )  # fmt: skip
    return run.results(pd.DataFrame(rows), "reestimation", group1="SD")


def _ratio_words(ratio: float) -> str:
    change = round(100 * (ratio - 1))
    if not change:
        return PLANNED
    return f"{abs(change)}\u202f% {'larger' if change > 0 else 'smaller'}"


@reestimation.shows
def reestimation_reading(reestimation: Results, run: DesignRun) -> Reading:
    """Say what the look saves when the SD is larger, and whether the level holds."""
    written, values = both(reestimation)
    alpha = run.assumptions.alpha
    return Reading(
        [*larger_sentence(written, values), level_sentence(written, values, alpha)], reestimation
    )


def larger_sentence(written: Rows, values: Rows) -> Iterator[str]:
    """Say what the look makes of the smallest SD above the planned one."""
    planned_sd = next(row["sd"] for row in values if row["group1_level"] == PLANNED)
    larger = [row for row, value in zip(written, values, strict=True) if value["sd"] > planned_sd]
    if larger:
        row = larger[0]
        yield (
            f"With an SD {row['group1_level']} the trial has a power of "
            f"{row['power.fixed']}\u202f% without a look, and of {row['power.simulated']}\u202f% "
            f"(Monte Carlo error {row['mc.error']}) with one, analysing {row['n.mean']} on average."
        )


def level_sentence(written: Rows, values: Rows, alpha: float) -> str:
    """Say whether the look exceeds the level, beyond what chance explains."""
    far = float(normal_isf(0.025 / len(values)))  # as many SDs as are tried (Bonferroni)
    over = [
        f"{row['null.shown']}\u202f% with an SD {row['group1_level']}"
        for row, value in zip(written, values, strict=True)
        if value["null.shown"] - alpha > far * value["null.error"]
    ]
    if over:
        return f"The type I error exceeds the level of {level(alpha)}: {listed(over)}."
    return (
        f"The type I error exceeds the level of {level(alpha)} at no SD by more than the error of "
        "the simulation explains."
    )


@reestimation.shows
def reestimation_table(reestimation: Results, run: DesignRun) -> Table:
    """Show what a blinded look does when the SD is another."""
    plan = planned(run)
    return Table(
        title="A blinded look at the SD",
        results=reestimation,
        labels={"group1_level": "True SD"},
        columns=[
            Column(f"SD, {run.unit}", "{sd}"),
            Column("Power without a look, %", "{power.fixed}"),
            Column("Power with it, %", "{power.simulated} ± {mc.error}"),
            Column("Analysed: mean (10th to 90th percentile)", "{n.mean} ({n.low} to {n.high})"),
            Column("The most needed, %", "{at.most}"),
            Column("Shown at the margin, %", "{null.shown} ± {null.error}"),
        ],
        footnotes=[
            f"Planned: {plan.size} analysed for a power of {percent(plan.rule.power)}. After "
            f"{plan.rule.n_first} of them the SD of all, arms not known, is what the size is "
            f"computed from anew: {plan.rule.n_least} at least, {plan.rule.n_most} at most. The "
            "part of its variance that the assumed difference makes is taken off.",
            f"The SD is that within an arm; the look sees what covariates leave of it "
            f"({fixed(plan.sd, 2)} as planned). ± Monte Carlo standard error of "
            f"{run.parameters.simulations} simulated trials; the level is "
            f"{level(run.assumptions.alpha)}.",
            "A blinded look at a trial with a margin may exceed the level a little (Friede and "
            "Kieser 2003).",
        ],
    )

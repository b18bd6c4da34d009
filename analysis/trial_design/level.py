"""The type I error: how often a trial shows what is not so."""

from __future__ import annotations

import pandas as pd

from analysis.display.rows import method_sentences
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import Results, section
from analysis.trial_design.design import Design
from analysis.trial_design.evaluated import MONTE_CARLO_LEVEL, SIMULATED, monte_carlo, shown
from analysis.trial_design.past_trials import past
from analysis.trial_design.settings import DesignRun
from analysis.trial_design.sizes import by_model, models, sized

HOLDS, ABOVE, BELOW = "at the level", "above the level", "below the level"
"""How a simulated type I error stands against the level, beyond what chance explains."""


@section
def at_the_margin(run: DesignRun) -> Results:
    """Return how often non-inferiority is shown where the truth lies at the margin.

    Returns
    -------
    Results
        For each size (``group1_level``) and model (``group2_level``): ``n.test``,
        ``n.reference``, ``alpha``, ``null.shown`` with its Monte Carlo limits, and
        ``holds.level``, judged by an interval that allows for as many designs as there are
        (Bonferroni).
    """
    asked = run.parameters
    effect = run.kind.at_margin(run.assumptions)
    rows, designs = [], []
    for name, sizes in _sizes(run):
        for model, changed in models(run).items():
            designs.append(run.design(*sizes, effect=effect, **changed))
            rows.append({"group1_level": name, "group2_level": model})
    counts = shown(designs, asked.simulations, asked.seed)
    found = monte_carlo(counts, asked.simulations)
    wide = 1 - (1 - MONTE_CARLO_LEVEL) / len(designs)
    judged = monte_carlo(counts, asked.simulations, wide)
    alpha = run.assumptions.alpha
    frame = pd.DataFrame(rows).assign(
        **{
            "n.test": [each.n_test for each in designs],
            "n.reference": [each.n_reference for each in designs],
            "alpha": alpha,
            "null.shown": found["share"],
            "null.low": found["low"],
            "null.high": found["high"],
            "mc.error": found["error"],
            "draws": asked.simulations,
            "holds.level": [
                BELOW if high < alpha else ABOVE if low > alpha else HOLDS
                for low, high in judged[["low", "high"]].itertuples(index=False)
            ],
            "method": run.kind.method,
            **SIMULATED,
        }
    )
    return run.results(frame, "level", group1="size", group2="model")


def _sizes(run: DesignRun) -> list[tuple[str, tuple[int, int]]]:
    """Return the sizes that are tried: those recommended, and those of the trials that stand."""
    found = []
    for power in run.parameters.power:
        design: Design = sized(run, power).design
        found.append((f"for a power of {level(power)}", (design.n_test, design.n_reference)))
    try:
        reports = past(run)
    except UserError:
        return found
    own = reports[["label", "n", "n_reference"]].itertuples(index=False)
    return found + [(label, (int(n), int(n_reference))) for label, n, n_reference in own]


@at_the_margin.shows
def level_table(level_results: Results, run: DesignRun) -> Table:
    """Show how often non-inferiority is shown where the truth lies at the margin."""
    return Table(
        title="Shown by chance: the truth at the margin",
        results=level_results,
        labels=by_model(run, "Size"),
        columns=[
            Column("n", "{n.test} v {n.reference}"),
            Column("Level, %", "{alpha}"),
            Column("Simulated, %", "{null.shown} ({null.low} to {null.high})"),
            Column("MC error", "{mc.error}"),
            Column("So it is", "{holds.level}", "text"),
        ],
        footnotes=[
            *method_sentences(level_results),
            f"{run.parameters.simulations} trials each; {level(MONTE_CARLO_LEVEL)} Monte Carlo "
            "interval (Wilson). Judged by a wider one, which allows for the number of designs "
            "(Bonferroni).",
        ],
    )

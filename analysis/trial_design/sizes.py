"""How many participants a power needs: the recommendation."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from analysis.display.rows import method_sentences
from analysis.display.tables import Column, Table
from analysis.numbers import level, percent
from analysis.results import Results, section
from analysis.stats.laws import normal_isf, t_isf
from analysis.stats.power import Power
from analysis.stats.sample_size import fewest, round_up
from analysis.trial_design.design import Design
from analysis.trial_design.designs import MEANS
from analysis.trial_design.evaluated import COLUMNS, MONTE_CARLO_LEVEL, evaluated
from analysis.trial_design.settings import DesignRun

WITH, WITHOUT = "with covariates", "without"
"""The models of a measurement for which a size is given."""


class Sized(NamedTuple):
    """The smallest design that reaches a power, and how many are randomised for it."""

    design: Design
    randomised_test: int
    randomised_reference: int

    @property
    def randomised(self) -> int:
        """All who are randomised."""
        return self.randomised_test + self.randomised_reference


@lru_cache(maxsize=256)
def sized(run: DesignRun, power: float, **changed: Any) -> Sized:
    """Return the smallest design with a power, some assumptions changed.

    Raises
    ------
    UserError
        If no size reaches it.
    """
    least = run.design(2, 2, **changed).least

    def reached(n_test: int, n_reference: int) -> Power:
        return run.design(n_test, n_reference, **changed).power()

    found = fewest(reached, power, allocation=run.assumptions.allocation, least=least)
    kept = 1 - run.assumptions.dropout
    sizes = [round_up(n / kept) for n in (found.n_test, found.n_reference)]
    return Sized(run.design(found.n_test, found.n_reference, **changed), *sizes)


def recommended(run: DesignRun) -> list[Sized]:
    """Return the design of each power that the run asks for, by its own model."""
    return [sized(run, power) for power in run.parameters.power]


def models(run: DesignRun) -> dict[str, dict[str, Any]]:
    """Return the models of which sizes are given, each with the assumptions that it changes."""
    if run.parameters.kind != MEANS or not run.assumptions.covariates:
        return {"": {}}
    return {WITH: {}, WITHOUT: {"covariates": 0}}


def observed_limit(design: Design) -> float:
    """Return the observed effect from which a trial as planned shows non-inferiority."""
    power = design.power()
    critical = normal_isf(design.alpha) if power.df is None else t_isf(design.alpha, power.df)
    return design.with_gain(design.at_margin_gain() + float(critical) * power.std_error)


def by_model(run: DesignRun, first: str) -> dict[str, str]:
    """Return the labels of a table that has a row a model, where there are several."""
    several = len(models(run)) > 1
    return {"group1_level": first} | ({"group2_level": "Model"} if several else {})


def limit_column(run: DesignRun) -> Column:
    """Return the column of `observed_limit`."""
    unit = f", {run.unit}" if run.unit and run.kind.scale == "unit" else ""
    return Column(f"Shown from{unit}", "{observed.limit}")


@section
def recommendation(run: DesignRun) -> Results:
    """Return how many participants each power needs.

    Returns
    -------
    Results
        For each power asked for (``group1_level``) and model (``group2_level``): ``target``,
        ``n.test``, ``n.reference`` (analysed), ``n.randomised``, ``n.lost``, ``power`` by the
        formula, ``power.simulated`` with ``power.low``, ``power.high`` and ``mc.error``, and
        ``observed.limit``, about the observed effect from which such a trial shows
        non-inferiority.
    """
    wanted = [
        (power, name, sized(run, power, **changed))
        for power in run.parameters.power
        for name, changed in models(run).items()
    ]
    asked = run.parameters
    designs = [found.design for *_, found in wanted]
    frame = evaluated(designs, trials=asked.simulations, seed=asked.seed).assign(
        **{
            "group1_level": [percent(power) for power, *_ in wanted],
            "group2_level": [name for _, name, _ in wanted],
            "target": [power for power, *_ in wanted],
            "n.randomised": [found.randomised for *_, found in wanted],
            "n.lost": [
                found.randomised - found.design.n_test - found.design.n_reference
                for *_, found in wanted
            ],
            "observed.limit": [observed_limit(design) for design in designs],
        }
    )
    return run.results(frame, "sizes", group1="power", group2="model")


@recommendation.shows
def recommendation_table(sizes: Results, run: DesignRun) -> Table:
    """Show how many participants each power needs."""
    return Table(
        title="How many participants",
        results=sizes,
        labels=by_model(run, "Power"),
        columns=[
            Column("Randomised", "{n.randomised}"),
            Column("Analysed", "{n.test} v {n.reference}"),
            Column("Lost", "{n.lost}"),
            *COLUMNS,
            limit_column(run),
        ],
        footnotes=[
            *method_sentences(sizes),
            "Analysed: test v comparator. Lost: randomised without a value, as expected. Shown "
            "from: about the observed effect from which such a trial shows non-inferiority.",
            f"Simulated: {run.parameters.simulations} trials, with their {level(MONTE_CARLO_LEVEL)}"
            " Monte Carlo interval (Wilson); MC error: its standard error, in percentage points.",
        ],
    )

"""Designs evaluated: the power by the formula, and the simulated one with its error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.cluster import workers_for_simulation
from analysis.display.tables import Column
from analysis.stats.proportions import estimate_proportion
from analysis.trial_design.design import Design
from analysis.trial_design.engine import simulate

MONTE_CARLO_LEVEL = 0.95
"""Level of the intervals of what is simulated."""
SIMULATION = "simulation"
SIMULATED = {"data_status": "synthetic", "source": SIMULATION}
"""What a row of simulated trials rests on."""
COLUMNS = [
    Column("Power, %", "{power}"),
    Column("Simulated, %", "{power.simulated} ({power.low} to {power.high})"),
    Column("MC error", "{mc.error}"),
]
"""Columns of a table of what `evaluated` gives."""


def shown(designs: Sequence[Design], trials: int, seed: int) -> list[int]:
    """Return in how many simulated trials of each design non-inferiority was shown.

    The workers that the environment names simulate, else this process.
    """
    with workers_for_simulation() as workers:
        found = simulate(designs, trials, seed=seed, workers=workers)
    return [int(each[1].sum()) for each in found]


def monte_carlo(
    counts: Sequence[int], trials: int, level: float = MONTE_CARLO_LEVEL
) -> pd.DataFrame:
    """Return simulated shares with their Monte Carlo error and interval.

    Parameters
    ----------
    counts
        In how many of the trials it happened.
    trials
        How many were simulated.
    level
        Level of the interval, Wilson's.

    Returns
    -------
    pandas.DataFrame
        ``share``, ``low``, ``high`` and ``error``.

    Examples
    --------
    >>> monte_carlo([900], 1_000).round(3).iloc[0].tolist()
    [0.9, 0.88, 0.917, 0.009]
    """
    found = estimate_proportion(np.asarray(counts, float), trials, method="wilson", level=level)
    share = np.asarray(counts, float) / trials
    error = np.sqrt(share * (1 - share) / trials)
    return pd.DataFrame({"share": share, "low": found.lower, "high": found.upper, "error": error})


def evaluated(designs: Sequence[Design], *, trials: int, seed: int) -> pd.DataFrame:
    """Evaluate designs, one row each.

    Parameters
    ----------
    designs
        The designs.
    trials, seed
        As `simulate` takes them.

    Returns
    -------
    pandas.DataFrame
        Under the names of the vocabulary: sizes, ``power``, and of the simulation
        ``power.simulated`` with limits and ``mc.error``, ``deviation`` and the number of
        trials; what the rows rest on.
    """
    powers = [design.power() for design in designs]
    found = monte_carlo(shown(designs, trials, seed), trials)
    power = np.array([each.power for each in powers])
    chance = np.sqrt(np.maximum(power * (1 - power), 1e-300) / trials)
    return pd.DataFrame(
        {
            "n.test": [each.n_test for each in designs],
            "n.reference": [each.n_reference for each in designs],
            "power": power,
            "power.simulated": found["share"],
            "power.low": found["low"],
            "power.high": found["high"],
            "mc.error": found["error"],
            "deviation": (found["share"] - power) / chance,
            "draws": trials,
            "method": [f"{each.method}; {design.method}"
                       for each, design in zip(powers, designs, strict=True)],
            **SIMULATED,
        }
    )  # fmt: skip

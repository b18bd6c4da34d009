"""Coverage: how often the intervals hold the true value, by simulation."""

import zlib

import numpy as np
import pandas as pd

from analysis.display.figures import Figure
from analysis.display.tables import Column, Table
from analysis.results import PROPORTION, Results, section
from analysis.validation.coverage_figure import ABOVE, BELOW, NEAR, draw_coverage
from analysis.validation.experiments import (
    Experiment,
    monte_carlo_band,
    monte_carlo_interval,
)
from analysis.validation.reasons import REASONS, UNEXPLAINED
from analysis.validation.settings import ValidationRun
from analysis.validation.simulated import experiments
from analysis.validation.tallies import ALL, row_of

MONTE_CARLO_LEVEL = 0.95
SIMULATION = "simulation"
SIMULATED = {"context": SIMULATION, "method": SIMULATION, "unit": PROPORTION}


@section
def coverage(run: ValidationRun) -> Results:
    """Simulate the coverage of every interval at clinical sizes.

    Returns
    -------
    Results
        Per interval and setting: ``estimate`` (coverage), ``conf.low`` and ``conf.high`` (its
        95 % Monte-Carlo interval, Wilson), ``nominal``, ``n`` (draws), ``judged``: `BELOW`, `NEAR`
        or `ABOVE` the nominal level, beyond what chance explains among so many coverages; and
        ``reason`` where it is not near.

    Notes
    -----
    The intervals of one setting see the same data sets.
    """
    asked = run.parameters
    rows = [
        row
        for experiment in experiments()
        for row in simulate(
            experiment, draws=asked.draws, conf_level=asked.conf_level, seed=asked.seed
        )
    ]
    frame = pd.DataFrame(rows)
    counts = frame.pop("covered"), frame["n"]
    low, high = monte_carlo_interval(*counts, MONTE_CARLO_LEVEL)
    # Among so many coverages some lie far off by chance: Bonferroni's wider interval judges.
    lower, upper = monte_carlo_interval(*counts, 1 - (1 - MONTE_CARLO_LEVEL) / len(frame))
    off = [upper < asked.conf_level, lower > asked.conf_level]
    named = zip(frame["group1_level"], frame["group2_level"], strict=True)
    why = pd.Series([REASONS.get(each, UNEXPLAINED) for each in named], frame.index)
    frame = frame.assign(
        **{"conf.low": low, "conf.high": high, "nominal": asked.conf_level},
        judged=np.select(off, [BELOW, ABOVE], NEAR),
        reason=why.where(np.logical_or(*off)),
        data_status="synthetic",
        source=SIMULATION,
    )
    return run.results(
        frame, "validation-coverage", group1="family", group2="interval", **SIMULATED
    )


def simulate(
    experiment: Experiment, *, draws: int, conf_level: float, seed: int
) -> list[dict[str, object]]:
    """Simulate one setting; return one row per interval.

    Each setting has a stream of random numbers of its own, from the seed and its name.
    """
    name = f"{experiment.family}, {experiment.setting}".encode()
    stream = np.random.SeedSequence([seed, zlib.crc32(name)])
    made = max(round(draws * experiment.fraction), 1)
    sample = experiment.draw(np.random.default_rng(stream), made)
    rows: list[dict[str, object]] = []
    for interval, limits in experiment.intervals.items():
        lower, upper = limits(sample, conf_level)
        holds = (lower <= experiment.truth) & (experiment.truth <= upper)
        covered = float(sample.weights[holds].sum())
        rows.append(
            {
                "group1_level": experiment.family,
                "group2_level": interval,
                "variable": experiment.setting,
                "covered": covered,
                "estimate": covered / made,
                "n": made,
            }
        )
    return rows


@section
def coverage_tally(run: ValidationRun) -> Results:
    """Return the range of the coverages, and how many lie below, near and above the level.

    Returns
    -------
    Results
        ``n`` settings, ``below``, ``near``, ``above``, ``min`` and ``max`` with the intervals
        ``lowest`` and ``highest`` that have them, ``draws`` and ``fewest`` draws, ``nominal``,
        and ``band.low`` and ``band.high``, between which 95 % of exact intervals' coverages lie.
    """
    asked = run.parameters
    values, words = coverage(run).wide("stat"), coverage(run).wide("stat_fmt")
    share = values["estimate"].astype(float)
    low, high = monte_carlo_band(asked.conf_level, asked.draws)
    row = {
        "n": len(words),
        **{name: int((words["judged"] == name).sum()) for name in (BELOW, NEAR, ABOVE)},
        "min": share.min(),
        "max": share.max(),
        "lowest": _named(words.loc[share.idxmin()]),
        "highest": _named(words.loc[share.idxmax()]),
        "draws": asked.draws,
        "fewest": values["n"].astype(float).min(),
        "nominal": asked.conf_level,
        "band.low": low,
        "band.high": high,
        "group1_level": ALL,
        "data_status": "synthetic",
        "source": SIMULATION,
    }
    return run.results(
        pd.DataFrame([row]), "validation-coverage-tally", group1="interval", **SIMULATED
    )


def _named(row: pd.Series) -> str:
    return f"{row['group1_level']}, {row['group2_level']}: {row['variable']}"


@coverage.shows
def coverage_figure(coverage: Results, run: ValidationRun) -> Figure:
    """Draw the simulated coverage of every interval against the nominal level."""
    simulated = coverage_tally(run)
    return draw_coverage(coverage, simulated, row_of(simulated))


@coverage.shows
def coverage_table(coverage: Results, _run: ValidationRun) -> Table:
    """Show the numbers behind the figure."""
    return Table(
        title="Coverage of the intervals in numbers",
        results=coverage,
        groups="group1_level",
        labels={"group2_level": "Interval", "variable": "Setting"},
        columns=[
            Column("Coverage, %", "{estimate}"),
            Column("Monte-Carlo interval, %", "{conf.low} to {conf.high}"),
            Column("Nominal", "{nominal}"),
            Column("Draws", "{n}"),
            Column("Against the level", "{judged}"),
            Column("Why", "{reason}", "text"),
        ],
        footnotes=[
            "Monte-Carlo interval: 95 %, Wilson. Below and above: further from the level than "
            "chance explains among so many coverages (Bonferroni). The intervals of one setting "
            "see the same data sets. Draws are fewer where each data set is analysed on its own, "
            "and fewest where a model is fitted to each. An interval of several differences holds "
            "the truth where all of them do."
        ],
        folded=True,
    )

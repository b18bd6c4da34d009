"""Coverage: how often the intervals hold the true value, by simulation."""

import zlib

import numpy as np
import pandas as pd

from analysis.numbers import decimals, percent
from analysis.results import Results, Stat, from_frame
from analysis.validation.experiments import (
    Experiment,
    experiments,
    monte_carlo_band,
    monte_carlo_interval,
)

MONTE_CARLO_LEVEL = 0.95

COVERAGE_STATS = {
    "estimate": Stat("estimate", "Coverage", 1, form=percent),
    "lower": Stat("conf.low", "Monte-Carlo interval, lower", 1, form=percent),
    "upper": Stat("conf.high", "Monte-Carlo interval, upper", 1, form=percent),
    "nominal": Stat("nominal", "Nominal level", "nominal_digits", form=percent),
    "draws": Stat("n", "Draws", 0),
    "judged": Stat("judged", "Against the nominal level"),
}


def coverage(*, draws: int, conf_level: float, seed: int) -> Results:
    """Simulate the coverage of every interval at clinical sizes.

    Parameters
    ----------
    draws
        Data sets for each setting; the mixed model is fitted to a quarter of them.
    conf_level
        Nominal level of the intervals.
    seed
        Each setting has a stream of random numbers of its own, from this and its name.

    Returns
    -------
    Results
        Per interval and setting: ``estimate`` (coverage), ``conf.low`` and ``conf.high`` (its
        95 % Monte-Carlo interval, Wilson), ``nominal``, ``n`` (draws), and ``judged``:
        ``below``, ``near`` or ``above`` the nominal level, beyond what chance explains among
        so many coverages.

    Notes
    -----
    The intervals of one setting see the same data sets.
    """
    rows = [
        row
        for experiment in experiments()
        for row in run(experiment, draws=draws, conf_level=conf_level, seed=seed)
    ]
    frame = pd.DataFrame(rows)
    counts = frame["covered"], frame["draws"]
    frame["lower"], frame["upper"] = monte_carlo_interval(*counts, MONTE_CARLO_LEVEL)
    # Among so many coverages some lie far off by chance: Bonferroni's wider interval judges.
    lower, upper = monte_carlo_interval(*counts, 1 - (1 - MONTE_CARLO_LEVEL) / len(frame))
    low, high = upper < conf_level, lower > conf_level
    return from_frame(
        frame.assign(judged=np.select([low, high], ["below", "above"], "near")),
        COVERAGE_STATS,
        analysis_id="validation-coverage",
        group1="family",
        group2="interval",
        context="simulation",
        method="simulation",
        data_status="synthetic",
    )


def run(
    experiment: Experiment, *, draws: int, conf_level: float, seed: int
) -> list[dict[str, object]]:
    """Simulate one setting; return one row per interval."""
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
                "nominal": conf_level,
                "nominal_digits": _places(conf_level),
                "draws": made,
            }
        )
    return rows


def tally_coverage(found: Results, *, draws: int, conf_level: float) -> Results:
    """Return the range of the coverages, and how many lie below, near and above the level.

    Returns
    -------
    Results
        ``n`` settings, ``below``, ``near``, ``above``, ``min`` and ``max`` with the intervals
        ``lowest`` and ``highest`` that have them, ``draws`` and ``fewest`` draws, ``nominal``,
        and ``band.low`` and ``band.high``, between which 95 % of exact intervals' coverages lie.
    """
    values, words = found.wide("stat"), found.wide("stat_fmt")
    share = values["estimate"].astype(float)
    first, last = words.loc[share.idxmin()], words.loc[share.idxmax()]
    low, high = monte_carlo_band(conf_level, draws)
    row = {
        "n": len(words),
        **{name: int((words["judged"] == name).sum()) for name in ("below", "near", "above")},
        "min": share.min(),
        "max": share.max(),
        "lowest": _named(first),
        "highest": _named(last),
        "draws": draws,
        "fewest": values["n"].astype(float).min(),
        "nominal": conf_level,
        "nominal_digits": _places(conf_level),
        "band.low": low,
        "band.high": high,
        "group1_level": "all",
    }
    shares = ("min", "max", "band.low", "band.high")
    counts = ("n", "below", "near", "above", "draws", "fewest")
    stats = {name: Stat(name, name.capitalize(), 0) for name in counts}
    stats |= {name: Stat(name, name.capitalize(), 1, form=percent) for name in shares}
    stats["nominal"] = Stat("nominal", "Nominal level", "nominal_digits", form=percent)
    stats |= {name: Stat(name, name.capitalize()) for name in ("lowest", "highest")}
    return from_frame(
        pd.DataFrame([row]),
        stats,
        analysis_id="validation-coverage-tally",
        group1="interval",
        context="simulation",
        method="simulation",
        data_status="synthetic",
    )


def _named(row: pd.Series) -> str:
    return f"{row['group1_level']}, {row['group2_level']}: {row['variable']}"


def _places(level: float) -> int:
    """Return the decimals of a level as a percentage: none for 0.95, one for 0.975."""
    return max(decimals(repr(level)) - 2, 0)

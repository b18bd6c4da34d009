"""Section 2: the tipping surface, where the verdict changes over what is not known."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.contrasts.plausible import bounds
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.tipping import (
    borrowed_mean,
    pair_of_the_surface,
    tipping_difference,
    tipping_sd,
)
from analysis.numbers import fixed
from analysis.results import Results, Stat, from_frame, present

GRID = 13
"""Comparator means at which the tipping line is stored."""


@lru_cache(maxsize=16)
def tipping_surface(run: ContrastRun) -> Results:
    """Return the tipping surface of the contrast asked for, or of the first that is open.

    Returns
    -------
    Results
        For each comparator mean on a grid (``variable_level``) and correlation
        (``group2_level``): ``reference.mean``, ``difference`` and ``sd``, the SD at which the
        verdict changes: below it the contrast is non-inferior; ``reference.printed``, the
        comparator's mean where its source prints it; ``doubt``, what the audit says of a mean.

    Notes
    -----
    The test arm's mean is the printed one, even where the audit says that it belongs to another
    population: the surface asks "if this were so". Only the difference matters to the verdict,
    so another mean moves the axis and not the picture.
    """
    ranges = bounds(run)
    pair = pair_of_the_surface(run)
    pad = 0.25 * max(ranges["mean_high"] - ranges["mean_low"], 1.0)
    # Around the mean at which no SD is small enough there is room for both verdicts.
    tips = pair["mean"] - float(run.margin or 0)
    high = np.nanmax([ranges["mean_high"] + pad, pair["mean_reference"], tips + pad])
    below = tips - (high - tips) / 3
    low = np.nanmin([ranges["mean_low"] - pad, pair["mean_reference"], below])
    means = np.linspace(math.floor(low), math.ceil(high), GRID)
    correlations = sorted(set(run.correlation))
    grid = pd.DataFrame(
        [(mean, rho) for rho in correlations for mean in means], columns=["mean", "correlation"]
    )
    grid["difference"] = pair["mean"] - grid["mean"]
    grid["sd"] = tipping_sd(
        grid["difference"],
        margin=float(run.margin or 0),
        n=pair["n"],
        n_reference=pair["n_reference"],
        correlation=grid["correlation"],
        level=run.conf_level,
    )
    return _grid_results(run, pair, grid)


def _grid_results(run: ContrastRun, pair: pd.Series, grid: pd.DataFrame) -> Results:
    points = [f"point {index % GRID + 1}" for index in range(len(grid))]
    return from_frame(
        grid.assign(
            group1_level=pair["contrast"],
            group2_level=[f"correlation {rho:g}" for rho in grid["correlation"]],
            variable=run.param,
            variable_level=points,
            n_population=pair["n_total"],
            source=pair["source_id"],
            note=pair["label"],
            test_mean=pair["mean"],
            reference_printed=pair["mean_reference"],
            doubt=[borrowed_mean(run, pair) if at == 0 else "" for at in range(len(grid))],
            n=pair["n"],
            n_reference=pair["n_reference"],
        ),
        {
            "mean": Stat("reference.mean", "Comparator's mean", 2, run.unit),
            "difference": Stat("difference", "Difference", 2, run.unit),
            "correlation": Stat("correlation", "Correlation", 2),
            "sd": Stat("sd", "SD at which the verdict changes", 2, run.unit),
            "test_mean": Stat("test.mean", "Test arm's mean, as printed", 2, run.unit),
            "reference_printed": Stat(
                "reference.printed", "Comparator's mean, as printed", 2, run.unit
            ),
            "doubt": Stat("doubt", "What the audit says of the mean"),
            "n": Stat("n.test", "n, test", 0),
            "n_reference": Stat("n.reference", "n, reference", 0),
        },
        analysis_id="tipping-surface",
        group1="contrast",
        group2="correlation",
        context="tipping",
        method=f"margin {fixed(run.margin, 2)}, level {run.conf_level:g}, one SD for both arms",
        **run.result_labels,
    )


@lru_cache(maxsize=16)
def tipping_corners(run: ContrastRun) -> Results:
    """Return the comparator's mean at which the verdict of the surface changes.

    Returns
    -------
    Results
        At the smallest and the largest plausible SD: ``reference.mean``, below which the
        contrast is non-inferior, the ``difference`` there, the range of the field, the
        comparator's mean where it is printed (``reference.printed``), and ``conclusion``: which
        verdicts that mean, else the field, leaves open.
    """
    shape, ranges = tipping_surface(run).wide("stat").iloc[0], bounds(run)
    printed = float(shape.get("reference.printed", np.nan))
    low, high = (
        (ranges["mean_low"], ranges["mean_high"]) if np.isnan(printed) else (printed, printed)
    )
    sds = [ranges["sd_low"], ranges["sd_high"]]
    rho = run.correlation[0]
    difference = tipping_difference(
        sds,
        margin=float(run.margin or 0),
        n=float(shape["n.test"]),
        n_reference=float(shape["n.reference"]),
        correlation=rho,
        level=run.conf_level,
    )
    tips = float(shape["test.mean"]) - difference
    always, never = tips[1] > high, tips[0] <= low
    frame = pd.DataFrame(
        {
            "group1_level": shape["group1_level"],
            "group2_level": ["smallest plausible SD", "largest plausible SD"],
            "variable": run.param,
            "variable_level": run.window,
            "sd": sds,
            "tip": tips,
            "difference": difference,
            "low": ranges["mean_low"],
            "high": ranges["mean_high"],
            "test_mean": float(shape["test.mean"]),
            "printed": printed,
            "printed_difference": float(shape["test.mean"]) - printed,
            "conclusion": _left_open(always, never, printed=not np.isnan(printed)),
            "source": tipping_surface(run).frame["source"].iloc[0],
        }
    )
    stats = {
        "sd": Stat("sd", "SD", 2, run.unit),
        "tip": Stat("reference.mean", "Comparator's mean at the tipping point", 2, run.unit),
        "difference": Stat("difference", "Difference at the tipping point", 2, run.unit),
        "test_mean": Stat("test.mean", "Test arm's mean, as printed", 2, run.unit),
        "printed": Stat("reference.printed", "Comparator's mean, as printed", 2, run.unit),
        "printed_difference": Stat(
            "difference.printed", "Difference of the printed means", 2, run.unit
        ),
        "low": Stat("min", "Lowest mean in the field", 2, run.unit),
        "high": Stat("max", "Highest mean in the field", 2, run.unit),
        "conclusion": Stat("conclusion", "What the field leaves open"),
    }
    return from_frame(
        frame,
        present(stats, frame),
        analysis_id="tipping-corners",
        group1="contrast",
        group2="SD",
        context="tipping",
        method=f"margin {fixed(run.margin, 2)}, level {run.conf_level:g}, correlation {rho:g}",
        **run.result_labels,
    )


def _left_open(always: bool, never: bool, *, printed: bool) -> str:
    """Say which verdicts are left open by what is printed and what is plausible."""
    if not (always or never):
        return "both verdicts are plausible"
    if not printed:
        return "non-inferior throughout" if always else "not shown throughout"
    if always:
        return "non-inferior at every plausible SD, if the printed means are right"
    return "not shown at any plausible SD"

"""The tipping surface, where the verdict changes over what is not known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.contrasts.columns import described
from analysis.contrasts.plausible import MEAN, SD, bounds, plausible_ranges
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.tipping import (
    TIPPING,
    borrowed_mean,
    method_words,
    pair_of_the_surface,
    tipping_difference,
    tipping_sd,
)
from analysis.display.figures import BEHIND, COLOURS, Figure
from analysis.display.reading import Reading
from analysis.display.rows import filled, numbers
from analysis.numbers import decimals
from analysis.results import Results, combine, section
from analysis.thresholds import above, at_most
from analysis.words import in_sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

LINES = [COLOURS["blue"], COLOURS["purple"]]
GRID = 13
"""Comparator means at which the tipping line is stored."""
PRINTED = (
    " A vertical line marks the comparator's mean as its source prints it, {reference.printed}."
)
"""What the text in place of the picture says where that mean is printed."""


@section
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
    tips = pair["mean"] - run.margin_number
    high = np.nanmax([ranges["mean_high"] + pad, pair["mean_reference"], tips + pad])
    below = tips - (high - tips) / 3
    low = np.nanmin([ranges["mean_low"] - pad, pair["mean_reference"], below])
    means = np.linspace(math.floor(low), math.ceil(high), GRID)
    correlations = sorted(set(run.correlation))
    grid = pd.DataFrame(
        [(mean, rho) for rho in correlations for mean in means],
        columns=["reference.mean", "correlation"],
    )
    grid["difference"] = pair["mean"] - grid["reference.mean"]
    grid["sd"] = tipping_sd(
        grid["difference"], margin=run.margin_number, n=pair["n"],
        n_reference=pair["n_reference"], correlation=grid["correlation"], level=run.conf_level,
    )  # fmt: skip
    return _grid_results(run, pair, grid)


def _grid_results(run: ContrastRun, pair: pd.Series, grid: pd.DataFrame) -> Results:
    points = [f"point {index % GRID + 1}" for index in range(len(grid))]
    placed = described(
        run, pd.DataFrame([pair] * len(grid)).reset_index(drop=True), "n.test", "n.reference"
    )
    frame = placed.join(grid).assign(
        **{
            "group2_level": [f"correlation {rho:g}" for rho in grid["correlation"]],
            "variable_level": points,
            "note": pair["label"],
            "method": f"{method_words(run)}, one SD for both arms",
            "test.mean": pair["mean"],
            "reference.printed": pair["mean_reference"],
            "doubt": [borrowed_mean(run, pair) if at == 0 else "" for at in range(len(grid))],
        }
    )
    return run.results(
        frame, "tipping-surface", group1="contrast", group2="correlation", context=TIPPING
    )


@tipping_surface.shows
def tipping_figure(surface: Results, run: ContrastRun) -> Figure:
    """Draw where an open contrast would be non-inferior, and what the field makes plausible."""
    corners, plausible = tipping_corners.rows(run), plausible_ranges.rows(run)
    frame = numbers(surface, "reference.mean", "difference", "correlation", "sd", "test.mean")
    printed = numbers(surface, "reference.printed")["reference.printed"].iloc[0]
    ranges = bounds(run)
    first, last = corners.wide().to_dict("records")
    contrast = frame["group1_level"].iloc[0]
    test, reference = contrast.split(" − ")
    top = max(5.0, 1.5 * ranges["sd_high"])

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        _lines(axes, frame, top, narrow=narrow)
        _region(axes, ranges)
        if np.isfinite(printed):
            _printed_mean(axes, printed, first["reference.printed"], top, narrow=narrow)
        axes.set(
            xlim=(frame["reference.mean"].min(), frame["reference.mean"].max()), ylim=(0, top),
            xlabel=f"{reference}: mean {in_sentence(run.param)}, {run.unit}",
            ylabel=f"SD in both arms, {run.unit}",
        )  # fmt: skip
        own = float(frame["test.mean"].iloc[0])

        def other(at: Any) -> Any:
            return own - at  # its own inverse

        above = axes.secondary_xaxis("top", functions=(other, other))
        above.set_xlabel(f"Difference, {test} minus {reference}")

    return Figure(
        title=f"{contrast}: where non-inferiority would hold",
        alt=f"Area plot over {reference}'s mean and the SD. Non-inferiority holds below a line "
        f"that falls from left to right and passes through a mean of {first['reference.mean']} "
        f"at an SD of {first['sd']} and {last['reference.mean']} at {last['sd']}. The rectangle "
        f"that comparable trials make plausible runs from {first['min']} to {first['max']} and "
        f"from an SD of {first['sd']} to {last['sd']}: {first['conclusion']}."
        f"{filled(first, PRINTED)}",
        draw=draw,
        height=4.3,
        narrow_height=4.6,
        results=combine([surface, plausible, corners]),
        caption="Green: non-inferior at the margin with the lowest correlation of the range; "
        f"dashed: the line with the highest. {test}'s mean is the one its source prints; with "
        f"another mean the lower axis moves, the upper one and the picture stay.{_doubt(surface)}",
    )


def _doubt(surface: Results) -> str:
    """Say what the audit finds of the printed mean, where it finds something."""
    said = surface.select(stat_name="doubt").frame["stat_fmt"]
    return f" The audit on the printed values: {said.iloc[0]}." if len(said) else ""


def _printed_mean(axes: Axes, mean: float, words: str, top: float, *, narrow: bool) -> None:
    axes.axvline(mean, color=COLOURS["grey"], lw=1.4, ls=":", zorder=3)
    axes.annotate(
        f"printed: {words}", (mean, 0.16 * top), (-4, 0), textcoords="offset points",
        color=COLOURS["grey"], fontsize=8 if narrow else 9, ha="right", va="center",
    )  # fmt: skip


def _lines(axes: Axes, frame: pd.DataFrame, top: float, *, narrow: bool) -> None:
    for number, (name, rows) in enumerate(frame.groupby("group2_level", sort=False)):
        x, y = rows["reference.mean"].to_numpy(), rows["sd"].to_numpy()
        # The line meets the axis between two grid points; the kink is drawn where it is.
        kink = x[-1] if y[-1] > 0 else np.interp(0, -_unclipped(rows), x)
        xs = np.append(x[x < kink], kink)
        ys = np.interp(xs, x[y > 0], y[y > 0])
        ys[-1] = 0 if y[-1] <= 0 else ys[-1]
        if number == 0:
            axes.fill_between(xs, 0, ys, color=COLOURS["green"], alpha=0.16, lw=0)
        axes.plot(xs, ys, color=LINES[number % 2], lw=2, ls="-" if number == 0 else "--")
        height = (0.9 if number else 0.72) * top
        at = float(np.interp(-height, -ys, xs))
        axes.annotate(
            name, (at, height), (6 if number else -6, 0), textcoords="offset points",
            ha="left" if number else "right", color=LINES[number % 2],
            fontsize=8 if narrow else 9, va="center", bbox=BEHIND, zorder=5,
        )  # fmt: skip
    axes.text(0.03, 0.06, "non-inferior", color=COLOURS["green"], weight="bold",
              transform=axes.transAxes)  # fmt: skip
    axes.text(0.97, 0.06, "not shown", color=COLOURS["grey"], weight="bold", ha="right",
              transform=axes.transAxes)  # fmt: skip


def _unclipped(rows: pd.DataFrame) -> np.ndarray:
    """Continue the straight line below zero, where it is stored as zero."""
    x, y = rows["reference.mean"].to_numpy(), rows["sd"].to_numpy()
    slope = (y[1] - y[0]) / (x[1] - x[0])
    return np.asarray(y[0] + slope * (x - x[0]))


def _region(axes: Axes, ranges: dict[str, float]) -> None:
    from matplotlib.patches import Rectangle

    at = (ranges["mean_low"], ranges["sd_low"])
    size = ranges["mean_high"] - at[0], ranges["sd_high"] - at[1]
    axes.add_patch(Rectangle(at, *size, fill=False, ec=COLOURS["orange"], lw=1.8, zorder=4))
    axes.annotate(
        "plausible in comparable trials", (at[0], ranges["sd_high"]), (2, 4),
        textcoords="offset points", color=COLOURS["orange"], fontsize=9, weight="bold",
    )  # fmt: skip


@section
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
    surface = tipping_surface(run)
    shape, ranges = surface.wide("stat").iloc[0], bounds(run)
    shown = plausible_ranges(run)
    printed = float(shape.get("reference.printed", np.nan))
    low, high = (
        (ranges["mean_low"], ranges["mean_high"]) if np.isnan(printed) else (printed, printed)
    )
    sds = [ranges["sd_low"], ranges["sd_high"]]
    rho = run.correlation[0]
    difference = tipping_difference(
        sds, margin=run.margin_number, n=float(shape["n.test"]),
        n_reference=float(shape["n.reference"]), correlation=rho, level=run.conf_level,
    )  # fmt: skip
    tips = float(shape["test.mean"]) - difference
    frame = pd.DataFrame(
        {
            "group1_level": shape["group1_level"],
            "group2_level": ["smallest plausible SD", "largest plausible SD"],
            "sd": sds,
            "places:sd": [_places(shown, SD, end) for end in ("min", "max")],
            "reference.mean": tips,
            "difference": difference,
            "test.mean": float(shape["test.mean"]),
            "reference.printed": printed,
            "raw.estimate": float(shape["test.mean"]) - printed,
            "min": ranges["mean_low"],
            "max": ranges["mean_high"],
            "places:min": _places(shown, MEAN, "min"),
            "places:max": _places(shown, MEAN, "max"),
            "conclusion": _left_open(
                bool(above(tips[1], high)),
                bool(at_most(tips[0], low)),
                printed=not np.isnan(printed),
            ),
            "source": surface.frame["source"].iloc[0],
        }
    )
    return run.results(
        frame.assign(**run.placing),
        "tipping-corners",
        group1="contrast",
        group2="SD",
        context=TIPPING,
        method=f"{method_words(run)}, correlation {rho:g}",
    )


def _places(plausible: Results, quantity: str, end: str) -> int:
    """Return the decimals with which an end of a plausible range is shown."""
    return decimals(plausible.text(end, group1_level=quantity))


@tipping_corners.shows
def tipping_reading(corners: Results, _: ContrastRun) -> Reading:
    """Say where the verdict of the open contrast would change, and what is printed or plausible."""
    small, large = corners.wide().to_dict("records")
    test, reference = small["group1_level"].split(" − ")
    printed = filled(small, f"Its source prints {{reference.printed}} for {reference}") or (
        f"A mean of {reference} is not in the texts read; daily somatropin in comparable "
        f"trials ran from {small['min']} to {small['max']}"
    )
    difference = filled(small, " The printed means differ by {raw.estimate}.")
    return Reading(
        [
            f"{small['group1_level']}: {small['conclusion']}. With the printed mean of {test}, "
            f"{small['test.mean']}, it would be non-inferior only while {reference}'s mean stayed "
            f"below {small['reference.mean']} (SD {small['sd']}) or {large['reference.mean']} "
            f"(SD {large['sd']}). {printed}.",
            "Whatever the means, the observed difference would have to be above "
            f"{small['difference']} at the smallest plausible SD and {large['difference']} at the "
            f"largest.{difference}",
        ],
        corners,
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

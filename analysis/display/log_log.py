"""The log-log plot: curves of survival on scales on which proportional hazards are parallel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.display.arms import arm_looks
from analysis.display.curve_data import LEGEND, Curves, name_arms, read_curves, time_words
from analysis.display.effect_axis import EffectAxis
from analysis.display.figures import Axes, Canvas, Figure
from analysis.display.reading import Reading, not_drawn
from analysis.results import Results
from analysis.words import begins_sentence, in_sentence

SHARES = (99.9, 99, 95, 90, 75, 50, 25, 10, 5, 1, 0.1)
"""Per cent that are written along the axis."""
EDGE = 1e-9
"""Per cent from 0 and 100, which this scale puts infinitely far away."""


def log_log_figure(
    results: Results,
    *,
    arms: Sequence[str],
    title: str,
    unit: str,
    measure: str = "Without an event",
    since: str = "",
    remark: str = "",
    caption: str = "",
) -> Figure | Reading:
    """Draw the survival curves on the scale of log(−log) over the logarithm of time.

    Parameters
    ----------
    results
        Rows of `analysis.results.curves.curve_rows` of survival curves, as `survival_figure` takes.
    arms
        All arms of the trial in its order.
    title
        Above the figure.
    unit, measure, since
        Unit of the times, what the curves are the share of, what the time is counted from.
    remark
        What the test of proportional hazards found, for caption and alternative text.
    caption
        Method and source; how to read the figure is added.

    Returns
    -------
    Figure or Reading
        A sentence where no curve lies between 0 and 100 %: there is nothing to draw.
    """
    curves = read_curves(results, arms, rising=False)
    if curves is None or not _inner(curves):
        return not_drawn(title, results, "no arm has a curve between none and all of its events")
    curves = replace(curves, drawn=list(_inner(curves)))
    label = time_words(unit, since)

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        _draw(axes, curves, narrow=narrow)
        axes.set_xlabel(f"{label}, logarithmic")
        axes.set_ylabel(f"{measure}, %, on log(−log)")
        if len(curves.drawn) > 1:
            name_arms(canvas, curves, narrow=narrow)

    said = f"{begins_sentence(remark).rstrip('.')}." if remark else ""
    return Figure(
        title=title,
        alt=" ".join(filter(None, [
            f"Kaplan–Meier curves of {', '.join(curves.drawn)}: {in_sentence(measure)} on the "
            f"scale of log(−log) over {in_sentence(label)} on a logarithmic scale. Where hazards "
            "are proportional, the curves keep one distance.", said,
        ])),
        draw=draw,
        height=3.8,
        narrow_height=3.4 + LEGEND * len(curves.drawn),
        results=results,
        caption=" ".join(filter(None, [
            caption, "Curves at one distance throughout: proportional hazards; the first few "
            "events say little.", said,
        ])),
    )  # fmt: skip


def _inner(curves: Curves) -> dict[str, tuple[list[float], list[float]]]:
    """Return times and shares of each arm's curve from its first event on, while it is above 0."""
    found = {}
    for arm, steps in curves.of(curves.kinds[0]):
        own = steps[(steps["estimate"] > EDGE) & (steps["estimate"] < 100 - EDGE)]
        if len(own):
            found[arm] = (own["at.time"].tolist(), own["estimate"].tolist())
    return found


def _draw(axes: Axes, curves: Curves, *, narrow: bool) -> None:
    from matplotlib.ticker import NullLocator

    looks, inner = arm_looks(curves.arms), _inner(curves)
    axes.set_yscale("function", functions=(_forward, _back))
    for arm, (times, shares) in inner.items():
        colour, mark, line = looks[arm]
        alone = mark if len(times) == 1 else None
        axes.step(times, shares, where="post", color=colour, lw=1.7, ls=line, marker=alone)
    seen = [share for _, shares in inner.values() for share in shares]
    low, high = _forward([min(seen), max(seen)])
    space = 0.05 * ((high - low) or 1.0)
    axes.set_ylim(*_back([low - space, high + space]))
    written = [each for each in SHARES if low - space <= _forward([each])[0] <= high + space]
    axes.set_yticks(written or [seen[0]], [f"{each:g}" for each in written or [round(seen[0], 1)]])
    axes.yaxis.set_minor_locator(NullLocator())
    first = min(times[0] for times, _ in inner.values())
    last = max(curves.until, 1.01 * first)
    EffectAxis(low=0.95 * first, high=1.05 * last, ratio=True).set(axes, narrow=narrow)


def _forward(share: ArrayLike) -> NDArray[np.float64]:
    """Return −log(−log) of shares in per cent: the sign keeps few events at the top."""
    inside = np.clip(np.asarray(share, dtype=float) / 100, EDGE / 100, 1 - EDGE / 100)
    scaled: NDArray[np.float64] = -np.log(-np.log(inside))
    return scaled


def _back(scaled: ArrayLike) -> NDArray[np.float64]:
    """Return the shares of the scale of `_forward`."""
    share: NDArray[np.float64] = 100 * np.exp(-np.exp(-np.clip(scaled, -4.0, 30.0)))
    return share

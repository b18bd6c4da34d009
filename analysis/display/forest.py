"""A forest of effects: one row an estimate, with its interval and the margin drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.display.effect_axis import BOUNDS, no_effect
from analysis.display.figures import Figure
from analysis.display.forest_drawing import Forest, Margin
from analysis.display.forest_rows import Row
from analysis.display.reading import Reading, not_drawn
from analysis.display.rows import interval, number, numbers, unit_shown
from analysis.numbers import PROPORTION
from analysis.results import Results
from analysis.words import in_sentence

DIFFERENCE = "Difference"
SHOWN = ("estimate", "conf.low", "conf.high")


def forest_figure(
    results: Results,
    *,
    title: str,
    labels: list[str],
    unit: str,
    caption: str,
    favours: tuple[str, str],
    measure: str = DIFFERENCE,
    ratio: bool = False,
    null: float | None = None,
) -> Figure | Reading:
    """Draw one row an estimate, with its interval and the bound of the verdict.

    Parameters
    ----------
    results
        Rows with ``estimate``, ``conf.low``, ``conf.high`` and, where there are any, `BOUNDS`.
        A row without an estimate keeps its place; a limit that is infinite, or 0 of a ratio, is
        an arrow at the end of the axis.
    title, caption
        Above and below the figure.
    labels
        Level columns that name a row.
    unit
        Unit of the effects; "" of a ratio; of a fraction `PROPORTION`, drawn in percentage points.
    favours
        What an effect left of the null means and what one right of it, such as "favours A".
    measure
        What the effects are, such as "Hazard ratio".
    ratio
        Whether the scale is logarithmic.
    null
        The value of no effect; unless given, 1 of a ratio and 0 of anything else.

    Returns
    -------
    Figure or Reading
        A sentence where no row has an estimate: there is nothing to draw.
    """
    frame = numbers(results, *SHOWN, *BOUNDS)
    if frame["estimate"].isna().all():
        return not_drawn(title, results)
    if unit == PROPORTION:
        frame[[*SHOWN, *BOUNDS]] *= 100.0
        unit = unit_shown(unit)
    words = results.wide().to_dict("records")
    at = no_effect(null, ratio=ratio)
    names = frame[labels].agg(" ".join, axis=1).str.strip()
    rows = [
        _row(name, interval(said), value)
        for name, said, value in zip(names, words, frame.to_dict("records"), strict=True)
    ]
    forest = Forest(
        rows=rows,
        xlabel=f"{measure}{f', {unit}' if unit else ''}",
        null=at,
        favours=favours,
        margins=_bounds(frame, words, at),
        ratio=ratio,
    )
    said = "; ".join(f"{row.label} {row.words}" for row in rows if row.estimate is not None)
    what = f"Forest plot of differences in {unit or 'the endpoint'}"
    if measure != DIFFERENCE:
        what = f"Forest plot, {in_sentence(measure)}{f' in {unit}' if unit else ''}"
    left, right = favours
    return Figure(
        title=title,
        alt=f"{what}: {said}. Left of {forest.null:g}: {left}; right of it: {right}.",
        draw=forest.draw,
        height=forest.height(narrow=False),
        narrow_height=forest.height(narrow=True),
        results=results,
        caption=caption,
    )


def _row(name: str, words: str, value: Mapping[Any, Any]) -> Row:
    estimate, low, high = (number(value, each) for each in SHOWN)
    kind = "absent" if estimate is None else "effect"
    return Row(label=name, detail="", words=words, kind=kind, estimate=estimate, low=low, high=high)


def _bounds(frame: pd.DataFrame, words: Sequence[Mapping[Any, Any]], null: float) -> list[Margin]:
    """Return every bound of the rows once: those of one figure differ where their margins do."""
    found = {
        value: Margin(value, "no effect" if value == null else f"margin {said[name]}")
        for name in BOUNDS
        for value, said in zip(frame[name].tolist(), words, strict=True)
        if pd.notna(value)
    }
    return list(found.values())

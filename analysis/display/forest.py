"""A forest of effects: one row an estimate, with its interval and the bound drawn."""

from __future__ import annotations

import textwrap

import pandas as pd

from analysis.display.effect_axis import BOUNDS, EffectAxis, needed_axis, no_effect
from analysis.display.figures import COLOURS, Axes, Canvas, Figure
from analysis.display.reading import Reading, not_drawn
from analysis.display.rows import numbers, unit_shown
from analysis.numbers import PROPORTION
from analysis.results import Results
from analysis.words import in_sentence

DIFFERENCE = "Difference"
SIDE_NAME = (44, 20)
"""Letters of a line of the name of a side on the wide and on the narrow drawing."""


def forest_figure(
    results: Results,
    *,
    title: str,
    labels: list[str],
    unit: str,
    caption: str,
    measure: str = DIFFERENCE,
    ratio: bool = False,
    null: float | None = None,
    favours: tuple[str, str] | None = None,
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
    measure
        What the effects are, such as "Hazard ratio".
    ratio
        Whether the scale is logarithmic.
    null
        The value of no effect; unless given, 1 of a ratio and 0 of anything else.
    favours
        What an effect left of the null means and what one right of it, such as "better with A";
        None where the figure does not say so.

    Returns
    -------
    Figure or Reading
        A sentence where no row has an estimate: there is nothing to draw.
    """
    frame = numbers(results, "estimate", "conf.low", "conf.high", *BOUNDS)
    if frame["estimate"].isna().all():
        return not_drawn(title, results)
    if unit == PROPORTION:
        frame[["estimate", "conf.low", "conf.high", *BOUNDS]] *= 100.0
        unit = unit_shown(unit)
    words = results.wide()
    frame["label"] = frame[labels].agg(" ".join, axis=1).str.strip()
    at = no_effect(null, ratio=ratio)
    axis = needed_axis(frame, null=at, ratio=ratio, sides=favours is not None)

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        _forest(axes, frame, axis, null=at, narrow=narrow)
        for name in (each for each in BOUNDS if frame[each].notna().any()):
            bound = frame[name].dropna().iloc[0]
            axes.axvline(bound, color=COLOURS["ink"], ls="--", lw=1.2)
            axes.annotate(
                f"bound {words[name].dropna().iloc[0]}",
                (bound, 1), (-3 if bound > at else 3, -2), xycoords=axes.get_xaxis_transform(),
                ha="right" if bound > at else "left",  # inside, where there is always room
                textcoords="offset points", color=COLOURS["ink"], fontsize=8.5, va="top",
            )  # fmt: skip
        if axis is not None:
            axis.set(axes, narrow=narrow)
            axes.tick_params(axis="y", pad=8)  # an arrow ends where a label would begin
        if favours is not None:
            _name_sides(axes, favours, null=at, narrow=narrow)
        axes.set_xlabel(f"{measure}{f', {unit}' if unit else ''}")

    said = "; ".join(
        f"{label} {row['estimate']} ({row['conf.low']} to {row['conf.high']})"
        for label, row in zip(frame["label"], words.to_dict("records"), strict=False)
        if isinstance(row.get("estimate"), str)
    )
    what = f"Forest plot of differences in {unit or 'the endpoint'}"
    if measure != DIFFERENCE:
        what = f"Forest plot, {in_sentence(measure)}{f' in {unit}' if unit else ''}"
    sides = f" Left of {at:g}: {favours[0]}; right of it: {favours[1]}." if favours else ""
    return Figure(
        title=title,
        alt=f"{what}: {said}.{sides}",
        draw=draw,
        height=1.3 + 0.36 * len(frame) + 0.2 * (favours is not None),
        narrow_height=1.5 + 0.5 * len(frame) + 0.4 * (favours is not None),
        results=results,
        caption=caption,
    )


def _forest(
    axes: Axes, frame: pd.DataFrame, axis: EffectAxis | None, *, null: float, narrow: bool
) -> None:
    for y, row in enumerate(frame.to_dict("records")):
        if pd.notna(row["estimate"]):
            if axis is None:
                axes.plot([row["conf.low"], row["conf.high"]], [y, y], color=COLOURS["ink"], lw=2)
            else:
                axis.draw_interval(axes, row["conf.low"], row["conf.high"], y)
            axes.plot(row["estimate"], y, "o", color=COLOURS["ink"], ms=6)
        if narrow:
            axes.text(0, y - 0.3, row["label"], fontsize=8, transform=axes.get_yaxis_transform())
    axes.axvline(null, color=COLOURS["pale"], lw=1.2, zorder=0)
    axes.set_ylim(len(frame) - 0.4, -0.8)
    axes.set_yticks([] if narrow else range(len(frame)), [] if narrow else list(frame["label"]))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _name_sides(axes: Axes, favours: tuple[str, str], *, null: float, narrow: bool) -> None:
    """Write above the rows what an effect on either side of the null means."""
    left, right = (textwrap.fill(words, SIDE_NAME[narrow]) for words in favours)
    for words, place, side in ((f"← {left}", -6, "right"), (f"{right} →", 6, "left")):
        axes.annotate(
            words, (null, 1), (place, 4), xycoords=axes.get_xaxis_transform(), ha=side,
            textcoords="offset points", color=COLOURS["grey"], fontsize=8.5, va="bottom",
        )  # fmt: skip

"""The dot plot of incidence: the share of each arm, and the differences beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.display.arm_table import CONTRAST
from analysis.display.arms import Look
from analysis.display.effect_axis import effect_axis
from analysis.display.figures import COLOURS, Figure
from analysis.display.legends import name_above
from analysis.display.lettering import drawable
from analysis.display.rows import interval
from analysis.display.sides import wrapped_sides, write_sides
from analysis.results import Results
from analysis.safety.drawing import by_arm, in_percent, looks
from analysis.safety.meanings import NOT_RECORDED
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import compares, methods
from analysis.words import numbered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

TOP = 20
"""So many rows are drawn of the most frequent."""
KEYS = ["variable", "variable_level"]
LINE, NARROW_LINE = 0.15, 0.27
"""Inches of an interval with its number, which stands beside it or, on a phone, above it."""
SHIFT = 0.14
"""Share of a row by which its marks make room for its name, which stands above them."""
NOTHING: dict[str, Any] = {"fontsize": 8, "color": COLOURS["grey"], "ha": "center", "va": "center"}
"""How it is written that a row has no mark."""
ACROSS = {False: 2.2, True: 1.7}
"""About the inches of the axis of differences."""
Key = tuple[str, ...]


def dot_plot(
    results: Results, run: SafetyRun, *, title: str, most_frequent: bool = False
) -> Figure:
    """Draw the share of each arm and the differences, one row a kind of event or a term.

    Parameters
    ----------
    results, run, title
        Of `analysis.safety.incidence.incidence_results`; ``variable`` kinds of events in their
        order, or ``variable_level`` terms where the most frequent are wanted.
    most_frequent
        Whether only the `TOP` rows with the highest share in any arm are drawn, in the order of
        the risk difference of the treatment under test where there is one.
    """
    rows = in_percent(results, "p", "estimate", "conf.low", "conf.high")
    look, arms = looks(run), list(run.arms)
    contrasts = [name for name in look if name not in arms and name in set(rows["group1_level"])]
    order = list(rows[KEYS].drop_duplicates().itertuples(index=False, name=None))
    if most_frequent:
        order = _most_frequent(rows, arms, contrasts)
    hidden = len(order) < len(rows[KEYS].drop_duplicates())
    place = {key: i for i, key in enumerate(order)}
    rows["y"] = [place.get(key, -1) for key in zip(*(rows[k] for k in KEYS), strict=True)]
    rows = rows[(rows["y"] >= 0) & rows["group1_level"].isin([*arms, *contrasts])]
    kept = results.frame.merge(pd.DataFrame(order, columns=KEYS), on=KEYS)
    names = [key[1] if most_frequent else key[0] for key in order]

    # Every difference has a line for its number, beside its interval or, on a phone, above it.
    heights = {
        False: max(0.3, LINE * len(contrasts) + 0.06),
        True: max(0.52, NARROW_LINE * len(contrasts) + 0.2),
    }
    favours = harm_sides(run, several=len(contrasts) > 1)
    written = _written(results, order, contrasts or arms)
    without = _without_mark(rows, order, results)

    def draw(canvas: Canvas, narrow: bool) -> None:
        shares, differences = _panels(canvas, narrow=narrow, both=bool(contrasts))
        # Where names stand above their rows, the marks make room for them.
        at = rows.assign(y=rows["y"] + (SHIFT if narrow else 0.0))
        _shares(shares, at, arms, look)
        _rows(shares, names, heights[narrow], narrow=narrow)
        for y, words in without.items():
            shares.text(
                0.5, y + SHIFT * narrow, words, **NOTHING, transform=shares.get_yaxis_transform()
            )
        if differences is not None:
            step = (NARROW_LINE if narrow else LINE) / heights[narrow]
            _differences(differences, at, contrasts, look, step)
            _name_sides(differences, at, favours, narrow=narrow)
            _lines(differences, len(names))
        _write_numbers(differences or shares, written, look, heights[narrow], narrow=narrow)
        if len(arms) > 1:
            _legend(canvas, arms, look, narrow=narrow)

    return Figure(
        title=title,
        alt=f"Dot plot of {numbered(len(names), 'term' if most_frequent else 'kind')}: per cent of "
        f"each arm{', and the risk differences with intervals' if contrasts else ''}. "
        f"{_said(results, order, arms)}",
        draw=draw,
        height=(1.7 if contrasts else 1.5) + heights[False] * len(names),
        narrow_height=(2.1 if contrasts else 1.9) + heights[True] * len(names),
        results=Results(kept),
        caption=_caption(results, most_frequent=most_frequent, shown=len(order) if hidden else 0),
    )


def _most_frequent(rows: pd.DataFrame, arms: list[str], contrasts: list[str]) -> list[Key]:
    """Return the rows of the plot from the top: the most frequent, by difference."""
    share = rows[rows["group1_level"].isin(arms)].groupby(KEYS, sort=False)["p"].max().fillna(0)
    top = share[share > 0].sort_values(ascending=False, kind="stable").head(TOP)
    if contrasts:
        own = rows[rows["group1_level"] == contrasts[0]].set_index(KEYS)["estimate"]
        top = own.reindex(top.index).sort_values(ascending=False, kind="stable")
    return list(top.index)


def _said(results: Results, order: list[Key], arms: list[str]) -> str:
    """Say the first rows in words, for the alternative text."""
    wide = results.wide().set_index([*KEYS, "group1_level"])
    said = []
    for key in order[:3]:
        values = [
            f"{arm} {wide['p'].get((*key, arm))} %"
            for arm in arms
            if isinstance(wide["p"].get((*key, arm)), str)
        ]
        said.append(f"{key[1] or key[0]}: {', '.join(values) or NOT_RECORDED}")
    return f"From the top: {'; '.join(said)}." if said else ""


def _caption(results: Results, *, most_frequent: bool, shown: int) -> str:
    """Say which rows are shown, where some are not, in which order, and how they are counted."""
    which = f"The {numbered(shown, 'term')} with the highest share in any arm. " if shown else ""
    compared = compares(results)
    order = "In the order of the first difference. " if compared and most_frequent else ""
    bars = "" if compared else " Bars: intervals of the share."
    return f"{which}{order}{methods(results)}{bars}"


def _panels(canvas: Canvas, *, narrow: bool, both: bool) -> tuple[Axes, Axes | None]:
    if not both:
        return canvas.subplots(), None
    ratio = [1.0, 1.0] if narrow else [1.15, 1.0]
    left, right = canvas.subplots(1, 2, sharey=True, width_ratios=ratio)
    right.patch.set_visible(False)  # A name on the left may reach into it.
    return left, right


def _marks(
    axes: Axes, rows: pd.DataFrame, levels: list[str], looks: dict[str, Look], *,
    value: str, step: float, width: float, size: float,
) -> None:  # fmt: skip
    """Draw value and interval of every row, those of several levels beside one another."""
    for _, own, place, look in by_arm(rows, levels, looks):
        y = own["y"] + step * place
        axes.hlines(y, own["conf.low"], own["conf.high"], color=look.colour, lw=width)
        axes.plot(own[value], y, look.mark, color=look.colour, ms=size, ls="none")


def _shares(axes: Axes, rows: pd.DataFrame, arms: list[str], look: dict[str, Look]) -> None:
    _marks(axes, rows, arms, look, value="p", step=0.22, width=1.4, size=5)
    top = np.nanmax([rows["p"].max(), rows["conf.high"][rows["group1"] != CONTRAST].max(), 5])
    axes.set_xlim(-0.03 * top, 1.06 * top)
    axes.set_xlabel("Participants, %")


def _differences(
    axes: Axes, rows: pd.DataFrame, contrasts: list[str], look: dict[str, Look], step: float
) -> None:
    _marks(axes, rows, contrasts, look, value="estimate", step=step, width=1.5, size=4.5)
    axes.axvline(0, color=COLOURS["grey"], lw=1, zorder=0)
    axes.set_xlabel("Difference, points")


def _name_sides(axes: Axes, rows: pd.DataFrame, favours: tuple[str, str], *, narrow: bool) -> None:
    """Say whom each side favours, on an axis of which both have one half: names need room."""
    own = rows[rows["group1"] == CONTRAST]
    ends = [*own["conf.low"], *own["conf.high"]]
    limits = [*ends, *(-end for end in ends)]
    axis = effect_axis(own["estimate"], limits, null=0.0, ratio=False, sides=True)
    axis.set(axes, narrow=narrow)
    sides = wrapped_sides(favours, axis, null=0.0, across=ACROSS[narrow], narrow=narrow)
    write_sides(axes, sides, null=0.0)


def harm_sides(run: SafetyRun, *, several: bool) -> tuple[str, str]:
    """Return whom a difference of harms below zero favours, and whom one above: fewer is better."""
    treatment = "the other arm" if several else run.treatment
    return f"favours {treatment}", f"favours {run.reference}"


def _written(results: Results, order: list[Key], levels: list[str]) -> dict[tuple[int, str], str]:
    """Return the number of every row as written, by its place and what it is of."""
    wide = results.wide().set_index([*KEYS, "group1_level"])
    value = "estimate" if "estimate" in wide and wide["estimate"].notna().any() else "p"
    found = {}
    for y, key in enumerate(order):
        for level in (each for each in levels if (*key, each) in wide.index):
            row = wide.loc[(*key, level)]
            found[y, level] = interval({**row.to_dict(), "estimate": row[value]})
    return found


def _without_mark(rows: pd.DataFrame, order: list[Key], results: Results) -> dict[int, str]:
    """Return what is said in a row in which no arm has a mark, by its place."""
    marked = set(rows.loc[rows["p"].notna(), "y"])
    wide = results.wide().set_index(KEYS)
    said = {}
    for y, key in enumerate(order):
        if y not in marked:
            counts = wide.loc[[key], "n"].dropna().tolist() if "n" in wide else []
            said[y] = counts[0] if counts else NOT_RECORDED
    return said


def _write_numbers(
    axes: Axes,
    written: dict[tuple[int, str], str],
    look: dict[str, Look],
    height: float,
    *,
    narrow: bool,
) -> None:
    """Write each number beside its interval; on a phone above it, at the right."""
    levels = list(dict.fromkeys(level for _, level in written))
    line = (NARROW_LINE if narrow else LINE) / height
    for (y, level), words in written.items():
        at = y + line * (levels.index(level) - (len(levels) - 1) / 2)
        above = SHIFT - NARROW_LINE / 2 / height if narrow else 0.0
        axes.text(
            1.0 if narrow else 1.02, at + above, words, fontsize=7.5, va="center",
            ha="right" if narrow else "left", color=look[level].colour,
            transform=axes.get_yaxis_transform(),
            bbox={"fc": "white", "ec": "none", "pad": 0.3} if narrow else None,
        )  # fmt: skip


def _lines(axes: Axes, rows: int) -> None:
    """Draw thin lines between the rows, which the eye follows from one panel to the other."""
    axes.hlines(
        np.arange(1, rows) - 0.5, 0, 1, transform=axes.get_yaxis_transform(),
        color=COLOURS["pale"], lw=0.5, zorder=0,
    )  # fmt: skip
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _rows(axes: Axes, names: list[str], height: float, *, narrow: bool) -> None:
    """Name the rows beside the axis, or above each row where there is no room."""
    _lines(axes, len(names))
    axes.set_ylim(len(names) - 0.4, -0.75 if narrow else -0.6)
    axes.set_yticks([] if narrow else range(len(names)))
    if not narrow:
        axes.set_yticklabels([drawable(name) for name in names], fontsize=8.5)
    elif any(names):
        for y, name in enumerate(names):
            axes.text(
                0, y - 0.5 + 0.09 / height, drawable(name, 46), fontsize=8, va="center",
                transform=axes.get_yaxis_transform(), clip_on=False, zorder=5, in_layout=False,
            )  # fmt: skip


def _legend(canvas: Canvas, arms: list[str], look: dict[str, Look], *, narrow: bool) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=look[arm].colour, marker=look[arm].mark, ls="none")
               for arm in arms]  # fmt: skip
    name_above(canvas, handles, arms, narrow=narrow)

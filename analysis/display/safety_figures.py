"""Pictures of how many had an adverse event: the dot plot of incidence and the volcano."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.display.arm_table import CONTRAST
from analysis.display.figures import COLOURS, Figure
from analysis.display.reading import Absent
from analysis.display.sections import ARM_COLOURS, ARM_MARKS, has, method_words, numbers, or_reason
from analysis.results import Results
from analysis.safety.incidence import ANY
from analysis.safety.population import TOTAL
from analysis.words import begins_sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

TOP = 20
"""So many terms have a row in the dot plot."""
NAMED = 8
"""So many terms of the volcano have their name beside them."""


@cache
def _glyphs() -> frozenset[int]:
    """Return the characters that the font of the figures can draw."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap())


def drawable(text: str, length: int = 42) -> str:
    r"""Return text that matplotlib draws as it stands, cut to a length.

    A dollar sign is no formula, and what the font lacks, such as an emoji, is a box: matplotlib
    would warn of it, and on a page a warning is an error.

    Examples
    --------
    >>> drawable("cost $5\nand more"), drawable("a long name", 6)
    ('cost \\$5 and more', 'a lon…')
    """
    one_line = " ".join(text.split())
    short = one_line if len(one_line) <= length else f"{one_line[: length - 1].rstrip()}…"
    known = "".join(letter if ord(letter) in _glyphs() else "□" for letter in short)
    return known.replace("$", r"\$")


def _arm_names(frame: pd.DataFrame) -> list[str]:
    arms = frame.loc[frame["group1"] != CONTRAST, "group1_level"]
    return [arm for arm in dict.fromkeys(arms) if arm != TOTAL or arms.nunique() == 1]


def _contrasts(frame: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(frame.loc[frame["group1"] == CONTRAST, "group1_level"]))


def arm_looks(arms: list[str], contrasts: list[str]) -> dict[str, tuple[str, str]]:
    """Return colour and mark of every arm; a difference has those of its arm."""
    own = {arm: (ARM_COLOURS[i % 4], ARM_MARKS[i % 4]) for i, arm in enumerate(arms)}
    return own | {label: own[label.split(" − ")[0]] for label in contrasts}


# Incidence ------------------------------------------------------------------------------------


@or_reason
def answer_figure(overview: Results) -> Figure:
    """Draw the overview: the share of each arm, and the differences."""
    return _incidence(overview, "variable", "Participants with an adverse event, by kind", "kinds")


@or_reason
def incidence_figure(by_term: Results) -> Figure:
    """Draw the most frequent terms: the share of each arm, and the differences.

    The rows are the twenty terms with the highest share in any arm, in the order of the risk
    difference of the treatment under test where there is one.
    """
    frame = by_term.frame
    terms = Results(frame[frame["variable_level"] != ANY].reset_index(drop=True))
    return _incidence(terms, "variable_level", "Incidence of the most frequent terms", "terms")


def _incidence(results: Results, label: str, title: str, what: str) -> Figure:
    rows = numbers(results, "p", "estimate", "conf.low", "conf.high")
    arms, contrasts = _arm_names(rows), _contrasts(rows)
    keys = ["variable", "variable_level"]
    order = _most_frequent(rows, keys, arms, contrasts)
    hidden = len(order) < len(rows[keys].drop_duplicates())
    place = {key: i for i, key in enumerate(order)}
    rows["y"] = [place.get(key, -1) for key in zip(*(rows[k] for k in keys), strict=True)]
    rows = rows[(rows["y"] >= 0) & rows["group1_level"].isin([*arms, *contrasts])]
    kept = results.frame.merge(pd.DataFrame(order, columns=keys), on=keys)
    names = [key[keys.index(label)] for key in order]
    look = arm_looks(arms, contrasts)

    def draw(canvas: Canvas, narrow: bool) -> None:
        shares, differences = _panels(canvas, narrow=narrow, both=bool(contrasts))
        # Where names stand above their rows, the marks make room for them.
        at = rows.assign(y=rows["y"] + (0.14 if narrow else 0.0))
        _shares(shares, at, arms, look)
        _rows(shares, names, narrow=narrow)
        if differences is not None:
            _differences(differences, at, contrasts, look)
            _lines(differences, len(names))
        _legend(canvas, arms, look, narrow=narrow)

    return Figure(
        title=title,
        alt=f"Dot plot of {len(names)} {what}: per cent of each arm"
        f"{', and the risk differences with intervals' if contrasts else ''}. "
        f"{_said(results, order, arms)}",
        draw=draw,
        height=1.5 + 0.3 * len(names),
        narrow_height=1.9 + 0.52 * len(names),
        results=Results(kept),
        caption=_incidence_caption(results, what, len(order), hidden=hidden),
    )


def _most_frequent(
    rows: pd.DataFrame, keys: list[str], arms: list[str], contrasts: list[str]
) -> list[tuple[str, ...]]:
    """Return the rows of the plot from the top: the most frequent, by difference."""
    share = rows[rows["group1_level"].isin(arms)].groupby(keys, sort=False)["p"].max().fillna(0)
    if keys[0] == "variable" and (rows["variable_level"] == "").all():
        return list(share.index)  # An overview keeps its order.
    top = share[share > 0].sort_values(ascending=False, kind="stable").head(TOP)
    if contrasts:
        own = rows[rows["group1_level"] == contrasts[0]].set_index(keys)["estimate"]
        top = own.reindex(top.index).sort_values(ascending=False, kind="stable")
    return list(top.index)


def _said(results: Results, order: list[tuple[str, ...]], arms: list[str]) -> str:
    """Say the first rows in words, for the alternative text."""
    wide = results.wide().set_index(["variable", "variable_level", "group1_level"])
    said = []
    for key in order[:3]:
        values = [
            f"{arm} {wide['p'].get((*key, arm))} %"
            for arm in arms
            if isinstance(wide["p"].get((*key, arm)), str)
        ]
        said.append(f"{key[1] or key[0]}: {', '.join(values) or 'not recorded'}")
    return f"From the top: {'; '.join(said)}." if said else ""


def _incidence_caption(results: Results, what: str, shown: int, *, hidden: bool) -> str:
    compared = bool((results.frame["group1"] == CONTRAST).any())
    first = f"The {shown} {what} with the highest share in any arm. " if hidden else ""
    methods = "; ".join(dict.fromkeys(results.frame["method"]))
    order = "In the order of the first difference. " if compared and what == "terms" else ""
    bars = "" if compared else " Bars: intervals of the share."
    return f"{first}{order}{begins_sentence(methods)}.{bars}"


def _panels(canvas: Canvas, *, narrow: bool, both: bool) -> tuple[Axes, Axes | None]:
    if not both:
        return canvas.subplots(), None
    ratio = [1.0, 1.0] if narrow else [1.15, 1.0]
    left, right = canvas.subplots(1, 2, sharey=True, width_ratios=ratio)
    right.patch.set_visible(False)  # A name on the left may reach into it.
    return left, right


def _shares(axes: Axes, rows: pd.DataFrame, arms: list[str], look: dict[str, Any]) -> None:
    step = 0.22 if len(arms) > 1 else 0
    for i, arm in enumerate(arms):
        own = rows[rows["group1_level"] == arm]
        y = own["y"] + step * (i - (len(arms) - 1) / 2)
        colour, mark = look[arm]
        axes.hlines(y, own["conf.low"], own["conf.high"], color=colour, lw=1.4)
        axes.plot(own["p"], y, mark, color=colour, ms=5, ls="none")
    top = np.nanmax([rows["p"].max(), rows["conf.high"][rows["group1"] != CONTRAST].max(), 5])
    axes.set_xlim(-0.03 * top, 1.06 * top)
    axes.set_xlabel("Participants, %")


def _differences(
    axes: Axes, rows: pd.DataFrame, contrasts: list[str], look: dict[str, Any]
) -> None:
    step = 0.3 if len(contrasts) > 1 else 0
    for i, label in enumerate(contrasts):
        own = rows[rows["group1_level"] == label]
        y = own["y"] + step * (i - (len(contrasts) - 1) / 2)
        colour, mark = look[label]
        axes.hlines(y, own["conf.low"], own["conf.high"], color=colour, lw=1.5)
        axes.plot(own["estimate"], y, mark, color=colour, ms=4.5, ls="none")
    axes.axvline(0, color=COLOURS["grey"], lw=1, zorder=0)
    axes.set_xlabel("Difference, points")


def _lines(axes: Axes, rows: int) -> None:
    """Draw thin lines between the rows, which the eye follows from one panel to the other."""
    axes.hlines(
        np.arange(1, rows) - 0.5, 0, 1, transform=axes.get_yaxis_transform(),
        color=COLOURS["pale"], lw=0.5, zorder=0,
    )  # fmt: skip
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _rows(axes: Axes, names: list[str], *, narrow: bool) -> None:
    """Name the rows beside the axis, or above each row where there is no room."""
    _lines(axes, len(names))
    axes.set_ylim(len(names) - 0.4, -0.75 if narrow else -0.6)
    axes.set_yticks([] if narrow else range(len(names)))
    if not narrow:
        axes.set_yticklabels([drawable(name) for name in names], fontsize=8.5)
    elif any(names):
        for y, name in enumerate(names):
            axes.text(
                0, y - 0.33, drawable(name, 46), transform=axes.get_yaxis_transform(),
                fontsize=8, va="center", clip_on=False, zorder=5, in_layout=False,
            )  # fmt: skip


def _legend(canvas: Canvas, arms: list[str], look: dict[str, Any], *, narrow: bool) -> None:
    from matplotlib.lines import Line2D

    if len(arms) < 2:
        return
    handles = [
        Line2D([], [], color=look[arm][0], marker=look[arm][1], ls="none", label=drawable(arm))
        for arm in arms
    ]
    canvas.legend(
        handles=handles, loc="outside upper left", frameon=False, labelcolor="linecolor",
        fontsize=8.5 if narrow else 9.5, ncols=1 if narrow else len(arms),
    )  # fmt: skip


# Volcano --------------------------------------------------------------------------------------


@or_reason
def volcano_figure(by_term: Results) -> Figure | Absent:
    """Draw the p-value of every term against its risk difference."""
    frame = by_term.frame
    keep = (frame["group1"] == CONTRAST) & (frame["variable_level"] != ANY)
    results = Results(frame[keep].reset_index(drop=True))
    if not has(results, "p.value"):
        return Absent("a trial without a comparator has no differences to draw")
    rows = numbers(results, "estimate", "p.value", "conf.low", "conf.high")
    contrasts = list(dict.fromkeys(rows["group1_level"]))
    clear = rows[(rows["conf.low"] > 0) | (rows["conf.high"] < 0)]

    def draw(canvas: Canvas, narrow: bool) -> None:
        shape = (len(contrasts), 1) if narrow else (1, len(contrasts))
        panels = np.atleast_1d(canvas.subplots(*shape, sharex=True, sharey=True))
        for axes, label in zip(panels, contrasts, strict=True):
            _volcano(axes, rows[rows["group1_level"] == label], label)
        panels[0].invert_yaxis()

    named = ", ".join(
        f"{row['variable_level']} {_percent_points(results, row)}"
        for row in clear.sort_values("p.value").head(3).to_dict("records")
    )
    return Figure(
        title="Risk difference and p-value of every term",
        alt=f"Volcano plot of {len(rows)} comparisons of preferred terms; {len(clear)} have an "
        f"interval that excludes 0{f', among them {named}' if named else ''}.",
        draw=draw,
        height=4.2,
        narrow_height=3.6 * len(contrasts),
        results=results,
        caption="One point a term (larger: several terms at one place); higher is a smaller "
        "p-value. Filled: the interval of the difference excludes 0. Dashed: p 0.05. "
        f"{begins_sentence(method_words(results))}.",
    )


def _percent_points(results: Results, row: dict[Any, Any]) -> str:
    found = results.select(
        group1_level=row["group1_level"],
        variable=row["variable"],
        variable_level=row["variable_level"],
    )
    return f"{found.text('estimate')} points"


def _volcano(axes: Axes, rows: pd.DataFrame, title: str) -> None:
    rows = rows.dropna(subset=["estimate", "p.value"])
    clear = (rows["conf.low"] > 0) | (rows["conf.high"] < 0)
    together = rows.assign(clear=clear).groupby(["estimate", "p.value", "clear"], as_index=False)
    points = together.size()
    for is_clear, own in points.groupby("clear"):
        axes.scatter(
            own["estimate"], own["p.value"], s=14 + 5 * np.minimum(own["size"], 30),
            facecolors=COLOURS["orange"] if is_clear else "none",
            edgecolors=COLOURS["orange"] if is_clear else COLOURS["grey"], linewidths=0.9,
        )  # fmt: skip
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.axvline(0, color=COLOURS["pale"], zorder=0)
    axes.axhline(0.05, color=COLOURS["grey"], ls="--", lw=0.9, zorder=0)
    reach = max(float(rows["estimate"].abs().max()), 1.0)
    axes.set_xlim(-1.15 * reach, 1.75 * reach)
    _name_points(axes, rows[clear].sort_values("p.value").head(NAMED))
    axes.set_title(drawable(title, 60), loc="left", fontsize=9.5)
    axes.set_xlabel("Risk difference, percentage points")
    axes.set_ylabel("Fisher's exact p")


def _name_points(axes: Axes, rows: pd.DataFrame) -> None:
    """Write names beside points, each far enough below the one before, with a line to it."""
    # A fourteenth part of the axis, which is what a line of text takes.
    low = min(float(rows["p.value"].min()) if len(rows) else 0.05, 0.01)
    gap, used = -np.log10(low) / 14, {True: -np.inf, False: -np.inf}
    for row in rows.to_dict("records"):
        left = bool(row["estimate"] < 0)
        height = max(np.log10(row["p.value"]), used[left] + gap)
        used[left] = height
        name = row["variable_level"]
        name = drawable(name.capitalize() if name.isupper() else name, 26)
        reach = axes.get_xlim()[1] / 1.75
        axes.annotate(
            name, (row["estimate"], row["p.value"]),
            (row["estimate"] + (-0.09 if left else 0.09) * reach, 10**height),
            fontsize=7.5, va="center", ha="right" if left else "left", annotation_clip=False,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
            arrowprops={"arrowstyle": "-", "color": COLOURS["grey"], "lw": 0.5, "shrinkA": 0,
                        "shrinkB": 3},
        )  # fmt: skip

"""Forests of contrasts: trials, a pooled diamond, a prediction interval, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.display.figures import COLOURS, Figure
from analysis.display.rows import both, interval, number
from analysis.results import Results, reason_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

STYLES = {
    "asked": (COLOURS["orange"], "o"),
    "raw": (COLOURS["orange"], "o"),
    "trial": (COLOURS["blue"], "o"),
    "faint": (COLOURS["grey"], "o"),
    "pooled": (COLOURS["ink"], "D"),
    "patient level": (COLOURS["purple"], "s"),
    "synthetic": (COLOURS["purple"], "s"),
    "missing": (COLOURS["orange"], ""),
}
"""Kind of row → colour and mark; a pooled result is drawn as a diamond of its interval."""

OPEN = ("raw", "synthetic")
"""Kinds of row whose mark is open."""
APART = ("patient level", "synthetic")
"""Kinds of row that a line parts from the published ones above them."""
BEHIND = {"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.4}
"""Box behind a text that lines would cross."""


@dataclass(frozen=True, slots=True)
class Margin:
    """A non-inferiority margin: where its dashed line stands, and what is written at it."""

    value: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a forest.

    Parameters
    ----------
    label, detail
        What is compared, and where.
    words
        The numbers as written at the right; for a row without an estimate why not, in two or
        three words.
    kind
        A key of `STYLES`.
    estimate, low, high
        The mark and its bar; None where there is none.
    wide_low, wide_high
        A thinner, longer bar: a prediction interval, or a spread between series.
    """

    label: str
    detail: str
    words: str
    kind: str = "trial"
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    wide_low: float | None = None
    wide_high: float | None = None


Given = tuple[Mapping[Any, Any], Mapping[Any, Any]]
"""A row of results as written, and as numbers."""


def given_rows(results: Results) -> list[Given]:
    """Return each row of results as written and as numbers; none where there is but a reason."""
    return [] if reason_of(results) else list(zip(*both(results), strict=True))


def row_of(
    given: Given, *, detail: str, kind: str = "trial", label: str = "", wide: str = "prediction"
) -> Row:
    """Return a result as a row of a forest; without an estimate it says so.

    Parameters
    ----------
    given
        The result.
    detail, kind
        As in `Row`.
    label
        What is compared, where it is not the first name of the result.
    wide
        Begins the names of the limits that the thin bar joins.
    """
    row, value = given
    known = number(value, "estimate") is not None
    return Row(
        label=label or row["group1_level"],
        detail=detail,
        words=interval(row),
        kind=kind if known else "missing",
        estimate=number(value, "estimate"),
        low=number(value, "conf.low"),
        high=number(value, "conf.high"),
        wide_low=number(value, f"{wide}.low"),
        wide_high=number(value, f"{wide}.high"),
    )


def margins_of(named: Mapping[str, str], *several: Results) -> list[Margin]:
    """Return the first margin of each kind among results as lines, each value once.

    Parameters
    ----------
    named
        Statistic → how its line is called.
    several
        Results; of two with one value the first names the line.
    """
    found: dict[float, Margin] = {}
    for results in several:
        for name, words in named.items():
            rows = results.select(stat_name=name).frame
            if len(rows):
                value, shown = float(rows["stat"].iloc[0]), str(rows["stat_fmt"].iloc[0])
                found.setdefault(value, Margin(value, f"{words} {shown}"))
    return list(found.values())


def forest(
    rows: Sequence[Row],
    *,
    title: str,
    results: Results,
    xlabel: str,
    caption: str,
    margins: Sequence[Margin] = (),
    lead: str = "Forest plot",
) -> Figure:
    """Draw rows with their intervals, a line at zero and, where there is one, the margin.

    Parameters
    ----------
    rows
        From top to bottom.
    title, xlabel, caption
        Words around the figure.
    results
        The plotted numbers.
    margins
        The dashed lines.
    lead
        Beginning of the alt text.
    """
    said = "; ".join(
        f"{row.label}{f' ({row.detail})' if row.detail else ''}: {row.words}" for row in rows
    )

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        for y, row in enumerate(rows):
            _draw_row(axes, y, row, narrow=narrow)
        _frame(axes, rows, narrow=narrow)
        for level, margin in enumerate(sorted(margins, key=lambda each: -each.value)):
            _margin(axes, margin, level)
        axes.set_xlabel(xlabel)

    return Figure(
        title=title,
        alt=f"{lead}. {said}.",
        draw=draw,
        height=1.25 + 0.43 * len(rows),
        narrow_height=1.3 + 0.62 * len(rows),
        results=results,
        caption=caption,
    )


def _draw_row(axes: Axes, y: int, row: Row, *, narrow: bool) -> None:
    colour, mark = STYLES[row.kind]
    if row.kind == "missing":
        axes.axhspan(y - 0.46, y + 0.46, color=colour, alpha=0.10, lw=0, zorder=0)
    if row.kind in APART:
        axes.axhline(y - 0.5, color=COLOURS["grey"], lw=0.9, zorder=1)
    if row.wide_low is not None and row.wide_high is not None:
        axes.plot([row.wide_low, row.wide_high], [y, y], color=colour, lw=0.9, zorder=2)
    if row.low is not None and row.high is not None:
        if row.kind == "pooled" and row.estimate is not None:
            _diamond(axes, y, row)
        else:
            dashes = (0, (2, 1)) if row.kind == "synthetic" else "-"
            axes.plot([row.low, row.high], [y, y], color=colour, lw=2.2, ls=dashes, zorder=3)
    if row.estimate is not None and row.kind != "pooled":
        face = "white" if row.kind in OPEN else colour
        axes.plot(row.estimate, y, mark, color=colour, mfc=face, mew=1.6, ms=6, zorder=4)
    across = axes.get_yaxis_transform()
    weight = "bold" if row.kind in ("missing", "pooled", "asked") else "normal"
    if narrow:
        # Name and numbers above the bar, the detail under it: each has the whole width.
        axes.text(0, y - 0.3, row.label, fontsize=7.4, weight=weight, va="center",
                  transform=across, bbox=BEHIND)  # fmt: skip
        axes.text(1, y - 0.3, row.words, fontsize=7.6, ha="right", va="center", color=colour,
                  transform=across, bbox=BEHIND)  # fmt: skip
        axes.text(0, y + 0.33, _clipped(row.detail, 68), fontsize=6.8, va="center",
                  color=COLOURS["grey"], transform=across, bbox=BEHIND)  # fmt: skip
        return
    axes.text(-0.02, y - (0.17 if row.detail else 0), row.label, fontsize=9, ha="right",
              va="center", weight=weight, transform=across)  # fmt: skip
    axes.text(-0.02, y + 0.2, row.detail, fontsize=7.8, ha="right", va="center",
              color=COLOURS["grey"], transform=across)  # fmt: skip
    axes.text(1.02, y, row.words, fontsize=8.8, va="center", color=colour, weight=weight,
              transform=across)  # fmt: skip


def _clipped(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip(" ,(") + "…"


def _diamond(axes: Axes, y: int, row: Row) -> None:
    axes.fill(
        [row.low, row.estimate, row.high, row.estimate], [y, y - 0.22, y, y + 0.22],
        color=STYLES["pooled"][0], zorder=4,
    )  # fmt: skip


def _frame(axes: Axes, rows: Sequence[Row], *, narrow: bool) -> None:
    bars = [(row.low, row.high, row.estimate) for row in rows]
    ends = [end for bar in bars for end in bar if end is not None]
    ends += [end for row in rows for end in (row.wide_low, row.wide_high) if end is not None]
    if not ends:
        axes.set_xlim(-2, 2)
    axes.axvline(0, color=COLOURS["grey"], lw=0.9, zorder=1)
    axes.set_ylim(len(rows) - (0.3 if narrow else 0.45), -0.85)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=COLOURS["pale"], lw=0.5)
    axes.set_axisbelow(True)


def _margin(axes: Axes, margin: Margin, level: int) -> None:
    """Draw one margin; the words of the second stand to the left of its line."""
    right = level % 2 == 0
    axes.axvline(margin.value, color=COLOURS["orange"], ls="--" if right else ":", lw=1.3, zorder=1)
    axes.annotate(
        margin.words, (margin.value, 1), (3 if right else -3, -1),
        xycoords=axes.get_xaxis_transform(), textcoords="offset points",
        ha="left" if right else "right", color=COLOURS["orange"], fontsize=8.5, va="top",
        bbox=BEHIND | {"alpha": 1}, zorder=2,
    )  # fmt: skip

"""The evidence map drawn: one row an arm."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.display.figures import COLOURS, Figure
from analysis.display.grouped_rows import GroupedRows
from analysis.display.reading import Reading
from analysis.display.rows import numbers
from analysis.numbers import level
from analysis.programme.settings import ProgrammeRun
from analysis.results import Results
from analysis.sources.schemas import INDICATIONS
from analysis.words import begins_sentence, counted, numbered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

FIGURE, TABLE = "figure", "table"
"""Where an arm is shown."""
RANDOMISED = "randomised"
"""Design of an arm whose mark is filled."""
CLASS_MARKS = {
    "follow-on daily": (COLOURS["orange"], "o"),
    "reference daily": (COLOURS["blue"], "o"),
    "unbranded daily": (COLOURS["grey"], "o"),
    "long-acting": (COLOURS["green"], "o"),
    "methionyl": (COLOURS["purple"], "^"),
    "pituitary": (COLOURS["purple"], "v"),
    "untreated": (COLOURS["ink"], "s"),
    "mixed": (COLOURS["grey"], "D"),
}
"""Product class → colour and shape: what is no authentic daily hormone has another shape."""
NO_ARM = (
    "The ledger has no arm of this selection with a 12-month height velocity of enough confidence."
)


def evidence_figure(field: Results, run: ProgrammeRun) -> Figure | Reading:
    """Draw the 12-month height velocity of the arms in the field, or say that there is none."""
    if not len(field):
        return Reading([NO_ARM])
    every = numbers(field, "n", "mean", "sd", "conf.low", "conf.high").assign(
        shown=field.wide()["mean"]
    )
    frame = every[every["shown.in"] == FIGURE]
    count, more = len(frame), len(every) - len(frame)

    rows = _rows(frame)

    def draw(canvas: Canvas, narrow: bool) -> None:
        _forest(canvas.subplots(), frame, rows, narrow=narrow)

    lowest, highest = (
        frame.loc[at, "shown"] for at in (frame["mean"].idxmin(), frame["mean"].idxmax())
    )
    return Figure(
        title="The field: height velocity in the first year of treatment",
        alt=f"Dot plot of {numbered(count, 'arm')}, grouped by indication, with means from "
        f"{lowest} to "
        f"{highest} cm/year. The table below has every number.",
        draw=draw,
        height=1.1 + rows.height(narrow=False),
        narrow_height=1.5 + rows.height(narrow=True),
        results=field,
        caption=caption(level(run.parameters.conf_level), more),
    )


def caption(conf_level: str, more: int) -> str:
    """Say how to read the figure, and how many more arms the table has."""
    left = (
        f" {counted(more, 'more arm')} {'stands' if more == 1 else 'stand'} in the table below: "
        "the asked product's studies and randomised ones are drawn first."
        if more
        else ""
    )
    return (
        "Mark: mean; the larger, the more participants; filled where the study is randomised. "
        f"Thick bar: {conf_level} interval of the mean; thin bar: mean ± 1 SD; none where the "
        "ledger has no spread. Number: the mean, and n where it has one. Arms of different "
        "studies are not comparable as drawn; untreated, methionyl and pituitary arms have "
        f"shapes of their own.{left}"
    )


def _rows(frame: pd.DataFrame) -> GroupedRows:
    """Return the arms under their indications, each with its mean and its participants."""
    arms = frame.to_dict("records")
    return GroupedRows(
        headings=[begins_sentence(INDICATIONS[arm["variable_level"]]) for arm in arms],
        names=[f"{arm['group1_level']}: {arm['group2_level']}" for arm in arms],
        numbers=[_number(arm) for arm in arms],
    )


def _number(arm: Mapping[Hashable, Any]) -> str:
    """Return the mean of an arm, and its participants where the ledger has them."""
    n = f" (n {arm['n']:.0f})" if pd.notna(arm["n"]) else ""
    return f"{arm['shown']}{n}"


def _forest(axes: Axes, frame: pd.DataFrame, rows: GroupedRows, *, narrow: bool) -> None:
    """Draw one row an arm under the name of its indication."""
    for y, arm in zip(rows.write(axes, narrow=narrow), frame.to_dict("records"), strict=True):
        _arm(axes, y, arm)
    axes.set(xlim=_limits(frame), xlabel="Height velocity at 12 months, cm/year")
    axes.grid(axis="x", color=COLOURS["pale"], lw=0.6)
    axes.set_axisbelow(True)
    _class_key(axes, [name for name in CLASS_MARKS if name in set(frame["product.class"])],
               narrow=narrow)  # fmt: skip


def _limits(frame: pd.DataFrame) -> tuple[float, float]:
    """Return limits that hold every mark and bar."""
    low = frame["mean"] - frame["sd"].fillna(0)
    high = frame["mean"] + frame["sd"].fillna(0)
    low = min(low.min(), frame["conf.low"].min(skipna=True), frame["mean"].min())
    high = max(high.max(), frame["conf.high"].max(skipna=True), frame["mean"].max())
    width = max(high - low, 1.0)
    return low - 0.03 * width, high + 0.03 * width


def _arm(axes: Axes, y: float, row: Mapping[Hashable, Any]) -> None:
    """Draw one arm: its mean, the interval of the mean, and the spread of its children."""
    colour, shape = CLASS_MARKS[row["product.class"]]
    mean, sd = row["mean"], row["sd"]
    if pd.notna(sd):
        axes.plot([mean - sd, mean + sd], [y, y], color=colour, lw=0.9, alpha=0.55)
    if pd.notna(row["conf.low"]):
        axes.plot([row["conf.low"], row["conf.high"]], [y, y], color=colour, lw=3)
    size = 4 + min((row["n"] if pd.notna(row["n"]) else 10) ** 0.5, 16) * 0.35
    inside = colour if row["design"] == RANDOMISED else "white"
    axes.plot(mean, y, shape, ms=size, color=colour, mfc=inside, mew=1.4)


def _class_key(axes: Axes, names: list[str], *, narrow: bool) -> None:
    """Write each product class in its colour and with its shape above the plot."""
    handles = []
    for name in names:
        colour, shape = CLASS_MARKS[name]
        handles += axes.plot([], [], shape, ms=6, color=colour, label=name)
    if handles:
        axes.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=2 if narrow else 4,
            frameon=False,
            fontsize=8.5,
            labelcolor="linecolor",
            handletextpad=0.1,
            borderaxespad=0,
        )

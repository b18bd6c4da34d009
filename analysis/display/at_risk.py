"""The numbers at risk under curves over time: a row an arm, aligned to the ticks."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.display.arms import arm_looks
from analysis.display.figures import Axes
from analysis.display.lettering import drawable

MOST = 12
"""Times of the numbers at risk that fit below a wide panel; panels side by side share them."""
NARROW_MOST = 6
NAME = 36
"""Letters of a name above its numbers."""
ROW = {False: 0.2, True: 0.38}
"""Inches of an arm's row on the wide and on the narrow drawing, where its name is a line above."""
DIGIT = 3.2
"""Points that half a number is wide, for each of its digits."""
HEADING = 0.22
"""Inches of the words above the rows."""


def few(times: Sequence[float], most: int) -> list[float]:
    """Return every time, or every second, third, …, so that no more are left than fit.

    Examples
    --------
    >>> few([0, 4, 8, 12, 16, 20, 24], 4)
    [0, 8, 16, 24]
    """
    ordered = sorted(set(times))
    step = -(-max(len(ordered) - 1, 1) // (most - 1))
    return ordered[::step]


def table_height(arms: Sequence[str], *, narrow: bool) -> float:
    """Return the inches of the rows of some arms; a single arm is not named."""
    return HEADING + ROW[narrow and len(arms) > 1] * len(arms)


def write_at_risk(
    axes: Axes,
    rows: pd.DataFrame,
    *,
    drawn: Sequence[str],
    arms: Sequence[str],
    times: Sequence[float],
    narrow: bool,
    named: bool = True,
) -> None:
    """Write the numbers at risk in the colours of the arms.

    Parameters
    ----------
    axes
        The axes below the curves, of the same time axis.
    rows
        ``group1_level``, ``at.time``, ``n.risk``.
    drawn, arms
        The arms of the figure, and all of the trial.
    times
        The ticks.
    narrow, named
        Whether the drawing is narrow, and whether names stand beside the rows of a wide one.
    """
    looks, above = arm_looks(arms), narrow and len(drawn) > 1
    for place, arm in enumerate(drawn):
        own = rows[rows["group1_level"] == arm].set_index("at.time")["n.risk"]
        colour = looks[arm].colour
        if above:
            axes.text(
                0, place, drawable(arm, NAME), color=colour, fontsize=8, va="center",
                transform=axes.get_yaxis_transform(),
            )  # fmt: skip
        for time in (each for each in times if each in own.index):
            axes.text(
                time, place + 0.45 * above, f"{own[time]:.0f}", color=colour, fontsize=8.5,
                ha="center", va="center",
            )  # fmt: skip
    axes.set_ylim(len(drawn) - 0.5 + 0.2 * above, -0.5)
    beside = named and not narrow and len(drawn) > 1
    axes.set_yticks(range(len(drawn)) if beside else [])
    if beside:
        for label, arm in zip(axes.set_yticklabels(drawn, fontsize=8.5), drawn, strict=True):
            label.set(color=looks[arm].colour, va="center")
    axes.tick_params(axis="both", length=0, labelbottom=False)
    digits = len(f"{rows['n.risk'].max():.0f}")
    axes.tick_params(axis="y", pad=DIGIT * digits)  # the first number is centred on its tick
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_title("At risk", loc="left", fontsize=8.5, pad=2)

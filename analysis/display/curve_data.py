"""Curves over time as figures draw them: rows as numbers, the arms they are of, their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.display.arms import arm_looks
from analysis.display.figures import Canvas
from analysis.display.legends import name_above
from analysis.display.rows import numbers
from analysis.results import Results
from analysis.results.curves import CURVE, MEDIAN
from analysis.words import begins_sentence

TOPS = (10.0, 25.0, 50.0, 100.0)
"""Per cent at which an axis of cumulative incidence may end; survival has all hundred."""
APART = 0.07
"""Share of the axis that the ends of two curves must be apart to be named beside them."""
SHORT = 18
"""Letters of a name that fits beside the end of a curve."""
LEGEND = 0.25
"""Inches of a line of the legend."""


@brief(show=("drawn", "kinds"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What is drawn: rows as numbers, the arms of the figure and of the trial, the kinds."""

    rows: pd.DataFrame
    drawn: list[str]
    arms: list[str]
    kinds: list[str]
    rising: bool
    top: float
    until: float

    def of(self, kind: str) -> Iterator[tuple[str, pd.DataFrame]]:
        """Give each arm with the steps of its curve of one kind, from time 0."""
        own = self.rows[(self.rows["variable"] == CURVE) & (self.rows["group2_level"] == kind)]
        start = {"at.time": [0.0], "estimate": [0.0 if self.rising else 100.0], "n.censor": [0.0]}
        for arm in self.drawn:
            steps = own[own["group1_level"] == arm].sort_values("at.time")
            if len(steps):
                yield arm, pd.concat([pd.DataFrame(start), steps], ignore_index=True)

    def beside(self, *, narrow: bool) -> bool:
        """Say whether the curves are named at their ends: short names, well apart."""
        if narrow or len(self.kinds) > 1 or max(map(len, self.drawn)) > SHORT:
            return False
        ends = sorted(steps["estimate"].iloc[-1] for _, steps in self.of(self.kinds[0]))
        return bool((np.diff(ends) >= APART * self.top).all())


def read_curves(results: Results, arms: Sequence[str], *, rising: bool) -> Curves | None:
    """Return the rows as numbers, shares in per cent; None where there is no curve."""
    shares = ["estimate", "conf.low", "conf.high"]
    rows = numbers(results, "at.time", "n.risk", "n.censor", *shares)
    curve = (rows["variable"] == CURVE) & rows["estimate"].notna()
    if not curve.any():
        return None
    rows.loc[rows["variable"] != MEDIAN, shares] *= 100
    present = dict.fromkeys(rows.loc[curve, "group1_level"])
    order = list(dict.fromkeys([*arms, *present]))
    highest = np.nanmax(rows.loc[curve, shares].to_numpy(dtype=float))
    return Curves(
        rows=rows,
        drawn=[arm for arm in order if arm in present],
        arms=order,
        kinds=list(dict.fromkeys(rows.loc[curve, "group2_level"])),
        rising=rising,
        top=next(top for top in TOPS if highest <= top) if rising else TOPS[-1],
        until=float(rows.loc[curve, "at.time"].max()),
    )


def name_arms(canvas: Canvas, curves: Curves, *, narrow: bool) -> None:
    """Name the arms above the figure, each with its line."""
    from matplotlib.lines import Line2D

    looks = [arm_looks(curves.arms)[arm] for arm in curves.drawn]
    handles = [Line2D([], [], color=look.colour, lw=1.7, ls=look.line) for look in looks]
    name_above(canvas, handles, curves.drawn, narrow=narrow)


def time_words(unit: str, since: str) -> str:
    """Return the words of a time axis.

    Examples
    --------
    >>> time_words("weeks", "randomisation"), time_words("", "")
    ('Weeks since randomisation', 'Time')
    """
    return begins_sentence(f"{unit or 'time'}{f' since {since}' if since else ''}")

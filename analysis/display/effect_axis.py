"""The axis of effects: differences as they are, ratios on a logarithmic scale; where it ends."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, Axes

BOUNDS = ("bound", "bound.high")
"""What an interval must clear: of equivalence both, of anything else the first alone."""
FAR = math.log(64)
"""On a logarithmic scale a limit farther than this from every estimate is cut with an arrow."""
SPACE, ARROW_SPACE = 0.05, 0.12
"""Shares of the axis left free beyond the outermost value, and where an arrow leaves the axis."""
SIDE = 0.3
"""Share of the axis that each side of the null keeps where the sides are named."""
MOST = {False: 8, True: 6}
"""Ticks of a wide and of a narrow drawing."""
BY_TENTHS = tuple(
    part * 10.0**power for power in (-1, 0) for part in (1, 1.25, 1.5, 1.75, *range(2, 10))
)
POWERS = range(-30, 31)
LADDERS = (
    BY_TENTHS,
    tuple(2.0**power for power in POWERS),
    tuple(part * 10.0**power for power in POWERS for part in (1, 3)),
    *(tuple(step**power for power in POWERS) for step in (10.0, 100.0, 1e4, 1e8)),
)
"""Ticks of ratios, the finest first; 1 is one of each."""


@dataclass(frozen=True, slots=True)
class EffectAxis:
    """Where the axis of effects begins and ends, and whether it is logarithmic."""

    low: float
    high: float
    ratio: bool

    def ticks(self, *, narrow: bool) -> list[float]:
        """Return the values that are written below the axis.

        Examples
        --------
        >>> EffectAxis(0.2, 5.0, ratio=True).ticks(narrow=False)
        [0.25, 0.5, 1.0, 2.0, 4.0]
        >>> EffectAxis(-2.2, 1.1, ratio=False).ticks(narrow=True)
        [-2.0, -1.0, 0.0, 1.0]
        """
        if not self.ratio:
            return _even(self.low, self.high, MOST[narrow] - 1)
        for ladder in LADDERS:
            inside = [each for each in ladder if self.low <= each <= self.high]
            if len(inside) <= MOST[narrow]:
                break
        return inside if len(inside) > 1 else _even(self.low, self.high, MOST[narrow] - 1)

    def set(self, axes: Axes, *, narrow: bool, upright: bool = False) -> None:
        """Give matplotlib's axis this scale, its ends and its ticks: across, or upright.

        Ticks that matplotlib chose would change with the room that their own labels leave.
        """
        from matplotlib.ticker import FixedLocator, NullLocator

        which = "y" if upright else "x"
        axis, at = (axes.yaxis if upright else axes.xaxis), self.ticks(narrow=narrow)
        if self.ratio:
            axes.set(**{f"{which}scale": "log"})
            axis.set_minor_locator(NullLocator())
            axis.set_ticks(at, labels=[f"{each:g}" for each in at])
        else:
            axis.set_major_locator(FixedLocator(at))
        axes.set(**{f"{which}lim": (self.low, self.high)})

    def draw_arrows(
        self, axes: Axes, low: float, high: float, at: float, *, colour: str, upright: bool = False
    ) -> None:
        """Say by arrows at the ends of the axis that an interval goes on beyond them."""
        ends = ((self.low, low < self.low), (self.high, high > self.high))
        for (end, beyond), mark in zip(ends, "v^" if upright else "<>", strict=True):
            if beyond:
                place = (at, end) if upright else (end, at)
                axes.plot(*place, mark, color=colour, ms=7, clip_on=False)

    def draw_interval(
        self,
        axes: Axes,
        low: float,
        high: float,
        y: float,
        *,
        colour: str = COLOURS["ink"],
        width: float = 2.0,
        dashes: Any = "-",
    ) -> None:
        """Draw an interval across, with an arrow where it goes on beyond the axis."""
        ends = (max(low, self.low), min(high, self.high))
        axes.plot(ends, [y, y], color=colour, lw=width, ls=dashes, solid_capstyle="butt", zorder=3)
        self.draw_arrows(axes, low, high, y, colour=colour)


def no_effect(null: float | None, *, ratio: bool) -> float:
    """Return the value of no effect: as given, or 1 of a ratio and 0 of anything else.

    Examples
    --------
    >>> no_effect(None, ratio=True), no_effect(None, ratio=False)
    (1.0, 0.0)
    """
    return null if null is not None else 1.0 if ratio else 0.0


def needed_axis(frame: pd.DataFrame, *, null: float, ratio: bool) -> EffectAxis | None:
    """Return the axis of the effects of a frame; None where matplotlib's own will do.

    Parameters
    ----------
    frame
        ``estimate``, ``conf.low``, ``conf.high`` and `BOUNDS`, as numbers.
    null, ratio
        As `effect_axis` takes them.
    """
    limits = pd.concat([frame["conf.low"], frame["conf.high"]])
    if not (ratio or np.isinf([*frame["estimate"], *limits]).any()):
        return None
    seen = pd.concat([frame["estimate"], *(frame[each] for each in BOUNDS)])
    return effect_axis(seen, limits, null=null, ratio=ratio, sides=False)


def effect_axis(
    estimates: Iterable[float],
    limits: Iterable[float],
    *,
    null: float,
    ratio: bool,
    sides: bool,
) -> EffectAxis:
    """Find where the axis of effects begins and ends.

    Parameters
    ----------
    estimates
        What must be seen: estimates and the bound; one that is infinite, or a ratio of 0, is not.
    limits
        Confidence limits, which may be infinite, or 0 of a ratio.
    null
        The value of no effect, which must be seen too.
    ratio
        Whether the scale is logarithmic.
    sides
        Whether both sides of the null are named and need room.

    Raises
    ------
    ValueError
        If a ratio is below 0.
    """
    inner, outer = _scaled(estimates, ratio), _scaled(limits, ratio)
    middle = math.log(null) if ratio else null
    seen = [*inner[np.isfinite(inner)], middle]
    reach = FAR if ratio else math.inf
    least, most = min(seen) - reach, max(seen) + reach
    kept = [*seen, *outer[np.isfinite(outer) & (outer >= least) & (outer <= most)]]
    low, high = min(kept), max(kept)
    span = (high - low) or 1.0
    low -= span * (ARROW_SPACE if (outer < low).any() else SPACE)
    high += span * (ARROW_SPACE if (outer > high).any() else SPACE)
    if sides:
        low = min(low, middle - SIDE / (1 - SIDE) * (high - middle))
        high = max(high, middle + SIDE / (1 - SIDE) * (middle - low))
    if ratio:
        low, high = math.exp(low), math.exp(high)
    return EffectAxis(low=low, high=high, ratio=ratio)


def _scaled(values: Iterable[float], ratio: bool) -> np.ndarray:
    """Return the values that are there, on the scale of the axis."""
    there = np.array([each for each in values if not math.isnan(each)], dtype=float)
    if not ratio:
        return there
    if (there < 0).any():
        raise ValueError(f"a ratio is 0 or above, not {there.min():g}")
    return np.log(there, out=np.full(len(there), -np.inf), where=there > 0)


def _even(low: float, high: float, most: int) -> list[float]:
    """Return a few round values of a range, evenly apart."""
    from matplotlib.ticker import MaxNLocator

    inside = MaxNLocator(nbins=most, steps=[1, 2, 5, 10]).tick_values(low, high)
    return [float(each) for each in inside if low <= each <= high]

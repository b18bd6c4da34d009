"""Tipping point: how bad missing values must be before the conclusion changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._words import meant
from analysis.stats.rubin import PooledEstimate


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class TippingPoint:
    """Result of a tipping-point search.

    Attributes
    ----------
    found : bool
        Whether the conclusion changes within the range searched.
    delta : float or None
        Where it changes; None when it does not.
    reason : str
        In words what was found.
    limit : str
        "lower" or "upper": the confidence limit that decides.
    threshold : float
        The value that it is compared with.
    at_start : PooledEstimate
        Result at the start of the range.
    at_tip : PooledEstimate or None
        Result at the tipping point.
    evaluations : tuple of (float, PooledEstimate)
        All deltas tried, in increasing order, with their results.
    """

    found: bool
    delta: float | None
    reason: str
    limit: str
    threshold: float
    at_start: PooledEstimate
    at_tip: PooledEstimate | None
    evaluations: tuple[tuple[float, PooledEstimate], ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the deltas tried with their results, one row each."""
        rows = [item.to_frame().assign(delta=delta) for delta, item in self.evaluations]
        return pd.concat(rows, ignore_index=True)


def tipping_point(
    evaluate: Callable[[float], PooledEstimate],
    *,
    limit: str,
    threshold: float,
    search: Sequence[float],
    n_steps: int = 8,
    tolerance: float = 1e-6,
) -> TippingPoint:
    """Find the delta nearest to the start at which a confidence limit meets a threshold.

    Parameters
    ----------
    evaluate : callable
        From delta to the pooled estimate, usually :func:`shift_imputed` on the same
        imputations followed by :func:`pool_imputations`. The same imputed values must be
        used for every delta, so that results differ by delta alone.
    limit : {'lower', 'upper'}
        The confidence limit that decides the conclusion.
    threshold : float
        What it is compared with: 0 for superiority, the margin for non-inferiority.
    search : sequence of two floats
        Start (usually 0) and end of the deltas; the end may be below the start.
    n_steps : int, default 8
        Steps of the scan for a change before it is located exactly.
    tolerance : float, default 1e-6
        Accuracy of the delta, relative to the width of the range.

    Returns
    -------
    TippingPoint

    Raises
    ------
    UserError
        If the range or the limit is not usable.

    Examples
    --------
    A gain of 3 that falls by delta, with the standard error 1: its lower normal limit is
    3 − delta − 1.96 and meets 0 at 1.04.

    >>> from analysis.stats import pool_rubin
    >>> def evaluate(delta):
    ...     return pool_rubin([3 - delta] * 2, [1.0, 1.0], df_complete=float("inf"), level=0.95)
    >>> tip = tipping_point(evaluate, limit="lower", threshold=0, search=(0, 4))
    >>> tip.found, round(tip.delta, 2)
    (True, 1.04)
    """
    limit = meant("limit", limit, ("lower", "upper"))
    if len(search) != 2 or not np.isfinite(search).all() or search[0] == search[1]:
        raise UserError(f"search must be two different finite deltas, but is {list(search)}")
    if n_steps < 1:
        raise UserError(f"n_steps must be 1 or more, but is {n_steps}")
    tried: dict[float, PooledEstimate] = {}

    def distance(delta: float) -> float:
        if delta not in tried:
            tried[delta] = evaluate(delta)
        return float(getattr(tried[delta], limit)) - threshold

    grid = [float(delta) for delta in np.linspace(search[0], search[1], n_steps + 1)]
    start_side = distance(grid[0])
    tip: float | None = None
    for low, high in itertools.pairwise(grid):
        if distance(low) * distance(high) <= 0.0:
            tip = _locate(distance, low, high, tolerance * abs(search[1] - search[0]))
            break
    side = "above" if start_side > 0 else "below"
    if tip is None:
        reason = (
            f"the {limit} limit stays {side} {threshold:g} for every delta from {search[0]:g} to "
            f"{search[1]:g}"
        )
    else:
        reason = f"the {limit} limit is {side} {threshold:g} at the start and meets it at the delta"
        distance(tip)
    return TippingPoint(
        found=tip is not None, delta=tip, reason=reason, limit=limit, threshold=threshold,
        at_start=tried[grid[0]], at_tip=None if tip is None else tried[tip],
        evaluations=tuple(sorted(tried.items(), key=lambda item: item[0])),
    )  # fmt: skip


def _locate(distance: Callable[[float], float], low: float, high: float, tolerance: float) -> float:
    """Return where the distance is zero between two deltas."""
    for end in (low, high):
        if distance(end) == 0.0:
            return end
    return float(optimize.brentq(distance, low, high, xtol=tolerance))

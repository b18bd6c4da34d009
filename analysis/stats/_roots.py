"""Confidence limits as roots, for many tables at once."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import elementwise

from analysis.stats._checks import Array


def lower_limits(
    excess: Callable[..., Array], low: ArrayLike, high: ArrayLike, *args: ArrayLike
) -> Array:
    """Find, element by element, where `excess` falls through zero between `low` and `high`.

    ``excess(x, *args)`` is how far the estimate lies above the hypothesis ``x``, less the critical
    value times the standard error under it; `low` is the least possible value, which is also the
    limit where even that is not rejected, and `high` the estimate.

    Notes
    -----
    Chandrupatla's method (scipy) keeps a bracket and stops at machine precision. Upper limits
    come from the same search with the arms exchanged, so that both have the same digits.
    """
    bottom, top, *rest = (np.array(a, dtype=float) for a in np.broadcast_arrays(low, high, *args))
    limits = bottom.copy()
    searched = (bottom < top) & (excess(bottom, *rest) > 0)
    if not searched.any():
        return limits

    def signed(x: Array, estimate: Array, *more: Array) -> Array:
        # With no event in either arm the standard error under x = estimate is 0, and the
        # estimate itself would pass for a root; just below it the excess is negative.
        return np.where(x >= estimate, -1.0, excess(x, *more))

    found = elementwise.find_root(
        signed,
        (bottom[searched], top[searched]),
        args=(top[searched], *(a[searched] for a in rest)),
    )
    limits[searched] = found.x
    return limits


def odds(share: Array, rest: Array) -> Array:
    """Divide a share by the rest, with infinity where nothing is left."""
    ratio: Array = np.full(np.shape(share), np.inf)
    np.divide(share, rest, out=ratio, where=rest > 0)
    return ratio

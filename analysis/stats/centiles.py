"""Centiles that are not quite symmetric: a normal half on either side of the median."""

import numpy as np
from numpy.typing import ArrayLike

from analysis.stats._checks import Array
from analysis.stats.lms import broadcast_floats


def two_piece_z_score(
    value: ArrayLike, median: ArrayLike, sd_below: ArrayLike, sd_above: ArrayLike
) -> Array:
    """Return the distance from a median in the standard deviation of its own side.

    Parameters
    ----------
    value
        Measurements, in the unit of `median`; they may be zero or negative.
    median
        The 50th centile.
    sd_below, sd_above
        Standard deviations below and above it: the distance of an outer centile from the median
        over that centile's normal deviate.

    Returns
    -------
    numpy.ndarray
        Standard deviation scores; NaN where something is missing.

    Notes
    -----
    Every centile that gave a standard deviation has exactly its own normal deviate. Where the
    centiles lie symmetrically this is (X - mean) / SD.

    Examples
    --------
    The median is 5.4; the 5th centile 3.8 is 1.6 below it, the 95th 6.8 is 1.4 above.

    >>> two_piece_z_score([3.8, 5.4, 6.8], 5.4, 1.6 / 1.645, 1.4 / 1.645).round(3).tolist()
    [-1.645, 0.0, 1.645]
    """
    x, m, below, above = broadcast_floats(value, median, sd_below, sd_above)
    gap = x - m
    return gap / _side(gap, below, above)


def two_piece_value(
    z: ArrayLike, median: ArrayLike, sd_below: ArrayLike, sd_above: ArrayLike
) -> Array:
    """Return the measurement that has a z-score, the inverse of `two_piece_z_score`.

    Examples
    --------
    >>> two_piece_value([-1, 0, 1], 5.4, 1.0, 0.8).round(3).tolist()
    [4.4, 5.4, 6.2]
    """
    score, m, below, above = broadcast_floats(z, median, sd_below, sd_above)
    return m + score * _side(score, below, above)


def _side(direction: Array, below: Array, above: Array) -> Array:
    """Return the standard deviation of the side that a sign points to."""
    return np.asarray(np.where(direction < 0, below, above), dtype=np.float64)

"""Fisher's exact test, two-sided, for thousands of tables at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.stats._checks import Array, two_arm_counts

TIE = 1e-7
"""A table counts as no more likely than the observed one within this relative difference."""
NEGLIGIBLE = 1e-18
"""A tail is summed until its next term is so small a share of the sum."""


def fisher_p_values(
    events_1: ArrayLike, n_1: ArrayLike, events_2: ArrayLike, n_2: ArrayLike
) -> Array:
    """Test equal proportions by Fisher's exact test, two-sided, as `exact_test` documents it.

    Notes
    -----
    Adds the tables that are no more likely than the observed one (within 1e-7, as R does). scipy
    tests table by table and takes milliseconds for each where arms are large. Here the tail of
    the observed table and that of the other side are summed term by term, all tables together.

    Examples
    --------
    >>> round(float(fisher_p_values(3, 4, 1, 4)), 4)
    0.4857
    """
    x, n1, other, n2 = two_arm_counts(events_1, n_1, events_2, n_2)
    shape = x.shape
    x, n1, other, n2 = (np.ravel(each).astype(float) for each in (x, n1, other, n2))
    k = x + other
    low, high = np.maximum(0, k - n2), np.minimum(k, n1)
    mode = np.clip(np.floor((k + 1) * (n1 + 1) / (n1 + n2 + 2)), low, high)
    observed = _log_probability(x, n1, n2, k)
    above = x >= mode
    bound = _other_side(x, observed, (n1, n2, k), (low, high, mode), above)
    p = _tail(x, (n1, n2, k), np.where(above, high, low), up=above)
    p += _tail(bound, (n1, n2, k), np.where(above, low, high), up=~above)
    p_values: Array = np.where((low == high) | (p > 1), 1.0, p).reshape(shape)
    return p_values


Table = tuple[Array, Array, Array]


def _log_probability(x: Array, n1: Array, n2: Array, k: Array) -> Array:
    """Give the log of the hypergeometric probability of x events in arm 1."""
    value: Array = _log_choose(n1, x) + _log_choose(n2, k - x) - _log_choose(n1 + n2, k)
    return value


def _log_choose(n: Array, k: Array) -> Array:
    # betaln keeps the digits that a difference of three large log-gammas would lose.
    value: Array = -np.log1p(n) - special.betaln(n - k + 1, k + 1)
    return value


def _other_side(
    x: Array, observed: Array, table: Table, support: Table, above: np.ndarray
) -> Array:
    """Find, beyond the mode, the first table no more likely than the observed one.

    Outside the support where there is none.
    """
    low, high, mode = support
    # Between a table that is too likely (or the observed one) and one beyond the support.
    near = np.where(above, np.minimum(mode, x), np.maximum(mode, x))
    far = np.where(above, low - 1, high + 1)
    limit = observed + np.log1p(TIE)
    while True:
        middle = np.where(above, np.ceil((near + far) / 2), np.floor((near + far) / 2))
        open_ones = np.abs(near - far) > 1
        if not open_ones.any():
            break
        inside = np.clip(middle, low, high)
        rare = (_log_probability(inside, *table) <= limit) & open_ones
        far = np.where(rare, middle, far)
        near = np.where(open_ones & ~rare, middle, near)
    # The mode itself may be the only table on this side of the observed one.
    near_rare = (_log_probability(near, *table) <= limit) & (near != x)
    found: Array = np.where(near_rare, near, far)
    return found


def _tail(start: Array, table: Table, end: Array, *, up: np.ndarray) -> Array:
    """Sum the probabilities from a table outwards to the end of the support."""
    n1, n2, k = table
    total = np.zeros(len(start))
    inside = np.where(up, start <= end, start >= end)
    at = np.nonzero(inside)[0]
    x, m1, m2, events, rising = (each[at] for each in (start, n1, n2, k, up))
    last = end[at]
    term = np.exp(_log_probability(x, m1, m2, events))
    while len(at):
        total[at] += term
        ratio_up = (events - x) * (m1 - x) / ((x + 1) * (m2 - events + x + 1))
        with np.errstate(divide="ignore"):
            ratio_down = x * (m2 - events + x) / ((events - x + 1) * (m1 - x + 1))
        term = term * np.where(rising, ratio_up, ratio_down)
        more = (x != last) & (term > NEGLIGIBLE * total[at])
        x = np.where(rising, x + 1, x - 1)
        at, x, m1, m2, events, rising, last, term = (
            each[more] for each in (at, x, m1, m2, events, rising, last, term)
        )
    return total

"""Missing responses replaced by their conditional means, under several assumptions at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.stats._checks import Array
from analysis.stats.conditional_data import Incomplete

STRATEGIES = (
    "mar",
    "jump-to-reference",
    "copy-reference",
    "copy-increments",
    "last-mean-carried-forward",
)
"""What is assumed of the values after the last observed visit."""


def complete_responses(
    subjects: Incomplete, coefficients: Array, covariances: Array, strategies: Sequence[str]
) -> Array:
    """Return the imputed values of incomplete subjects under each strategy.

    Parameters
    ----------
    subjects
        Subjects who miss the same visits.
    coefficients, covariances : numpy.ndarray
        Of one or more fits: (fits, columns, visits) and (fits, visits, visits).
    strategies
        Some of `STRATEGIES`.

    Returns
    -------
    numpy.ndarray
        (strategies, fits, subjects, visits), zero where a value is observed.

    Notes
    -----
    Gaps before the last observed visit are filled first, at random, whatever the strategy. A
    subject without any observed visit gets the reference mean where the strategy is based on the
    reference, else its own.
    """
    own = subjects.rows @ coefficients
    other = subjects.reference_rows @ coefficients
    seen = np.flatnonzero(subjects.seen)
    last = int(seen[-1]) + 1 if seen.size else 0
    gaps = np.setdiff1d(np.arange(last), seen)
    filled = np.empty((*own.shape[:-1], last))
    filled[..., seen] = subjects.values
    filled[..., gaps] = own[..., gaps] + (subjects.values - own[..., seen]) @ _slope(
        covariances, seen, gaps
    )
    imputed = np.zeros((len(strategies), *own.shape))
    imputed[..., gaps] = filled[..., gaps]
    slope = _slope(covariances, np.arange(last), np.arange(last, own.shape[-1]))
    for number, strategy in enumerate(strategies):
        before, after = _means(strategy, own, other, last)
        imputed[number, ..., last:] = after + (filled - before) @ slope
    return imputed


def _slope(covariances: Array, given: NDArray[np.intp], wanted: NDArray[np.intp]) -> Array:
    """Return the regressions of some visits on others (fits, given, wanted)."""
    given = given[:, None]
    by_given = covariances[:, given, given.T], covariances[:, given, wanted]
    return np.asarray(np.linalg.solve(*by_given), dtype=float)


def _means(strategy: str, own: Array, other: Array, last: int) -> tuple[Array, Array]:
    """Return the means before and after the last observed visit that a strategy assumes."""
    before, after = own[..., :last], own[..., last:]
    if strategy == "mar":
        return before, after
    if strategy == "last-mean-carried-forward":
        return before, own[..., last - 1 : last] if last else after
    there = other[..., last:]
    if strategy == "jump-to-reference":
        return before, there
    if strategy == "copy-reference":
        return other[..., :last], there
    gain = (own - other)[..., last - 1 : last] if last else 0.0
    return before, there + gain

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
    """Return the responses of incomplete subjects, completed under each strategy.

    Parameters
    ----------
    subjects
        The subjects.
    coefficients, covariances : numpy.ndarray
        Of one or more fits: (fits, columns, visits) and (fits, visits, visits).
    strategies
        Some of `STRATEGIES`.

    Returns
    -------
    numpy.ndarray
        (strategies, fits, subjects, visits).

    Notes
    -----
    Gaps before the last observed visit are filled first, at random, whatever the strategy. A
    subject without any observed visit gets the reference mean where the strategy is based on the
    reference, else its own.
    """
    own = np.einsum("mr,crt->cmt", subjects.rows, coefficients)
    other = np.einsum("mr,crt->cmt", subjects.reference_rows, coefficients)
    filled = _fill_gaps(subjects, own, covariances)
    kept = subjects.kept
    completed = np.repeat(filled[None], len(strategies), axis=0)
    for last in np.unique(kept[kept < own.shape[2]]):
        rows = np.flatnonzero(kept == last)
        slope = np.linalg.solve(covariances[:, :last, :last], covariances[:, :last, last:])
        for number, strategy in enumerate(strategies):
            before, after = _means(strategy, own[:, rows], other[:, rows], int(last))
            left = filled[:, rows, :last] - before
            completed[number][:, rows, last:] = after + left @ slope
    return completed


def _means(strategy: str, own: Array, other: Array, last: int) -> tuple[Array, Array]:
    """Return the means before and after the last observed visit that a strategy assumes."""
    before, after = own[:, :, :last], own[:, :, last:]
    if strategy == "mar":
        return before, after
    if strategy == "last-mean-carried-forward":
        return before, own[:, :, last - 1 : last] if last else after
    there = other[:, :, last:]
    if strategy == "jump-to-reference":
        return before, there
    if strategy == "copy-reference":
        return other[:, :, :last], there
    gain = (own - other)[:, :, last - 1 : last] if last else 0.0
    return before, there + gain


def _fill_gaps(subjects: Incomplete, own: Array, covariances: Array) -> Array:
    """Return the observed values, and the gaps before the last of them given the others."""
    seen = ~np.isnan(subjects.values)
    filled = np.where(seen, subjects.values, own)
    gaps = ~seen & (np.arange(seen.shape[1]) < subjects.kept[:, None])
    patterns, member = np.unique(seen[gaps.any(axis=1)], axis=0, return_inverse=True)
    affected = np.flatnonzero(gaps.any(axis=1))
    for number, pattern in enumerate(patterns):
        rows = affected[member.ravel() == number]
        given = np.flatnonzero(pattern)
        wanted = np.flatnonzero(gaps[rows[0]])
        slope = np.linalg.solve(
            covariances[:, given[:, None], given], covariances[:, given[:, None], wanted]
        )
        left = _cells(filled, rows, given) - _cells(own, rows, given)
        found = _cells(own, rows, wanted) + left @ slope
        filled[:, rows[:, None], wanted] = found
    return filled


def _cells(values: Array, rows: NDArray[np.intp], visits: NDArray[np.intp]) -> Array:
    return np.asarray(values[:, rows[:, None], visits])

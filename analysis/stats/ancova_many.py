"""The same covariance analysis of many trials at once, from sums and without frames."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis.stats._checks import Array


class Moments(NamedTuple):
    """What a covariance analysis of two arms needs of each trial; the last axis is the trials.

    Attributes
    ----------
    within
        Sums of squares and products within the arms, pooled: (q + 1, q + 1, trials), the response
        last.
    gaps
        Differences of the arms' means, test minus reference: (q + 1, trials), the response last.
    n_test, n_reference
        Patients of each arm: one number, or one a trial.
    """

    within: Array
    gaps: Array
    n_test: Array
    n_reference: Array


class AdjustedDifferences(NamedTuple):
    """Adjusted differences, test minus reference, their standard errors and df: one a trial."""

    estimates: Array
    std_errors: Array
    dfs: Array


def moments_of(values: Array, n_test: int, seen: Array | None = None) -> Moments:
    """Sum up the patients of each trial.

    Parameters
    ----------
    values
        (q + 1, patients, trials): the covariates, then the response; the patients of the test arm
        first.
    n_test
        Patients of the test arm.
    seen
        (patients, trials): 1 where a patient has a response, else 0, and the response is any
        number; every patient has one where it is not given.

    Returns
    -------
    Moments
        Computed from deviations from the arm's means, so that large means lose no digits.
    """
    size = len(values)
    within = np.zeros((size, size, values.shape[2]))
    means, counts = [], []
    for part in (slice(None, n_test), slice(n_test, None)):
        arm, own = values[:, part], None if seen is None else seen[part]
        counts.append(np.asarray(arm.shape[1]) if own is None else own.sum(axis=0))
        means.append((arm if own is None else arm * own).sum(axis=1) / counts[-1])
        centred = arm - means[-1][:, None]
        if own is not None:
            centred *= own
        for row in range(size):
            for column in range(row + 1):
                within[row, column] += np.einsum("pt,pt->t", centred[row], centred[column])
    for row in range(size):
        within[:row, row] = within[row, :row]
    return Moments(within, means[0] - means[1], counts[0], counts[1])


def adjusted_differences(moments: Moments) -> AdjustedDifferences:
    """Estimate the adjusted difference of every trial.

    Parameters
    ----------
    moments
        As `moments_of` sums them up, or drawn from their own law.

    Returns
    -------
    AdjustedDifferences
        As of a linear model with the arm and the covariates, equal slopes in both arms.

    Notes
    -----
    The covariates are swept out of the matrix of sums with the gaps and 1/n beside it. What is
    left holds the residual sum of squares, the adjusted gap and the variance factor.

    Examples
    --------
    A trial of 3 v 3 patients without a covariate: means 4 and 2, each value 1 from the next.

    >>> values = np.array([3.0, 4.0, 5.0, 1.0, 2.0, 3.0]).reshape(1, 6, 1)
    >>> found = adjusted_differences(moments_of(values, 3))
    >>> found.estimates.tolist(), found.std_errors.round(4).tolist(), found.dfs.tolist()
    ([2.0], [0.8165], [4.0])
    """
    q = len(moments.gaps) - 1
    trials = moments.gaps.shape[1]
    factor = 1.0 / moments.n_test + 1.0 / moments.n_reference
    swept = np.empty((q + 2, q + 2, trials))
    swept[:-1, :-1] = moments.within
    swept[:-1, -1] = swept[-1, :-1] = moments.gaps
    swept[-1, -1] = -factor
    for pivot in range(q):
        row = swept[pivot] / swept[pivot, pivot]
        # Only what is not swept yet is read again.
        swept[pivot + 1 :, pivot + 1 :] -= swept[pivot + 1 :, pivot, None] * row[None, pivot + 1 :]
    dfs = np.broadcast_to(moments.n_test + moments.n_reference - 2.0 - q, (trials,))
    variances = swept[q, q] / dfs * -swept[q + 1, q + 1]
    return AdjustedDifferences(swept[q, q + 1].copy(), np.sqrt(variances), dfs)

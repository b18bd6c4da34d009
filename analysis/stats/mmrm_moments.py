"""Sufficient statistics of a mixed model for repeated measures, by pattern of missing visits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.stats._checks import Array


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class PatternMoments:
    """Cross-products of design and response within each pattern of observed visits.

    Attributes
    ----------
    patterns : tuple of numpy.ndarray
        Indices of the observed visits in each pattern.
    counts : numpy.ndarray
        Subjects in each pattern.
    products : numpy.ndarray
        One row for each ordered pair of visits of each pattern, holding the (q, q) matrix
        sum over subjects of z_a z_b', flattened; z is a record's design row with its
        response appended.
    width : int
        q, design columns plus one.
    n_records, n_subjects : int
        Size of the data.

    Notes
    -----
    The likelihood needs only Z'V^-1 Z, and V has one block for each pattern, so that
    Z'V^-1 Z is a weighted sum of these rows: an evaluation costs the number of patterns,
    however many subjects there are.
    """

    patterns: tuple[NDArray[np.intp], ...]
    counts: Array
    products: Array
    width: int
    n_records: int
    n_subjects: int

    def weighted(self, weights: Sequence[Array]) -> Array:
        """Return the sum over patterns and visit pairs of weight times cross-product.

        A weight is an array (..., m, m) for each pattern, the sum one of (..., q, q).
        """
        lead = weights[0].shape[:-2]
        flat = np.concatenate([item.reshape(*lead, -1) for item in weights], axis=-1)
        return (flat @ self.products).reshape(*lead, self.width, self.width)


def collect_moments(
    rows: Array, *, subjects: NDArray[np.intp], visits: NDArray[np.intp], n_visits: int
) -> PatternMoments:
    """Collect the moments of records of (design row, response); each subject once a visit."""
    order = np.lexsort((visits, subjects))
    rows, subjects, visits = rows[order], subjects[order], visits[order]
    _, subject_index = np.unique(subjects, return_inverse=True)
    n_subjects = int(subject_index[-1]) + 1
    observed = np.zeros((n_subjects, n_visits), dtype=bool)
    observed[subject_index, visits] = True
    patterns, pattern_of, counts = np.unique(
        observed, axis=0, return_inverse=True, return_counts=True
    )
    record_pattern = pattern_of.ravel()[subject_index]
    blocks, indices = [], []
    width = rows.shape[1]
    for number, (pattern, count) in enumerate(zip(patterns, counts, strict=True)):
        present = np.flatnonzero(pattern)
        wide = rows[record_pattern == number].reshape(int(count), present.size * width)
        gram = (wide.T @ wide).reshape(present.size, width, present.size, width)
        blocks.append(gram.transpose(0, 2, 1, 3).reshape(present.size**2, width * width))
        indices.append(present)
    return PatternMoments(
        patterns=tuple(indices), counts=counts.astype(float), products=np.concatenate(blocks),
        width=width, n_records=rows.shape[0], n_subjects=n_subjects,
    )  # fmt: skip

"""Sufficient statistics of a mixed model for repeated measures, by pattern of missing visits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.stats._checks import Array


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class PatternMoments:
    """Design and response of the subjects, sorted by pattern of observed visits.

    Attributes
    ----------
    observed : numpy.ndarray
        One row a pattern: which visits it has.
    counts : numpy.ndarray
        Subjects in each pattern.
    rows : numpy.ndarray
        (blocks, visits, q): a subject's design rows with its response appended, zero at visits
        that it lacks. Where a pattern has more subjects than numbers in a block, a triangular
        factor with the same cross-products stands for them.
    owners, starts : numpy.ndarray
        Pattern of each block, in ascending order, and first block of each pattern.
    n_records, n_subjects : int
        Size of the data.

    Notes
    -----
    The likelihood needs only cross-products within a pattern, so that an evaluation costs the
    number of blocks: it stops growing when every pattern has its factor.
    """

    observed: NDArray[np.bool_]
    counts: Array
    rows: Array
    owners: NDArray[np.intp]
    starts: NDArray[np.intp]
    n_records: int
    n_subjects: int


def collect_moments(
    rows: Array,
    *,
    subjects: NDArray[np.intp],
    visits: NDArray[np.intp],
    n_visits: int,
    whole: bool = False,
) -> PatternMoments:
    """Collect the moments of records of (design row, response); each subject once a visit.

    `whole` keeps every subject as a block of its own.
    """
    _, subject_index = np.unique(subjects, return_inverse=True)
    n_subjects = int(subject_index.max()) + 1
    seen = np.zeros((n_subjects, n_visits), dtype=bool)
    seen[subject_index, visits] = True
    # a pattern as one number per subject where it fits, because numpy sorts rows slowly
    keys = seen @ (1 << np.arange(n_visits, dtype=np.int64)) if n_visits < 63 else None
    observed, pattern_of, counts = _patterns(seen, keys)
    order = np.argsort(pattern_of, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(n_subjects)
    wide = np.zeros((n_subjects, n_visits, rows.shape[1]))
    wide[place[subject_index], visits] = rows
    blocks = [
        block if whole else _compressed(block, present)
        for block, present in zip(np.split(wide, np.cumsum(counts)[:-1]), observed, strict=True)
    ]
    sizes = np.array([block.shape[0] for block in blocks])
    return PatternMoments(
        observed=observed, counts=counts.astype(float), rows=np.concatenate(blocks),
        owners=np.repeat(np.arange(sizes.size), sizes), starts=np.cumsum(sizes) - sizes,
        n_records=rows.shape[0], n_subjects=n_subjects,
    )  # fmt: skip


def _patterns(
    seen: NDArray[np.bool_], keys: NDArray[np.int64] | None
) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.intp]]:
    """Return the distinct rows, the row of each subject among them, and how many have it."""
    if keys is None:
        found, where, counts = np.unique(seen, axis=0, return_inverse=True, return_counts=True)
        return found, where.ravel(), counts
    _, first, where, counts = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    return seen[first], where, counts


def _compressed(block: Array, present: NDArray[np.bool_]) -> Array:
    """Return the subjects of a pattern, or fewer rows with the same cross-products."""
    count, n_visits, width = block.shape
    size = int(present.sum()) * width
    if count <= size:
        return block
    short = np.zeros((size, n_visits, width))
    factor = np.linalg.qr(block[:, present].reshape(count, size))[1]
    short[:, present] = factor.reshape(size, -1, width)
    return short

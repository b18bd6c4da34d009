"""Random numbers of imputations: a stream for each, drawn in one go."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.stats._checks import Array
from analysis.stats.imputation_posterior import ArmGroup

Mask = NDArray[np.bool_]


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """All that is random in some imputations, the imputations along the first axis.

    Attributes
    ----------
    chi_square : tuple of numpy.ndarray
        By group of arms (imputations, sweeps, visits).
    coefficients : tuple of numpy.ndarray
        By group of arms (imputations, sweeps, coefficients), standard normal.
    gaps : numpy.ndarray
        (imputations, sweeps, gaps), standard normal, gaps in the order of subject and visit.
    after : numpy.ndarray
        (imputations, subjects, visits), standard normal after dropout, else 0.
    """

    chi_square: tuple[Array, ...]
    coefficients: tuple[Array, ...]
    gaps: Array
    after: Array


def staircase(group: ArmGroup, n_visits: int) -> Mask:
    """Return which entries (columns, visits) are coefficients: those before the visit itself."""
    n_fixed = group.fixed.shape[1]
    return np.asarray(np.arange(n_fixed + n_visits)[:, None] < n_fixed + np.arange(n_visits))


def draw_noise(
    numbers: Sequence[int],
    seed: int,
    *,
    groups: Sequence[ArmGroup],
    n_sweeps: int,
    gaps: Mask,
    after: Mask,
) -> Noise:
    """Draw the noise of imputations by their numbers; each depends on the seed and itself alone.

    Parameters
    ----------
    numbers : sequence of int
        Imputations, from 0.
    seed : int
        Seed of all.
    groups : sequence of ArmGroup
        Groups of arms with their regressions.
    n_sweeps : int
        Draws of the parameters of each group.
    gaps, after : numpy.ndarray
        Which cells (subjects, visits) are gaps, and which come after dropout.
    """
    df = [np.concatenate([part.df for part in group.regressions]) for group in groups]
    sizes = [int(staircase(group, gaps.shape[1]).sum()) for group in groups]
    chi: list[list[Array]] = [[] for _ in groups]
    normal: list[list[Array]] = [[] for _ in groups]
    in_gaps: list[Array] = []
    behind = np.zeros((len(numbers), *after.shape))
    for place, number in enumerate(numbers):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
        for position, size in enumerate(sizes):
            chi[position].append(rng.chisquare(df[position], (n_sweeps, df[position].size)))
            normal[position].append(rng.standard_normal((n_sweeps, size)))
        in_gaps.append(rng.standard_normal((n_sweeps, int(gaps.sum()))))
        behind[place][after] = rng.standard_normal(int(after.sum()))
    return Noise(
        chi_square=tuple(map(np.array, chi)), coefficients=tuple(map(np.array, normal)),
        gaps=np.array(in_gaps), after=behind,
    )  # fmt: skip

"""Simulated trials by the chunk: the same numbers whoever carries them out.

The trials of an experiment are drawn in chunks of one size. Each chunk has random numbers of its
own, from the seed, the experiment and the number of the chunk, so that one process, several, or a
cluster give the same bytes; and no more than the chunks in hand are in memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Protocol

import numpy as np

from analysis.stats._checks import Array

CHUNK = 1_000
"""Trials of a chunk: few enough that their participants stay in the processor's cache."""
MANY = 50
"""Chunks that a worker is given at once, so that sending them costs little."""


class Experiment(Protocol):
    """What is simulated: its `repr` says all of it, and so names its random numbers."""

    def draw(self, rng: np.random.Generator, trials: int) -> Array:
        """Return what is kept of so many trials: one column a trial."""
        ...


def simulate(
    experiment: Experiment, trials: int, *, seed: int, executor: Executor | None = None
) -> Array:
    """Simulate trials of an experiment.

    Parameters
    ----------
    experiment
        Draws trials; it must pickle where an executor works elsewhere.
    trials
        How many, 1 or more.
    seed
        Seed of the run, 0 or more.
    executor
        Of `concurrent.futures`: a pool of processes, or a cluster; this process where none is
        given.

    Returns
    -------
    numpy.ndarray
        What the experiment keeps of each trial, one column a trial; the same whatever the
        executor.

    Examples
    --------
    >>> class Means:
    ...     def __repr__(self): return "means of ten"
    ...     def draw(self, rng, trials): return rng.normal(size=(10, trials)).mean(axis=0)[None]
    >>> simulate(Means(), 2_500, seed=1).shape
    (1, 2500)
    """
    parts = list(_errands(trials))
    if executor is None:
        found = [_chunks(experiment, seed, *part) for part in parts]
    else:
        futures = [executor.submit(_chunks, experiment, seed, *part) for part in parts]
        found = [future.result() for future in futures]
    return np.concatenate(found, axis=1)


def _errands(trials: int) -> Iterator[tuple[int, int]]:
    """Give the first chunk of each errand and its trials."""
    size = CHUNK * MANY
    for start in range(0, trials, size):
        yield start // CHUNK, min(size, trials - start)


def _chunks(experiment: Experiment, seed: int, first: int, trials: int) -> Array:
    """Draw chunks one after another."""
    name = zlib.crc32(repr(experiment).encode())
    found = []
    for number, start in enumerate(range(0, trials, CHUNK), start=first):
        stream = np.random.SeedSequence([seed, name], spawn_key=(number,))
        rng = np.random.Generator(np.random.SFC64(stream))
        found.append(experiment.draw(rng, min(CHUNK, trials - start)))
    return np.concatenate(found, axis=1)

"""Simulated trials by the chunk: the same numbers whoever carries them out.

The trials of an experiment are drawn in chunks of one size. Each chunk has random numbers of its
own, from the seed, the experiment and the number of the chunk, so that one process, several, or a
cluster give the same bytes; and no more than the chunks in hand are in memory.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from typing import Any, Protocol

import numpy as np

from analysis.cluster import LOOK, SAME, Errand, Opened, own_code, with_same_code
from analysis.errors import UserError
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
    experiments: Sequence[Experiment],
    trials: int,
    *,
    seed: int,
    workers: Opened | None = None,
    chunk: int = CHUNK,
    at_once: int = MANY,
) -> list[Array]:
    """Simulate trials of experiments.

    Parameters
    ----------
    experiments
        Each draws trials; they must pickle where workers are elsewhere.
    trials
        How many of each, 1 or more.
    seed
        Seed of the run, 0 or more.
    workers
        A pool of processes, or a cluster; this process where none is given.
    chunk, at_once
        Trials of a chunk, on which the numbers hang, and the chunks that a worker is given
        together, on which they do not; fewer where a trial takes long.

    Returns
    -------
    list of numpy.ndarray
        What each experiment keeps of its trials, one column a trial; the same whoever simulates.

    Raises
    ------
    UserError
        If workers lack the project, have other code, or are lost.

    Examples
    --------
    >>> class Means:
    ...     def __repr__(self): return "means of ten"
    ...     def draw(self, rng, trials): return rng.normal(size=(10, trials)).mean(axis=0)[None]
    >>> [each.shape for each in simulate([Means()], 2_500, seed=1)]
    [(1, 2500)]
    """
    parts = list(_parts(trials, chunk, at_once))
    errands = [(each, seed, chunk, *part) for each in experiments for part in parts]
    if workers is None:
        found = [_chunks(*each) for each in errands]
    else:
        found = _by_workers(errands, workers)
    each = len(found) // max(len(experiments), 1)
    return [
        np.concatenate(found[at : at + each], axis=1) for at in range(0, len(found), max(each, 1))
    ]


def _by_workers(errands: Sequence[tuple[Any, ...]], workers: Opened) -> list[Array]:
    """Let workers simulate, and look after them while they do."""
    code = own_code()
    packed = (Errand(with_same_code, code, _chunks, *each).packed() for each in errands)
    futures = [workers.executor.submit(pickle.loads, each) for each in packed]
    waiting = set(futures)
    try:
        while waiting:
            done, waiting = wait(waiting, LOOK, return_when=FIRST_COMPLETED)
            if not done and (trouble := workers.trouble()):
                raise UserError(trouble)
            for future in done:
                future.result()  # The first that fails ends the others.
    except ImportError as error:
        raise UserError(f"a worker lacks the project or its lock ({error}); {SAME}") from None
    finally:
        for future in waiting:
            future.cancel()
    return [future.result() for future in futures]


def _parts(trials: int, chunk: int, at_once: int) -> Iterator[tuple[int, int]]:
    """Give the first chunk of each errand and its trials."""
    size = chunk * at_once
    for start in range(0, trials, size):
        yield start // chunk, min(size, trials - start)


def _chunks(experiment: Experiment, seed: int, chunk: int, first: int, trials: int) -> Array:
    """Draw chunks one after another."""
    name = zlib.crc32(repr(experiment).encode())
    found = []
    for number, start in enumerate(range(0, trials, chunk), start=first):
        stream = np.random.SeedSequence([seed, name], spawn_key=(number,))
        rng = np.random.Generator(np.random.SFC64(stream))
        found.append(experiment.draw(rng, min(chunk, trials - start)))
    return np.concatenate(found, axis=1)

"""Give runs to an executor, and hand back each as soon as it is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)

from analysis.report.executor import Place
from analysis.report.job import Job, Outcome, perform

LOST = (
    "its worker was lost, perhaps for want of memory; run it again, with fewer --jobs, or look "
    "into the log of the cluster"
)


def perform_all(
    jobs: Iterable[Job], place: Place, *, started: Callable[[str], None] = lambda _: None
) -> Generator[Outcome, None, None]:
    """Execute runs and yield each outcome once, in the order in which they end.

    Parameters
    ----------
    jobs
        What to execute, in the order of starting.
    place
        Where.
    started
        Is told the name of each run that is given to a worker.

    Yields
    ------
    Outcome
        One a job. A process that dies fails the runs that were with it, and no other.
    """
    waiting = deque(jobs)
    while waiting:
        with place.open() as executor:
            yield from _perform_until_broken(waiting, place, executor, started)


def _perform_until_broken(
    waiting: deque[Job], place: Place, executor: Executor, started: Callable[[str], None]
) -> Iterator[Outcome]:
    """Execute what waits, until nothing does or the executor can do no more."""
    running: dict[Future[Outcome], Job] = {}
    broken = False
    while running or (waiting and not broken):
        while waiting and not broken and (not place.at_once or len(running) < place.at_once):
            job = waiting.popleft()
            running[executor.submit(perform, job)] = job
            started(job.run.name)
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            job = running.pop(future)
            try:
                yield future.result()
            except (BrokenExecutor, CancelledError):
                broken = True
                yield Outcome(job.run.name, error=f"run {job.run.name}: {LOST}")
            except Exception as error:
                # What a cluster says of workers that died again and again, or lack the package.
                said = f"{type(error).__name__}: {error}"
                yield Outcome(job.run.name, error=f"run {job.run.name}: its worker failed: {said}")

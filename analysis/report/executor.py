"""Where runs are executed: processes of this machine, or a Dask cluster, behind one interface.

Both are `concurrent.futures` executors, so that what gives runs to one need not know which it is.
"""

import contextlib
import multiprocessing
import os
import pickle
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.process import BaseProcess

import psutil  # type: ignore[import-untyped]

from analysis.cluster import LOOK, SAME, Opened, cluster
from analysis.errors import UserError
from analysis.report.job import Job, Outcome
from analysis.report.scratch import scratch

BEYOND = 300
"""Seconds after its time in which a run must end by itself: a kernel starts, a page is written."""
LOST = (
    "its worker was lost, perhaps for want of memory; run it again, with fewer --jobs, or look "
    "into the log of the cluster"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where runs are executed.

    `open` gives an executor, and ends its processes when it is left; `at_once` is how many runs it
    is given at a time, 0 for all where it has a queue of its own; `elsewhere` says whether its
    processes may be on other machines.
    """

    open: Callable[[], AbstractContextManager["Opened"]]
    at_once: int
    elsewhere: bool = False


def choose_place(jobs: int | None = None, scheduler: str = "") -> Place:
    """Return where runs are executed: processes of this machine, or a Dask cluster.

    Parameters
    ----------
    jobs
        Number of processes; the cores if None.
    scheduler
        Address of a Dask scheduler, for example ``"tcp://10.0.0.5:8786"``; empty for none.

    Raises
    ------
    UserError
        If both are given, or there is not at least one process.
    """
    if scheduler and jobs is not None:
        raise UserError("--jobs is for this machine and --scheduler for a cluster; give one")
    if scheduler:
        return Place(partial(cluster, scheduler), 0, elsewhere=True)
    jobs = _cores() if jobs is None else jobs
    if jobs < 1:
        raise UserError(f"--jobs must be 1 or more; got {jobs}")
    return Place(partial(processes, jobs), jobs)


def _cores() -> int:
    """Return the cores that this process may use, where the system tells."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def processes(jobs: int) -> Iterator[Opened]:
    """Open a pool of processes; leaving it by an exception ends them at once, kernels too."""
    others = set(multiprocessing.active_children())
    # Spawned, because a forked copy of a process with threads may hang.
    context = multiprocessing.get_context("spawn")
    with scratch("pool") as folder:
        pool = ProcessPoolExecutor(jobs, context, initializer=_worker, initargs=(str(folder),))

        def end() -> None:
            pool.shutdown(wait=False, cancel_futures=True)
            _end_all(set(multiprocessing.active_children()) - others)

        try:
            yield Opened(pool, end=end)
        except BaseException:
            end()
            raise
        else:
            pool.shutdown()


def _end_all(children: Collection[BaseProcess]) -> None:
    """End processes and what they started, also those that have been stopped and hear nothing."""
    below = [each for child in children if child.pid for each in _below(child.pid)]
    for child in children:
        child.terminate()
    for child in children:
        child.join(5)
        child.kill()
    for each in below:
        with contextlib.suppress(psutil.Error):
            each.kill()


def _below(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _worker(folder: str) -> None:
    """Make a process of the pool end with its parent, and take its kernel along."""
    # An interrupt from the keyboard goes to the parent, which then ends its processes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _end())
    tempfile.tempdir = folder
    # An optional part of jsonschema that compiles a grammar of web addresses for two seconds;
    # without it, it does without. Notebooks have no field of that format.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()


def _end_with_parent(folder: str) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    with contextlib.suppress(OSError):
        _end_kernels()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _end() -> None:
    _end_kernels()
    os._exit(1)


def _end_kernels() -> None:
    for child in _below(os.getpid()):
        with contextlib.suppress(psutil.Error):
            child.kill()


def perform_all(
    jobs: Iterable[Job], place: Place, *, started: Callable[[str], None] = lambda _: None
) -> Generator[Outcome, None, None]:
    """Execute runs in the order given, and yield each outcome once, in the order in which they end.

    `started` is told the name of each run that is given to a worker. A process that dies fails the
    runs that were with it, and no other.
    """
    waiting = deque(jobs)
    while waiting:
        with place.open() as opened:
            yield from _perform_until_broken(waiting, place, opened, started)


def _perform_until_broken(
    waiting: deque[Job], place: Place, opened: Opened, started: Callable[[str], None]
) -> Iterator[Outcome]:
    """Execute what waits, until nothing does or the executor can do no more."""
    running: dict[Future[Outcome], Job] = {}
    latest: dict[Future[Outcome], float] = {}
    broken = False
    while running or (waiting and not broken):
        while waiting and not broken and (not place.at_once or len(running) < place.at_once):
            job = waiting.popleft()
            future = opened.executor.submit(pickle.loads, job.errand())
            running[future] = job
            latest[future] = time.monotonic() + job.run.timeout + BEYOND
            started(job.run.name)
        done, _ = wait(running, LOOK, return_when=FIRST_COMPLETED)
        if not done and (trouble := opened.trouble()):
            for job in running.values():
                yield Outcome(job.run.name, error=f"run {job.run.name}: {trouble}")
            return
        for future in done:
            job = running.pop(future)
            try:
                yield future.result()
            except (BrokenExecutor, CancelledError):
                broken = True
                yield Outcome(job.run.name, error=f"run {job.run.name}: {LOST}")
            except ImportError as error:
                said = f"its worker lacks the project or a package of its lock ({error}); {SAME}"
                yield Outcome(job.run.name, error=f"run {job.run.name}: {said}")
            except Exception as error:
                # What a cluster says of workers that died again and again, for example.
                said = " ".join(f"{type(error).__name__}: {error}".split())
                yield Outcome(job.run.name, error=f"run {job.run.name}: its worker failed: {said}")
        late = {future for future in running if latest[future] < time.monotonic()}
        if late and opened.end and not broken:
            # The limit holds inside a worker (`watched`), unless it has been stopped itself.
            opened.end()
            for future, job in running.items():
                if future in late:
                    yield Outcome(job.run.name, error=f"run {job.run.name}: {_stopped(job)}")
                else:
                    waiting.append(job)
            return


def _stopped(job: Job) -> str:
    return (
        f"it did not end {BEYOND:g} s after its {job.run.timeout:g} s, and was ended from outside; "
        "its worker did not answer, as where a cell stops it (SIGSTOP): take that out"
    )

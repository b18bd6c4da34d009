"""Workers behind one interface: a Dask cluster as an executor of `concurrent.futures`."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import platform
import sys
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.errors import UserError

TIMEOUT = 5
"""Seconds in which a scheduler must answer."""
LOOK, ABSENT = 5, 60
"""Seconds between two looks for the workers of a cluster, and without any before it is given up."""
SAME = "install it there at the same commit, as docs/cluster.md says"
NUMERICAL = ("numpy", "scipy")
"""Libraries whose version may move the last digit of a simulated number."""
SIMULATION = "ANALYSIS_WORKERS_FOR_SIMULATION"
"""The variable of the environment that names the scheduler whose workers simulate."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An executor.

    `trouble` says what is wrong with it while no run ends, "" if nothing is; `end` ends all its
    processes, None where they are not ours to end.
    """

    executor: Executor
    trouble: Callable[[], str] = lambda: ""
    end: Callable[[], None] | None = None


class Errand:
    """A call that is made where it is read.

    A function of the project would end a scheduler or worker without the project as soon as it
    arrives; bytes pass, and it is the call that fails, in words.
    """

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self) -> Any:
        return self._call

    def packed(self) -> bytes:
        """Return the bytes for which `pickle.loads` makes the call and gives what it returns."""
        return pickle.dumps(self)


@contextmanager
def cluster(address: str) -> Iterator[Opened]:
    """Connect to a Dask scheduler.

    Raises
    ------
    UserError
        If none answers, or it has no worker.
    """
    from distributed import Client

    connect: Any = Client  # distributed has no types
    hint = f"start one with: {Path(sys.executable).parent / 'dask'} scheduler"
    with _quiet():
        try:
            client: Any = connect(address, timeout=TIMEOUT, set_as_default=False)
        except (OSError, ValueError) as error:
            said = str(error).partition("\n")[0]
            raise UserError(f"no Dask scheduler answers at {address} ({said}); {hint}") from None
        try:
            if not _workers(client):
                raise UserError(
                    f"the scheduler at {address} has no worker; start one with: "
                    f"dask worker {address}"
                )
            # Not pure: a run that is asked for again is executed again.
            yield Opened(client.get_executor(pure=False), _Absence(client, address))
        finally:
            client.close(timeout=TIMEOUT)


@contextmanager
def workers_for_simulation() -> Iterator[Opened | None]:
    """Connect to the workers that the environment names for simulations; None where it does not.

    Raises
    ------
    UserError
        As `cluster`.
    """
    address = os.environ.get(SIMULATION, "")
    if not address:
        yield None
        return
    with cluster(address) as opened:
        yield opened


@lru_cache(maxsize=1)
def own_code() -> str:
    """Return the hash of this project's code and of the libraries that numbers hang on."""
    found = hashlib.sha256(repr([*map(version, NUMERICAL), sys.version_info]).encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def with_same_code(code: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function where the code is that of who asks; else its numbers might be others.

    Raises
    ------
    UserError
        If it is not.
    """
    if code != own_code():
        raise UserError(
            f"the code or a numerical library on {platform.node()} is not the one of the machine "
            f"that asks it to simulate; {SAME}"
        )
    return function(*arguments)


def _workers(client: Any) -> Collection[str]:
    """Return the addresses of a cluster's workers, none where its scheduler does not answer."""
    with suppress(OSError, TimeoutError):
        found = client.sync(client.scheduler.identity, n_workers=-1, callback_timeout=TIMEOUT)
        return list(found["workers"])
    return []


class _Absence:
    """Says when a cluster has been without workers for too long: Dask waits for ever."""

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address
        self._seen = time.monotonic()

    def __call__(self) -> str:
        if _workers(self._client):
            self._seen = time.monotonic()
        if time.monotonic() - self._seen < ABSENT:
            return ""
        return (
            f"the cluster at {self._address} lost all its workers, and none came within "
            f"{ABSENT} s; look into its log, start workers and run it again"
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence logs: of a lost connection several libraries print tracebacks."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)

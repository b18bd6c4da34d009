"""One report at a time in one folder.

The lock is the kernel's (`flock`): it goes with the process that holds it, however that ends.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis import paths
from analysis.errors import UserError

FILE = ".lock"


@contextmanager
def locked(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a report folder, which is made if it does not exist.

    Parameters
    ----------
    folder
        The report folder.
    wait
        Whether to wait for another process instead of refusing.

    Raises
    ------
    UserError
        If another process holds it, or nothing can be written there.
    """
    with writing_into(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            holder = os.read(file, 20).decode(errors="replace").strip() or "unknown"
            raise UserError(
                f"another report is being written into {paths.shown(folder)} (process {holder}); "
                "wait for it, or choose another --folder"
            ) from None
        with writing_into(folder):
            os.ftruncate(file, 0)
            os.pwrite(file, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(file)


@contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """Turn the system's refusals to write into sentences.

    Raises
    ------
    UserError
        Naming the folder, the reason and what to do.
    """
    try:
        yield
    except OSError as error:
        where = paths.shown(folder)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            said = f"there is no space left to write into {where}; free some and run again"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            said = f"{where} cannot be written ({error.strerror}); choose another --folder"
        elif error.errno in (errno.ENOTDIR, errno.EEXIST):
            said = f"{where} must be a folder; choose another --folder"
        else:
            raise
        raise UserError(f"{said}; the pages that stand there are untouched") from None

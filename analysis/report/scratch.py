"""Temporary folders of runs, which go also where the process that made them was killed.

Each is locked as long as its process lives. What can be locked has lost its process, and the next
that makes such a folder clears it away.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from analysis.errors import UserError
from analysis.report.lock import FILE, locked

PREFIX = "analysis-"


@contextmanager
def scratch(what: str) -> Iterator[Path]:
    """Make a temporary folder, named after what it is for, and remove it in the end."""
    _clear()
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{what}-"))
        with ExitStack() as held:
            # Until it is locked another process may take it for a left one and clear it away.
            try:
                held.enter_context(locked(folder, wait=True))
            except FileNotFoundError:
                continue
            if (folder / FILE).exists():
                try:
                    yield folder
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
                return


def _clear() -> None:
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{FILE}"):
        # Held by a process that lives, or another user's.
        with suppress(UserError), locked(lock.parent):
            shutil.rmtree(lock.parent, ignore_errors=True)

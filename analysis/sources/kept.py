"""Files as they were when something was read from them, to tell whether it still holds."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from analysis.sources.registry import sha256

YOUNG = 2_000_000_000
"""Nanoseconds within which a file may change again and keep its time: that of FAT is so coarse."""


class Seen(NamedTuple):
    """One file as it was: size, times, inode, and its content where the times may not tell."""

    size: int
    modified: int
    changed: int
    inode: int
    digest: str = ""


class Files:
    """Files as they were when they were looked at first, the absent ones too."""

    def __init__(self) -> None:
        self._seen: dict[Path, Seen | None] = {}

    def look(self, paths: Iterable[Path]) -> None:
        """See what is about to be read; a file seen before stays as it was then."""
        self._seen |= {path: _seen(path) for path in paths if path not in self._seen}

    def unchanged(self, paths: Iterable[Path]) -> bool:
        """Say whether these are still the files, and each is what it was."""
        return set(paths) == set(self._seen) and all(
            _holds(path, seen) for path, seen in self._seen.items()
        )


def _seen(path: Path) -> Seen | None:
    now = time.time_ns()
    found = _state(path)
    if found is None or now - max(found.modified, found.changed) > YOUNG:
        return found
    return found._replace(digest=sha256(path))


def _state(path: Path) -> Seen | None:
    try:
        found = path.stat()
    except OSError:
        return None
    # A file may be rewritten in its old size and given its old time: these tell most of that.
    return Seen(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _holds(path: Path, seen: Seen | None) -> bool:
    found = _state(path)
    if found is None or seen is None:
        return found is seen
    if found != seen._replace(digest=""):
        return False
    return not seen.digest or seen.digest == sha256(path)

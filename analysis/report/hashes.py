"""Content hashes: a file by its bytes, a folder by the names in it."""

import hashlib
import os
from pathlib import Path

ABSENT = "absent"
"""In place of the hash of what does not exist."""


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, or `ABSENT`."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return ABSENT


def folder_hash(path: Path) -> str:
    """Return the SHA-256 of the sorted names in a folder, or `ABSENT`.

    Notes
    -----
    A file that is added changes what a listing finds; hidden files, such as those of an
    editor, and compiled code do not.
    """
    try:
        names = sorted(name for name in os.listdir(path) if name[0] != "." and name[:2] != "__")
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    return text_hash("\n".join(names))


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text."""
    return bytes_hash(text.encode())


def bytes_hash(content: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


class Hashes:
    """Hashes of the present moment, each file read once.

    A report asks for the same modules and tables once a run; this asks the disk once.
    """

    def __init__(self) -> None:
        self._known: dict[Path, str] = {}

    def __call__(self, path: Path) -> str:
        """Return the hash of a file or folder, or `ABSENT`."""
        if path not in self._known:
            self._known[path] = folder_hash(path) if path.is_dir() else file_hash(path)
        return self._known[path]

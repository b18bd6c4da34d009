"""A zip that others made, read without trust: bounded, block by block, and never unpacked."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis import paths
from analysis.errors import UserError
from analysis.words import numbered

MOST_FILES = 20_000
MOST_BYTES = 2 * 2**30
"""Of all files together, unpacked."""
MOST_AT_ONCE = 64 * 2**20
"""Bytes of one file that is read as a whole, as a page or a table is."""
BLOCK = 2**20
SECRET = 0x1
"""The flag of a file that is encrypted."""
UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError)
"""What the library raises of a damaged file, depending on where the damage is."""


class Archive:
    """The files of an open zip.

    Attributes
    ----------
    hashes
        Name of each file that can be read → its SHA-256, as hexadecimal digits.
    faults
        A sentence for each file that cannot be read, or that no program should unpack.
    """

    def __init__(self, opened: zipfile.ZipFile) -> None:
        self._opened = opened
        self.hashes: dict[str, str] = {}
        self.faults: list[str] = []
        for entry in opened.infolist():
            try:
                self.hashes[entry.filename] = self._checked_hash(entry)
            except UNREADABLE as error:
                self.faults.append(f"{entry.filename} cannot be read: {error}")

    def __len__(self) -> int:
        """Return the number of files, those that cannot be read included."""
        return len(self._opened.infolist())

    def read(self, name: str) -> bytes:
        """Return a whole file; empty where there is none.

        Raises
        ------
        ValueError
            If it is larger than what is read at once.
        """
        if name not in self.hashes:
            return b""
        size = self._opened.getinfo(name).file_size
        if size > MOST_AT_ONCE:
            raise ValueError(f"it has {size:,} bytes, and at most {MOST_AT_ONCE:,} are looked into")
        return self._opened.read(name)

    def _checked_hash(self, entry: zipfile.ZipInfo) -> str:
        _refuse(entry, self.hashes)
        digest = hashlib.sha256()
        with self._opened.open(entry) as file:
            while block := file.read(BLOCK):
                digest.update(block)
        return digest.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a zip, and read every file of it once.

    Raises
    ------
    UserError
        If it is no whole zip, or has more or larger files than any report.
    """
    where = paths.shown(path)
    try:
        archive = zipfile.ZipFile(path)
    except UNREADABLE as error:
        raise UserError(f"{where} must be a whole zip file; got: {error}") from None
    with archive:
        entries = archive.infolist()
        if len(entries) > MOST_FILES:
            said = numbered(len(entries), "file")
            raise UserError(f"{where} must have at most {MOST_FILES:,} files; got {said}")
        if (size := sum(entry.file_size for entry in entries)) > MOST_BYTES:
            raise UserError(
                f"{where} must have at most {MOST_BYTES:,} bytes when unpacked; got {size:,}, "
                "so nothing of it was read"
            )
        yield Archive(archive)


def _refuse(entry: zipfile.ZipInfo, known: dict[str, str]) -> None:
    """Refuse what a zip may hold and a bundle never does."""
    if entry.flag_bits & SECRET:
        raise ValueError("it is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"its compression, number {entry.compress_type}, is none of a bundle's")
    if entry.filename in known:
        raise ValueError("its name is there twice")
    parts = entry.filename.split("/")
    if ".." in parts or parts[0] == "" or "\\" in entry.filename or ":" in parts[0]:
        raise ValueError("its name leads out of the bundle")

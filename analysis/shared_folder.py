"""A folder that processes share for a while: what one has made of some files, others take from it.

Whatever is taken from there is noted as read as if it had been made anew, and is not taken if a
file that it rests on has changed.
"""

import hashlib
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from analysis.words import slug

SHARED_FOLDER = "ANALYSIS_SHARED"
"""Environment variable that names it; nothing is shared where it is empty."""
OPENED: dict[str, str] = {}
"""Files and folders that this process has read, where a report notes them: path → hash."""

LEFT_FREE = 2_000_000_000
"""Bytes that are left free on the disk of the folder."""
LETTERS = 80
"""Of a name that the name of its file or folder takes over."""

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Kept:
    """What was made, and what it rests on.

    Attributes
    ----------
    made
        What was made.
    opened
        File or folder that was read for it → hash.
    before
        The same of what had been read before, and may have been remembered.
    """

    made: Any
    opened: Mapping[str, str]
    before: Mapping[str, str]

    def holds(self) -> bool:
        """Say whether no file has changed since; each that was read is noted as read again."""
        for path in self.opened:
            _open(path)
        before = {path: OPENED[path] for path in self.before if path in OPENED}
        return self.opened.items() <= OPENED.items() and before.items() <= self.before.items()


def _open(path: str) -> None:
    try:
        if os.path.isdir(path):
            os.listdir(path)
        else:
            with open(path, "rb"):
                pass
    except OSError:
        pass  # Gone since, and so not what it was.


def shared_place(name: str) -> Path | None:
    """Return where in the folder something of this name belongs; None where nothing is shared."""
    folder = os.environ.get(SHARED_FOLDER, "")
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return Path(folder) / f"{slug(name, LETTERS)}-{digest}" if folder else None


def taken(file: Path) -> Kept | None:
    """Return what is kept in a file of the folder, where it still holds."""
    if not file.is_file():
        return None
    kept = pickle.loads(file.read_bytes())
    return kept if kept.holds() else None


def keep(file: Path, made: Any, before: Mapping[str, str]) -> None:
    """Keep what was made in a file, which other processes see whole or not at all.

    `before` is what `OPENED` was before it was made. What cannot be written is not kept, and
    nothing where the disk is nearly full: it only saves time.
    """
    opened = {path: digest for path, digest in OPENED.items() if path not in before}
    with suppress(pickle.PicklingError, AttributeError, TypeError, OSError):
        content = pickle.dumps(Kept(made, opened, before))
        file.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(file.parent).free - len(content) < LEFT_FREE:
            return
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as written:
            written.write(content)
        os.replace(written.name, file)


def made_once(
    name: str, make: Callable[[], Made], *, holds: Callable[[Made], bool] = lambda _: True
) -> Made:
    """Return what is made of files alone, which one process makes for all that share the folder.

    Parameters
    ----------
    name
        Tells it from all else that is shared.
    make
        Makes it.
    holds
        Says of what another process made whether it is still what would be made.
    """
    file = shared_place(name)
    if file is None:
        return make()
    if (kept := taken(file)) and holds(kept.made):
        return cast("Made", kept.made)
    before = dict(OPENED)
    made = make()
    keep(file, made, before)
    return made

"""SHA-256 registry of the shipped data: what a file must hold to be the file we cite.

``data/registry.txt`` has one line a file: hash, two spaces, path below ``data/``.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from analysis import paths
from analysis.errors import UserError

REGISTERED = ("*.csv", "*.xml", "*.yml")
"""Patterns of the data files that are registered."""


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_registry(path: Path = paths.REGISTRY) -> dict[str, str]:
    """Return path below the registry's folder → expected hash.

    Raises
    ------
    UserError
        If the registry is missing or a line is not ``hash  path``.
    """
    return dict(_entries(path, _text(path)))


def _text(path: Path) -> str:
    if not path.is_file():
        raise UserError(
            f"{paths.shown(path)} is missing; make it with: python -m analysis register"
        )
    return path.read_text(encoding="utf-8")


@lru_cache(maxsize=4)
def _entries(path: Path, text: str) -> Mapping[str, str]:
    entries = {}
    for number, line in enumerate(text.splitlines(), start=1):
        digest, gap, name = line.partition("  ")
        if not gap or len(digest) != 64:
            raise UserError(
                f"{paths.shown(path)}, line {number}: must be a SHA-256, two spaces and a path; "
                f"got '{line[:80]}'; rewrite it with: python -m analysis register"
            )
        entries[name] = digest
    return entries


def registered(folder: Path, registry: Path = paths.REGISTRY) -> Mapping[Path, str]:
    """Return file → expected hash of what is registered below `folder`."""
    return _below(folder, registry, _text(registry))


# Every section of a page asks whether its trial still is what it was.
@lru_cache(maxsize=64)
def _below(folder: Path, registry: Path, text: str) -> Mapping[Path, str]:
    entries = {registry.parent / name: digest for name, digest in _entries(registry, text).items()}
    return MappingProxyType(
        {path: digest for path, digest in entries.items() if path.is_relative_to(folder)}
    )


def changed_files(folder: Path, registry: Path = paths.REGISTRY) -> list[str]:
    """Return one sentence for each registered file below `folder` that is missing or changed.

    Parameters
    ----------
    folder
        A folder at or below the registry's own.
    registry
        The registry file.

    Returns
    -------
    list of str
        Empty when every file is what was registered.
    """
    findings = []
    for path, expected in registered(folder, registry).items():
        if not path.is_file():
            findings.append(f"{paths.shown(path)} is registered but missing; restore it")
        elif (found := sha256(path)) != expected:
            findings.append(
                f"{paths.shown(path)}: SHA-256 must be {expected[:12]}…, as registered; got "
                f"{found[:12]}…; restore the file, or if the change is meant run: "
                "python -m analysis register"
            )
    return findings


def write_registry(path: Path = paths.REGISTRY) -> int:
    """Register every data file below the registry's folder; return how many there are."""
    files = sorted({file for pattern in REGISTERED for file in path.parent.rglob(pattern)})
    lines = [f"{sha256(file)}  {file.relative_to(path.parent).as_posix()}\n" for file in files]
    path.write_text("".join(lines), encoding="utf-8")
    return len(lines)

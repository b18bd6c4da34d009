"""What a report was made of: versions, hashes, commit and the time of the run."""

from __future__ import annotations

import datetime
import json
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from analysis import __version__, paths
from analysis.sources.registry import sha256

PACKAGES = ("numpy", "scipy", "pandas", "matplotlib", "papermill", "nbconvert")


def describe() -> dict[str, Any]:
    """Return versions, hashes, commit and time; dates live here only, never in a page."""
    lock = paths.ROOT / "requirements.lock"
    return {
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "analysis": __version__,
        "commit": commit(),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "data registry SHA-256": sha256(paths.REGISTRY),
        "lock SHA-256": sha256(lock) if lock.is_file() else "none",
    }


def commit() -> str:
    """Return the commit of the working tree, marked where files differ from it."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=paths.ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "not a git checkout"
    return found.stdout.strip()


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a mapping as readable JSON."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read what `write_json` wrote; an absent file is empty."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

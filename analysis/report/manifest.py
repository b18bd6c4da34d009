"""What a report was made of: versions, hashes, commit and the time of the run."""

import datetime
import json
import os
import platform
import subprocess
from collections.abc import Mapping
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
        "made": now().isoformat(timespec="seconds"),
        "analysis": __version__,
        "commit": commit(),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "data registry SHA-256": sha256(paths.REGISTRY),
        "lock SHA-256": sha256(lock) if lock.is_file() else "none",
    }


def now() -> datetime.datetime:
    """Return the time, or the one that SOURCE_DATE_EPOCH sets for a reproducible build."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    if fixed.isdigit():
        return datetime.datetime.fromtimestamp(int(fixed), datetime.UTC)
    return datetime.datetime.now(datetime.UTC)


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


def json_text(content: Mapping[str, Any]) -> str:
    """Return a mapping as readable JSON."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON mapping; one that is absent or damaged is empty."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}

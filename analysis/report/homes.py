"""Where libraries keep what is theirs while a report is made: in a temporary folder, not at home.

Matplotlib keeps a list of fonts, fontconfig and others a cache, Python the compiled form of what it
imports. Whoever makes a report finds nothing but the report.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from analysis.report.scratch import scratch

FONTS = "fontlist-*.json"
"""Matplotlib's list of fonts; it takes seconds to make where there are many."""


def homes(folder: Path) -> dict[str, str]:
    """Return the environment in which libraries keep in `folder` what they would keep at home.

    Parameters
    ----------
    folder
        A temporary folder. A list of fonts that is known already is copied there.
    """
    drawing = folder / "matplotlib"
    drawing.mkdir(exist_ok=True)
    for known in _known_fonts():
        shutil.copy(known, drawing)
    return {
        "MPLCONFIGDIR": str(drawing),
        "XDG_CACHE_HOME": str(folder),
        # `make` has compiled the package.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _known_fonts() -> list[Path]:
    """Return the lists of fonts of this Python's environment, of its user and of this process."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    places = [Path(sys.prefix) / "share", caches, Path.home() / ".matplotlib"]
    found = [list(place.glob(f"matplotlib/{FONTS}")) for place in places]
    if given := os.environ.get("MPLCONFIGDIR"):
        found.append(list(Path(given).glob(FONTS)))
    return [path for paths in found for path in paths]


@contextmanager
def away_from_home() -> Iterator[None]:
    """Let this process and those that it starts keep what is theirs in a temporary folder."""
    with scratch("home") as folder, environment(homes(folder)):
        yield


@contextmanager
def environment(extra: Mapping[str, str]) -> Iterator[None]:
    """Add to the environment of this process, and of those that it starts, for a while."""
    before = dict(os.environ)
    os.environ.update(extra)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

"""Where the project's folders are, found from this file and never from the current directory.

A path that a user gives is another matter: `candidates` says where it may lie.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
PUBLISHED = DATA / "published"
REGISTRY = DATA / "registry.txt"
NOTEBOOKS = ROOT / "notebooks"
RUNS = NOTEBOOKS / "runs.yml"
REPORTS = ROOT / "reports"


def candidates(given: str | Path, start: Path | None = None) -> tuple[Path, ...]:
    """Return where a path that a user gives may lie, each place once and written out.

    Parameters
    ----------
    given
        As it stands in a parameter, in ``runs.yml`` or on the command line.
    start
        In place of the current directory, for what is read by a process that works elsewhere.

    Returns
    -------
    tuple of Path
        An absolute path alone, ``~`` written out. A relative one below the current directory, the
        project's root and its ``notebooks``: JupyterLab and the report work in the last, papermill
        and the command line where they are started, and all of them mean one place.
    """
    path = Path(os.path.expanduser(given))
    places = [path] if path.is_absolute() else [start or Path.cwd(), ROOT, NOTEBOOKS]
    # normpath: a text may be no path at all, which resolve() would stumble over.
    return tuple(dict.fromkeys(Path(os.path.normpath(each / path)) for each in places))


def shown(path: Path) -> str:
    """Return `path` as a reader should see it: relative to the project where it lies inside."""
    path = Path(path)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)

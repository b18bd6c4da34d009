"""Where the project's folders are, found from this file and never from the current directory.

A path that a user gives is another matter: `candidates` says where it may lie.
"""

import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
PUBLISHED = DATA / "published"
REGISTRY = DATA / "registry.txt"
NOTEBOOKS = ROOT / "notebooks"
RUNS = NOTEBOOKS / "runs.yml"
REPORTS = ROOT / "reports"


OUTSIDE = "ANALYSIS_OUTSIDE"
"""Environment variable: the folders outside the project that a report names without their place."""


def outside() -> dict[str, Path]:
    """Return the folders of `without_place`, by the names that stand for them."""
    return {name: Path(path) for name, path in json.loads(os.environ.get(OUTSIDE, "{}")).items()}


def without_place(folder: Path) -> str:
    """Return a name for a folder outside the project, which `candidates` and `shown` then know.

    Where its owner keeps a trial is nobody's business who reads a page: pages, notebooks and what
    a run says of itself hold this name. This process and those that it starts know the folder.
    """
    known = outside()
    for name, path in known.items():
        if path == folder:
            return name
    name = plain = f"…/{folder.name}"
    while name in known:
        name = f"{plain} ({len(known) + 1})"
    known[name] = folder
    os.environ[OUTSIDE] = json.dumps({each: str(path) for each, path in known.items()})
    return name


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
    if str(given) in (known := outside()):
        return (known[str(given)],)
    path = Path(os.path.expanduser(given))
    places = [path] if path.is_absolute() else [start or Path.cwd(), ROOT, NOTEBOOKS]
    # normpath: a text may be no path at all, which resolve() would stumble over.
    return tuple(dict.fromkeys(Path(os.path.normpath(each / path)) for each in places))


def shown(path: Path) -> str:
    """Return `path` as a reader should see it: relative to the project where it lies inside."""
    path = Path(path)
    if path.is_relative_to(ROOT):
        return path.relative_to(ROOT).as_posix()
    for name, folder in outside().items():
        if path.is_relative_to(folder):
            return (Path(name) / path.relative_to(folder)).as_posix()
    return str(path)


def of_shown(name: str) -> Path:
    """Return the path that `shown` wrote as a name."""
    for known, folder in outside().items():
        if name == known or name.startswith(f"{known}/"):
            return folder / name[len(known) + 1 :]
    return ROOT / name

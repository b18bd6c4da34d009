"""Where results stand, and how they are read: a file, a notebook, a run, or several of them."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import paths
from analysis.errors import UserError
from analysis.numbers import NOT_AVAILABLE
from analysis.parameters import as_words
from analysis.report.executed import ENDING, carried_parameters, carried_results
from analysis.report.place import NOTEBOOK, RESULTS
from analysis.results import COLUMNS, KEY

STATUSES = ["data_status", "plan_status"]
COMPARABLE = (
    f"a {RESULTS}, an executed notebook, the folder of a run, a report, a folder of executed "
    "notebooks, a DOCX of tables"
)
"""What has results, in the words of messages and help."""


def runs_of(path: Path) -> dict[str, Path]:
    """Return the files with results of a path by run; the name of a single run is empty.

    Raises
    ------
    UserError
        If the path does not exist, or nothing in it has results.
    """
    if path.is_file():
        return {"": path}
    if (path / RESULTS).is_file():
        return {"": path / RESULTS}
    if not path.exists():
        raise UserError(f"there is no '{paths.shown(path)}'; name {COMPARABLE}")
    runs = {file.parent.name: file for file in sorted(path.glob(f"*/{RESULTS}"))}
    found = runs or {file.stem: file for file in sorted(path.glob(f"*{ENDING}"))}
    # A report that is being built stands in hidden folders; so do the copies of JupyterLab.
    found = {name: file for name, file in found.items() if not name.startswith(".")}
    if not found:
        raise UserError(
            f"{paths.shown(path)} holds no {RESULTS}, and neither does a folder in it; nor does "
            "it hold an executed notebook"
        )
    return found


def run_results(run: str, folder: Path) -> pd.DataFrame:
    """Read the results of a run of a report, with all their columns, as text.

    Raises
    ------
    UserError
        If the report has no results of that run.
    """
    results = folder / run / RESULTS
    if not results.is_file():
        raise UserError(
            f"{paths.shown(results)} is missing; write it with: python -m analysis report {run}"
        )
    table = pd.read_csv(results, dtype=str, keep_default_na=False)
    if list(table) != COLUMNS:
        raise UserError(f"{paths.shown(results)} must have the columns of a results.csv")
    return table


def read_results(path: Path) -> pd.DataFrame:
    """Read results as text: their key, their numbers, what is shown, and their statuses.

    Parameters
    ----------
    path
        A ``results.csv`` of a run, a stored one with fewer columns, or an executed notebook.

    Raises
    ------
    UserError
        If it cannot be read, lacks a column, holds a number that is none, or names a result
        twice.
    """
    where = paths.shown(path)
    if path.suffix == ENDING:
        file: Any = io.BytesIO(carried_results(path))
    else:
        file = path
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        first = str(error).strip().split("\n")[0]
        raise UserError(f"{where} is not a results file; reading it gave: {first}") from None
    missing = [name for name in (*KEY, "stat", "stat_fmt") if name not in table]
    if missing:
        raise UserError(f"{where} is not a results file; it lacks the columns {', '.join(missing)}")
    for number in table["stat"][table["stat"] != ""]:
        try:
            float(number)
        except ValueError:
            raise UserError(
                f"{where} is not a results file; stat must be a number or empty, got '{number}'"
            ) from None
    twice = table[table.duplicated(KEY)]
    if len(twice):
        named = ", ".join(part for part in twice.iloc[0][KEY] if part)
        raise UserError(f"{where} names one result twice: {named}")
    kept = [*KEY, "stat", "stat_fmt", *(name for name in STATUSES if name in table)]
    return table[kept]


def other_parameters(before: Path, after: Path) -> str:
    """Say which parameters of two runs differ; nothing where a side has no notebook.

    Parameters
    ----------
    before, after
        Files with results: the parameters stand in the notebook, or in the one beside the file.
    """
    old, new = parameters_of(before), parameters_of(after)
    if not old or not new:
        return ""
    return "; ".join(
        f"{name} = {_word(old, name)}, then {_word(new, name)}"
        for name in dict.fromkeys([*old, *new])
        if _word(old, name) != _word(new, name) and old.get(name) != new.get(name)
    )


def parameters_of(path: Path) -> dict[str, Any]:
    """Return the parameters of the notebook whose results a file holds; none if not known."""
    notebook = path if path.suffix == ENDING else path.with_name(NOTEBOOK)
    return carried_parameters(notebook) if notebook.is_file() else {}


def _word(parameters: Mapping[str, Any], name: str) -> str:
    return as_words(parameters[name]) if name in parameters else NOT_AVAILABLE

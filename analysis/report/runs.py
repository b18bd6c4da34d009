"""The named runs of a report: which notebook, with which parameters."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pydantic
import yaml

from analysis import paths
from analysis.errors import UserError, suggestion
from analysis.report.source import read_source

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RESERVED = ("failed", "grids", "logs")
"""Folders of a report that are no runs."""


class Run(pydantic.BaseModel):
    """One run: a notebook and the parameters that differ from its defaults.

    Parameters
    ----------
    name, notebook, parameters
        What is executed.
    seconds
        About how long it takes; the longest start first where no earlier report has told.
    """

    model_config = pydantic.ConfigDict(frozen=True, strict=True, extra="forbid")

    name: str
    notebook: str
    parameters: dict[str, Any] = pydantic.Field(default_factory=dict)
    seconds: float = 0

    @property
    def path(self) -> Path:
        """The stored notebook."""
        return paths.NOTEBOOKS / f"{self.notebook}.ipynb"


def load_runs(path: Path = paths.RUNS) -> dict[str, Run]:
    """Read the runs and check names, notebooks and parameters before anything is executed.

    Raises
    ------
    UserError
        If the file is not a mapping of runs, a notebook does not exist, or a parameter is not
        one of its notebook's.
    """
    where = paths.shown(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{where} must be a readable YAML file; got: {error}") from None
    if not isinstance(content, dict):
        raise UserError(f"{where} must map run names to runs; got {type(content).__name__}")
    runs = {}
    for name, fields in content.items():
        if not NAME.fullmatch(str(name)):
            raise UserError(
                f"{where}: a run name has small letters, digits and hyphens; got '{name}'"
            )
        if name in RESERVED:
            raise UserError(f"{where}: '{name}' is a folder of the report; name the run otherwise")
        try:
            runs[name] = Run(name=name, **(fields if isinstance(fields, dict) else {}))
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            raise UserError(f"{where}, run {name}, {field}: {first['msg'].lower()}") from None
        check_parameters(runs[name])
    return runs


def choose(runs: dict[str, Run], names: Iterable[str]) -> list[Run]:
    """Return the named runs, or all of them.

    Raises
    ------
    UserError
        If a name is not a run.
    """
    names = list(names)
    for name in names:
        if name not in runs:
            hint = suggestion(name, runs) or f"; runs are {', '.join(runs)}"
            raise UserError(f"'{name}' is not a run of {paths.shown(paths.RUNS)}{hint}")
    return [runs[name] for name in names] if names else list(runs.values())


def check_parameters(run: Run) -> None:
    """Refuse parameters that the notebook does not have; papermill would only warn of them.

    Raises
    ------
    UserError
        Naming the run, the parameter and the nearest known one.
    """
    if not run.path.is_file():
        known = [found.stem for found in paths.NOTEBOOKS.glob("*.ipynb")]
        hint = suggestion(run.notebook, known) or f"; notebooks are {', '.join(sorted(known))}"
        raise UserError(f"run {run.name}: there is no notebook '{run.notebook}'{hint}")
    known = list(read_source(run.path).parameters())
    for name in run.parameters:
        if name not in known:
            hint = suggestion(name, known) or f"; they are {', '.join(known)}"
            raise UserError(f"run {run.name}: '{name}' is not a parameter of {run.notebook}{hint}")

"""The named runs of a report: which notebook, with which parameters.

The project's stand in ``notebooks/runs.yml``, a user's own in ``notebooks/own/runs.yml``.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pydantic

from analysis import paths
from analysis.errors import UserError, suggestion
from analysis.mistakes import mistakes
from analysis.report.source import read_source
from analysis.yaml_files import read_yaml

LONGEST = 100
"""Letters of a name of runs, notebooks and scenarios: file systems allow 255, some 143, of which
what is made beside a page takes some."""
NAME = re.compile(rf"(?=.{{1,{LONGEST}}}$)[a-z0-9]+(-[a-z0-9]+)*")
TIMEOUT, LATEST = 3600, 1_000_000
"""Seconds that a run may take where nothing else is said, and at most."""
OWN = "own"
"""The folder of the notebooks that are a user's own, and before the name of such a notebook."""
RESERVED = ("failed", "grids", "logs")
"""Folders of a report that are no runs."""


class Declared(pydantic.BaseModel):
    """What a file says of a run: a notebook and the parameters that differ from its defaults.

    Parameters
    ----------
    notebook, parameters
        What is executed.
    seconds
        About how long it takes; the longest start first where no earlier report has told.
    timeout
        Seconds that its cells may take together, above 0.
    """

    model_config = pydantic.ConfigDict(frozen=True, strict=True, extra="forbid")

    notebook: str = pydantic.Field(max_length=LONGEST)
    parameters: dict[str, Any] = pydantic.Field(default_factory=dict)
    seconds: float = 0
    timeout: float = pydantic.Field(default=TIMEOUT, gt=0, le=LATEST)


class Run(Declared):
    """One run: what is declared of it, and its name."""

    name: str

    @property
    def path(self) -> Path:
        """The stored notebook: one of the project, or else a user's own."""
        mine = paths.NOTEBOOKS / f"{self.notebook}.ipynb"
        own = own_folder() / f"{self.notebook}.ipynb"
        return own if own.is_file() and not mine.is_file() else mine

    @property
    def folder(self) -> Path:
        """Where it runs: beside its notebook, and beside the project's where it has none here."""
        return self.path.parent if self.path.parent.is_dir() else paths.NOTEBOOKS


def without_places(run: Run) -> Run:
    """Return a run that names a trial outside the project without saying where it is.

    Only folders of trials, which the package itself looks up: another path a notebook may open.
    """
    named = {name: _without_place(value, run.folder) for name, value in run.parameters.items()}
    return run.model_copy(update={"parameters": named})


def _without_place(value: Any, start: Path) -> Any:
    if isinstance(value, list):
        return [_without_place(each, start) for each in value]
    if not isinstance(value, str) or not value or "\0" in value:
        return value
    if not os.path.isabs(value) and os.path.isfile(paths.DATA / "trials" / value / "trial.yml"):
        return value  # A shipped trial, by its id.
    for place in paths.candidates(value, start):
        folder = Path(os.path.realpath(place))
        shipped = folder.is_relative_to(paths.ROOT)
        if not shipped and os.path.isfile(folder / "trial.yml"):
            return paths.without_place(folder)
    return value


def own_folder() -> Path:
    """Return the folder of the notebooks that are a user's own."""
    return paths.NOTEBOOKS / OWN


def own_runs_file() -> Path:
    """Return the file of the runs that are a user's own; there may be none."""
    return own_folder() / "runs.yml"


def load_runs(path: Path | None = None) -> dict[str, Run]:
    """Read the runs and check names, notebooks and parameters before anything is executed.

    Parameters
    ----------
    path
        One file of runs; left out, those of the project and then a user's own.

    Raises
    ------
    UserError
        If a file is not a mapping of runs, a name is in both, a notebook does not exist, or a
        parameter is not one of its notebook's.
    """
    if path:
        return _read(path)
    runs, own = _read(paths.RUNS), load_own_runs()
    for name in own:
        if name in runs:
            raise UserError(
                f"the run '{name}' is in {paths.shown(paths.RUNS)} and in "
                f"{paths.shown(own_runs_file())}; give one of them another name"
            )
    return {**runs, **own}


def load_own_runs() -> dict[str, Run]:
    """Read the runs that are a user's own; none where there is no such file.

    A notebook that they name is one of the same folder, or else one of the project.
    """
    file = own_runs_file()
    return _read(file, own=True) if file.is_file() else {}


def _read(path: Path, *, own: bool = False) -> dict[str, Run]:
    where = paths.shown(path)
    content = read_yaml(path)
    if own and content is None:
        return {}  # Comments only: a file that is there to be filled.
    if not isinstance(content, dict):
        raise UserError(f"{where} must map run names to runs; got {type(content).__name__}")
    runs = {}
    for name, fields in content.items():
        if not NAME.fullmatch(str(name)):
            raise UserError(
                f"{where}: a run name has small letters, digits and hyphens, at most {LONGEST}; "
                f"got '{str(name)[:LONGEST]}'"
            )
        if name in RESERVED:
            raise UserError(f"{where}: '{name}' is a folder of the report; name the run otherwise")
        try:
            runs[name] = Run(name=name, **dict(Declared.model_validate(fields)))
        except pydantic.ValidationError as error:
            said = mistakes(error, Declared, "a run")
            raise UserError("\n".join(f"{where}, run {name}: {each}" for each in said)) from None
        if own and (own_folder() / f"{runs[name].notebook}.ipynb").is_file():
            notebook = f"{OWN}/{runs[name].notebook}"
            runs[name] = runs[name].model_copy(update={"notebook": notebook})
        check_parameters(runs[name])
    return runs


def with_timeout(runs: Iterable[Run], seconds: float | None) -> list[Run]:
    """Return runs that may take so long, or what each says itself if None.

    Raises
    ------
    UserError
        If it is no such time.
    """
    if seconds is None:
        return list(runs)
    if not 0 < seconds <= LATEST:
        raise UserError(f"--timeout must be above 0 and at most {LATEST:,} seconds; got {seconds}")
    return [run.model_copy(update={"timeout": seconds}) for run in runs]


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
            files = [file for file in (paths.RUNS, own_runs_file()) if file.is_file()]
            where = " or ".join(map(paths.shown, files))
            raise UserError(f"'{name}' is not a run of {where}{hint}")
    return [runs[name] for name in names] if names else list(runs.values())


def check_parameters(run: Run) -> None:
    """Refuse parameters that the notebook does not have; papermill would only warn of them.

    Raises
    ------
    UserError
        Naming the run, the parameter and the nearest known one.
    """
    # Unlike that of a path, this says no to what no file can be called.
    if not os.path.isfile(run.path):
        folders = (paths.NOTEBOOKS, own_folder())
        known = [found.stem for folder in folders for found in folder.glob("*.ipynb")]
        hint = suggestion(run.notebook, known) or f"; notebooks are {', '.join(sorted(known))}"
        raise UserError(f"run {run.name}: there is no notebook '{run.notebook}'{hint}")
    known = list(read_source(run.path).parameters())
    for name in run.parameters:
        if name not in known:
            hint = suggestion(name, known) or f"; they are {', '.join(known)}"
            raise UserError(f"run {run.name}: '{name}' is not a parameter of {run.notebook}{hint}")

"""Execute notebooks with papermill, the same way for reports and for stored outputs."""

from __future__ import annotations

import ast
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from analysis import paths
from analysis.display.page import RESULTS_FILE
from analysis.errors import UserError
from analysis.report.compare import FILE, REFERENCE, write_reference
from analysis.report.runs import Run, load_runs

REPRODUCIBLE = {
    # One thread and a fixed hash seed: the same bytes from the same inputs.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "Agg",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


class RunError(UserError):
    """A notebook stopped; the executed copy is kept."""


@contextmanager
def _environment(extra: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(extra)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def execute(run: Run, folder: Path, *, progress: bool) -> NotebookNode:
    """Execute the notebook of a run and write notebook and results into a folder.

    Parameters
    ----------
    run
        What to execute.
    folder
        An existing folder; ``notebook.ipynb`` and ``results.csv`` are written there.
    progress
        Whether to draw a progress bar over the cells.

    Returns
    -------
    nbformat.NotebookNode
        The executed notebook, normalised.

    Raises
    ------
    RunError
        If a cell fails. ``notebook.ipynb`` then holds the notebook up to the failure.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    target = folder / "notebook.ipynb"
    bar = {"desc": run.name, "unit": "cell", "leave": False} if progress else False
    with _environment({**REPRODUCIBLE, RESULTS_FILE: str(folder / "results.csv")}):
        try:
            papermill.execute_notebook(
                str(run.path),
                str(target),
                parameters=run.parameters,
                kernel_name="python3",
                cwd=str(paths.NOTEBOOKS),
                progress_bar=bar,
                # ipykernel warns that it talks over TCP, which stays on this machine.
                extra_arguments=["--IPKernelApp.log_level=ERROR"],
            )
        except PapermillExecutionError as error:
            said = str(error.evalue).strip() or str(error.ename)
            raise RunError(f"run {run.name} stopped in cell {error.cell_index}: {said}") from None
    notebook = normalised(nbformat.read(target, as_version=4))
    nbformat.write(notebook, target)
    return notebook


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook without the times, paths and ids that differ between two runs."""
    notebook.metadata.pop("papermill", None)
    notebook.metadata["language_info"] = {"name": "python"}
    count = 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if "injected-parameters" in tags:
            cell["id"] = "injected-parameters"
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if "execution_count" in output:
                    output["execution_count"] = count
    return notebook


def beyond_defaults(runs: Iterable[Run]) -> list[Run]:
    """Return the runs that are not the stored one of their notebook, so that nbval misses them.

    Parameters
    ----------
    runs
        Checked runs. One that sets parameters to their defaults is the stored one.
    """
    import papermill

    def differs(run: Run) -> bool:
        stored = papermill.inspect_notebook(str(run.path))
        return any(
            value != ast.literal_eval(stored[name]["default"])
            for name, value in run.parameters.items()
        )

    return [run for run in runs if run.parameters and differs(run)]


def refresh_stored(*, progress: bool) -> list[Path]:
    """Re-execute every stored notebook in place, and every other run for its stored results.

    Returns
    -------
    list of pathlib.Path
        The notebooks and results files, all of them rewritten.
    """
    stored = sorted(paths.NOTEBOOKS.glob("*.ipynb"))
    for path in stored:
        with tempfile.TemporaryDirectory() as folder:
            run = Run(name=path.stem.replace("_", "-"), notebook=path.stem)
            notebook = execute(run, Path(folder), progress=progress)
        nbformat.write(notebook, path)
    return [*stored, *refresh_references(load_runs().values(), progress=progress)]


def refresh_references(
    runs: Iterable[Run], folder: Path = REFERENCE, *, progress: bool
) -> list[Path]:
    """Execute the runs that no stored notebook covers and store their results.

    Parameters
    ----------
    runs
        All checked runs; the results of runs that are not among them are removed.
    folder
        Where the results stand, one folder a run.
    progress
        Whether to draw a progress bar over the cells.

    Returns
    -------
    list of pathlib.Path
        The results files.
    """
    targets = {folder / run.name / FILE: run for run in beyond_defaults(runs)}
    for target, run in targets.items():
        with tempfile.TemporaryDirectory() as made:
            execute(run, Path(made), progress=progress)
            write_reference(Path(made) / FILE, target)
    for old in set(folder.glob(f"*/{FILE}")) - set(targets):
        old.unlink()
        if not any(old.parent.iterdir()):
            old.parent.rmdir()
    return list(targets)

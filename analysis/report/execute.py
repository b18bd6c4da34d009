"""Execute a notebook with papermill, the same way for reports and for stored outputs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

if TYPE_CHECKING:
    from nbformat import NotebookNode

from analysis import paths
from analysis.display.finished import FIGURES_FOLDER, RESULTS_FILE
from analysis.display.records import PAGES, RECORDS_FOLDER
from analysis.errors import UserError
from analysis.report.homes import environment
from analysis.report.normalise import normal_form
from analysis.report.place import NOTEBOOK, RESULTS
from analysis.report.recorder import RECORD
from analysis.threads import VARIABLES

REPRODUCIBLE = {
    # One thread and a fixed hash seed: the same bytes from the same inputs.
    **dict.fromkeys(VARIABLES, "1"),
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "Agg",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    # Of the C library, where it is glibc: it keeps the memory of a figure for the next one, and
    # does not ask the system for each anew.
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "134217728",
    # The kernel imports the package that hashed its inputs, whatever else is installed.
    "PYTHONPATH": str(paths.ROOT),
}
KERNEL = [
    # ipykernel warns that it talks over TCP, which stays on this machine.
    "--IPKernelApp.log_level=ERROR",
    # In a report a warning stops the run also outside of the package's own calls.
    "--IPKernelApp.exec_lines=from analysis.report.recorder import start as _record; _record(); "
    "from analysis.errors import refuse_warnings as _refuse; _refuse()",
]
READ = "read.txt"
FIGURES = "figures"
SCRATCH = "tmp"
NOT_STARTED = "Kernel died before replying", "Kernel didn't respond"


class RunError(UserError):
    """A notebook stopped; the executed copy is kept."""


class KernelError(UserError):
    """The kernel of a run did not start."""


def execute(
    source: Path, parameters: Mapping[str, Any], folder: Path, *, name: str, timeout: float,
    cwd: Path | None = None,
) -> NotebookNode:  # fmt: skip
    """Execute a notebook and write it, its results and what it read into a folder.

    Parameters
    ----------
    source
        The notebook.
    parameters
        Those that differ from its defaults.
    folder
        An existing folder; ``notebook.ipynb``, ``results.csv`` and ``read.txt`` go there, and
        the figures as SVG and the records of tables where it has a folder ``figures`` or
        ``records``.
    name
        Name of the run, for messages.
    timeout
        Seconds that its cells may take together.
    cwd
        Where the notebook runs; the folder of the project's notebooks if None.

    Returns
    -------
    nbformat.NotebookNode
        The executed notebook, normalised.

    Raises
    ------
    RunError
        If a cell fails, ends its kernel, takes too long or puts out too much. ``notebook.ipynb``
        then holds the notebook up to there.
    KernelError
        If the kernel does not start.
    UserError
        If there is no kernel.
    """
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from papermill.exceptions import PapermillExecutionError

    from analysis.report.watched import ENGINE, Ended

    target = folder / NOTEBOOK
    own = {RESULTS_FILE: str(folder / RESULTS), RECORD: str(folder / READ)}
    scratch = folder / SCRATCH
    scratch.mkdir()
    # What Jupyter, IPython and the cells write beside the report goes with the run.
    own |= dict.fromkeys(("TMPDIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"), str(scratch))
    asked = {FIGURES_FOLDER: folder / FIGURES, RECORDS_FOLDER: folder / PAGES}
    own |= {name: str(place) for name, place in asked.items() if place.is_dir()}
    with environment({**REPRODUCIBLE, **own}):
        try:
            papermill.execute_notebook(
                str(source),
                str(target),
                parameters=dict(parameters),
                engine_name=ENGINE,
                kernel_name="python3",
                cwd=str(cwd or paths.NOTEBOOKS),
                progress_bar=False,
                # Saved once at the end: saving at every cell costs more than some cells.
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                extra_arguments=KERNEL,
                run_timeout=timeout,
            )
        except PapermillExecutionError as error:
            said = str(error.evalue).strip() or str(error.ename)
            raise RunError(f"run {name} stopped in cell {error.cell_index}: {said}") from None
        except NoSuchKernel:
            raise UserError(
                f"run {name}: the kernel 'python3' of {sys.prefix} is missing; install it with: "
                "python -m pip install ipykernel"
            ) from None
        except FileNotFoundError as error:
            # Cells raise papermill's own error, so this is the program of the kernel.
            raise UserError(
                f"run {name}: the kernel 'python3' cannot be started, there is no "
                f"'{error.filename}'; install it anew with: python -m pip install ipykernel, and "
                "python -m ipykernel install --sys-prefix"
            ) from None
        except Ended as error:
            nbformat.write(error.notebook, target)
            raise RunError(f"run {name} {error}") from None
        except RuntimeError as error:
            if not str(error).startswith(NOT_STARTED):
                raise
            raise KernelError(f"run {name}: {error}") from None
    if not (folder / READ).is_file():
        raise RunError(f"run {name}: its kernel did not record what it read; this is a defect")
    target.write_bytes(normal_form(target.read_bytes()))
    return nbformat.read(target, as_version=4)

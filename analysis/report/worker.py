"""One run, from its notebook to its files, in a process of this or of another machine."""

import json
import logging
import os
import platform
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from analysis import paths
from analysis.cluster import SIMULATION
from analysis.display.records import PAGES
from analysis.errors import UserError
from analysis.report.execute import FIGURES, KernelError, RunError, execute
from analysis.report.execution import Execution
from analysis.report.fingerprint import OTHERS, Fingerprints, differing
from analysis.report.imports import Imports
from analysis.report.job import Job, Outcome
from analysis.report.place import NOTEBOOK, RESULTS
from analysis.report.rendered import rendered
from analysis.report.scratch import scratch
from analysis.report.warm import NAMED
from analysis.shared_folder import SHARED_FOLDER


def work(job: Job, left: Execution | None = None) -> Outcome:
    """Execute and render one run, or render what was left, in a temporary folder of this machine.

    Notes
    -----
    A kernel that did not start is tried once more: ports are picked before they are bound, and
    a busy machine is slow. A cell that failed would fail again.
    """
    with scratch("run") as folder:
        start = time.perf_counter()
        os.environ |= {paths.OUTSIDE: job.outside, SIMULATION: job.simulation}
        with _logged(folder / "log.txt", job) as log:
            outcome = _tried(job, left, folder, log)
            seconds = time.perf_counter() - start
            log.info("%s after %.1f s", outcome.error or "done", seconds)
        text = (folder / "log.txt").read_text(encoding="utf-8", errors="replace")
    return replace(outcome, log=text.replace(str(folder), "…"), seconds=seconds)


def _shared() -> Path:
    """Return the folder that the processes of a report share, and that goes with them."""
    return Path(tempfile.gettempdir()) / "shared"


def _tried(job: Job, left: Execution | None, folder: Path, log: logging.Logger) -> Outcome:
    source = folder / "source.ipynb"
    source.write_bytes(job.source.content)
    for attempt in (1, 2):
        made = folder / f"made-{attempt}"
        made.mkdir()
        try:
            if job.elsewhere:
                _refuse_other_inputs(job)
            return rendered(job, left or _executed(job, source, made))
        except KernelError as error:
            log.warning("attempt %d: %s", attempt, error)
            failure = f"{error}; it was tried twice"
        except UserError as error:
            failure = str(error)
            break
        except OSError as error:
            failure = f"run {job.run.name}: the worker's disk or network failed: {error}"
            log.exception("failed")
            break
        except Exception as error:
            # A defect of the report: the sentence for the reader, the traceback for the log.
            log.error("failed\n%s", traceback.format_exc())
            failure = f"run {job.run.name}: {type(error).__name__}: {error}"
            break
    kept = made / NOTEBOOK
    files = {NOTEBOOK: kept.read_bytes()} if kept.is_file() else {}
    return Outcome(job.run.name, files, error=failure)


def _refuse_other_inputs(job: Job) -> None:
    """Refuse to make a page from other inputs than those whose hashes it will carry."""
    mine = Fingerprints().of(job.run, job.source)
    for _, name in differing(mine, job.inputs):
        if name == OTHERS:
            continue  # a cluster's own tools, for example
        raise UserError(
            f"run {job.run.name}: {name} on {platform.node()} is not the one of the machine that "
            "started the report; bring both to the same commit, lock and data"
        )


def _executed(job: Job, source: Path, folder: Path) -> Execution:
    run = job.run
    for asked in (FIGURES, PAGES):
        (folder / asked).mkdir()
    os.environ[NAMED] = " ".join(Imports(paths.ROOT).named_in(job.source.code))
    os.environ[SHARED_FOLDER] = str(_shared()) if job.alike and not job.elsewhere else ""
    execute(source, run.parameters, folder, name=run.name, timeout=run.timeout, cwd=run.folder)
    if not (folder / RESULTS).is_file():
        raise RunError(_without_results(job))
    return Execution.of_kernel(folder)


def _without_results(job: Job) -> str:
    """Say what to do of a notebook that has no results, so that nothing on it would have any."""
    end = "end its notebook with page.finish()"
    if "Page(" in job.source.code:
        return f"run {job.run.name} wrote no results; {end}"
    return (
        f"run {job.run.name} wrote no results, and nothing on its page would have a badge; make a "
        "page in its notebook (from analysis.display import Page; page = Page(globals())), show "
        f"with page.table(frame, title, …) and page.figure(draw, title, …), and {end}; "
        "docs/your_own_notebook.md shows it"
    )


@contextmanager
def _logged(path: Path, job: Job) -> Iterator[logging.Logger]:
    """Write what papermill says, and what this process prints as errors, into a log."""
    log = logging.getLogger("papermill")
    before, level = os.dup(2), log.level
    with path.open("a", encoding="utf-8") as file:
        handler = logging.StreamHandler(file)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        # The kernel inherits this, so that its last words stand here and not in the terminal.
        os.dup2(file.fileno(), 2)
        try:
            log.info("run %s of %s on %s", job.run.name, job.run.notebook, platform.node())
            log.info("parameters: %s", json.dumps(job.run.parameters, ensure_ascii=False))
            log.info("because: %s", job.reason)
            yield log
        finally:
            os.dup2(before, 2)
            os.close(before)
            log.removeHandler(handler)
            log.setLevel(level)

"""One run, from its notebook to its files, in a process of this or of another machine."""

import json
import logging
import os
import platform
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from nbformat import NotebookNode

from analysis import paths
from analysis.display.opening import PURPOSE, TITLE
from analysis.display.records import PAGES
from analysis.errors import UserError
from analysis.report.anchors import with_anchors
from analysis.report.dossier.files import table_files
from analysis.report.execute import FIGURES, READ, KernelError, RunError, execute
from analysis.report.fingerprint import OTHERS, Fingerprints, differing, recorded
from analysis.report.hashes import bytes_hash
from analysis.report.job import Job, Outcome
from analysis.report.page_outputs import with_page_outputs
from analysis.report.place import FOUND, NOTEBOOK, PAGE, RESULTS
from analysis.report.records import record_pages
from analysis.report.render import (
    answer_html,
    answer_picture,
    figure_files,
    page_title,
    render_page,
    said_of_run,
    with_others_marked,
    with_pictures,
    without_absent,
)
from analysis.report.runs import Run
from analysis.report.scratch import scratch
from analysis.report.search import entries
from analysis.report.source_links import with_source_links
from analysis.results import OWN_ANALYSIS

_one_at_a_time = threading.Lock()


def work(job: Job) -> Outcome:
    """Execute and render one run in a temporary folder of this machine.

    Notes
    -----
    A kernel that did not start is tried once more: ports are picked before they are bound, and
    a busy machine is slow. A cell that failed would fail again.
    """
    # Environment, log and standard error belong to the process: it has one run at a time.
    with _one_at_a_time, scratch("run") as folder:
        start = time.perf_counter()
        os.environ[paths.OUTSIDE] = job.outside
        with _logged(folder / "log.txt", job) as log:
            outcome = _tried(job, folder, log)
            seconds = time.perf_counter() - start
            log.info("%s after %.1f s", outcome.error or "done", seconds)
        text = (folder / "log.txt").read_text(encoding="utf-8", errors="replace")
    return replace(outcome, log=text.replace(str(folder), "…"), seconds=seconds)


def _tried(job: Job, folder: Path, log: logging.Logger) -> Outcome:
    source = folder / "source.ipynb"
    source.write_bytes(job.source.content)
    for attempt in (1, 2):
        made = folder / f"made-{attempt}"
        made.mkdir()
        try:
            if job.elsewhere:
                _refuse_other_inputs(job)
            return _made(job, source, made)
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


def _made(job: Job, source: Path, folder: Path) -> Outcome:
    run = job.run
    for asked in (FIGURES, PAGES):
        (folder / asked).mkdir()
    notebook = execute(
        source, run.parameters, folder, name=run.name, timeout=run.timeout, cwd=run.folder
    )
    if not (folder / RESULTS).is_file():
        raise RunError(_without_results(job))
    executed = with_others_marked(without_absent(notebook))
    pictures = figure_files(executed.cells)
    shown = with_source_links(with_page_outputs(with_pictures(executed, folder / FIGURES)))
    rows = pd.read_csv(folder / RESULTS, dtype=str, keep_default_na=False)
    title = page_title(shown, rows)
    addressed = with_anchors(shown)
    documents = table_files(executed, run=run.name, title=title)
    page = render_page(
        addressed,
        name=run.name,
        title=title,
        statuses=rows["data_status"].unique(),
        documents=documents,
    )
    files = {
        PAGE: page.encode(),
        NOTEBOOK: (folder / NOTEBOOK).read_bytes(),
        RESULTS: (folder / RESULTS).read_bytes(),
        **documents,
        **{f"{FIGURES}/{name}": picture.png for name, picture in pictures.items()},
        **{f"{FIGURES}/{path.name}": path.read_bytes() for path in (folder / FIGURES).iterdir()},
        **record_pages(folder / PAGES, run.name),
    }
    files[FOUND] = json.dumps(entries(addressed), ensure_ascii=False).encode()
    read = recorded(folder / READ)
    summary = {
        **_summary(run, shown, rows, title),
        "drawings": [
            {"file": f"{FIGURES}/{name}", "title": picture.title, "statuses": picture.statuses}
            for name, picture in pictures.items()
        ],
        "documents": list(documents),
        "files": {name: bytes_hash(content) for name, content in files.items()},
        "inputs": {**job.inputs, "data": {**read, **job.inputs["data"]}},
    }
    return Outcome(run.name, files, summary)


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


def _summary(run: Run, notebook: NotebookNode, rows: pd.DataFrame, title: str) -> dict[str, Any]:
    departures = rows[rows["analysis_id"] == "departures"]
    words = departures.pivot(index="group1_level", columns="stat_name", values="stat_fmt")
    words = words.reindex(columns=["planned", "used"], fill_value="").fillna("")
    exploratory = rows[rows["plan_status"] == "exploratory"]
    return {
        "run": run.name,
        "title": title,
        "notebook": run.notebook,
        "parameters": run.parameters,
        "data_status": list(dict.fromkeys(rows["data_status"])),
        "plan_status": list(dict.fromkeys(rows["plan_status"])),
        "departures": words.to_dict("index"),
        "departs": bool((exploratory["context"] != OWN_ANALYSIS).any()),
        "numbers": int((rows["stat"] != "").sum()),
        "trial": said_of_run(rows, TITLE),
        "purpose": said_of_run(rows, PURPOSE),
        "answer": answer_html(notebook),
        "figure": answer_picture(notebook),
    }


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

"""Build the report: execute the runs, render them, put them in place, write the front page."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from nbformat import NotebookNode
from tqdm import tqdm

from analysis import paths
from analysis.errors import UserError
from analysis.report import index, manifest
from analysis.report.execute import execute
from analysis.report.render import first_heading, output_html, render_page
from analysis.report.runs import Run

SUMMARY = "run.json"


def build(runs: Sequence[Run], *, folder: Path = paths.REPORTS) -> None:
    """Execute and render runs and write the front page of everything in the folder.

    Parameters
    ----------
    runs
        Checked runs.
    folder
        Where the report stands; made if it does not exist.

    Raises
    ------
    UserError
        After all runs were tried, if any failed. The last good page of a failed run stays;
        its executed notebook is kept in ``failed/``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    failures = []
    with tqdm(runs, desc="report", unit="run", file=sys.stderr) as bar:
        for run in bar:
            bar.set_postfix_str(run.name)
            try:
                _build_run(run, folder)
            except UserError as error:
                failures.append(str(error))
    index.write(folder)
    if failures:
        raise UserError(
            "\n".join([*failures, f"the notebooks are kept in {paths.shown(folder)}/failed"])
        )


def _build_run(run: Run, folder: Path) -> None:
    kept = folder / "failed" / f"{run.name}.ipynb"
    # Built beside its place, so that a page is replaced whole or not at all.
    with tempfile.TemporaryDirectory(prefix=".building-", dir=folder) as name:
        new = Path(name) / run.name
        new.mkdir()
        try:
            notebook = execute(run, new, progress=sys.stderr.isatty())
            page = render_page(notebook, name=run.name)
        except UserError:
            kept.parent.mkdir(exist_ok=True)
            if (new / "notebook.ipynb").is_file():
                shutil.copy(new / "notebook.ipynb", kept)
            raise
        (new / "index.html").write_text(page, encoding="utf-8")
        manifest.write_json(new / SUMMARY, _summary(run, notebook, new))
        old = Path(name) / "old"
        if (folder / run.name).exists():
            os.replace(folder / run.name, old)
        os.replace(new, folder / run.name)
    kept.unlink(missing_ok=True)


def _summary(run: Run, notebook: NotebookNode, folder: Path) -> dict[str, Any]:
    results = pd.read_csv(folder / "results.csv", dtype=str, keep_default_na=False)
    return {
        "run": run.name,
        "title": first_heading(notebook),
        "notebook": run.notebook,
        "parameters": run.parameters,
        "data_status": list(dict.fromkeys(results["data_status"])),
        "plan_status": list(dict.fromkeys(results["plan_status"])),
        "numbers": int((results["stat"] != "").sum()),
        "answer": output_html(notebook, "answer"),
        "figure": output_html(notebook, "answer-figure"),
        "made_with": manifest.describe(),
    }

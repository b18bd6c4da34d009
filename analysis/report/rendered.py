"""A run rendered: from what its execution left to its page, its tables and what is said of it."""

import io
import json
from typing import Any

import nbformat
import pandas as pd

from analysis.display.opening_words import PURPOSE, TITLE
from analysis.report.anchors import with_anchors
from analysis.report.dossier.files import table_files
from analysis.report.execute import FIGURES
from analysis.report.execution import Execution
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
from analysis.report.search import entries
from analysis.report.source_links import with_source_links
from analysis.results import OWN_ANALYSIS


def rendered(job: Job, left: Execution) -> Outcome:
    """Return the files of a run and its summary.

    Parameters
    ----------
    job
        The run and its inputs.
    left
        What its execution left, now or when its page was made before.
    """
    run = job.run
    notebook = nbformat.reads(left.notebook.decode(), as_version=4)
    executed = with_others_marked(without_absent(notebook))
    pictures = figure_files(executed.cells)
    shown = with_source_links(with_page_outputs(with_pictures(executed, left.figures)))
    rows = pd.read_csv(io.BytesIO(left.results), dtype=str, keep_default_na=False)
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
        NOTEBOOK: left.notebook,
        RESULTS: left.results,
        **documents,
        **{f"{FIGURES}/{name}": picture.png for name, picture in pictures.items()},
        **{f"{FIGURES}/{name}": drawing for name, drawing in left.figures.items()},
        **record_pages(left.records, run.name),
    }
    files[FOUND] = json.dumps(entries(addressed), ensure_ascii=False).encode()
    summary = {
        **_summary(run, shown, rows, title),
        "drawings": [
            {"file": f"{FIGURES}/{name}", "title": picture.title, "statuses": picture.statuses}
            for name, picture in pictures.items()
        ],
        "documents": list(documents),
        "files": {name: bytes_hash(content) for name, content in files.items()},
        "inputs": {**job.inputs, "data": {**left.read, **job.inputs["data"]}},
    }
    return Outcome(run.name, files, summary)


def _summary(
    run: Run, notebook: nbformat.NotebookNode, rows: pd.DataFrame, title: str
) -> dict[str, Any]:
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

"""Render an executed notebook as one self-contained HTML page: no network, no script."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

from analysis.display.reading import ABSENT_MARK
from analysis.errors import UserError
from analysis.report.pages import POLICY, TEMPLATES, site_style


def render_page(notebook: NotebookNode, *, name: str) -> str:
    """Render an executed notebook.

    Parameters
    ----------
    notebook
        Executed from its first cell to its last without error.
    name
        Name of the run.

    Returns
    -------
    str
        An HTML document with one ``h1``, code collapsed and alt text everywhere.

    Raises
    ------
    UserError
        If a cell has an error or was not executed.
    """
    from nbconvert import HTMLExporter
    from pygments.formatters import HtmlFormatter

    refuse_incomplete(notebook, name)
    exporter = HTMLExporter(
        template_name="page",
        extra_template_basedirs=[str(TEMPLATES)],
    )
    styles = [
        site_style(),
        HtmlFormatter(style="default").get_style_defs(".highlight"),
    ]
    page, _ = exporter.from_notebook_node(
        notebook,
        resources={
            "site": {
                "title": first_heading(notebook),
                "run": name,
                "policy": POLICY,
                "style": "\n".join(styles),
                "sections": sections(notebook),
            }
        },
    )
    return str(page)


def without_absent(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook without what the trial does not declare.

    Of a cell that shows several things the others stay; a cell goes when nothing in it is
    shown, and a section, heading and all, when no cell of it is.
    """
    notebook = copy.deepcopy(notebook)
    kept: list[NotebookNode] = []
    heading: list[NotebookNode] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            heading = [cell]
            continue
        shown = [output for output in cell.get("outputs", []) if not _absent(output)]
        if cell.get("outputs") and not shown:
            continue
        if shown:
            cell.outputs = shown
        kept += [*heading, cell]
        heading = []
    notebook.cells = kept
    return notebook


def _absent(output: NotebookNode) -> bool:
    return str(output.get("data", {}).get("text/plain", "")).startswith(ABSENT_MARK)


def refuse_incomplete(notebook: NotebookNode, name: str) -> None:
    """Raise a `UserError` if a code cell failed or did not run."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code":
            continue
        if any(output.output_type == "error" for output in cell.outputs):
            raise UserError(f"run {name}: cell {number} holds an error and cannot be rendered")
        if cell.execution_count is None:
            raise UserError(f"run {name}: cell {number} was not executed and cannot be rendered")


PICTURE = '<figure class="shown picture'
"""How the HTML of a figure or a diagram begins."""


def first_heading(notebook: NotebookNode) -> str:
    """Return the text of the notebook's one level-1 heading."""
    for cell in notebook.cells:
        found = re.search(r"^# (.+)$", cell.source, flags=re.M)
        if cell.cell_type == "markdown" and found:
            return found[1].strip()
    raise UserError("a notebook must open with a level-1 heading; add '# Title' to its first cell")


def sections(notebook: NotebookNode) -> list[tuple[str, str]]:
    """Return anchor and title of every level-2 heading."""
    titles = [
        title.strip()
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for title in re.findall(r"^## (.+)$", cell.source, flags=re.M)
    ]
    return [(title.replace(" ", "-"), title) for title in titles]


def answer_html(notebook: NotebookNode) -> str:
    """Return the words of the answer as HTML: what the cell ``answer`` shows, but no picture."""
    return "".join(html for html in _answers(notebook) if not html.startswith(PICTURE))


def answer_picture(notebook: NotebookNode) -> str:
    """Return the picture of the answer as HTML: the first that a cell of the answer shows."""
    shown = _answers(notebook, "answer-figure")
    return next((html for html in shown if html.startswith(PICTURE)), "")


def _answers(notebook: NotebookNode, *more: str) -> list[str]:
    """Return the HTML outputs of the cell ``answer``, and of others by their id."""
    return [
        output["data"]["text/html"].strip()
        for cell in notebook.cells
        if cell.get("id") in ("answer", *more)
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]

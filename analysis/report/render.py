"""Render an executed notebook as one self-contained HTML page: no network, no script."""

from __future__ import annotations

import base64
import copy
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

from analysis.display.figures import file_stem
from analysis.display.reading import ABSENT_MARK
from analysis.errors import UserError
from analysis.report.pages import POLICY, TEMPLATES, site_style


def render_page(notebook: NotebookNode, *, name: str) -> str:
    """Render an executed notebook as an HTML document with one ``h1`` and code collapsed.

    Raises
    ------
    UserError
        If a cell has an error or was not executed.
    """
    from nbconvert import HTMLExporter
    from pygments.formatters import HtmlFormatter

    refuse_incomplete(notebook, name)
    exporter = HTMLExporter(template_name="page", extra_template_basedirs=[str(TEMPLATES)])
    code_style = HtmlFormatter(style="default").get_style_defs(".highlight")
    site = {
        "title": first_heading(notebook),
        "run": name,
        "policy": POLICY,
        "style": f"{site_style()}\n{code_style}",
        "sections": sections(notebook),
    }
    page, _ = exporter.from_notebook_node(notebook, resources={"site": site})
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
    for number, what in unfinished(notebook["cells"]):
        raise UserError(f"run {name}: cell {number} {what} and cannot be rendered")


def unfinished(cells: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, str]]:
    """Return the number of each code cell that failed or did not run, and which of the two."""
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] != "code":
            continue
        if any(output["output_type"] == "error" for output in cell["outputs"]):
            yield number, "holds an error"
        if cell["execution_count"] is None:
            yield number, "was not executed"


PICTURE = '<figure class="shown picture'
"""How the HTML of a figure begins."""
FIGURE = re.compile(
    r'<figure class="shown picture">\s*<figcaption><span class="title">(?P<title>.*?)</span>'
    r'.*?<img[^>]*src="data:image/png;base64,(?P<png>[^"]+)"',
    flags=re.S,
)


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
    return "".join(each for each in _answers(notebook) if not each.startswith(PICTURE))


def answer_picture(notebook: NotebookNode) -> str:
    """Return the picture of the answer as HTML: the first that a cell of the answer shows."""
    shown = _answers(notebook, "answer-figure")
    return next((each for each in shown if each.startswith(PICTURE)), "")


def _answers(notebook: NotebookNode, *more: str) -> list[str]:
    """Return the HTML outputs of the cell ``answer``, and of others by their id."""
    return [
        output["data"]["text/html"].strip()
        for cell in notebook.cells
        if cell.get("id") in ("answer", *more)
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]


def figure_files(notebook: NotebookNode) -> dict[str, tuple[str, bytes]]:
    """Return the wide drawing of every figure: numbered file name → title and PNG."""
    drawn = (
        (html.unescape(shown["title"]), base64.b64decode(shown["png"]))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for shown in FIGURE.finditer(output.get("data", {}).get("text/html", ""))
    )
    return {
        f"{file_stem(number, title)}.png": (title, png)
        for number, (title, png) in enumerate(drawn, start=1)
    }

"""The HTML that the cells of an executed notebook show: read, and changed in a copy."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

HTML = "text/html"


def html_of(cell: NotebookNode) -> list[str]:
    """Return what a cell shows as HTML, an entry an output."""
    found = (output.get("data", {}).get(HTML) for output in cell.get("outputs", []))
    return [str(html) for html in found if html]


def copied(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook whose cells, and what they show, may be changed."""
    # Pictures and tables are long and many; none of them is changed in itself.
    made = copy.copy(notebook)
    made["cells"] = [copy.copy(cell) for cell in notebook.cells]
    for cell in made["cells"]:
        if "outputs" in cell:
            cell["outputs"] = [copy.copy(output) for output in cell.outputs]
            for output in cell["outputs"]:
                if "data" in output:
                    output["data"] = copy.copy(output.data)
    return made


def with_html(notebook: NotebookNode, change: Callable[[str], str]) -> NotebookNode:
    """Return a copy of a notebook in which the HTML of every output is changed, in their order."""
    notebook = copied(notebook)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if html := output.get("data", {}).get(HTML):
                output["data"][HTML] = change(html)
    return notebook

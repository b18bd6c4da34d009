"""The figures of an executed notebook as files of their own."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from analysis.display.figures import file_stem

if TYPE_CHECKING:
    from nbformat import NotebookNode

FIGURE = re.compile(
    r'<figure class="shown picture">\s*<figcaption><span class="title">(?P<title>.*?)</span>'
    r'.*?<img[^>]*src="data:image/png;base64,(?P<png>[^"]+)"',
    flags=re.S,
)


def figure_files(notebook: NotebookNode) -> dict[str, tuple[str, bytes]]:
    """Return the wide drawing of every figure.

    Returns
    -------
    dict
        File name, numbered in the order of the page → title and PNG.
    """
    found: dict[str, tuple[str, bytes]] = {}
    for title, png in _drawings(notebook):
        found[f"{file_stem(len(found) + 1, title)}.png"] = (title, png)
    return found


def _drawings(notebook: NotebookNode) -> Iterator[tuple[str, bytes]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for shown in FIGURE.finditer(output.get("data", {}).get("text/html", "")):
                yield html.unescape(shown["title"]), base64.b64decode(shown["png"])

"""The figures of an executed notebook as files of their own."""

from __future__ import annotations

import base64
import html
import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

FIGURE = re.compile(
    r'<figure class="shown picture">\s*<figcaption><span class="title">(?P<title>.*?)</span>'
    r'.*?<img[^>]*src="data:image/png;base64,(?P<png>[^"]+)"',
    flags=re.S,
)
LENGTH = 60


def figure_files(notebook: NotebookNode) -> dict[str, tuple[str, bytes]]:
    """Return the wide drawing of every figure.

    Returns
    -------
    dict
        File name, numbered in the order of the page → title and PNG.
    """
    found: dict[str, tuple[str, bytes]] = {}
    for title, png in _drawings(notebook):
        found[f"{len(found) + 1:02d}-{slug(title)}.png"] = (title, png)
    return found


def _drawings(notebook: NotebookNode) -> Iterator[tuple[str, bytes]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for shown in FIGURE.finditer(output.get("data", {}).get("text/html", "")):
                yield html.unescape(shown["title"]), base64.b64decode(shown["png"])


def slug(text: str) -> str:
    """Return a text as part of a file name: small letters, digits, hyphens.

    Examples
    --------
    >>> slug("Height velocity, cm/year (Turner)")
    'height-velocity-cm-year-turner'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LENGTH].strip("-") or "figure"

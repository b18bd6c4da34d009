"""How to cite a table or figure: what it is, of which run and data, and of which version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from analysis import paths
from analysis.display.html import BADGES
from analysis.report.anchors import ADDRESS, OBJECT, Place, places
from analysis.report.outputs import with_html
from analysis.yaml_files import read_yaml

if TYPE_CHECKING:
    from nbformat import NotebookNode

CITATION = "CITATION.cff"
ENTRY = "cite-"
"""How the address of a citation begins, before that of its table or figure."""


def project() -> dict[str, Any]:
    """Return what the project says of how it is cited; nothing where it does not say."""
    file = paths.ROOT / CITATION
    return dict(read_yaml(file)) if file.is_file() else {}


def citation(place: Place, whole: str, about: Mapping[str, Any]) -> str:
    """Return how a table or figure of a run is cited, in one line.

    Parameters
    ----------
    place
        The table or figure.
    whole
        What it is of, such as "run ghd-efficacy".
    about
        How the project is cited, of `project`.

    Examples
    --------
    >>> place = Place("table", "Heights", "table-heights", ("synthetic",), "")
    >>> citation(place, "run ghd-efficacy", project()).partition(". ")[0]
    '“Heights”, table of the run ghd-efficacy'
    >>> citation(place, "run ghd-efficacy", project()).endswith("Synthetic data: no evidence.")
    True
    """
    version = f"version {about['version']}" if "version" in about else ""
    made = [str(about[name]) for name in ("title", "date-released") if name in about]
    said = [
        f"“{place.title}”, {place.kind} of the {whole}",
        ", ".join(filter(None, [*made[:1], version, *made[1:]])),
        *(BADGES[status] for status in place.statuses),
    ]
    return "".join(f"{each}. " for each in said if each).strip()


def with_citations(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook with two links at each table and figure: to itself, and to its citation.

    They show when the pointer is over it. They are no stops of the tab key, which would be a
    hundred on a page: the list at the end of the page leads to the same places.
    """
    return with_html(notebook, with_links)


def with_links(html: str) -> str:
    """Return HTML with the two links at each table and figure that has an address."""
    return OBJECT.sub(_with_links, html)


def cited_places(shown: Iterable[str], whole: str) -> list[tuple[str, str, str]]:
    """Return address, title and citation of every table and figure of a page, in their order."""
    about = project()
    return [
        (place.anchor, place.title, citation(place, whole, about))
        for html in shown
        for place in places(html)
    ]


def _with_links(found: re.Match[str]) -> str:
    html, address = found[0], ADDRESS.match(found[0])
    if not address:
        return html
    links = (
        f'<p class="cite"><a href="#{address[1]}" tabindex="-1">Link</a> '
        f'<a href="#{ENTRY}{address[1]}" tabindex="-1">Cite</a></p>\n'
    )
    return html.removesuffix("</figure>") + links + "</figure>"

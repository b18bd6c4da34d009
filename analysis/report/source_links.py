"""Every source that a page names is a link to where it can be read.

A page can name hundreds. Links inside the text are no stops of the tab key: the list of sources at
the end of the page has every one of them once, for the keyboard too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from analysis.report.outputs import with_html
from analysis.sources.documents import IDENTIFIERS, Document, address_of, documents

if TYPE_CHECKING:
    from nbformat import NotebookNode

TAG = re.compile(r"(<[^>]*>)")
CLOSED = ("a", "style", "script", "summary", "code", "pre", "svg")
"""Inside of these no text becomes a link."""
ENTRY = "source-"
"""How the address of a source's entry in the list of a page begins."""


def with_source_links(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook with a link for every source and identifier in what its cells show."""
    known = documents()
    return with_html(notebook, lambda html: linked(html, known))


def linked(html: str, known: Mapping[str, Document] | None = None) -> str:
    """Return HTML in which every source and identifier is a link.

    Parameters
    ----------
    html
        What is shown.
    known
        The sources of the project; read when not given.

    Examples
    --------
    >>> linked("<td>NCT02339090</td>")
    '<td><a class="source" tabindex="-1" href="https://clinicaltrials.gov/study/NCT02339090">NCT02339090</a></td>'
    >>> linked("<code>NCT02339090</code>")
    '<code>NCT02339090</code>'
    """
    known = documents() if known is None else known
    named = _named(tuple(known))
    inside: list[str] = []
    parts = TAG.split(html)
    for place, part in enumerate(parts):
        if place % 2:
            _follow(part, inside)
        elif part and not inside:
            parts[place] = named.sub(lambda found: _link(found[0], known), part)
    return "".join(parts)


def cited(html: str) -> list[Document]:
    """Return the sources of the project that a page names, each once, in its order."""
    known = documents()
    ids = _ids(tuple(known))
    named = dict.fromkeys(name for text in TAG.split(html)[::2] for name in ids.findall(text))
    return [known[name] for name in named]


def _follow(tag: str, inside: list[str]) -> None:
    """Take note of an element in which text stays text, and of its end."""
    name = re.match(r"</?(\w+)", tag)
    if not name or name[1] not in CLOSED:
        return
    if not tag.startswith("</"):
        inside.append(name[1])
    elif inside and inside[-1] == name[1]:
        inside.pop()


def _link(text: str, known: Mapping[str, Document]) -> str:
    address = known[text].link or f"#{ENTRY}{text}" if text in known else address_of(text)
    return f'<a class="source" tabindex="-1" href="{address}">{text}</a>'


@lru_cache(maxsize=4)
def _ids(names: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds the id of a source, whole."""
    if not names:
        return re.compile("(?!)")
    longest_first = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    # Nearly every letter of a page begins no name; to see that first takes a fifth of the time.
    begins = "".join(map(re.escape, sorted({name[0] for name in names})))
    return re.compile(rf"(?=[{begins}])(?<![\w-])(?:{longest_first})(?![\w-])")


@lru_cache(maxsize=4)
def _named(names: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds the id of a source or an identifier of the world."""
    patterns = [_ids(names).pattern, *(pattern for pattern, _ in IDENTIFIERS)]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))

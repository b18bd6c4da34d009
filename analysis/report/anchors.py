"""Addresses inside a page: of every table and figure, of every row, and of every sentence.

The address of a table or figure is made of its title, so that it stays when others come before
it; those of rows and sentences are counted, and are for the search alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from analysis.display.html import BADGES
from analysis.report.outputs import with_html
from analysis.words import slug

if TYPE_CHECKING:
    from nbformat import NotebookNode

OBJECT = re.compile(r'<figure class="shown (table|picture)\b[^>]*>.*?</figure>', re.S)
KINDS = {"table": "table", "picture": "figure"}
"""How a template names what it shows → how a reader does."""
ADDRESS = re.compile(r'<[^>]*\bid="([^"]*)"')
TITLE = re.compile(r'<strong class="title">(.*?)</strong>', re.S)
BADGE = re.compile(rf'class="badge ({"|".join(BADGES)})"')
ROW = re.compile(r"<tr\b(?![^>]*\b(?:id=|class=\"group\"))")
SENTENCE_BEGINS = re.compile(r'<p class="reading">')
SENTENCE = re.compile(r'<p class="reading"(?: id="(s\d+)")?>(.*?)</p>', re.S)
"""A sentence: its address, where it has one, and its words."""


class Place(NamedTuple):
    """A table or a figure of a page: its HTML, and what a list of them says."""

    kind: str
    title: str
    anchor: str
    statuses: tuple[str, ...]
    html: str


def with_anchors(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook with an address at everything that a link can lead to."""
    return with_html(notebook, addresses())


def addresses() -> Callable[[str], str]:
    """Return what gives addresses to the parts of one page, from its first to its last."""
    taken: set[str] = set()
    tables, sentences = count(1), count(1)

    def addressed(found: re.Match[str]) -> str:
        html, kind = found[0], KINDS[found[1]]
        anchor = _free(f"{kind}-{slug(title_of(html))}", taken)
        html = html.replace(">", f' id="{anchor}">', 1)
        return _with_rows(html, next(tables)) if kind == "table" else html

    def counted(_: re.Match[str]) -> str:
        return f'<p class="reading" id="s{next(sentences)}">'

    return lambda html: SENTENCE_BEGINS.sub(counted, OBJECT.sub(addressed, html))


def places(html: str) -> Iterator[Place]:
    """Yield the tables and figures of addressed HTML, in their order."""
    for found in OBJECT.finditer(html):
        whole = found[0]
        anchor = ADDRESS.match(whole)
        yield Place(
            kind=KINDS[found[1]],
            title=title_of(whole),
            anchor=anchor[1] if anchor else "",
            statuses=statuses_of(whole),
            html=whole,
        )


def statuses_of(html: str) -> tuple[str, ...]:
    """Return the statuses of which the badges of some HTML speak."""
    return tuple(dict.fromkeys(BADGE.findall(html)))


def title_of(html: str) -> str:
    """Return the title of a table or figure as plain words."""
    found = TITLE.search(html)
    return words_of(found[1]) if found else ""


def words_of(html: str) -> str:
    """Return HTML as plain words.

    Examples
    --------
    >>> words_of("<em>p</em> &lt; 0.05")
    'p < 0.05'
    """
    return " ".join(unescape(re.sub("<[^>]*>", "", html)).split())


def _free(anchor: str, taken: set[str]) -> str:
    """Return the address, with a number where another thing of the page has it already."""
    numbered = (f"{anchor}-{number}" for number in count(2))
    free = anchor if anchor not in taken else next(each for each in numbered if each not in taken)
    taken.add(free)
    return free


def _with_rows(html: str, table: int) -> str:
    head, end, body = html.rpartition("</thead>")
    rows = count(1)
    return head + end + ROW.sub(lambda found: f'{found[0]} id="t{table}r{next(rows)}"', body)

"""What the HTML of an output becomes on a page; a notebook stores it without.

A page has one stylesheet. On it the title of a table stands outside the box that scrolls, a table
stacks on a phone, and a long folded one is not laid out before somebody opens it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analysis.display.html import stylesheet
from analysis.report.outputs import with_html
from analysis.report.roles import stacking

if TYPE_CHECKING:
    from nbformat import NotebookNode

STYLE = re.compile(r"\A\s*<style>(.*?)</style>\s*", re.S)
"""The stylesheet that a setup cell brings for JupyterLab."""
TITLED = re.compile(
    r'(?P<box><div class="scroll[^>]*>\s*<table[^>]*>\s*)<caption(?P<folded>| class="repeats")>'
    r"(?P<title>.*?)</caption>",
    re.S,
)
"""The beginning of a table; the title of a folded one is seen in its summary already."""
FOLDED = re.compile(
    r"(?P<fold><details><summary>(?:(?!</summary>).)*</summary>\s*)"
    r'(?P<table><div class="scroll.*?</table>\s*</div>)',
    re.S,
)
"""A table that starts closed."""
ASLEEP = 100
"""Rows beyond which a folded table is laid out only when it is opened."""


def with_page_outputs(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook with its HTML as a page has it."""
    return with_html(notebook, on_a_page)


def with_present_style(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook with the stylesheet that a setup cell would bring now."""
    return with_html(notebook, _with_present_style)


def _with_present_style(html: str) -> str:
    found = STYLE.match(html)
    return html[: found.start(1)] + stylesheet() + html[found.end(1) :] if found else html


def on_a_page(html: str) -> str:
    """Return the HTML of one output as a page has it.

    Examples
    --------
    >>> on_a_page("<style>p { color: red }</style><p>Said.</p>")
    '<p>Said.</p>'
    """
    html = TITLED.sub(_title_outside, STYLE.sub("", html))
    return FOLDED.sub(_asleep, stacking(html))


def _title_outside(found: re.Match[str]) -> str:
    """Set the title before the box; the table keeps its words, unseen, for what is copied."""
    words = re.sub(r"<.*?>", "", found["title"])
    title = f"<figcaption>{found['title']}</figcaption>\n"
    return (
        f"{'' if found['folded'] else title}"
        f'{found["box"]}<caption class="repeats">{words}</caption>'
    )


def _asleep(found: re.Match[str]) -> str:
    """Wrap a long table so that only a reader without scripts, or who opens it, gets its rows."""
    if found["table"].count("<tr") <= ASLEEP:
        return found[0]
    return f"{found['fold']}<noscript>{found['table']}</noscript>"

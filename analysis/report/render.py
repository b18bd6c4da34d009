"""Render an executed notebook as one self-contained HTML page: no network, one script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from nbformat import NotebookNode

from analysis.display.html import badge_words
from analysis.display.opening_words import ASKED, BEGINS, TITLE
from analysis.display.pictures import NARROW_FILE, Picture, picture_html
from analysis.display.reading import ABSENT_MARK
from analysis.errors import UserError
from analysis.report.anchors import SENTENCE, statuses_of, words_of
from analysis.report.citations import cited_places, with_citations
from analysis.report.outputs import copied, html_of
from analysis.report.pages import (
    paper_style,
    policy_for,
    script_of,
    site_style,
    social,
)
from analysis.report.source_links import cited
from analysis.words import slug


def page_title(notebook: NotebookNode, rows: pd.DataFrame) -> str:
    """Return the title of a page: what it is, of which trial, and what is asked, as far as known.

    Parameters
    ----------
    notebook
        Its heading says what it is, for any trial.
    rows
        The results, which name the trial and what the run asks.
    """
    heading = first_heading(notebook)
    named = list(filter(None, (said_of_run(rows, name) for name in (TITLE, ASKED))))
    return f"{heading.partition(':')[0]}: {'. '.join(named)}" if named else heading


def said_of_run(rows: pd.DataFrame, name: str) -> str:
    """Return what a page says of its run at its beginning, by the name of the result, or ""."""
    begins = rows["analysis_id"].isin(BEGINS) & (rows["stat_name"] == name)
    return next(iter(rows.loc[begins, "stat_fmt"]), "")


def render_page(
    notebook: NotebookNode,
    *,
    name: str,
    title: str = "",
    statuses: Iterable[str] = (),
    documents: Iterable[str] = (),
) -> str:
    """Render an executed notebook as an HTML document with one ``h1`` and its code put away.

    Its title and heading are the notebook's unless a title is given. On paper every sheet
    carries it, the run, and what data the page rests on. `documents` are the files of its tables.

    Raises
    ------
    UserError
        If a cell has an error or was not executed.
    """
    from pygments.formatters import HtmlFormatter

    from analysis.report.exporter import page_exporter

    refuse_incomplete(notebook, name)
    shown = [html for cell in notebook.cells for html in html_of(cell)]
    script = script_of("page")
    code_style = HtmlFormatter(style="default").get_style_defs(".highlight")
    if title:
        notebook = _with_heading(notebook, title)
    title = title or first_heading(notebook)
    on_paper = paper_style(top_left=title, top_right=badge_words(statuses), bottom_left=name)
    answer = answer_html(notebook)
    first = SENTENCE.search(answer)
    site = {
        "title": title,
        "social": social(title, statuses_of(answer), words_of(first[0]) if first else ""),
        "run": name,
        "policy": policy_for(script),
        "script": script,
        "style": f"{site_style('page')}\n{code_style}\n{on_paper}",
        "places": cited_places(shown, f"run {name}"),
        "sources": cited("".join(shown)),
        "documents": list(documents),
    }
    ends = {"sources": "Sources", "places": "Tables and figures"}
    closing = [(slug(words), words) for key, words in ends.items() if site[key]]
    site["sections"] = [*sections(notebook), *closing]
    page, _ = page_exporter().from_notebook_node(with_citations(notebook), resources={"site": site})
    return str(page)


def _with_heading(notebook: NotebookNode, title: str) -> NotebookNode:
    """Return the notebook with a heading that says what it is of; its own cannot know that."""
    notebook = copied(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            _, *rest = cell.source.split("\n", 1)
            cell.source = "\n".join([f"# {_literal(title)}", *rest])
            break
    return notebook


def _literal(text: str) -> str:
    """Return text that markdown shows as it is, whatever a trial is called."""
    return re.sub(r"([\\`*_{}\[\]<>#$~|&])", r"\\\1", text)


def without_absent(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook without what the trial does not declare.

    Of a cell that shows several things the others stay; a cell goes when nothing in it is
    shown, and a section, heading and all, when no cell of it is.
    """
    notebook = copied(notebook)
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


OF_A_PAGE = re.compile(r'class="shown\b|\A\s*<style>')
"""What the HTML of everything that a page shows holds or begins with."""
MARK = (
    '<p class="shown reading">Not a result of this page: the output above has no badge and is no '
    "row of results.csv. Show it with page.table or page.figure.</p>"
)


def with_others_marked(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook with a sentence under all that its page did not show.

    A bare frame or picture, or what is printed, has neither status nor source; a reader must not
    take it for one of the results.
    """
    from nbformat.v4 import new_output

    notebook = copied(notebook)
    for cell in notebook.cells:
        marked: list[NotebookNode] = []
        for output in cell.get("outputs", []):
            marked.append(output)
            if _is_other(output):
                said = {"text/html": MARK, "text/plain": re.sub("<.*?>", "", MARK)}
                marked.append(new_output("display_data", said))
        if marked:
            cell.outputs = marked
    return notebook


def _is_other(output: NotebookNode) -> bool:
    """Say whether something was shown that is no result, no picture of one and no warning."""
    if output["output_type"] == "stream":
        return bool(output["name"] == "stdout" and str(output["text"]).strip())
    data = output.get("data", {})
    return bool(
        {"text/html", "text/plain", "image/png", "image/svg+xml"} & set(data)
        and not OF_A_PAGE.search(str(data.get("text/html", "")))
        and not Picture.of_output(output)
    )


FIGURE_CELL = "answer-figure"
"""Id of the cell whose picture is the answer's where the answer has none itself."""
PICTURE = '<figure class="shown picture'
"""How the HTML of a figure begins."""


def with_pictures(notebook: NotebookNode, drawings: Mapping[str, bytes]) -> NotebookNode:
    """Return the notebook with every figure as one output: its words and both its drawings.

    Parameters
    ----------
    notebook
        As executed: of a figure the words are one output, the wide drawing is the next.
    drawings
        Name → drawing, for a phone among others; where one is missing the wide one takes its place.
    """
    notebook = copied(notebook)
    for cell in notebook.cells:
        joined: list[NotebookNode] = []
        for output in cell.get("outputs", []):
            if picture := Picture.of_output(output):
                narrow = drawings.get(f"{picture.stem}{NARROW_FILE}", picture.png)
                output = joined.pop()
                output.data["text/html"] = picture_html(picture, narrow)
            joined.append(output)
        if joined:
            cell.outputs = joined
    return notebook


def figure_files(cells: Iterable[NotebookNode]) -> dict[str, Picture]:
    """Return the wide drawing of every figure of some cells, by its file name."""
    drawn = (Picture.of_output(output) for cell in cells for output in cell.get("outputs", []))
    return {f"{picture.stem}.png": picture for picture in drawn if picture}


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
    shown = _answers(notebook, FIGURE_CELL)
    return next((each for each in shown if each.startswith(PICTURE)), "")


def answer_cells(notebook: NotebookNode, *more: str) -> list[NotebookNode]:
    """Return the cell ``answer``, and others by their id."""
    return [cell for cell in notebook.cells if cell.get("id") in ("answer", *more)]


def _answers(notebook: NotebookNode, *more: str) -> list[str]:
    """Return the HTML outputs of the cells of the answer."""
    return [html.strip() for cell in answer_cells(notebook, *more) for html in html_of(cell)]

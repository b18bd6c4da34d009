"""The answer on the project's front page: what the stored programme page says, word for word."""

from pathlib import Path

import nbformat

from analysis import paths
from analysis.errors import UserError
from analysis.report.place import put_file
from analysis.report.render import FIGURE_CELL, answer_cells, figure_files

README = paths.ROOT / "README.md"
PICTURE = paths.ROOT / "docs" / "answer.png"
PROGRAMME = paths.NOTEBOOKS / "1_programme.ipynb"
BEGIN, END = "<!-- the answer: written by make refresh -->", "<!-- end of the answer -->"
SOURCE = "Read in: "
"""How the sentence begins with which the answer on the asked contrast ends."""


def answer_block(notebook: Path = PROGRAMME) -> str:
    """Return the beginning of the stored answer as Markdown, one paragraph a sentence."""
    heading, *sentences = _answer(notebook).splitlines()
    sources = [number for number, said in enumerate(sentences) if said.startswith(SOURCE)]
    # An answer without a source is one sentence: that the contrast was not found, and where.
    quoted = "\n>\n".join(f"> {said}" for said in sentences[: (sources or [0])[0] + 1])
    return f"{BEGIN}\n> **{heading}** (published data)\n>\n{quoted}\n{END}"


def answer_image(notebook: Path = PROGRAMME) -> bytes:
    """Return the stored figure of the answer as PNG, drawn for a desk."""
    cells = answer_cells(nbformat.read(notebook, as_version=4), FIGURE_CELL)
    for picture in figure_files(cells).values():
        return picture.png
    raise UserError(f"{paths.shown(notebook)} stores no picture of its answer; refresh it")


def _answer(notebook: Path) -> str:
    """Return the words of the stored answer, its heading first."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.id == "answer" and cell.outputs:
            return str(cell.outputs[0].data["text/plain"])
    raise UserError(f"{paths.shown(notebook)} stores no answer; refresh it")


def refresh_readme(
    readme: Path = README, picture: Path = PICTURE, *, notebook: Path = PROGRAMME
) -> list[Path]:
    """Write the stored answer and its figure where the front page shows them; return both files.

    The front page is a Markdown file with the two marks around the answer.
    """
    text = readme.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise UserError(f"{paths.shown(readme)} must hold the marks '{BEGIN}' and '{END}'")
    put_file(readme, before + answer_block(notebook) + after)
    put_file(picture, answer_image(notebook))
    return [readme, picture]

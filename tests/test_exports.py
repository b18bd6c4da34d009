"""Pictures and words of the stored notebooks, wherever a notebook is read: exported, cleaned."""

import base64
import gzip
import re
import shutil
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert import exporters

from analysis import paths
from analysis.display.html import BADGES
from analysis.display.pictures import PNG, Picture, caption_html

NOTEBOOKS = sorted(paths.NOTEBOOKS.glob("*.ipynb"))
ONE = paths.NOTEBOOKS / "3_efficacy_single_arm.ipynb"
IN_HTML = r'<img [^>]*src="data:image/png;base64,|<img src="data:image/png;base64,'
PACKED = base64.b64encode(gzip.compress(b"", mtime=0))[:12].decode()
"""How the results begin; of fewer letters a picture may have the same by chance."""
by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def outputs_of(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def pictures_of(notebook: Any) -> list[Picture]:
    found = [Picture.of_output(output) for output in outputs_of(notebook)]
    return [picture for picture in found if picture]


@pytest.mark.parametrize(
    ("form", "ending", "picture"),
    [
        ("HTMLExporter", ".html", IN_HTML),
        ("SlidesExporter", ".slides.html", IN_HTML),
        ("MarkdownExporter", ".md", r"!\[png\]\(output_\d+_\d+\.png\)"),
        ("LatexExporter", ".tex", r"\\adjustimage\{.*\}\{output_\d+_\d+\.png\}"),
        ("NotebookExporter", ".ipynb", r'"image/png": "iVBOR'),
    ],
)
def test_every_figure_is_in_every_export(form: str, ending: str, picture: str) -> None:
    if form == "LatexExporter" and not shutil.which("pandoc"):
        pytest.skip("LaTeX needs pandoc")
    notebook = read(ONE)
    body, resources = getattr(exporters, form)().from_notebook_node(notebook)
    assert resources["output_extension"] == ending
    drawn = pictures_of(notebook)
    assert len(re.findall(picture, body)) == len(drawn) >= 3
    files = resources.get("outputs") or {}
    if files:
        assert sorted(files.values()) == sorted(picture.png for picture in drawn)
    # The title of every figure, and not the results that travel along.
    text = BeautifulSoup(body, "html.parser").get_text() if "html" in ending else body
    for each in drawn:
        assert each.title in text
    assert (PACKED in body) == (ending == ".ipynb")


def test_markdown_has_no_style_sheet_and_its_tables_are_tables() -> None:
    notebook = read(ONE)
    body, _ = exporters.MarkdownExporter().from_notebook_node(notebook)  # type: ignore[no-untyped-call]
    tables = sum("<table" in output.data.get("text/html", "") for output in outputs_of(notebook))
    assert body.count("</table>") == tables


@cache
def cleaned(path: Path) -> BeautifulSoup:
    """What is left of the outputs where a viewer trusts no HTML of a notebook.

    Style sheets, scripts, inputs and drawings go with what is in them, and so do the attributes
    that a style sheet would need; pictures inside of HTML go, outputs that are pictures stay.
    """
    shown = []
    for output in outputs_of(read(path)):
        if PNG in output.data:
            shown.append("<img>")
            continue
        soup = BeautifulSoup(output.data["text/html"], "html.parser")
        for gone in soup(["style", "script", "svg", "input", "img", "picture"]):
            gone.decompose()
        for tag in soup(True):
            tag.attrs = {
                name: value for name, value in tag.attrs.items() if name not in ("class", "style")
            }
        shown.append(str(soup))
    return BeautifulSoup("".join(shown), "html.parser")


BLOCKS = ["p", "li", "td", "th", "caption", "summary", "figcaption", "dt", "dd", "label"]


@by_name
def test_a_cleaned_notebook_can_be_read(path: Path) -> None:
    page, drawn = cleaned(path), pictures_of(read(path))
    text = page.get_text()
    assert len(page("img")) == len(drawn)
    for picture in drawn:
        assert picture.title in text
    assert not re.search(r"\{[^}]*:[^}]*;|var\(--|@media", text)
    assert "base64" not in text
    for table in page("table"):
        assert table.caption.get_text().strip()
    # A row of a table on several kinds of data has the words of its own in a cell.
    for cell in page("td", string=[*BADGES.values()]):
        cell.decompose()
    for badge in BADGES.values():
        assert not re.search(rf"\w\s*{badge}", page.get_text())


@by_name
def test_no_word_of_a_cleaned_notebook_runs_into_the_next(path: Path) -> None:
    blocks: dict[int, list[str]] = {}
    for text in filter(None, cleaned(path)(string=True)):
        block = text.find_parent(BLOCKS)
        if block is not None:
            blocks.setdefault(id(block), []).append(str(text))
    assert blocks
    for inside in blocks.values():
        for before, after in pairwise(inside):
            assert not (before[-1].isalnum() and after[0].isalnum()), (before, after)
    for setting in cleaned(path).dl("div"):
        name, value = setting.dt.get_text(), setting.dd.strong.get_text()
        assert name.isidentifier()
        assert value


@by_name
def test_pictures_say_what_they_show(path: Path) -> None:
    for output in outputs_of(read(path)):
        if PNG in output.data:
            about = output.metadata[PNG]
            assert len(about["alt"].split()) >= 4
            assert about["width"] <= 840
            assert output.data["text/plain"].startswith("[picture] ")


def test_a_caption_says_what_a_picture_shows_where_its_alt_text_is_lost() -> None:
    picture = Picture(
        png=b"", title="Height <cm>", alt="Line from 5 to 9 cm", statuses=("synthetic",),
        notes=("A note",), width=1, height=1, stem="01-height",
    )  # fmt: skip
    soup = BeautifulSoup(caption_html(picture), "html.parser")
    said = [" ".join(each.get_text().split()) for each in soup(["p", "li"])]
    assert said == [f"Height <cm> [{BADGES['synthetic']}]", "Line from 5 to 9 cm", "A note"]

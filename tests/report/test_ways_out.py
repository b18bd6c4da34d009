"""Every way out of a report says what it is: nothing synthetic leaves a page without its mark.

`unmarked` walks over the files of a report, as they are downloaded, unzipped or shared; one test
walks over it in the browser. Each kind of file has a twin without its mark that must be caught.
"""

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from analysis.display.html import BADGES
from analysis.display.pictures import Picture
from analysis.report.anchors import places

MARK = BADGES["synthetic"]
KNOWN = {
    ".html", ".csv", ".svg", ".png", ".ipynb", ".json", ".js", ".docx", ".rtf", ".zip", ".txt",
    ".lock",
}  # fmt: skip
"""Every kind of file of a report; a new one must say how it is marked."""
FOLLOWS = "None: this run follows "
"""How a table without departures begins, which rests on no data."""


def unmarked(folder: Path) -> list[str]:
    """Say which ways out of a report show something synthetic without saying so."""
    wrong = []
    for run in sorted(folder.glob("*/run.json")):
        summary = json.loads(run.read_text(encoding="utf-8"))
        if "synthetic" in summary["data_status"]:
            for path in sorted(run.parent.rglob("*")):
                if path.is_file():
                    wrong += [
                        f"{path.relative_to(folder)}: {said}" for said in _unmarked(path, summary)
                    ]
    return wrong


def _unmarked(path: Path, run: dict[str, Any]) -> Iterator[str]:
    if path.suffix not in KNOWN:
        yield "a kind of file that no one marks"
    elif path.suffix in WAYS:
        yield from WAYS[path.suffix](path, run)


def _results(path: Path, _: dict[str, Any]) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if not (row.get("data_status") or MARK in row.values()):
                yield f"a row without a status: {row}"
                return


def _synthetic_files(run: dict[str, Any]) -> set[str]:
    """The figures that rest on synthetic data, without the ending."""
    return {
        Path(drawing["file"]).stem
        for drawing in run["drawings"]
        if "synthetic" in drawing["statuses"]
    }


def _drawing(path: Path, run: dict[str, Any]) -> Iterator[str]:
    if path.stem.removesuffix("-narrow") not in _synthetic_files(run):
        return
    if path.suffix == ".svg":
        text = path.read_text(encoding="utf-8")
        # matplotlib writes the words of outlined letters as a comment beside them.
        if f"<!-- {MARK} -->" not in text:
            yield "no mark is drawn"
        if MARK not in text.replace(f"<!-- {MARK} -->", ""):
            yield "no mark in its words"
        return
    with Image.open(path) as picture:
        if MARK not in picture.info.get("Source", ""):
            yield "no mark in its words"
        foot = picture.convert("RGB").crop((picture.width // 2, picture.height - 40, *picture.size))
        if not any(_is_orange(colour) for _, colour in foot.getcolors(1 << 16) or ()):
            yield "no mark is drawn"


def _is_orange(colour: tuple[int, int, int]) -> bool:
    red, green, blue = colour
    # In few colours orange is brownish.
    return red > green > blue and red - blue > 60


def _of_no_data(shown: str) -> bool:
    """Say whether it is the table that holds a run against its plan, and rests on no data."""
    return "Departures from the " in shown or FOLLOWS in shown


def _page(path: Path, run: dict[str, Any]) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    for place in places(text):
        if not place.statuses and not _of_no_data(place.html):
            yield f"without a badge: {place.title}"
    if path.parent.name == run["run"]:
        shared = re.findall(r'<meta[^>]*"og:[^>]*>', text)
        own = {name for name in BADGES if BADGES[name] in " ".join(shared)}
        if not own:
            yield "its link is shared without a status"
        elif run["data_status"] == ["synthetic"] and "synthetic" not in own:
            yield "its link is shared without the mark"


def _notebook(path: Path, _: dict[str, Any]) -> Iterator[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for output in (output for cell in cells for output in cell.get("outputs", [])):
        picture = Picture.of_output(output)
        text = "".join(output.get("data", {}).get("text/html", ""))
        if picture and not picture.statuses:
            yield f"a picture without a status: {picture.title}"
        for title in re.findall(r'<figure class="shown table">(?:(?!</figure>).)*', text, re.S):
            if 'class="badge ' not in title and not _of_no_data(title):
                yield "a table without a badge"


def _document(path: Path, _: dict[str, Any]) -> Iterator[str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".docx":
        with zipfile.ZipFile(path) as parts:
            xml = b"".join(parts.read(name) for name in parts.namelist() if name.endswith(".xml"))
        text = re.sub("<[^>]*>", "", xml.decode("utf-8"))
    # A document has the tables of its page and no figures.
    page = (path.parent / "index.html").read_text(encoding="utf-8")
    tables = [place for place in places(page) if place.kind == "table"]
    if any("synthetic" in table.statuses for table in tables) and MARK not in text:
        yield "a document without the mark"


def _found(path: Path, _: dict[str, Any]) -> Iterator[str]:
    if path.name != "search.json":
        return
    for hit in json.loads(path.read_text(encoding="utf-8")):
        if not hit[4] and hit[0] in ("row", "table", "figure") and not _of_no_data(str(hit)):
            yield f"a hit without a status: {hit[1]}"


WAYS: dict[str, Callable[[Path, dict[str, Any]], Iterator[str]]] = {
    ".csv": _results,
    ".svg": _drawing,
    ".png": _drawing,
    ".html": _page,
    ".docx": _document,
    ".rtf": _document,
    ".ipynb": _notebook,
    ".json": _found,
}


def test_nothing_synthetic_leaves_the_report_without_its_mark(report: Path) -> None:
    assert unmarked(report) == []
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in report.glob("*/run.json")]
    assert sum(len(_synthetic_files(run)) for run in runs) > 20


TWINS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "results": ("results.csv", lambda text: text.replace(b",synthetic,", b",,", 1)),
    "drawing": ("*.svg", lambda text: text.replace(f"<!-- {MARK} -->".encode(), b"")),
    "words of a drawing": ("*.svg", lambda text: text.replace(f">{MARK}<".encode(), b"><")),
    "page": (
        "index.html",
        lambda text: re.sub(rb'<span class="badge synthetic">', b"<span>", text),
    ),
    "shared link": ("index.html", lambda text: text.replace(b'"og:', b'"no:')),
    "notebook": ("notebook.ipynb", lambda text: text.replace(b'\\"badge ', b'\\"no ')),
    "document": ("tables.rtf", lambda text: text.replace(MARK.encode(), b"")),
    "hit": ("search.json", lambda text: text.replace(b', "synthetic", ', b', "", ')),
    "unknown kind": ("results.csv", lambda text: text),
}


@pytest.mark.parametrize("kind", TWINS)
def test_what_is_not_marked_is_caught(report: Path, tmp_path: Path, kind: str) -> None:
    name, without = TWINS[kind]
    run = tmp_path / "ghd-efficacy"
    shutil.copytree(report / "ghd-efficacy", run)
    assert unmarked(tmp_path) == []
    file = next(run.rglob(name))
    target = file.with_suffix(".odt") if kind == "unknown kind" else file
    target.write_bytes(without(file.read_bytes()))
    assert unmarked(tmp_path), kind


def test_a_picture_without_its_mark_is_caught(report: Path, tmp_path: Path) -> None:
    run = tmp_path / "ghd-efficacy"
    shutil.copytree(report / "ghd-efficacy", run)
    file = next(run.rglob("*.png"))
    with Image.open(file) as picture:
        picture.convert("RGB").crop((0, 0, picture.width, picture.height - 45)).save(file)
    assert [line.partition(": ")[2] for line in unmarked(tmp_path)] == [
        "no mark in its words", "no mark is drawn",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_seen_copied_and_printed_is_marked(browser: Any, report: Path, width: int) -> None:
    """The badge of every table and figure is seen whole, on a screen, a phone and on paper."""
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    page.goto((report / "ghd-efficacy" / "index.html").as_uri())
    for medium in ("screen", "print"):
        page.emulate_media(media=medium)
        cut = page.evaluate(
            """(follows) => [...document.querySelectorAll('figure.shown')].filter((figure) => {
              const badge = figure.querySelector('.badge');
              if (!badge) { return !figure.textContent.includes(follows); }
              const box = badge.getBoundingClientRect();
              return !box.width || box.left < 0 || box.right > innerWidth + 1;
            }).map((figure) => figure.textContent.slice(0, 60))""",
            FOLLOWS,
        )
        assert cut == [], medium
    page.emulate_media(media="screen")
    copied = page.evaluate(
        """() => { const row = document.querySelector('figure.table tbody tr');
          getSelection().selectAllChildren(row);
          const clipboardData = new DataTransfer();
          const event = new ClipboardEvent('copy', {clipboardData, bubbles: true});
          row.dispatchEvent(event);
          return event.clipboardData.getData('text/plain'); }"""
    )
    assert MARK in copied
    context.close()


def test_the_front_page_marks_its_cards_hits_and_files(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto((report / "index.html").as_uri())
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in report.glob("*/run.json")]
    for run in (run for run in runs if "synthetic" in run["data_status"]):
        card = page.locator(f"article[aria-labelledby='{run['run']}']")
        for part in (".files > summary", ".files li:first-child"):
            assert MARK in (card.locator(part).text_content() or ""), run["run"]
    page.fill("#query", "valtropin humatrope difference")
    page.wait_for_selector("#found li")
    for hit in page.locator("#found li").all():
        assert hit.locator(".badge").count(), hit.text_content()
    page.close()

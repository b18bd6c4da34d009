"""Does a bundle hold what it says? Every check that needs nothing but the zip."""

import csv
import html.parser
import io
import json
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from analysis import paths
from analysis.errors import UserError
from analysis.report.bundle import MADE_OF, README, SITE, SUMS, VERSIONS, root
from analysis.report.hashes import bytes_hash
from analysis.report.place import NOTEBOOK, PAGE, RESULTS, SUMMARY
from analysis.report.render import unfinished

Files = Mapping[str, bytes]


def verify_bundle(path: Path) -> tuple[list[str], int]:
    """Check a zip: return one sentence for each thing that is wrong, and how many files it has.

    Raises
    ------
    UserError
        If it is no zip at all.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{paths.shown(path)} must be a whole zip file; got: {error}") from None
    folder = root()
    inside = {
        name.removeprefix(f"{folder}/"): content
        for name, content in files.items()
        if name.startswith(f"{folder}/")
    }
    findings = [f"{name} is outside {folder}" for name in files if name.partition("/")[0] != folder]
    for check in (_sums, _needed, _runs, _links):
        findings += check(inside)
    return findings, len(files)


def _sums(files: Files) -> Iterator[str]:
    """Hold every file against the list of hashes, and the list against the files."""
    lines = files.get(SUMS, b"").decode(errors="replace").splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name, digest in listed.items():
        if name not in files:
            yield f"{name} is listed in {SUMS} and missing"
        elif bytes_hash(files[name]) != digest:
            yield f"{name} is not the file that {SUMS} lists"
    for name in files:
        if name not in listed and name != SUMS:
            yield f"{name} is not listed in {SUMS}"


def _needed(files: Files) -> Iterator[str]:
    for name in (SUMS, README, VERSIONS, *MADE_OF, f"{SITE}/{PAGE}", f"{SITE}/manifest.json"):
        if name not in files:
            yield f"{name} is missing"


def _runs(files: Files) -> Iterator[str]:
    """Check each run: its files, its numbers, its notebook, and the lock it was made with."""
    summaries = [name for name in files if name.endswith(f"/{SUMMARY}")]
    if not summaries:
        yield f"{SITE} has no run"
    for name in summaries:
        folder = posixpath.dirname(name)
        try:
            summary = json.loads(files[name])
            hashes, inputs = summary["files"], summary["inputs"]
        except (ValueError, KeyError) as error:
            yield f"{name} is damaged: {error}"
            continue
        for inner, digest in hashes.items():
            if bytes_hash(files.get(f"{folder}/{inner}", b"")) != digest:
                yield f"{folder}/{inner} is not the file that the run wrote"
        lock = inputs["environment"].get("requirements.lock")
        if lock != bytes_hash(files.get("requirements.lock", b"")):
            yield f"{folder} was made with another requirements.lock"
        yield from _results(files, folder, summary["numbers"])
        yield from _notebook(files, folder)


def _results(files: Files, folder: str, numbers: int) -> Iterator[str]:
    text = files.get(f"{folder}/{RESULTS}", b"").decode(errors="replace")
    rows = list(csv.DictReader(io.StringIO(text)))
    found = sum(bool(row.get("stat")) for row in rows)
    if found != numbers:
        yield f"{folder}/{RESULTS} has {found} numbers; its run has {numbers}"


def _notebook(files: Files, folder: str) -> Iterator[str]:
    """Say of a notebook that it failed, or was not executed to its end."""
    try:
        cells = json.loads(files.get(f"{folder}/{NOTEBOOK}", b""))["cells"]
    except (ValueError, KeyError):
        yield f"{folder}/{NOTEBOOK} is no notebook"
        return
    for number, what in unfinished(cells):
        yield f"{folder}/{NOTEBOOK}, cell {number}, {what}"


class _Links(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.found += [value for name, value in attrs if name in ("href", "src") and value]
        self.ids |= {value for name, value in attrs if name == "id" and value}


def _links(files: Files) -> Iterator[str]:
    """Follow every link of every page; none may leave the bundle or lead nowhere."""
    pages: dict[str, _Links] = {}
    for name, content in files.items():
        if name.endswith(".html"):
            pages[name] = _Links()
            pages[name].feed(content.decode(errors="replace"))
    for name, page in pages.items():
        for link in page.found:
            if link.startswith("data:"):
                continue
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                yield f"{name} links to {link}, outside the bundle"
                continue
            inside = posixpath.join(posixpath.dirname(name), unquote(parts.path))
            target = posixpath.normpath(inside) if parts.path else name
            if target not in files:
                yield f"{name} links to {link}, which is missing"
            elif parts.fragment and target in pages and parts.fragment not in pages[target].ids:
                yield f"{name} links to {link}, which {target} does not have"

"""Does a bundle hold what it says? Every check that needs nothing but the zip.

A bundle is what others made, and every byte of it may be wrong: whatever is found is a sentence.
"""

import csv
import html.parser
import io
import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from analysis.report.archive import Archive, opened
from analysis.report.bundle import MADE_OF, README, SITE, SUMS, VERSIONS, root
from analysis.report.place import NOTEBOOK, PAGE, RESULTS, SUMMARY
from analysis.report.render import unfinished
from analysis.report.summary import parsed_summary

MOST_LETTERS = 400
"""Of a finding; a name in a zip may be 65,000 letters long."""
ROOT_HASH = re.compile("[0-9a-f]{64}")
"""How a root hash is written."""

WEB = ("http", "https")


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of a bundle found.

    Attributes
    ----------
    findings
        One sentence for each thing that is wrong.
    files
        How many files the zip has.
    root_hash
        The SHA-256 of its list of hashes, and so of everything in it; empty where it has no list.
    """

    findings: list[str]
    files: int
    root_hash: str


class _Files:
    """The files of a bundle by their names below its one folder."""

    def __init__(self, archive: Archive) -> None:
        self._archive, self._folder = archive, f"{root()}/"
        self.hashes = {
            name.removeprefix(self._folder): digest
            for name, digest in archive.hashes.items()
            if name.startswith(self._folder)
        }
        self.outside = [name for name in archive.hashes if not name.startswith(self._folder)]

    def read(self, name: str) -> bytes:
        return self._archive.read(f"{self._folder}{name}")

    def text(self, name: str) -> str:
        return self.read(name).decode(errors="replace")


def verify_bundle(path: Path, expected: str = "") -> Verified:
    """Check a zip, block by block, without unpacking it.

    Parameters
    ----------
    path
        The zip.
    expected
        The root hash that its maker printed, 64 hexadecimal digits; empty for none. Without it
        nothing tells that a file and the list of hashes were not changed together.

    Raises
    ------
    UserError
        If it is no zip at all, or larger than any bundle.
    """
    with opened(path) as archive:
        files = _Files(archive)
        root_hash = files.hashes.get(SUMS, "")
        findings = [*archive.faults, *(f"{name} is outside {root()}" for name in files.outside)]
        if expected and root_hash != expected:
            findings.append(
                f"its root hash is {root_hash or 'not there'}, not {expected}: it is not the "
                "bundle whose root hash was given"
            )
        for check in (_sums, _needed, _runs, _links):
            findings += check(files)
        return Verified([*map(_printable, findings)], len(archive), root_hash)


def _printable(finding: str) -> str:
    """Return a sentence as a terminal may print it: names in a zip are any bytes."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in finding)
    half = MOST_LETTERS // 2
    return shown if len(shown) <= MOST_LETTERS else f"{shown[:half]}…{shown[-half:]}"


def _sums(files: _Files) -> Iterator[str]:
    """Hold every file against the list of hashes, and the list against the files."""
    try:
        lines = files.text(SUMS).splitlines()
    except ValueError as error:
        yield f"{SUMS} is damaged: {error}"
        return
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name, digest in listed.items():
        if name not in files.hashes:
            yield f"{name} is listed in {SUMS} and missing"
        elif files.hashes[name] != digest:
            yield f"{name} is not the file that {SUMS} lists"
    for name in files.hashes:
        if name not in listed and name != SUMS:
            yield f"{name} is not listed in {SUMS}"


def _needed(files: _Files) -> Iterator[str]:
    for name in (SUMS, README, VERSIONS, *MADE_OF, f"{SITE}/{PAGE}", f"{SITE}/manifest.json"):
        if name not in files.hashes:
            yield f"{name} is missing"


def _runs(files: _Files) -> Iterator[str]:
    """Check each run: its files, its numbers, its notebook, and the lock it was made with."""
    summaries = [name for name in files.hashes if name.endswith(f"/{SUMMARY}")]
    if not summaries:
        yield f"{SITE} has no run"
    for name in summaries:
        folder = posixpath.dirname(name)
        try:
            summary = parsed_summary(files.read(name))
        except ValueError as error:
            yield f"{name} is damaged: {error}"
            continue
        for inner, digest in summary["files"].items():
            if files.hashes.get(f"{folder}/{inner}") != digest:
                yield f"{folder}/{inner} is not the file that the run wrote"
        lock = summary["inputs"].get("environment", {}).get("requirements.lock")
        if lock != files.hashes.get("requirements.lock"):
            yield f"{folder} was made with another requirements.lock"
        yield from _results(files, f"{folder}/{RESULTS}", summary["numbers"])
        yield from _notebook(files, f"{folder}/{NOTEBOOK}")


def _results(files: _Files, name: str, numbers: int) -> Iterator[str]:
    try:
        rows = csv.DictReader(io.StringIO(files.text(name)))
        found = sum(bool(row.get("stat")) for row in rows)
    except (ValueError, csv.Error) as error:
        yield f"{name} is no table of results: {error}"
        return
    if found != numbers:
        yield f"{name} has {found} numbers; its run has {numbers}"


def _notebook(files: _Files, name: str) -> Iterator[str]:
    """Say of a notebook that it failed, or was not executed to its end."""
    try:
        # Read whole: what is not of a notebook's types shows itself on the way.
        for number, what in [*unfinished(json.loads(files.read(name))["cells"])]:
            yield f"{name}, cell {number}, {what}"
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        yield f"{name} is no notebook"


class _Links(html.parser.HTMLParser):
    """The addresses of a page, whether a browser fetches each by itself, and its anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, bool] = {}
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name == "src" or (name == "href" and tag != "a")):
                self.found[value] = True
            elif value and name == "href":
                self.found.setdefault(value, False)
        # A page of records shows the choice that its address names.
        named = ("id", "value") if tag == "option" else ("id",)
        self.ids |= {value for name, value in attrs if name in named and value}


def _links(files: _Files) -> Iterator[str]:
    """Follow every link of every page; none may lead nowhere, or fetch from outside.

    A source is on the web, and a reader may go there; a page never does by itself.
    """
    pages: dict[str, _Links] = {}
    for name in files.hashes:
        if name.endswith(".html"):
            pages[name] = _Links()
            try:
                pages[name].feed(files.text(name))
            except (ValueError, AssertionError) as error:
                yield f"{name} is no page: {error}"
    for name, page in pages.items():
        for link, fetched in page.found.items():
            if said := _misleads(link, name, files, pages, fetched=fetched):
                yield f"{name} links to {link}, {said}"


def _misleads(
    link: str, page: str, files: _Files, pages: dict[str, _Links], *, fetched: bool
) -> str:
    """Say what is wrong with a link of a page; empty where nothing is."""
    if link.startswith("data:"):
        return ""
    try:
        parts = urlsplit(link)
    except ValueError as error:
        return f"which is no address: {error}"
    if parts.scheme or parts.netloc:
        return "outside the bundle" if fetched or parts.scheme not in WEB else ""
    inside = posixpath.join(posixpath.dirname(page), unquote(parts.path))
    target = posixpath.normpath(inside) if parts.path else page
    if target not in files.hashes:
        return "which is missing"
    if parts.fragment and target in pages and parts.fragment not in pages[target].ids:
        return f"which {target} does not have"
    return ""

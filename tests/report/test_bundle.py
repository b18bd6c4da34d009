"""The zip for a reviewer: whole, the same bytes again, and what it says of damage."""

import hashlib
import json
import re
import subprocess
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.report import bundle as bundling
from analysis.report.archive import MOST_AT_ONCE
from analysis.report.bundle import root
from analysis.report.verify import verify_bundle


@pytest.fixture(scope="module")
def bundle(project: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "report.zip"
    done = project.here("bundle", path)
    assert "all as they should be" in done.stdout
    return path


def test_every_link_of_the_real_report_leads_somewhere(report: Path, tmp_path: Path) -> None:
    """Sources on the web, rows, records, documents: what a tiny project has none of."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in report.rglob("*"):
            if path.is_file() and "logs" not in path.parts:
                archive.write(path, f"{root()}/site/{path.relative_to(report).as_posix()}")
        archive.writestr(f"{root()}/site/planted.html", '<a href="validation/index.html#no">x</a>')
    said = [each for each in verify_bundle(tmp_path / "x.zip").findings if " links to " in each]
    assert [each.partition(" links to ")[0] for each in said] == ["site/planted.html"]


@pytest.mark.parametrize(
    ("product", "folder"),
    [("Valtropin", "valtropin-report"), ("somatropin (LG)", "somatropin-lg-report")],
)
def test_the_folder_is_named_after_the_product(
    monkeypatch: pytest.MonkeyPatch, product: str, folder: str
) -> None:
    monkeypatch.setattr(bundling, "asked", lambda: {"product": product})
    assert root() == folder


def test_the_same_report_gives_the_same_bytes(project: Any, bundle: Path, tmp_path: Path) -> None:
    project.here("bundle", tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_anyone_can_check_it_without_the_project(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"],
        cwd=tmp_path / root(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    said = (tmp_path / root() / "README.txt").read_text()
    assert "2 runs, 6 numbers" in said
    assert "<" not in said
    assert not (tmp_path / root() / "site" / "logs").exists()


def changed(name: str, edit: Callable[[bytes], bytes | None]) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        content = edit(files.pop(name))
        if content is not None:
            files[name] = content

    return change


def unexecuted(content: bytes) -> bytes:
    notebook = json.loads(content)
    notebook["cells"][1]["execution_count"] = None
    return json.dumps(notebook).encode()


DAMAGE = {
    "a page": (
        changed("site/one/index.html", lambda c: c[:-9]),
        "site/one/index.html is not the file",
    ),
    "a page gone": (
        changed("site/one/index.html", lambda _: None),
        "one/index.html, which is missing",
    ),
    "a number": (
        changed("site/two/results.csv", lambda c: c.replace(b",6.0,6.0,", b",,6.0,")),
        "has 2 numbers; its run has 3",
    ),
    "a notebook": (changed("site/one/notebook.ipynb", unexecuted), "cell 2, was not executed"),
    "the lock": (
        changed("requirements.lock", lambda _: b"other"),
        "site/one was made with another requirements.lock",
    ),
    "a link": (
        changed("site/index.html", lambda c: c.replace(b'href="one/', b'href="none/')),
        "none/index.html, which is missing",
    ),
    "a picture of the web": (
        changed("site/index.html", lambda c: c + b'<img src="https://x.org/p.png">'),
        "links to https://x.org/p.png, outside the bundle",
    ),
    "a link that runs": (
        changed("site/index.html", lambda c: c + b'<a href="javascript:alert(1)">'),
        "links to javascript:alert(1), outside the bundle",
    ),
    "no address": (
        changed("site/index.html", lambda c: c + b'<a href="http://[">'),
        "links to http://[, which is no address",
    ),
    "an anchor": (
        changed("site/one/index.html", lambda c: c.replace(b'href="#The-answer"', b'href="#x"')),
        "links to #x, which",
    ),
    "a file more": (
        lambda files: files.update({"site/more.txt": b""}),
        "site/more.txt is not listed",
    ),
    "no sums": (changed("SHA256SUMS", lambda _: None), "SHA256SUMS is missing"),
    "a summary": (changed("site/one/run.json", lambda _: b"{}"), "site/one/run.json is damaged"),
    "a summary of other types": (
        changed(
            "site/one/run.json", lambda c: re.sub(rb'(?s)"inputs": {.*?}\n  }', b'"inputs": 5', c)
        ),
        "site/one/run.json is damaged: inputs",
    ),
    "a summary without end": (
        changed("site/one/run.json", lambda _: b"[" * 100_000),
        "site/one/run.json is damaged",
    ),
    "a notebook of other types": (
        changed("site/one/notebook.ipynb", lambda _: b'{"cells": [5]}'),
        "site/one/notebook.ipynb is no notebook",
    ),
    "a long field": (
        changed("site/two/results.csv", lambda c: c + b'"' + b"x" * 200_000),
        "site/two/results.csv is no table of results: field larger",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found(bundle: Path, tmp_path: Path, name: str) -> None:
    change, sentence = DAMAGE[name]
    files = {name.removeprefix(f"{root()}/"): held for name, held in contents(bundle).items()}
    before = dict(files)
    change(files)
    assert files != before
    with zipfile.ZipFile(tmp_path / "broken.zip", "w") as archive:
        for inner, content in files.items():
            archive.writestr(f"{root()}/{inner}", content)
    findings = verify_bundle(tmp_path / "broken.zip").findings
    assert any(sentence in finding for finding in findings), findings


def contents(bundle: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def secret(content: bytearray) -> None:
    """Say of the first file, in both places that say it, that it is encrypted."""
    for mark, flags in (b"PK\x03\x04", 6), (b"PK\x01\x02", 8):
        content[content.index(mark) + flags] |= 1


def rotten(content: bytearray) -> None:
    """Damage the bytes of a file after its name."""
    at = content.index(b"README.txt") + len(b"README.txt") + 20
    content[at : at + 40] = bytes(40)


def cut(content: bytearray) -> None:
    del content[-200:]


def of_5_gb(content: bytearray) -> None:
    """Say of the last file that it has nearly 5 GB, as a zip that expands would."""
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = (2**32 - 9).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (secret, "cannot be read: it is encrypted"),
        (rotten, "README.txt cannot be read: "),
        (cut, "must be a whole zip file; got: "),
        (of_5_gb, "must have at most 2,147,483,648 bytes when unpacked; got 4,"),
    ],
)
def test_what_no_program_should_unpack(
    project: Any, bundle: Path, tmp_path: Path, damage: Callable[[bytearray], None], sentence: str
) -> None:
    content = bytearray(bundle.read_bytes())
    damage(content)
    (tmp_path / "x.zip").write_bytes(content)
    done = project.here("bundle", "--verify", tmp_path / "x.zip", status=1)
    assert sentence in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("site/../../out.txt", "its name leads out of the bundle"),
        ("site/..\\out.txt", "its name leads out of the bundle"),
        ("README.txt", "its name is there twice"),
        ("site/\x1b[31mred.txt", "site/\\x1b[31mred.txt is not listed"),
        ("site/" + "long" * 500, "long is not listed in SHA256SUMS"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_a_bundle_never_has(
    bundle: Path, tmp_path: Path, name: str, sentence: str
) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for inner, content in contents(bundle).items():
            archive.writestr(inner, content)
        archive.writestr(f"{root()}/{name}", b"x")
    findings = verify_bundle(tmp_path / "x.zip").findings
    assert any(sentence in finding for finding in findings), findings


def test_nothing_is_unpacked_beyond_a_block(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for inner, content in contents(bundle).items():
            archive.writestr(inner, content)
        archive.writestr(f"{root()}/site/more.html", bytes(MOST_AT_ONCE + 1))
    tracemalloc.start()
    findings = verify_bundle(tmp_path / "x.zip").findings
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert any("site/more.html is no page: it has 67,108,865 bytes" in said for said in findings)
    assert most < MOST_AT_ONCE / 4


def test_a_changed_front_page_with_a_changed_list_has_another_root_hash(
    project: Any, bundle: Path, tmp_path: Path
) -> None:
    files = contents(bundle)
    sums, page = f"{root()}/SHA256SUMS", f"{root()}/site/index.html"
    before = hashlib.sha256(files[page]).hexdigest()
    files[page] = files[page].replace(b"reproducible", b"wonderful")
    after = hashlib.sha256(files[page]).hexdigest()
    assert before != after
    whole = hashlib.sha256(files[sums]).hexdigest()
    files[sums] = files[sums].replace(before.encode(), after.encode())
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert (
        f"root hash {whole} is the one given"
        in project.here("bundle", bundle, "--verify", whole).stdout
    )
    alone = project.here("bundle", "--verify", tmp_path / "x.zip").stdout
    assert "Not compared" in alone
    done = project.here("bundle", "--verify", whole.upper(), tmp_path / "x.zip", status=1)
    assert f"not {whole}: it is not the bundle whose root hash was given" in done.stdout
    done = project.here("bundle", bundle, "--verify", whole[:-1], status=1)
    assert "takes one zip and one root hash (64 hexadecimal digits)" in done.stderr


def test_what_is_no_bundle_and_no_report(project: Any, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("no zip")
    done = project.here("bundle", "--verify", tmp_path / "x.zip", status=1)
    assert "must be a whole zip file" in done.stderr
    done = project.here("bundle", tmp_path / "y.zip", "--folder", tmp_path / "none", status=1)
    assert "there is no report in" in done.stderr
    mine = project.copy(tmp_path / "project")
    with (mine.root / "data" / "one.csv").open("a") as file:
        file.write("3\n")
    done = mine.here("bundle", status=1)
    assert "run one is not up to date (data/one.csv changed); run: make report" in done.stderr
    assert not (mine.root / "build").exists()

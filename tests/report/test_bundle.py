"""The zip for a reviewer: whole, the same bytes again, and what it says of damage."""

import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.report import bundle as bundling
from analysis.report.bundle import root
from analysis.report.verify import verify_bundle


@pytest.fixture(scope="module")
def bundle(project: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "report.zip"
    done = project.here("bundle", path)
    assert "all as they should be" in done.stdout
    return path


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
        changed("site/index.html", lambda c: c.replace(b'href="one/', b'href="https://x.org/')),
        "outside the bundle",
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
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found(bundle: Path, tmp_path: Path, name: str) -> None:
    change, sentence = DAMAGE[name]
    with zipfile.ZipFile(bundle) as archive:
        files = {n.removeprefix(f"{root()}/"): archive.read(n) for n in archive.namelist()}
    before = dict(files)
    change(files)
    assert files != before
    with zipfile.ZipFile(tmp_path / "broken.zip", "w") as archive:
        for inner, content in files.items():
            archive.writestr(f"{root()}/{inner}", content)
    findings, _ = verify_bundle(tmp_path / "broken.zip")
    assert any(sentence in finding for finding in findings), findings


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

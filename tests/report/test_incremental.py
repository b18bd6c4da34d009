"""A skipped page is never wrong: change each kind of input, see exactly the right runs go."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from analysis import paths
from analysis.report.build import to_do
from analysis.report.imports import Imports
from analysis.report.job import Job
from analysis.report.runs import load_runs


@pytest.fixture(scope="module")
def other(project: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A project whose files are changed and restored by the tests of this module."""
    made = project.copy(tmp_path_factory.mktemp("incremental") / "project")
    with pytest.MonkeyPatch.context() as patch:
        made.use(patch)
        assert stale(made) == {}
    return made


def stale(project: Any) -> dict[str, str]:
    """Name → reason of every run whose page would be made anew."""
    return {job.run.name: job.reason for job in jobs_of(project)}


def jobs_of(project: Any) -> list[Job]:
    runs = list(load_runs(project.root / "notebooks" / "runs.yml").values())
    jobs, skipped = to_do(runs, project.folder)
    found = {job.run.name for job in jobs}
    assert found.isdisjoint(skipped)
    assert len(found) + len(skipped) == len(runs)
    return jobs


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def append(name: str, text: str = "\n# one more line\n") -> Callable[[Path], None]:
    def change(root: Path) -> None:
        with (root / name).open("a", encoding="utf-8") as file:
            file.write(text)

    return change


def run_again_with_other_outputs(root: Path) -> None:
    path = root / "notebooks" / "one.ipynb"
    node = nbformat.read(path, as_version=4)
    node.cells[-1].outputs = [nbformat.v4.new_output("stream", text="7")]
    node.cells[-1].execution_count = 9
    nbformat.write(node, path)


def drop(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).unlink()


BOTH = {"one", "two"}
MUTATIONS: dict[str, tuple[Callable[[Path], None], set[str], str]] = {
    "notebook source": (
        edit("notebooks/one.ipynb", "No figure.", "Nothing."),
        {"one"},
        "one.ipynb changed",
    ),
    "notebook output": (run_again_with_other_outputs, set(), ""),
    "parameter": (
        edit("notebooks/runs.yml", "x: 2.0", "x: 3.0"),
        {"two"},
        "its parameters changed",
    ),
    "parameter added": (
        append("notebooks/runs.yml", "    trial: 'x'\n"),
        {"two"},
        "its parameters changed",
    ),
    "code of one topic": (append("analysis/one.py"), {"one"}, "analysis/one.py changed"),
    "code behind a topic": (append("analysis/helper.py"), {"one"}, "analysis/helper.py changed"),
    "code of both": (append("analysis/results/table.py"), BOTH, "results/table.py changed"),
    "the vocabulary": (
        append("analysis/results/statistics.csv", "general,new,New,count,,\n"),
        BOTH,
        "results/statistics.csv changed",
    ),
    "code of no run": (append("analysis/safety/__init__.py"), set(), ""),
    "code of the renderer": (append("analysis/report/render.py"), BOTH, "render.py changed"),
    "code of the front page": (append("analysis/report/index.py"), set(), ""),
    "template": (
        append("analysis/display/templates/reading.html.j2"),
        BOTH,
        "reading.html.j2 changed",
    ),
    "stylesheet": (append("analysis/display/style.css"), BOTH, "style.css changed"),
    "page template": (
        append("analysis/report/templates/page/index.html.j2"),
        BOTH,
        "index.html.j2 changed",
    ),
    "module gone": (drop("analysis/helper.py"), {"one"}, "analysis/helper.py is gone"),
    "data of one run": (edit("data/one.csv", "1", "5"), {"one"}, "data/one.csv changed"),
    "data of the other": (edit("data/two/a.csv", "1", "5"), {"two"}, "data/two/a.csv changed"),
    "data of no run": (append("data/three.csv"), set(), ""),
    "new file in a folder that was listed": (
        append("data/two/b.csv", "value\n4\n"),
        {"two"},
        "data/two changed",
    ),
    "data gone": (drop("data/one.csv"), {"one"}, "data/one.csv is gone"),
    "table that Python does not open": (append("data/four.parquet"), BOTH, "four.parquet is new"),
    "lock": (append("requirements.lock"), BOTH, "requirements.lock changed"),
    "page truncated": (
        edit("reports/one/index.html", "</html>", ""),
        {"one"},
        "its index.html is missing or damaged",
    ),
    "results gone": (
        drop("reports/two/results.csv"),
        {"two"},
        "its results.csv is missing or damaged",
    ),
    "summary damaged": (
        edit("reports/one/run.json", "}", ""),
        {"one"},
        "its run.json is missing or damaged",
    ),
    "lists of sources": (append("CITATION.cff"), BOTH, "CITATION.cff is new"),
}
RENDERED = {"code of the renderer", "stylesheet", "page template", "lists of sources"}
"""What needs no execution: the page is made anew of what the last one left."""


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_kind_of_input(other: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    change, expected, reason = MUTATIONS[name]
    other.use(monkeypatch)
    before = {
        path: path.read_bytes()
        for part in ("analysis", "data", "notebooks", "reports", "requirements.lock")
        for path in [other.root / part, *(other.root / part).rglob("*")]
        if path.is_file()
    }
    change(other.root)
    try:
        jobs = jobs_of(other)
        found = {job.run.name: job.reason for job in jobs}
        assert set(found) == expected
        assert all((job.left is not None) == (name in RENDERED) for job in jobs)
        assert all(said.endswith(reason) for said in found.values()), found
    finally:
        for path in (*(other.root / "data").rglob("*.*"), other.root / "CITATION.cff"):
            if path not in before and path.exists():
                path.unlink()
        for path, content in before.items():
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)


def test_an_installed_package_makes_everything_stale(
    other: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other.use(monkeypatch)
    extra = tmp_path / "new_package-1.0.dist-info"
    extra.mkdir()
    (extra / "METADATA").write_text("Metadata-Version: 2.1\nName: new-package\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert set(stale(other)) == BOTH


def test_touching_a_file_changes_nothing(other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    other.use(monkeypatch)
    for path in (other.root / "analysis").rglob("*.py"):
        os.utime(path)
    assert stale(other) == {}


def test_a_clock_that_was_set_back(other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stale hangs on what files hold, not on their times."""
    other.use(monkeypatch)
    path = other.root / "data" / "one.csv"
    for file in other.folder.rglob("*"):
        os.utime(file, (4e9, 4e9))
    assert stale(other) == {}
    before, times = path.read_text(), (path.stat().st_atime, path.stat().st_mtime)
    path.write_text(before.replace("1", "5"))
    os.utime(path, times)
    assert stale(other) == {"one": "data/one.csv changed"}
    path.write_text(before)
    os.utime(path, (1, 1))
    assert stale(other) == {}


def test_the_command_skips_forces_and_says_why(project: Any, tmp_path: Path) -> None:
    mine = project.copy(tmp_path / "project")
    before = mine.files()
    done = mine.here("report")
    assert "0 of 2 runs executed, 2 up to date" in done.stdout
    assert mine.files() == before
    # A changed table moves the number on the page, and only there.
    edit("data/one.csv", "1", "5")(mine.root)
    done = mine.main("report")
    assert "1 of 2 runs executed, 1 up to date" in done.stdout
    assert "to do     one: data/one.csv changed" in done.stderr
    after = mine.files()
    changed = {name for name in after if after[name] != before.get(name)}
    front = {"index.html", "manifest.json", "search-data.js"}
    assert {name.split("/")[0] for name in changed} == {"one", *front}
    assert b"14.0" in after["one/index.html"]
    # Forced, everything is executed, to the same bytes.
    done = mine.main("report", "--force", "--jobs", 1)
    assert "2 of 2 runs executed, 0 up to date" in done.stdout
    assert mine.files() == after


def test_a_report_in_which_nothing_is_to_do_imports_nothing_that_does_it(project: Any) -> None:
    command = [sys.executable, "-X", "importtime", *project.command("report")[1:]]
    done = subprocess.run(
        command, cwd=project.root, env=project.environment(),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "0 of 2 runs executed, 2 up to date" in done.stdout
    heavy = "matplotlib", "papermill", "nbconvert", "nbformat", "ipykernel", "scipy.stats"
    assert not [name for name in heavy if re.search(rf"\| +{name}$", done.stderr, re.M)]


def test_a_page_is_rendered_anew_without_executing(
    project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Style, template and code of a page: the bytes are those of an execution."""
    mine = project.copy(tmp_path / "project")
    logs = {path: path.read_bytes() for path in (mine.folder / "logs").iterdir()}
    before = mine.files()
    append("analysis/display/style.css", "\np { color: #123456 }\n")(mine.root)
    edit("analysis/report/templates/page/index.html.j2", "</body>", "<!-- new --></body>")(
        mine.root
    )
    done = mine.main("report", "--jobs", 1)
    assert "0 of 2 runs executed, 2 rendered anew, 0 up to date" in done.stdout
    assert "to render one: analysis/display/style.css changed" in done.stderr
    after = mine.files()
    for run in BOTH:
        assert b"#123456" in after[f"{run}/index.html"]
        assert b"<!-- new -->" in after[f"{run}/index.html"]
        assert b"#123456" in after[f"{run}/notebook.ipynb"]
        assert after[f"{run}/results.csv"] == before[f"{run}/results.csv"]
    # When and how long its execution was stays as it was told.
    assert {path: path.read_bytes() for path in logs} == logs
    done = mine.main("report", "--force", "--jobs", 1)
    assert "2 of 2 runs executed, 0 up to date" in done.stdout
    assert mine.files() == after
    # With an input of the execution, a run is executed.
    append("analysis/display/style.css")(mine.root)
    append("analysis/one.py")(mine.root)
    mine.use(monkeypatch)
    assert {job.run.name: job.left is None for job in jobs_of(mine)} == {"one": True, "two": False}


KERNEL = """
import sys, pathlib
from analysis.report.recorder import start
from analysis import one
from analysis.display import Page, Reading
"""
WORKER = "import analysis.report.execute, analysis.report.worker"
TELL = """
files = [m.__file__ for n, m in sys.modules.items() if n.split(".")[0] == "analysis"]
print(*[pathlib.Path(f).relative_to(pathlib.Path.cwd()).as_posix() for f in files])
"""


@pytest.mark.parametrize("imports", ["", WORKER])
def test_what_a_run_imported_is_among_its_inputs(project: Any, imports: str) -> None:
    """A second route to the code of a run: the modules that its two processes really loaded."""
    summary = json.loads((project.folder / "one" / "run.json").read_text(encoding="utf-8"))
    code, rendering = (set(summary["inputs"][kind]) for kind in ("code", "rendering"))
    assert code.isdisjoint(rendering)
    loaded = subprocess.run(
        [sys.executable, "-c", f"{KERNEL}{imports}{TELL}"], cwd=project.root,
        env=project.environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert set(loaded.stdout.split()) <= (code | rendering if imports else code)
    assert "analysis/helper.py" in code
    assert "analysis/two.py" not in code
    lists = {"data/published/sources.csv", "data/validation/sources.csv", "CITATION.cff"}
    assert lists <= rendering
    assert set(summary["inputs"]["data"]) == {"data/one.csv"}


@pytest.mark.parametrize(
    ("code", "behind", "not_behind"),
    [
        (
            "from analysis.stats import fit_mmrm",
            {"stats/mmrm.py"},
            {"stats/fit.py", "stats/cox.py"},
        ),
        ("from analysis import stats", {"stats/mmrm.py", "stats/cox.py"}, {"safety/terms.py"}),
        ("from analysis.stats import *", {"stats/mmrm.py", "stats/cox.py"}, {"safety/terms.py"}),
        ("from analysis.stats.cox import fit_cox", {"stats/cox.py"}, {"stats/mmrm.py"}),
        ("from analysis.display import Page", {"display/page.py"}, {"stats/mmrm.py"}),
        ("from analysis import display", {"display/page.py"}, {"stats/mmrm.py"}),
    ],
)
def test_what_is_read_when_its_name_is_asked_for_is_behind_it(
    code: str, behind: set[str], not_behind: set[str]
) -> None:
    found = Imports(paths.ROOT).of_source(code)
    files = {path.relative_to(paths.ROOT / "analysis").as_posix() for path in found}
    assert behind <= files
    assert not not_behind & files


def test_an_external_trial_folder_is_an_input(
    project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = project.copy(tmp_path / "project")
    trial = tmp_path / "my-trial"
    (trial / "adam").mkdir(parents=True)
    (trial / "adam" / "adsl.xpt").write_bytes(b"binary")
    with (mine.root / "notebooks" / "runs.yml").open("a") as file:
        file.write(f"    trial: '{trial}'\n")
    mine.main("report", "two")
    mine.use(monkeypatch)
    assert stale(mine) == {}
    # SAS files are read outside Python, where no recorder sees it.
    (trial / "adam" / "adsl.xpt").write_bytes(b"other")
    assert stale(mine) == {"two": f"{trial}/adam/adsl.xpt changed"}
    (trial / "adam" / "adsl.xpt").write_bytes(b"binary")
    (trial / "adam" / "adlb.xpt").touch()
    assert set(stale(mine)) == {"two"}

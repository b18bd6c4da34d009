"""What may go wrong while a report is made: kills, full disks, kernels, a second report."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from project import WITHOUT

from analysis.report.build import to_do
from analysis.report.hashes import file_hash
from analysis.report.lock import locked
from analysis.report.runs import load_runs

KILLS = int(os.environ.get("REPORT_KILLS", "2"))
"""How often a report is killed; 20 in the proof that the project's documents cite."""


@pytest.fixture
def mine(project: Any, tmp_path: Path) -> Any:
    return project.copy(tmp_path / "project")


def add_run(project: Any, name: str, cell: str, **fields: float) -> None:
    """Add a run whose answer cell is other code."""
    first = nbformat.read(project.root / "notebooks" / "one.ipynb", as_version=4)
    for found in first.cells:
        if found["id"] == "answer":
            found.source = f"{cell}\n{found.source}"
    nbformat.write(first, project.root / "notebooks" / f"{name}.ipynb")
    with (project.root / "notebooks" / "runs.yml").open("a") as file:
        file.write(f'{name}:\n  notebook: "{name}"\n')
        file.writelines(f"  {field}: {value}\n" for field, value in fields.items())


def whole(folder: Path) -> bool:
    """Whether every page that stands in a report is the one that was written."""
    for summary in folder.glob("*/run.json"):
        content = json.loads(summary.read_text(encoding="utf-8"))
        for name, digest in content["files"].items():
            if file_hash(summary.parent / name) != digest:
                return False
    for name in ("index.html", "manifest.json"):
        page = folder / name
        if page.exists() and not page.read_bytes().rstrip().endswith((b"</html>", b"}")):
            return False
    return True


def children(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def is_kernel(process: psutil.Process) -> bool:
    try:
        return "ipykernel" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # Ended, or a zombie, since it was listed.
        return False


def start(project: Any, *arguments: object, **extra: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        project.command("report", *arguments), cwd=project.root, env=project.environment(**extra),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def gone(processes: list[psutil.Process], seconds: float = 10) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not [found for found in alive if found.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A temporary folder of the system for one report; sockets need a short path."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def test_killed_at_random_moments(mine: Any, temporary: Path) -> None:
    """Neither a damaged file at any time, nor another site in the end, nor anything left."""
    undisturbed = mine.files()
    seconds = json.loads((mine.folder / "logs" / "times.json").read_text())
    longest = max(seconds.values()) + 3
    draw = random.Random(20060424)
    shutil.rmtree(mine.folder)
    for kill in range(KILLS):
        process = start(mine, "--force", "--jobs", 2, TMPDIR=str(temporary))
        time.sleep(draw.uniform(0.3, longest))
        below = children(process)
        # Half of them alone, half with the pool; kernels have sessions of their own.
        with_children = kill % 2 == 0
        if process.poll() is None:
            (os.killpg if with_children else os.kill)(process.pid, signal.SIGKILL)
        process.communicate()
        assert whole(mine.folder), f"kill {kill}"
        assert gone(below), "a process outlived its report"
    (temporary / "analysis-pool-dead").mkdir()
    (temporary / "analysis-pool-dead" / ".lock").touch()
    # There is something to do, however far the killed reports came.
    shutil.rmtree(mine.folder / "one", ignore_errors=True)
    with locked(temporary / "analysis-pool-alive"):
        mine.main("report", "--jobs", 1, TMPDIR=str(temporary))
    assert [path.name for path in temporary.iterdir()] == ["analysis-pool-alive"]
    assert mine.files() == undisturbed
    assert not list(mine.folder.glob(".building-*"))


def test_killed_between_the_two_renames(mine: Any) -> None:
    """The one moment at which a page is away from its place."""
    undisturbed = mine.files()
    left = mine.folder / ".building-one-abc"
    left.mkdir()
    (mine.folder / "one").rename(left / "old")
    (left / "one").mkdir()
    (left / "one" / "index.html").write_text("half")
    (mine.folder / ".building-index.html-xyz").write_text("half")
    done = mine.here("report")
    assert "0 of 2 runs executed" in done.stdout
    assert mine.files() == undisturbed
    assert not list(mine.folder.glob(".building-*"))


def test_interrupted_from_the_keyboard(mine: Any) -> None:
    add_run(mine, "slow", "import time; time.sleep(60)")
    undisturbed = mine.files()
    process = start(mine, "--jobs", 2)
    while not any(is_kernel(found) for found in children(process)):
        assert process.poll() is None
        time.sleep(0.1)
    time.sleep(0.5)
    below = children(process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; what was done stands" in said.decode()
    assert "Traceback" not in said.decode()
    assert gone(below)
    after = mine.files()
    # The front page says which run has no page yet; nothing else is new.
    assert b"Without a page so far: slow" in after.pop("index.html")
    undisturbed.pop("index.html")
    assert after == undisturbed
    assert not list(mine.folder.glob(".building-*"))


def test_two_reports_in_one_folder(mine: Any) -> None:
    with locked(mine.folder):
        before = mine.files()
        done = mine.main("report", "--force", status=1)
        assert (
            f"another report is being written into reports (process {os.getpid()})" in done.stderr
        )
        assert mine.files() == before
    mine.here("report")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 700 kB; only root can mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def test_disk_full(mine: Any, small_disk: Path) -> None:
    folder = small_disk / "reports"
    shutil.copytree(mine.folder / "one", folder / "one")
    mine.here("report", "one", "--folder", folder)
    before = mine.files(folder)
    size = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(b"0" * max(0, size - 8_000))
    done = mine.main("report", "one", "--folder", folder, "--force", status=1)
    assert "there is no space left to write into" in done.stderr
    assert "free some and run again" in done.stderr
    assert {name: mine.files(folder)[name] for name in before} == before
    assert whole(folder)
    (small_disk / "filler").unlink()
    mine.here("report", "one", "--folder", folder)
    assert mine.files(folder) == before


def test_read_only_folder(mine: Any, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = mine.here("report", "--folder", small_disk / "reports", status=1)
    assert "cannot be written (Read-only file system); choose another --folder" in done.stderr


def test_a_file_where_the_folder_should_be(mine: Any) -> None:
    done = mine.here("report", "--folder", mine.root / "requirements.lock", status=1)
    assert "requirements.lock must be a folder" in done.stderr


def kernel(folder: Path, script: str) -> dict[str, str]:
    """An environment whose kernel python3 is a shell script."""
    program = folder / "kernel.sh"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    spec = folder / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    content = {
        "argv": [str(program), "{connection_file}"],
        "display_name": "x",
        "language": "python",
    }
    (spec / "kernel.json").write_text(json.dumps(content))
    return {"JUPYTER_PATH": str(folder / "jupyter")}


def test_a_kernel_that_does_not_start_is_tried_twice(mine: Any, tmp_path: Path) -> None:
    """The first run meets two kernels that end at once, the second one, and then one that works."""
    before = mine.files()
    tries = tmp_path / "tries"
    real = f'exec {sys.executable} -m ipykernel_launcher -f "$@"'
    script = f"echo try >> {tries}; echo kaputt >&2\n[ $(wc -l < {tries}) -gt 3 ] && {real}\nexit 1"
    done = mine.main("report", "--force", "--jobs", 1, status=1, **kernel(tmp_path, script))
    ended, started = _in_order(done.stderr)
    assert f"run {ended}: Kernel died before replying" in done.stderr
    assert "it was tried twice" in done.stderr
    assert tries.read_text() == 4 * "try\n"
    assert "kaputt" in (mine.folder / "logs" / f"{ended}.txt").read_text()
    assert f"run {started}" not in done.stderr
    assert mine.files() == before


def _in_order(said: str) -> list[str]:
    """Return the runs of a report in the order in which they ended."""
    return [line.split()[1] for line in said.splitlines() if line.startswith(("FAILED", "done"))]


def test_a_kernel_that_is_not_there(mine: Any, tmp_path: Path) -> None:
    missing = kernel(tmp_path, "")
    (tmp_path / "kernel.sh").unlink()
    done = mine.main("report", "one", "--force", status=1, **missing)
    assert "run one: the kernel 'python3' cannot be started, there is no" in done.stderr
    assert "pip install ipykernel" in done.stderr


def test_failures_of_one_run_leave_the_others(
    mine: Any, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error is tried once; a kernel, its server and a worker that die fail one run only.

    Whatever fails, nothing reaches the network, and nothing is left outside the report.
    """
    home, asked, tries = (tmp_path / name for name in ("home", "asked", "tries"))
    home.mkdir()
    shutil.copy(WITHOUT / "sitecustomize.py", mine.root)
    before = set(mine.root.rglob("*"))
    # Newer than its compiled form, which is then not the one to keep.
    helper = mine.root / "analysis" / "helper.py"
    helper.write_text(helper.read_text() + "\n")
    add_run(mine, "asks", "import socket; socket.getaddrinfo('example.org', 80)")
    add_run(mine, "asks-too", "import socket; socket.socket().connect(('192.0.2.1', 80))")
    change = "read = paths.DATA / 'one.csv'; read.write_text(read.read_text() + '3\\n')"
    add_run(mine, "changes", f"from analysis import paths; {change}")
    add_run(mine, "leaves", "import tempfile; tempfile.mkstemp(); tempfile.mkdtemp()")
    add_run(mine, "error", f"open({str(tries)!r}, 'a').write('x'); raise ValueError('no such arm')")
    add_run(mine, "kernel-dies", "import os; os.kill(os.getpid(), 9)")
    add_run(mine, "server-dies", "import os, time; os.kill(os.getppid(), 9); time.sleep(60)")
    add_run(mine, "worker-dies", "import psutil; psutil.Process().parents()[1].kill()")
    add_run(mine, "last", "")
    add_run(mine, "loops", "import itertools; [None for _ in itertools.count()]", timeout=1)
    add_run(mine, "no-results", "")
    path = mine.root / "notebooks" / "no-results.ipynb"
    path.write_text(path.read_text().replace("page.finish()", "1"))
    places = {"HOME": str(home), "TMPDIR": str(temporary), "CONNECTIONS": str(asked)}
    compiled = {path: path.read_bytes() for path in mine.root.rglob("*.pyc")}
    done = mine.main("report", "--jobs", 1, status=1, **places)
    assert [line.split(" by ")[0] for line in asked.read_text().splitlines()] == [
        "socket.getaddrinfo example.org",
        "socket.connect 192.0.2.1",
    ]
    for name in ("asks", "asks-too"):
        assert f"run {name} stopped in cell 4: a test allows no network" in done.stderr
    assert not list(temporary.iterdir())
    assert not list(home.rglob("*"))
    new = {path.relative_to(mine.root) for path in set(mine.root.rglob("*")) - before}
    assert {path.parts[0] for path in new} == {"reports", "notebooks"}
    assert {path: path.read_bytes() for path in mine.root.rglob("*.pyc")} == compiled
    # A file that changes while its run reads it: the page is made anew.
    mine.use(monkeypatch)
    jobs, _ = to_do(list(load_runs(mine.root / "notebooks" / "runs.yml").values()), mine.folder)
    assert {job.run.name: job.reason for job in jobs}["changes"] == "data/one.csv changed"
    assert (mine.folder / "leaves" / "index.html").is_file()
    assert "run error stopped in cell" in done.stderr
    assert "no such arm" in done.stderr
    assert tries.read_text() == "x"
    killed = "stopped in cell 4: its kernel was killed, perhaps for want of memory"
    for name in ("kernel-dies", "server-dies"):
        assert f"run {name} {killed}" in done.stderr
    assert "run loops was stopped in cell 4: it took longer than 1 s; give it" in done.stderr
    assert "run worker-dies: its worker was lost, perhaps for want of memory" in done.stderr
    assert "run no-results wrote no results; end its notebook with page.finish()" in done.stderr
    assert (mine.folder / "last" / "index.html").is_file()
    assert not (mine.folder / "error").exists()
    assert (mine.folder / "failed" / "error.ipynb").is_file()
    assert "no such arm" in (mine.folder / "logs" / "error.txt").read_text()


@pytest.mark.parametrize(
    "stopped", ["[1:2]", pytest.param("[:2]", marks=pytest.mark.thorough)],
    ids=["worker", "worker and server"],
)  # fmt: skip
def test_a_cell_that_stops_its_worker_ends_in_time(
    mine: Any, temporary: Path, stopped: str
) -> None:
    """What watches a cell hears nothing then; the limit holds from outside, for that run alone."""
    for file, given, less in (
        ("report/executor.py", "BEYOND = 300", "BEYOND = 3"),
        ("cluster.py", "LOOK, ABSENT = 5", "LOOK, ABSENT = 0.2"),
    ):
        path = mine.root / "analysis" / file
        assert given in path.read_text()
        path.write_text(path.read_text().replace(given, less))
    stop = f"import psutil; [each.suspend() for each in psutil.Process().parents(){stopped}]"
    add_run(mine, "stops", stop, timeout=2)
    add_run(mine, "beside", "import time; time.sleep(6)", seconds=9)
    process = start(mine, "stops", "beside", "--jobs", 2, TMPDIR=str(temporary))
    _, said = process.communicate(timeout=90)
    assert process.returncode == 1
    assert (
        "run stops: it did not end 3 s after its 2 s, and was ended from outside" in said.decode()
    )
    assert said.decode().count("FAILED") == 1
    assert (mine.folder / "beside" / "index.html").is_file()
    assert not list(temporary.iterdir())

"""A real Dask scheduler and two workers on loopback: the same bytes, whatever dies."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from project import WITHOUT

from analysis import cluster as clusters

GRID = """
title: "Does the total hang on x?"
notebook: "one"
parameters:
  x: [-1.0, 2.5, 4]
"""


class Cluster:
    """Processes that end with the test."""

    def __init__(self, environment: dict[str, str], folder: Path, workers: str) -> None:
        self.environment, self.folder = environment, folder
        self.processes: list[subprocess.Popen[bytes]] = []
        log = self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.address = self.wait_for(log, r"Scheduler at:\s+(tcp://\S+)")
        for started in [self.worker(name) for name in workers]:
            self.wait_for(started, r"(Registered to)")

    def worker(self, name: str) -> Path:
        return self.start(
            "worker", self.address, "--host", "127.0.0.1", "--nthreads", "1", "--name", name,
            "--no-dashboard", "--no-nanny", "--local-directory", self.folder / name,
        )  # fmt: skip

    def start(self, *arguments: object) -> Path:
        log = self.folder / f"{len(self.processes)}.log"
        with log.open("wb") as file:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", *map(str, arguments)],
                    cwd=self.folder,
                    env=self.environment,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        return log

    def wait_for(self, log: Path, pattern: str, seconds: float = 30) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := re.search(pattern, log.read_text()):
                return found[1]
            time.sleep(0.05)
        raise AssertionError(f"{pattern} not in {log.read_text()}")

    def close(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    made: list[Cluster] = []

    def make(mine: Any, workers: str = "ab", **extra: str) -> Cluster:
        folder = tmp_path / "cluster"
        folder.mkdir()
        made.append(Cluster(mine.environment(**extra), folder, workers))
        return made[0]

    yield make
    for each in made:
        each.close()


def test_a_grid_on_a_cluster_is_the_local_one(
    project: Any, tmp_path: Path, cluster: Callable[..., Cluster]
) -> None:
    mine = project.copy(tmp_path / "project")
    (mine.root / "grid.yml").write_text(GRID)
    local = mine.main("grid", "grid.yml", "--folder", "local", "--jobs", 1)
    assert "3 of 3 runs executed" in local.stdout
    # Neither the report nor the cluster goes farther than this machine, or writes elsewhere.
    shutil.copy(WITHOUT / "sitecustomize.py", mine.root)
    home, asked = tmp_path / "home", tmp_path / "asked"
    home.mkdir()
    places = {"HOME": str(home), "CONNECTIONS": str(asked)}
    running = cluster(mine, **places)
    before = set(mine.root.rglob("*"))
    done = subprocess.Popen(
        mine.command("grid", "grid.yml", "--folder", "far", "--scheduler", running.address),
        cwd=mine.root, env=mine.environment(**places),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    # One of the two workers dies while it has a run.
    assert done.stderr
    for line in iter(done.stderr.readline, b""):
        if line.startswith(b"done"):
            break
    os.killpg(running.processes[1].pid, signal.SIGKILL)
    out, said = done.communicate(timeout=120)
    assert done.returncode == 0, said.decode()
    assert "3 of 3 runs executed" in out.decode()
    assert mine.files("far") == mine.files("local")
    assert not asked.exists()
    assert not list(home.rglob("*"))
    new = {path.relative_to(mine.root).parts[0] for path in set(mine.root.rglob("*")) - before}
    assert new == {"far"}
    names = sorted(path.parent.name for path in (mine.root / "far").glob("*/index.html"))
    assert names == ["x-2.5", "x-4", "x-minus-1.0"]
    page = (mine.root / "far" / "index.html").read_text()
    assert "2 superior" in page
    assert "1 not shown" in page


def test_a_worker_with_other_code_is_refused(
    project: Any, tmp_path: Path, cluster: Callable[..., Cluster]
) -> None:
    far = project.copy(tmp_path / "far")
    with (far.root / "analysis" / "helper.py").open("a") as file:
        file.write("\n# another version\n")
    running = cluster(far)
    mine = project.copy(tmp_path / "mine")
    before = mine.files()
    done = mine.main("report", "--force", "--scheduler", running.address, status=1)
    assert "run one: analysis/helper.py on " in done.stderr
    assert "bring both to the same commit, lock and data" in done.stderr
    # The other run does not import what differs.
    assert "done      two" in done.stderr
    after = mine.files()
    after.pop("failed/one.ipynb", None)
    assert after == before


@pytest.mark.parametrize(
    ("killed", "sentence"),
    [
        (0, "run one: its worker was lost, perhaps for want of memory"),
        (1, "lost all its workers, and none came within 1 s; look into its log, start workers"),
    ],
    ids=["scheduler", "all workers"],
)
def test_what_dies_midway(
    project: Any, tmp_path: Path, cluster: Callable[..., Cluster], killed: int, sentence: str
) -> None:
    mine = project.copy(tmp_path / "project")
    path = mine.root / "analysis" / "cluster.py"
    shorter = path.read_text().replace("LOOK, ABSENT = 5, 60", "LOOK, ABSENT = 0.2, 1")
    assert shorter != path.read_text()
    path.write_text(shorter)
    before = mine.files()
    running = cluster(mine, "a")
    done = subprocess.Popen(
        mine.command("report", "--force", "--scheduler", running.address),
        cwd=mine.root, env=mine.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    worker = psutil.Process(running.processes[1].pid)
    while not worker.children():
        assert done.poll() is None
        time.sleep(0.05)
    os.killpg(running.processes[killed].pid, signal.SIGKILL)
    _, said = done.communicate(timeout=90)
    assert done.returncode == 1
    assert said.decode().count(sentence.replace("run one: ", "")) == 2
    assert sentence in said.decode()
    assert "Traceback" not in said.decode()
    assert mine.files() == before


def test_workers_without_the_project(
    project: Any, tmp_path: Path, cluster: Callable[..., Cluster]
) -> None:
    """Neither they nor their scheduler end by what they cannot read."""
    lacking = tmp_path / "lacking"
    lacking.mkdir()
    (lacking / "analysis.py").write_text("raise ModuleNotFoundError(\"No module 'analysis'\")\n")
    running = cluster(project, "a", PYTHONPATH=str(lacking))
    done = project.main("report", "--force", "--scheduler", running.address, status=1)
    for run in ("one", "two"):
        assert f"run {run}: its worker lacks the project or a package of its lock" in done.stderr
    assert "(No module 'analysis'); install it there at the same commit" in done.stderr
    assert all(process.poll() is None for process in running.processes)
    # A cluster that nobody is left in says so at once.
    os.killpg(running.processes[1].pid, signal.SIGKILL)
    while running.processes[1].poll() is None:
        time.sleep(0.05)
    done = project.main("report", "--force", "--scheduler", running.address, status=1)
    assert f"the scheduler at {running.address} has no worker; start one with: " in done.stderr


def test_no_scheduler_is_one_sentence(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # It is tried again until the time is up.
    monkeypatch.setattr(clusters, "TIMEOUT", 1)
    done = project.here("report", "--force", "--scheduler", "tcp://127.0.0.1:1", status=1)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("to do")]
    assert len(lines) == 1
    assert lines[0].startswith("error: no Dask scheduler answers at tcp://127.0.0.1:1")
    assert "scheduler" in lines[0].partition("start one with")[2]


def test_jobs_and_scheduler_exclude_each_other(project: Any) -> None:
    done = project.here("report", "--jobs", 2, "--scheduler", "tcp://127.0.0.1:1", status=1)
    assert "give one" in done.stderr
    done = project.here("report", "--jobs", 0, status=1)
    assert "--jobs must be 1 or more; got 0" in done.stderr

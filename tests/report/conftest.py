import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import project as projects
import pytest

from analysis import paths
from analysis.report.build import build
from analysis.report.lock import locked


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full report, for all tests that read it.

    What stands in ``reports`` is taken over where it is up to date; the rest is executed, by
    the first of several test processes that asks.
    """
    own = tmp_path_factory.mktemp("reports")
    shared = _shared(tmp_path_factory, "shared-report")
    with locked(shared, wait=True):
        if not (shared / "built").is_dir():
            _take_over(shared / "built")
            build(projects.runs_of_the_project(), folder=shared / "built")
    shutil.copytree(shared / "built", own, dirs_exist_ok=True)
    return own


def _shared(tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that the test processes of pytest-xdist, which have one each, have in common."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name


def _take_over(folder: Path) -> None:
    for run in paths.REPORTS.glob("*/run.json"):
        # Half a copy, of a page that is just being replaced, counts as damaged.
        with suppress(OSError):
            shutil.copytree(run.parent, folder / run.parent.name)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tiny project with its report; tests that change it work on a copy.

    It is made by the first of several test processes that asks.
    """
    own = tmp_path_factory.mktemp("projects")
    shared = _shared(tmp_path_factory, "shared-project")
    built = projects.Project(shared / "built")
    with locked(shared, wait=True):
        if not built.root.is_dir():
            made = projects.make_project(own / "made")
            made.main("report", "--jobs", 1)
            made.root.rename(built.root)
    return built.copy(own / "project")

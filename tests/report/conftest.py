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
    base = tmp_path_factory.getbasetemp()
    # Test processes of pytest-xdist have folders beside one another.
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared-report"
    with locked(shared, wait=True):
        if not (shared / "built").is_dir():
            _take_over(shared / "built")
            build(projects.runs_of_the_project(), folder=shared / "built")
    shutil.copytree(shared / "built", own, dirs_exist_ok=True)
    return own


def _take_over(folder: Path) -> None:
    for run in paths.REPORTS.glob("*/run.json"):
        # Half a copy, of a page that is just being replaced, counts as damaged.
        with suppress(OSError):
            shutil.copytree(run.parent, folder / run.parent.name)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tiny project with its report; tests that change it work on a copy."""
    made = projects.make_project(tmp_path_factory.mktemp("projects") / "project")
    made.main("report", "--jobs", 2)
    return made

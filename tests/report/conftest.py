import importlib.util
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from analysis import paths
from analysis.report.build import build
from analysis.report.lock import locked


def _load(name: str) -> ModuleType:
    """Import a helper that stands beside this file, under importlib's import mode."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"report_{name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


projects = _load("project")


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

from pathlib import Path

import pytest

from analysis.report.build import build
from analysis.report.runs import load_runs


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full report, built once for all tests that read it."""
    folder = tmp_path_factory.mktemp("reports")
    build(list(load_runs().values()), folder=folder)
    return folder

"""Fixtures that several test modules share."""

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from lab import CHROMIUM, OPTIONS

from analysis import paths
from analysis.sources.audit import Finding, audit_ledger
from analysis.sources.evidence import Ledger, load_ledger
from analysis.sources.registry import write_registry

# A busy machine is no defect: how long one example takes is not what these tests are about.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


gc.disable()  # While everything is imported, of which nothing is garbage: a third of that time.


def pytest_collection_finish() -> None:
    """Spare the garbage collector what was imported and collected: it stays to the end.

    Some of what is tested against has it walk through everything at each call. Afterwards it looks
    seldom: a tenth of the time of tests that make frames was its.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium that asks no network for anything; skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("needs Debian's chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    return load_ledger()


@pytest.fixture(scope="session")
def findings(ledger: Ledger) -> list[Finding]:
    return audit_ledger(ledger)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A copy of the published ledger with its own registry, free to be broken."""
    folder = tmp_path / "published"
    shutil.copytree(paths.PUBLISHED, folder)
    write_registry(tmp_path / "registry.txt")
    return folder

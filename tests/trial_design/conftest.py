"""Runs of the page: as it is by default, and with other parameters."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger
from analysis.trial_design.settings import DesignParameters, DesignRun, resolve

RunOf = Callable[..., DesignRun]


@pytest.fixture(scope="session")
def run_of(ledger: Ledger, findings: Sequence[Finding]) -> RunOf:
    def make(**given: Any) -> DesignRun:
        return resolve(DesignParameters.checked(given), ledger, findings)

    return make


@pytest.fixture(scope="session")
def default_run(run_of: RunOf) -> DesignRun:
    return run_of(simulations=1_000, missing_trials=64)

"""The run of a question on a ledger, the same one for all tests that ask it.

A run keeps what was worked out for it.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from analysis.contrasts.settings import ContrastParameters, ContrastRun, resolve
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger


def asked(ledger: Ledger, findings: Iterable[Finding], **given: Any) -> ContrastRun:
    """Return the run of some parameters, others at their defaults."""
    return _resolved(ledger, tuple(findings), ContrastParameters.checked(given).model_dump_json())


@lru_cache(maxsize=32)
def _resolved(ledger: Ledger, findings: tuple[Finding, ...], parameters: str) -> ContrastRun:
    return resolve(ContrastParameters.model_validate_json(parameters), ledger, list(findings))

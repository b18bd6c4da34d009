"""The source audit: general rules, run over every study of the published ledger.

No rule names a study or a row. Each module holds the rules of one kind; `RULES` is all of
them, and `audit_ledger` runs them.
"""

from collections.abc import Sequence
from functools import lru_cache

import pandas as pd

from analysis.sources.audit import adjustment, agreement, counts, growth, printed_tables, spread
from analysis.sources.audit.finding import SEVERITIES, Finding, Rule, to_frame
from analysis.sources.audit.usable import unusable_sds, without_unusable_sds
from analysis.sources.evidence import Ledger

__all__ = [
    "RULES",
    "SEVERITIES",
    "Finding",
    "Rule",
    "audit_ledger",
    "excluded_results",
    "to_frame",
    "unusable_sds",
    "without_unusable_sds",
]

MODULES = (printed_tables, agreement, spread, adjustment, counts, growth)
RULES = tuple(
    each for module in MODULES for each in vars(module).values() if isinstance(each, Rule)
)


def audit_ledger(ledger: Ledger) -> list[Finding]:
    """Run every rule over the whole ledger.

    Parameters
    ----------
    ledger
        The published ledger, unfiltered: some rules compare studies with one another.

    Returns
    -------
    list of Finding
        The gravest first, then in the order of `RULES`.
    """
    return list(_found(ledger))


@lru_cache(maxsize=2)
def _found(ledger: Ledger) -> tuple[Finding, ...]:
    """Return the findings in a ledger; every notebook and every value of a parameter has them."""
    findings = [finding for rule in RULES for finding in rule.check(ledger)]
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def excluded_results(findings: Sequence[Finding]) -> pd.Series:
    """Return the rows that the audit takes out of every summary: result_id → the reason."""
    reasons = {
        result_id: f"{finding.rule}: {finding.action}"
        for finding in reversed(findings)
        if finding.excludes
        for result_id in finding.result_ids
    }
    return pd.Series(reasons, name="reason", dtype=str)

"""SDs that the audit allows no calculation to use."""

from collections.abc import Sequence

import pandas as pd

from analysis.sources.audit.finding import Finding
from analysis.sources.evidence import Ledger

UNUSABLE_SD = ("SD contradicts the interval", "SD too small for children")
"""Rules whose findings say that a printed SD is none; every calculation minds them."""


def unusable_sds(ledger: Ledger, findings: Sequence[Finding], *rules: str) -> dict[str, str]:
    """Return the SDs that no calculation may use: result_id → the rule that says so.

    Parameters
    ----------
    ledger
        The published ledger.
    findings
        What the audit found in it.
    *rules
        Rules that count beside `UNUSABLE_SD`, for a calculation that minds more.
    """
    minded = (*UNUSABLE_SD, *rules)
    rows = ledger.results
    sds = set(rows.loc[rows["statistic"] == "sd", "result_id"])
    return {
        result_id: finding.rule
        for finding in findings
        if finding.rule in minded
        for result_id in finding.result_ids
        if result_id in sds
    }


def without_unusable_sds(
    arms: pd.DataFrame, ledger: Ledger, findings: Sequence[Finding], *rules: str
) -> pd.DataFrame:
    """Return arms without the SDs that no calculation may use, and why in ``sd_method``.

    Parameters
    ----------
    arms
        Of `analysis.sources.evidence.arm_summaries`.
    ledger
        The published ledger.
    findings
        What the audit found in it.
    *rules
        As in `unusable_sds`.
    """
    named = unusable_sds(ledger, findings, *rules)
    why = pd.Series(
        [
            next((named[row] for row in ids.split("; ") if row in named), "")
            for ids in arms["result_ids"]
        ],
        arms.index,
        dtype=object,
    )
    refused = (why != "") & (arms["sd_method"] == "reported")
    return arms.assign(
        sd=arms["sd"].mask(refused), sd_method=arms["sd_method"].mask(refused, "not used: " + why)
    )

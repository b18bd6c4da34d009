"""SDs that the audit allows no calculation to use: those that a finding names, and no other."""

from __future__ import annotations

import pandas as pd

from analysis.contrasts.settings import ContrastRun


def contradicted_sds(run: ContrastRun, *rules: str) -> set[tuple[str, str, str, float]]:
    """Return the cells, as (study, arm, endpoint, months), whose SD no calculation may use.

    Parameters
    ----------
    run
        What is compared.
    *rules
        Names of the audit's rules that count.
    """
    ids = {row for finding in run.findings if finding.rule in rules for row in finding.result_ids}
    rows = run.ledger.results
    rows = rows[rows["result_id"].isin(ids) & (rows["statistic"] == "sd")]
    cells = rows[["study_id", "arm_id", "paramcd", "months"]]
    return set(cells.itertuples(index=False, name=None))


def usable_sds(run: ContrastRun, arms: pd.DataFrame, *rules: str) -> pd.Series:
    """Return the SDs of arms on the endpoint of the run, those missing that a finding names.

    Parameters
    ----------
    run
        What is compared.
    arms
        ``study_id, arm_id, months, sd``, one row an arm.
    *rules
        Names of the audit's rules that count.
    """
    named = contradicted_sds(run, *rules)
    bad = [
        (row.study_id, row.arm_id, run.endpoint, row.months) in named
        for row in arms.itertuples(index=False)
    ]
    return arms["sd"].mask(pd.Series(bad, arms.index, dtype=bool))

"""SDs that the audit allows no calculation to use: those that a finding names, and no other."""

from __future__ import annotations

import pandas as pd

from analysis.contrasts.settings import ContrastRun

CELL = ["study_id", "arm_id", "paramcd", "months"]


def contradicted_sds(run: ContrastRun, *rules: str) -> pd.MultiIndex:
    """Return the SDs that findings of the audit name.

    Parameters
    ----------
    run
        What is compared.
    *rules
        Names of the audit's rules that count.

    Returns
    -------
    pandas.MultiIndex
        ``study_id, arm_id, paramcd, months`` of each.
    """
    ids = {row for finding in run.findings if finding.rule in rules for row in finding.result_ids}
    rows = run.ledger.results
    rows = rows[rows["result_id"].isin(ids) & (rows["statistic"] == "sd")]
    return pd.MultiIndex.from_frame(rows[CELL].drop_duplicates())


def usable_sds(
    run: ContrastRun, arms: pd.DataFrame, *rules: str, arm: str = "arm_id", sd: str = "sd"
) -> pd.Series:
    """Return the SDs of a frame of arms, those missing that a finding names.

    Parameters
    ----------
    run
        What is compared; the SDs are of its endpoint.
    arms
        One row an arm or pair, with ``study_id``, ``months`` and the columns `arm` and `sd`.
    *rules
        Names of the audit's rules that count.
    arm, sd
        Columns of the arm and of its SD.
    """
    cells = arms[["study_id", arm, "months"]].rename(columns={arm: "arm_id"})
    cells = pd.MultiIndex.from_frame(cells.assign(paramcd=run.endpoint)[CELL])
    return arms[sd].mask(cells.isin(contradicted_sds(run, *rules)))

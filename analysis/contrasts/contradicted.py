"""SDs that the audit allows no calculation to use."""

from __future__ import annotations

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

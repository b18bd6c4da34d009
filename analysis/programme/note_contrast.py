"""Whether the source document's own table could carry a contrast."""

from __future__ import annotations

import pandas as pd

from analysis.programme.note_reports import copied_rows
from analysis.programme.words import NOT_ESTIMABLE, PUBLISHED, listed, month_words
from analysis.results import Results, Stat, from_frame
from analysis.sources.audit import Finding
from analysis.sources.evidence import TWELVE_MONTHS, Ledger


def controlled_contrast(ledger: Ledger, findings: list[Finding]) -> Results:
    """Say whether the document's controlled trial gives a contrast, and why not.

    Parameters
    ----------
    ledger
        The published ledger.
    findings
        What the audit found.

    Returns
    -------
    Results
        For each comparative table of the document one ``conclusion`` and its ``reason``.

    Notes
    -----
    Estimand asked for: the difference in mean change of height velocity at 12 months. It needs
    mean, SD and n of both arms, in the population that the table is about.
    """
    copied = copied_rows(ledger, findings)
    cells = ledger.described()
    cells = cells[(cells["evidence"] == "note") & cells["role"].isin(["test", "comparator"])]
    rows = []
    for (study, label, indication), table in cells.groupby(["study_id", "label", "indication"]):
        test, comparator = (table[table["role"] == role] for role in ("test", "comparator"))
        reasons = []
        if table["result_id"].isin(copied).any():
            reasons.append("the growth values of its table are those of another population")
        for arms in (test, comparator):
            at_12 = arms[(arms["months"] == TWELVE_MONTHS) & (arms["statistic"] == "mean")]
            if (at_12["reported"] == "no").all():
                reasons.append(f"the 12-month value of {arms['product'].iloc[0]} is not reported")
        if not table["statistic"].isin(["sd", "se", "ci_low"]).any():
            reasons.append("no cell has a standard deviation or an interval")
        rows.append(
            {
                "group1_level": f"{test['product'].iloc[0]} − {comparator['product'].iloc[0]}",
                "group2_level": indication,
                "variable": "Change in height velocity",
                "variable_level": month_words(TWELVE_MONTHS),
                "conclusion": NOT_ESTIMABLE if reasons else "estimable",
                "reason": listed(reasons),
                "source": table["source_id"].iloc[0],
                "note": f"{label} ({study})",
            }
        )
    return from_frame(
        pd.DataFrame(rows),
        {
            "conclusion": Stat("conclusion", "Conclusion"),
            "reason": Stat("reason", "Because"),
        },
        analysis_id="controlled-contrast",
        group1="contrast",
        group2="indication",
        context="published",
        data_status=PUBLISHED,
    )

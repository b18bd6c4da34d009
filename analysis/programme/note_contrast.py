"""Whether the source document's own table could carry a contrast, as a page shows it."""

from __future__ import annotations

import numpy as np

from analysis.programme.words import PUBLISHED, month_words
from analysis.results import NOT_ESTIMABLE, Results, Stat, from_frame
from analysis.sources.audit import Finding
from analysis.sources.evidence import TWELVE_MONTHS, Ledger
from analysis.sources.note_contrasts import note_contrasts


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
    Estimand asked for: the difference in mean change of height velocity at 12 months.
    """
    tables = note_contrasts(ledger, findings)
    return from_frame(
        tables.assign(
            group1_level=tables["product"] + " − " + tables["comparator"],
            group2_level=tables["indication"],
            variable="Change in height velocity",
            variable_level=month_words(TWELVE_MONTHS),
            conclusion=np.where(tables["reason"] != "", NOT_ESTIMABLE, "estimable"),
            source=tables["source_id"],
            note=tables["label"] + " (" + tables["study_id"] + ")",
        ),
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

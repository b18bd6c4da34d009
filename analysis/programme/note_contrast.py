"""Whether the source document's own tables could carry a contrast."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.display.reading import Reading
from analysis.programme.settings import YEAR, ProgrammeRun
from analysis.results import NOT_ESTIMABLE, Results, section
from analysis.sources.note_contrasts import note_contrasts
from analysis.sources.schemas import INDICATIONS


@section
def controlled_contrast(run: ProgrammeRun) -> Results:
    """Say whether the document's controlled trial gives a contrast, and why not.

    Returns
    -------
    Results
        For each comparative table of the document one ``conclusion`` and its ``reason``.

    Notes
    -----
    Estimand asked for: the difference in mean change of height velocity at 12 months.
    """
    tables = note_contrasts(run.ledger, run.findings)
    frame = pd.DataFrame(
        {
            "group1_level": tables["product"] + " − " + tables["comparator"],
            "group2_level": tables["indication"],
            "variable": "Change in height velocity",
            "variable_level": YEAR,
            "conclusion": np.where(tables["reason"] != "", NOT_ESTIMABLE, "estimable"),
            "reason": tables["reason"],
            "source": tables["source_id"],
            "note": tables["label"] + " (" + tables["study_id"] + ")",
        }
    )
    return run.results(
        frame, "controlled-contrast", group1="contrast", group2="indication", context="published"
    )


@controlled_contrast.shows
def note_contrast_reading(contrast: Results, _run: ProgrammeRun) -> Reading:
    """Show whether the document's own table could carry its contrast."""
    sentences = [
        f"The document's own table on {row['group1_level'].replace(' − ', ' against ')} in "
        f"{INDICATIONS[row['group2_level']]}: a contrast is {row['conclusion']} from it"
        + (f", because {row['reason']}." if isinstance(row.get("reason"), str) else ".")
        for row in contrast.wide().to_dict("records")
    ]
    return Reading(sentences, contrast)

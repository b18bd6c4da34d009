"""Patients calibrated to the published numbers of any study of the ledger.

`printed` reads the numbers, `groups` says who the participants are, `sample` draws their values
and `moving` moves them until the numbers (`goals`, `statistics`) come out; `counts` deals events
and facts; `tables`, `plan` and `assumed` write the folder, and `recount` computes every number
anew from it.
"""

from analysis.sources.synthetic.calibrated.assumed import StudyAssumptions
from analysis.sources.synthetic.calibrated.calibrate import (
    Calibrated,
    as_stored,
    calibrate,
    synthesise_study,
)

__all__ = ["Calibrated", "StudyAssumptions", "as_stored", "calibrate", "synthesise_study"]

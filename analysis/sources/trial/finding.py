"""What a check of a trial folder finds: file, column, row, rule, value."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from analysis.brief import brief

PLAN = "trial.yml"
Severity = Literal["error", "note"]


@brief
@dataclass(frozen=True, slots=True)
class TrialFinding:
    """One finding in a trial folder.

    Parameters
    ----------
    file
        Table or ``trial.yml``.
    column
        Variable; "" where the finding concerns the whole table.
    row
        First row concerned, counted from 1 without the header; None for none.
    rule
        Short name of the rule.
    value
        The value found, as text.
    message
        The rule in words and what to do.
    severity
        ``"error"`` stops the analysis, ``"note"`` is worth knowing.
    count
        Rows concerned.
    """

    file: str
    column: str
    rule: str
    message: str
    severity: Severity = "error"
    row: int | None = None
    value: str = ""
    count: int = 1


COLUMNS = ["severity", "file", "column", "row", "rule", "value", "count", "message"]


def findings_frame(findings: Iterable[TrialFinding]) -> pd.DataFrame:
    """Return findings as a frame with `COLUMNS`, errors first."""
    frame = pd.DataFrame([asdict(finding) for finding in findings], columns=COLUMNS)
    frame["row"] = frame["row"].astype("Int64")
    return frame.sort_values("severity", kind="stable", ignore_index=True)

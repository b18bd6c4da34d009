"""Whether the source document's own comparative tables could carry a contrast."""

from collections.abc import Iterable
from functools import lru_cache

import pandas as pd

from analysis.sources.audit import Finding
from analysis.sources.evidence import TWELVE_MONTHS, Ledger
from analysis.sources.note_reports import copied_rows
from analysis.words import listed

COLUMNS = "study_id label indication product comparator reason source_id".split()


def note_contrasts(ledger: Ledger, findings: Iterable[Finding]) -> pd.DataFrame:
    """Return each comparative table of the document, and why it gives no contrast.

    Parameters
    ----------
    ledger
        The published ledger.
    findings
        What the audit found.

    Returns
    -------
    pandas.DataFrame
        ``study_id, label, indication, product, comparator, reason, source_id``, one row a
        table; ``reason`` is "" where nothing stands against a contrast.

    Notes
    -----
    A contrast needs mean, SD and n of both arms, in the population that the table is about.
    """
    return _found(ledger, tuple(findings)).copy(deep=False)


@lru_cache(maxsize=8)
def _found(ledger: Ledger, findings: tuple[Finding, ...]) -> pd.DataFrame:
    copied = copied_rows(ledger, findings)
    cells = ledger.described()
    cells = cells[(cells["evidence"] == "note") & cells["role"].isin(["test", "comparator"])]
    rows = []
    for (study, label, indication), table in cells.groupby(["study_id", "label", "indication"]):
        test, comparator = (table[table["role"] == role] for role in ("test", "comparator"))
        names = [arms["product"].iloc[0] for arms in (test, comparator)]
        reason = listed(_reasons(table, [test, comparator], copied))
        rows.append((study, label, indication, *names, reason, table["source_id"].iloc[0]))
    return pd.DataFrame(rows, columns=COLUMNS)


def _reasons(table: pd.DataFrame, sides: list[pd.DataFrame], copied: Iterable[str]) -> list[str]:
    reasons = []
    if table["result_id"].isin(list(copied)).any():
        reasons.append("the growth values of its table are those of another population")
    for arms in sides:
        at_12 = arms[(arms["months"] == TWELVE_MONTHS) & (arms["statistic"] == "mean")]
        if (at_12["reported"] == "no").all():
            reasons.append(f"the 12-month value of {arms['product'].iloc[0]} is not reported")
    if not table["statistic"].isin(["sd", "se", "ci_low"]).any():
        reasons.append("no cell has a standard deviation or an interval")
    return reasons

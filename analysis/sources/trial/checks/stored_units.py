"""The unit of each parameter of a table, as AVALU or the bracket in PARAM states it."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

BRACKET = re.compile(r"\(((?:[^()]|\([^()]*\))+)\)\s*$")
"""The unit closes the PARAM: ``Glucose (mmol/L)``, ``Haemoglobin (fmol(Fe))``."""
PARAMETER = ("PARAMCD", "PARAM", "AVALU")


class Stored(NamedTuple):
    """A combination of PARAMCD, PARAM and AVALU: its unit, which of the two states it, where."""

    code: str
    label: str
    column: str
    unit: str
    row: int
    records: int


def stored_units(table: pd.DataFrame, keys: np.ndarray) -> tuple[list[Stored], np.ndarray]:
    """Return the combinations of a table, and the place among them of each record.

    Parameters
    ----------
    table
        `PARAMETER`, as far as they are there and text.
    keys
        Equal where these are.
    """
    # A handful of combinations, whatever the number of records.
    which, _ = pd.factorize(keys)
    _, first, counts = np.unique(which, return_index=True, return_counts=True)
    each = table.iloc[first].reindex(columns=list(PARAMETER), fill_value="")
    stored = []
    rows = zip(*(each[name] for name in PARAMETER), first, counts, strict=True)
    for code, label, stated, at, count in rows:
        bracket = BRACKET.search(label)
        unit = stated or (bracket.group(1) if bracket else "")
        column = "AVALU" if stated else "PARAM"
        stored.append(Stored(code, label, column, unit, int(at) + 1, int(count)))
    return stored, which

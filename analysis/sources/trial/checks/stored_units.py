"""The unit of each parameter of a table, as AVALU or the bracket in PARAM states it."""

import re

import pandas as pd

from analysis.sources.trial.columns import row_keys, text

BRACKET = re.compile(r"\(((?:[^()]|\([^()]*\))+)\)\s*$")
"""The unit closes the PARAM: ``Glucose (mmol/L)``, ``Haemoglobin (fmol(Fe))``."""


def stored_units(table: pd.DataFrame) -> pd.DataFrame:
    """Return each PARAMCD with the unit that AVALU or the bracket in PARAM gives."""
    columns = [name for name in ("PARAMCD", "PARAM", "AVALU") if text(table, name) is not None]
    if "PARAMCD" not in columns:
        return pd.DataFrame(columns=["code", "column", "unit", "row", "count"])
    # A handful of combinations, whatever the number of records.
    keys = row_keys(table, columns)
    first = ~keys.duplicated()
    units = table.loc[first, columns].rename(columns={"PARAMCD": "code"})
    units["row"], units["count"] = units.index + 1, keys[first].map(keys.value_counts())
    brackets = [BRACKET.search(label) for label in units.get("PARAM", pd.Series(dtype=str))]
    units["unit"] = [found.group(1) if found else "" for found in brackets] or ""
    units["column"] = "PARAM"
    if "AVALU" in units:
        stated = units["AVALU"] != ""
        units.loc[stated, "unit"] = units["AVALU"][stated]
        units.loc[stated, "column"] = "AVALU"
    return units

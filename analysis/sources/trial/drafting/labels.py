"""What a parameter is called and measured in, from PARAM and AVALU."""

from collections.abc import Mapping

import pandas as pd

from analysis.sources.trial.checks.stored_units import BRACKET


def label_of(records: pd.DataFrame, paramcd: str) -> str:
    """Return PARAM of a parameter's records, or its code where there is none."""
    if "PARAM" not in records or pd.api.types.is_numeric_dtype(records["PARAM"]):
        return paramcd
    labels = [label for label in records["PARAM"].unique() if label]
    return str(labels[0]) if len(labels) == 1 else paramcd


def unit_of(records: pd.DataFrame) -> str:
    """Return the one unit that AVALU or the bracket in PARAM states; "" for none or several."""
    for name in ("AVALU", "PARAM"):
        if name not in records or pd.api.types.is_numeric_dtype(records[name]):
            continue
        said = {str(value) for value in records[name].unique() if value}
        if name == "PARAM":
            said = {found.group(1) for value in said if (found := BRACKET.search(value))}
        if said:
            return said.pop() if len(said) == 1 else ""
    return ""


def without_unit(label: str) -> str:
    """Return a label without the unit in brackets at its end.

    Examples
    --------
    >>> without_unit("Weight (kg)"), without_unit("(kg)")
    ('Weight', '(kg)')
    """
    return BRACKET.sub("", label).strip() or label


def common_units(tables: Mapping[str, pd.DataFrame], paramcds: list[str]) -> dict[str, str]:
    """Return PARAMCD → unit, for those that have the same one in every table."""
    found = {}
    for paramcd in dict.fromkeys(paramcds):
        own = [table[table["PARAMCD"] == paramcd] for table in tables.values()]
        units = {unit_of(records) for records in own if len(records)}
        if len(units) == 1 and (unit := units.pop()):
            found[paramcd] = unit
    return found

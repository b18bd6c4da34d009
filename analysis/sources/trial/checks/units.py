"""Rules on units: those of the data are those of the plan."""

import re
from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study, nearest, row_keys, text
from analysis.sources.trial.finding import PLAN, Severity, TrialFinding

BRACKET = re.compile(r"\(((?:[^()]|\([^()]*\))+)\)\s*$")
"""The unit closes the PARAM: ``Glucose (mmol/L)``, ``Haemoglobin (fmol(Fe))``."""


def units_are_as_declared(study: Study) -> Iterator[TrialFinding]:
    """Find parameters whose unit in the data is not the one that trial.yml declares."""
    seen = {name: _stored_units(table) for name, table in study.bds.items()}
    codes = {code for units in seen.values() for code in units["code"]}
    for code, declared in study.plan.units.items():
        if study.bds and code not in codes:
            message = f"units declares a PARAMCD that no table has{nearest(code, codes)}"
            yield TrialFinding(PLAN, "units", "parameter in no table", message, "note", value=code)
        for name, units in seen.items():
            yield from _compared(name, units[units["code"] == code], declared, "error")
    for endpoint in study.plan.endpoints.all:
        # The unit of an endpoint is what is shown; a bracket in PARAM need not be a unit
        # (Height SDS (CDC 2000)), so a difference is worth a look and no more.
        if endpoint.unit and endpoint.paramcd not in study.plan.units:
            name = endpoint.dataset.lower()
            units = seen.get(name, _stored_units(pd.DataFrame()))
            units = units[(units["code"] == endpoint.paramcd) & (units["unit"] != "")]
            yield from _compared(name, units, endpoint.unit, "note")


def _stored_units(table: pd.DataFrame) -> pd.DataFrame:
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


def _compared(
    name: str, units: pd.DataFrame, declared: str, severity: Severity
) -> Iterator[TrialFinding]:
    for unit in units.itertuples():
        if not unit.unit:
            message = (
                f"trial.yml declares {declared}, and neither AVALU nor a bracket in PARAM states "
                "a unit to compare"
            )
            rule, at = "unit not stated", (unit.row, unit.code, unit.count)
            yield TrialFinding(name, "PARAM", rule, message, "note", *at)
        elif _plain(unit.unit) != _plain(declared):
            message = f"trial.yml declares {declared} for {unit.code}; convert the values or "
            rule, at = "unit not as declared", (unit.row, unit.unit, unit.count)
            yield TrialFinding(name, unit.column, rule, f"{message}correct the plan", severity, *at)


def _plain(unit: str) -> str:
    """Return a unit without the differences that are only ways of writing."""
    unit = re.sub(r"\s", "", unit).casefold().replace("μ", "u").replace("µ", "u")
    return re.sub(r"/(?:yr|y|a|years?)\b", "/year", unit)

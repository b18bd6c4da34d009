"""Rules on values: finite, plausible, present, and one meaning per parameter."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.sources.trial.checks.study import Study, found, number, row_keys, text
from analysis.sources.trial.finding import TrialFinding

ABSURD = 1e15
"""Larger than any count per litre; SAS and R write missing values as 1e300 or so."""
CODES = (-99.0, -999.0, -9999.0, 9999.0, 99999.0, 999999.0)
"""Numbers that stand for "missing" in many a data set."""
PLAUSIBLE = {"AGE": (0, 120), "HEIGHTBL": (30, 230), "WEIGHTBL": (0.4, 400), "BMIBL": (5, 100)}
DURATIONS = ("ADURN", "TRTDURD", "TRTDURM", "TRTDURY")


def numbers_are_finite(study: Study) -> Iterator[TrialFinding]:
    """Find infinite and absurd numbers in any variable."""
    for name, table in study.tables.items():
        for column in table.select_dtypes("number"):
            values = table[column]
            message = "a number must be finite and below 1e15; correct it or leave it empty"
            yield from found(
                name,
                values.abs() >= ABSURD,
                "number absurd",
                message,
                column=column,
                values=values,
            )


def missing_is_empty(study: Study) -> Iterator[TrialFinding]:
    """Note values that look like a code for "missing"."""
    for name, table in study.bds.items():
        values = number(table, "AVAL")
        if values is not None:
            yield from found(
                name,
                values.isin(CODES),
                "code for missing",
                "looks like a code for a missing value; if it is one, leave the cell empty",
                column="AVAL",
                values=values,
                severity="note",
            )


def characteristics_are_plausible(study: Study) -> Iterator[TrialFinding]:
    """Find ages, heights and weights that nobody has."""
    for column, (low, high) in PLAUSIBLE.items():
        values = number(study.adsl, column)
        if values is not None:
            yield from found(
                "adsl",
                (values < low) | (values > high),
                "value implausible",
                f"{column} must be between {low} and {high}; correct value or unit",
                column=column,
                values=values,
            )


def durations_are_positive(study: Study) -> Iterator[TrialFinding]:
    """Find negative durations."""
    for name, table in study.tables.items():
        for column in DURATIONS:
            values = number(table, column)
            if values is not None and (name == "adsl" or column not in study.adsl):
                message = "a duration cannot be negative; derive it anew"
                yield from found(
                    name, values < 0, "negative duration", message, column=column, values=values
                )


def values_are_there(study: Study) -> Iterator[TrialFinding]:
    """Note analysed records without a value."""
    for name, table in study.bds.items():
        values = number(table, "AVAL")
        if values is not None:
            yield from found(
                name,
                study.counted(name) & values.isna(),
                "value missing",
                "analysed records without AVAL; they count as missing",
                column="AVAL",
                severity="note",
            )


def parameters_have_one_name(study: Study) -> Iterator[TrialFinding]:
    """Find a PARAMCD that stands for more than one PARAM, and so perhaps for two units."""
    for name, table in study.bds.items():
        code, label = text(table, "PARAMCD"), text(table, "PARAM")
        if code is None or label is None:
            continue
        pairs = table.loc[~row_keys(table, ["PARAMCD", "PARAM"]).duplicated(), ["PARAMCD", "PARAM"]]
        several = pairs.groupby("PARAMCD")["PARAM"].transform("size") > 1
        for parameter in sorted(pairs["PARAMCD"][several].unique()):
            labels = " / ".join(sorted(pairs["PARAM"][pairs["PARAMCD"] == parameter]))
            yield from found(
                name,
                code == parameter,
                "PARAMCD has several PARAM",
                f"one PARAMCD must have one PARAM, with one unit; got {labels}",
                column="PARAM",
                values=code,
            )


def codes_are_there(study: Study) -> Iterator[TrialFinding]:
    """Find records with a value and no PARAMCD."""
    for name, table in study.bds.items():
        code, values = text(table, "PARAMCD"), number(table, "AVAL")
        if code is not None and values is not None:
            message = "a value must say what it is a value of; fill it in"
            blank = (code == "") & np.isfinite(values)
            yield from found(name, blank, "PARAMCD blank", message, column="PARAMCD")


RULES = (
    numbers_are_finite,
    missing_is_empty,
    characteristics_are_plausible,
    durations_are_positive,
    values_are_there,
    parameters_have_one_name,
    codes_are_there,
)

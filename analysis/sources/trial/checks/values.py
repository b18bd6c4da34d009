"""Rules on values: finite, plausible, present, and one meaning per parameter."""

from collections.abc import Iterator

import numpy as np

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import number
from analysis.sources.trial.finding import TrialFinding
from analysis.thresholds import above, below

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
            wrong = table[column].abs() >= ABSURD
            message = "a number must be finite and below 1e15; correct it or leave it empty"
            yield from study.errors(name, column, wrong, "number absurd", message)


def missing_is_empty(study: Study) -> Iterator[TrialFinding]:
    """Note values that look like a code for "missing"."""
    for name, values in study.having(study.bds, "number AVAL"):
        message = "looks like a code for a missing value; if it is one, leave the cell empty"
        yield from study.notes(name, "AVAL", values.isin(CODES), "code for missing", message)


def characteristics_are_plausible(study: Study) -> Iterator[TrialFinding]:
    """Find ages, heights and weights that nobody has."""
    for column, (low, high) in PLAUSIBLE.items():
        values = number(study.adsl, column)
        if values is not None:
            wrong = below(values, low) | above(values, high)
            message = f"{column} must be between {low} and {high}; correct value or unit"
            yield from study.errors("adsl", column, wrong, "value implausible", message)


def durations_are_positive(study: Study) -> Iterator[TrialFinding]:
    """Find negative durations."""
    for name, table in study.tables.items():
        for column in DURATIONS:
            values = number(table, column)
            if values is not None and (name == "adsl" or column not in study.adsl):
                message = "a duration cannot be negative; derive it anew"
                yield from study.errors(name, column, values < 0, "negative duration", message)


def values_are_there(study: Study) -> Iterator[TrialFinding]:
    """Note analysed records without a value."""
    for name, values in study.having(study.bds, "number AVAL"):
        missing = study.counted(name) & values.isna()
        message = "analysed records without AVAL; they count as missing"
        yield from study.notes(name, "AVAL", missing, "value missing", message)


def parameters_have_one_name(study: Study) -> Iterator[TrialFinding]:
    """Find a PARAMCD that stands for more than one PARAM, and so perhaps for two units."""
    for name, code, _ in study.having(study.bds, "text PARAMCD", "text PARAM"):
        table, keys = study.bds[name], study.row_keys(name, ["PARAMCD", "PARAM"])
        pairs = table.loc[~keys.duplicated(), ["PARAMCD", "PARAM"]]
        several = pairs["PARAMCD"].duplicated(keep=False)
        for parameter in sorted(pairs["PARAMCD"][several].unique()):
            labels = " / ".join(sorted(pairs["PARAM"][pairs["PARAMCD"] == parameter]))
            message = f"one PARAMCD must have one PARAM, with one unit; got {labels}"
            its, rule = code == parameter, "PARAMCD has several PARAM"
            yield from study.errors(name, "PARAM", its, rule, message, shown=code)


def codes_are_there(study: Study) -> Iterator[TrialFinding]:
    """Find records with a value and no PARAMCD."""
    for name, code, values in study.having(study.bds, "text PARAMCD", "number AVAL"):
        message = "a value must say what it is a value of; fill it in"
        blank = (code == "") & np.isfinite(values)
        yield from study.errors(name, "PARAMCD", blank, "PARAMCD blank", message)

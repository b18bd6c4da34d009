"""Rules on values by quantity and unit: notes on what no living person can have."""

from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.stored_units import stored_units
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import number, row_keys, text
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.physiology import fitting_unit, limits_of

MOMENT = ("USUBJID", "AVISIT", "ADT", "ADY", "ATPT", "VISITNUM", "ADTM", "DTYPE")
"""Variables that two readings of one blood pressure share."""
PRESSURES = ("SYSBP", "DIABP")
PARAMETER = ("PARAMCD", "PARAM", "AVALU")


def values_are_possible(study: Study) -> Iterator[TrialFinding]:
    """Note values outside what the quantity can be in its unit, one note a parameter and unit."""
    for name, table in study.bds.items():
        values, codes = number(table, "AVAL"), text(table, "PARAMCD")
        if values is None or codes is None:
            continue
        labels = text(table, "PARAM")
        own = [each for each in PARAMETER if text(table, each) is not None]
        keys = row_keys(table, own)
        for one in stored_units(table).itertuples():
            label = str(labels[one.row - 1]) if labels is not None else ""
            unit = one.unit or study.plan.units.get(one.code, "")
            its = keys == keys[one.row - 1]
            yield from _outside(study, name, its, (str(one.code), label, unit))


def _outside(
    study: Study, name: str, its: pd.Series, parameter: tuple[str, str, str]
) -> Iterator[TrialFinding]:
    code, label, unit = parameter
    what, low, high = limits_of(code, label, unit)
    values = study.bds[name]["AVAL"]
    wrong = its & ((values < low) | (values > high))
    if not what or not wrong.any():
        return
    seen = values[wrong]
    # The furthest out says most of what has gone wrong.
    furthest = seen[(seen - low).where(seen < low, high - seen).idxmin()]
    given = f" {unit}" if unit else ""
    between = f"from {low:g} to {high:g}" if high < float("inf") else f"no less than {low:g}"
    message = f"{code}: {what} is {between}{given}, and {furthest:g} is not; confirm value and unit"
    if (other := fitting_unit(code, label, unit, float(furthest))) and 2 * len(seen) > its.sum():
        message += f", as most values would fit {other}"
    yield from study.notes(name, "AVAL", wrong, "value implausible", message)


def systolic_is_above_diastolic(study: Study) -> Iterator[TrialFinding]:
    """Note blood pressures whose systolic value is below the diastolic one of the same moment."""
    for name, codes, values in study.having(study.bds, "text PARAMCD", "number AVAL"):
        table = study.bds[name]
        keys = row_keys(table, [column for column in MOMENT if column in table])
        systolic, diastolic = (values[codes == code] for code in PRESSURES)
        lower = pd.Series(diastolic.to_numpy(), index=keys[diastolic.index])
        lower = lower[~lower.index.duplicated(keep=False)]
        at = keys[systolic.index]
        below = systolic < at.map(lower)
        below &= ~at.duplicated(keep=False)
        marks = below.reindex(table.index, fill_value=False)
        message = "SYSBP is below DIABP of the same moment; confirm the two"
        yield from study.notes(name, "AVAL", marks, "systolic below diastolic", message)

"""Rules on values by quantity and unit: notes on what no living person can have."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import number
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.physiology import fitting_unit, limits_of
from analysis.thresholds import above, below

MOMENT = ("USUBJID", "AVISIT", "ADT", "ADY", "ATPT", "VISITNUM", "ADTM", "DTYPE")
"""Variables that two readings of one blood pressure share."""
PRESSURES = ("SYSBP", "DIABP")


def values_are_possible(study: Study) -> Iterator[TrialFinding]:
    """Note values outside what the quantity can be in its unit, one note a parameter and unit."""
    for name, (stored, which) in study.stored.items():
        values = number(study.bds[name], "AVAL")
        if values is None:
            continue
        declared = study.plan.units
        named = [(one.code, one.label, one.unit or declared.get(one.code, "")) for one in stored]
        limits = [limits_of(*parameter)[1:] for parameter in named]
        low, high = np.array(limits, dtype=float).reshape(-1, 2)[which].T
        outside = below(values, low) | above(values, high)
        for at in np.unique(which[outside]):
            yield from _outside(study, name, which == at, named[at])


def _outside(
    study: Study, name: str, its: np.ndarray, parameter: tuple[str, str, str]
) -> Iterator[TrialFinding]:
    code, label, unit = parameter
    what, low, high = limits_of(code, label, unit)
    values = study.bds[name]["AVAL"]
    wrong = its & (below(values, low) | above(values, high))
    if not what or not wrong.any():
        return
    seen = values[wrong]
    # The furthest out says most of what has gone wrong.
    furthest = seen[(seen - low).where(below(seen, low), high - seen).idxmin()]
    given = f" {unit}" if unit else ""
    between = f"from {low:g} to {high:g}" if high < float("inf") else f"no less than {low:g}"
    message = f"{code}: {what} is {between}{given}, and {furthest:g} is not; confirm value and unit"
    if (other := fitting_unit(code, label, unit, float(furthest))) and 2 * len(seen) > its.sum():
        message += f", as most values would fit {other}"
    yield from study.notes(name, "AVAL", wrong, "value implausible", message)


def systolic_is_above_diastolic(study: Study) -> Iterator[TrialFinding]:
    """Note blood pressures whose systolic value is below the diastolic one of the same moment."""
    for name, codes, values in study.having(study.bds, "text PARAMCD", "number AVAL"):
        if not set(PRESSURES) <= set(study.distinct(name, "PARAMCD")):
            continue
        table = study.bds[name]
        keys = study.row_keys(name, [column for column in MOMENT if column in table])
        systolic, diastolic = (values[codes == code] for code in PRESSURES)
        lower = pd.Series(diastolic.to_numpy(), index=keys[diastolic.index])
        lower = lower[~lower.index.duplicated(keep=False)]
        at = keys[systolic.index]
        below = systolic < at.map(lower)
        below &= ~at.duplicated(keep=False)
        marks = below.reindex(table.index, fill_value=False)
        message = "SYSBP is below DIABP of the same moment; confirm the two"
        yield from study.notes(name, "AVAL", marks, "systolic below diastolic", message)

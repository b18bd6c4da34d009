"""Rules on units: those of the data are those of the plan."""

import re
from collections.abc import Iterator

from analysis.sources.trial.checks.stored_units import Stored
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import nearest
from analysis.sources.trial.event_words import misspelt
from analysis.sources.trial.finding import PLAN, Severity, TrialFinding


def units_are_as_declared(study: Study) -> Iterator[TrialFinding]:
    """Find parameters whose unit in the data is not the one that trial.yml declares."""
    seen = {name: _by_code(stored) for name, (stored, _) in study.stored.items()}
    codes = {code for units in seen.values() for code in units}
    for code, declared in study.plan.units.items():
        # A variable of ADSL has a unit too, which only the plan can say.
        if study.bds and code not in codes and code not in study.adsl:
            slip = misspelt(code, codes - set(study.plan.units))
            message = f"units declares a PARAMCD that no table has{nearest(code, codes)}"
            # A slip of the pen leaves the parameter that was meant without its check.
            severity: Severity = "error" if slip else "note"
            yield TrialFinding(
                PLAN, "units", "parameter in no table", message, severity, value=code
            )
        for name, units in seen.items():
            yield from _compared(name, units.get(code, []), declared, "error")
    for endpoint in study.plan.endpoints.all:
        # The unit of an endpoint is what is shown; a bracket in PARAM need not be a unit
        # (Height SDS (CDC 2000)), so a difference is worth a look and no more.
        if endpoint.unit and endpoint.paramcd not in study.plan.units:
            name = endpoint.dataset.lower()
            stored = seen.get(name, {}).get(endpoint.paramcd, [])
            stated = [each for each in stored if each.unit]
            yield from _compared(name, stated, endpoint.unit, "note")


def _by_code(stored: list[Stored]) -> dict[str, list[Stored]]:
    found: dict[str, list[Stored]] = {}
    for each in stored:
        found.setdefault(each.code, []).append(each)
    return found


def _compared(
    name: str, units: list[Stored], declared: str, severity: Severity
) -> Iterator[TrialFinding]:
    for unit in units:
        if not unit.unit:
            message = (
                f"trial.yml declares {declared}, and neither AVALU nor a bracket in PARAM states "
                "a unit to compare"
            )
            rule, at = "unit not stated", (unit.row, unit.code, unit.records)
            yield TrialFinding(name, "PARAM", rule, message, "note", *at)
        elif _plain(unit.unit) != _plain(declared):
            message = f"trial.yml declares {declared} for {unit.code}; convert the values or "
            rule, at = "unit not as declared", (unit.row, unit.unit, unit.records)
            yield TrialFinding(name, unit.column, rule, f"{message}correct the plan", severity, *at)


def _plain(unit: str) -> str:
    """Return a unit without the differences that are only ways of writing."""
    unit = re.sub(r"\s", "", unit).casefold().replace("μ", "u").replace("µ", "u")
    return re.sub(r"/(?:yr|y|a|years?)\b", "/year", unit)

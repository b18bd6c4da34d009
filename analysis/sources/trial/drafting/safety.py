"""Safety: its tables, the words that count in them, and the measurements to look for."""

from analysis.sources.trial.drafting.events import events_lines, unusual_levels
from analysis.sources.trial.drafting.folder import Folder
from analysis.sources.trial.drafting.interest import interest_lines
from analysis.sources.trial.drafting.labels import common_units
from analysis.sources.trial.drafting.roles import find_roles, roles_lines
from analysis.sources.trial.drafting.writing import comment, listed, mapped, named, quoted

EVENTS = {"USUBJID", "AEDECOD", "AEBODSYS", "ASTDT", "TRTEMFL"}
EXPOSURE = {"USUBJID", "PARAMCD", "AVAL"}
DEVIATIONS = {"USUBJID", "DVTERM"}
VITAL_SIGNS = ("HEIGHT", "WEIGHT", "BMI", "SYSBP", "DIABP", "PULSE", "TEMP")


def safety_lines(folder: Folder, population: str) -> list[str]:
    """Return the lines of safety, with the values seen of each word."""
    lines = ["safety:", f"  population: {quoted(population)}"]
    events, lacking = _first(folder, "adae", EVENTS)
    lines += [f"  adverse_events: {quoted(events)}", *lacking]
    lines.append(f"  laboratory: {listed(folder.laboratory)}")
    if doubled := ", ".join(folder.doubled):
        words = f"Left out, as they repeat or derive from parameters of these: {doubled}"
        lines += comment(f"{words}.", indent=2)
    lines.append(f"  vital_signs: {quoted(_vital_signs(folder))}")
    exposure, lacking = _first(folder, "adex", EXPOSURE)
    lines += [f"  exposure: {quoted(exposure)}", *lacking]
    lines += roles_lines(folder)
    if events:
        lines += events_lines(events, folder.tables[events])
    lines.append("  identifiers: false  # true shows subject identifiers in listings")
    return [*lines, *interest_lines(folder)]


def _first(folder: Folder, start: str, needed: set[str]) -> tuple[str, list[str]]:
    """Return the first table of a name that has what it needs, and what was lacking."""
    lacking = []
    for name, table in folder.named(start).items():
        if needed <= set(table):
            return name, []
        missing = ", ".join(sorted(needed - set(table)))
        lacking += comment(f"{name} cannot be used: it lacks {missing}.", indent=2)
    return "", lacking


def _vital_signs(folder: Folder) -> str:
    return next((name for name in folder.named("advs") if name in folder.measured), "")


def deviations_lines(folder: Folder) -> list[str]:
    """Return the line of the protocol deviations, where there is a table of them."""
    name, lacking = _first(folder, "addv", DEVIATIONS)
    return [f"deviations: {quoted(name)}"] if name else lacking


def units_lines(folder: Folder) -> list[str]:
    """Return the units of what the safety sections use, as the data state them."""
    codes = [*find_roles(folder).values(), *VITAL_SIGNS]
    units = common_units(folder.measured, codes)
    if not units:
        return []
    return [*comment("Units as PARAM or AVALU state them: change none, or check finds it."),
            f"units: {mapped(units)}"]  # fmt: skip


def levels_lines(folder: Folder) -> list[str]:
    """Return the levels of categories that are not written as CDISC terminology has them."""
    levels = unusual_levels(folder.tables)
    if not levels:
        return []
    lines = comment("Categories whose levels are not those of CDISC terminology.")
    return [*lines, "levels:", *(f"  {named(name)}: {listed(own)}" for name, own in levels.items())]

"""Measurements of growth by what they are: where the plan, or their usual name, says they are."""

from collections.abc import Mapping

import pandas as pd

from analysis.errors import NoSection, UserError
from analysis.sources.trial.checks.stored_units import BRACKET
from analysis.sources.trial.drafting.labels import unit_of as stated_unit
from analysis.sources.trial.growth_names import WORDS, candidates, named_so
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.plan_growth import Place
from analysis.sources.trial.records import one_each
from analysis.sources.trial.tables import labels_of
from analysis.sources.trial.trial import Trial


def usual_place(plan: TrialPlan, tables: Mapping[str, pd.DataFrame], role: str) -> Place | None:
    """Return the one place whose usual name a measurement has; None for none, or for several.

    Of several, one in the plan's table of growth is it if it is the only one there.
    """
    found = candidates(role, tables)
    own = plan.growth.dataset.lower() if plan.growth else ""
    inside = [place for place in found if place.table == own]
    chosen = found if len(found) == 1 else inside
    return chosen[0] if len(chosen) == 1 else None


def place_of(trial: Trial, role: str) -> Place:
    """Return where a measurement is: as the plan says, or by its usual name.

    Parameters
    ----------
    trial
        The trial.
    role
        Field of `analysis.sources.trial.plan_growth.GrowthRoles`.

    Raises
    ------
    NoSection
        If the trial has none.
    UserError
        If several things in its data have such a name and the plan names none of them.

    Examples
    --------
    >>> from analysis.sources.trial.trial import load_trial
    >>> str(place_of(load_trial("ghd"), "height_sds"))
    'ADGR.HTSDS'
    """
    growth = trial.plan.growth
    if growth is not None:
        named = growth.place(role)
        if role == "height":
            named = Place(growth.dataset.lower(), growth.paramcd)
        if named is not None:
            return named
    found = usual_place(trial.plan, trial.tables, role)
    if found is not None:
        return found
    several = candidates(role, trial.tables)
    if several:
        raise UserError(
            f"several things can be the {WORDS[role]}: {', '.join(map(str, several))}; name the "
            f"one that is meant in growth.roles.{role}"
        )
    raise NoSection(
        f"no table has {WORDS[role]} under a usual name; if there is one, name it in "
        f"growth.roles.{role}"
    )


def over_time(
    trial: Trial, role: str, *, population: str, visit: str | list[str] = ""
) -> pd.DataFrame:
    """Return the analysed records of a measurement by its role; see `Trial.records`.

    Raises
    ------
    NoSection, UserError
        As `place_of`; or if the plan says that it is a variable of ADSL, which has no visits.
    """
    place = place_of(trial, role)
    if place.of_subject:
        raise NoSection(f"{WORDS[role]} is a variable of ADSL, {place.name}, and has no visits")
    return trial.records(
        place.table, population=population, paramcd=place.name, visit=visit,
        where=_chosen(trial.plan, place),
    )  # fmt: skip


def before_treatment(trial: Trial, role: str) -> pd.Series:
    """Return the value of a measurement before treatment, by USUBJID.

    A variable of ADSL, or the baseline record; of a parameter of which nobody has a baseline
    record (a test at screening, the height of a mother) the one record that there is.

    Raises
    ------
    NoSection, UserError
        As `place_of`; or if a participant has several such records.
    """
    place = place_of(trial, role)
    if place.of_subject:
        return trial.tables["adsl"].set_index("USUBJID")[place.name].rename(role)
    table = trial.tables[place.table]
    own = table[(table["PARAMCD"] == place.name) & table["AVAL"].notna()]
    if "DTYPE" in own:
        own = own[own["DTYPE"] == ""]
    for variable, values in _chosen(trial.plan, place).items():
        if variable in own and not variable.startswith("ANL"):
            own = own[own[variable].isin(values)]
    flag = trial.plan.records.baseline
    if flag in own and (own[flag] == "Y").any():
        own = own[own[flag] == "Y"]
    one_each(own, ["USUBJID"], what=f"{place}, {WORDS[role]} before treatment")
    return own.set_index("USUBJID")["AVAL"].rename(role)


def unit_of(trial: Trial, role: str) -> str:
    """Return the unit of a measurement: the plan's, or what AVALU, PARAM or a label states."""
    place, units = place_of(trial, role), trial.plan.units
    for name in (place.name, place.name.removesuffix("BL")):
        if name in units:
            return units[name]
    table = trial.tables[place.table]
    if place.of_subject:
        stated = BRACKET.search(labels_of(table).get(place.name, ""))
        # Its unit may be declared for the records of the same measurement.
        same = {unit for name, unit in units.items() if named_so(role, name, "")[0]}
        return stated.group(1) if stated else same.pop() if len(same) == 1 else ""
    return stated_unit(table[table["PARAMCD"] == place.name])


def needed_unit(trial: Trial, role: str, example: str) -> str:
    """Return the unit of a measurement, which is never guessed.

    Parameters
    ----------
    trial, role
        As for `place_of`.
    example
        A unit to name in the message.

    Raises
    ------
    UserError
        If nothing says in which unit it is; or as `place_of`.
    """
    unit = unit_of(trial, role)
    if not unit:
        place = place_of(trial, role)
        raise UserError(
            f"nothing says in which unit {place} is; declare it in units, for example "
            f'units: {{{place.name}: "{example}"}}'
        )
    return unit


def _chosen(plan: TrialPlan, place: Place) -> dict[str, tuple[str, ...]]:
    """Return which records of a parameter count, as the first endpoint on it says."""
    return next(
        (each.where for each in plan.endpoints.all
         if (each.dataset.lower(), each.paramcd) == place),
        {},
    )  # fmt: skip

"""The measures of growth in scores: from the records of a trial to one score a participant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import pandas as pd

from analysis import growth
from analysis.efficacy.height_scores import OF_CHILD, declared_growth
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.growth.units import same_unit
from analysis.sources.growth_reference import HEIGHT, load_reference
from analysis.sources.trial.growth_names import WORDS
from analysis.sources.trial.growth_roles import needed_unit, over_time, place_of, unit_of
from analysis.sources.trial.records import one_each

WEIGHT, BMI, VELOCITY = "CDC 2000 weight", "CDC 2000 BMI", "Tanner height velocity"
"""References of what a plan names none for."""
BEFORE, AFTER = 0, 1
"""AVISITN given here to the baseline and to the endpoint's visit; earlier heights have less."""
MONTHS = (6, 12, 18)
"""Shortest, preferred and longest interval of a velocity before treatment, as the trials have it;
see `analysis.growth.pretreatment_velocity`."""
SHORTEST, LONGEST = 181, 550
"""Fewest and most days of 6 to 18 calendar months."""
UNITS = MappingProxyType({"height": "cm", "weight": "kg", "bmi": "kg/m2"})
"""Role → the unit of its reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure of growth in scores.

    Attributes
    ----------
    name
        In words.
    role
        Field of `analysis.sources.trial.plan_growth.GrowthRoles` of what is measured.
    reference
        Growth reference that it is compared with.
    scores
        Run and time (`BEFORE` or `AFTER`) → ``USUBJID``, ``AVAL``, ``reason``; of a velocity
        ``days``, of recorded scores ``origin``.
    times
        When it can be asked for.
    """

    name: str
    role: str
    reference: str
    scores: Callable[[Settings, int], pd.DataFrame]
    times: tuple[int, ...] = (BEFORE, AFTER)


def measures(run: Settings) -> tuple[Measure, ...]:
    """Return the measures of a run, in the order of a table."""
    of_height = Measure(
        name="Height SDS", role="height", reference=run.growth_reference, scores=height_scores
    )
    return (of_height, *OTHERS)


def height_scores(run: Settings, time: int) -> pd.DataFrame:
    """Return height SDS, derived from the heights on the growth reference of the run.

    Where they cannot be, those that the trial recorded, if the reference is the planned one.
    """
    try:
        reference = load_reference(run.growth_reference, measures=HEIGHT)
        return growth.height_sds(_records(run, "height", time), reference=reference)
    except UserError:
        if run.growth_reference != declared_growth(run).reference:
            raise
        try:
            own = _at(run, "height_sds", time)[["USUBJID", "AVAL"]].dropna()
        except UserError:
            own = pd.DataFrame()
        if own.empty:
            raise
    place = place_of(run.trial, "height_sds")
    one_each(own, ["USUBJID"], what=f"{place} at {times(run)[time]}")
    return own.assign(reason="", origin=f"as recorded in {place}")


def weight_scores(run: Settings, time: int) -> pd.DataFrame:
    """Return weight SDS."""
    return growth.weight_sds(_records(run, "weight", time), reference=load_reference(WEIGHT))


def bmi_scores(run: Settings, time: int) -> pd.DataFrame:
    """Return the SDS of the recorded body-mass index, or of weight over height squared."""
    try:
        place_of(run.trial, "bmi")
    except NoSection:
        weights, heights = (_records(run, role, time) for role in ("weight", "height"))
        index = growth.body_mass_index(weights, heights)
    else:
        index = _records(run, "bmi", time)
    return growth.bmi_sds(index, reference=load_reference(BMI))


@lru_cache(maxsize=8)
def velocity_scores(run: Settings, time: int) -> pd.DataFrame:
    """Return height-velocity SDS: up to the baseline, or from there to the endpoint's visit."""
    baseline = _records(run, "height", BEFORE)
    if time == AFTER:
        heights = pd.concat([baseline, _records(run, "height", AFTER)], ignore_index=True)
        found = growth.height_velocity(
            heights, from_visit=BEFORE, to_visit=AFTER, minimum_days=SHORTEST, window_days=None
        )
    else:
        earlier = _earlier(run, baseline)
        shortest, preferred, longest = MONTHS
        found = growth.pretreatment_velocity(
            pd.concat([earlier, baseline], ignore_index=True), baseline_visit=BEFORE,
            minimum_months=shortest, preferred_months=preferred, maximum_months=longest,
        )  # fmt: skip
    child = run.subjects()[["USUBJID", *OF_CHILD]]
    said = {f"no height at visit {at}": f"no height at {name}" for at, name in times(run).items()}
    found["reason"] = found["reason"].replace(said)
    return growth.height_velocity_sds(
        found.merge(child, on="USUBJID", how="left", validate="one_to_one"),
        reference=load_reference(VELOCITY),
        minimum_days=SHORTEST,
        maximum_days=LONGEST,
    )


OTHERS = (
    Measure(name="Height-velocity SDS", role="height", reference=VELOCITY, scores=velocity_scores),
    Measure(name="Weight SDS", role="weight", reference=WEIGHT, scores=weight_scores),
    Measure(name="BMI SDS", role="weight", reference=BMI, scores=bmi_scores),
)
"""The measures on a reference that no plan names."""


def _earlier(run: Settings, baseline: pd.DataFrame) -> pd.DataFrame:
    """Return the heights before the baseline; those of the plan's visit where it names one."""
    heights = over_time(run.trial, "height", population=run.population)
    if visit := declared_growth(run).pretreatment_visit:
        heights = heights[heights["AVISIT"] == visit]
    start = heights["USUBJID"].map(baseline.set_index("USUBJID")["ADT"])
    heights = heights[heights["ADT"] < start]
    if heights.empty:
        at = f" at {visit}" if visit else ""
        raise NoSection(f"{place_of(run.trial, 'height')} has no record before the baseline{at}")
    return heights[["USUBJID", "ADT", "AVAL"]].assign(AVISITN=BEFORE - 1)


@lru_cache(maxsize=8)
def _records(run: Settings, role: str, time: int) -> pd.DataFrame:
    """Return the record of each participant at a time, with sex and date of birth.

    Raises
    ------
    UserError
        If nobody has one, its unit is another or unknown, or ADSL lacks sex or birth.
    """
    place, subjects = place_of(run.trial, role), run.subjects()
    _check_unit(run, role)
    _need(subjects, "ADSL", *OF_CHILD)
    own = _at(run, role, time)
    _need(own, place.table.upper(), "ADT", "AVAL")
    own = own.loc[own["AVAL"].notna(), ["USUBJID", "ADT", "AVAL"]]
    if own.empty:
        raise NoSection(f"{place} has no record at {times(run)[time]}")
    one_each(own, ["USUBJID"], what=f"{place} at {times(run)[time]}")
    child = subjects[["USUBJID", *OF_CHILD]]
    return own.merge(child, on="USUBJID", validate="one_to_one").assign(AVISITN=time)


def _at(run: Settings, role: str, time: int) -> pd.DataFrame:
    """Return the records of a measurement at a time; of a variable of ADSL on the first day."""
    place = place_of(run.trial, role)
    if place.of_subject:
        if time == AFTER:
            raise NoSection(f"{place} is the value before treatment alone")
        subjects = run.subjects()
        _need(subjects, "ADSL", "TRTSDT")
        return subjects.assign(ADT=subjects["TRTSDT"], AVAL=subjects[place.name])
    if time == AFTER:
        return over_time(run.trial, role, population=run.population, visit=run.endpoint.visit)
    flag = run.trial.plan.records.baseline
    records = over_time(run.trial, role, population=run.population)
    _need(records, place.table.upper(), flag)
    return records[records[flag] == "Y"]


def _check_unit(run: Settings, role: str) -> None:
    """Refuse a unit that is not the reference's; it is never guessed, but that of heights.

    The plan declares the heights as those that its reference, in cm, is for.
    """
    place, wanted = place_of(run.trial, role), UNITS[role]
    declared = role == "height"
    stated = unit_of(run.trial, role) if declared else needed_unit(run.trial, role, wanted)
    if stated and not same_unit(stated, wanted):
        raise UserError(
            f"{WORDS[role]} must be in {wanted}; {place} is in {stated}: convert the values"
        )


def _need(table: pd.DataFrame, name: str, *columns: str) -> None:
    for column in columns:
        if column not in table:
            raise UserError(f"{name} has no {column}, which a growth score needs")


def times(run: Settings) -> Mapping[int, str]:
    """Return what the two times of a run are called."""
    return {BEFORE: "Baseline", AFTER: run.endpoint.visit}

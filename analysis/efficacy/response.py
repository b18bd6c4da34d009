"""How a child grew, in the measures by which response is defined; what is missing stays so."""

import re
from dataclasses import dataclass, replace

import pandas as pd

from analysis.efficacy.by_role import endpoint_by_role
from analysis.efficacy.height_scores import declared_growth, scored_heights
from analysis.efficacy.settings import Settings
from analysis.efficacy.values import values_of
from analysis.errors import NoSection, UserError
from analysis.sources.response_thresholds import Measure

CM_A_YEAR = re.compile(r"cm\s*(/|per)\s*(a|y|yr|year)s?\.?", re.IGNORECASE)
PLACES = {
    "height_velocity": ("height_velocity", "AVAL"),
    "height_velocity_change": ("height_velocity", "CHG"),
    "height_velocity_sds": ("height_velocity_sds", "AVAL"),
}
"""Measure → the role of its records, and the variable."""


@dataclass(frozen=True, slots=True)
class Grown:
    """A measure of growth of everyone in the population.

    Attributes
    ----------
    label
        In words, with the visit.
    dataset
        Table that it rests on.
    children
        ``USUBJID``, ``arm`` and ``VALUE``, missing where it was not measured.
    """

    label: str
    dataset: str
    children: pd.DataFrame


def grown(run: Settings, measure: Measure) -> Grown:
    """Return how the children of a run grew to its visit, by a measure of response.

    Notes
    -----
    Height SDS are the trial's own on the planned reference; on any other, and where the trial
    has none, they are derived from heights, dates and sex.

    Raises
    ------
    NoSection
        If the plan declares no growth, or the trial has no such measurement.
    UserError
        If several things can be it, its unit is another one, or nobody has it.
    """
    declared_growth(run)
    if measure == "height_sds_change":
        return _height_sds_change(run)
    role, value = PLACES[measure]
    endpoint = endpoint_by_role(run, role, value="CHG" if value == "CHG" else "AVAL")
    if role == "height_velocity" and not CM_A_YEAR.fullmatch(endpoint.unit):
        unit = f"is in {endpoint.unit}" if endpoint.unit else "has no unit"
        raise UserError(f"{endpoint.paramcd} of {endpoint.dataset} {unit}, and not in cm/year")
    return _recorded(replace(run, endpoint=endpoint))


def _height_sds_change(run: Settings) -> Grown:
    reference = run.growth_reference
    own = reference == declared_growth(run).reference
    try:
        endpoint = endpoint_by_role(run, "height_sds")
    except NoSection as absent:
        label = f"Change in height SDS to {run.endpoint.visit} (derived, {reference})"
        try:
            return _derived(run, label)
        except UserError as error:
            raise UserError(f"{absent}; and none can be derived, because {error}") from None
    if own:
        return _recorded(replace(run, endpoint=endpoint))
    return _derived(run, f"{endpoint.name} ({reference})")


def _recorded(run: Settings) -> Grown:
    endpoint = run.endpoint
    found = run.trial.endpoint(endpoint, population=run.population)
    found = found.assign(VALUE=values_of(found, endpoint))
    if found["VALUE"].isna().all():
        raise UserError(
            f"no participant of the population '{run.population}' has {endpoint.paramcd} "
            f"({endpoint.value}) at {endpoint.visit}"
        )
    return Grown(endpoint.name, endpoint.dataset, _everyone(run, found))


def _derived(run: Settings, label: str) -> Grown:
    scored = scored_heights(run, run.growth_reference).reset_index()
    found = scored.rename(columns={"CHANGE": "VALUE"})
    return Grown(label, declared_growth(run).dataset, _everyone(run, found))


def _everyone(run: Settings, found: pd.DataFrame) -> pd.DataFrame:
    everyone = run.subjects()[["USUBJID", "arm"]]
    return everyone.merge(found[["USUBJID", "VALUE"]], on="USUBJID", how="left")

"""How a child grew, in the measures by which response is defined; what is missing stays so."""

from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd

from analysis.brief import brief
from analysis.efficacy.by_role import endpoint_by_role
from analysis.efficacy.growth_measures import AFTER, VELOCITY, velocity_scores
from analysis.efficacy.height_scores import declared_growth, scored_heights
from analysis.efficacy.settings import Settings
from analysis.efficacy.values import values_of
from analysis.errors import NoSection, UserError
from analysis.growth.units import same_unit
from analysis.sources.response_thresholds import Measure
from analysis.stats.proportions import estimate_proportion

UNIT = "cm/year"
"""Of the thresholds of height velocity."""
PLACES = {
    "height_velocity": ("height_velocity", False),
    "height_velocity_change": ("height_velocity", True),
    "height_velocity_sds": ("height_velocity_sds", False),
}
"""Measure → the role of its records, and whether it is their change."""


@brief
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


@lru_cache(maxsize=4)
def grown(run: Settings, measure: Measure) -> Grown:
    """Return how the children of a run grew to its visit, by a measure of response.

    Notes
    -----
    Height SDS are the trial's own on the planned reference; on any other, and where the trial
    has none, they are derived from heights, dates and sex. So are SDS of height velocity that the
    trial did not record.

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
    role, change = PLACES[measure]
    try:
        endpoint = endpoint_by_role(run, role, value="CHG" if change else "AVAL")
    except NoSection:
        if measure != "height_velocity_sds":
            raise
        return _velocity_sds(run)
    if role == "height_velocity" and not same_unit(endpoint.unit, UNIT):
        unit = f"is in {endpoint.unit}" if endpoint.unit else "has no unit"
        raise UserError(f"{endpoint.paramcd} of {endpoint.dataset} {unit}, and not in {UNIT}")
    return _recorded(replace(run, endpoint=endpoint))


def share_limits(events: int, size: int, *, level: float) -> dict[str, float]:
    """Return the limits of a share of responders: Clopper–Pearson's and Wilson's.

    Examples
    --------
    >>> {name: round(limit, 3) for name, limit in share_limits(0, 10, level=0.95).items()}
    {'conf.low': 0.0, 'conf.high': 0.308, 'wilson.low': 0.0, 'wilson.high': 0.278}
    """
    limits: dict[str, float] = {}
    for method, prefix in (("clopper-pearson", "conf"), ("wilson", "wilson")):
        share = estimate_proportion(events, size, method=method, level=level)
        limits |= {f"{prefix}.low": float(share.lower), f"{prefix}.high": float(share.upper)}
    return limits


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


def _velocity_sds(run: Settings) -> Grown:
    found = velocity_scores(run, AFTER).rename(columns={"AVAL": "VALUE"})
    if found["VALUE"].isna().all():
        reasons = "; ".join(found["reason"].unique())
        raise UserError(f"nobody has a height velocity SDS to {run.endpoint.visit}: {reasons}")
    label = f"Height velocity SDS to {run.endpoint.visit} (derived, {VELOCITY})"
    return Grown(label, declared_growth(run).dataset, _everyone(run, found))


def _everyone(run: Settings, found: pd.DataFrame) -> pd.DataFrame:
    everyone = run.subjects()[["USUBJID", "arm"]]
    return everyone.merge(found[["USUBJID", "VALUE"]], on="USUBJID", how="left")

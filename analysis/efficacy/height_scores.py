"""Height SDS derived anew from heights, dates and sex, on any growth reference."""

from __future__ import annotations

import pandas as pd

from analysis import growth
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.sources.growth_reference import load_reference
from analysis.sources.trial.plan import Growth


def declared_growth(settings: Settings) -> Growth:
    """Return what the plan declares of growth.

    Raises
    ------
    NoSection
        If it declares nothing.
    """
    declared = settings.trial.plan.growth
    if declared is None:
        raise NoSection("the plan of the trial declares no growth")
    return declared


def scored_heights(settings: Settings, name: str) -> pd.DataFrame:
    """Derive height SDS at baseline and at the endpoint's visit on a reference.

    Parameters
    ----------
    settings
        What is analysed; the plan declares the heights.
    name
        Name of a growth reference.

    Returns
    -------
    pandas.DataFrame
        ``BASE``, ``AVAL`` and ``CHANGE`` by USUBJID, of those with both heights.

    Raises
    ------
    UserError
        If the reference is unknown, or sex, birth date or heights are missing.
    """
    declared = declared_growth(settings)
    reference = load_reference(name)
    trial = settings.trial
    adsl = trial.tables["adsl"]
    for column in ("SEX", "BRTHDT"):
        if column not in adsl:
            raise UserError(f"ADSL has no {column}, which height SDS needs")
    heights = trial.records(
        declared.dataset, population=settings.population, paramcd=declared.paramcd
    )
    heights = heights.drop(columns=["SEX", "BRTHDT"], errors="ignore").merge(
        adsl[["USUBJID", "SEX", "BRTHDT"]], on="USUBJID", validate="many_to_one"
    )
    if trial.plan.records.baseline not in heights:
        raise UserError(f"{declared.dataset} has no {trial.plan.records.baseline}")
    baseline = heights[trial.plan.records.baseline] == "Y"
    at_visit = heights["AVISIT"] == settings.endpoint.visit
    heights = heights[baseline | at_visit]
    heights = heights.assign(AGEMOS=growth.age_in_months(heights, source="BRTHDT"))
    scores = growth.height_sds(heights, reference=reference)
    scores["BASELINE"] = heights[trial.plan.records.baseline] == "Y"
    before = scores[scores["BASELINE"]].set_index("USUBJID")["AVAL"]
    after = scores[~scores["BASELINE"]].set_index("USUBJID")["AVAL"]
    found = pd.DataFrame({"BASE": before, "AVAL": after}).dropna()
    if len(found) < 2:
        raise UserError(f"fewer than two participants have a height SDS on {name} at both times")
    return found.assign(CHANGE=found["AVAL"] - found["BASE"])

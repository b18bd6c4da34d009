"""Height SDS derived anew from heights, dates and sex, on any growth reference."""

import pandas as pd

from analysis import growth
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.exact import difference
from analysis.sources.growth_reference import HEIGHT, load_reference
from analysis.sources.trial.plan_growth import Growth
from analysis.sources.trial.records import one_each

OF_CHILD = ["SEX", "BRTHDT"]
"""Variables of ADSL that a growth reference asks for."""


def declared_growth(run: Settings) -> Growth:
    """Return what the plan declares of growth.

    Raises
    ------
    NoSection
        If it declares nothing.
    """
    declared = run.trial.plan.growth
    if declared is None:
        raise NoSection("the plan of the trial declares no growth")
    return declared


def measured_heights(run: Settings) -> pd.DataFrame:
    """Return every height of the run's population with sex and exact age in months, ``AGEMOS``.

    Raises
    ------
    UserError
        If ADSL has no sex or no birth date.
    """
    declared = declared_growth(run)
    adsl = run.trial.tables["adsl"]
    for column in OF_CHILD:
        if column not in adsl:
            raise UserError(f"ADSL has no {column}, which height SDS needs")
    same = (declared.dataset.lower(), declared.paramcd)
    where = next(
        (each.where for each in run.trial.plan.endpoints.all
         if (each.dataset.lower(), each.paramcd) == same),
        {},
    )  # fmt: skip
    heights = run.trial.records(
        declared.dataset, population=run.population, paramcd=declared.paramcd, where=where
    )
    heights = heights.drop(columns=OF_CHILD, errors="ignore").merge(
        adsl[["USUBJID", *OF_CHILD]], on="USUBJID", validate="many_to_one"
    )
    for column in ("ADT", "AVAL"):
        if column not in heights:
            raise UserError(f"{declared.dataset} has no {column}, which height SDS needs")
    return heights.assign(AGEMOS=growth.age_in_months(heights, source="BRTHDT"))


def scored_heights(run: Settings, name: str) -> pd.DataFrame:
    """Derive height SDS at baseline and at the endpoint's visit on a growth reference.

    Returns
    -------
    pandas.DataFrame
        ``BASE``, ``AVAL`` and ``CHANGE`` by USUBJID, of those with both heights.

    Raises
    ------
    UserError
        If the reference is unknown, or sex, birth date or heights are missing.
    """
    reference = load_reference(name, measures=HEIGHT)
    heights, flag = measured_heights(run), run.trial.plan.records.baseline
    if flag not in heights:
        raise UserError(f"{declared_growth(run).dataset} has no {flag}")
    before = heights[flag] == "Y"
    heights = heights[before | (heights["AVISIT"] == run.endpoint.visit)]
    one_each(heights, ["USUBJID", "AVISIT"], what=f"{declared_growth(run).dataset}, heights")
    scores = growth.height_sds(heights, reference=reference).assign(BEFORE=before)
    base, value = (
        scores[scores["BEFORE"] == at].set_index("USUBJID")["AVAL"] for at in (True, False)
    )
    found = pd.DataFrame({"BASE": base, "AVAL": value}).dropna()
    if len(found) < 2:
        raise UserError(f"fewer than two participants have a height SDS on {name} at both times")
    return found.assign(CHANGE=difference(found["AVAL"], found["BASE"]))

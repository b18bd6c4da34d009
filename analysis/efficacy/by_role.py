"""An endpoint by what it measures: the plan's own, or one on the records of that measurement."""

from typing import Literal

from analysis.efficacy.settings import Settings
from analysis.errors import NoSection
from analysis.sources.trial.growth_names import WORDS
from analysis.sources.trial.growth_roles import place_of, unit_of
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.words import begins_sentence


def endpoint_by_role(
    run: Settings, role: str, *, value: Literal["AVAL", "CHG"] = "CHG"
) -> Endpoint:
    """Return the endpoint on a measurement of growth at the visit of the run.

    Where the plan has it, it is the plan's, wherever it stands in the list; else it is made, and
    takes from the plan's other endpoints on the same records which of them count.

    Parameters
    ----------
    run
        What is analysed.
    role
        Field of `analysis.sources.trial.plan_growth.GrowthRoles`.
    value
        Whether the change from baseline is meant, or the value itself.

    Raises
    ------
    NoSection
        If the trial has no such measurement, or has it once only, as a variable of ADSL.
    UserError
        If several things in its data can be it.
    """
    place = place_of(run.trial, role)
    if place.of_subject:
        raise NoSection(f"{WORDS[role]} is a variable of ADSL, {place.name}, and has no visits")
    same = [
        each
        for each in run.trial.plan.endpoints.all
        if (each.dataset.lower(), each.paramcd) == place
    ]
    visit = run.endpoint.visit
    exact = [each for each in same if (each.value, each.visit) == (value, visit)]
    if exact:
        return exact[0]
    words = WORDS[role]
    change, itself = f"Change in {words} to {visit}", f"{begins_sentence(words)} at {visit}"
    return Endpoint(
        name=change if value == "CHG" else itself,
        dataset=place.table,
        paramcd=place.name,
        visit=visit,
        value=value,
        unit=same[0].unit if same else unit_of(run.trial, role),
        direction="higher",
        where=same[0].where if same else {},
    )

"""What is analysed in a single-arm trial: its plan, with the parameters of the run laid over it."""

from dataclasses import dataclass

import pydantic

from analysis.brief import brief
from analysis.efficacy.endpoints import choose_endpoint
from analysis.efficacy.settings import Settings, choose_growth_reference
from analysis.efficacy.words_of_run import check_words
from analysis.errors import UserError
from analysis.parameters import NotebookParameters
from analysis.results import Choices, Planned, as_planned_or
from analysis.results.trial_run import chosen_level
from analysis.sources.trial.trial import load_trial


class SingleArmParameters(NotebookParameters):
    """Parameters of ``3_efficacy_single_arm``."""

    trial: str = pydantic.Field("turner-1", description="id of a shipped trial, or a trial folder")
    endpoint: str = as_planned_or("the PARAMCD or name of an endpoint")
    visit: str = as_planned_or("an AVISIT")
    population: str = as_planned_or("the name of a population of the trial")
    conf_level: Planned | float = as_planned_or(
        "a two-sided confidence level above 0.5 and below 1"
    )
    response_threshold: float = pydantic.Field(
        0.3, description="change in height SDS that counts as a response"
    )
    velocity_threshold: float = pydantic.Field(
        3.0, description="change in height velocity, cm/year, that counts as a response"
    )
    growth_reference: str = as_planned_or("the name of a growth reference")


# Compared by identity, like the settings it extends.
@brief(words="in_brief")
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SingleArmSettings(Settings):
    """What a run of a single-arm trial analyses: no reference arm, margin, covariate or stratum.

    A change within participants is described, not compared. `velocity_threshold`: the change in
    height velocity that counts as a response, cm/year.
    """

    velocity_threshold: float


def resolve(parameters: SingleArmParameters) -> SingleArmSettings:
    """Lay the parameters of a run over the plan of a single-arm trial.

    Parameters
    ----------
    parameters
        Validated parameters; ``"as planned"`` leaves the plan as it is.

    Returns
    -------
    SingleArmSettings
        With one `Departure` for each value that differs from the plan.

    Raises
    ------
    UserError
        If the trial cannot be loaded, has more than one arm, or lacks the endpoint or population.
    """
    trial = load_trial(parameters.trial)
    plan = trial.plan
    if plan.design != "single-arm":
        raise UserError(
            f"trial '{plan.id}' compares arms; open it with notebook 2_efficacy_controlled"
        )
    choices = Choices()
    endpoint = choose_endpoint(choices, trial, parameters.endpoint, parameters.visit)
    if "visit" in {departure.name for departure in choices.departures}:
        # The planned name says the planned time.
        name = f"Change in {endpoint.paramcd} to {endpoint.visit}"
        endpoint = endpoint.model_copy(update={"name": name})
    settings = SingleArmSettings(
        trial=trial,
        endpoint=endpoint,
        population=choices.choose("population", plan.analysis.population, parameters.population),
        treatment=plan.arms.treatment,
        model=plan.analysis.model,
        conf_level=chosen_level(choices, trial, parameters.conf_level),
        response_threshold=parameters.response_threshold,
        velocity_threshold=parameters.velocity_threshold,
        growth_reference=choose_growth_reference(choices, trial, parameters.growth_reference),
        departures=tuple(choices.departures),
    )
    settings.refuse_near(plan.analysis.population)
    check_words(settings)
    return settings

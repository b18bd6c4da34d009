"""What is analysed: the trial's plan, with the parameters of the run laid over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

import pandas as pd
import pydantic

from analysis.brief import brief
from analysis.efficacy.checked import check_run
from analysis.efficacy.endpoints import choose_endpoint, choose_margin, named_as_used
from analysis.efficacy.words_of_run import check_words
from analysis.errors import NoSection, UserError
from analysis.parameters import NotebookParameters
from analysis.results import AS_PLANNED, Choices, Planned, as_planned_or
from analysis.results.trial_run import TrialRun, chosen_level
from analysis.results.withheld import WITHHELD
from analysis.sources.trial import vocabulary
from analysis.sources.trial.effects import Effect, effect_of
from analysis.sources.trial.margin import margin_words
from analysis.sources.trial.plan_endpoint import Endpoint, OwnAnalysis
from analysis.sources.trial.trial import Trial, load_trial
from analysis.sources.trial.variable_words import label_of, told_apart, words_of


class ControlledParameters(NotebookParameters):
    """Parameters of ``2_efficacy_controlled``."""

    trial: str = pydantic.Field("ghd", description="id of a shipped trial, or a trial folder")
    endpoint: str = as_planned_or("the PARAMCD or name of an endpoint")
    visit: str = as_planned_or("an AVISIT")
    population: str = as_planned_or("the name of a population of the trial")
    treatment: str = as_planned_or("an arm of the trial")
    reference: str = as_planned_or("an arm of the trial")
    model: str = as_planned_or("a model for the kind of endpoint, such as MMRM or Cox regression")
    covariates: Planned | list[str] = as_planned_or("a list of variables")
    strata: Planned | list[str] = as_planned_or("a list of factors")
    margin: Planned | Literal["none"] | float = as_planned_or(
        "a margin: in the endpoint's unit, a fraction of a share or a ratio; or none"
    )
    direction: Literal["as planned", "higher", "lower"] = as_planned_or(
        "which values are better: higher or lower"
    )
    conf_level: Planned | float = as_planned_or(
        "a two-sided confidence level above 0.5 and below 1"
    )
    missing_data: Literal[
        "as planned", "observed", "LOCF", "multiple imputation", "non-responder"
    ] = as_planned_or("observed, LOCF, multiple imputation or non-responder")
    imputations: int = pydantic.Field(20, ge=2, le=10_000, description="number of imputations")
    seed: int = pydantic.Field(20260101, ge=0, description="seed of the imputations")
    subgroups: list[str] = pydantic.Field(
        ["SEX"], description="variables of ADSL that define subgroups"
    )
    growth_reference: str = as_planned_or("the name of a growth reference")
    response_threshold: float = pydantic.Field(
        0.3, description="change in height SDS that counts as a response"
    )


# Compared by identity, so that a fit can be kept for the settings it was made with.
@brief(words="in_brief")
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Settings(TrialRun):
    """What an efficacy run analyses.

    Parameters
    ----------
    endpoint, treatment, reference, model, covariates, strata, margin
        As planned, or as the parameters say. `model` is the plan's word for a method; `margin`
        is positive: the largest loss.
    objectives
        What is to be shown, in the order in which it is tested; see `judge`.
    missing_data, imputations, seed, subgroups, response_threshold
        As the parameters say.
    growth_reference
        Growth reference of the general population; empty where the trial has no growth.
    """

    endpoint: Endpoint
    treatment: str
    model: str
    growth_reference: str
    response_threshold: float
    reference: str = ""
    covariates: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    margin: float | None = None
    objectives: tuple[str, ...] = ()
    missing_data: str = "observed"
    imputations: int = 0
    seed: int = 0
    subgroups: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        """The endpoint: several runs may analyse one trial."""
        return self.endpoint.name

    @property
    def margin_source(self) -> str:
        """Where the margin comes from; "" where there is none or the plan does not say."""
        if self.margin is None:
            return ""
        planned = self.trial.plan.analysis_of(self.endpoint).margin_source
        source = "chosen for this run" if self.departs("margin") else planned
        return "; ".join(filter(None, [source, self.margin_understood]))

    @property
    def margin_understood(self) -> str:
        """What the margin asks of the difference, where a choice of the run decides it; or ""."""
        if not self.margin or not self.departs("margin", "direction"):
            return ""
        return margin_words(self.margin, self.endpoint, self.model)

    def departs(self, *names: str) -> bool:
        """Say whether the run departs from the plan in one of some parameters."""
        return any(departure.name in names for departure in self.departures)

    @property
    def places(self) -> int:
        """Decimals with which the endpoint was recorded."""
        return self.decimals(self.endpoint.dataset.lower(), self.endpoint.paramcd)

    @property
    def endpoint_words(self) -> str:
        """What the tables of the analysed endpoint are called: the primary one, or its name."""
        planned = self.trial.plan.endpoints.primary.name
        return "Primary endpoint" if self.endpoint.name == planned else self.endpoint.name

    @property
    def effect(self) -> Effect:
        """What the model estimates of two arms."""
        return effect_of(self.model)

    @property
    def effect_unit(self) -> str:
        """The unit of what the model estimates of two arms."""
        return self.effect.unit_of(self.endpoint)

    @property
    def effect_places(self) -> int:
        """Decimals with which that is taken to be recorded."""
        return self.places if self.effect.places is None else self.effect.places

    @property
    def effect_direction(self) -> str:
        """Which values of it are better: higher or lower."""
        return self.effect.direction(self.endpoint.direction)

    @property
    def contrast(self) -> str:
        """The comparison in words."""
        return self.contrast_of(self.treatment)

    @property
    def favours(self) -> tuple[str, str]:
        """What an effect left of no effect means, and one right of it."""
        return self.favours_of(self.treatment)

    def favours_of(self, treatment: str) -> tuple[str, str]:
        """Return the same for an arm or arms of another name."""
        sides = f"favours {self.reference}", f"favours {treatment}"
        return sides if self.effect_direction == "higher" else (sides[1], sides[0])

    @property
    def contrast_words(self) -> str:
        """The comparison in words, whatever it estimates."""
        return f"{self.treatment} v {self.reference}"

    def words_of(self, *names: str) -> tuple[str, ...]:
        """Return what variables of the model are called inside a sentence."""
        return tuple(words_of(name, self._own_tables) for name in names)

    def titles_of(self, *names: str) -> list[str]:
        """Return what variables are called as headings, no two alike."""
        return told_apart(names, [label_of(name, self._own_tables) for name in names])

    @property
    def _own_tables(self) -> list[pd.DataFrame]:
        """The table of the endpoint and ADSL, which hold the variables of the model."""
        tables = self.trial.tables
        return [tables[name] for name in (self.endpoint.dataset.lower(), "adsl") if name in tables]

    def contrast_of(self, arm: str) -> str:
        """Return the comparison of an arm with the reference in words: a difference or a ratio."""
        return f"{arm} {'/' if self.effect.is_ratio else '−'} {self.reference}"

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the run, label → words."""
        terms = ", ".join(self.words_of(*self.covariates, *self.strata))
        return {
            "endpoint": self.endpoint.words,
            self.effect.measure.lower(): self.contrast if self.reference else "",
            "model": f"{self.model}{f' with {terms}' if terms else ''}; {self.missing_data} values",
            "margin": margin_words(self.margin, self.endpoint, self.model)
            if self.reference
            else "",
            **TrialRun.in_brief(self),
        }

    def handling(self, missing_data: str) -> Settings:
        """Return the same settings with missing values handled otherwise."""
        dtype = "LOCF" if missing_data == "LOCF" else ""
        endpoint = self.endpoint.model_copy(update={"dtype": dtype})
        return replace(self, endpoint=endpoint, missing_data=missing_data)

    @property
    def says_sums(self) -> bool:
        """Whether estimates may say how many were analysed in all: no arm leaves out a few."""
        from analysis.efficacy.analysed import leaves_few

        return not leaves_few(self)

    def said(self, count: int) -> str:
        """Return how many were analysed, or were not, in all arms together, where that is shown."""
        size = len(self.subjects())
        if not (self.says_sums or count in (0, size)):
            return WITHHELD
        return self.trial.plan.allowed.of_all(count, size)

    def analysed(self) -> pd.DataFrame:
        """Return the data of the primary analysis; see `analysis.efficacy.analysed.analysed`."""
        # What looks at a run imports the module of runs; the run looks back when it is asked.
        from analysis.efficacy.analysed import analysed

        return analysed(self)

    @property
    def arms(self) -> tuple[str, ...]:
        """All arms of the trial, the reference first where there is one."""
        others = (name for name in self.trial.plan.arms.names if name != self.reference)
        return (*([self.reference] if self.reference else []), *others)


def resolve(parameters: ControlledParameters, trial: Trial | None = None) -> Settings:
    """Lay the parameters of a run over the trial's plan.

    Parameters
    ----------
    parameters
        Validated parameters; ``"as planned"`` leaves the plan as it is.
    trial
        The trial that they name; loaded when not given.

    Returns
    -------
    Settings
        With one `Departure` for each value that differs from the plan.

    Raises
    ------
    UserError
        If the trial cannot be loaded or has no such endpoint, population, arm or variable.
    """
    trial = trial or load_trial(parameters.trial)
    plan = trial.plan
    if plan.design != "parallel":
        raise UserError(
            f"trial '{plan.id}' has a single arm; open it with notebook 3_efficacy_single_arm"
        )
    choices = Choices()
    choose = choices.choose
    endpoint = choose_endpoint(choices, trial, parameters.endpoint, parameters.visit)
    planned = plan.analysis_of(endpoint)
    endpoint = endpoint.model_copy(
        update={"direction": choose("direction", endpoint.direction, parameters.direction)}
    )
    model = choose("model", planned.model, vocabulary.model_word(parameters.model))
    margin = choose_margin(choices, trial, endpoint, model, parameters.margin)

    def terms(name: str, without: Sequence[str]) -> tuple[str, ...]:
        """Return the terms of the model; of one that takes none, those that the run names."""
        given, used = getattr(planned, name), getattr(parameters, name)
        none = model in without and used == AS_PLANNED
        return () if none else cast(tuple[str, ...], choose(name, given, used))

    level = chosen_level(choices, trial, parameters.conf_level)
    missing = choose("missing_data", planned.missing_data, parameters.missing_data)
    settings = Settings(
        trial=trial,
        endpoint=named_as_used(
            trial, endpoint.model_copy(update={"dtype": "LOCF" if missing == "LOCF" else ""})
        ),
        population=choose("population", planned.population, parameters.population),
        treatment=choose("treatment", plan.arms.treatment, parameters.treatment),
        reference=choose("reference", plan.arms.reference, parameters.reference),
        model=model,
        covariates=terms("covariates", vocabulary.WITHOUT_COVARIATES),
        strata=terms("strata", vocabulary.WITHOUT_STRATA),
        margin=margin,
        objectives=planned.objectives if margin == planned.margin_size else (),
        conf_level=level,
        missing_data=missing,
        imputations=parameters.imputations,
        seed=parameters.seed,
        subgroups=tuple(parameters.subgroups),
        growth_reference=choose_growth_reference(choices, trial, parameters.growth_reference),
        response_threshold=parameters.response_threshold,
        departures=tuple(choices.departures),
    )
    check_run(settings)
    settings.refuse_near(planned.population)
    # Whoever names another subgroup than the usual one wants to see it.
    chosen = parameters.subgroups != ControlledParameters.model_fields["subgroups"].default
    check_words(settings, subgroups=chosen)
    return settings


def choose_growth_reference(choices: Choices, trial: Trial, wanted: str) -> str:
    """Return the growth reference of a run; "" where the trial has no growth."""
    growth = trial.plan.growth
    chosen: str = choices.choose("growth_reference", growth.reference if growth else "", wanted)
    return chosen


def for_endpoint(run: Settings, endpoint: Endpoint) -> Settings:
    """Return the run of another endpoint of the plan, analysed as planned for it.

    An endpoint of the same kind with no words of its own is analysed as the run is. A margin and
    objectives are its own or none: what is to be shown of the primary endpoint is not of it.
    """
    if endpoint.kind == run.endpoint.kind and endpoint.analysis == OwnAnalysis():
        return replace(run, endpoint=endpoint, margin=None, objectives=())
    own, planned = endpoint.analysis, run.trial.plan.analysis_of(endpoint)
    return replace(
        run, endpoint=endpoint, margin=None if own.margin is None else planned.margin_size,
        objectives=own.objectives or (), population=planned.population, model=planned.model,
        covariates=planned.covariates, strata=planned.strata, missing_data=planned.missing_data,
    )  # fmt: skip


def need_kind(run: Settings, *kinds: str) -> None:
    """Say that a section is about endpoints of other kinds, and so is not on this page.

    Raises
    ------
    NoSection
        If the endpoint of the run is of none of these kinds.
    """
    if run.endpoint.kind not in kinds:
        raise NoSection(f"the endpoint is {run.endpoint.kind}")


def compares(run: Settings) -> bool:
    """Say whether the trial compares randomised arms."""
    return run.trial.plan.design != "single-arm"

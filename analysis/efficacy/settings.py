"""What is analysed: the trial's plan, with the parameters of the run laid over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd
import pydantic

from analysis.brief import brief
from analysis.efficacy.endpoints import choose_endpoint, choose_margin, named_as_used
from analysis.efficacy.values import values_of
from analysis.errors import UserError, suggestion
from analysis.parameters import NotebookParameters
from analysis.results import AS_PLANNED, Choices, Planned, as_planned_or
from analysis.results.trial_run import TrialRun, chosen_level
from analysis.sources.trial import vocabulary
from analysis.sources.trial.margin import limit_words
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.trial import Trial, load_trial


class ControlledParameters(NotebookParameters):
    """Parameters of ``2_efficacy_controlled``."""

    trial: str = pydantic.Field("ghd", description="id of a shipped trial, or a trial folder")
    endpoint: str = as_planned_or("the PARAMCD or name of an endpoint")
    visit: str = as_planned_or("an AVISIT")
    population: str = as_planned_or("the name of a population of the trial")
    treatment: str = as_planned_or("an arm of the trial")
    reference: str = as_planned_or("an arm of the trial")
    model: Literal["as planned", "ANCOVA", "MMRM"] = pydantic.Field(
        AS_PLANNED, description="as planned, ANCOVA or MMRM"
    )
    covariates: Planned | list[str] = as_planned_or("a list of variables")
    strata: Planned | list[str] = as_planned_or("a list of factors")
    margin: Planned | float = as_planned_or("a non-inferiority margin in the endpoint's unit")
    direction: Literal["as planned", "higher", "lower"] = as_planned_or(
        "which values are better: higher or lower"
    )
    conf_level: Planned | float = as_planned_or("a two-sided confidence level between 0 and 1")
    missing_data: Literal["as planned", "observed", "LOCF", "multiple imputation"] = pydantic.Field(
        AS_PLANNED, description="as planned, observed, LOCF or multiple imputation"
    )
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
    missing_data: str = "observed"
    imputations: int = 0
    seed: int = 0
    subgroups: tuple[str, ...] = ()

    @property
    def margin_source(self) -> str:
        """Where the margin comes from; "" where there is none or the plan does not say."""
        if self.margin is None:
            return ""
        planned = self.trial.plan.analysis.margin_source
        source = "chosen for this run" if self._departs("margin") else planned
        return "; ".join(filter(None, [source, self.margin_understood]))

    @property
    def margin_understood(self) -> str:
        """What the margin asks of the difference, where a choice of the run decides it; or ""."""
        if not self.margin or not self._departs("margin", "direction"):
            return ""
        return limit_words(self.margin, self.endpoint.direction, self.endpoint.unit)

    def _departs(self, *names: str) -> bool:
        return any(departure.name in names for departure in self.departures)

    @property
    def places(self) -> int:
        """Decimals with which the endpoint was recorded."""
        return self.decimals(self.endpoint.dataset.lower(), self.endpoint.paramcd)

    @property
    def contrast(self) -> str:
        """The planned comparison in words."""
        return f"{self.treatment} − {self.reference}"

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the run, label → words."""
        terms = ", ".join((*self.covariates, *self.strata))
        return {
            "endpoint": self.endpoint.words,
            "difference": self.contrast if self.reference else "",
            "model": f"{self.model}{f' with {terms}' if terms else ''}; {self.missing_data} values",
            "margin": limit_words(self.margin, self.endpoint.direction, self.endpoint.unit)
            if self.reference
            else "",
            **TrialRun.in_brief(self),
        }

    def handling(self, missing_data: str) -> Settings:
        """Return the same settings with missing values handled otherwise."""
        dtype = "LOCF" if missing_data == "LOCF" else ""
        endpoint = self.endpoint.model_copy(update={"dtype": dtype})
        return replace(self, endpoint=endpoint, missing_data=missing_data)

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
    endpoint = endpoint.model_copy(
        update={"direction": choose("direction", endpoint.direction, parameters.direction)}
    )
    margin = choose_margin(choices, trial, endpoint, parameters.margin)
    level = chosen_level(choices, trial, parameters.conf_level)
    missing = choose("missing_data", plan.analysis.missing_data, parameters.missing_data)
    settings = Settings(
        trial=trial,
        endpoint=named_as_used(
            trial, endpoint.model_copy(update={"dtype": "LOCF" if missing == "LOCF" else ""})
        ),
        population=choose("population", plan.analysis.population, parameters.population),
        treatment=choose("treatment", plan.arms.treatment, parameters.treatment),
        reference=choose("reference", plan.arms.reference, parameters.reference),
        model=choose("model", plan.analysis.model, parameters.model),
        covariates=choose("covariates", plan.analysis.covariates, parameters.covariates),
        strata=choose("strata", plan.analysis.strata, parameters.strata),
        margin=margin,
        conf_level=level,
        missing_data=missing,
        imputations=parameters.imputations,
        seed=parameters.seed,
        subgroups=tuple(parameters.subgroups),
        growth_reference=choose_growth_reference(choices, trial, parameters.growth_reference),
        response_threshold=parameters.response_threshold,
        departures=tuple(choices.departures),
    )
    _check(settings)
    usual = ControlledParameters.model_fields["subgroups"].default
    if parameters.subgroups != usual:  # Whoever names one wants to see it.
        for name in settings.subgroups:
            need_variable(settings, name)
    return settings


def choose_growth_reference(choices: Choices, trial: Trial, wanted: str) -> str:
    """Return the growth reference of a run; "" where the trial has no growth."""
    growth = trial.plan.growth
    chosen: str = choices.choose("growth_reference", growth.reference if growth else "", wanted)
    return chosen


def _check(settings: Settings) -> None:
    names = settings.trial.plan.arms.names
    for what in ("treatment", "reference"):
        arm = getattr(settings, what)
        if arm not in names:
            raise UserError(
                f"{what} must be one of {', '.join(names)}; got '{arm}'{suggestion(arm, names)}"
            )
    if settings.treatment == settings.reference:
        raise UserError(f"treatment and reference must differ; both are '{settings.treatment}'")
    if settings.missing_data == "LOCF" and settings.model in vocabulary.OBSERVED_ONLY:
        raise UserError(
            f"missing_data must be observed or multiple imputation with the model "
            f"{settings.model}, which takes the observed values of every visit; got 'LOCF'"
        )
    settings.trial.subjects(settings.population)


def analysis_data(
    settings: Settings, *, population: str = "", visits: bool = False
) -> pd.DataFrame:
    """Return one row per participant (or per participant and visit) for a model.

    Parameters
    ----------
    settings
        What is analysed.
    population
        Another population than that of the settings; "" for the same.
    visits
        Whether all post-baseline visits are wanted, observed values only.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID, arm, AVISIT, response, AVAL, BASE, CHG`` and every covariate, stratum and
        subgroup variable, from the endpoint's table or from ADSL.

    Raises
    ------
    UserError
        If a variable is in neither table, or no participant has the endpoint.
    """
    endpoint, trial = settings.endpoint, settings.trial
    who = population or settings.population
    if visits:
        data = trial.records(
            endpoint.dataset, population=who, paramcd=endpoint.paramcd,
            visit=planned_visits(settings), where=endpoint.where,
        )  # fmt: skip
    else:
        data = trial.endpoint(endpoint, population=who)
    data = data.assign(response=values_of(data, endpoint))
    adsl = trial.tables["adsl"]
    terms = dict.fromkeys((*settings.covariates, *settings.strata))
    # A subgroup that the trial does not record costs the subgroups, not the model.
    groups = [name for name in settings.subgroups if name in data or name in adsl]
    for name in terms:
        need_variable(settings, name)
    named = dict.fromkeys((*terms, *groups))
    extra = [name for name in named if name not in data]
    data = data.merge(adsl[["USUBJID", *extra]], on="USUBJID", validate="many_to_one")
    if not data["response"].notna().any():
        raise UserError(
            f"no participant of the population '{who}' has {endpoint.paramcd} "
            f"({endpoint.value}) at {endpoint.visit}"
        )
    kept = ["USUBJID", "arm", "AVISIT", "response", "AVAL", "BASE", "CHG", *named]
    return (
        data[[name for name in dict.fromkeys(kept) if name in data]]
        .assign(arm=data["arm"].astype(str))
        .reset_index(drop=True)
    )


def need_variable(settings: Settings, name: str) -> None:
    """Refuse a variable that neither the endpoint's table nor ADSL has.

    Raises
    ------
    UserError
        With the nearest that there is.
    """
    home = settings.endpoint.dataset
    known = [*settings.trial.tables[home.lower()], *settings.trial.tables["adsl"]]
    if name not in known:
        hint = suggestion(name, known)
        raise UserError(f"'{name}' is a variable of neither {home} nor adsl{hint}")


def planned_visits(settings: Settings) -> list[str]:
    """Return the post-baseline visits up to the endpoint's, in the order of their days.

    They are the plan's, or those seen in the data where the plan lists none.

    Raises
    ------
    UserError
        If the endpoint's visit is none of them, so that its place among them is not known.
    """
    # Only observed values have a day of their own: what is carried forward keeps the old one.
    observed = settings.endpoint.model_copy(update={"dtype": ""})
    visits = sorted(settings.trial.visits(observed), key=lambda visit: visit.day)
    last = next((v.day for v in visits if v.name == observed.visit), None)
    if last is None and not settings.trial.plan.visits:
        raise UserError(f"no participant has {observed.paramcd} observed at {observed.visit}")
    if last is None:
        raise UserError(
            f"visits of trial.yml are {', '.join(v.name for v in visits)}; add {observed.visit}, "
            f"the visit of {observed.paramcd}, with its day"
        )
    return [v.name for v in visits if v.day > 1 and v.day <= last]


def compares(run: Settings) -> bool:
    """Say whether the trial compares randomised arms."""
    return run.trial.plan.design != "single-arm"

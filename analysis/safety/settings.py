"""What the safety notebook analyses: the trial's plan, with the parameters laid over it."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pandas as pd
import pydantic

from analysis.brief import brief
from analysis.errors import NoSection, UserError
from analysis.parameters import NotebookParameters
from analysis.results import AS_PLANNED, Choices, Planned, Results
from analysis.results.trial_run import TrialRun, chosen_level
from analysis.sources.trial.plan_safety import Safety
from analysis.sources.trial.trial import load_trial


class SafetyParameters(NotebookParameters):
    """Parameters of ``4_safety``."""

    trial: str = pydantic.Field("ghd", description="id of a shipped trial, or a trial folder")
    population: str = pydantic.Field(
        AS_PLANNED, description="as planned, or the name of a population of the trial"
    )
    conf_level: Planned | float = pydantic.Field(
        AS_PLANNED, description="as planned, or a two-sided confidence level above 0.5 and below 1"
    )
    min_percent: float = pydantic.Field(
        0.0, ge=0, le=100, description="least percentage in any arm for a term to be shown"
    )
    sort: Literal["frequency", "risk difference"] = pydantic.Field(
        "frequency", description="order of the terms: frequency or risk difference"
    )
    fasting_glucose: float = pydantic.Field(
        126.0, gt=0, description="fasting glucose that counts as diabetes, mg/dL"
    )
    random_glucose: float = pydantic.Field(
        200.0, gt=0, description="random glucose that counts as diabetes, mg/dL"
    )
    hba1c: float = pydantic.Field(6.5, gt=0, description="HbA1c that counts as diabetes, per cent")
    alt_multiple: float = pydantic.Field(
        3.0, gt=0, description="ALT or AST of so many upper limits of normal or more is raised"
    )
    bilirubin_multiple: float = pydantic.Field(
        2.0, gt=0, description="bilirubin above so many upper limits of normal is raised"
    )
    igf1_sds: float = pydantic.Field(2.0, description="IGF-I SDS above which a value is high")


# Compared by identity, like the run it extends.
@brief(words="in_brief")
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SafetyRun(TrialRun):
    """What a safety run analyses.

    Parameters
    ----------
    parameters
        Thresholds, order and least percentage, as given.
    """

    parameters: SafetyParameters

    def results(self, frame: pd.DataFrame, analysis_id: str, **options: Any) -> Results:
        """Return a frame as results of safety; ``dataset`` among the options is of all rows."""
        if "dataset" in options:
            frame = frame.assign(dataset=options.pop("dataset"))
        return TrialRun.results(self, frame, analysis_id, **{"context": "safety"} | options)

    @property
    def plan(self) -> Safety:
        """The safety part of the trial's plan."""
        safety = self.trial.plan.safety
        if safety is None:
            raise NoSection(f"trial.yml of '{self.trial.plan.id}' declares no safety")
        return safety

    treatment_variable: ClassVar[Literal["planned", "actual"]] = "actual"

    def subjects(self) -> pd.DataFrame:
        """Return the participants of the run's population, with ``arm``."""
        flag = self.trial.plan.populations.get(self.population)
        self.table("adsl", "USUBJID", *([flag] if flag else []))
        if not {"TRT01A", "TRT01P"} & set(self.trial.tables["adsl"]):
            raise UserError("adsl must have TRT01A, the actual treatment, or TRT01P")
        # A dataclass with slots is made anew: super() would look for the class it was before.
        return TrialRun.subjects(self)

    def table(self, name: str, *columns: str) -> pd.DataFrame:
        """Return a table of the trial that has some variables.

        Raises
        ------
        UserError
            If the trial has no such table, or the table not all of them.
        """
        if name.lower() not in self.trial.tables:
            raise UserError(f"'{name}', which trial.yml names, is not among the trial's tables")
        table = self.trial.tables[name.lower()]
        if missing := [column for column in columns if column not in table]:
            raise UserError(
                f"{name} must have {' and '.join(missing)}; add it, or correct its name"
            )
        return table

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the run, label → words."""
        plan = self.plan
        tables = [plan.adverse_events, *plan.laboratory, plan.vital_signs, plan.exposure]
        return TrialRun.in_brief(self) | {"tables": ", ".join(filter(None, tables))}

    def analysed(self) -> pd.DataFrame:
        """Return who is counted for safety; see `analysis.safety.analysed.analysed`."""
        # What looks at a run imports the module of runs; the run looks back when it is asked.
        from analysis.safety.analysed import analysed

        return analysed(self)

    @property
    def treatment(self) -> str:
        """The arm under test."""
        return self.trial.plan.arms.treatment

    @property
    def reference(self) -> str:
        """The comparator; "" in a single-arm trial."""
        return self.trial.plan.arms.reference

    @property
    def events_source(self) -> str:
        """The tables that counts of adverse events rest on."""
        return f"adsl, {self.plan.adverse_events}"

    @property
    def laboratory_source(self) -> str:
        """The tables that laboratory results rest on."""
        return ", ".join(self.plan.laboratory)


def resolve(parameters: SafetyParameters) -> SafetyRun:
    """Lay the parameters of a run over the trial's plan; ``"as planned"`` leaves it as it is.

    Raises
    ------
    UserError
        If the trial cannot be loaded, declares no safety, or has no such population.
    """
    trial = load_trial(parameters.trial)
    plan = trial.plan
    if plan.safety is None:
        raise UserError(
            f"trial.yml of '{plan.id}' declares no safety; add a safety section with its "
            "population and tables"
        )
    choices = Choices()
    run = SafetyRun(
        trial=trial,
        population=choices.choose("population", plan.safety.population, parameters.population),
        conf_level=chosen_level(choices, trial, parameters.conf_level),
        parameters=parameters,
        departures=tuple(choices.departures),
    )
    run.subjects()  # Says which populations there are, where this one is not.
    run.refuse_near(plan.safety.population)
    return run

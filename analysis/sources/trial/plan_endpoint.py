"""What a plan says of an endpoint: its records, its kind of response, and its own analysis."""

from collections.abc import Collection
from typing import Any, Literal, Self

import pydantic

from analysis.sources.trial.columns import as_shown
from analysis.sources.trial.plan_part import Part, is_question
from analysis.sources.trial.plan_response import Response
from analysis.sources.trial.vocabulary import Kind, MissingData, Objective, model_word


class OwnAnalysis(Part):
    """What the plan of one endpoint says otherwise than ``analysis``; each as `Analysis` has it.

    Parameters
    ----------
    population, model, covariates, strata, missing_data, margin, margin_source, objectives
        Where one is not given, that of ``analysis``; but a margin and objectives are of the
        primary endpoint alone, and a model is of its kind of endpoint.
    """

    population: str | None = None
    model: str | None = None
    covariates: tuple[str, ...] | None = None
    strata: tuple[str, ...] | None = None
    missing_data: MissingData | None = None
    margin: float | None = None
    margin_source: str | None = None
    objectives: tuple[Objective, ...] | None = None

    @pydantic.field_validator("model")
    @classmethod
    def _as_the_vocabulary_has_it(cls, model: str | None) -> str | None:
        return None if model is None else model_word(model)


class Endpoint(Part):
    """One endpoint: the records it rests on and which way is better.

    Parameters
    ----------
    name
        In words, as shown.
    kind
        ``"continuous"``, ``"binary"`` or ``"time-to-event"``. One that is not declared is taken
        for continuous only where its values are measurements; see the checks.
    dataset
        Table, for example ``"adgr"``.
    paramcd, visit
        PARAMCD and AVISIT of the records; a time to an event has no visit, and a response that
        is of several visits together, such as the best of them, may do without.
    value
        ``"AVAL"`` or ``"CHG"``.
    response
        Of a binary endpoint, which records are a response; see `Response`.
    cnsr
        Of a time to an event, the meaning of each value of CNSR: 0 is the event, any other is a
        reason for which the time ends without it. Where none is given, CDISC's rule: 0 is the
        event, all others are censored.
    competing
        The values of CNSR that are competing events, after which the event can come no more.
    times
        Times at which survival is shown, in the unit of the endpoint.
    until
        Time to which mean survival is restricted, and of the difference of Kaplan-Meier
        estimates.
    unit
        Unit of the value.
    direction
        Whether ``"higher"`` or ``"lower"`` values are better; of a binary endpoint, ``"higher"``
        if responding is good; of a time, ``"higher"`` if longer is good.
    dtype
        DTYPE of derived records that count too, for example ``"LOCF"``.
    where
        Variable of the table → the value, or values, of the records that count, for example
        ``{ATPT: STANDING}``. A flag ``ANLzzFL`` here takes the place of ``records.analysed``,
        and a DTYPE here chooses derived records.
    analysis
        What is planned for this endpoint otherwise than for the primary one; see `OwnAnalysis`.
    """

    name: str = pydantic.Field(min_length=1)
    kind: Kind = "continuous"
    dataset: str = pydantic.Field(min_length=1)
    paramcd: str = pydantic.Field(min_length=1, max_length=8)
    visit: str = ""
    value: Literal["AVAL", "CHG"] = "AVAL"
    response: Response | None = None
    cnsr: dict[int, str] = pydantic.Field(default_factory=dict)
    competing: tuple[int, ...] = ()
    times: tuple[float, ...] = ()
    until: float | None = pydantic.Field(default=None, gt=0)
    unit: str = ""
    direction: Literal["higher", "lower"]
    dtype: str = ""
    where: dict[str, tuple[str, ...]] = pydantic.Field(default_factory=dict)
    analysis: OwnAnalysis = OwnAnalysis()

    @pydantic.field_validator("where", mode="before")
    @classmethod
    def _values_as_text(cls, where: Any) -> Any:
        """Take one value for a list of one, and a number as it is written."""
        if not isinstance(where, dict):
            return where
        texts = {}
        for name, each in where.items():
            values = each if isinstance(each, list | tuple) else [each]
            texts[str(name).upper()] = tuple(
                as_shown(float(value)) if isinstance(value, int | float) else value
                for value in values
            )
        return texts

    @pydantic.model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> Self:
        if is_question(self.dataset):
            return self
        its = f"endpoint '{self.name}'"
        if self.kind == "continuous" and not self.visit:
            raise ValueError(f"visit is required and missing at {its}")
        if self.kind == "binary" and self.response is None:
            raise ValueError(
                f"response is required at {its}, which is binary: which records are a response, "
                "for example response: {variable: CRIT1FL, is: Y} or {variable: CHG, at_most: -4}"
            )
        for name, kind in OF_KIND.items():
            if self.kind != kind and getattr(self, name):
                raise ValueError(
                    f"{name} at {its} is for kind: {kind}, and its kind is {self.kind}"
                )
        if 0 in self.competing:
            raise ValueError(f"competing at {its} may not hold 0, which is the event itself")
        if self.cnsr and (strange := [each for each in self.competing if each not in self.cnsr]):
            raise ValueError(f"competing at {its} must be values of cnsr; got {strange[0]}")
        if any(time <= 0 for time in self.times):
            raise ValueError(f"times at {its} must be above 0; got {list(self.times)}")
        return self

    @classmethod
    def stand_ins(cls, given: Collection[str]) -> dict[str, Any]:
        """Return for the kind the one that the other fields are for."""
        kinds = [OF_KIND[name] for name in given if name in OF_KIND]
        return {"kind": kinds[0]} if kinds else {}

    @property
    def declares_kind(self) -> bool:
        """Whether the plan says what kind of endpoint it is."""
        return "kind" in self.model_fields_set

    @property
    def variable(self) -> str:
        """The variable that holds the response."""
        return self.response.variable if self.response else self.value

    @property
    def words(self) -> str:
        """The endpoint in one line."""
        unit = f", {self.unit}" if self.unit else ""
        said = self.response.words if self.response else self.value
        visit = f", {self.visit}" if self.visit else ""
        where = f"{self.dataset} {self.paramcd}, {said}{visit}{unit}"
        return f"{self.name} ({where}; {self.better})"

    @property
    def better(self) -> str:
        """Which way is better, in words."""
        words = {
            "continuous": ("higher is better", "lower is better"),
            "binary": ("a response is good", "a response is bad"),
            "time-to-event": ("longer is better", "shorter is better"),
        }
        return words[self.kind][self.direction == "lower"]


OF_KIND = {
    "response": "binary",
    "cnsr": "time-to-event",
    "competing": "time-to-event",
    "times": "time-to-event",
    "until": "time-to-event",
}
"""Field of an endpoint → the kind of endpoint that it is for."""

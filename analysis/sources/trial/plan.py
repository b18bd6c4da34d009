"""The plan of a trial, ``trial.yml``, as a typed model; `read_plan` reads it."""

import datetime
from itertools import chain
from typing import Any, Literal, Self

import pydantic

from analysis.brief import brief
from analysis.errors import suggestion
from analysis.sources.trial.margin import margin_words
from analysis.sources.trial.plan_disclosure import Allowed, Disclosure
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.plan_estimand import Estimand
from analysis.sources.trial.plan_growth import Growth
from analysis.sources.trial.plan_multiplicity import Multiplicity
from analysis.sources.trial.plan_part import Id, Part, is_question
from analysis.sources.trial.plan_safety import Safety
from analysis.sources.trial.vocabulary import (
    MODELS,
    USUAL,
    WITHOUT_COVARIATES,
    WITHOUT_STRATA,
    MissingData,
    Objective,
    model_word,
)


class Data(Part):
    """Where the tables are, and until when data may run.

    Parameters
    ----------
    folder
        Folder of the tables, relative to the trial folder.
    package
        For data that an installed package holds: module, slash, folder inside it. The data
        stay there and are never copied.
    cutoff
        Date of the data cut; no record may be later.
    """

    folder: str = "."
    package: str = ""
    cutoff: datetime.date | None = None


class Arms(Part):
    """Treatment arms by their values of TRT01P.

    Parameters
    ----------
    treatment
        The arm under test, or the only one.
    reference
        The comparator; empty in a single-arm trial.
    others
        Further arms, in the order shown.
    """

    treatment: str = pydantic.Field(min_length=1)
    reference: str = ""
    others: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All arms: reference first, then the others, then the treatment under test."""
        return (*([self.reference] if self.reference else []), *self.others, self.treatment)

    @property
    def decided(self) -> bool:
        """Whether none of them is still a question."""
        return not any(map(is_question, self.names))


class Visit(Part):
    """A planned visit and the window of study days in which it counts."""

    name: str = pydantic.Field(min_length=1)
    day: int
    window: tuple[int, int] | None = None

    @pydantic.model_validator(mode="after")
    def _window_holds_the_day(self) -> Self:
        if self.window and not self.window[0] <= self.day <= self.window[1]:
            raise ValueError(f"window must hold day {self.day}; got {list(self.window)}")
        return self


class Endpoints(Part):
    """The primary endpoint and the secondary ones."""

    primary: Endpoint
    secondary: tuple[Endpoint, ...] = ()

    @property
    def all(self) -> tuple[Endpoint, ...]:
        """The primary endpoint first."""
        return (self.primary, *self.secondary)


class Analysis(Part):
    """The planned primary analysis.

    Parameters
    ----------
    population
        Name of one of the trial's populations.
    model
        The method, one of `vocabulary.MODELS`.
    covariates, strata
        Continuous covariates and factors, by variable name.
    margin
        Non-inferiority margin on the scale of the effect: of a mean or a time in the endpoint's
        unit, of a share as a fraction (0.1 for ten percentage points), of a ratio the ratio; none
        for superiority or a description.
    margin_source
        Where the margin comes from.
    conf_level
        Two-sided confidence level, a fraction above 0.5: 0.95, not 0.05 nor 95.
    missing_data
        How missing values of the primary endpoint are handled.
    sensitivity
        Planned sensitivity analyses: populations, further models, or words of
        `vocabulary.SENSITIVITIES`.
    objectives
        What is to be shown, in the order in which it is tested, each only where the one before
        it is: ``"non-inferiority"``, ``"equivalence"``, ``"superiority"``. Where none is given,
        non-inferiority with a margin, else superiority.
    multiplicity
        How several comparisons with the reference are adjusted; none where there is one, or where
        each is shown for itself.
    """

    population: str
    model: str = "ANCOVA"
    covariates: tuple[str, ...] = ("BASE",)
    strata: tuple[str, ...] = ()
    margin: float | None = None
    margin_source: str = ""
    conf_level: float = pydantic.Field(0.95, gt=0.5, lt=1)
    missing_data: MissingData = "observed"
    sensitivity: tuple[str, ...] = ()
    objectives: tuple[Objective, ...] = ()
    multiplicity: Multiplicity | None = None

    @pydantic.field_validator("model")
    @classmethod
    def _as_the_vocabulary_has_it(cls, model: str) -> str:
        return model_word(model)

    @pydantic.model_validator(mode="after")
    def _objectives_can_be_tested(self) -> Self:
        if len(set(self.objectives)) != len(self.objectives):
            raise ValueError(f"analysis.objectives must differ; got {list(self.objectives)}")
        needs = [each for each in self.objectives if each != "superiority"]
        if needs and self.margin is None:
            raise ValueError(f"analysis.margin is required for {needs[0]} and missing")
        return self

    def of(self, endpoint: Endpoint, primary: Endpoint) -> "Analysis":
        """Return what is planned for an endpoint: its own words where it has some, else these.

        A margin and objectives are those of the primary endpoint's parameter alone, at whatever
        visit and however missing values are handled. An endpoint of another kind than the primary
        one has neither its covariates and sensitivity analyses nor its handling of missing values.
        Where no model of its kind is named, it has the usual one. BASE, the covariate of changes
        that nobody need write, is one of continuous endpoints alone.
        """
        same_kind = endpoint.kind == primary.kind
        own = {name: value for name, value in endpoint.analysis if value is not None}
        found: dict[str, Any] = {"model": self.model, "covariates": self.covariates}
        if not (same_kind and endpoint.paramcd == primary.paramcd):
            found |= {"margin": None, "margin_source": "", "objectives": ()}
        if endpoint.kind != "continuous" and "covariates" not in self.model_fields_set:
            found["covariates"] = ()
        model = MODELS.get(self.model)
        if model and model[1] != endpoint.kind:
            found["model"] = USUAL[endpoint.kind]
        if not same_kind:
            found |= {"covariates": (), "missing_data": "observed", "sensitivity": ()}
        found |= own
        for name, without in (("covariates", WITHOUT_COVARIATES), ("strata", WITHOUT_STRATA)):
            if found["model"] in without and name not in own:
                found[name] = ()
        return self.model_copy(update=found)

    @property
    def margin_size(self) -> float | None:
        """The margin whatever its sign; None where there is none."""
        return None if self.margin is None else abs(self.margin)


class Published(Part):
    """The independent report of the same study: a study and an arm of the published ledger."""

    study_id: str = pydantic.Field(min_length=1)
    arm_id: str = pydantic.Field(min_length=1)


class Records(Part):
    """Flags of the records that count: analysed ones, and the baseline."""

    analysed: str = "ANL01FL"
    baseline: str = "ABLFL"


@brief(words="in_brief")
class TrialPlan(Part):
    """The whole of ``trial.yml``.

    Parameters
    ----------
    id, title
        Short name and title.
    data_status
        ``"synthetic"`` or ``"real"``; it travels to every table, figure and result row.
    design
        ``"parallel"`` or ``"single-arm"``.
    indication
        In words or as a code; shown.
    purpose
        Why the trial is shown, in a sentence, where a reader would wonder; shown.
    data, arms, visits, endpoints, analysis, safety, growth, published, estimand, disclosure
        See the classes of those names.
    populations
        Name → ADaM flag in ADSL.
    baseline
        What the baseline table shows: variables of ADSL, or ``TABLE.PARAMCD`` for a value of the
        baseline record, for example ``adgr.HTSDS``. Where it is empty, the usual ones.
    deviations
        Table of protocol deviations; empty where there is none.
    units
        PARAMCD → unit; checked against the unit that PARAM names in brackets.
    records
        Variables that mark analysed records and baseline.
    levels
        Variable → its allowed values, for example ``AESEV: [MILD, MODERATE, SEVERE]``.
    """

    id: Id
    title: str = pydantic.Field(min_length=1)
    data_status: Literal["synthetic", "real"]
    design: Literal["parallel", "single-arm"]
    indication: str = ""
    purpose: str = ""
    data: Data = Data()
    arms: Arms
    populations: dict[str, str] = pydantic.Field(min_length=1)
    visits: tuple[Visit, ...] = ()
    endpoints: Endpoints
    analysis: Analysis
    safety: Safety | None = None
    disclosure: Disclosure = Disclosure()
    growth: Growth | None = None
    published: Published | None = None
    estimand: Estimand
    baseline: tuple[str, ...] = ()
    deviations: str = ""
    units: dict[str, str] = pydantic.Field(default_factory=dict)
    records: Records = Records()
    levels: dict[str, tuple[str, ...]] = pydantic.Field(default_factory=dict)

    @pydantic.model_validator(mode="after")
    def _parts_agree(self) -> Self:
        for where, name in (
            ("analysis.population", self.analysis.population),
            ("safety.population", self.safety.population if self.safety else None),
        ):
            if name is not None and name not in self.populations:
                hint = suggestion(name, self.populations)
                raise ValueError(f"{where} must be one of populations; got '{name}'{hint}")
        if self.design == "parallel" and not self.arms.reference and self.arms.decided:
            raise ValueError("arms.reference is required in a parallel trial")
        if self.design == "single-arm" and (self.arms.reference or self.arms.others):
            raise ValueError("a single-arm trial has arms.treatment only")
        if len(set(self.arms.names)) != len(self.arms.names):
            raise ValueError(f"arms must differ; got {list(self.arms.names)}")
        return self

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the plan, label → words."""
        primary = self.endpoints.primary
        margin = margin_words(self.analysis.margin, primary, self.analysis.model)
        return {
            "trial": f"{self.id}: {self.title}",
            "data": f"{self.data_status}, {self.design}",
            "arms": "; ".join(self.arms.names),
            "populations": ", ".join(self.populations),
            "primary": primary.words,
            "secondary": "; ".join(each.name for each in self.endpoints.secondary),
            "model": f"{self.analysis.model} in the population '{self.analysis.population}'",
            "margin": margin if self.arms.reference else "",
            "tables": ", ".join(self.datasets),
            "all of it": "plan.model_dump(), or a field: " + ", ".join(type(self).model_fields),
        }

    def analysis_of(self, endpoint: Endpoint) -> Analysis:
        """Return what is planned for one of the endpoints, or for another of the trial's tables."""
        return self.analysis.of(endpoint, self.endpoints.primary)

    @property
    def allowed(self) -> Allowed:
        """What may be shown of participants; the one place that decides it."""
        real = self.data_status == "real"
        named = self.safety.identifiers if self.safety else not real
        return self.disclosure.decided(real=real, named=named)

    @property
    def names_participants(self) -> bool:
        """Whether participants may be named; where no safety says so, only those who are nobody."""
        return self.allowed.identifiers

    @property
    def lists_participants(self) -> bool:
        """Whether the numbers of a page open the records that they count."""
        return self.allowed.listed

    @property
    def decided(self) -> tuple[Endpoint, ...]:
        """The endpoints whose records are no longer a question."""
        return tuple(
            each
            for each in self.endpoints.all
            if not any(map(is_question, (each.dataset, each.paramcd, each.visit)))
        )

    @property
    def categories(self) -> frozenset[str]:
        """Every variable that the plan uses as a category, digits or not."""
        strata = (each.analysis.strata or () for each in self.endpoints.all)
        return frozenset(
            (*self.analysis.strata, *chain(*strata), *self.levels, *self.populations.values())
        )

    @property
    def datasets(self) -> tuple[str, ...]:
        """Every table the plan names, ADSL first, each once; a question names none."""
        named = ["adsl", *(endpoint.dataset for endpoint in self.endpoints.all)]
        if self.safety:
            named += [self.safety.adverse_events, *self.safety.laboratory]
            named += [self.safety.vital_signs, self.safety.exposure]
        if self.growth:
            named.append(self.growth.dataset)
            named += [place.table for place in self.growth.places.values()]
        named += [name.partition(".")[0] for name in self.baseline if "." in name]
        named.append(self.deviations)
        named = [name for name in named if not is_question(name)]
        return tuple(dict.fromkeys(name.lower() for name in named if name))

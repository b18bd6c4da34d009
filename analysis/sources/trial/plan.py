"""The plan of a trial, ``trial.yml``, as a typed model; `read_plan` reads it."""

import datetime
from typing import Any, Literal, Self

import pydantic

from analysis.brief import brief
from analysis.errors import suggestion
from analysis.sources.trial.columns import as_shown
from analysis.sources.trial.margin import limit_words
from analysis.sources.trial.plan_estimand import Estimand
from analysis.sources.trial.plan_growth import Growth
from analysis.sources.trial.plan_multiplicity import Multiplicity
from analysis.sources.trial.plan_part import Part, is_question
from analysis.sources.trial.plan_safety import Safety


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


class Endpoint(Part):
    """One endpoint: the records it rests on and which way is better.

    Parameters
    ----------
    name
        In words, as shown.
    dataset
        Table, for example ``"adgr"``.
    paramcd, visit
        PARAMCD and AVISIT of the records.
    value
        ``"AVAL"`` or ``"CHG"``.
    unit
        Unit of the value.
    direction
        Whether ``"higher"`` or ``"lower"`` values are better.
    dtype
        DTYPE of derived records that count too, for example ``"LOCF"``.
    where
        Variable of the table → the value, or values, of the records that count, for example
        ``{ATPT: STANDING}``. A flag ``ANLzzFL`` here takes the place of ``records.analysed``,
        and a DTYPE here chooses derived records.
    """

    name: str = pydantic.Field(min_length=1)
    dataset: str = pydantic.Field(min_length=1)
    paramcd: str = pydantic.Field(min_length=1, max_length=8)
    visit: str = pydantic.Field(min_length=1)
    value: Literal["AVAL", "CHG"] = "AVAL"
    unit: str = ""
    direction: Literal["higher", "lower"]
    dtype: str = ""
    where: dict[str, tuple[str, ...]] = pydantic.Field(default_factory=dict)

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

    @property
    def words(self) -> str:
        """The endpoint in one line."""
        unit = f", {self.unit}" if self.unit else ""
        where = f"{self.dataset} {self.paramcd}, {self.value}, {self.visit}{unit}"
        return f"{self.name} ({where}; {self.direction} is better)"


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
        Non-inferiority margin on the scale of the primary endpoint; none for superiority or a
        description.
    margin_source
        Where the margin comes from.
    conf_level
        Two-sided confidence level.
    missing_data
        How missing values of the primary endpoint are handled.
    sensitivity
        Planned sensitivity analyses: populations, further models, or words of
        `vocabulary.SENSITIVITIES`.
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
    conf_level: float = pydantic.Field(0.95, gt=0, lt=1)
    missing_data: Literal["observed", "LOCF", "multiple imputation"] = "observed"
    sensitivity: tuple[str, ...] = ()
    multiplicity: Multiplicity | None = None


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
    data, arms, visits, endpoints, analysis, safety, growth, published, estimand
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

    id: str = pydantic.Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str = pydantic.Field(min_length=1)
    data_status: Literal["synthetic", "real"]
    design: Literal["parallel", "single-arm"]
    indication: str = ""
    data: Data = Data()
    arms: Arms
    populations: dict[str, str] = pydantic.Field(min_length=1)
    visits: tuple[Visit, ...] = ()
    endpoints: Endpoints
    analysis: Analysis
    safety: Safety | None = None
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
        margin = limit_words(self.analysis.margin, primary.direction, primary.unit)
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
        return frozenset((*self.analysis.strata, *self.levels, *self.populations.values()))

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

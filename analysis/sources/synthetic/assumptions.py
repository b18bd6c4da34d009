"""What a synthetic trial assumes: every entry has a value and says where it comes from."""

import datetime
from typing import Generic, Literal, Self, TypeVar

import pydantic
from pydantic_core import PydanticCustomError

Value = TypeVar("Value")
Share = dict[str, float]
"""Level → its share; shares add up to 1."""


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class Assumption(_Part, Generic[Value]):
    """One assumption.

    Parameters
    ----------
    value
        What is assumed.
    ledger
        ``result_id`` of the row of ``data/published/results.csv`` whose value this is.
    assumed
        Otherwise, the reason for the value.
    """

    value: Value
    ledger: str = pydantic.Field(
        "", pattern=r"^(R\d{3,4})?$", description="R with the three or four digits of a row"
    )
    assumed: str = ""

    @pydantic.model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if bool(self.ledger) == bool(self.assumed.strip()):
            raise PydanticCustomError("origin", "have either 'ledger: R###' or 'assumed: reason'")
        return self


Number = Assumption[float]
Whole = Assumption[int]
Text = Assumption[str]
Date = Assumption[datetime.date]


class Spread(_Part):
    """Mean and standard deviation of a distribution."""

    mean: Number
    sd: Number


class Arm(_Part):
    """One product: its name as TRT01P, how many receive it, its dose in mg/kg/day."""

    name: Text
    n: Whole
    dose: Number


class AgeGroup(_Part):
    """A part of the participants that has its own distribution of age."""

    share: float = pydantic.Field(gt=0, le=1)
    mean: float
    sd: float = pydantic.Field(gt=0)


class Curve(_Part):
    """A median by age in years, interpolated linearly, and the SD of the logarithm around it."""

    ages: list[float]
    medians: list[float]
    log_sd: float


class Limits(_Part):
    """A normal distribution cut off at both ends."""

    mean: float
    sd: float
    low: float
    high: float


class Calendar(_Part):
    """When children enter and are seen, on days on which a clinic is open.

    Days are counted from baseline, those of follow-up from the last dose.
    """

    first_baseline: Date
    last_baseline: Date
    cutoff: Date
    consent_days_before: Assumption[tuple[int, int]]
    follow_up_days: Assumption[tuple[int, int]]
    prestudy_days_before: Assumption[Limits]
    visit_days_off: Assumption[Limits]
    window_days: Whole
    late_days: Assumption[tuple[int, int]]
    percent_missed: Number
    percent_late: Number


class Children(_Part):
    """Who takes part, all before puberty; `oldest_girl` is the age at which girls may start it.

    Bone age is a share of age, so that its delay grows with age. Parents' heights are recorded
    or not.
    """

    percent_boys: Number
    age: Spread
    age_range: Assumption[tuple[float, float]]
    oldest_girl: Number
    age_groups: Assumption[list[AgeGroup]]
    races: Assumption[Share]
    regions: Assumption[Share]
    sites_per_region: Whole
    screen_failures: Assumption[dict[str, int]]
    peak_gh: Assumption[Limits] | None = None
    parents_heights: dict[str, Spread] = pydantic.Field(default_factory=dict)
    body_mass_index: Assumption[Curve]
    body_mass_within: Number
    bone_age_share: Assumption[Limits]
    bone_age_gain: Spread
    bone_age_reading: Number


class Published(_Part):
    """The adjusted difference that a publication prints, and the model that is to give it.

    Covariates and factors are variables of ADSL, or ``BASE``: velocity before treatment.
    """

    estimate: Number
    low: Number
    high: Number
    covariates: Assumption[list[str]]
    factors: Assumption[list[str]]
    allocations: Whole


class GrowthAssumptions(_Part):
    """Heights; velocities in cm a year, scores on the CDC 2000 reference.

    ``height_sds_month_12`` is a target where the published table prints one; the slope of
    the response on age is then solved for, and otherwise assumed. Slopes are standardised.
    ``published`` is the contrast that a trial of two arms is to reproduce.
    """

    measurement_error: Number
    velocity_before: Spread
    velocity_before_range: Assumption[tuple[float, float]]
    velocity_before_with_age: Number
    velocity_month_12: dict[str, Spread]
    published: Published | None = None
    height_sds_baseline: Spread
    height_sds_month_12: Number | None = None
    height_sds_with_age: Number
    height_sds_with_parents: Number | None = None
    response_with_age: Number | None = None
    response_with_velocity_before: Number
    response_with_log_peak_gh: Number | None = None
    velocity_since_baseline: dict[int, Number]
    deviation_between_visits: Number

    @pydantic.model_validator(mode="after")
    def _solved_or_assumed(self) -> Self:
        if (self.height_sds_month_12 is None) == (self.response_with_age is None):
            raise ValueError("give height_sds_month_12 (a target) or response_with_age, not both")
        if tuple(self.velocity_since_baseline) != (3, 6, 9, 12):
            raise ValueError("velocity_since_baseline must have months 3, 6, 9 and 12, in order")
        return self


class Disposition(_Part):
    """Who leaves and who departs from the protocol."""

    not_per_protocol: Whole
    dropouts: Assumption[dict[str, int]]
    dropout_days: Assumption[tuple[int, int]]
    month_12_missed: Whole
    month_12_late: Whole
    other_deviations: Assumption[dict[str, int]]
    irregular_treatment: Text
    compliance: Assumption[Limits]
    compliance_irregular: Assumption[Limits]

    @property
    def irregular(self) -> int:
        """Children excluded for irregular treatment: what the other reasons leave."""
        others = sum(self.dropouts.value.values()) + sum(self.other_deviations.value.values())
        return (
            self.not_per_protocol.value
            - others
            - self.month_12_missed.value
            - self.month_12_late.value
        )

    @pydantic.model_validator(mode="after")
    def _reasons_add_up(self) -> Self:
        if self.irregular < 0:
            raise ValueError("not_per_protocol must be at least the sum of its reasons")
        return self


class SafetyTest(_Part):
    """A laboratory test or vital sign: its reference interval, and what moves it.

    `drift` is the change on treatment, `with_age` that of the middle of the interval a year from
    the middle of the trial's ages, `follows` another test, listed before, with which it has the
    correlation `r`.
    """

    param: str
    low: float
    high: float
    digits: int
    skewed: bool = False
    drift: float = 0.0
    with_age: float = 0.0
    follows: str = ""
    r: float = pydantic.Field(0.0, ge=-1, le=1)


class GrowthFactor(_Part):
    """A growth factor: its reference by age, its score before treatment, its rise and noise."""

    reference: Assumption[Curve]
    sds_baseline: Spread
    sds_gain: Spread
    sds_within: Number


class DoseReduction(_Part):
    """What is done about a high IGF-I: the score above which, and what follows from it."""

    above: Number
    percent: Number
    igf1_sds: Number
    term: Text


class Laboratory(_Part):
    """Laboratory tests and vital signs."""

    tests: dict[str, Assumption[SafetyTest]]
    vital_signs: dict[str, Assumption[SafetyTest]]
    igf1: GrowthFactor
    igfbp3: GrowthFactor
    igfbp3_with_igf1: Number
    igf1_with_log_peak_gh: Number | None = None
    dose_reduction: DoseReduction
    within_child: Number
    response_with_igf1: Number
    percent_missing: Number
    antibodies: dict[str, Whole]


class Finding(_Part):
    """The laboratory value behind an event: the test, the side of its limits, by how much.

    Where it is `exclusive`, nobody without such an event has such a value on treatment.
    """

    test: str
    side: Literal["LOW", "HIGH"]
    beyond: float = pydantic.Field(gt=0)
    exclusive: bool = False


class Event(_Part):
    """An adverse event: preferred term by key, system organ class, percent within 12 months."""

    soc: str
    percent: Number
    findings: Assumption[list[Finding]] | None = None


class Events(_Part):
    """Adverse events, the same in all arms."""

    terms: dict[str, Event]
    percent_before_treatment: Number
    only_on_treatment: Assumption[list[str]]
    severity: Assumption[Share]
    percent_serious: Assumption[Share]
    always_serious: Assumption[list[str]]
    percent_related: Assumption[Share]
    percent_action: Assumption[Share]
    days: Assumption[Share]
    lasting: Assumption[list[str]]
    withdrawal_term: Text


class Assumptions(_Part):
    """The whole of ``assumptions.yml``."""

    id: str
    title: str
    study: str = pydantic.Field(pattern=r"^SYN-", description="a text that begins with SYN-")
    about: str
    seed: Whole
    treatment: Arm
    reference: Arm | None = None
    calendar: Calendar
    children: Children
    growth: GrowthAssumptions
    disposition: Disposition
    laboratory: Laboratory
    events: Events

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The arm under test first."""
        return (self.treatment, *([self.reference] if self.reference else []))

    @pydantic.model_validator(mode="after")
    def _arms_have_targets(self) -> Self:
        names = {arm.name.value for arm in self.arms}
        for where, given in (
            ("growth.velocity_month_12", self.growth.velocity_month_12),
            ("laboratory.antibodies", self.laboratory.antibodies),
        ):
            if set(given) != names:
                raise ValueError(f"{where} must have one entry for each of {names}")
        if (self.growth.published is None) != (self.reference is None):
            raise ValueError(
                "growth.published must be given where there are two arms, and only there"
            )
        return self

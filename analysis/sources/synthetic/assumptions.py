"""What a synthetic trial assumes: every entry has a value and says where it comes from."""

import datetime
from typing import Generic, Self, TypeVar

import pydantic

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
    ledger: str = pydantic.Field("", pattern=r"^(R\d{3})?$")
    assumed: str = ""

    @pydantic.model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if bool(self.ledger) == bool(self.assumed.strip()):
            raise ValueError("an assumption has either 'ledger: R###' or 'assumed: reason'")
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
    """When children enter and are seen; days are counted from baseline."""

    first_baseline: Date
    last_baseline: Date
    cutoff: Date
    consent_days_before: Assumption[tuple[int, int]]
    prestudy_days_before: Assumption[Limits]
    visit_days_off: Assumption[Limits]
    window_days: Whole
    late_days: Assumption[tuple[int, int]]
    percent_missed: Number
    percent_late: Number


class Children(_Part):
    """Who takes part."""

    percent_boys: Number
    age: Spread
    age_range: Assumption[tuple[float, float]]
    age_groups: Assumption[list[AgeGroup]]
    regions: Assumption[Share]
    sites_per_region: Whole
    screen_failures: Assumption[dict[str, int]]
    peak_gh: Assumption[Limits] | None = None
    body_mass_index: Assumption[Curve]
    bone_age_delay: Spread
    bone_age_gain: Spread


class GrowthAssumptions(_Part):
    """Heights; velocities in cm a year, scores on the CDC 2000 reference.

    ``height_sds_month_12`` is a target where the published table prints one; the slope of
    the response on age is then solved for, and otherwise assumed. Slopes are standardised.
    """

    velocity_before: dict[str, Number]
    velocity_before_sd: Number
    velocity_month_12: Number
    velocity_month_12_sd: Number
    treatment_difference: Number
    height_sds_baseline: Spread
    height_sds_month_12: Number | None = None
    height_sds_with_age: Number
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
    """A laboratory test or vital sign with its reference interval and its drift on treatment."""

    param: str
    low: float
    high: float
    digits: int
    skewed: bool = False
    drift: float = 0.0


class GrowthFactor(_Part):
    """A growth factor: its reference by age, and its score before and on treatment."""

    reference: Assumption[Curve]
    sds_baseline: Spread
    sds_gain: Spread


class Laboratory(_Part):
    """Laboratory tests and vital signs."""

    tests: dict[str, Assumption[SafetyTest]]
    vital_signs: dict[str, Assumption[SafetyTest]]
    igf1: GrowthFactor
    igfbp3: GrowthFactor
    within_child: Number
    response_with_igf1: Number
    percent_missing: Number
    antibody_percent: Number


class Event(_Part):
    """An adverse event: preferred term by key, system organ class, percent within 12 months."""

    soc: str
    percent: Number


class Events(_Part):
    """Adverse events, the same in all arms."""

    terms: dict[str, Event]
    follow_up_days: Whole
    percent_before_treatment: Number
    severity: Assumption[Share]
    percent_serious: Assumption[Share]
    percent_related: Assumption[Share]
    percent_action: Assumption[Share]
    days: Assumption[Share]
    lasting: Assumption[list[str]]
    withdrawal_term: Text


class Assumptions(_Part):
    """The whole of ``assumptions.yml``."""

    id: str
    study: str = pydantic.Field(pattern=r"^SYN-")
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
    def _arms_have_velocities(self) -> Self:
        names = {arm.name.value for arm in self.arms}
        if set(self.growth.velocity_before) != names:
            raise ValueError(f"growth.velocity_before must have one entry for each of {names}")
        return self

"""Heights: everything else about growth is computed from them, as they are stored.

A child has a height score and a velocity before treatment; the height before treatment follows
from both. The velocity on treatment is one model for all arms, so that two children alike at
baseline grow alike on either product. Means are brought on target on the stored heights, to
0.1 cm, by one shift for all arms.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd

from analysis.sources import growth_reference
from analysis.sources.growth_reference import CDC_2000_STATURE, DAYS_PER_MONTH
from analysis.sources.growth_table import GrowthReference
from analysis.sources.synthetic.assumptions import Assumptions
from analysis.sources.synthetic.disposition import Course
from analysis.sources.synthetic.draws import (
    Floats,
    Truths,
    apart_from,
    calibrated,
    normal,
    positive,
    standardised,
)
from analysis.sources.synthetic.schedule import BASELINE, DAYS_PER_YEAR, MONTH_12, PRESTUDY

SHIFT = 4.0
"""cm/year or SDS: the affine adjustment is far smaller."""


@dataclass(frozen=True, slots=True)
class Heights:
    """Heights at every visit, held or not, and what the response of each child was.

    Parameters
    ----------
    stored
        Heights in cm to 0.1, one row a child and one column a visit.
    response
        Standardised velocity on treatment.
    response_with_age
        Standardised slope of that velocity on age, assumed or solved for.
    """

    stored: Floats
    response: Floats
    response_with_age: float


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of each child before heights on treatment are drawn."""

    ages: Floats
    sex: pd.Series
    years: Floats
    observed: Truths
    tested: Truths


def grow(
    assumptions: Assumptions, children: pd.DataFrame, course: Course, rng: np.random.Generator
) -> Heights:
    """Return the heights of all children at all visits."""
    arm = children["ARM"].to_numpy(object)
    known = _Known(
        ages=(children["RANDDT"] - children["BRTHDT"]).dt.days.to_numpy() / DAYS_PER_MONTH,
        sex=children["SEX"],
        years=course.days / DAYS_PER_YEAR,
        observed=course.measured_at_month_12,
        tested=arm == assumptions.treatment.name.value,
    )
    n = len(children)
    plan = assumptions.growth
    heights = np.empty(course.days.shape)
    heights[:, BASELINE] = _baseline(assumptions, known, normal(rng, n))
    # Children differ in velocity in the same way in each arm; only the printed means differ.
    mean = plan.velocity_before[assumptions.treatment.name.value].value
    drawn = positive(rng, n, mean=mean, sd=plan.velocity_before_sd.value) / mean
    for name, target in plan.velocity_before.items():
        here = arm == name
        heights[here, PRESTUDY] = _prestudy(
            heights[here, BASELINE], known.years[here, PRESTUDY], drawn[here],
            known.observed[here], target.value,
        )  # fmt: skip
    velocity, with_age = _on_treatment(assumptions, known, heights, children, normal(rng, n))
    gain = velocity * known.years[:, MONTH_12]
    heights[:, MONTH_12] = (heights[:, BASELINE] + gain).round(1)
    _fill_between(assumptions, known, heights, gain, rng)
    return Heights(heights.round(1), standardised(velocity), with_age)


def scores(heights: Floats, sex: pd.Series, age_months: Floats) -> Floats:
    """Return height SDS on the CDC 2000 reference, NaN below its youngest age."""
    return growth_reference.z_score(heights, sex=sex, age_months=age_months, reference=_cdc())


@cache
def _cdc() -> GrowthReference:
    """Return the reference; calibration asks for it many times."""
    return growth_reference.load_reference(CDC_2000_STATURE)


def _baseline(assumptions: Assumptions, known: _Known, draws: Floats) -> Floats:
    """Return stored heights whose scores have the mean wanted, among observed and among all."""
    plan = assumptions.growth
    target, sd = plan.height_sds_baseline.mean.value, plan.height_sds_baseline.sd.value
    r = plan.height_sds_with_age.value
    every = np.ones(len(draws), dtype=bool)
    own = apart_from(draws, known.ages, every)
    drawn = sd * standardised(r * standardised(known.ages) + np.sqrt(1 - r**2) * own)

    def stored(shift: Floats) -> Floats:
        z = target + drawn + shift
        found = growth_reference.value_at_z(
            z, sex=known.sex, age_months=known.ages, reference=_cdc()
        )
        return found.round(1)

    return _on_target(
        stored, lambda heights: scores(heights, known.sex, known.ages), known.observed, target,
        what="height SDS at baseline",
    )  # fmt: skip


def _prestudy(
    baseline: Floats, years: Floats, relative: Floats, observed: Truths, target: float
) -> Floats:
    """Return stored heights before the study that give the mean velocity wanted.

    Velocities are scaled and not moved, so that none falls below zero; those of children not
    seen at Month 12, often one or two, are scaled on their own.
    """
    relative = relative.copy()
    for group in (observed, ~observed):
        if group.any():
            relative[group] /= relative[group].mean()
    return _on_target(
        lambda by: (baseline + relative * (target + by) * years).round(1),
        lambda heights: (heights - baseline) / years, observed, target,
        what="height velocity before treatment",
    )  # fmt: skip


def _on_target(
    stored: Callable[[Floats], Floats],
    measure: Callable[[Floats], Floats],
    observed: Truths,
    target: float,
    *,
    what: str,
) -> Floats:
    """Shift the children seen at Month 12, and then the others, so that both sets have the mean.

    The same mean in the full set and in those seen at Month 12 is what lets the printed baseline,
    Month 12 and change add up.
    """

    def mean(moved: Truths, counted: Truths, before: Floats, by: float) -> float:
        return float(measure(stored(np.where(moved, by, before)))[counted].mean())

    shift = np.zeros(len(observed))
    for moved, counted in ((observed, observed), (~observed, np.ones_like(observed))):
        if moved.any():
            reached = partial(mean, moved, counted, shift)
            by = calibrated(reached, target, bracket=(-SHIFT, SHIFT), what=what)
            shift = np.where(moved, by, shift)
    return stored(shift)


def _on_treatment(
    assumptions: Assumptions, known: _Known, heights: Floats, children: pd.DataFrame, draws: Floats
) -> tuple[Floats, float]:
    """Return velocities from baseline to Month 12, and their standardised slope on age."""
    plan = assumptions.growth
    before = (heights[:, PRESTUDY] - heights[:, BASELINE]) / known.years[:, PRESTUDY]
    explained = plan.response_with_velocity_before.value * standardised(before, known.observed)
    if plan.response_with_log_peak_gh:
        peak = np.log(children["PEAKGH"].to_numpy(float))
        slope = plan.response_with_log_peak_gh.value
        explained = explained + slope * standardised(peak, known.observed)
    age = standardised(known.ages, known.observed)

    def velocities(with_age: float) -> Floats:
        systematic = explained + with_age * age
        own = apart_from(draws, systematic, known.observed)
        left = np.sqrt(max(1 - systematic[known.observed].var(ddof=1), 0.0))
        spread = plan.velocity_month_12_sd.value * (systematic + left * own)
        spread = spread + plan.treatment_difference.value * known.tested
        return spread + _shift(spread, known, heights[:, BASELINE], plan.velocity_month_12.value)

    target = plan.height_sds_month_12
    if target is None:
        with_age = plan.response_with_age.value if plan.response_with_age else 0.0
        return velocities(with_age), with_age

    def mean_score(against_age: float) -> float:
        gain = velocities(-against_age) * known.years[:, MONTH_12]
        later = (heights[:, BASELINE] + gain).round(1)
        months = known.ages + known.years[:, MONTH_12] * 12
        return float(scores(later, known.sex, months)[known.observed].mean())

    # Of two children who gain the same centimetres, the younger gains more SDS: the reference
    # spreads with age. So the stronger the fall of velocity with age, the higher the mean SDS.
    against_age = calibrated(
        mean_score, target.value, bracket=(-0.8, 0.8), what="height SDS at Month 12"
    )
    return velocities(-against_age), -against_age


def _shift(spread: Floats, known: _Known, baseline: Floats, target: float) -> float:
    """Return the shift, one for all arms, that brings the tested arm's stored mean on target."""
    counted = known.observed & known.tested
    years = known.years[:, MONTH_12]

    def mean(by: float) -> float:
        later = (baseline + (spread + by) * years).round(1)
        return float(((later - baseline) / years)[counted].mean())

    return calibrated(
        mean, target, bracket=(target - SHIFT, target + SHIFT), what="height velocity at Month 12"
    )


def _fill_between(
    assumptions: Assumptions, known: _Known, heights: Floats, gain: Floats, rng: np.random.Generator
) -> None:
    """Fill Months 3 to 9 along the published fall of velocity since baseline."""
    rates = assumptions.growth.velocity_since_baseline
    months = np.array([0, *rates], dtype=float)
    reached = np.array([0.0, *(rate.value * month for month, rate in rates.items())])
    years = known.years[:, MONTH_12]
    for visit in range(BASELINE + 1, MONTH_12):
        elapsed = 12 * known.years[:, visit] / years
        part = np.interp(elapsed, months, reached / reached[-1])
        off = assumptions.growth.deviation_between_visits.value * normal(rng, len(gain))
        heights[:, visit] = (heights[:, BASELINE] + part * gain + off).round(1)

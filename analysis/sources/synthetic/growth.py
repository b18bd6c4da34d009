"""Heights: everything else about growth is computed from them, as they are stored.

A height is a child's own and an error of measurement. Velocities are those measured: both of
them share the height at baseline, whose error moves them in opposite directions. Means are
brought on target on the stored heights, to 0.1 cm.
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
    bounded,
    calibrated,
    normal,
    standardised,
)
from analysis.sources.synthetic.response import Known, expected, velocities
from analysis.sources.synthetic.schedule import BASELINE, DAYS_PER_YEAR, MONTH_12, PRESTUDY, VISITS

SHIFT = 4.0
"""cm/year or SDS: the affine adjustment is far smaller."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is known of growth before an arm is allocated.

    Parameters
    ----------
    heights
        Stored heights in cm, one row a child and one column a visit, those on treatment NaN.
    error
        Error of each height, cm.
    before
        Measured velocity before treatment, cm a year.
    expected
        What is expected of each child's response, in SDs of the response.
    """

    heights: Floats
    error: Floats
    before: Floats
    expected: Floats


@dataclass(frozen=True, slots=True)
class Heights:
    """Heights at every visit, held or not, and what the response of each child was.

    Parameters
    ----------
    stored
        Heights in cm to 0.1, one row a child and one column a visit.
    response
        Standardised velocity on treatment.
    """

    stored: Floats
    response: Floats


def before_treatment(
    assumptions: Assumptions, children: pd.DataFrame, course: Course, rng: np.random.Generator
) -> Start:
    """Return the heights until baseline, and what they, age and peak hormone lead to expect."""
    plan, n, observed = assumptions.growth, len(children), course.measured_at_month_12
    ages = _months(children)
    error = plan.measurement_error.value * np.column_stack([normal(rng, n) for _ in VISITS])
    heights = np.full(course.days.shape, np.nan)
    heights[:, BASELINE] = _baseline(
        assumptions, children, ages, error[:, BASELINE], observed, normal(rng, n)
    )
    years = course.days[:, PRESTUDY] / DAYS_PER_YEAR
    heights[:, PRESTUDY] = _prestudy(
        assumptions, heights[:, BASELINE], ages, years, error[:, BASELINE], observed, rng
    )
    known = _known(children, course, heights, error)
    return Start(heights, error, known.before, expected(assumptions, known))


def grow(
    assumptions: Assumptions,
    children: pd.DataFrame,
    course: Course,
    start: Start,
    rng: np.random.Generator,
) -> Heights:
    """Return the heights of all children at all visits, each in its arm."""
    heights = start.heights.copy()
    known = _known(children, course, heights, start.error)
    velocity = velocities(assumptions, known, scores, normal(rng, len(children)))
    heights[:, MONTH_12] = (heights[:, BASELINE] + velocity * known.years).round(1)
    _fill_between(assumptions, course, heights, start.error, rng)
    return Heights(heights.round(1), standardised(velocity))


def _months(children: pd.DataFrame) -> Floats:
    return (children["RANDDT"] - children["BRTHDT"]).dt.days.to_numpy() / DAYS_PER_MONTH


def _known(children: pd.DataFrame, course: Course, heights: Floats, error: Floats) -> Known:
    years = course.days / DAYS_PER_YEAR
    return Known(
        children=children, ages=_months(children), years=years[:, MONTH_12],
        observed=course.measured_at_month_12, taken=course.taken / 100,
        baseline=heights[:, BASELINE],
        before=(heights[:, PRESTUDY] - heights[:, BASELINE]) / years[:, PRESTUDY],
        error=error[:, MONTH_12] - error[:, BASELINE],
    )  # fmt: skip


def scores(heights: Floats, sex: pd.Series, age_months: Floats) -> Floats:
    """Return height SDS on the CDC 2000 reference, NaN below its youngest age."""
    return growth_reference.z_score(heights, sex=sex, age_months=age_months, reference=_cdc())


@cache
def _cdc() -> GrowthReference:
    """Return the reference; calibration asks for it many times."""
    return growth_reference.load_reference(CDC_2000_STATURE)


def _baseline(
    assumptions: Assumptions,
    children: pd.DataFrame,
    ages: Floats,
    error: Floats,
    observed: Truths,
    draws: Floats,
) -> Floats:
    """Return stored heights whose scores have the mean wanted, among observed and among all."""
    plan = assumptions.growth
    target, sd = plan.height_sds_baseline.mean.value, plan.height_sds_baseline.sd.value
    explained, sex = plan.height_sds_with_age.value * standardised(ages), children["SEX"]
    if plan.height_sds_with_parents:
        parents = children[["MOTHERHT", "FATHERHT"]].mean(axis=1).to_numpy(float)
        explained = explained + plan.height_sds_with_parents.value * standardised(parents)
    every = np.ones(len(draws), dtype=bool)
    left = np.sqrt(1 - explained.var(ddof=1))
    drawn = sd * standardised(explained + left * apart_from(draws, explained, every))

    def stored(shift: Floats) -> Floats:
        z = target + drawn + shift
        true = growth_reference.value_at_z(z, sex=sex, age_months=ages, reference=_cdc())
        return np.asarray((true + error).round(1))

    return _on_target(
        stored, lambda heights: scores(heights, sex, ages), observed, target,
        what="height SDS at baseline",
    )  # fmt: skip


def _prestudy(
    assumptions: Assumptions,
    baseline: Floats,
    ages: Floats,
    years: Floats,
    error: Floats,
    observed: Truths,
    rng: np.random.Generator,
) -> Floats:
    """Return stored heights before the study: measured velocities as screening lets them pass.

    Velocity falls with age; it holds the error of the height at baseline.
    """
    plan, n = assumptions.growth, len(ages)
    low, high = plan.velocity_before_range.value
    target, sd = plan.velocity_before.mean.value, plan.velocity_before.sd.value
    r = plan.velocity_before_with_age.value
    share = plan.measurement_error.value / sd
    left = np.sqrt(1 - r**2 - share**2)
    known = r * standardised(ages) + share * standardised(error)
    place = known + left * apart_from(normal(rng, n), known, np.ones(n, dtype=bool))
    drawn = np.sort(bounded(rng, n, mean=target, sd=sd, low=low, high=high))
    velocity = drawn[np.argsort(np.argsort(place, kind="stable"), kind="stable")]
    return _on_target(
        lambda by: (baseline + (velocity + by) * years).round(1),
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


def _fill_between(
    assumptions: Assumptions,
    course: Course,
    heights: Floats,
    error: Floats,
    rng: np.random.Generator,
) -> None:
    """Fill Months 3 to 9, each with its own error.

    All children slow down alike, along the published fall of velocity; by how much one grows
    faster than the mean is spread evenly over the year.
    """
    rates = assumptions.growth.velocity_since_baseline
    months = np.array([0, *rates], dtype=float)
    reached = np.array([0.0, *(rate.value * month for month, rate in rates.items())])
    start = heights[:, BASELINE] - error[:, BASELINE]
    gain = heights[:, MONTH_12] - error[:, MONTH_12] - start
    for visit in range(BASELINE + 1, MONTH_12):
        elapsed = 12 * course.days[:, visit] / course.days[:, MONTH_12]
        part = np.interp(elapsed, months, reached / reached[-1])
        along = gain.mean() * part + (gain - gain.mean()) * elapsed / 12
        off = assumptions.growth.deviation_between_visits.value * normal(rng, len(gain))
        heights[:, visit] = (start + along + off + error[:, visit]).round(1)

"""Velocity on treatment: what a child's response depends on, and what a publication prints of it.

One model for all arms: two children alike at baseline grow alike on either product. Where one
arm is published, its mean and SD are brought on target; where two are, the sample is moved so
that their means, their SDs and the adjusted difference come out as printed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.sources.synthetic.as_published import as_published
from analysis.sources.synthetic.assumptions import Assumptions, Spread
from analysis.sources.synthetic.draws import Floats, Truths, apart_from, calibrated, standardised

Scores = Callable[[Floats, pd.Series, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of each child before its velocity on treatment is drawn.

    Parameters
    ----------
    children
        One row a child.
    ages
        Age at baseline in months.
    years
        Years from baseline to Month 12.
    observed
        Whether it is measured inside the window of Month 12.
    taken
        Share of the doses taken.
    baseline
        Stored height at baseline, cm.
    before
        Measured velocity before treatment, cm a year.
    error
        Error of the difference of the heights at both ends, cm.
    """

    children: pd.DataFrame
    ages: Floats
    years: Floats
    observed: Truths
    taken: Floats
    baseline: Floats
    before: Floats
    error: Floats


def velocities(assumptions: Assumptions, known: Known, scores: Scores, draws: Floats) -> Floats:
    """Return measured velocities from baseline to Month 12, in cm a year."""
    plan = assumptions.growth
    if plan.published is not None:
        own = _response(assumptions, known, draws, _age_slope(assumptions))
        return as_published(assumptions, known, expected(assumptions, known), own)
    [target] = plan.velocity_month_12.values()
    if plan.height_sds_month_12 is None:
        return _on_target(assumptions, known, draws, _age_slope(assumptions), target)

    def mean_score(against_age: float) -> float:
        velocity = _on_target(assumptions, known, draws, -against_age, target)
        later = (known.baseline + velocity * known.years).round(1)
        months = known.ages + known.years * 12
        return float(scores(later, known.children["SEX"], months)[known.observed].mean())

    # Of two children who gain the same centimetres, the younger gains more SDS: the reference
    # spreads with age. So the stronger the fall of velocity with age, the higher the mean SDS.
    against_age = calibrated(
        mean_score, plan.height_sds_month_12.value, bracket=(-0.8, 0.8),
        what="height SDS at Month 12",
    )  # fmt: skip
    return _on_target(assumptions, known, draws, -against_age, target)


def expected(assumptions: Assumptions, known: Known, with_age: float | None = None) -> Floats:
    """Return what age, velocity before and peak hormone lead to expect, in SDs of the response."""
    plan, seen = assumptions.growth, known.observed
    slope = _age_slope(assumptions) if with_age is None else with_age
    found = slope * standardised(known.ages, seen)
    found = found + plan.response_with_velocity_before.value * standardised(known.before, seen)
    if plan.response_with_log_peak_gh:
        peak = np.log(known.children["PEAKGH"].to_numpy(float))
        found = found + plan.response_with_log_peak_gh.value * standardised(peak, seen)
    return np.asarray(found)


def _age_slope(assumptions: Assumptions) -> float:
    assumed = assumptions.growth.response_with_age
    return assumed.value if assumed else 0.0


def _response(assumptions: Assumptions, known: Known, draws: Floats, with_age: float) -> Floats:
    """Return velocities of the printed mean and SD over all arms, not yet arm by arm.

    What the hormone adds to the velocity before treatment is proportional to the doses taken.
    """
    plan, seen = assumptions.growth, known.observed
    targets = list(plan.velocity_month_12.values())
    mean = float(np.mean([target.mean.value for target in targets]))
    sd = float(np.mean([target.sd.value for target in targets]))
    added = (mean - plan.velocity_before.mean.value) * (known.taken / known.taken[seen].mean() - 1)
    fixed = sd * expected(assumptions, known, with_age) + added + known.error / known.years
    own = apart_from(draws, fixed, seen)
    left = np.sqrt(max(sd**2 - fixed[seen].var(ddof=1), 0.0))
    return mean + fixed + left * own


def _on_target(
    assumptions: Assumptions, known: Known, draws: Floats, with_age: float, target: Spread
) -> Floats:
    """Return velocities whose mean, on the stored heights of those observed, is the printed one."""
    velocity = _response(assumptions, known, draws, with_age)
    years, seen = known.years, known.observed
    spread = target.sd.value * standardised(velocity, seen)

    def mean(by: float) -> float:
        later = (known.baseline + (spread + by) * years).round(1)
        return float(((later - known.baseline) / years)[seen].mean())

    wanted = target.mean.value
    by = calibrated(
        mean, wanted, bracket=(wanted - 4, wanted + 4), what="height velocity at Month 12"
    )
    return np.asarray(spread + by)

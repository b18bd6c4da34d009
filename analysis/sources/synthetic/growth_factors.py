"""IGF-I and IGFBP-3: scores that follow one another, the doses taken, and a reduced dose."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.sources.synthetic.assumptions import Assumptions, Curve, GrowthFactor
from analysis.sources.synthetic.disposition import Course
from analysis.sources.synthetic.draws import Floats, Truths, median, normal, standardised
from analysis.sources.synthetic.schedule import BLOOD, DAYS_PER_YEAR

IGF1, IGFBP3 = "IGF1", "IGFBP3"
DIGITS = {IGF1: 0, IGFBP3: 2}
LIMIT = 2.0
"""Limits of normal lie so many SDs from the median: the one limit by which IGF-I is judged."""
DAYS_TO_RESULT = 14
"""From the sample to the new dose."""


@dataclass(frozen=True, slots=True)
class GrowthFactors:
    """Growth factors at the visits at which blood is taken, as stored.

    Parameters
    ----------
    values
        Concentration by factor, one row a child and one column for each of `BLOOD`.
    limits
        Limits of normal by factor: two tables of the same shape.
    igf1_sds
        Score of the stored IGF-I.
    reduced
        Whether the dose was reduced for a high IGF-I.
    reduced_from
        Days from baseline to the first reduced dose; NaN where it was not.
    """

    values: dict[str, Floats]
    limits: dict[str, tuple[Floats, Floats]]
    igf1_sds: Floats
    reduced: Truths
    reduced_from: Floats


def growth_factors(
    assumptions: Assumptions,
    children: pd.DataFrame,
    course: Course,
    response: Floats,
    taken: Truths,
    rng: np.random.Generator,
) -> GrowthFactors:
    """Return the growth factors; `taken` says which samples came to a result."""
    plan, n = assumptions.laboratory, len(children)
    r = plan.igfbp3_with_igf1.value
    igf1 = _places(plan.response_with_igf1.value, response, n, rng)
    if plan.igf1_with_log_peak_gh:
        severity = standardised(np.log(children["PEAKGH"].to_numpy(float)))
        igf1[:, 0] = _following(severity, plan.igf1_with_log_peak_gh.value, igf1[:, 0])
    igfbp3 = _following(igf1, r, _places(0.0, response, n, rng))
    age = children["AGE"].to_numpy()[:, None] + course.days[:, BLOOD] / DAYS_PER_YEAR
    doses = (course.taken / course.taken.mean())[:, None]
    sds = _scores(plan.igf1, igf1, doses)
    curve = plan.igf1.reference.value
    score = _stored_score(curve, age, sds)
    # The sample between the two ends decides; after the last one there is no dose to reduce.
    attended = course.attended[:, BLOOD[1]] & taken[:, 1] & (course.dropout == "")
    reduced = attended & (score[:, 1] > plan.dose_reduction.above.value)
    sds[:, 2] += np.where(reduced, plan.dose_reduction.igf1_sds.value, 0.0)
    start = np.where(reduced, course.days[:, BLOOD[1]] + DAYS_TO_RESULT, np.nan)
    of_other = plan.igfbp3.reference.value
    return GrowthFactors(
        values={
            IGF1: _stored(curve, age, sds, DIGITS[IGF1]),
            IGFBP3: _stored(of_other, age, _scores(plan.igfbp3, igfbp3, doses), DIGITS[IGFBP3]),
        },
        limits={
            IGF1: _limits(curve, age, DIGITS[IGF1]),
            IGFBP3: _limits(of_other, age, DIGITS[IGFBP3]),
        },
        igf1_sds=_stored_score(curve, age, sds),
        reduced=reduced,
        reduced_from=start,
    )


def _places(r: float, response: Floats, n: int, rng: np.random.Generator) -> Floats:
    """Return standard draws: before treatment, of the rise, and of each sample's noise."""
    rise = _following(response, r, normal(rng, n))
    return np.column_stack([normal(rng, n), rise, *(normal(rng, n) for _ in BLOOD)])


def _following(leader: Floats, r: float, own: Floats) -> Floats:
    """Return standard draws that have the correlation `r` with the leader's."""
    return np.asarray(r * leader + np.sqrt(1 - r**2) * own)


def _scores(factor: GrowthFactor, places: Floats, doses: Floats) -> Floats:
    """Return scores at each sample: before, and higher by the rise, as doses were taken."""
    start = factor.sds_baseline.mean.value + factor.sds_baseline.sd.value * places[:, [0]]
    gain = factor.sds_gain.mean.value + factor.sds_gain.sd.value * places[:, [1]]
    treated = np.array([0.0, *(1.0 for _ in BLOOD[1:])])
    return start + gain * doses * treated + factor.sds_within.value * places[:, 2:]


def _stored(curve: Curve, age: Floats, sds: Floats, digits: int) -> Floats:
    return np.asarray((median(curve, age) * np.exp(curve.log_sd * sds)).round(digits))


def _limits(curve: Curve, age: Floats, digits: int) -> tuple[Floats, Floats]:
    ends = np.full(age.shape, LIMIT)
    return _stored(curve, age, -ends, digits), _stored(curve, age, ends, digits)


def _stored_score(curve: Curve, age: Floats, sds: Floats) -> Floats:
    """Return the score of the stored concentration, so that both always agree."""
    stored = _stored(curve, age, sds, DIGITS[IGF1])
    return np.asarray((np.log(stored / median(curve, age)) / curve.log_sd).round(2))

"""Laboratory: growth factors, safety tests and antibodies against growth hormone."""

from functools import partial

import numpy as np
import pandas as pd

from analysis.sources.synthetic.adam import as_bds, records
from analysis.sources.synthetic.assumptions import Assumptions, GrowthFactor, SafetyTest
from analysis.sources.synthetic.disposition import Course
from analysis.sources.synthetic.draws import Floats, Truths, median, normal
from analysis.sources.synthetic.schedule import BASELINE, DAYS_PER_YEAR, MONTH_12, MONTHS

BLOOD = [BASELINE, int(np.flatnonzero(MONTHS == 6)[0]), MONTH_12]
"""Visits at which blood is taken."""
CENTRAL = 1.959964
"""A reference interval holds the central 95 %."""
FACTORS = {"IGF1": ("IGF-I (ng/mL)", 0), "IGFBP3": ("IGFBP-3 (mg/L)", 2)}
ANTIBODIES = "ADA"


def laboratory(
    assumptions: Assumptions,
    children: pd.DataFrame,
    course: Course,
    response: Floats,
    streams: dict[str, np.random.Generator],
) -> pd.DataFrame:
    """Return ADLB with limits of normal and where a value lies; IGF-I goes with `response`."""
    rng, plan = streams["laboratory"], assumptions.laboratory
    n = len(children)
    taken = rng.random((n, len(BLOOD))) >= plan.percent_missing.value / 100
    taken[:, 0] = True
    frames = []
    for code, factor in (("IGF1", plan.igf1), ("IGFBP3", plan.igfbp3)):
        frames += _factor(assumptions, children, course, (code, factor), response, taken, rng)
    for code, entry in plan.tests.items():
        test = entry.value
        values = safety_values(test, n, len(BLOOD), plan.within_child.value, rng)
        frame = records(
            children, course, values, paramcd=code, param=test.param, visits=BLOOD, kept=taken
        )
        frames.append(frame.assign(A1LO=test.low, A1HI=test.high))
    frames.append(_antibodies(assumptions, children, course, streams["antibodies"]))
    return _indicated(pd.concat(frames, ignore_index=True))


def safety_values(
    test: SafetyTest, n: int, visits: int, within: float, rng: np.random.Generator
) -> Floats:
    """Return values of a test around the middle of its reference interval.

    The share `within` of the variance is within a child; a drift on treatment is reached by the
    second visit.
    """
    low, high = np.log([test.low, test.high]) if test.skewed else (test.low, test.high)
    child = normal(rng, n)[:, None]
    visit = np.column_stack([normal(rng, n) for _ in range(visits)])
    z = np.sqrt(1 - within) * child + np.sqrt(within) * visit
    values = (low + high) / 2 + (high - low) / (2 * CENTRAL) * z
    values = np.exp(values) if test.skewed else values
    values[:, 1:] += test.drift
    return np.asarray(values.round(test.digits))


def _factor(
    assumptions: Assumptions,
    children: pd.DataFrame,
    course: Course,
    named: tuple[str, GrowthFactor],
    response: Floats,
    taken: Truths,
    rng: np.random.Generator,
) -> list[pd.DataFrame]:
    """Return the records of a growth factor and, for IGF-I, of its score."""
    code, factor = named
    name, digits = FACTORS[code]
    n, curve = len(children), factor.reference.value
    r = assumptions.laboratory.response_with_igf1.value
    start = factor.sds_baseline.mean.value + factor.sds_baseline.sd.value * normal(rng, n)
    own = r * response + np.sqrt(1 - r**2) * normal(rng, n)
    gain = factor.sds_gain.mean.value + factor.sds_gain.sd.value * own
    noise = np.column_stack([0.3 * normal(rng, n) for _ in BLOOD[1:]])
    sds = np.column_stack([start, start[:, None] + gain[:, None] + noise])

    age = children["AGE"].to_numpy()[:, None] + course.days[:, BLOOD] / DAYS_PER_YEAR
    centre = median(curve, age.ravel()).reshape(age.shape)
    values = (centre * np.exp(curve.log_sd * sds)).round(digits)
    place = partial(records, children, course, visits=BLOOD, kept=taken)
    frame = place(values, paramcd=code, param=name)
    for column, z in (("A1LO", -CENTRAL), ("A1HI", CENTRAL)):
        limit = (centre * np.exp(curve.log_sd * z)).round(digits)
        frame[column] = place(limit, paramcd=code, param=name)["AVAL"]
    if code != "IGF1":
        return [frame]
    # From the stored concentration, so that both always agree.
    score = (np.log(values / centre) / curve.log_sd).round(2)
    scored = place(score, paramcd="IGFSDS", param="IGF-I SDS (SDS)")
    return [frame, scored.assign(A1LO=-1.96, A1HI=1.96)]


def _antibodies(
    assumptions: Assumptions, children: pd.DataFrame, course: Course, rng: np.random.Generator
) -> pd.DataFrame:
    """Return antibody status: some children, whatever their arm, turn positive on treatment."""
    n = len(children)
    count = round(assumptions.laboratory.antibody_percent.value * n / 100)
    # Only children seen at Month 6 and 12, so that the number declared is the number seen.
    candidates = np.flatnonzero(course.attended[:, BLOOD].all(axis=1))
    chosen = rng.permutation(candidates)[:count]
    values = np.zeros((n, len(BLOOD)))
    values[chosen, 1] = rng.integers(0, 2, len(chosen))
    values[chosen, 2] = 1
    frame = records(
        children, course, values, paramcd=ANTIBODIES, param="Anti-GH Antibodies", visits=BLOOD
    )
    return frame.assign(A1LO=np.nan, A1HI=np.nan)


def _indicated(frame: pd.DataFrame) -> pd.DataFrame:
    """Add where each value lies, now and at baseline, and the words of an antibody result."""
    low, high = frame["AVAL"] < frame["A1LO"], frame["AVAL"] > frame["A1HI"]
    words = np.select([low, high], ["LOW", "HIGH"], default="NORMAL")
    frame["ANRIND"] = np.where(frame["A1LO"].isna(), "", words)
    base = frame[frame["ABLFL"] == "Y"].set_index(["USUBJID", "PARAMCD"])["ANRIND"]
    frame = frame.join(base.rename("BNRIND"), on=["USUBJID", "PARAMCD"])
    status = np.where(frame["AVAL"] == 1, "POSITIVE", "NEGATIVE")
    frame["AVALC"] = np.where(frame["PARAMCD"] == ANTIBODIES, status, "")
    return as_bds([frame], extra=["AVALC", "A1LO", "A1HI", "ANRIND", "BNRIND"])

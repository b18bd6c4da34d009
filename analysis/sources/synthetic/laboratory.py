"""Laboratory: growth factors, safety tests and antibodies against growth hormone."""

from functools import partial

import numpy as np
import pandas as pd

from analysis.sources.synthetic.adam import as_bds, records
from analysis.sources.synthetic.assumptions import Assumptions, SafetyTest
from analysis.sources.synthetic.disposition import Course
from analysis.sources.synthetic.draws import Floats, Truths, normal
from analysis.sources.synthetic.findings import confirmed
from analysis.sources.synthetic.growth_factors import IGF1, IGFBP3, LIMIT, GrowthFactors
from analysis.sources.synthetic.schedule import BLOOD, DAYS_PER_YEAR

CENTRAL = 1.959964
"""A reference interval holds the central 95 %."""
FACTORS = {IGF1: "IGF-I (ng/mL)", IGFBP3: "IGFBP-3 (mg/L)"}
ANTIBODIES = "ADA"
LABORATORY, IMMUNOGENICITY = "LB", "IS"
"""Domains of what is collected."""


def samples(assumptions: Assumptions, n: int, rng: np.random.Generator) -> Truths:
    """Return which samples came to a result: all of those at baseline, most of the others."""
    taken = rng.random((n, len(BLOOD))) >= assumptions.laboratory.percent_missing.value / 100
    taken[:, 0] = True
    return np.asarray(taken)


def laboratory(
    assumptions: Assumptions,
    children: pd.DataFrame,
    course: Course,
    factors: GrowthFactors,
    events: pd.DataFrame,
    taken: Truths,
    streams: dict[str, np.random.Generator],
) -> pd.DataFrame:
    """Return ADLB with limits of normal and where a value lies, in accord with the events."""
    plan = assumptions.laboratory
    of_child = partial(records, children, course, visits=BLOOD, kept=taken, source=LABORATORY)
    frames = []
    for code, name in FACTORS.items():
        frame = of_child(factors.values[code], paramcd=code, param=name)
        for column, limit in zip(("ANRLO", "ANRHI"), factors.limits[code], strict=True):
            frame[column] = of_child(limit, paramcd=code, param=name)["AVAL"]
        frames.append(frame)
        if code == IGF1:
            score = of_child(factors.igf1_sds, paramcd="IGFSDS", param="IGF-I SDS (SDS)", source="")
            frames.append(score.assign(ANRLO=-LIMIT, ANRHI=LIMIT))
    tests = {code: entry.value for code, entry in plan.tests.items()}
    age = children["AGE"].to_numpy()[:, None] + course.days[:, BLOOD] / DAYS_PER_YEAR
    drawn = safety_values(tests, age, plan.within_child.value, streams["laboratory"])
    drawn = confirmed(assumptions.events, tests, drawn, events, streams["findings"])
    for code, test in tests.items():
        frame = of_child(drawn[code], paramcd=code, param=test.param)
        frames.append(frame.assign(ANRLO=test.low, ANRHI=test.high))
    frames.append(_antibodies(assumptions, children, course, streams["antibodies"]))
    return _indicated(pd.concat(frames, ignore_index=True))


def safety_values(
    tests: dict[str, SafetyTest], age: Floats, within: float, rng: np.random.Generator
) -> dict[str, Floats]:
    """Return values of tests around the middle of their reference intervals.

    The `age` in years has one row a child and one column a visit. The share `within` of the
    variance is within a child; a drift on treatment is reached by the second visit.
    """
    places: dict[str, Floats] = {}
    values = {}
    share = np.sqrt([1 - within] + [within] * age.shape[1])
    for code, test in tests.items():
        place = np.column_stack([normal(rng, len(age)) for _ in share])
        if test.follows:
            place = test.r * places[test.follows] + np.sqrt(1 - test.r**2) * place
        places[code] = place
        z = share[0] * place[:, [0]] + share[1:] * place[:, 1:]
        low, high = np.log([test.low, test.high]) if test.skewed else (test.low, test.high)
        value = (low + high) / 2 + (high - low) / (2 * CENTRAL) * z
        value = np.exp(value) if test.skewed else value
        value = value + test.with_age * (age - age[:, 0].mean())
        value[:, 1:] += test.drift
        values[code] = np.asarray(value.round(test.digits))
    return values


def _antibodies(
    assumptions: Assumptions, children: pd.DataFrame, course: Course, rng: np.random.Generator
) -> pd.DataFrame:
    """Return antibody status: in each arm, as many turn positive on treatment as are declared."""
    n = len(children)
    values = np.zeros((n, len(BLOOD)))
    # Only children seen at Month 6 and 12, so that the number declared is the number seen.
    seen = course.attended[:, BLOOD].all(axis=1)
    for arm, count in assumptions.laboratory.antibodies.items():
        candidates = np.flatnonzero(seen & (children["ARM"] == arm).to_numpy())
        chosen = rng.permutation(candidates)[: count.value]
        values[chosen, 1] = rng.integers(0, 2, len(chosen))
        values[chosen, 2] = 1
    frame = records(
        children, course, values, paramcd=ANTIBODIES, param="Anti-GH Antibodies", visits=BLOOD,
        source=IMMUNOGENICITY,
    )  # fmt: skip
    return frame.assign(ANRLO=np.nan, ANRHI=np.nan)


def _indicated(frame: pd.DataFrame) -> pd.DataFrame:
    """Add where each value lies, now and at baseline, and the words of an antibody result."""
    low, high = frame["AVAL"] < frame["ANRLO"], frame["AVAL"] > frame["ANRHI"]
    words = np.select([low, high], ["LOW", "HIGH"], default="NORMAL")
    frame["ANRIND"] = np.where(frame["ANRLO"].isna(), "", words)
    base = frame[frame["ABLFL"] == "Y"].set_index(["USUBJID", "PARAMCD"])["ANRIND"]
    frame = frame.join(base.rename("BNRIND"), on=["USUBJID", "PARAMCD"])
    status = np.where(frame["AVAL"] == 1, "POSITIVE", "NEGATIVE")
    frame["AVALC"] = np.where(frame["PARAMCD"] == ANTIBODIES, status, "")
    return as_bds([frame], extra=["AVALC", "ANRLO", "ANRHI", "ANRIND", "BNRIND"])

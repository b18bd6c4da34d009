"""The growth table and the vital signs."""

from functools import partial

import numpy as np
import pandas as pd

from analysis.sources.growth_reference import DAYS_PER_MONTH
from analysis.sources.synthetic.adam import DIGITS, as_bds, records
from analysis.sources.synthetic.assumptions import Assumptions
from analysis.sources.synthetic.children import bone_ages
from analysis.sources.synthetic.disposition import Course
from analysis.sources.synthetic.draws import Floats, around, median, normal
from analysis.sources.synthetic.growth import scores
from analysis.sources.synthetic.laboratory import safety_values
from analysis.sources.synthetic.schedule import BASELINE, DAYS_PER_YEAR, MONTH_12, PRESTUDY, VISITS

ALL = range(len(VISITS))
FROM_BASELINE = range(BASELINE, len(VISITS))
ENDS = [BASELINE, MONTH_12]
VITAL_SIGNS, IMAGING = "VS", "MO"
"""Domains of what is collected."""


def growth_table(
    assumptions: Assumptions,
    children: pd.DataFrame,
    course: Course,
    heights: Floats,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return ADGR: heights, and what follows from them and from the dates.

    Notes
    -----
    The velocity at baseline is that before treatment, later ones are since baseline; each is
    height difference / exact days * 365.25 from stored heights. A velocity needs both heights.
    """
    ages = _ages_in_months(children, course)
    measured = np.where(course.attended, heights, np.nan)
    elapsed = course.days[:, MONTH_12] / DAYS_PER_YEAR
    bone_age = bone_ages(assumptions.children, children["AGE"].to_numpy(), elapsed, rng)
    height_sds = scores(heights, children[["SEX"]].to_numpy(), ages).round(DIGITS)
    table = [
        (heights, "HEIGHT", "Height (cm)", ALL, VITAL_SIGNS),
        (velocities(measured, course), "HV", "Height Velocity (cm/year)", FROM_BASELINE, ""),
        (height_sds, "HTSDS", "Height SDS, CDC 2000 (SDS)", ALL, ""),
        (bone_age, "BONEAGE", "Bone Age (years)", ENDS, IMAGING),
    ]
    return as_bds(
        [
            records(
                children, course, values, paramcd=code, param=name, visits=visits, source=source
            )
            for values, code, name, visits, source in table
        ],
        extra=["TRTP", "DTYPE"],
    )


def velocities(heights: Floats, course: Course) -> Floats:
    """Return the velocity at baseline and at each later visit, NaN where a height is missing."""
    baseline = heights[:, BASELINE]
    years = course.days / DAYS_PER_YEAR
    before = (baseline - heights[:, PRESTUDY]) / -years[:, PRESTUDY]
    later = (heights[:, BASELINE + 1 :] - baseline[:, None]) / years[:, BASELINE + 1 :]
    return np.column_stack([before, later]).round(DIGITS)


def weights(
    assumptions: Assumptions,
    children: pd.DataFrame,
    course: Course,
    heights: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Return weight in kg to 0.1 at every visit: a child nearly keeps its place among its peers."""
    curve = assumptions.children.body_mass_index.value
    within = assumptions.children.body_mass_within.value
    years = _ages_in_months(children, course) / 12
    place = around(rng, curve, years[:, BASELINE]) / median(curve, years[:, BASELINE])
    noise = np.column_stack([normal(rng, len(children)) for _ in VISITS])
    index = median(curve, years) * place[:, None] * np.exp(within * noise)
    return (index * (heights / 100) ** 2).round(1)


def vital_signs(
    assumptions: Assumptions,
    children: pd.DataFrame,
    course: Course,
    weight: Floats,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return ADVS: weight at every visit from baseline, blood pressure at both ends."""
    of_child = partial(records, children, course, source=VITAL_SIGNS)
    weighed = weight[:, BASELINE:]
    frames = [of_child(weighed, paramcd="WEIGHT", param="Weight (kg)", visits=FROM_BASELINE)]
    within = assumptions.laboratory.within_child.value
    signs = {code: entry.value for code, entry in assumptions.laboratory.vital_signs.items()}
    age = _ages_in_months(children, course)[:, ENDS] / 12
    for code, values in safety_values(signs, age, within, rng).items():
        frames.append(of_child(values, paramcd=code, param=signs[code].param, visits=ENDS))
    return as_bds(frames)


def _ages_in_months(children: pd.DataFrame, course: Course) -> Floats:
    at_baseline = (children["RANDDT"] - children["BRTHDT"]).dt.days.to_numpy()
    return np.asarray((at_baseline[:, None] + course.days) / DAYS_PER_MONTH)

"""Exposure: how long, how much, and how regularly."""

import numpy as np
import pandas as pd

from analysis.sources.synthetic.adam import numbered
from analysis.sources.synthetic.assumptions import Assumptions
from analysis.sources.synthetic.disposition import Course
from analysis.sources.synthetic.draws import Floats
from analysis.sources.synthetic.growth_factors import GrowthFactors
from analysis.sources.synthetic.schedule import BASELINE, MONTH_12
from analysis.sources.trial.columns import study_day

COLUMNS = "STUDYID USUBJID ASEQ TRTA PARAMCD PARAM ADT ADY AVAL".split()


def exposure(
    assumptions: Assumptions,
    children: pd.DataFrame,
    course: Course,
    weight: Floats,
    factors: GrowthFactors,
) -> pd.DataFrame:
    """Return ADEX, one row a child and parameter, over the whole treatment, whose length ADSL has.

    Notes
    -----
    The dose prescribed follows body weight, and is reduced from the day on which a high IGF-I
    asks for it; what a child took is that times its compliance.
    """
    days = course.last_day + 1
    per_kg = children["ARM"].map({arm.name.value: arm.dose.value for arm in assumptions.arms})
    cut = assumptions.laboratory.dose_reduction.percent.value / 100
    after = np.clip(course.last_day - factors.reduced_from, 0, None) / days
    prescribed = per_kg.to_numpy() * (1 - cut * np.nan_to_num(after))
    taken = prescribed * course.taken / 100
    # Weight rises about evenly over the year: its mean is that of the two ends.
    share = np.minimum(days / days.max(), 1)
    kilograms = weight[:, BASELINE] + (weight[:, MONTH_12] - weight[:, BASELINE]) * share / 2
    values = {
        ("AVGDD", "Average Daily Dose (mg/kg/day)"): taken.round(4),
        ("CUMDOSE", "Cumulative Dose (mg)"): (taken * kilograms * days).round(1),
        ("COMPL", "Compliance (%)"): course.taken,
        ("DOSERED", "Dose Reductions (number)"): factors.reduced.astype(float),
    }
    last = children["RANDDT"] + pd.to_timedelta(course.last_day, unit="D")
    whole = children.assign(TRTA=children["ARM"], ADT=last, ADY=study_day(last, children["RANDDT"]))
    frames = [
        whole.assign(PARAMCD=code, PARAM=name, AVAL=value) for (code, name), value in values.items()
    ]
    stacked = pd.concat(frames, ignore_index=True)
    return numbered(stacked.sort_values("USUBJID", kind="stable", ignore_index=True))[COLUMNS]

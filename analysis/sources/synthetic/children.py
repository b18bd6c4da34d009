"""Who takes part: region, sex, age and dates, one row a randomised child."""

import numpy as np
import pandas as pd

from analysis.sources.synthetic import draws
from analysis.sources.synthetic.assumptions import Assumptions, Children
from analysis.sources.synthetic.calendar import Days, clinic_day
from analysis.sources.synthetic.schedule import DAYS_PER_YEAR

GIRL, BOY = "F", "M"
PREPUBERTAL = 1
"""Tanner stage: every child is before puberty, girls with Turner syndrome for want of it."""


def enrol(assumptions: Assumptions, rng: np.random.Generator) -> pd.DataFrame:
    """Return the randomised children in the order of their identifiers, not yet their arms.

    Columns: ``USUBJID, SUBJID, SITEID, REGION1, SEX, RACE, AGE, TANNER, BRTHDT, RFICDT,
    RANDDT`` and, where they are assumed, ``PEAKGH, MOTHERHT, FATHERHT``; baseline is the day of
    randomisation and of the first dose.
    """
    who, when = assumptions.children, assumptions.calendar
    n = sum(arm.n.value for arm in assumptions.arms)
    frame = pd.DataFrame({"REGION1": np.sort(draws.assigned(rng, who.regions.value, n))})
    baseline = _seen(assumptions, frame, rng)
    frame["RANDDT"] = baseline
    earliest, latest = when.consent_days_before.value
    frame["RFICDT"] = clinic_day(baseline - rng.integers(earliest, latest + 1, n))
    age = _by_sex(who, frame["SEX"], _ages(who, n, rng), rng)
    frame["BRTHDT"] = baseline - np.rint(age * DAYS_PER_YEAR).astype(np.int64)
    # From the stored date of birth, so that both always agree.
    days = (frame["RANDDT"] - frame["BRTHDT"]).dt.days
    frame["AGE"] = (days / DAYS_PER_YEAR).round(2)
    frame["TANNER"] = PREPUBERTAL
    if who.peak_gh:
        frame["PEAKGH"] = draws.limited(rng, n, who.peak_gh.value).round(1)
    for name, height in who.parents_heights.items():
        drawn = height.mean.value + height.sd.value * draws.normal(rng, n)
        frame[name] = drawn.round(0)
    return _identified(frame, assumptions.study)


def screened_only(assumptions: Assumptions, rng: np.random.Generator) -> pd.DataFrame:
    """Return the children who were screened and not randomised, with the reason ``SCFREAS``."""
    who = assumptions.children
    failures = who.screen_failures.value
    reasons = np.repeat(list(failures), list(failures.values())).astype(object)
    n = len(reasons)
    frame = pd.DataFrame({"SCFREAS": rng.permutation(reasons)})
    frame["REGION1"] = draws.assigned(rng, who.regions.value, n)
    frame["RFICDT"] = _seen(assumptions, frame, rng)
    low, high = who.age_range.value
    days = np.rint((low + (high - low) * rng.random(n)) * DAYS_PER_YEAR).astype(np.int64)
    frame["BRTHDT"] = frame["RFICDT"] - pd.to_timedelta(days, unit="D")
    frame["AGE"] = (days / DAYS_PER_YEAR).round(2)
    return _identified(frame, assumptions.study, first=901)


def _seen(assumptions: Assumptions, frame: pd.DataFrame, rng: np.random.Generator) -> Days:
    """Give each child a site of its region, a sex and a race; return the day it is seen."""
    who, when = assumptions.children, assumptions.calendar
    frame["SITEID"] = _sites(frame["REGION1"], who.sites_per_region.value, rng)
    boys = who.percent_boys.value / 100
    frame["SEX"] = draws.assigned(rng, {BOY: boys, GIRL: 1 - boys}, len(frame))
    frame["RACE"] = draws.assigned(rng, who.races.value, len(frame))
    first, last = when.first_baseline.value, when.last_baseline.value
    return clinic_day(np.datetime64(first) + rng.integers(0, (last - first).days + 1, len(frame)))


def _ages(who: Children, n: int, rng: np.random.Generator) -> draws.Floats:
    """Draw ages at baseline from their groups; their mean and SD are met exactly."""
    low, high = who.age_range.value
    groups = who.age_groups.value
    sizes = draws.whole_parts(np.array([group.share for group in groups]), n)
    drawn = [
        draws.bounded(rng, int(size), mean=group.mean, sd=group.sd, low=low, high=high)
        for group, size in zip(groups, sizes, strict=True)
    ]
    age = who.age.mean.value + who.age.sd.value * draws.standardised(np.concatenate(drawn))
    return rng.permutation(np.clip(age, low, high))


def _by_sex(
    who: Children, sex: pd.Series, ages: draws.Floats, rng: np.random.Generator
) -> draws.Floats:
    """Exchange the ages of girls who are too old with those of boys of a girl's age."""
    ages, limit = ages.copy(), who.oldest_girl.value
    girls = (sex == GIRL).to_numpy()
    old = np.flatnonzero(girls & (ages > limit))
    young = rng.permutation(np.flatnonzero(~girls & (ages <= limit)))[: len(old)]
    ages[old], ages[young] = ages[young], ages[old]
    return ages


def bone_ages(
    who: Children, ages: draws.Floats, elapsed: draws.Floats, rng: np.random.Generator
) -> draws.Floats:
    """Return bone age at baseline and at Month 12, as read, in years to one decimal.

    A child's bone age is a share of its age; in a year on treatment it gains so many years, and
    each film is read with an error of its own.
    """
    n, share = len(ages), who.bone_age_share.value
    # The share does not depend on age, so that the delay does.
    place = draws.apart_from(draws.normal(rng, n), ages, np.ones(n, dtype=bool))
    start = ages * np.clip(share.mean + share.sd * place, share.low, share.high)
    gain = who.bone_age_gain.mean.value + who.bone_age_gain.sd.value * draws.normal(rng, n)
    true = np.column_stack([start, start + np.maximum(gain, 0.2) * elapsed])
    error = np.column_stack([draws.normal(rng, n) for _ in range(2)])
    return np.asarray((true * (1 + who.bone_age_reading.value * error)).round(1))


def _sites(region: pd.Series, per_region: int, rng: np.random.Generator) -> pd.Series:
    """Return a site number: hundreds are the region, units the site in it."""
    codes = pd.Series(pd.factorize(region, sort=True)[0] + 1, index=region.index)
    return (codes * 100 + rng.integers(1, per_region + 1, len(region))).astype(str)


def _identified(frame: pd.DataFrame, study: str, *, first: int = 1) -> pd.DataFrame:
    """Give the children of each site numbers by consent, and sort by the identifier."""
    frame = frame.sort_values(["SITEID", "RFICDT"], kind="stable", ignore_index=True)
    number = frame.groupby("SITEID").cumcount() + first
    frame["SUBJID"] = frame["SITEID"] + "-" + number.astype(str).str.zfill(3)
    frame["USUBJID"] = study + "-" + frame["SUBJID"]
    return frame

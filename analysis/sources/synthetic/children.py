"""Who takes part: arm, region, sex, age and dates, one row a randomised child."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sources.synthetic import draws
from analysis.sources.synthetic.assumptions import Assumptions, Children
from analysis.sources.synthetic.schedule import DAYS_PER_YEAR


def enrol(assumptions: Assumptions, rng: np.random.Generator) -> pd.DataFrame:
    """Return the randomised children in the order of their identifiers.

    Columns: ``USUBJID, SUBJID, SITEID, REGION1, ARM, SEX, AGE, BRTHDT, RFICDT, RANDDT, PEAKGH``;
    baseline is the day of randomisation and of the first dose.
    """
    who, when = assumptions.children, assumptions.calendar
    n = sum(arm.n.value for arm in assumptions.arms)
    region = np.sort(draws.assigned(rng, who.regions.value, n))
    frame = pd.DataFrame({"REGION1": region, "ARM": _randomised(assumptions, region, rng)})
    baseline = _seen(assumptions, frame, rng)
    frame["RANDDT"] = baseline
    earliest, latest = when.consent_days_before.value
    frame["RFICDT"] = baseline - rng.integers(earliest, latest + 1, n)
    frame["BRTHDT"] = baseline - np.rint(_ages(who, n, rng) * DAYS_PER_YEAR).astype(np.int64)
    # From the stored date of birth, so that both always agree.
    days = (frame["RANDDT"] - frame["BRTHDT"]).dt.days
    frame["AGE"] = (days / DAYS_PER_YEAR).round(2)
    if who.peak_gh:
        frame["PEAKGH"] = draws.limited(rng, n, who.peak_gh.value).round(1)
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


def _seen(
    assumptions: Assumptions, frame: pd.DataFrame, rng: np.random.Generator
) -> npt.NDArray[np.datetime64]:
    """Give each child a site of its region and a sex; return the day on which it is seen."""
    who, when = assumptions.children, assumptions.calendar
    frame["SITEID"] = _sites(frame["REGION1"], who.sites_per_region.value, rng)
    boys = who.percent_boys.value / 100
    frame["SEX"] = draws.assigned(rng, {"M": boys, "F": 1 - boys}, len(frame))
    first, last = when.first_baseline.value, when.last_baseline.value
    return np.datetime64(first) + rng.integers(0, (last - first).days + 1, len(frame))


def _randomised(
    assumptions: Assumptions, region: npt.NDArray[np.str_], rng: np.random.Generator
) -> npt.NDArray[np.object_]:
    """Allocate arms at random within each region, with the arms' sizes kept exactly."""
    names = [arm.name.value for arm in assumptions.arms]
    if len(names) == 1:
        return np.repeat(names[0], len(region))
    regions, sizes = np.unique(region, return_counts=True)
    in_reference = draws.whole_parts(sizes.astype(float), assumptions.arms[1].n.value)
    arm = np.empty(len(region), dtype=object)
    for name, size, reference in zip(regions, sizes, in_reference, strict=True):
        arm[region == name] = rng.permutation(np.repeat(names, [size - reference, reference]))
    return arm


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


def bone_ages(
    who: Children, ages: draws.Floats, rng: np.random.Generator
) -> tuple[draws.Floats, draws.Floats]:
    """Return bone age at baseline and at Month 12, in years to one decimal."""
    n = len(ages)
    delay = who.bone_age_delay.mean.value + who.bone_age_delay.sd.value * draws.normal(rng, n)
    start = np.maximum(ages - delay, 0.5 + 0.5 * rng.random(n))
    gain = who.bone_age_gain.mean.value + who.bone_age_gain.sd.value * draws.normal(rng, n)
    return start.round(1), (start + np.maximum(gain, 0.2)).round(1)


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

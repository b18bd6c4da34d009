"""What a clinician would look for in a table of children: one number a property.

Each function takes the tables of a trial, as `generate` returns them, and returns a number that
has limits; ``data/validation/realism.csv`` has the limits, and says where they come from.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from analysis import growth
from analysis.sources.growth_reference import CDC_2000_STATURE, load_reference

Tables = Mapping[str, pd.DataFrame]
Measure = Callable[[Tables], float]

MEASURES: dict[str, Measure] = {}
"""Property → how it is measured."""


def measure(function: Measure) -> Measure:
    """Register a property under the function's name."""
    MEASURES[function.__name__] = function
    return function


def _wide(tables: Tables, dataset: str, code: str, column: str = "AVAL") -> pd.DataFrame:
    """Return the values of a parameter, one row a child and one column a visit in months."""
    table = tables[dataset]
    own = table[table["PARAMCD"] == code]
    return own.pivot(index="USUBJID", columns="AVISITN", values=column)


def _subjects(tables: Tables) -> pd.DataFrame:
    adsl = tables["adsl"]
    return adsl[adsl["RANDFL"] == "Y"].set_index("USUBJID")


def _r(one: pd.Series, other: pd.Series) -> float:
    return float(one.astype(float).corr(other.astype(float)))


def _visits(tables: Tables) -> pd.Series:
    dates = pd.concat([tables[name]["ADT"] for name in ("adgr", "advs", "adlb")])
    return pd.to_datetime(dates)


# Calendar ----


@measure
def visits_at_weekends(tables: Tables) -> float:
    """Return the percentage of visits on a Saturday or Sunday."""
    return float((_visits(tables).dt.day_of_week >= 5).mean() * 100)


@measure
def visits_at_christmas(tables: Tables) -> float:
    """Return the number of measurements on 25 or 26 December or 1 January."""
    dates = _visits(tables).dt.strftime("%m-%d")
    return float(dates.isin(["12-25", "12-26", "01-01"]).sum())


@measure
def first_doses_at_weekends(tables: Tables) -> float:
    """Return the percentage of first doses on a Saturday or Sunday."""
    return float((pd.to_datetime(_subjects(tables)["TRTSDT"]).dt.day_of_week >= 5).mean() * 100)


@measure
def spread_of_follow_up(tables: Tables) -> float:
    """Return the SD of the days from the last dose to the end of study."""
    subjects = _subjects(tables)
    days = pd.to_datetime(subjects["EOSDT"]) - pd.to_datetime(subjects["TRTEDT"])
    return float(days.dt.days.std())


# Growth ----


@measure
def slowest_velocity_before(tables: Tables) -> float:
    """Return the smallest velocity before treatment, cm a year."""
    return float(_wide(tables, "adgr", "HV")[0].min())


@measure
def fastest_velocity_before(tables: Tables) -> float:
    """Return the largest velocity before treatment, cm a year."""
    return float(_wide(tables, "adgr", "HV")[0].max())


@measure
def velocity_before_with_age(tables: Tables) -> float:
    """Return the correlation of the velocity before treatment with age."""
    return _r(_wide(tables, "adgr", "HV")[0], _subjects(tables)["AGE"])


@measure
def first_year_with_velocity_before(tables: Tables) -> float:
    """Return the correlation of the first year's velocity with that before."""
    velocity = _wide(tables, "adgr", "HV")
    return _r(velocity[12], velocity[0])


@measure
def first_year_with_age(tables: Tables) -> float:
    """Return the correlation of the first year's velocity with age."""
    return _r(_wide(tables, "adgr", "HV")[12], _subjects(tables)["AGE"])


@measure
def first_year_with_log_peak_gh(tables: Tables) -> float:
    """Return the correlation of the first year's velocity with the logarithm of peak hormone."""
    return _r(_wide(tables, "adgr", "HV")[12], np.log(_subjects(tables)["PEAKGH"].astype(float)))


@measure
def first_year_with_doses_taken(tables: Tables) -> float:
    """Return the mean first-year velocity of regular less that of irregular takers, cm a year."""
    adex = tables["adex"]
    taken = adex[adex["PARAMCD"] == "COMPL"].set_index("USUBJID")["AVAL"]
    velocity = _wide(tables, "adgr", "HV")[12].dropna()
    regular = taken.reindex(velocity.index) >= 80
    return float(velocity[regular].mean() - velocity[~regular].mean())


@measure
def spread_at_month_3(tables: Tables) -> float:
    """Return the SD of the velocity over three months, per SD of that over twelve."""
    velocity = _wide(tables, "adgr", "HV")
    return float(velocity[3].std() / velocity[12].std())


@measure
def successive_quarters(tables: Tables) -> float:
    """Return the largest correlation of the velocities in two successive quarters."""
    months = [0, 3, 6, 9, 12]
    gain = _wide(tables, "adgr", "HEIGHT")[months].diff(axis=1).iloc[:, 1:]
    rate = gain / _wide(tables, "adgr", "HEIGHT", "ADY")[months].diff(axis=1).iloc[:, 1:]
    return max(_r(rate.iloc[:, k], rate.iloc[:, k + 1]) for k in range(3))


@measure
def height_with_parents(tables: Tables) -> float:
    """Return the correlation of height SDS at baseline with the mean of the parents' heights."""
    subjects = _subjects(tables)
    return _r(subjects["HTSDSBL"], subjects["MOTHERHT"] + subjects["FATHERHT"])


@measure
def height_below_parents(tables: Tables) -> float:
    """Return mean height SDS at baseline less the SDS of the target height."""
    subjects = _subjects(tables)
    reference = load_reference(CDC_2000_STATURE)
    target = growth.target_height(subjects.reset_index(), reference=reference)
    return float((subjects["HTSDSBL"].to_numpy(float) - target["sds"].to_numpy(float)).mean())


# Bone age and body ----


@measure
def bone_age_delay_with_age(tables: Tables) -> float:
    """Return the correlation of the delay of bone age with age."""
    subjects = _subjects(tables)
    return _r(subjects["AGE"] - subjects["BONEAGBL"], subjects["AGE"])


@measure
def least_bone_age_by_age(tables: Tables) -> float:
    """Return the smallest bone age per year of age."""
    subjects = _subjects(tables)
    return float((subjects["BONEAGBL"] / subjects["AGE"]).min())


@measure
def advance_of_bone_age(tables: Tables) -> float:
    """Return the mean gain in bone age per year of the calendar."""
    bone, day = _wide(tables, "adgr", "BONEAGE"), _wide(tables, "adgr", "BONEAGE", "ADY")
    return float(((bone[12] - bone[0]) / ((day[12] - day[0]) / 365.25)).mean())


@measure
def body_mass_from_visit_to_visit(tables: Tables) -> float:
    """Return the correlation of body-mass index at baseline and at Month 12."""
    height, weight = _wide(tables, "adgr", "HEIGHT"), _wide(tables, "advs", "WEIGHT")
    index = weight / (height[weight.columns] / 100) ** 2
    return _r(index[0], index[12])


@measure
def too_old_without_stage(tables: Tables) -> float:
    """Return the number of girls from 11 and boys from 12 years on without a Tanner stage."""
    subjects = _subjects(tables)
    old = subjects["AGE"] >= np.where(subjects["SEX"] == "F", 11, 12)
    stage = subjects["TANNER"] if "TANNER" in subjects else pd.Series(np.nan, subjects.index)
    return float((old & stage.isna()).sum())


# Laboratory and vital signs ----


@measure
def igf1_from_month_6_to_12(tables: Tables) -> float:
    """Return the correlation of the IGF-I SDS at Month 6 and Month 12."""
    score = _wide(tables, "adlb", "IGFSDS")
    return _r(score[6], score[12])


@measure
def igf1_with_igfbp3(tables: Tables) -> float:
    """Return the correlation of the logarithms of IGF-I and IGFBP-3 at baseline, age apart."""
    age = _subjects(tables)["AGE"].astype(float)
    logs = [np.log(_wide(tables, "adlb", code)[0]) for code in ("IGF1", "IGFBP3")]
    pairs = pd.concat([*logs, age], axis=1, keys=["igf1", "igfbp3", "age"]).dropna()
    slopes = np.polyfit(pairs["age"], pairs[["igf1", "igfbp3"]], 1)
    left = pairs[["igf1", "igfbp3"]] - np.outer(pairs["age"], slopes[0]) - slopes[1]
    return _r(left["igf1"], left["igfbp3"])


@measure
def igf1_with_log_peak_gh(tables: Tables) -> float:
    """Return the correlation of IGF-I SDS with the logarithm of peak hormone at baseline."""
    peak = np.log(_subjects(tables)["PEAKGH"].astype(float))
    return _r(_wide(tables, "adlb", "IGFSDS")[0], peak)


@measure
def igf1_high_at_month_12(tables: Tables) -> float:
    """Return the percentage of children whose IGF-I SDS lies above 2 at Month 12."""
    score = _wide(tables, "adlb", "IGFSDS")[12].dropna()
    return float((score > 2).mean() * 100)


@measure
def high_igf1_without_lower_dose(tables: Tables) -> float:
    """Return how many whose IGF-I SDS lay above 2 at Month 6 went on at the same dose."""
    score = _wide(tables, "adlb", "IGFSDS")
    high = set(score.index[score[6] > 2]) & set(_wide(tables, "adgr", "HEIGHT")[12].dropna().index)
    adae = tables["adae"]
    return float(len(high - set(adae.loc[adae["AEACN"] == "DOSE REDUCED", "USUBJID"])))


def _between(tables: Tables, dataset: str, one: str, other: str) -> float:
    first, second = (_wide(tables, dataset, code)[0] for code in (one, other))
    return _r(first, second)


@measure
def alt_with_ast(tables: Tables) -> float:
    """Return the correlation of ALT and AST at baseline."""
    return _between(tables, "adlb", "ALT", "AST")


@measure
def glucose_with_hba1c(tables: Tables) -> float:
    """Return the correlation of fasting glucose and HbA1c at baseline."""
    return _between(tables, "adlb", "GLUC", "HBA1C")


@measure
def systolic_with_diastolic(tables: Tables) -> float:
    """Return the correlation of systolic and diastolic blood pressure at baseline."""
    return _between(tables, "advs", "SYSBP", "DIABP")


@measure
def systolic_with_age(tables: Tables) -> float:
    """Return the correlation of systolic blood pressure at baseline with age."""
    return _r(_wide(tables, "advs", "SYSBP")[0], _subjects(tables)["AGE"])


def _apart(tables: Tables, term: str, code: str) -> float:
    """Return how many children have only one of an event and a low value on treatment."""
    adae, adlb = tables["adae"], tables["adlb"]
    emergent = (adae["AEDECOD"] == term) & (adae["TRTEMFL"] == "Y")
    low = (adlb["PARAMCD"] == code) & (adlb["ANRIND"] == "LOW") & (adlb["AVISITN"] > 0)
    return float(len(set(adae.loc[emergent, "USUBJID"]) ^ set(adlb.loc[low, "USUBJID"])))


@measure
def hypothyroidism_apart_from_free_t4(tables: Tables) -> float:
    """Return how many have only one of the event of hypothyroidism and a low free T4."""
    return _apart(tables, "Hypothyroidism", "FT4")


@measure
def anaemia_apart_from_haemoglobin(tables: Tables) -> float:
    """Return how many have only one of the event of anaemia and a low haemoglobin."""
    return _apart(tables, "Anaemia", "HGB")


@measure
def events_during_the_same_event(tables: Tables) -> float:
    """Return how many events began while the same one still lasted in the same child."""
    adae = tables["adae"].sort_values(["USUBJID", "AEDECOD", "ASTDY", "AESEQ"])
    child = adae.groupby(["USUBJID", "AEDECOD"])
    end = child["AENDY"].shift()
    return float(((child.cumcount() > 0) & ~(adae["ASTDY"] > end)).sum())


@measure
def injection_site_before_injection(tables: Tables) -> float:
    """Return how many injection-site events began before the first injection."""
    adae = tables["adae"]
    site = adae["AEDECOD"].str.startswith("Injection site")
    return float((site & (adae["ASTDY"] < 0)).sum())

"""Section 3: what age could explain of the difference between the two Turner studies."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.single_arm import AGES, UNIT, turner_series
from analysis.errors import UserError
from analysis.numbers import fixed
from analysis.programme import TWELVE_MONTHS
from analysis.results import Results, Stat, from_frame
from analysis.sources.growth_reference import load_reference, value_at_z

AGE_STRATA = "SWE-TS-DOSE"
"""The one trial of the ledger that prints a result for two age strata at the same dose."""
REFERENCE = "CDC 2000 stature"
CHILDHOOD = (3.0, 8.0)
"""Years. Growth slows steadily between; before lies the infant's fast growth, after it puberty."""


def age_and_difference(run: ContrastRun) -> Results:
    """Return what age could explain of the difference between Turner Study 1 and Study 2.

    Returns
    -------
    Results
        One row a quantity (``group1_level``): ``estimate``, with ``min`` and ``max`` where the
        mean age of Study 1 is only known as a range, and ``basis`` in words.

    Notes
    -----
    Study 1 prints the ages admitted and no mean: the middle of the range stands for it, its
    ends are the limits. The benchmark is how much healthy girls' growth slows with each year of
    age in childhood; whether treated girls with Turner syndrome slow as much is not known.
    """
    ours = turner_series(run)
    ours = ours[ours["valtropin"].notna()].set_index("valtropin")
    if len(ours) != 2 or pd.isna(ours["age"].iloc[1]):
        raise UserError("the two Turner studies of Valtropin are not both left, with an age")
    one, two = ours.iloc[0], ours.iloc[1]
    ages = re.search(AGES, one["description"])
    if not ages:
        raise UserError(f"no age is printed for Turner {one.name}")
    youngest, oldest = float(ages[1]), float(ages[2])
    gap = two["age"] - np.array([(youngest + oldest) / 2, oldest, youngest])
    difference = one["mean"] - two["mean"]
    slope = childhood_slowing()
    rows = [
        ("Difference at month 12", difference, np.nan, np.nan, UNIT, "Study 1 minus Study 2"),
        ("Difference before treatment", one["baseline"] - two["baseline"], np.nan, np.nan, UNIT,
         "there without any treatment"),
        ("Age gap", *gap, "years",
         f"Study 2 has a mean of {fixed(two['age'], 1)} years; Study 1 admitted "
         f"{youngest:g} to {oldest:g}"),
        ("Slowing a year of age that would explain all", difference / gap[0],
         difference / gap[2], difference / gap[1], UNIT, "difference over age gap"),
        ("Slowing a year of age in healthy girls", slope, np.nan, np.nan, UNIT,
         f"{REFERENCE}, median, from age {CHILDHOOD[0]:g} to {CHILDHOOD[1] + 1:g}"),
        ("Explained at that slowing", *(slope * gap), UNIT, "slowing times age gap"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["group1_level", "value", "min", "max", "unit", "basis"])
    source = f"{one['source_id']}; {two['source_id']}"
    frame = pd.concat([frame.assign(source=source), _age_strata(run)], ignore_index=True)
    return from_frame(
        frame.assign(variable="Height velocity"),
        {
            "value": Stat("estimate", "Value", 2, "unit"),
            "min": Stat("min", "Lowest", 2, "unit"),
            "max": Stat("max", "Highest", 2, "unit"),
            "unit": Stat("unit", "Unit"),
            "basis": Stat("basis", "Rests on"),
        },
        analysis_id="turner-age",
        group1="quantity",
        context="single arm",
        method="arithmetic on published values; not randomised",
        **run.result_labels,
    )


def childhood_slowing() -> float:
    """Return by how much healthy girls' yearly growth falls with each year of age, cm/year."""
    reference = load_reference(REFERENCE)
    start = 12 * np.array(CHILDHOOD)
    before, after = (
        value_at_z(0.0, sex="F", age_months=start + months, reference=reference)
        for months in (0, 12)
    )
    velocity = after - before
    return float((velocity[0] - velocity[1]) / (CHILDHOOD[1] - CHILDHOOD[0]))


def _age_strata(run: ContrastRun) -> pd.DataFrame:
    """Return, for each dose of the trial with age strata, younger minus older girls' gain."""
    rows = run.ledger.results
    rows = rows[
        (rows["study_id"] == AGE_STRATA)
        & (rows["paramcd"] == "HTSDSTS")
        & (rows["statistic"] == "mean")
        & (rows["reference_arm_id"] == "")
        & rows["months"].isin([0, TWELVE_MONTHS])
    ]
    if rows.empty:
        return pd.DataFrame()
    wide = rows.pivot_table(index="arm_id", columns="months", values="value", aggfunc="first")
    gain = (wide[TWELVE_MONTHS] - wide[0.0]).reset_index(name="gain")
    parts = gain["arm_id"].str.extract(r"(?P<dose>\d+)-(?P<stratum>\w+)")
    by_dose = gain.join(parts).pivot_table(index="dose", columns="stratum", values="gain")
    label = run.ledger.studies.set_index("study_id").loc[AGE_STRATA, "label"]
    return pd.DataFrame(
        {
            "group1_level": [
                f"Younger minus older girls, {dose} µg/kg/day" for dose in by_dose.index
            ],
            "value": (by_dose["young"] - by_dose["older"]).to_numpy(),
            "unit": "SDS",
            "basis": f"gain in Turner height SDS in the first year; {label}, girls from 3 to 9 "
            "years against older, not randomised by age",
            "source": "; ".join(dict.fromkeys(rows["source_id"])),
        }
    )

"""Growth scores: CDC's program on synthetic children, and a velocity table's own SD columns."""

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.sources.growth_reference import load_reference, value_at_z, z_score
from analysis.sources.growth_table import SEXES, GrowthReference, LmsTable
from analysis.stats._checks import Array
from analysis.validation.tables import load_data
from analysis.validation.values import Case, Values

SCORES = {
    "height for age": ("CDC 2000 stature", "height", "haz"),
    "weight for age": ("CDC 2000 weight", "weight", "waz"),
    "BMI for age": ("CDC 2000 BMI", "bmi", "original_bmiz"),
}
"""Method → reference, measurement, and the column of the program's score by LMS."""
NEAR_ZERO = 0.01
"""An L within this of 0 is taken as 0 by CDC's program."""
BOYS = {
    "boy of 59.3748 months": (59.3748, 107.47, 19.5),
    "boy of 71.5728 months": (71.5728, 119.2, 19.86),
}
"""Two children of the data: age in months, height, weight."""


def cdc_program() -> Values:
    """Give the largest differences from the scores that CDC's program gave."""
    children = load_data("cdc_sas_scores")
    found: dict[tuple[str, str], float] = {}
    for method, (name, measurement, score) in SCORES.items():
        gap = np.abs(_scores(children, name, measurement) - children[score].to_numpy())
        near = _near_zero(children, name)
        found[method, "children"] = float(np.isfinite(gap).sum())
        found[method, "largest difference"] = float(gap[~near].max())
        if near.any():
            found[method, "largest difference, L near 0"] = float(gap[near].max())
    return found


def two_boys() -> Values:
    """Give the scores of two of the children."""
    children = load_data("cdc_sas_scores")
    found = {}
    for quantity, (age, height, weight) in BOYS.items():
        same = (children["agemos"] == age) & (children["height"] == height)
        own = children[same & (children["sex"] == 1) & (children["weight"] == weight)]
        for method, (name, measurement, _) in SCORES.items():
            found[method, quantity] = float(_scores(own, name, measurement).item())
    return found


def two_sds(sex: str, age: float) -> Values:
    """Give the velocities two SDs from the median of Tanner's table."""
    low, high = value_at_z([-2, 2], sex=sex, age_months=age, reference=_tanner())
    return {("centiles", "−2 SD"): float(low), ("centiles", "+2 SD"): float(high)}


def ninety_months() -> Values:
    """Give the scores of two velocities of a boy of 90 months, and the SD there."""
    median, above = value_at_z([0, 1], sex="M", age_months=90, reference=_tanner())
    low, high = z_score([3.75, 9.73], sex="M", age_months=90, reference=_tanner())
    return {
        ("centiles", "SD"): float(above - median),
        ("centiles", "score of 3.75"): float(low),
        ("centiles", "score of 9.73"): float(high),
    }


def _tanner() -> GrowthReference:
    return load_reference("Tanner height velocity")


def _scores(children: pd.DataFrame, name: str, measurement: str) -> Array:
    return z_score(
        children[measurement],
        sex=children["sex"].map(dict(SEXES)),
        age_months=children["agemos"],
        reference=load_reference(name),
    )


def _near_zero(children: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    """Say whose L is so near to 0 that CDC's program takes the logarithm."""
    near = np.zeros(len(children), bool)
    for code, sex in SEXES.items():
        table = load_reference(name).tables[sex]
        if isinstance(table, LmsTable):
            power = np.interp(children["agemos"], table.age_months, table.power)
            near |= (children["sex"] == code).to_numpy() & (np.abs(power) < NEAR_ZERO)
    return near


GROWTH_CASES: dict[str, Case] = {
    "CDC’s program": cdc_program,
    "CDC’s program, two children": two_boys,
    "height velocity, boy of 90 months": ninety_months,
    **{
        f"height velocity, {'boy' if sex == 'M' else 'girl'}, {age} months, two SDs": partial(
            two_sds, sex, age
        )
        for sex in "MF"
        for age in (42, 90, 138)
    },
}

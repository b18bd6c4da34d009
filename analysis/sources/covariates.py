"""What each arm was like before treatment: age, dose, growth and growth hormone, as printed."""

from typing import Final

import numpy as np
import pandas as pd

from analysis.numbers import NOT_AVAILABLE, fixed
from analysis.sources.choice import best_reports
from analysis.sources.evidence import Ledger

COVARIATES: Final = {
    "AGE": "age",
    "DOSE": "dose",
    "HV": "velocity",
    "HTSDS": "height_sds",
    "GHPEAK": "gh_peak",
}
"""Endpoint before treatment → its name in a covariate table."""
DESCRIBED = "study_id label arm_id arm indication role product product_class randomised".split()
ARM = ["study_id", "arm_id"]
REPORT = [*ARM, "paramcd", "population", "source_id", "printing", "unit"]
SPREADS = (
    ("sd", "{sd}"),
    ("se", "SE {se}"),
    ("p25", "quartiles {p25} to {p75}"),
    ("p10", "p10 {p10} to p90 {p90}"),
    ("min", "range {min} to {max}"),
)
"""The printed spread that comes first is shown; what it needs → how it reads."""
STATISTICS = ["mean", "median", "sd", "se", "p25", "p75", "p10", "p90", "min", "max"]

AMOUNTS: Final = {"mg": 1.0, "ug": 1e-3, "IU": 1 / 3}
"""Unit of a dose → milligrams; 3 IU are 1 mg of somatropin."""
OTHER_POTENCY: Final = ("methionyl", "pituitary")
"""Classes of hormone whose units were weighed by other standards: their IU do not convert."""
TIMES: Final = {"day": 1.0, "week": 7.0, "2 weeks": 14.0}
"""Unit of time → days."""
AS_IT_IS = "mg/kg/day"


def arm_covariates(ledger: Ledger, indication: str = "all") -> pd.DataFrame:
    """Return one row an arm with what is printed of it before treatment.

    Parameters
    ----------
    ledger
        The published ledger.
    indication
        ``"all"`` or a code, as in `Ledger.select`.

    Returns
    -------
    pandas.DataFrame
        ``study_id, label, arm_id, arm, indication, role, product, product_class, randomised``;
        for each of ``age, dose, velocity, height_sds, gh_peak`` the words as printed (mean (SD)
        or median (range)), with ``…_mean``, ``…_sd`` and ``…_unit``; ``dose_per_day`` in
        mg/kg/day and ``dose_derived``, whether that is converted here; ``source_id``, all
        sources. An arm of which nothing is printed has no row.

    Notes
    -----
    A dose by body weight converts: 7 days are a week, 3 IU are 1 mg. A dose by body surface
    does not, nor do units of methionyl or pituitary hormone, and ``dose_per_day`` stays empty.
    """
    rows = ledger.select(indication=indication).described()
    rows = rows[rows["evidence"].isin(["trial", "registry", "cohort"]) & _before(rows)]
    rows = rows[rows["statistic"].isin(STATISTICS)]
    reports = best_reports(_one_row_a_report(rows), ledger, [*ARM, "paramcd"])
    arms = rows.drop_duplicates(ARM)[DESCRIBED]
    for paramcd, name in COVARIATES.items():
        own = reports[reports["paramcd"] == paramcd].set_index(ARM)
        columns = [name, f"{name}_mean", f"{name}_sd", f"{name}_unit"]
        found = own[["words", "mean", "sd", "unit"]].set_axis(columns, axis=1).reset_index()
        found = found.astype({name: object, f"{name}_unit": object})
        arms = arms.merge(found, on=ARM, how="left")
    sources = reports.groupby(ARM)["source_id"].agg(lambda ids: "; ".join(dict.fromkeys(ids)))
    arms = arms.merge(sources.reset_index(), on=ARM)
    unclear = arms["product_class"].isin(OTHER_POTENCY) & arms["dose_unit"].str.startswith("IU")
    factors = arms["dose_unit"].map(per_day).mask(unclear.fillna(False).astype(bool))
    return arms.assign(
        dose_per_day=arms["dose_mean"] * factors.astype(float),
        dose_derived=factors.notna() & arms["dose_mean"].notna() & (arms["dose_unit"] != AS_IT_IS),
    )


def _before(rows: pd.DataFrame) -> pd.Series:
    """Return which rows describe an arm before treatment; a dose is planned at any time."""
    of_arm = rows["paramcd"].isin(list(COVARIATES)) & (rows["reference_arm_id"] == "")
    at_start = rows["months"] == 0
    # Age and peak are of the start also where the source gives no time.
    timeless = rows["months"].isna() & ~rows["paramcd"].isin(["HV", "HTSDS"])
    return of_arm & (at_start | timeless | (rows["paramcd"] == "DOSE"))


def _one_row_a_report(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row for what one report prints of one covariate, with its words."""
    rows = rows.drop_duplicates([*REPORT, "statistic"])
    values, places = (
        rows.pivot(index=REPORT, columns="statistic", values=name).reindex(columns=STATISTICS)
        for name in ("value", "decimals")
    )
    words = [
        _words(value, digits)
        for value, digits in zip(values.to_dict("records"), places.to_dict("records"), strict=True)
    ]
    return values.assign(words=words).reset_index()


def _words(values: dict[str, float], digits: dict[str, float]) -> str:
    """Return the centre with the first spread that is printed, to the decimals printed."""
    shown = {
        name: fixed(value, int(digits[name])) for name, value in values.items() if pd.notna(value)
    }
    centre = shown.get("mean") or (f"median {shown['median']}" if "median" in shown else "")
    spread = next((words for needed, words in SPREADS if needed in shown), "")
    spread = spread.format(**{name: shown.get(name, NOT_AVAILABLE) for name in STATISTICS})
    return f"{centre} ({spread})" if centre and spread else centre or spread


def per_day(unit: object) -> float:
    """Return the factor from a unit of dose to mg/kg/day; missing where it does not convert.

    Examples
    --------
    >>> per_day("mg/kg/week"), per_day("IU/m2/day")
    (0.14285714285714285, nan)
    """
    amount, *rest = str(unit).split("/")
    if len(rest) != 2 or rest[0] != "kg" or amount not in AMOUNTS or rest[1] not in TIMES:
        return np.nan
    return AMOUNTS[amount] / TIMES[rest[1]]

"""The ages that the ledger holds of a series, each as what it is: mean, median, range, limits."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.numbers import fixed
from analysis.sources.arm_summaries import per_arm
from analysis.sources.evidence import Ledger
from analysis.sources.schemas import PERCENTILES

AGE = "AGE"
ARM = ["study_id", "arm_id"]
REPORT = ["population", "source_id", "printing"]
STATISTICS = ("mean", "sd", *PERCENTILES)
ADMITTED = ("admitted_low", "admitted_high")
COLUMNS = [f"age_{name}" for name in (*STATISTICS, *ADMITTED)]
"""Columns of `printed_ages`, in years."""

PAIRS = {
    ("min", "max"): "{} to {}",
    ("p10", "p90"): "10th to 90th percentile {} to {}",
    ("p25", "p75"): "quartiles {} to {}",
    ADMITTED: "{} to {} admitted",
}
"""Two statistics that are read together → how they are written."""

NUMBER = r"(\d+(?:\.\d+)?)"
MONTHS, YEARS = r"(?: ?(mo|months))?", r" ?(?:y|years)\b"
ONE_VALUE = re.compile(rf"\b(mean|median) age {NUMBER}{YEARS}")
MEAN_AND_SD = re.compile(rf"\bage {NUMBER} \({NUMBER}\){YEARS}")
# Not a time on treatment: "for 2-4 y", "2-4 y of treatment".
RANGE = re.compile(
    rf"(?<!for )(?<!over )(?<!after )\b{NUMBER}{MONTHS} ?(?:-|–|to) ?<?{NUMBER}{YEARS}(?! of )"
)


class Age(NamedTuple):
    """Where the ages of a series lie, years; the three agree where a mean or median is known."""

    central: float
    youngest: float
    oldest: float


def printed_ages(ledger: Ledger, arms: pd.DataFrame) -> pd.DataFrame:
    """Return what the ledger holds on the age of each arm at the start.

    Parameters
    ----------
    ledger
        The published ledger; its results may be a selection.
    arms
        Frame with ``study_id``, ``arm_id`` and the study's ``description``.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`, in the order and with the index of `arms`.

    Notes
    -----
    Rows of the arm come first, then those of the study's arm that stands for all, then what the
    description of the study says.
    """
    rows = _age_rows(ledger)
    whole = ledger.arms.loc[ledger.arms["role"] == "all", ARM]
    of_all = rows.reset_index().merge(whole).groupby("study_id")[rows.columns].first()
    own = rows.reindex(pd.MultiIndex.from_frame(arms[ARM]))
    of_study = of_all.reindex(arms["study_id"])
    described = pd.DataFrame([_described(text) for text in arms["description"]], columns=COLUMNS)
    found = own.set_axis(arms.index)
    for later in (of_study, described.astype(float)):
        found = found.where(found.notna().any(axis=1), later.set_axis(arms.index))
    return found


def _age_rows(ledger: Ledger) -> pd.DataFrame:
    """Return the rows on age at the start, one line an arm; the SD is that of the mean shown."""
    rows = ledger.results
    rows = rows[
        (rows["paramcd"] == AGE)
        & (rows["reference_arm_id"] == "")
        & (rows["months"].isna() | (rows["months"] == 0))
        & rows["statistic"].isin(STATISTICS)
        & rows["value"].notna()
    ]
    years = rows["value"].where(~rows["unit"].str.startswith("month"), rows["value"] / 12)
    rows = rows.assign(value=years)
    # The SD is that of the report whose mean is shown.
    reports = per_arm(rows, STATISTICS, key=[*ARM, *REPORT])
    reports = reports.reindex(pd.MultiIndex.from_frame(rows[[*ARM, *REPORT]].drop_duplicates()))
    first = reports[reports["mean"].notna()].groupby(ARM, sort=False)["sd"].nth(0)
    found = reports.groupby(ARM, sort=False).first()
    sd = first.droplevel(REPORT).reindex(found.index)
    return found.assign(sd=sd).add_prefix("age_").reindex(columns=COLUMNS)


def _described(text: str) -> dict[str, float]:
    """Return the ages that the description of a study states."""
    if found := ONE_VALUE.search(text):
        return {f"age_{found[1]}": float(found[2])}
    if found := MEAN_AND_SD.search(text):
        return {"age_mean": float(found[1]), "age_sd": float(found[2])}
    if found := RANGE.search(text):
        low = float(found[1]) / (12 if found[2] else 1)
        return {"age_admitted_low": low, "age_admitted_high": float(found[3])}
    return {}


def age_words(age: dict[str, float]) -> str:
    """Return every age that is known as what it is, years; "" where none is.

    Parameters
    ----------
    age
        Values of `COLUMNS`.

    Examples
    --------
    >>> age_words({"age_mean": 10.8, "age_sd": 2.9}), age_words({"age_median": 9.5})
    ('mean 10.8 (SD 2.9)', 'median 9.5')
    >>> age_words({"age_admitted_low": 2.0, "age_admitted_high": 9.0})
    '2 to 9 admitted'
    """
    known = {name.removeprefix("age_"): value for name, value in age.items() if pd.notna(value)}
    said = []
    if "mean" in known:
        spread = f" (SD {fixed(known['sd'], 1)})" if "sd" in known else ""
        said.append(f"mean {fixed(known['mean'], 1)}{spread}")
    if "median" in known:
        said.append(f"median {fixed(known['median'], 1)}")
    for pair, words in PAIRS.items():
        if all(name in known for name in pair):
            said.append(words.format(*(_years(known[name]) for name in pair)))
    return ", ".join(said)


def _years(value: float) -> str:
    return fixed(value, 0 if value == round(value) else 1)


def age_of(age: dict[str, float]) -> Age | None:
    """Return where the ages lie: the mean, else the median, else the middle of a range.

    Parameters
    ----------
    age
        Values of `COLUMNS`.
    """
    for name in ("mean", "median"):
        value = age.get(f"age_{name}", np.nan)
        if pd.notna(value):
            return Age(value, value, value)
    for low, high in PAIRS:
        ends = age.get(f"age_{low}", np.nan), age.get(f"age_{high}", np.nan)
        if pd.notna(ends[0]) and pd.notna(ends[1]):
            return Age(sum(ends) / 2, *ends)
    return None

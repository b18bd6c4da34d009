"""What a pool of trials mixes: kinds of product, models, comparator doses, ages, times."""

from functools import lru_cache

import pandas as pd

from analysis.contrasts.printed_ages import printed_ages
from analysis.contrasts.routes import ADJUSTED
from analysis.contrasts.settings import ContrastRun
from analysis.numbers import fixed
from analysis.sources.covariates import per_day
from analysis.sources.evidence import Ledger
from analysis.words import counted, listed

SEVERAL_KINDS = ("long-acting",)
"""Product classes whose products differ in how they work, so that each kind stands alone."""
FIRST = "follow-on daily"
"""The class that is shown first: what is closest to a biosimilar is a biosimilar."""

SAME = 1.05
"""Doses no further apart are one dose: rounding to three decimals moves them by as much."""
SAME_AGE = 1.0
"""Mean ages no further apart, in years, are one age: a trial's own spread is larger."""


def with_groups(found: pd.DataFrame) -> pd.DataFrame:
    """Return contrasts with ``product_group``: the class of the test product, or class and kind."""
    own = found["product_class"] + ", " + found["kind"]
    alone = ~found["product_class"].isin(SEVERAL_KINDS)
    return found.assign(product_group=own.mask(alone, found["product_class"]))


def sets_of_trials(found: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the trials that are pooled by name: all, each class, each kind of a mixed class.

    Notes
    -----
    A set that repeats a wider one is left out.
    """
    sets = {"All trials": found}
    for column in ("product_class", "product_group"):
        names = sorted(found[column].unique(), key=lambda name: (name != FIRST, name.lower()))
        for name in names:
            members = found[found[column] == name]
            if not any(members.index.equals(wider.index) for wider in sets.values()):
                sets[name] = members
    return sets


def kinds_pooled(found: pd.DataFrame) -> int:
    """Return how many kinds of product a pool mixes."""
    return int(found["product_group"].nunique())


def adjusted(found: pd.DataFrame) -> pd.Series:
    """Return which contrasts are differences that a model adjusted."""
    return found["route"].str.startswith(ADJUSTED)


def models_in_words(found: pd.DataFrame) -> str:
    """Return how many differences are said to be adjusted; "" where all are alike."""
    is_adjusted = adjusted(found.dropna(subset="route"))
    if is_adjusted.nunique() < 2:
        return ""
    return f"{counted(is_adjusted.sum())} said to be adjusted, {counted((~is_adjusted).sum())} not"


def comparator_doses(run: ContrastRun, found: pd.DataFrame) -> pd.DataFrame:
    """Return the printed doses of the comparators, from the lowest.

    Returns
    -------
    pandas.DataFrame
        ``label, value, decimals, unit, source_id`` as printed, and ``daily``, in mg/kg/day.
    """
    trials = found[["study_id", "reference_arm_id", "label"]]
    doses = _doses(run.ledger).rename(columns={"arm_id": "reference_arm_id"})
    return trials.merge(doses, on=["study_id", "reference_arm_id"]).sort_values(
        ["daily", "label"], ignore_index=True
    )


@lru_cache(maxsize=16)
def _doses(ledger: Ledger) -> pd.DataFrame:
    """Return the printed dose of every arm that is one by body weight.

    The daily comparators of a pool are recombinant, so their IU convert to milligrams.
    """
    rows = ledger.results
    rows = rows[(rows["paramcd"] == "DOSE") & (rows["statistic"] == "mean") & rows["value"].notna()]
    rows = rows.assign(daily=rows["value"] * rows["unit"].map(per_day).astype(float))
    doses = rows[rows["daily"].notna()].drop_duplicates(["study_id", "arm_id"])
    return doses[["study_id", "arm_id", "value", "decimals", "unit", "source_id", "daily"]]


def doses_in_words(run: ContrastRun, found: pd.DataFrame) -> str:
    """Return the comparator's dose in each trial that prints it; "" where they do not differ."""
    doses = comparator_doses(run, found)
    if doses.empty or doses["daily"].max() <= SAME * doses["daily"].min():
        return ""
    return ", ".join(
        f"{fixed(row.value, int(row.decimals))} {row.unit} ({row.label})"
        for row in doses.itertuples(index=False)
    )


def ages_in_words(run: ContrastRun, found: pd.DataFrame) -> str:
    """Return the mean or median age of each test arm that prints one; "" where they are alike."""
    arm = ["study_id", "arm_id"]
    known = found[[*arm, "label"]].merge(age_of_arms(run.ledger), on=arm)
    known = known.dropna().sort_values(["age", "label"])
    if known.empty or known["age"].iloc[-1] - known["age"].iloc[0] <= SAME_AGE:
        return ""
    rows = known.itertuples(index=False)
    return f"{', '.join(f'{fixed(row.age, 1)} ({row.label})' for row in rows)} years"


@lru_cache(maxsize=16)
def age_of_arms(ledger: Ledger) -> pd.DataFrame:
    """Return the mean or median age of every arm, years; NaN where neither is printed."""
    arms = ledger.arms[["study_id", "arm_id"]]
    arms = arms.merge(ledger.studies[["study_id", "description"]], on="study_id")
    ages = printed_ages(ledger, arms)
    age = ages["age_mean"].fillna(ages["age_median"]).astype(float)
    return arms[["study_id", "arm_id"]].assign(age=age)


def times_in_words(found: pd.DataFrame) -> str:
    """Return the months at which the trials measured; "" where it was one time."""
    months = sorted(found["months"].dropna().unique())
    return f"{listed([f'{each:g}' for each in months])} months" if len(months) > 1 else ""


def mixtures(run: ContrastRun, found: pd.DataFrame) -> dict[str, str]:
    """Return what a pool mixes besides products: its name → in full."""
    full = {
        "adjusted with raw differences": (
            "adjusted and raw differences are pooled ({})", models_in_words(found)
        ),
        "several comparator doses": (
            "the comparator's dose differs between trials: {}", doses_in_words(run, found)
        ),
        "several ages": (
            "the children's mean age differs between trials: {}", ages_in_words(run, found)
        ),
        "several times": ("the trials measured at {}", times_in_words(found)),
    }  # fmt: skip
    return {name: words.format(what) for name, (words, what) in full.items() if what}


def cautions(run: ContrastRun, found: pd.DataFrame) -> str:
    """Return in one sentence what a pool mixes besides products; "" for nothing."""
    return "; ".join(mixtures(run, found).values())

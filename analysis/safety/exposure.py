"""Exposure: how long, how much, how regularly, and how many remained on treatment."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.growth.units import DAYS_PER_YEAR
from analysis.results import Results, Stat, from_frame, present
from analysis.safety.population import TOTAL, SafetyPopulation, safety_population
from analysis.safety.settings import SafetyRun
from analysis.sources.growth_reference import DAYS_PER_MONTH
from analysis.stats.descriptive import summarise

DURATION, PATIENT_YEARS = "Duration of treatment (days)", "Patient-years on treatment"
DOSES = {
    "AVGDD": "Average daily dose",
    "CUMDOSE": "Cumulative dose",
    "COMPL": "Compliance",
}
"""Dose and compliance by PARAMCD of the exposure table, or by variable of ADSL."""


@lru_cache(maxsize=8)
def exposure_days(run: SafetyRun) -> pd.Series:
    """Return the days on treatment of every participant of the safety population.

    Returns
    -------
    pandas.Series
        In the order of `SafetyPopulation.subjects`; missing where it is not known.

    Raises
    ------
    UserError
        If ADSL has neither TRTDURD nor both dates.

    Notes
    -----
    TRTDURD where ADSL has it, else TRTEDT − TRTSDT + 1. Interruptions are not taken off.
    """
    subjects = safety_population(run).subjects
    days = pd.Series(np.nan, index=subjects.index)
    if "TRTDURD" in subjects:
        days = pd.to_numeric(subjects["TRTDURD"], errors="coerce")
    elif not {"TRTSDT", "TRTEDT"} <= set(subjects):
        raise UserError("adsl must have TRTDURD, or TRTSDT and TRTEDT, for exposure")
    if {"TRTSDT", "TRTEDT"} <= set(subjects):
        by_dates = (subjects["TRTEDT"] - subjects["TRTSDT"]).dt.days + 1.0
        days = days.fillna(by_dates)
    return days.where(days > 0)


def _by_column(population: SafetyPopulation, values: pd.Series) -> dict[str, pd.Series]:
    """Split values of the participants by arm, the total last."""
    arm = population.subjects["ARM"]
    split = {name: values[(arm == name).to_numpy()] for name in population.arms}
    return {**split, TOTAL: values} if len(population.arms) > 1 else split


def exposure(run: SafetyRun) -> Results:
    """Return duration, patient-years, dose and compliance in every arm.

    Returns
    -------
    Results
        ``variable`` names the quantity; n, N_miss, mean, sd, median, min, max, or ``sum`` for
        the patient-years.

    Raises
    ------
    UserError
        If exposure is not recorded, or nobody was exposed.
    """
    population, days = safety_population(run), exposure_days(run)
    if not days.notna().any():
        raise UserError("no participant of the safety population has a duration of treatment")
    sizes = population.sizes
    rows: list[dict[str, object]] = []
    for variable, unit, digits, values in (
        (DURATION, "days", 0, days),
        *_doses(run, population),
    ):
        for column, own in _by_column(population, values).items():
            found = summarise(own, level=run.conf_level)
            rows.append(
                {
                    "group1_level": column,
                    "variable": variable,
                    "n_population": sizes[column],
                    "unit": unit,
                    "digits": digits,
                    "more": digits + 1,
                    "n": found.n,
                    "missing": found.n_missing,
                    "mean": found.mean,
                    "sd": found.sd,
                    "median": found.median,
                    "min": found.minimum,
                    "max": found.maximum,
                }
            )
            if variable == DURATION:
                rows[-1]["total"] = float(own.sum() / DAYS_PER_YEAR)
    frame = _years_apart(pd.DataFrame(rows))
    return from_frame(
        frame.assign(population=run.population, source=_source(run)),
        {
            "n": Stat("n", "n", 0),
            "missing": Stat("N_miss", "Missing", 0),
            "mean": Stat("mean", "Mean", "more", "unit"),
            "sd": Stat("sd", "SD", "more", "unit"),
            "median": Stat("median", "Median", "digits", "unit"),
            "min": Stat("min", "Minimum", "digits", "unit"),
            "max": Stat("max", "Maximum", "digits", "unit"),
            "total": Stat("sum", "Sum", 1, "years"),
        },
        analysis_id="exposure",
        group1="arm",
        context="safety",
        method="TRTDURD, else TRTEDT − TRTSDT + 1; interruptions not taken off; 365.25 days a "
        "year; median by SAS definition 5",
        **run.result_labels,
    )


def _years_apart(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the patient-years rows of their own, after the duration."""
    own = ["group1_level", "n_population", "total"]
    years = frame.loc[frame["variable"] == DURATION, own].assign(
        variable=PATIENT_YEARS, digits=0, more=0, unit="years"
    )
    at = (frame["variable"] == DURATION).sum()
    parts = [frame.iloc[:at].drop(columns="total"), years, frame.iloc[at:].drop(columns="total")]
    return pd.concat(parts, ignore_index=True)


def _doses(run: SafetyRun, population: SafetyPopulation) -> list[tuple[str, str, int, pd.Series]]:
    """Return name, unit, decimals and values of every recorded dose."""
    table = run.trial.tables.get(run.plan.exposure.lower())
    subjects = population.subjects
    found = []
    for code, label in DOSES.items():
        if table is not None and (table.get("PARAMCD") == code).any():
            own = table[table["PARAMCD"] == code]
            # One record a participant: the last, where an exposure table has one a visit.
            last = own.sort_values("ADT", kind="stable") if "ADT" in own else own
            values = last.drop_duplicates("USUBJID", keep="last").set_index("USUBJID")["AVAL"]
            name = str(own["PARAM"].iloc[0]) if "PARAM" in own else label
            unit = name[name.rfind("(") + 1 : -1] if name.endswith(")") else ""
            values = subjects["USUBJID"].map(values)
        elif code in subjects:
            name, unit, values = label, "", subjects[code]
        else:
            continue
        found.append((name, unit, _decimals(values), values))
    return found


def _decimals(values: pd.Series) -> int:
    """Return how many decimals show three figures of the middle value."""
    middle = values.abs().median()
    if not middle > 0:
        return 1
    return int(np.clip(2 - np.floor(np.log10(middle)), 0, 4))


def _source(run: SafetyRun) -> str:
    return f"{run.trial.plan.id}: adsl" + (f", {run.plan.exposure}" if run.plan.exposure else "")


def remaining(run: SafetyRun) -> Results:
    """Return how many participants were still on treatment after each month.

    Returns
    -------
    Results
        ``variable_level`` "month k": time in months, n, N and p (per cent). Those without a
        duration are in N only and counted in ``N_miss`` of the first row.

    Raises
    ------
    UserError
        If exposure is not recorded, or nobody was exposed.

    Notes
    -----
    On treatment after k months: a duration of more than k × 30.4375 days.
    """
    population, days = safety_population(run), exposure_days(run)
    if not days.notna().any():
        raise UserError("no participant of the safety population has a duration of treatment")
    months = np.arange(int(np.ceil(days.max() / DAYS_PER_MONTH)) + 1)
    rows = [
        pd.DataFrame(
            {
                "group1_level": column,
                "variable_level": [f"month {month}" for month in months],
                "time": months.astype(float),
                "n": (own.to_numpy()[:, None] > months * DAYS_PER_MONTH).sum(axis=0),
                "N": len(own),
                "missing": np.where(months == 0, own.isna().sum(), np.nan),
            }
        )
        for column, own in _by_column(population, days).items()
    ]
    frame = pd.concat(rows, ignore_index=True)
    frame["p"] = 100 * frame["n"] / frame["N"].where(frame["N"] > 0)
    stats = {
        "time": Stat("time", "Months since the first dose", 0, "months"),
        "n": Stat("n", "On treatment", 0),
        "N": Stat("N", "In the arm", 0),
        "p": Stat("p", "Per cent", 1, "%"),
        "missing": Stat("N_miss", "Duration unknown", 0),
    }
    return from_frame(
        frame.assign(
            variable="On treatment",
            population=run.population,
            n_population=frame["N"],
            source=_source(run),
        ),
        present(stats, frame),
        analysis_id="exposure-remaining",
        group1="arm",
        context="safety",
        method=f"share of the arm with a longer duration; a month is {DAYS_PER_MONTH:g} days",
        **run.result_labels,
    )

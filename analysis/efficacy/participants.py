"""Who was studied: the flow, the analysis sets, and what the participants were like before."""

from typing import Any

import pandas as pd

from analysis.display.diagrams import Arrow, Box, Diagram
from analysis.display.rows import has
from analysis.display.tables import Column, Table
from analysis.efficacy.rows import described
from analysis.efficacy.settings import Settings
from analysis.results import Results, recorded_decimals, section

BASELINE = {
    "AGE": "Age (years)",
    "SEX": "Sex",
    "RACE": "Race",
    "REGION1": "Region",
    "HEIGHTBL": "Height (cm)",
    "WEIGHTBL": "Weight (kg)",
    "BMIBL": "Body-mass index (kg/m²)",
    "BONEAGE": "Bone age (years)",
}
"""Variables of ADSL shown at baseline, where a trial has them."""

ALL, SCREENED, STOPPED = "All", "Screened", "Stopped"
TREATED, COMPLETED, ANALYSED = "Treated", "Completed", "Analysed"
WITH_ARM = "everyone with an arm"
"""Population of what is counted whatever the analysis set."""
RANDOMISED = "randomised"
"""Name of a population: where nobody was, it holds the enrolled."""


def compares(run: Settings) -> bool:
    """Say whether the trial compares randomised arms."""
    return run.trial.plan.design != "single-arm"


def entry(run: Settings) -> str:
    """Return what it is called to get an arm; nobody is randomised to the only one."""
    return "Randomised" if compares(run) else "Enrolled"


def no_entry(run: Settings) -> str:
    """Return what it is called to be screened and get no arm."""
    return f"Not {entry(run).lower()}"


@section
def disposition(run: Settings) -> Results:
    """Return participant numbers from screening to analysis, arm by arm, with reasons.

    Notes
    -----
    Screened: rows of ADSL. Randomised, or enrolled: those with an arm. Treated: those with a
    first dose. Completed: EOSSTT (or COMPLFL, COMP24FL) says so. Analysed: the population of the
    run.
    """
    adsl = run.trial.tables["adsl"]
    with_arm = adsl["TRT01P"].isin(run.arms)
    completed = _completed(adsl)
    steps = {
        entry(run): with_arm,
        TREATED: adsl["TRTSDT"].notna() if "TRTSDT" in adsl else with_arm,
        COMPLETED: completed,
        ANALYSED: adsl["USUBJID"].isin(run.subjects()["USUBJID"]),
    }
    everyone = {"group1_level": ALL, "population": "everyone screened", "n_population": len(adsl)}
    rows: list[dict[str, Any]] = [
        everyone | {"variable": SCREENED, "n": len(adsl)},
        everyone | {"variable": no_entry(run), "n": int((~with_arm).sum())},
    ]
    for arm in run.arms:
        own = adsl["TRT01P"] == arm
        if not own.any():
            continue
        place = {"group1_level": arm, "population": WITH_ARM, "n_population": int(own.sum())}
        rows += [
            place | {"variable": step, "n": int((own & at).sum())} for step, at in steps.items()
        ]
        reasons = adsl.loc[own & ~completed, _reason_column(adsl)].replace("", "Not stated")
        rows += [
            place | {"variable": STOPPED, "variable_level": reason, "n": count}
            for reason, count in reasons.str.capitalize().value_counts().items()
        ]
    return counts(run, rows, "disposition")


def _completed(adsl: pd.DataFrame) -> pd.Series:
    for column, value in (("EOSSTT", "COMPLETED"), ("COMPLFL", "Y"), ("COMP24FL", "Y")):
        if column in adsl:
            return adsl[column].str.upper() == value
    return pd.Series(True, index=adsl.index)


def _reason_column(adsl: pd.DataFrame) -> str:
    return next((name for name in ("DCSREAS", "DCDECOD", "EOSSTT") if name in adsl), "TRT01P")


def counts(run: Settings, rows: list[dict[str, Any]], analysis_id: str) -> Results:
    """Return counts of participants in ADSL as results."""
    frame = pd.DataFrame(rows).assign(dataset="adsl")
    return run.results(frame, analysis_id, group1="arm", context="participants")


@disposition.shows
def flow_diagram(disposition: Results, run: Settings) -> Diagram:
    """Draw the flow of participants from the data (CONSORT)."""
    levels = dict.fromkeys(disposition.frame["group1_level"])
    arms = [arm for arm in levels if arm != ALL]
    screened = disposition.text("n", variable=SCREENED)
    left = disposition.text("n", variable=no_entry(run))
    boxes, said = [], []
    for place, arm in enumerate(arms):
        own = disposition.select(group1_level=arm)
        entered, treated, completed, analysed = (
            own.text("n", variable=step) for step in (entry(run), TREATED, COMPLETED, ANALYSED)
        )
        stopped = own.select(variable=STOPPED).frame
        reasons = stopped["variable_level"].str.lower() + " " + stopped["stat_fmt"]
        entering = f"{entry(run).lower()} {entered}"
        boxes.append(
            [
                Box(f"r{place}", arm, f"{entering}, treated {treated}"),
                Box(f"s{place}", "Stopped early", ", ".join(reasons) or "none"),
                Box(f"a{place}", f"Analysed {analysed}", f"completed {completed}"),
            ]
        )
        said.append(f"{arm}: {entering}, completed {completed}, analysed {analysed}")
    top = Box("screened", f"Screened {screened}", f"{no_entry(run).lower()} {left}")
    return Diagram(
        title="Flow of participants",
        alt=f"Screened {screened}. {'; '.join(said)}.",
        rows=[[top], *(list(row) for row in zip(*boxes, strict=True))],
        arrows=[
            Arrow(start.name, end.name)
            for column in boxes
            for start, end in zip([top, *column], column, strict=False)
        ],
        results=disposition,
        caption="Counted from the data; analysed: the population of this run.",
    )


@section
def analysis_sets(run: Settings) -> Results:
    """Return the size of every population of the trial, arm by arm."""
    rows = []
    for population in run.trial.plan.populations:
        for arm in run.arms:
            size = run.size_of(population, arm)
            rows.append(
                {"variable": population, "group1_level": arm, "n": size, "population": population}
            )
    return counts(run, rows, "analysis-sets")


@analysis_sets.shows
def sets_table(sets: Results, run: Settings) -> Table:
    """Show the analysis sets; a set named after randomisation is explained where nobody was."""
    misnamed = not compares(run) and RANDOMISED in run.trial.plan.populations
    return Table(
        title="Analysis sets, participants",
        results=sets,
        labels={"variable": "Population"},
        across="group1_level",
        columns=[Column("", "{n}")],
        footnotes=["Nobody was randomised: that set holds the enrolled."] if misnamed else [],
    )


@section
def baseline(run: Settings) -> Results:
    """Return the baseline characteristics of the analysed population, arm by arm.

    Notes
    -----
    No p-values: arms differ at baseline by chance alone. Numbers: n, mean, SD, median, range;
    categories: n and share of those in the population.
    """
    subjects = run.subjects()
    rows: list[dict[str, Any]] = []
    for name, label in BASELINE.items():
        if name not in subjects:
            continue
        for arm in run.arms:
            own = subjects.loc[subjects["arm"] == arm, name]
            place = {"group1_level": arm, "variable": label}
            if pd.api.types.is_numeric_dtype(subjects[name]):
                found = described(own, run.conf_level, "n", "mean", "sd", "median", "min", "max")
                rows.append(place | found | {"decimals": recorded_decimals(subjects[name])})
                continue
            for level in sorted(set(subjects[name]) - {""}):
                n = int((own == level).sum())
                p = n / len(own) if len(own) else None
                rows.append(place | {"variable_level": level, "n": n, "p": p})
    return run.results(
        pd.DataFrame(rows).assign(dataset="adsl"),
        "baseline",
        group1="arm",
        context="participants",
        method="observed values; median by SAS definition 5",
    )


@baseline.shows
def baseline_table(baseline: Results, run: Settings) -> Table:
    """Show the baseline characteristics, arm by arm."""
    words = "n (%)."
    if has(baseline, "mean"):
        words = "Numbers: mean (SD) [minimum, maximum]; categories: n (%)."
    by_chance = "No baseline p-values: differences between randomised arms arise by chance."
    return Table(
        title="Baseline characteristics",
        results=baseline,
        labels={"variable": "Characteristic", "variable_level": "Level"},
        across="group1_level",
        columns=[Column("", ["{mean} ({sd}) [{min}, {max}]", "{n} ({p})"])],
        footnotes=[
            f"Population: {run.population_words}. {words}",
            *([by_chance] if compares(run) else []),
        ],
    )

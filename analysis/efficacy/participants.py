"""Who was studied: flow, analysis sets, deviations and baseline."""

from __future__ import annotations

import pandas as pd

from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.numbers import percent
from analysis.results import Results, Stat, from_frame
from analysis.stats.descriptive import summarise

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


def disposition(settings: Settings) -> Results:
    """Return participant numbers from screening to analysis, arm by arm, with reasons.

    Notes
    -----
    Screened: rows of ADSL. Randomised: those with an arm. Treated: those with a first dose.
    Completed: EOSSTT (or COMPLFL, COMP24FL) says so. Analysed: the population of the run.
    """
    trial = settings.trial
    adsl = trial.tables["adsl"]
    arms = [arm for arm in settings.arms if (adsl["TRT01P"] == arm).any()]
    randomised = adsl["TRT01P"].isin(arms)
    rows: list[dict[str, object]] = [
        {"group1_level": "All", "variable": "Screened", "n": len(adsl)},
        {"group1_level": "All", "variable": "Not randomised", "n": int((~randomised).sum())},
    ]
    treated = adsl["TRTSDT"].notna() if "TRTSDT" in adsl else randomised
    completed = _completed(adsl)
    analysed = adsl["USUBJID"].isin(trial.subjects(settings.population)["USUBJID"])
    for arm in arms:
        own = adsl["TRT01P"] == arm
        for step, flag in (
            ("Randomised", randomised),
            ("Treated", treated),
            ("Completed", completed),
            ("Analysed", analysed),
        ):
            rows.append({"group1_level": arm, "variable": step, "n": int((own & flag).sum())})
        reasons = adsl.loc[own & ~completed, _reason_column(adsl)].replace("", "Not stated")
        for reason, count in reasons.str.capitalize().value_counts().items():
            rows.append(
                {"group1_level": arm, "variable": "Stopped", "variable_level": reason, "n": count}
            )
    return _counts(rows, settings, "disposition", "Participants")


def _completed(adsl: pd.DataFrame) -> pd.Series:
    for column, value in (("EOSSTT", "COMPLETED"), ("COMPLFL", "Y"), ("COMP24FL", "Y")):
        if column in adsl:
            return adsl[column].str.upper() == value
    return pd.Series(True, index=adsl.index)


def _reason_column(adsl: pd.DataFrame) -> str:
    return next((name for name in ("DCSREAS", "DCDECOD", "EOSSTT") if name in adsl), "TRT01P")


def deviations(settings: Settings) -> Results:
    """Return the protocol deviations, arm by arm: participants with each, and with any.

    Notes
    -----
    From the deviations table that the plan names, of everyone with an arm; a participant counts
    once per row. DVCAT, where a trial has it, tells major from minor ones.
    """
    name = settings.trial.plan.deviations.lower()
    if not name:
        raise NoSection("the plan of the trial names no table of deviations")
    adsl = settings.trial.tables["adsl"]
    arms = adsl.loc[adsl["TRT01P"].isin(settings.arms), ["USUBJID", "TRT01P"]]
    found = settings.trial.tables[name].drop(columns="TRT01P", errors="ignore").merge(arms)
    kind = found["DVCAT"].str.capitalize() if "DVCAT" in found else "Deviation"
    found = found.assign(group2_level=kind, variable=found["DVTERM"])
    every = [found, found.assign(variable="Any")]
    cells = pd.concat(every).drop_duplicates(["group2_level", "variable", "USUBJID"])
    if cells.empty:
        raise UserError("no participant has a protocol deviation")
    counted = cells.groupby(["group2_level", "variable", "TRT01P"]).size()
    size = arms["TRT01P"].value_counts()
    table = counted.unstack(fill_value=0).reindex(columns=list(settings.arms), fill_value=0)
    order = sorted(table.index, key=lambda row: (row[0], row[1] != "Any", -table.loc[row].sum()))
    rows: list[dict[str, object]] = [
        {
            "group2_level": level,
            "variable": term,
            "group1_level": arm,
            "n": table.loc[(level, term), arm],
            "p": table.loc[(level, term), arm] / size[arm] if size.get(arm) else None,
            "n_population": size.get(arm, 0),
            "population": "everyone with an arm",
        }
        for level, term in order
        for arm in settings.arms
    ]
    return from_frame(
        pd.DataFrame(rows).assign(source=f"{settings.trial.plan.id}: {name}"),
        {"n": Stat("n", "Participants", 0), "p": Stat("p", "Per cent", 1, form=percent)},
        analysis_id="deviations",
        group1="arm",
        group2="category",
        context="participants",
        **settings.result_labels,
    )


def exclusions(settings: Settings) -> Results:
    """Return why participants are not in the per-protocol set, arm by arm.

    Notes
    -----
    From PPEXCL of ADSL, where a trial has it.
    """
    adsl = settings.trial.tables["adsl"]
    if "PPEXCL" not in adsl:
        raise NoSection("ADSL has no PPEXCL, the reason for leaving the per-protocol set")
    named = adsl[(adsl["PPEXCL"] != "") & adsl["TRT01P"].isin(settings.arms)]
    rows: list[dict[str, object]] = [
        {"variable": reason, "group1_level": arm, "n": int((own["TRT01P"] == arm).sum())}
        for reason, own in named.groupby("PPEXCL")
        for arm in settings.arms
    ]
    if not rows:
        raise UserError("no participant was left out of the per-protocol set")
    return _counts(rows, settings, "per-protocol-exclusions", "Participants")


def analysis_sets(settings: Settings) -> Results:
    """Return the size of every population of the trial, arm by arm."""
    rows: list[dict[str, object]] = []
    for population in settings.trial.plan.populations:
        sizes = settings.trial.subjects(population)["ARM"].value_counts()
        rows += [
            {"variable": population, "group1_level": arm, "n": int(sizes.get(arm, 0))}
            for arm in settings.arms
        ]
    return _counts(rows, settings, "analysis-sets", "Participants")


def _counts(
    rows: list[dict[str, object]], settings: Settings, analysis_id: str, label: str
) -> Results:
    return from_frame(
        pd.DataFrame(rows).assign(source=f"{settings.trial.plan.id}: adsl"),
        {"n": Stat("n", label, 0)},
        analysis_id=analysis_id,
        group1="arm",
        context="participants",
        **settings.result_labels,
    )


def baseline(settings: Settings) -> Results:
    """Return the baseline characteristics of the analysed population, arm by arm.

    Notes
    -----
    No p-values: arms differ at baseline by chance alone. Numbers: n, mean, SD, median, range;
    categories: n and per cent of those in the population.
    """
    subjects = settings.trial.subjects(settings.population)
    rows: list[dict[str, object]] = []
    for name, label in BASELINE.items():
        if name not in subjects:
            continue
        for arm in settings.arms:
            own = subjects[subjects["ARM"] == arm]
            size = len(own)
            place = {"group1_level": arm, "variable": label, "n_population": size}
            if pd.api.types.is_numeric_dtype(subjects[name]):
                rows.append(place | _described(own[name], settings.conf_level))
                continue
            for level in sorted(set(subjects[name]) - {""}):
                count = int((own[name] == level).sum())
                share = 100 * count / size if size else None
                rows.append(place | {"variable_level": level, "n": count, "p": share})
    return from_frame(
        pd.DataFrame(rows).assign(
            population=settings.population, source=f"{settings.trial.plan.id}: adsl"
        ),
        {
            "n": Stat("n", "n", 0),
            "p": Stat("p", "Per cent", 0, "%"),
            "mean": Stat("mean", "Mean", 1),
            "sd": Stat("sd", "SD", 1),
            "median": Stat("median", "Median", 1),
            "min": Stat("min", "Minimum", 1),
            "max": Stat("max", "Maximum", 1),
        },
        analysis_id="baseline",
        group1="arm",
        context="participants",
        method="observed values; median by SAS definition 5",
        **settings.result_labels,
    )


def _described(values: pd.Series, level: float) -> dict[str, object]:
    summary = summarise(values, level=level)
    return {
        "n": summary.n,
        "mean": summary.mean,
        "sd": summary.sd,
        "median": summary.median,
        "min": summary.minimum,
        "max": summary.maximum,
    }

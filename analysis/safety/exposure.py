"""Exposure: how long, how much, how regularly, and how many remained on treatment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.display.figures import Figure
from analysis.display.lettering import drawable
from analysis.growth.units import DAYS_PER_YEAR
from analysis.results import Results, recorded_decimals, section
from analysis.safety.drawing import in_percent, looks
from analysis.safety.population import TOTAL, SafetyPopulation, safety_population, with_share
from analysis.safety.settings import SafetyRun
from analysis.safety.summaries import described
from analysis.safety.tables import methods, plain_table, view
from analysis.safety.treated import CUT, known_days, time_treated
from analysis.sources.growth_reference import DAYS_PER_MONTH
from analysis.stats.descriptive import summarise
from analysis.thresholds import above

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

DURATION, PATIENT_YEARS = "Duration of treatment (days)", "Patient-years on treatment"
DOSES = {"AVGDD": "Average daily dose", "CUMDOSE": "Cumulative dose", "COMPL": "Compliance"}
"""Dose and compliance by PARAMCD of the exposure table, or by variable of ADSL."""


def by_column(population: SafetyPopulation, values: pd.Series) -> dict[str, pd.Series]:
    """Split values of the participants by arm, the total last."""
    arm = population.subjects["arm"]
    split = {name: values[(arm == name).to_numpy()] for name in population.arms}
    return {**split, TOTAL: values} if len(population.arms) > 1 else split


@section
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
    population, days = safety_population(run), known_days(run)
    doses = [
        {
            "group1_level": column,
            "variable": variable,
            "unit": unit,
            "decimals": recorded_decimals(values),
            "N_miss": int(own.isna().sum()),
            **described(summarise(own, level=run.conf_level)),
        }
        for variable, unit, values in ((DURATION, "days", days), *_doses(run, population))
        for column, own in by_column(population, values).items()
    ]
    about = {"variable": PATIENT_YEARS, "unit": "years", "decimals": 1}
    years = [
        {"group1_level": column, **about, "sum": float(own.sum() / DAYS_PER_YEAR)}
        for column, own in by_column(population, days).items()
    ]
    frame = pd.DataFrame([*doses[: len(years)], *years, *doses[len(years) :]])
    return run.results(
        frame.assign(n_population=frame["group1_level"].map(population.sizes)),
        "exposure",
        group1="arm",
        dataset=_dataset(run),
        method=time_treated(run).rule("365.25 days a year; median by SAS definition 5"),
    )


COLUMNS = {
    "n": "{n}", "Missing": "{N_miss}", "Mean (SD)": "{mean} ({sd})", "Median": "{median}",
    "Range": "{min} to {max}", "Sum": "{sum}",
}  # fmt: skip
exposure.shows(view(plain_table, "Exposure", {"group1_level": "Arm"}, COLUMNS, groups="variable"))


def _doses(run: SafetyRun, population: SafetyPopulation) -> list[tuple[str, str, pd.Series]]:
    """Return name, unit and values of every recorded dose."""
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
        found.append((name, unit, values))
    return found


def _dataset(run: SafetyRun) -> str:
    return "adsl" + (f", {run.plan.exposure}" if run.plan.exposure else "")


@section
def remaining(run: SafetyRun) -> Results:
    """Return how many participants were still on treatment after each month.

    Returns
    -------
    Results
        ``variable_level`` "month k": time in months, n, N and p. Those without a duration are
        counted in ``N_miss`` of the first row, and nowhere else.

    Raises
    ------
    UserError
        If exposure is not recorded, or nobody was exposed.

    Notes
    -----
    On treatment after k months: a duration of more than k × 30.4375 days.
    """
    population, days = safety_population(run), known_days(run)
    months = np.arange(int(np.ceil(days.max() / DAYS_PER_MONTH)) + 1)
    names = pd.DataFrame({"variable_level": [f"month {k}" for k in months], "time": months})
    rows = [
        names.assign(
            group1_level=column,
            n=above(own.to_numpy()[:, None], months * DAYS_PER_MONTH).sum(axis=0),
            N=int(own.notna().sum()),
            N_miss=np.where(months == 0, own.isna().sum(), np.nan),
        )
        for column, own in by_column(population, days).items()
    ]
    frame = with_share(pd.concat(rows, ignore_index=True))
    return run.results(
        frame.assign(
            variable="On treatment", n_population=frame["group1_level"].map(population.sizes)
        ),
        "exposure-remaining",
        group1="arm",
        dataset=_dataset(run),
        method="; ".join(
            [
                f"share of the arm with a longer duration; a month is {DAYS_PER_MONTH:g} days",
                *time_treated(run).notes,
            ]
        ),
    )


@exposure.shows
def remaining_figure(_exposure: Results, run: SafetyRun) -> Figure:
    """Draw the share still on treatment by month."""
    left, look = remaining(run), looks(run)
    ongoing = " or at the data cut" if (time_treated(run).until == CUT).any() else ""
    rows = in_percent(left, "p").astype({"time": int})

    def draw(canvas: Canvas, _narrow: bool) -> None:
        axes = canvas.subplots()
        for arm in run.arms:
            own = rows[rows["group1_level"] == arm]
            axes.plot(
                own["time"], own["p"], marker=look[arm].mark, ls=look[arm].line,
                color=look[arm].colour, label=drawable(arm), ms=4,
            )  # fmt: skip
        axes.set(ylim=(0, 103), xlabel="Months since the first dose", ylabel="On treatment, %")
        if len(run.arms) > 1:
            axes.legend(frameon=False, labelcolor="linecolor", loc="lower left", fontsize=9)

    return Figure(
        title="Participants remaining on treatment",
        alt=f"Lines of the share on treatment by month. {_halfway(left, run)}",
        draw=draw,
        height=3.0,
        narrow_height=3.2,
        results=left,
        caption=f"{methods(left)} A fall at the planned end of treatment{ongoing} is no loss.",
    )


def _halfway(remaining: Results, run: SafetyRun) -> str:
    """Say the share half-way to the month in which the first arm is empty."""
    wide = remaining.wide()
    there = wide[(wide["n"] != "0") & wide["group1_level"].isin(run.arms)]
    months = there.astype({"time": int}).groupby("group1_level")["time"].max()
    half = int(months.min()) // 2
    own = wide[(wide["time"] == str(half)) & wide["group1_level"].isin(run.arms)]
    said = ", ".join(
        f"{row['group1_level']} {row['p']} %"
        for row in own.to_dict("records")
        if isinstance(row["p"], str)
    )
    return f"After {half} months: {said}."

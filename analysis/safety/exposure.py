"""Exposure: how long, how much, how regularly, and how many remained on treatment."""

import pandas as pd

from analysis.display.figures import Figure
from analysis.display.reading import Reading, not_drawn
from analysis.display.survival_curves import survival_figure
from analysis.errors import UserError
from analysis.growth.units import DAYS_PER_YEAR
from analysis.results import (
    COUNTED,
    PLACE,
    Counted,
    Results,
    placed,
    reason_of,
    recorded_decimals,
    section,
)
from analysis.safety.days_to import SINCE, UNIT, curve_words, curves_by_arm
from analysis.safety.population import TOTAL, SafetyPopulation, safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.summaries import described
from analysis.safety.tables import methods, population_table, view
from analysis.safety.treated import CUT, known_days, time_treated
from analysis.sources.trial.standing import STOPPED, UNKNOWN, treatment_ended
from analysis.stats.descriptive import summarise

DURATION, PATIENT_YEARS = "Duration of treatment (days)", "Patient-years on treatment"
DOSES = {"AVGDD": "Average daily dose", "CUMDOSE": "Cumulative dose", "COMPL": "Compliance"}
"""Dose and compliance by PARAMCD of the exposure table, or by variable of ADSL."""


def by_column(population: SafetyPopulation, values: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Split rows of the participants, in their order, by arm, the total last."""
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
    population = safety_population(run)
    days = population.subjects[["USUBJID"]].assign(AVAL=known_days(run))
    doses = [
        {
            "group1_level": column,
            "variable": variable,
            "unit": unit,
            "decimals": recorded_decimals(values["AVAL"]),
            "N_miss": int(own["AVAL"].isna().sum()),
            **described(summarise(own["AVAL"])),
            COUNTED: Counted.all(own[own["AVAL"].notna()]),
            f"{COUNTED}:N_miss": Counted.all(own[own["AVAL"].isna()]),
        }
        for variable, unit, values in ((DURATION, "days", days), *_doses(run, population))
        for column, own in by_column(population, values).items()
    ]
    about = {"variable": PATIENT_YEARS, "unit": "years", "decimals": 1}
    years = [
        {"group1_level": column, **about, "sum": float(own["AVAL"].sum() / DAYS_PER_YEAR)}
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
exposure.shows(
    view(population_table, "Exposure", {"group1_level": "Arm"}, COLUMNS, groups="variable")
)


def _doses(run: SafetyRun, population: SafetyPopulation) -> list[tuple[str, str, pd.DataFrame]]:
    """Return name, unit and values of every recorded dose, with the records that have them."""
    table = run.trial.tables.get(run.plan.exposure.lower())
    subjects = population.subjects
    found = []
    for code, label in DOSES.items():
        if table is not None and (table.get("PARAMCD") == code).any():
            own = placed(table, run.plan.exposure)
            own = own[own["PARAMCD"] == code]
            # One record a participant: the last, where an exposure table has one a visit.
            last = own.sort_values("ADT", kind="stable") if "ADT" in own else own
            last = last.drop_duplicates("USUBJID", keep="last")[["USUBJID", *PLACE, "AVAL"]]
            name = str(own["PARAM"].iloc[0]) if "PARAM" in own else label
            unit = name[name.rfind("(") + 1 : -1] if name.endswith(")") else ""
            values = subjects[["USUBJID"]].merge(last, on="USUBJID", how="left")
        elif code in subjects:
            name, unit = label, ""
            values = subjects[["USUBJID", code]].rename(columns={code: "AVAL"})
        else:
            continue
        found.append((name, unit, values))
    return found


def _dataset(run: SafetyRun) -> str:
    return "adsl" + (f", {run.plan.exposure}" if run.plan.exposure else "")


def leaving_times(run: SafetyRun) -> pd.DataFrame:
    """Return how long every participant was treated, and whether that ended early.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID``, ``arm``, ``time`` in days, ``event``: stopped before the planned end. Those of
        unknown duration are left out.

    Raises
    ------
    UserError
        If ADSL does not say who completed, or nobody's duration is known.

    Notes
    -----
    Who completed, or is on treatment at the data cut, has not left: the time is censored there.
    So is that of a participant whose end nobody recorded.
    """
    subjects, days = safety_population(run).subjects, known_days(run)
    ended = treatment_ended(subjects)
    if ended is None:
        raise UserError(
            "ADSL does not say who completed the treatment and who stopped; it needs EOTSTT, "
            "EOSSTT, COMPLFL, or reasons such as DCSREAS with COMPLETED among them"
        )
    cut = time_treated(run).until == CUT
    frame = pd.DataFrame(
        {
            "USUBJID": subjects["USUBJID"],
            "arm": subjects["arm"],
            "time": days.to_numpy(dtype=float),
            "event": (ended == STOPPED).to_numpy() & ~cut.to_numpy(),
            "unknown": (ended == UNKNOWN).to_numpy(),
        }
    )
    return frame[frame["time"].notna()]


@section
def remaining(run: SafetyRun) -> Results:
    """Return the Kaplan–Meier curve of the time until treatment is stopped early, by arm.

    Returns
    -------
    Results
        Rows of `curves_by_arm`.

    Raises
    ------
    UserError
        As `leaving_times` says.

    Notes
    -----
    See `leaving_times`: the share on treatment of those who might be, at each day.
    """
    times = leaving_times(run)
    unknown = int(times["unknown"].sum())
    ends = ["stopped early: the event; completed, or on treatment at the data cut: censored"]
    ends += [f"{unknown} without a recorded end, censored"] if unknown else []
    return run.results(
        curves_by_arm(times, run.conf_level, run.trial.plan.allowed.group),
        "exposure-remaining",
        group1="arm",
        dataset=_dataset(run),
        method="; ".join([curve_words(run.conf_level), *ends, *time_treated(run).notes]),
        decimals=0,
    )


@exposure.shows
def remaining_figure(_exposure: Results, run: SafetyRun) -> Figure | Reading:
    """Draw the share still on treatment, of those who have neither completed nor been cut off."""
    left, title = remaining.rows(run), "Participants remaining on treatment"
    if reason_of(left):
        return not_drawn(title, left, "who completed is not known")
    return survival_figure(
        left,
        arms=run.arms,
        title=title,
        unit=UNIT,
        measure="On treatment",
        event="stopped early",
        since=SINCE,
        caption=methods(left),
    )

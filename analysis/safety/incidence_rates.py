"""Exposure-adjusted incidence: first events per 100 patient-years at risk."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.display.arm_table import CONTRAST, ArmTable
from analysis.display.reading import Reading
from analysis.display.tables import Column
from analysis.growth.units import DAYS_PER_YEAR
from analysis.numbers import level
from analysis.results import COUNTED, Results, combine, section
from analysis.safety.emergent import by_day
from analysis.safety.event_rows import EventRows, interest_rows, overview_rows, term_rows
from analysis.safety.incidence import contrast_label, contrasted
from analysis.safety.population import safety_population, with_share
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import DESCRIPTIVE, DIFFERENCE, compares, methods, population_words
from analysis.safety.terms import LEVELS, class_notes, without_rare_terms
from analysis.safety.treated import known_days, left_out, time_treated
from analysis.stats.rate_comparisons import rate_difference
from analysis.stats.rates import estimate_rate

PER = 100.0
RATE_UNIT = "per 100 patient-years"
BY_KIND, BY_TERM = "ae-rates", "ae-rates-by-term"
"""The analyses of the section: kinds of events and groups of special interest, and terms."""

Numbers = npt.NDArray[np.float64]


@section
def rates(run: SafetyRun) -> Results:
    """Return first events per 100 patient-years at risk, with differences.

    Returns
    -------
    Results
        ``analysis_id`` `BY_KIND`: ``variable`` "Overview" or a group of special interest, and
        `BY_TERM`: an organ class; ``variable_level`` the kind of event, the term or `ANY`.
        ``group1`` "arm": n (participants with the event) of N (those whose duration of treatment
        is known), p, ``exposure`` (patient-years at risk), estimate, conf.low, conf.high;
        "contrast": estimate, conf.low, conf.high of the difference.

    Raises
    ------
    UserError
        If exposure is not recorded, or nobody was exposed.

    Notes
    -----
    Time at risk: from the first dose to the first event of the row, that day included, or to
    the end of `time_treated` without one. A first event after the last dose, or of unknown date,
    counts with all of the participant's time on treatment. Participants of unknown duration are
    in neither part of the rate; the method says how many, and with how many events. Rates:
    Garwood's exact limits; differences: MOVER from these limits (Zou and Donner 2008). Terms are
    those of the table by term.
    """
    general = overview_rows(run) + interest_rows(run)
    return _rates(run, general, BY_KIND) + _rates(run, term_rows(run), BY_TERM)


def _rates(run: SafetyRun, rows: EventRows, analysis_id: str) -> Results:
    """Return the rates of the rows of a table in every arm, and their differences."""
    if rows.levels.empty:
        return Results()
    counted, at = _counted(run, rows), f"level {level(run.conf_level)}"
    said = "".join(f"; {note}" for note in (*time_treated(run).notes, left_out(run)) if note)
    per = f"first events per {PER:g} patient-years at risk{said}"
    between = (
        f"{per}; rate difference, MOVER interval from Garwood's limits, {at}; descriptive, not "
        "adjusted for multiplicity"
    )
    parts = (
        ("arm", _with_rates(run, counted), f"{per}; Garwood's exact limits, {at}"),
        (CONTRAST, _differences(run, counted), between),
    )
    options = {"unit": RATE_UNIT, "decimals": 0, "dataset": run.events_source}
    return combine(
        run.results(rows, analysis_id, group1=kind, method=method, **options)
        for kind, rows, method in parts
    )


@rates.shows
def rates_table(rates: Results, run: SafetyRun) -> ArmTable:
    """Show the rates of kinds of events and of groups of special interest."""
    return _table(rates.select(analysis_id=BY_KIND), run, "Exposure-adjusted incidence")


@rates.shows
def rates_by_term_table(rates: Results, run: SafetyRun) -> list[ArmTable | Reading]:
    """Show the rates of organ classes and terms."""
    title = "Exposure-adjusted incidence by organ class and preferred term"
    own, left_out = without_rare_terms(run, rates.select(analysis_id=BY_TERM), title)
    return [_table(own, run, title, *class_notes(run), folded=True, foldable=True), *left_out]


def _table(rates: Results, run: SafetyRun, title: str, *notes: str, **options: Any) -> ArmTable:
    """Show first events per 100 patient-years beside the participants who had them."""
    return ArmTable(
        title=f"{title}, first events per 100 patient-years",
        results=rates,
        groups="variable",
        labels={"variable_level": "Event"},
        columns=[
            Column("n (per cent) / years", "{n} ({p}) / {exposure}"),
            Column("rate (interval)", "{estimate} ({conf.low} to {conf.high})"),
        ],
        differences=[DIFFERENCE],
        footnotes=[
            population_words(run),
            "n: participants with the event, in per cent of those whose duration of treatment is "
            "known; years: patient-years from the first dose to the first event, or to the last "
            "dose without one.",
            *([methods(rates)] if len(rates) else []),
            *([] if compares(rates) else [DESCRIPTIVE]),
            *notes,
        ],
        empty="No coded event to count.",
        **options,
    )


def _counted(run: SafetyRun, rows: EventRows) -> pd.DataFrame:
    """Return participants with an event and patient-years at risk, every row in every arm."""
    population = safety_population(run)
    days = known_days(run).to_numpy(dtype=float)
    arm, width = population.subjects["arm"].cat.codes.to_numpy(), len(population.arms)
    first = _first_events(rows.records, days)
    levels = rows.levels.reset_index(drop=True)
    cell = first["place"].to_numpy() * width + arm[first["subject"].to_numpy()]
    n, saved = (
        np.bincount(cell, weights, len(levels) * width).reshape(-1, width).astype(float)
        for weights in (None, first["saved"].to_numpy())
    )
    at_risk = np.bincount(arm, np.nan_to_num(days), width) - saved
    treated = np.tile(np.bincount(arm[np.isfinite(days)], minlength=width), (len(levels), 1))
    frame = population.each(levels, n=n, treated=treated, exposure=at_risk)
    frame[COUNTED] = population.counted(first, cell, len(levels))
    frame = frame.rename(columns={"arm": "group1_level", "N": "n_population", "treated": "N"})
    return with_share(frame.assign(exposure=frame["exposure"] / DAYS_PER_YEAR))


def _first_events(rows: pd.DataFrame, days: Numbers) -> pd.DataFrame:
    """Return the first event of each participant in each row, with the time it takes off."""
    subject, place = rows["USUBJID"].cat.codes.to_numpy(), rows["place"].to_numpy()
    at = np.flatnonzero(np.isfinite(days[subject])) if len(rows) else np.zeros(0, dtype=np.intp)
    at = at[by_day(rows["DAY"].to_numpy()[at])]
    # A number for each row and participant: its first event is where the number is first.
    again = pd.Series(place[at] * len(days) + subject[at]).duplicated().to_numpy()
    first = rows.take(at[~again])
    first = first.assign(subject=subject[at[~again]])
    on_treatment = days[first["subject"].to_numpy()]
    until = first["DAY"].fillna(np.inf).clip(lower=0).to_numpy()
    return first.assign(saved=on_treatment - np.minimum(until, on_treatment))


def _with_rates(run: SafetyRun, counted: pd.DataFrame) -> pd.DataFrame:
    known = counted["exposure"] > 0
    own = counted[known]
    rate = estimate_rate(own["n"], own["exposure"], method="garwood", level=run.conf_level, per=PER)
    values = {"estimate": rate.estimate, "conf.low": rate.lower, "conf.high": rate.upper}
    return counted.join(pd.DataFrame(values, index=own.index))


def _differences(run: SafetyRun, counted: pd.DataFrame) -> pd.DataFrame:
    """Return the differences from the reference, of arms that were at risk in every row."""
    by_arm = {arm: rows.reset_index(drop=True) for arm, rows in counted.groupby("group1_level")}
    parts = []
    for arm in contrasted(run):
        own, reference = by_arm[arm], by_arm[run.reference]
        if not ((own["exposure"] > 0) & (reference["exposure"] > 0)).all():
            continue
        found = rate_difference(
            own["n"], own["exposure"], reference["n"], reference["exposure"],
            method="mover", level=run.conf_level, per=PER,
        )  # fmt: skip
        values = {"estimate": found.estimate, "conf.low": found.lower, "conf.high": found.upper}
        parts.append(
            own[LEVELS].assign(
                group1_level=contrast_label(run, arm),
                n_population=own["n_population"] + reference["n_population"],
                **values,
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

"""Exposure-adjusted incidence: first events per 100 patient-years at risk."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.display.arm_table import CONTRAST, ArmTable
from analysis.display.tables import Column
from analysis.growth.units import DAYS_PER_YEAR
from analysis.numbers import level
from analysis.results import Results, combine, section
from analysis.safety.coding import ANY
from analysis.safety.emergent import EmergentEvents, emergent_events
from analysis.safety.incidence import contrast_label, contrasted
from analysis.safety.interest import interest_groups
from analysis.safety.overview import kinds
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import DESCRIPTIVE, DIFFERENCE, compares, methods, view
from analysis.safety.terms import term_counts
from analysis.safety.treated import known_days, left_out, time_treated
from analysis.stats.rate_comparisons import rate_difference
from analysis.stats.rates import estimate_rate

PER = 100.0
RATE_UNIT = "per 100 patient-years"
OVERVIEW = "Overview"
LEVELS = ["variable", "variable_level"]

Numbers = npt.NDArray[np.float64]


@section
def rates(run: SafetyRun) -> Results:
    """Return first events per 100 patient-years at risk, with differences.

    Returns
    -------
    Results
        ``variable`` "Overview", a group of special interest, or an organ class;
        ``variable_level`` the kind of event or the term. ``group1`` "arm": n (participants with
        the event), ``exposure`` (patient-years at risk), estimate, conf.low, conf.high;
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
    counted, at = _counted(run), f"level {level(run.conf_level)}"
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
        run.results(rows, "ae-rates", group1=kind, method=method, **options)
        for kind, rows, method in parts
    )


def rates_table(rates: Results, title: str, *, folded: bool) -> ArmTable:
    """Show first events per 100 patient-years, of kinds of events or of every single term."""
    general = (rates.frame["variable"] == OVERVIEW) | (rates.frame["variable_level"] == ANY)
    rates = Results(rates.frame[general != folded])
    return ArmTable(
        title=f"{title}, first events per 100 patient-years",
        results=rates,
        groups="variable",
        labels={"variable_level": "Event"},
        columns=[
            Column("n / years", "{n} / {exposure}"),
            Column("rate (interval)", "{estimate} ({conf.low} to {conf.high})"),
        ],
        differences=[DIFFERENCE],
        footnotes=[
            "n: participants with the event; years: patient-years from the first dose to the "
            "first event, or to the last dose without one.",
            methods(rates),
            *([] if compares(rates) else [DESCRIPTIVE]),
        ],
        folded=folded,
        foldable=folded,
    )


BY_TERM = "Exposure-adjusted incidence by preferred term"
rates.shows(view(rates_table, "Exposure-adjusted incidence", folded=False))
rates.shows(view(rates_table, BY_TERM, folded=True))


def _counted(run: SafetyRun) -> pd.DataFrame:
    """Return participants with an event and patient-years at risk, every row in every arm."""
    population, found = safety_population(run), emergent_events(run)
    days = known_days(run).to_numpy(dtype=float)
    arm, width = population.subjects["arm"].cat.codes.to_numpy(), len(population.arms)
    first = _first_events(_rows(run, found), days)
    levels = _levels(run, first)
    place = pd.MultiIndex.from_frame(levels).get_indexer(pd.MultiIndex.from_frame(first[LEVELS]))
    known = place >= 0
    cell = place[known] * width + arm[first["subject"].to_numpy()[known]]
    n, saved = (
        np.bincount(cell, weights, len(levels) * width).reshape(-1, width).astype(float)
        for weights in (None, first["saved"].to_numpy()[known])
    )
    at_risk = np.bincount(arm, np.nan_to_num(days), width) - saved
    frame = population.each(levels, n=n, exposure=at_risk)
    frame = frame.rename(columns={"arm": "group1_level", "N": "n_population"})
    return frame.assign(exposure=frame["exposure"] / DAYS_PER_YEAR)


def _rows(run: SafetyRun, found: EmergentEvents) -> pd.DataFrame:
    """Return every event once for each row of the table in which it counts."""
    records = found.records
    names = ["USUBJID", "DAY", *LEVELS]
    parts = [
        kind.records.assign(variable=OVERVIEW, variable_level=kind.name)[names]
        for kind in kinds(run, records)
        if kind.records is not None
    ]
    term = records["AEDECOD"].astype(object)
    for group in interest_groups(run) if found.coded else ():
        own = records[term.isin(group.terms)]
        parts.append(own.assign(variable=group.name, variable_level=ANY)[names])
    if not found.coded:
        return pd.concat(parts, ignore_index=True)
    terms = records.assign(variable=records["AEBODSYS"].astype(object), variable_level=term)[names]
    return pd.concat([*parts, terms], ignore_index=True)


def _first_events(rows: pd.DataFrame, days: Numbers) -> pd.DataFrame:
    """Return the first event of each participant in each row, with the time it takes off."""
    subject = rows["USUBJID"].cat.codes.to_numpy()
    exposed = np.isfinite(days[subject]) if len(rows) else np.zeros(0, dtype=bool)
    rows = rows.assign(subject=subject)[exposed]
    first = rows.sort_values("DAY", kind="stable", na_position="last").drop_duplicates(
        ["subject", *LEVELS]
    )
    on_treatment = days[first["subject"].to_numpy()]
    until = first["DAY"].fillna(np.inf).clip(lower=0).to_numpy()
    return first.assign(saved=on_treatment - np.minimum(until, on_treatment))


def _levels(run: SafetyRun, first: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the table in order: overview, special interest, terms."""
    found = emergent_events(run)
    names = [kind.name for kind in kinds(run, found.records) if kind.records is not None]
    overview = pd.DataFrame({"variable": OVERVIEW, "variable_level": names})
    of_interest = [group.name for group in interest_groups(run)]
    groups = pd.DataFrame({"variable": of_interest, "variable_level": ANY})
    if not found.coded:
        return overview
    shown = term_counts(run).counts[LEVELS].drop_duplicates()
    shown = shown[shown["variable_level"] != ANY]
    known = pd.MultiIndex.from_frame(first[LEVELS])
    shown = shown[pd.MultiIndex.from_frame(shown).isin(known)]
    return pd.concat([overview, groups, shown], ignore_index=True)


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

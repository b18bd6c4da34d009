"""Exposure-adjusted incidence: first events per 100 patient-years at risk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.display.arm_table import CONTRAST, ArmTable
from analysis.display.tables import Column
from analysis.growth.units import DAYS_PER_YEAR
from analysis.numbers import level
from analysis.results import Results, section
from analysis.safety.emergent import EmergentEvents, emergent_events
from analysis.safety.exposure import known_days
from analysis.safety.incidence import ANY, contrast_label, contrasted
from analysis.safety.overview import kinds
from analysis.safety.population import SafetyPopulation, safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import DESCRIPTIVE, DIFFERENCE, compares, methods
from analysis.safety.terms import as_recorded, term_counts
from analysis.stats.rate_comparisons import rate_difference
from analysis.stats.rates import estimate_rate

PER = 100.0
RATE_UNIT = "per 100 patient-years"
OVERVIEW = "Overview"

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
    the last dose without one. A first event after the last dose, or of unknown date, counts
    with all of the participant's time on treatment. Participants without a duration of
    treatment are in neither part of the rate. Rates: Garwood's exact limits; differences: MOVER
    from these limits (Zou and Donner 2008). Terms are those of the table by term.
    """
    population, found = safety_population(run), emergent_events(run)
    days = known_days(run).to_numpy(dtype=float)
    arm = population.subjects["ARM"].cat.codes.to_numpy()
    first = _first_events(_rows(run, found), days)
    levels = _levels(run, first)
    events, saved = _sums(population, levels, first, arm)
    in_arm = np.bincount(arm, np.nan_to_num(days), len(population.arms)).astype(float)
    at_risk = (_with_total(population, in_arm[None, :]) - saved) / DAYS_PER_YEAR
    arms = _results(
        run,
        _arm_rows(run, population, levels, events, at_risk),
        "arm",
        f"Garwood's exact limits, level {level(run.conf_level)}",
    )
    return arms + _results(
        run,
        _difference_rows(run, population, levels, events, at_risk),
        CONTRAST,
        f"rate difference, MOVER interval from Garwood's limits, level {level(run.conf_level)}; "
        "descriptive, not adjusted for multiplicity",
    )


@rates.shows
def rates_table(rates: Results, _run: SafetyRun) -> ArmTable:
    """Show first events per 100 patient-years: overview and special interest."""
    own = rates.frame[_general(rates)]
    return _table(Results(own), "Exposure-adjusted incidence", folded=False)


@rates.shows
def rates_by_term_table(rates: Results, _run: SafetyRun) -> ArmTable:
    """Show first events per 100 patient-years of every term."""
    own = rates.frame[~_general(rates)]
    return _table(Results(own), "Exposure-adjusted incidence by preferred term", folded=True)


def _general(rates: Results) -> pd.Series:
    """Say of each row whether it counts a kind of event, not a single term."""
    return (rates.frame["variable"] == OVERVIEW) | (rates.frame["variable_level"] == ANY)


def _table(rates: Results, title: str, *, folded: bool) -> ArmTable:
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


def _rows(run: SafetyRun, found: EmergentEvents) -> pd.DataFrame:
    """Return every event once for each row of the table in which it counts."""
    records = found.records
    names = ["USUBJID", "DAY", "variable", "variable_level"]
    parts = [
        own.assign(variable=OVERVIEW, variable_level=name)[names]
        for name, own, _ in kinds(run, records)
        if own is not None
    ]
    term = records["AEDECOD"].astype(object)
    spelled = as_recorded(run, found)
    for group, terms in run.plan.special_interest.items():
        own = records[term.isin([spelled[each] for each in terms])]
        parts.append(own.assign(variable=group, variable_level=ANY)[names])
    terms = records.assign(variable=records["AEBODSYS"].astype(object), variable_level=term)[names]
    return pd.concat([*parts, terms], ignore_index=True)


def _first_events(rows: pd.DataFrame, days: Numbers) -> pd.DataFrame:
    """Return the first event of each participant in each row, with the time it takes off."""
    subject = rows["USUBJID"].cat.codes.to_numpy()
    exposed = np.isfinite(days[subject]) if len(rows) else np.zeros(0, dtype=bool)
    rows = rows.assign(subject=subject)[exposed]
    first = rows.sort_values("DAY", kind="stable", na_position="last").drop_duplicates(
        ["subject", "variable", "variable_level"]
    )
    on_treatment = days[first["subject"].to_numpy()]
    until = first["DAY"].fillna(np.inf).clip(lower=0).to_numpy()
    return first.assign(saved=on_treatment - np.minimum(until, on_treatment))


def _levels(run: SafetyRun, first: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the table in order: overview, special interest, terms."""
    records = emergent_events(run).records
    names = [name for name, own, _ in kinds(run, records) if own is not None]
    overview = pd.DataFrame({"variable": OVERVIEW, "variable_level": names})
    groups = pd.DataFrame({"variable": list(run.plan.special_interest), "variable_level": ANY})
    shown = term_counts(run).counts[["variable", "variable_level"]].drop_duplicates()
    shown = shown[shown["variable_level"] != ANY]
    known = pd.MultiIndex.from_frame(first[["variable", "variable_level"]])
    shown = shown[pd.MultiIndex.from_frame(shown).isin(known)]
    return pd.concat([overview, groups, shown], ignore_index=True)


def _sums(
    population: SafetyPopulation,
    levels: pd.DataFrame,
    first: pd.DataFrame,
    arm: npt.NDArray[np.int8],
) -> tuple[Numbers, Numbers]:
    """Sum participants with an event and the days after it, one row a level."""
    place = pd.MultiIndex.from_frame(levels).get_indexer(
        pd.MultiIndex.from_frame(first[["variable", "variable_level"]])
    )
    width, known = len(population.arms), place >= 0
    cell = place[known] * width + arm[first["subject"].to_numpy()[known]]
    size = len(levels) * width
    events = np.bincount(cell, minlength=size).reshape(-1, width).astype(float)
    saved = np.bincount(cell, first["saved"].to_numpy()[known], size).astype(float)
    return _with_total(population, events), _with_total(population, saved.reshape(-1, width))


def _with_total(population: SafetyPopulation, table: Numbers) -> Numbers:
    if len(population.arms) == 1:
        return table
    return np.column_stack([table, table.sum(axis=1)])


def _arm_rows(
    run: SafetyRun,
    population: SafetyPopulation,
    levels: pd.DataFrame,
    events: Numbers,
    at_risk: Numbers,
) -> pd.DataFrame:
    width = len(population.columns)
    frame = levels.loc[levels.index.repeat(width)].reset_index(drop=True)
    frame = frame.assign(
        group1_level=np.tile(np.array(population.columns, dtype=object), len(levels)),
        n_population=np.tile(population.sizes.to_numpy(), len(levels)),
        n=events.ravel(),
        exposure=at_risk.ravel(),
    )
    known = frame["exposure"] > 0
    rate = estimate_rate(
        frame.loc[known, "n"], frame.loc[known, "exposure"],
        method="garwood", level=run.conf_level, per=PER,
    )  # fmt: skip
    frame.loc[known, ["estimate", "conf.low", "conf.high"]] = np.column_stack(
        [rate.estimate, rate.lower, rate.upper]
    )
    return frame


def _difference_rows(
    run: SafetyRun,
    population: SafetyPopulation,
    levels: pd.DataFrame,
    events: Numbers,
    at_risk: Numbers,
) -> pd.DataFrame:
    parts = []
    for arm in contrasted(run):
        i, j = (population.columns.index(name) for name in (arm, run.reference))
        if not (at_risk[:, [i, j]] > 0).all():
            continue
        found = rate_difference(
            events[:, i], at_risk[:, i], events[:, j], at_risk[:, j],
            method="mover", level=run.conf_level, per=PER,
        )  # fmt: skip
        parts.append(
            levels.assign(
                **{
                    "group1_level": contrast_label(run, arm),
                    "n_population": int(population.sizes[arm] + population.sizes[run.reference]),
                    "estimate": found.estimate,
                    "conf.low": found.lower,
                    "conf.high": found.upper,
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _results(run: SafetyRun, frame: pd.DataFrame, group1: str, method: str) -> Results:
    return run.results(
        frame.assign(dataset=run.events_source),
        "ae-rates",
        group1=group1,
        context="safety",
        unit=RATE_UNIT,
        decimals=0,
        method=f"first events per 100 patient-years at risk; {method}",
    )

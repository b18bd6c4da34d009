"""Shift tables: where a measurement lay at baseline, and where it lay on treatment."""

from __future__ import annotations

import pandas as pd

from analysis.display.tables import Column, Table
from analysis.errors import NoSection, UserError
from analysis.results import Results, section
from analysis.safety.lab_counts import count_results, findings
from analysis.safety.measurements import (
    BASELINE,
    HIGH,
    LOW,
    MISSING,
    NORMAL,
    ON_TREATMENT,
    RULE,
    VISIT_RULE,
    Measurements,
    measurements,
)
from analysis.safety.population import SafetyPopulation, safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import last_method, population_words

LEVELS = (LOW, NORMAL, HIGH, MISSING)
HIGHEST, LOWEST = "highest on treatment", "lowest on treatment"
RANK = {LOW: 0, NORMAL: 1, HIGH: 2}
SHIFT = ["ROW", "FROM", "TO"]
"""Columns of a shift: table, level at baseline, level afterwards."""
DENOMINATOR = "per cent of all participants of the arm; without a value: Missing"


@section
def shift_to_worst(run: SafetyRun) -> Results:
    """Return the shift from baseline to the worst value on treatment, of the named roles.

    Notes
    -----
    The two directions are kept apart: the highest side that a participant reached, and the
    lowest. Sides are those of ANRIND, or of the limits where there is no flag. Every
    participant of the arm is in one cell of each table: a missing baseline and a missing
    value on treatment have their own row and column.
    """
    return _worst(run, "shift-worst", roles=True)


@shift_to_worst.shows
def shift_to_worst_table(shift: Results, _run: SafetyRun) -> Table:
    """Show the shift to the worst value of the named roles."""
    return shift_table(shift, "Shift from baseline to worst on treatment")


@section
def shift_to_worst_of_others(run: SafetyRun) -> Results:
    """Return the shift to the worst value of all other laboratory tests that ever leave normal."""
    return _worst(run, "shift-worst-others", roles=False)


@shift_to_worst_of_others.shows
def shift_to_worst_of_others_table(shift: Results, _run: SafetyRun) -> Table:
    """Show the shift to the worst value of the other tests."""
    title = "Other measurements: shift from baseline to worst on treatment"
    return shift_table(shift, title, folded=True)


@section
def shift_by_visit(run: SafetyRun) -> Results:
    """Return the shift from baseline to each visit, of the named roles."""
    found, wanted = measurements(run), _role_codes(run)
    records = _sided(found, wanted, roles=True)
    filed = _sided(found, wanted, roles=True, records=found.by_visit())
    filed = filed[filed["PHASE"] != BASELINE].sort_values("ORDER", kind="stable")
    if filed.empty:
        raise UserError("no laboratory value after baseline is filed under a visit (AVISIT)")
    now = filed.assign(ROW=filed["PARAM"] + ": " + filed["AVISIT"], TO=filed["SIDE"])
    rows = now[["ROW", "PARAM"]].drop_duplicates()
    place = {name: number for number, name in enumerate(dict.fromkeys(records["PARAM"]))}
    rows = rows.sort_values("PARAM", key=lambda names: names.map(place), kind="stable")
    counted = shifted(safety_population(run), _baselines(records), now, rows)
    return count_results(
        run,
        counted,
        SHIFT,
        "shift-by-visit",
        group2="at the visit",
        rule=f"{DENOMINATOR}. {VISIT_RULE}",
        compared=False,
    )


@shift_by_visit.shows
def shift_by_visit_table(shift: Results, _run: SafetyRun) -> Table:
    """Show the shift to each visit of the named roles."""
    return shift_table(shift, "Shift from baseline by visit", folded=True)


def shift_table(shift: Results, title: str, *, folded: bool = False) -> Table:
    """Show a shift from baseline, one row a level at baseline and arm."""
    cells = f"Cells: n (per cent); columns: {shift.frame['group2'].iloc[0]}."
    return Table(
        title=title,
        results=shift,
        groups="variable",
        labels={"group1_level": "Arm", "variable_level": "At baseline"},
        across="group2_level",
        columns=[Column("", "{n} ({p})")],
        footnotes=[f"{population_words(shift)} {cells}", last_method(shift)],
        folded=folded,
    )


def _worst(run: SafetyRun, analysis_id: str, *, roles: bool) -> Results:
    records = _sided(measurements(run), _role_codes(run), roles=roles)
    now = worst_sides(records[records["PHASE"] == ON_TREATMENT])
    directions = pd.DataFrame({"DIRECTION": [LOWEST, HIGHEST]})
    rows = records[["PARAM"]].drop_duplicates().merge(directions, how="cross")
    rows = rows.assign(ROW=rows["PARAM"] + ", " + rows["DIRECTION"])[["ROW", "PARAM"]]
    counted = shifted(safety_population(run), _baselines(records), now, rows)
    if not roles:
        leaves = counted[["FROM", "TO"]].isin([LOW, HIGH]).any(axis=1) & (counted["n"] > 0)
        counted = counted[counted["ROW"].isin(counted.loc[leaves, "ROW"])]
        if counted.empty:
            raise NoSection("no further laboratory test was ever low or high")
    return count_results(
        run,
        counted,
        SHIFT,
        analysis_id,
        group2="on treatment",
        rule=f"{DENOMINATOR}. {RULE}",
        compared=False,
    )


def _role_codes(run: SafetyRun) -> list[str]:
    return [code for code in run.plan.roles.model_dump().values() if code]


def _sided(
    found: Measurements, codes: list[str], *, roles: bool, records: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the laboratory records whose side of the limits is known."""
    records = found.records if records is None else records
    records = records[(records["KIND"] == "laboratory") & (records["SIDE"] != "")]
    records = records[records["PARAMCD"].isin(codes) == roles]
    if records.empty:
        raise NoSection("no laboratory test has normal limits or a flag to shift from")
    return records


def _baselines(records: pd.DataFrame) -> pd.DataFrame:
    """Return USUBJID, PARAM and the side at baseline, one row each."""
    key = ["USUBJID", "PARAM"]
    return records.drop_duplicates(key)[[*key, "BASESIDE"]].rename(columns={"BASESIDE": "FROM"})


def worst_sides(records: pd.DataFrame) -> pd.DataFrame:
    """Return the lowest and the highest side that each participant reached.

    Parameters
    ----------
    records
        ``USUBJID, PARAM, SIDE`` of the period; every side is Low, Normal or High.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID, PARAM, ROW, TO``: two rows per participant and measurement. A participant
        who was both low and high is Low in the one and High in the other.
    """
    rank = records.assign(RANK=records["SIDE"].map(RANK))
    grouped = rank.groupby(["USUBJID", "PARAM"], sort=False, observed=True)["RANK"]
    names = {rank: side for side, rank in RANK.items()}
    parts = [
        found.map(names)
        .rename("TO")
        .reset_index()
        .assign(ROW=lambda frame, words=words: frame["PARAM"] + ", " + words)
        for words, found in ((LOWEST, grouped.min()), (HIGHEST, grouped.max()))
    ]
    return pd.concat(parts, ignore_index=True)


def shifted(
    population: SafetyPopulation,
    baseline: pd.DataFrame,
    now: pd.DataFrame,
    rows: pd.DataFrame,
    levels: tuple[str, ...] = LEVELS,
) -> pd.DataFrame:
    """Count every participant of the population in one cell of each table.

    Parameters
    ----------
    population
        Who is counted, and in which arm.
    baseline
        ``USUBJID, PARAM, FROM``: the side at baseline, one row each.
    now
        ``USUBJID, ROW, TO``: the side afterwards, at most one row per participant and table.
    rows
        ``ROW, PARAM``: the tables wanted, in order, and the measurement of each.
    levels
        Sides or categories in order, Missing among them.

    Returns
    -------
    pandas.DataFrame
        ``ROW, FROM, TO, arm, n, N, p`` of every arm, without their total; rows of `FROM` that
        no arm has are left out.
    """
    everyone = population.subjects[["USUBJID"]].merge(rows, how="cross")
    own = everyone.merge(baseline, on=["USUBJID", "PARAM"], how="left", validate="many_to_one")
    own = own.merge(
        now[["USUBJID", "ROW", "TO"]], on=["USUBJID", "ROW"], how="left", validate="one_to_one"
    )
    own = own.fillna({"FROM": MISSING, "TO": MISSING})
    occurs = set(zip(own["ROW"], own["FROM"], strict=True))
    cells = rows[["ROW"]].merge(pd.DataFrame({"FROM": levels}), how="cross")
    keep = [cell in occurs for cell in zip(cells["ROW"], cells["FROM"], strict=True)]
    cells = cells[keep].merge(pd.DataFrame({"TO": levels}), how="cross")
    counted = findings(population, own, everyone, cells, ["ROW"])
    return counted[counted["arm"].isin(population.arms)]

"""Shift tables: where a measurement lay at baseline, and where it lay on treatment."""

import pandas as pd

from analysis.display.tables import Table
from analysis.errors import NoSection, UserError
from analysis.results import Results, section
from analysis.safety import measurements as lab
from analysis.safety.incidence import count_results, findings
from analysis.safety.measurements import BASELINE, HIGH, LOW, MISSING, NORMAL, ON_TREATMENT
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import population_table, view

LEVELS = (LOW, NORMAL, HIGH, MISSING)
HIGHEST, LOWEST = "highest on treatment", "lowest on treatment"
RANK = {LOW: 0, NORMAL: 1, HIGH: 2}

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


@section
def shift_to_worst_of_others(run: SafetyRun) -> Results:
    """Return the shift to the worst value of all other laboratory tests that ever leave normal."""
    return _worst(run, "shift-worst-others", roles=False)


@section
def shift_by_visit(run: SafetyRun) -> Results:
    """Return the shift from baseline to each visit, of the named roles."""
    found = lab.measurements(run)
    records, filed = (_sided(run, each, roles=True) for each in (found.records, found.by_visit()))
    filed = filed[filed["PHASE"] != BASELINE].sort_values("ORDER", kind="stable")
    if filed.empty:
        raise UserError("no laboratory value after baseline is filed under a visit (AVISIT)")
    now = filed.assign(ROW=filed["PARAM"] + ": " + filed["AVISIT"], TO=filed["SIDE"])
    rows = now[["ROW", "PARAM"]].drop_duplicates()
    place = {name: number for number, name in enumerate(dict.fromkeys(records["PARAM"]))}
    rows = rows.sort_values("PARAM", key=lambda names: names.map(place), kind="stable")
    counted = shifted(run, _baselines(records), now, rows)
    rule = f"{DENOMINATOR}. {lab.VISIT_RULE}"
    return count_results(
        run, counted, "shift-by-visit", group2="at the visit", rule=rule, compared=False
    )


def shift_table(shift: Results, title: str, *, folded: bool = False) -> Table:
    """Show a shift from baseline, one row a level at baseline and arm."""
    cells = f" Cells: n (per cent); columns: {shift.frame['group2'].iloc[0]}."
    return population_table(
        shift,
        title,
        {"group1_level": "Arm", "variable_level": "At baseline"},
        {"": "{n} ({p})"},
        cells,
        groups="variable",
        across="group2_level",
        folded=folded,
    )


OTHERS = "Other measurements: shift from baseline to worst on treatment"
shift_to_worst.shows(view(shift_table, "Shift from baseline to worst on treatment"))
shift_to_worst_of_others.shows(view(shift_table, OTHERS, folded=True))
shift_by_visit.shows(view(shift_table, "Shift from baseline by visit", folded=True))


def _worst(run: SafetyRun, analysis_id: str, *, roles: bool) -> Results:
    records = _sided(run, lab.measurements(run).records, roles=roles)
    now = worst_sides(records[records["PHASE"] == ON_TREATMENT])
    directions = pd.DataFrame({"DIRECTION": [LOWEST, HIGHEST]})
    rows = records[["PARAM"]].drop_duplicates().merge(directions, how="cross")
    rows = rows.assign(ROW=rows["PARAM"] + ", " + rows["DIRECTION"])[["ROW", "PARAM"]]
    counted = shifted(run, _baselines(records), now, rows)
    if not roles:
        leaves = counted[["FROM", "TO"]].isin([LOW, HIGH]).any(axis=1) & (counted["n"] > 0)
        counted = counted[counted["ROW"].isin(counted.loc[leaves, "ROW"])]
        if counted.empty:
            raise NoSection("no further laboratory test was ever low or high")
    rule = f"{DENOMINATOR}. {lab.RULE}"
    return count_results(
        run, counted, analysis_id, group2="on treatment", rule=rule, compared=False
    )


def _sided(run: SafetyRun, records: pd.DataFrame, *, roles: bool) -> pd.DataFrame:
    """Return the records whose side of the limits is known, of the named roles or the others."""
    records = lab.sided(records)
    records = records[records["PARAMCD"].isin(lab.named_codes(run)) == roles]
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
    run: SafetyRun,
    baseline: pd.DataFrame,
    now: pd.DataFrame,
    rows: pd.DataFrame,
    levels: tuple[str, ...] = LEVELS,
) -> pd.DataFrame:
    """Count every participant of the population in one cell of each table.

    Parameters
    ----------
    run
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
    population = safety_population(run)
    everyone = population.subjects[["USUBJID"]].merge(rows, how="cross")
    own = everyone.merge(baseline, on=["USUBJID", "PARAM"], how="left", validate="many_to_one")
    now = now[["USUBJID", "ROW", "TO"]]
    own = own.merge(now, on=["USUBJID", "ROW"], how="left", validate="one_to_one")
    own = own.fillna({"FROM": MISSING, "TO": MISSING})
    cells = rows[["ROW"]].merge(pd.DataFrame({"FROM": levels}), how="cross")
    cells = cells.merge(own[["ROW", "FROM"]].drop_duplicates())
    cells = cells.merge(pd.DataFrame({"TO": levels}), how="cross")
    counted = findings(run, own, everyone, cells, ["ROW"])
    return counted[counted["arm"].isin(population.arms)]

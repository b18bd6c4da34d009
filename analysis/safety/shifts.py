"""Shift tables: where a measurement lay at baseline, and where it lay on treatment."""

import numpy as np
import pandas as pd

from analysis.display.tables import Table
from analysis.errors import NoSection, UserError
from analysis.results import PLACE, Results, section
from analysis.results.counted import DATASET, RECORD
from analysis.safety import measurements as lab
from analysis.safety.incidence import count_results, findings
from analysis.safety.measurements import BASELINE, HIGH, LOW, MISSING, NORMAL, ON_TREATMENT
from analysis.safety.population import participant_names, safety_population
from analysis.safety.roles import named_codes
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import population_table, view
from analysis.sources.trial.columns import each_once

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
    records, filed = (_sided(run, each, roles=True) for each in (found.records, found.by_visit))
    needed = ["USUBJID", "PARAM", "AVISIT", "SIDE", "ORDER", *PLACE]
    filed = filed.loc[filed["PHASE"] != BASELINE, needed].sort_values("ORDER", kind="stable")
    if filed.empty:
        raise UserError("no laboratory value after baseline is filed under a visit (AVISIT)")
    now = filed.assign(ROW=_titles(filed), TO=filed["SIDE"])
    rows = now[["ROW", "PARAM"]].drop_duplicates()
    place = {name: number for number, name in enumerate(records["PARAM"].unique())}
    rows = rows.sort_values("PARAM", key=lambda names: names.map(place), kind="stable")
    counted = shifted(run, _baselines(records), now, rows)
    rule = f"{DENOMINATOR}. {lab.VISIT_RULE}"
    return count_results(
        run, counted, "shift-by-visit", group2="at the visit", rule=rule, compared=False
    )


def shift_table(shift: Results, run: SafetyRun, title: str, *, folded: bool = False) -> Table:
    """Show a shift from baseline, one row a level at baseline and arm."""
    cells = f" Cells: n (per cent); columns: {shift.frame['group2'].iloc[0]}."
    return population_table(
        shift,
        run,
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
    records = records[records["PARAMCD"].isin(named_codes(run)) == roles]
    if records.empty:
        raise NoSection("no laboratory test has normal limits or a flag to shift from")
    return records


def _baselines(records: pd.DataFrame) -> pd.DataFrame:
    """Return USUBJID, PARAM, the side at baseline and the record that has it, one row each."""
    key, names = ["USUBJID", "PARAM"], {"BASESIDE": "FROM", "base_record": RECORD}
    return records.drop_duplicates("measured")[[*key, DATASET, *names]].rename(columns=names)


def _titles(filed: pd.DataFrame) -> pd.Series:
    """Return the measurement with its visit; there are few of them, and a million records."""
    pair = filed.groupby(["PARAM", "AVISIT"], sort=False).ngroup().to_numpy()
    first = filed.iloc[np.unique(pair, return_index=True)[1]]
    return pd.Series((first["PARAM"] + ": " + first["AVISIT"]).array.take(pair), index=filed.index)


def worst_sides(records: pd.DataFrame) -> pd.DataFrame:
    """Return the lowest and the highest side that each participant reached.

    Parameters
    ----------
    records
        ``USUBJID, PARAM, measured, SIDE`` and `PLACE` of the period; every side is Low, Normal or
        High.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID, PARAM, ROW, TO`` and the `PLACE` of a record that decides: two rows per
        participant and measurement. A participant who was both low and high is Low in the one
        and High in the other.
    """
    own = records[["USUBJID", "PARAM", "SIDE", *PLACE, "measured"]]
    ranked = own.sort_values("SIDE", key=lambda sides: sides.map(RANK), kind="stable")
    parts = []
    for words, keep in ((LOWEST, "first"), (HIGHEST, "last")):
        worst = ranked.drop_duplicates("measured", keep=keep)
        titles = each_once(worst["PARAM"], f"{{}}, {words}".format)
        parts.append(worst.assign(ROW=titles))
    found = pd.concat(parts, ignore_index=True).rename(columns={"SIDE": "TO"})
    return found[["USUBJID", "PARAM", "ROW", "TO", *PLACE]]


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
        ``USUBJID, PARAM, FROM`` and the `PLACE` of the record: the side at baseline, one row
        each; a record is missing where none has it.
    now
        ``USUBJID, ROW, TO`` and `PLACE`: the side afterwards, at most one row per participant and
        table.
    rows
        ``ROW, PARAM``: the tables wanted, in order, and the measurement of each.
    levels
        Sides or categories in order, Missing among them.

    Returns
    -------
    pandas.DataFrame
        ``ROW, FROM, TO, arm, n, N, p`` of every arm, without their total, with the two records
        that put each participant there; rows of `FROM` that no arm has are left out.
    """
    population = safety_population(run)
    # As categories, names are put beside one another as numbers.
    known = {"USUBJID": participant_names(population), "ROW": rows["ROW"].unique()}
    known["PARAM"] = rows["PARAM"].unique()
    subjects, baseline, now, rows = (
        each.assign(
            **{name: pd.Categorical(each[name], known[name]) for name in known if name in each}
        )
        for each in (population.subjects[["USUBJID"]], baseline, now, rows)
    )
    everyone = subjects.merge(rows, how="cross")
    before, after = ["USUBJID", "PARAM"], ["USUBJID", "ROW"]
    own = everyone.merge(baseline[[*before, "FROM"]], on=before, how="left", validate="many_to_one")
    own = own.merge(now[[*after, "TO"]], on=after, how="left", validate="one_to_one")
    own = own.fillna({"FROM": MISSING, "TO": MISSING})
    decide = pd.concat([baseline.merge(rows, on="PARAM"), now])[[*after, *PLACE]]
    own = own.merge(decide.dropna(subset=[RECORD]), on=after, how="left")
    cells = rows[["ROW"]].merge(pd.DataFrame({"FROM": levels}), how="cross")
    cells = cells.merge(own[["ROW", "FROM"]].drop_duplicates())
    cells = cells.merge(pd.DataFrame({"TO": levels}), how="cross")
    counted = findings(run, own, everyone, cells, ["ROW"])
    return counted[counted["arm"].isin(population.arms)].astype({"ROW": object})

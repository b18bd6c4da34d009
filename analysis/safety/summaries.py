"""Value and change of laboratory tests and vital signs, by visit or at baseline and last."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from analysis.errors import NoSection, UserError
from analysis.results import Results, Stat, from_frame
from analysis.safety.measurements import RULE, VISIT_RULE, measurements
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.units import decimals_of

LAST = "Last on treatment"
KEY = ["PARAM", "AVISIT", "ARM"]


def of_interest(run: SafetyRun) -> list[str]:
    """Return the PARAMCDs shown at every visit: named roles, and endpoints in these tables."""
    named = [code for code in run.plan.roles.model_dump().values() if code]
    tables = {name.lower() for name in (*run.plan.laboratory, run.plan.vital_signs) if name}
    endpoints = run.trial.plan.endpoints.all
    named += [each.paramcd for each in endpoints if each.dataset.lower() in tables]
    return list(dict.fromkeys(named))


def measurements_by_visit(run: SafetyRun) -> Results:
    """Return value and change at every visit of the measurements of interest, arm by arm.

    Notes
    -----
    Of interest: the measurements that trial.yml names as roles, and its endpoints. The others
    are in `measurements_baseline_and_last`. Observed values; t intervals of the mean.
    """
    found = measurements(run)
    wanted = of_interest(run)
    records = found.by_visit()
    records = records[records["PARAMCD"].isin(wanted)]
    if records.empty:
        raise NoSection(f"trial.yml of '{run.trial.plan.id}' names no measurement of interest")
    last = found.last_on_treatment()
    last = last[last["PARAMCD"].isin(wanted)].assign(AVISIT=LAST, ORDER=np.inf)
    return _results(run, pd.concat([records, last]), "measurements-by-visit")


def measurements_baseline_and_last(run: SafetyRun) -> Results:
    """Return value and change at baseline and last on treatment of all other measurements."""
    found = measurements(run)
    first = found.by_visit()
    first = first[first["AVISIT"] == "Baseline"]
    last = found.last_on_treatment().assign(AVISIT=LAST, ORDER=np.inf)
    records = pd.concat([first, last])
    records = records[~records["PARAMCD"].isin(of_interest(run))]
    if records.empty:
        raise NoSection(f"trial '{run.trial.plan.id}' has no further measurement")
    return _results(run, records, "measurements-baseline-and-last")


def _results(run: SafetyRun, records: pd.DataFrame, analysis_id: str) -> Results:
    varies = records.groupby("PARAM")["AVAL"].transform("nunique") > 1
    constant = sorted(set(records.loc[~varies, "PARAM"]))
    if not varies.any():
        raise UserError(f"no two values differ in {', '.join(constant)}")
    rows = summarised(records[varies], level=run.conf_level)
    left_out = f". Left out, since no two values differ: {', '.join(constant)}"
    sizes = safety_population(run).sizes
    stats = {
        name: Stat(stat, label, digits, "UNIT")
        for name, stat, label, digits in (
            ("mean", "mean", "Mean", "FINER"),
            ("sd", "sd", "SD", "FINER"),
            ("median", "median", "Median", "DIGITS"),
            ("min", "min", "Minimum", "DIGITS"),
            ("max", "max", "Maximum", "DIGITS"),
            ("low", "conf.low", "Lower limit of the mean", "FINER"),
            ("high", "conf.high", "Upper limit of the mean", "FINER"),
            ("mean_change", "mean.change", "Mean change", "FINER"),
            ("sd_change", "sd.change", "SD of the change", "FINER"),
            ("median_change", "median.change", "Median change", "DIGITS"),
            ("min_change", "min.change", "Least change", "DIGITS"),
            ("max_change", "max.change", "Greatest change", "DIGITS"),
        )
    }
    counts = {"n": Stat("n", "n", 0), "n_change": Stat("n.change", "n with change", 0)}
    return from_frame(
        rows.rename(columns={"ARM": "group1_level", "PARAM": "variable"}).assign(
            variable_level=rows["AVISIT"],
            n_population=rows["ARM"].map(sizes).astype(int),
            population=run.population,
            source=f"{run.trial.plan.id}: " + rows["TABLE"],
        ),
        {"n": counts["n"], **stats, "n_change": counts["n_change"]},
        analysis_id=analysis_id,
        group1="arm",
        context="safety",
        method=f"observed values. {VISIT_RULE}. {LAST}: the last record on treatment. {RULE}. "
        f"t interval of the mean, level {run.conf_level:g}{left_out if constant else ''}",
        **run.result_labels,
    )


def summarised(records: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Summarise value and change of records by measurement, visit and arm.

    Parameters
    ----------
    records
        ``PARAM, AVISIT, ORDER, ARM, AVAL, CHG, UNIT, TABLE``, one row per participant and visit.
    level
        Two-sided level of the t interval of the mean.

    Returns
    -------
    pandas.DataFrame
        One row per measurement, visit and arm, in order.
    """
    how = ["count", "mean", "std", "median", "min", "max"]
    names = ["n", "mean", "sd", "median", "min", "max"]
    grouped = records.groupby(KEY, sort=False, observed=True)
    value = grouped["AVAL"].agg(how).set_axis(names, axis=1)
    change = grouped["CHG"].agg(how).set_axis([f"{name}_change" for name in names], axis=1)
    order = grouped[["ORDER", "TABLE", "UNIT"]].first()
    rows = pd.concat([value, change, order], axis=1).reset_index()
    half = special.stdtrit(np.maximum(rows["n"] - 1, 1), (1 + level) / 2)
    half = half * rows["sd"] / np.sqrt(rows["n"])
    digits = {name: decimals_of(own["AVAL"]) for name, own in records.groupby("PARAM")}
    rows["DIGITS"] = rows["PARAM"].map(digits)
    rows = rows.assign(
        low=rows["mean"] - half,
        high=rows["mean"] + half,
        FINER=rows["DIGITS"] + 1,
        n_change=rows["n_change"].replace(0, np.nan),
    )
    first = {name: place for place, name in enumerate(dict.fromkeys(records["PARAM"]))}
    visit = rows.groupby(["PARAM", "AVISIT"])["ORDER"].transform("median")
    arm = pd.Categorical(rows["ARM"], categories=records["ARM"].cat.categories).codes
    rows = rows.assign(PLACE=rows["PARAM"].map(first), VISIT=visit, ARMNO=arm)
    return rows.sort_values(["PLACE", "VISIT", "ARMNO"], kind="stable").reset_index(drop=True)

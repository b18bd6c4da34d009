"""Participants with a finding, of those looked at: percentages, differences, exact intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.results import Results, Stat, from_frame, present
from analysis.safety.incidence import COUNTS, POINTS, contrast_label, contrasted, count_rows
from analysis.safety.population import SafetyPopulation
from analysis.safety.settings import SafetyRun
from analysis.stats.proportion_differences import risk_difference

DESCRIPTIVE = "descriptive, not adjusted for multiplicity"
STATS = {**COUNTS, "N": Stat("N", "Participants looked at", 0)}
DIFFERENCE = {
    "estimate": Stat("estimate", "Risk difference", 1, POINTS),
    "low": Stat("conf.low", "Lower limit", 1, POINTS),
    "high": Stat("conf.high", "Upper limit", 1, POINTS),
}


def findings(
    population: SafetyPopulation,
    found: pd.DataFrame,
    looked_at: pd.DataFrame,
    levels: pd.DataFrame,
    within: Sequence[str],
) -> pd.DataFrame:
    """Count participants with a finding among those looked at.

    Parameters
    ----------
    population
        Who is counted.
    found
        Records of the finding: ``USUBJID`` and the columns of `levels`.
    looked_at
        Records that could have shown it: ``USUBJID`` and `within`.
    levels
        The combinations wanted, one row each, in order.
    within
        The columns of `levels` that the denominators go by; none: all participants looked at.

    Returns
    -------
    pandas.DataFrame
        The columns of `levels`, ``arm``, ``n``, ``N`` (participants looked at) and ``p``: a row
        for each of `levels` and each arm, with 0 where nothing was found.
    """
    by = list(levels)
    arms = pd.DataFrame({"arm": list(population.columns)})
    n = population.count(found, by)[[*by, "arm", "n"]]
    size = population.count(looked_at, within)[[*within, "arm", "n"]].rename(columns={"n": "N"})
    table = levels.merge(arms, how="cross")
    table = table.merge(n, on=[*by, "arm"], how="left", validate="one_to_one")
    table = table.merge(size, on=[*within, "arm"], how="left", validate="many_to_one")
    table = table.assign(**{name: table[name].fillna(0).astype(int) for name in ("n", "N")})
    return table.assign(p=table["n"] / table["N"].where(table["N"] > 0))


def differences(run: SafetyRun, counted: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return the risk difference of every arm from the reference, for each level.

    Parameters
    ----------
    run
        Names the reference and the level of confidence.
    counted
        `by`, ``arm``, ``n`` and ``N``.
    by
        Columns that name a level.

    Returns
    -------
    pandas.DataFrame
        `by`, ``arm`` (“A − B”), ``estimate``, ``low`` and ``high`` in percentage points; no
        rows in a single-arm trial or where nobody of an arm was looked at.

    Notes
    -----
    Score limits of Miettinen and Nurminen, one call for all levels. Other than in the tables of
    adverse events, who was looked at differs from level to level.
    """
    names = list(by)
    none = pd.DataFrame(columns=[*names, "arm", "N", "estimate", "low", "high"])
    if not run.reference:
        return none
    reference = counted[counted["arm"] == run.reference][[*names, "n", "N"]]
    arms = pd.DataFrame({"arm": contrasted(run)})
    others = arms.merge(counted, on="arm", validate="one_to_many")
    both = others.merge(reference, on=names, suffixes=("", "_0"), validate="many_to_one")
    both = both[(both["N"] > 0) & (both["N_0"] > 0)].reset_index(drop=True)
    if both.empty:
        return none
    found = risk_difference(
        both["n"],
        both["N"],
        both["n_0"],
        both["N_0"],
        method="miettinen-nurminen",
        level=run.conf_level,
    )
    return both[names].assign(
        arm=[contrast_label(run, arm) for arm in both["arm"]],
        N=both["N"] + both["N_0"],
        estimate=100 * found.estimate,
        low=100 * found.lower,
        high=100 * found.upper,
    )


def count_results(
    run: SafetyRun,
    counted: pd.DataFrame,
    by: Sequence[str],
    *,
    analysis_id: str,
    source: str,
    rule: str,
    group2: str = "",
    compared: bool = True,
) -> Results:
    """Return counted participants as results, with differences or exact intervals.

    Parameters
    ----------
    run
        What is analysed.
    counted
        `by`, ``arm``, ``n``, ``N`` and ``p``.
    by
        One to three columns: they become variable, variable level and the level of `group2`.
    analysis_id, group2, source
        See `from_frame`.
    rule
        What was counted, in words.
    compared
        Whether arms are compared (in a single-arm trial: exact intervals are given).
    """
    names = dict(zip(by, ("variable", "variable_level", "group2_level"), strict=False))
    labels: dict[str, Any] = {"analysis_id": analysis_id, "group2": group2, "context": "safety"}
    place = {"population": run.population, "source": source}
    level = f"level {run.conf_level:g}, {DESCRIPTIVE}"
    single = compared and not run.reference
    rows = count_rows(run, counted) if single else _shares(counted)
    rows = rows.rename(columns=names).assign(**place)
    shown = from_frame(
        rows,
        {name: stat for name, stat in present(STATS, rows).items() if compared or name != "N"},
        group1="arm",
        method=f"{rule}; exact (Clopper–Pearson) intervals, {level}" if single else rule,
        **labels,
        **run.result_labels,
    )
    if not compared or single:
        return shown
    rows = differences(run, counted, by).rename(columns={**names, "arm": "group1_level"})
    return shown + from_frame(
        rows.assign(n_population=rows["N"], **place),
        DIFFERENCE,
        group1="contrast",
        method=f"{rule}; risk difference, Miettinen–Nurminen interval, {level}",
        **labels,
        **run.result_labels,
    )


def _shares(counted: pd.DataFrame) -> pd.DataFrame:
    rows = counted.rename(columns={"arm": "group1_level"})
    return rows.assign(n_population=rows["N"], p=100 * rows["p"])

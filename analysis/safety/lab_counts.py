"""Participants with a finding, of those looked at: percentages, differences, exact intervals."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.display.arm_table import CONTRAST
from analysis.numbers import level
from analysis.results import PROPORTION, Results
from analysis.safety.incidence import arm_rows, difference_rows
from analysis.safety.population import SafetyPopulation
from analysis.safety.settings import SafetyRun


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


def count_results(
    run: SafetyRun,
    counted: pd.DataFrame,
    by: Sequence[str],
    analysis_id: str,
    *,
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
    analysis_id, group2
        See `analysis.results.rows_of`.
    rule
        What was counted, in words.
    compared
        Whether arms are compared (in a single-arm trial: exact intervals are given).

    Notes
    -----
    Differences: score limits of Miettinen and Nurminen; none where nobody of an arm was looked
    at. Other than in the tables of adverse events, who was looked at differs between levels.
    """
    names = dict(zip(by, ("variable", "variable_level", "group2_level"), strict=False))
    options = {"context": "safety", "group2": group2, "unit": PROPORTION}
    rests = f"level {level(run.conf_level)}, descriptive, not adjusted for multiplicity"
    single = compared and not run.reference
    counted = counted.rename(columns=names).assign(dataset=run.laboratory_source)
    rows = arm_rows(run, counted, intervals=single)
    shown = run.results(
        rows if compared else rows.drop(columns="N"),
        analysis_id,
        group1="arm",
        method=f"{rule}; exact (Clopper–Pearson) intervals, {rests}" if single else rule,
        **options,
    )
    if not compared or single:
        return shown
    rows = difference_rows(run, counted, test=False)
    rows = rows[rows["reason"] == ""].assign(dataset=run.laboratory_source)
    method = f"{rule}; risk difference, Miettinen–Nurminen interval, {rests}"
    return shown + run.results(rows, analysis_id, group1=CONTRAST, method=method, **options)

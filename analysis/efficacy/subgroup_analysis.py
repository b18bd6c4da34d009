"""Subgroups: the adjusted difference in each, and whether the differences differ."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.display import columns
from analysis.display.figures import Figure
from analysis.display.forest import forest_figure
from analysis.display.reading import Reading
from analysis.display.rows import has, method_words, unit_words
from analysis.display.tables import Column, Table
from analysis.efficacy.methods import METHODS
from analysis.efficacy.primary import fitted
from analysis.efficacy.rows import endpoint_results
from analysis.efficacy.settings import Settings, analysis_data, need_variable
from analysis.errors import UserError
from analysis.exact import median
from analysis.numbers import level
from analysis.results import Results, section
from analysis.results.intervals import interval_columns
from analysis.stats.intervals import interval_of
from analysis.thresholds import above, at_most

SHOWN = ("estimate", "conf.low", "conf.high")
"""Statistics of the difference in a subgroup."""


@section
def in_subgroups(run: Settings) -> Results:
    """Return the treatment difference in every subgroup, with interaction p-values.

    Returns
    -------
    Results
        One row per subgroup: n, difference, interval; one ``p.value`` per variable for the
        interaction; a variable that cannot be analysed says why. A numeric variable is split at
        its median.

    Notes
    -----
    The model of the run with the subgroup and its interaction with the arm (and the visit,
    where the model has all visits); equal weights. Not adjusted for multiplicity, and not
    powered.
    """
    data = analysis_data(run, visits=METHODS[run.model].visits)
    pair = data[data["arm"].isin([run.treatment, run.reference])]
    overall = fitted(run)
    rows = [
        {"group1_level": "All", "group2_level": "", "n": overall.n}
        | interval_columns(interval_of(overall.differences[run.treatment], overall.words), *SHOWN)
    ]
    for name in run.subgroups:
        try:
            rows += _one_variable(run, pair, name)
        except UserError as error:
            rows.append({"group1_level": name, "group2_level": "", "reason": str(error)})
    crossed = "arm × visit" if METHODS[run.model].visits else "arm"
    return endpoint_results(
        run,
        [row | {"variable_level": ""} for row in rows],
        "subgroups",
        group1="subgroup",
        group2="level",
        context="subgroups",
        method=f"{run.model} with the interaction of subgroup and {crossed}; level "
        f"{level(run.conf_level)}",
    )


def _one_variable(run: Settings, data: pd.DataFrame, name: str) -> list[dict[str, Any]]:
    need_variable(run, name)
    data = data.assign(subgroup=_levels(data, name)).query("subgroup != ''")
    if data["subgroup"].nunique() < 2:
        raise UserError(f"{name} has one level only among those analysed")
    sizes = data.groupby("subgroup")["USUBJID"].nunique()
    lacking = _lacking(run, data)
    rows: dict[str, dict[str, Any]] = {
        level: {"n": sizes[level], "reason": f"nobody of {' or '.join(arms)} is in this subgroup"}
        for level, arms in lacking.items()
    }
    # A subgroup that compares nothing would leave the model without a solution.
    data = data[~data["subgroup"].isin(list(lacking))]
    if data["subgroup"].nunique() > 1:
        strata = tuple(stratum for stratum in run.strata if stratum != name)
        effects, test = METHODS[run.model].effects(run, data, strata)
        for effect in effects:
            level = dict(effect.groups)["subgroup"]
            found = interval_columns(interval_of(effect, run.model), *SHOWN)
            rows[level] = {"n": sizes[level], **found}
        rows[dict(effects[0].groups)["subgroup"]]["p.value"] = test.p_value
    else:
        for level in data["subgroup"].unique():
            alone = "no other subgroup has both arms, so there is no interaction to estimate"
            rows[level] = {"n": sizes[level], "reason": alone}
    return [{"group1_level": name, "group2_level": level, **rows[level]} for level in sizes.index]


def _lacking(run: Settings, data: pd.DataFrame) -> dict[str, list[str]]:
    """Return each subgroup in which an arm has no value, with the arms that have none."""
    analysed = data.dropna(subset=["response"])
    cells = analysed.groupby(["subgroup", "arm"]).size().unstack(fill_value=0)
    cells = cells.reindex(index=sorted(data["subgroup"].unique()), fill_value=0)
    pair = [run.treatment, run.reference]
    cells = cells.reindex(columns=pair, fill_value=0)
    return {
        str(level): [arm for arm in pair if row[arm] == 0]
        for level, row in cells.iterrows()
        if (row == 0).any()
    }


def _levels(data: pd.DataFrame, name: str) -> pd.Series:
    """Return the subgroup of each record; numbers are split at the participants' median."""
    values = data[name]
    if not pd.api.types.is_numeric_dtype(values):
        return values.astype(str)
    middle = median(data.drop_duplicates("USUBJID")[name].dropna())
    sides = [at_most(values, middle), above(values, middle)]
    return pd.Series(np.select(sides, [f"≤ {middle:g}", f"> {middle:g}"], ""), index=values.index)


@in_subgroups.shows
def subgroups_figure(subgroups: Results, run: Settings) -> Figure | Reading:
    """Draw the difference in every subgroup."""
    return forest_figure(
        subgroups,
        title="Difference in subgroups",
        labels=["group1_level", "group2_level"],
        unit=run.endpoint.unit,
        caption="Subgroups are small, were not randomised within and are not adjusted for their "
        "number: a difference between them is a question, not a finding.",
    )


@in_subgroups.shows
def subgroups_table(subgroups: Results, run: Settings) -> Table:
    """Show the differences in subgroups with the interaction p-values."""
    return Table(
        title=f"Difference in subgroups{unit_words(subgroups)}",
        results=subgroups,
        labels={"group1_level": "Variable", "group2_level": "Subgroup"},
        columns=[
            columns.N,
            columns.DIFFERENCE,
            columns.INTERVAL,
            Column("p of the interaction", "{p.value}"),
            *([columns.REMARK] if has(subgroups, "reason") else []),
        ],
        footnotes=[
            f"Population: {run.population_words}. {method_words(subgroups)}; not adjusted for "
            "the number of subgroups."
        ],
    )

"""Subgroups: the adjusted difference in each, and whether the differences differ."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from analysis.display import columns
from analysis.display.figures import Figure
from analysis.display.reading import Reading
from analysis.display.rows import has, method_words, unit_words
from analysis.display.tables import Column, Table
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.comparisons import by_comparison, comparisons, has_several
from analysis.efficacy.effect_forest import effect_forest
from analysis.efficacy.methods import METHODS, Effects, Fitted
from analysis.efficacy.primary import fitted
from analysis.efficacy.rows import effect_results
from analysis.efficacy.settings import Settings
from analysis.efficacy.words_of_run import need_variable
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import Results, section
from analysis.results.intervals import interval_columns
from analysis.sources.trial.subgroups import at_the_median, order_of
from analysis.sources.trial.variable_words import level_words
from analysis.stats.intervals import interval_of

SHOWN = ("estimate", "conf.low", "conf.high")
"""Statistics of the difference in a subgroup."""
EVERY_ARM = (
    "Every model has all arms, and n are the participants of all arms in it. The p of the "
    "interaction tests whether any arm's difference from the reference differs between the "
    "subgroups, all arms together, and so is the same under each difference."
)
INTERACTION = (
    "p of the interaction: whether the effect differs between the subgroups of a variable, once a "
    "variable; the interval beside it is of one subgroup and asks whether there is an effect, so "
    "that one can exclude no effect while p is large."
)
ALONE = "no other subgroup has both arms, so there is no interaction to estimate"


@section
def in_subgroups(run: Settings) -> Results:
    """Return the treatment difference in every subgroup, with interaction p-values.

    Returns
    -------
    Results
        One row per comparison with the reference and subgroup: n, difference, interval; one
        ``p.value`` per variable for the interaction; a variable that cannot be analysed says why.
        A numeric variable is split at its median. Of several comparisons each is named under
        ``variable_level``.

    Notes
    -----
    The model of the run, all arms in it, with the subgroup and its interaction with the arm (and
    the visit, where the model has all visits); equal weights. The interaction is tested for all
    arms together. Not adjusted for multiplicity, and not powered.
    """
    data = analysis_data(run, visits=METHODS[run.model].visits)
    overall = fitted(run)
    titles = zip(run.subgroups, run.titles_of(*run.subgroups), strict=True)
    variables = {name: _one_variable(run, data, name, title) for name, title in titles}
    several = has_several(run)
    rows = [
        {"variable_level": each.contrast if several else "", **row}
        for each in comparisons(run)
        for row in (_all(each, overall), *(row for of in variables.values() for row in of(each)))
    ]
    crossed = "arm × visit" if METHODS[run.model].visits else "arm"
    return effect_results(
        run,
        rows,
        "subgroups",
        group1="subgroup",
        group2="level",
        context="subgroups",
        method=f"{run.model}{' of all arms' if several else ''} with the interaction of subgroup "
        f"and {crossed}; level {level(run.conf_level)}",
    )


def _all(run: Settings, overall: Fitted) -> dict[str, Any]:
    row = {"group1_level": "All", "group2_level": "", "n": overall.n}
    if run.treatment not in overall.differences:
        return row | {"reason": f"no participant of arm '{run.treatment}' has the endpoint"}
    found = interval_of(overall.differences[run.treatment], overall.words)
    return row | interval_columns(found, *SHOWN)


RowsOf = Callable[[Settings], list[dict[str, Any]]]
"""Comparison → its rows of one variable."""


def _one_variable(run: Settings, data: pd.DataFrame, name: str, title: str) -> RowsOf:
    """Fit the model of one variable, and return what gives the rows of each comparison."""
    try:
        need_variable(run, name)
        data = data.assign(subgroup=_levels(data, name)).query("subgroup != ''")
        if data["subgroup"].nunique() < 2:
            raise UserError("it has one level only among those analysed")
        found = _effects(run, data, name)
    except UserError as error:
        said = {"group1_level": title, "group2_level": "", "reason": str(error)}
        return lambda _: [said]
    sizes = data.groupby("subgroup")["USUBJID"].nunique()
    there = _there(run, data)

    def rows(each: Settings) -> list[dict[str, Any]]:
        own = []
        for group in _ordered(run, data, name):
            shown = level_words(name, group)
            row: dict[str, Any] = {"group1_level": title, "group2_level": shown, "n": sizes[group]}
            pair = [each.treatment, each.reference]
            effect = found.effects.get((each.treatment, group)) if found else None
            if lacking := [arm for arm in pair if not there.loc[group, arm]]:
                row["reason"] = f"nobody of {' or '.join(lacking)} is in this subgroup"
            elif effect is None or effect.reason:
                row["reason"] = effect.reason if effect else ALONE
            else:
                row |= interval_columns(effect, *SHOWN)
            own.append(row)
        first = next((row for row in own if "estimate" in row), None)
        if first and found:
            p_value, why = found.tests[each.treatment]
            first |= {"reason": f"no p: {why}"} if why else {"p.value": p_value}
        return own

    return rows


def _effects(run: Settings, data: pd.DataFrame, name: str) -> Effects | None:
    """Return the effects in the subgroups; None where fewer than two compare something."""
    there = _there(run, data)
    others = [arm for arm in run.arms if arm != run.reference]
    compared = there.index[there[run.reference] & there[others].any(axis=1)]
    if len(compared) < 2:
        return None
    # A subgroup that compares nothing would leave the model without a solution.
    data = data[data["subgroup"].isin(list(compared))]
    strata = tuple(stratum for stratum in run.strata if stratum != name)
    return METHODS[run.model].effects(run, data, strata)


def _there(run: Settings, data: pd.DataFrame) -> pd.DataFrame:
    """Return whether an arm has a value in a subgroup: one row a subgroup, one column an arm."""
    analysed = data.dropna(subset=["response"])
    cells = analysed.groupby(["subgroup", "arm"]).size().unstack(fill_value=0)
    every = sorted(data["subgroup"].unique())
    return cells.reindex(index=every, columns=list(run.arms), fill_value=0) > 0


def _ordered(run: Settings, data: pd.DataFrame, name: str) -> tuple[str, ...]:
    """Return the subgroups as the plan lists them, by their codes (…N), or by name."""
    if pd.api.types.is_numeric_dtype(data[name]):
        return tuple(sorted(data["subgroup"].unique(), reverse=True))  # ≤ comes before >.
    codes = None
    for table in (run.trial.tables["adsl"], run.trial.tables[run.endpoint.dataset.lower()]):
        if codes is None and {name, f"{name}N"} <= set(table):
            each = table[[name, f"{name}N"]].drop_duplicates(name)
            codes = data["subgroup"].map(each.set_index(each[name].astype(str))[f"{name}N"])
    return order_of(data["subgroup"], run.trial.plan.levels.get(name, ()), codes)


def _levels(data: pd.DataFrame, name: str) -> pd.Series:
    """Return the subgroup of each record; numbers are split at the participants' median."""
    if not pd.api.types.is_numeric_dtype(data[name]):
        return data[name].astype(str)
    return at_the_median(data[name], data.drop_duplicates("USUBJID")[name])


@in_subgroups.shows
def subgroups_figures(subgroups: Results, run: Settings) -> list[Figure | Reading]:
    """Draw the difference in every subgroup, one figure a comparison."""
    return [
        effect_forest(
            each,
            own,
            title=_title(each, run),
            labels=["group1_level", "group2_level"],
            caption="Subgroups are small, were not randomised within and are not adjusted for "
            "their number: a difference between them is a question, not a finding.",
        )
        for own, each in zip(
            comparisons(run), by_comparison(subgroups, "variable_level"), strict=True
        )
    ]


def _title(subgroups: Results, run: Settings) -> str:
    """Return what is shown, and of which difference where there are several."""
    which = str(subgroups.frame["variable_level"].iloc[0])
    return f"{run.effect.measure} in subgroups{f': {which}' if which else ''}"


@in_subgroups.shows
def subgroups_table(subgroups: Results, run: Settings) -> Table:
    """Show the differences in subgroups with the interaction p-values."""
    several = has_several(run)
    return Table(
        title=f"{run.effect.measure} in subgroups{unit_words(subgroups)}",
        results=subgroups,
        labels={"group1_level": "Variable", "group2_level": "Subgroup"},
        groups="variable_level" if several else "",
        columns=[
            columns.N,
            Column(run.effect.measure, "{estimate}"),
            columns.INTERVAL,
            Column("p of the interaction", "{p.value}"),
            *([columns.REMARK] if has(subgroups, "reason") else []),
        ],
        footnotes=[
            f"Population: {run.population_words}. {method_words(subgroups)}; not adjusted for "
            "the number of subgroups.",
            *([INTERACTION] if has(subgroups, "p.value") else []),
            *([EVERY_ARM] if several else []),
        ],
    )

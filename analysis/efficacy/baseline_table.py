"""What the participants were like before: the baseline table, arm by arm and in total."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.display.arm_table import ArmTable
from analysis.display.tables import Column
from analysis.efficacy.baseline_variables import Characteristic, characteristics
from analysis.efficacy.rows import described
from analysis.efficacy.settings import Settings, compares
from analysis.errors import UserError
from analysis.results import Results, recorded_decimals, section, tally
from analysis.sources.trial.variable_words import level_words, told_apart
from analysis.thresholds import above

SKEWED = 1.0
"""From this skewness on, either way, the median leads and the mean follows."""
COUNT, MEAN, MEDIAN, RANGE = "n (missing)", "Mean (SD)", "Median [Q1, Q3]", "Range"
"""Lines of a number; a category has the first, and one for each of its levels."""
LINES = {
    COUNT: ("n", "N_miss"),
    MEAN: ("mean", "sd"),
    MEDIAN: ("median", "p25", "p75"),
    RANGE: ("min", "max"),
}
SHOWN = (
    "{mean} ({sd})", "{median} [{p25}, {p75}]", "{min} to {max}", "{n} ({p})", "{n} ({N_miss})",
)  # fmt: skip
"""What a cell shows: the first of which its line has all results."""
TOTALS = ("Total", "All arms", "All participants")
"""Names of the column of all arms; the first that is no arm's."""


@section
def baseline(run: Settings) -> Results:
    """Return the baseline characteristics of the analysed population, arm by arm and in total.

    Notes
    -----
    What is shown: see `baseline_variables.characteristics`. No p-values: arms differ at baseline
    by chance alone. Numbers: n and how many are missing, mean, SD, median, quartiles and range;
    where the skewness of all participants together is beyond `SKEWED`, the median stands first.
    Categories: n, and the share of those in the population, missing ones included. The population
    is the analysed one, or that of `of_all_pages`.
    """
    run = of_all_pages(run)
    subjects = run.subjects()
    subjects = subjects[subjects["arm"].notna()]
    if subjects.empty:
        raise UserError(f"nobody is in the population '{run.population}'")
    columns = {arm: subjects["arm"] == arm for arm in run.arms}
    if len(columns) > 1:
        columns[total_name(run)] = pd.Series(True, index=subjects.index)
    found, absent = characteristics(run, subjects)
    if not found and not absent:
        raise UserError("no usual baseline characteristic is recorded; name some in the plan")
    rows = [
        {"group1_level": column, "n_population": int(members.sum()), **line}
        for each, title in zip(found, _titles(found), strict=True)
        for column, members in columns.items()
        for line in _lines(each, title, subjects.loc[members, ["USUBJID"]])
    ]
    last = list(columns)[-1]
    rows += [
        {"group1_level": last, "variable": name, "variable_level": "Not shown", "reason": why}
        for name, why in absent.items()
    ]
    return run.results(
        pd.DataFrame(rows),
        "baseline",
        group1="arm",
        context="participants",
        method="observed values; median and quartiles by SAS definition 5",
    )


def of_all_pages(run: Settings) -> Settings:
    """Return the run of the safety population, where few tell the run's own from that.

    Of two such populations two tables would tell of the few who are in one of them.
    """
    safety = run.trial.plan.safety
    if safety is None or not run.near(safety.population):
        return run
    return replace(run, population=safety.population)


def total_name(run: Settings) -> str:
    """Return the name of the column of all arms; no arm has it."""
    return next(name for name in TOTALS if name not in run.arms)


def _titles(found: Sequence[Characteristic]) -> list[str]:
    """Return what each is called; two of one label are told apart by their names."""
    return told_apart([each.name for each in found], [each.titled for each in found])


def _lines(each: Characteristic, title: str, members: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the lines of a characteristic for some of the participants."""
    own = each.values[members.index]
    place: dict[str, Any] = {"variable": title, "dataset": each.dataset}
    missing = own.isna() if each.number else own == ""
    yield (
        place
        | {"variable_level": COUNT}
        | tally(members[~missing])
        | tally(members[missing], "N_miss")
    )
    for category in each.order:
        found = tally(members[own == category])
        share = found["n"] / len(own) if len(own) else None
        yield place | {"variable_level": level_words(each.name, category), "p": share} | found
    if each.number:
        place |= {"unit": each.unit, "decimals": recorded_decimals(each.values)}
        leading = (MEDIAN, MEAN) if skewed(each.values) else (MEAN, MEDIAN)
        for line in (*leading, RANGE):
            yield place | {"variable_level": line} | described(own, *LINES[line])


def skewed(values: pd.Series) -> bool:
    """Say whether the skewness of values, G1 of Joanes and Gill, is beyond `SKEWED`."""
    return bool(above(abs(values.skew()), SKEWED))


@baseline.shows
def baseline_table(baseline: Results, run: Settings) -> ArmTable:
    """Show the baseline characteristics, arm by arm and in total."""
    kinds, whole = set(baseline.frame["stat_name"]), of_all_pages(run)
    words = []
    if whole.population != run.population:
        words.append(
            f"Not of the population '{run.population}': fewer than "
            f"{run.trial.plan.allowed.minimum} participants of an arm tell the two apart."
        )
    if "mean" in kinds:
        words.append(
            f"Numbers: the median leads where the skewness is beyond {SKEWED:g} either way, else "
            "the mean; quartiles in brackets."
        )
    if "p" in kinds:
        words.append("Categories: n (%), the missing counted in what 100 % is.")
    if compares(run):
        words.append("No baseline p-values: differences between randomised arms arise by chance.")
    return ArmTable(
        title="Baseline characteristics",
        results=baseline,
        groups="variable",
        labels={"variable_level": "Characteristic"},
        columns=[Column("", SHOWN)],
        footnotes=[f"Population: {whole.population_words}.", *words],
    )

"""Growth in scores: how the children compare with others of their age and sex, arm by arm."""

from typing import Any

import pandas as pd

from analysis.display import columns
from analysis.display.rows import method_words
from analysis.display.tables import Column, Table
from analysis.efficacy.growth_measures import MONTHS, VELOCITY, Measure, measures, times
from analysis.efficacy.height_scores import declared_growth
from analysis.efficacy.rows import described
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.numbers import shown
from analysis.results import Results, section
from analysis.sources.trial.growth_roles import place_of
from analysis.words import listed

EVERY_ARM = "every arm"
"""In place of an arm, where a measure cannot be computed for anybody."""
UNMEASURED = "not measured"
"""Why a participant without a record has no score."""


@section
def growth_scores(run: Settings) -> Results:
    """Return the scores of growth of every arm, before treatment and at the endpoint's visit.

    Returns
    -------
    Results
        ``n``, ``mean`` and ``sd`` of each measure (``variable``), time (``variable_level``) and
        arm, and a ``remark`` that counts why others have none. What cannot be computed keeps its
        row, with the ``reason``.

    Notes
    -----
    Scores are derived from the measurements, exact ages and sex; see
    `analysis.growth.height_sds`, `weight_sds`, `bmi_sds` and `height_velocity_sds`.
    """
    declared_growth(run)
    rows: list[dict[str, Any]] = []
    for measure in measures(run):
        for time in measure.times:
            place = {
                "variable": measure.name,
                "variable_level": times(run)[time],
                "dataset": _table(run, measure),
            }
            rows += [place | row for row in _rows(run, measure, time)]
    return run.results(
        pd.DataFrame(rows),
        "growth-scores",
        group1="arm",
        context="growth",
        unit="SDS",
        decimals=1,
        method="Scores of the measurements at exact ages",
    )


def _table(run: Settings, measure: Measure) -> str:
    """Return the table that a measure rests on; that of growth where it has none."""
    try:
        return place_of(run.trial, measure.role).table
    except UserError:
        return declared_growth(run).dataset


def _rows(run: Settings, measure: Measure, time: int) -> list[dict[str, Any]]:
    """Return the row of each arm, or the one that says why there is none."""
    try:
        scores = measure.scores(run, time)
    except UserError as error:
        return [{"group1_level": EVERY_ARM, "reason": str(error)}]
    scores = run.subjects()[["USUBJID", "arm"]].merge(
        scores.drop(columns="arm", errors="ignore"), on="USUBJID", how="left"
    )
    scores["reason"] = scores["reason"].fillna(UNMEASURED)
    if scores["AVAL"].isna().all():
        return [{"group1_level": EVERY_ARM, "reason": _counted(scores)}]
    rows = []
    for arm in run.arms:
        own = scores[scores["arm"] == arm]
        if len(own):
            row = {"group1_level": arm, "remark": _remark(own)}
            rows.append(row | described(own["AVAL"], run.conf_level, "n", "mean", "sd"))
    return rows


def _counted(scores: pd.DataFrame) -> str:
    """Return the reasons why scores are missing, most frequent first, each with its number."""
    counts = scores.loc[scores["reason"] != "", "reason"].value_counts()
    return "; ".join(f"{reason} ({n})" for reason, n in counts.items())


def _remark(scores: pd.DataFrame) -> str:
    """Return where scores are from, over how many days, and why others are missing."""
    days = scores.loc[scores["AVAL"].notna(), "days"] if "days" in scores else pd.Series()
    span = f"over {shown(days.min(), 0)} to {shown(days.max(), 0)} days" if len(days) else ""
    origin = "; ".join(scores["origin"].dropna().unique()) if "origin" in scores else ""
    missing = _counted(scores)
    return "; ".join(filter(None, [origin, span, f"no score: {missing}" if missing else ""]))


@growth_scores.shows
def growth_scores_table(growth_scores: Results, run: Settings) -> Table:
    """Show the scores of growth of every arm, before treatment and at the endpoint's visit."""
    shortest, _, longest = MONTHS
    against = [f"{each.name} on {each.reference}" for each in measures(run) if each.reference]
    return Table(
        title="Growth in scores",
        results=growth_scores,
        groups="variable",
        labels={"variable_level": "Time", "group1_level": "Arm"},
        columns=[
            columns.N,
            columns.MEAN_SD,
            Column("Remark", ("Not computed, because {reason}", "{remark}"), "text"),
        ],
        footnotes=[
            f"Population: {run.population_words}. {method_words(growth_scores)}. References: "
            f"{listed(against)}, all of the general population.",
            f"Height velocity at baseline is that before treatment, over {shortest} to {longest} "
            "months; a velocity belongs to the age in the middle of its interval. "
            f"{VELOCITY} is of whole-year velocities in children who mature at the average age: "
            "shorter intervals spread more, and a late puberty counts as slow growth. Its outer "
            "centiles are taken as the 5th and 95th, as its file calls them; if they are the 3rd "
            "and 97th, as another copy does, these scores are 1.14 times as large.",
            "Weight and BMI by LMS, also above the 95th centile.",
        ],
    )

"""Growth in scores: how the children compare with others of their age and sex, arm by arm."""

from functools import partial
from typing import Any

import pandas as pd

from analysis.display.rows import method_words
from analysis.display.tables import Table
from analysis.efficacy.growth_measures import MONTHS, VELOCITY, Measure, measures, times
from analysis.efficacy.growth_rows import SHOWN, arm_rows, counted_reasons, not_computed
from analysis.efficacy.height_scores import declared_growth
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.numbers import shown
from analysis.results import Results, section
from analysis.sources.growth_reference import load_reference
from analysis.sources.trial.growth_roles import place_of
from analysis.sources.trial.plan_disclosure import Allowed
from analysis.words import listed, numbered

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
        return [not_computed(str(error))]
    scores = run.subjects()[["USUBJID", "arm"]].merge(
        scores.drop(columns="arm", errors="ignore"), on="USUBJID", how="left"
    )
    scores["reason"] = scores["reason"].fillna(UNMEASURED)
    allowed = run.trial.plan.allowed
    return arm_rows(
        run,
        scores,
        "AVAL",
        why=lambda all_of: counted_reasons(all_of["reason"], allowed),
        remark=partial(_remark, allowed=allowed),
    )


def _remark(scores: pd.DataFrame, allowed: Allowed) -> str:
    """Return where scores are from, over how many days, and why others are missing."""
    days = scores.loc[scores["AVAL"].notna(), "days"] if "days" in scores else pd.Series()
    span = (
        f"over {shown(days.min(), 0)} to {numbered(shown(days.max(), 0), 'day')}"
        if len(days)
        else ""
    )
    origin = "; ".join(scores["origin"].dropna().unique()) if "origin" in scores else ""
    missing = counted_reasons(scores["reason"], allowed)
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
        columns=SHOWN,
        footnotes=[
            f"Population: {run.population_words}. {method_words(growth_scores)}. References: "
            f"{listed(against)}, all of the general population.",
            f"Height velocity at baseline is that before treatment, over {shortest} to {longest} "
            "months; a velocity belongs to the age in the middle of its interval. "
            f"{load_reference(VELOCITY).remark}",
            "Weight and BMI by LMS, also above the 95th centile.",
        ],
    )

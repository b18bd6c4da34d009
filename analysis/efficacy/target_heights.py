"""What the parents' heights let expect of the children, and the growth that a model predicts."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis import growth
from analysis.display.rows import has, method_words
from analysis.display.tables import Table
from analysis.efficacy import growth_rows
from analysis.efficacy.growth_measures import BEFORE, height_scores
from analysis.efficacy.growth_rows import arm_rows, counted_reasons, not_computed
from analysis.efficacy.height_scores import declared_growth
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.growth import TARGET_FORMULAS
from analysis.results import Results, section
from analysis.sources.growth_reference import HEIGHT, load_reference
from analysis.sources.growth_table import GrowthReference
from analysis.sources.indications import indication_of
from analysis.sources.response_models import ResponseModel, response_models
from analysis.sources.trial.growth_names import WORDS
from analysis.sources.trial.growth_roles import before_treatment, needed_unit, place_of
from analysis.words import listed

SHOWN = ("Tanner 1970", "Hermanussen and Cole")
"""Formulas of the page: the usual one, and one that regresses to the mean."""
PARENTS = {"mother_height": "MOTHERHT", "father_height": "FATHERHT"}
"""Role → the column that `growth.target_height` takes it from."""
TARGET, INDEX = "Target height", "Index of responsiveness"
HEIGHT_CM, SCORE, DISTANCE = "Target height, cm", "Target height SDS", "Height SDS minus target"
OF_PLAN = {"AGE"}
"""Terms of an equation that every trial has."""


@section
def target_heights(run: Settings) -> Results:
    """Return target height, its SDS and the distance to it before treatment, arm by arm.

    Returns
    -------
    Results
        ``n``, ``mean`` and ``sd`` of each formula (``variable``) and measure
        (``variable_level``), and a ``remark`` that counts why others have none. What cannot be
        computed has the ``reason``, among it the index of responsiveness of each model of the
        trial's indication.

    Notes
    -----
    See `analysis.growth.target_height` and `analysis.growth.index_of_responsiveness`. The SDS
    are those of adults, at 20 years, on the planned reference of the general population.
    """
    declared_growth(run)
    try:
        reference = load_reference(declared_growth(run).reference, measures=HEIGHT)
        children = children_with_parents(run)
        own = _own_heights(run)
        rows = [row for name in SHOWN for row in _of_formula(run, name, children, reference, own)]
    except UserError as error:
        rows = [_none(TARGET, "", str(error))]
    rows += _indices(run)
    return run.results(
        pd.DataFrame(rows),
        "target-heights",
        group1="arm",
        context="growth",
        decimals=1,
        dataset="adsl",
        method="Heights of both parents, not corrected for their age; SDS of adults at 20 years",
    )


def children_with_parents(run: Settings) -> pd.DataFrame:
    """Return the participants with the heights of their parents in cm.

    Raises
    ------
    UserError
        If the trial has no height of a parent, or nothing says in which unit.
    """
    subjects = run.subjects()
    if "SEX" not in subjects:
        raise UserError("ADSL has no SEX, which a target height needs")
    for role, column in PARENTS.items():
        place, unit = place_of(run.trial, role), needed_unit(run.trial, role, "cm")
        values = subjects["USUBJID"].map(before_treatment(run.trial, role))
        if values.isna().all():
            raise UserError(f"{place}, {WORDS[role]}, has no value")
        subjects = subjects.assign(**{column: growth.to_centimetres(values, unit=unit)})
    return subjects


def _own_heights(run: Settings) -> pd.DataFrame | str:
    """Return height SDS before treatment with their reasons, or why there are none."""
    try:
        return height_scores(run, BEFORE)[["USUBJID", "AVAL", "reason"]]
    except UserError as error:
        return str(error)


def _of_formula(
    run: Settings,
    name: str,
    children: pd.DataFrame,
    reference: GrowthReference,
    own: pd.DataFrame | str,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a formula: each measure in each arm."""
    target = growth.target_height(children, reference=reference, formula=name)
    frame = children[["USUBJID", "arm"]].assign(
        **{HEIGHT_CM: target["AVAL"], SCORE: target["sds"], "reason": target["reason"]}
    )
    variable = f"{TARGET}, {name}"
    yield from _rows(run, frame, variable, HEIGHT_CM, "cm")
    yield from _rows(run, frame, variable, SCORE, "SDS")
    if isinstance(own, str):
        yield _none(variable, DISTANCE, own)
        return
    both = frame.merge(own, on="USUBJID", how="left", suffixes=("", "_height"))
    both[DISTANCE] = both["AVAL"] - both[SCORE]
    cause = both["reason"].where(both["reason"] != "", both["reason_height"].fillna("not measured"))
    yield from _rows(run, both.assign(reason=cause), variable, DISTANCE, "SDS")


def _rows(
    run: Settings, frame: pd.DataFrame, variable: str, measure: str, unit: str
) -> Iterator[dict[str, Any]]:
    """Yield the row of each arm, or the one that says why there is none."""

    def missing(rows: pd.DataFrame) -> str:
        reasons = rows.loc[rows[measure].isna(), "reason"]
        return counted_reasons(reasons.replace("", "outside the reference"), run.trial.plan.allowed)

    def remark(rows: pd.DataFrame) -> str:
        return f"none: {why}" if (why := missing(rows)) else ""

    for row in arm_rows(run, frame, measure, why=missing, remark=remark):
        computed = {"unit": unit} if "reason" not in row else {}
        yield {"variable": variable, "variable_level": measure} | row | computed


def _indices(run: Settings) -> list[dict[str, Any]]:
    """Return a row for each model of the trial's indication: why its index is not computed."""
    code = indication_of(run.trial.plan.indication)
    models = [model for model in response_models() if code and model.indication == code]
    if not models:
        asked = run.trial.plan.indication or "an indication that the plan does not name"
        return [_none(INDEX, "", f"no model of growth in {asked} is listed")]
    return [_none(INDEX, model.name, _without(model)) for model in models]


def _without(model: ResponseModel) -> str:
    """Return why a model cannot be computed of a trial: no equation, or nothing to put into it."""
    missing = [term.meaning for term in model.predictors if term.name not in OF_PLAN]
    return model.why_not() or f"no role of the plan gives {listed(missing)} ({model.citation})"


def _none(variable: str, measure: str, reason: str) -> dict[str, Any]:
    return {"variable": variable, "variable_level": measure} | not_computed(reason)


@target_heights.shows
def target_heights_table(target_heights: Results, run: Settings) -> Table:
    """Show target height and the distance to it, and what is not computed and why."""
    formulas = [TARGET_FORMULAS[name] for name in SHOWN]
    reach = listed([f"± {each.reach:g} {each.unit} by {each.citation}" for each in formulas])
    there = has(target_heights, "mean")
    return Table(
        title="What the heights of the parents let expect",
        results=target_heights,
        groups="variable",
        labels={"variable_level": "Measure", "group1_level": "Arm"},
        columns=growth_rows.SHOWN,
        footnotes=[
            f"Population: {run.population_words}. {method_words(target_heights)}. Reference: "
            f"{declared_growth(run).reference}.",
            *([f"A single child's target reaches to {reach}."] if there else []),
        ],
    )

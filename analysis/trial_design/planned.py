"""What the trial is planned with: each assumption, and how it follows from the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, NamedTuple

import pandas as pd

from analysis.display.rows import unit_shown
from analysis.display.tables import Column, Table
from analysis.numbers import PROPORTION
from analysis.results import Results, section
from analysis.trial_design.planning import FROM_LEDGER
from analysis.trial_design.settings import DesignRun

GIVEN, DECLARED = "given by this run", "declared in the parameters"


class Shown(NamedTuple):
    """How an assumption is shown: its name in words, its unit, decimals, and its unit in words."""

    words: str
    unit: str
    places: int
    said: str = ""


def shown_as(run: DesignRun) -> dict[str, Shown]:
    """Return the assumptions that a design of the run's kind reads, and how each is shown."""
    share, places = PROPORTION, 1 if run.unit == PROPORTION else 2
    said = unit_shown(run.unit)
    effect = "True hazard ratio" if run.kind.null == 1 else "True difference"
    every = {
        "effect": Shown(effect, run.unit, places, said),
        "margin": Shown("Margin", run.unit, places, said),
        "sd": Shown("SD within an arm", run.unit, 2, said),
        "reference_share": Shown(run.kind.share_words, share, 0, "%"),
        "correlation": Shown("Correlation of covariates and response", "", 2),
        "covariates": Shown("Covariates", "", 0),
        "alpha": Shown("One-sided level", share, 1, "%"),
        "allocation": Shown("Test for each on the comparator", "", 2),
        "dropout": Shown("Dropout", share, 1, "%"),
    }
    own = {each.name for each in fields(run.kind)} | {"allocation", "dropout"}
    if not run.assumptions.covariates:
        own -= {"correlation"}
    return {name: shown for name, shown in every.items() if name in own}


@section
def planning_values(run: DesignRun) -> Results:
    """Return each assumption with its value, the ledger's, and the rule by which it follows.

    Returns
    -------
    Results
        One set of rows an assumption: ``assumed`` as the run uses it, ``ledger.value`` where the
        ledger gives another, ``route`` with its sources.
    """
    frame = pd.DataFrame(list(_rows(run)))
    return run.results(frame, "planning", group1="assumption", context="planning")


def _rows(run: DesignRun) -> Iterator[dict[str, Any]]:
    for name, shown in shown_as(run).items():
        value = getattr(run.assumptions, name)
        row = {
            "group1_level": shown.words, "unit": shown.unit, "value": value,
            "places:value": shown.places, "unit.words": shown.said,
            "route": DECLARED, "source": "parameters",
        }  # fmt: skip
        if name in (*FROM_LEDGER, "margin"):
            row |= _of_ledger(run, name, value)
        yield row


def _of_ledger(run: DesignRun, name: str, value: float) -> dict[str, Any]:
    known = run.planned.get(name)
    if known is None or known.value != value:
        beside = {"ledger.value": known.value} if known else {}
        return beside | {"route": GIVEN}
    return {"route": known.route, "source": known.source}


@planning_values.shows
def planning_table(planning: Results, _run: DesignRun) -> Table:
    """Show what the trial is planned with."""
    departs = bool((planning.frame["stat_name"] == "ledger.value").any())
    return Table(
        title="Planning values",
        results=planning,
        labels={"group1_level": "Assumption"},
        columns=[
            Column("Value", "{value}"),
            *([Column("The ledger's", "{ledger.value}")] if departs else []),
            Column("Unit", "{unit.words}", "text"),
            Column("How it follows", "{route}", "text"),
        ],
    )

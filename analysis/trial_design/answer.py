"""The answer: how many participants, on what assumptions, and how firm that is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.display.reading import Reading
from analysis.display.rows import both
from analysis.results import Results, combine, reason_of, section
from analysis.sources.schemas import INDICATIONS
from analysis.trial_design.agreement import DIFFER, agreement
from analysis.trial_design.level import ABOVE, BELOW, at_the_margin
from analysis.trial_design.past_trials import past_trials
from analysis.trial_design.planned import planning_values, shown_as
from analysis.trial_design.settings import DesignRun
from analysis.trial_design.sizes import WITHOUT, recommendation
from analysis.words import listed, numbered

Rows = list[dict[Any, Any]]
TOLD = {
    "effect": "true effect of",
    "sd": "SD of",
    "reference_share": "share of the comparator of",
    "covariates": "number of covariates of",
    "correlation": "correlation with the response of",
    "dropout": "dropout of",
}
"""What the sentence on the assumptions tells, in words."""


@section
def answer(run: DesignRun) -> Results:
    """Return what is asked, for the head of the page."""
    asked = run.parameters
    frame = pd.DataFrame(
        {
            "group1_level": [f"{asked.product} − {asked.comparator}"],
            "asked": [run.question],
            "alpha": [run.assumptions.alpha],
        }
    )
    return run.results(frame, "answer", group1="contrast", unit="")


@answer.shows
def answer_reading(answer: Results, run: DesignRun) -> Reading:
    """Say how many participants the trial needs, with what certainty, and on what it rests."""
    parts = [each.rows(run) for each in (recommendation, planning_values, past_trials,
                                         at_the_margin, agreement)]  # fmt: skip
    sizes, planned, past, margin, agreed = parts
    values = by_assumption(run, both(planned)[0])
    sentences = [
        *size_sentences(run, both(sizes)[0], values),
        planned_sentence(values),
        *([] if reason_of(past) else [past_sentence(both(past)[0])]),
        level_sentence(both(margin)[0]),
        *agreement_sentence(both(agreed)[0]),
    ]
    known = [part for part in parts if not reason_of(part)]
    return Reading(sentences, combine([answer, *known]), heading="The answer")


def by_assumption(run: DesignRun, planned: Rows) -> dict[str, str]:
    """Return each assumption as written with its unit."""
    names = {shown.words: name for name, shown in shown_as(run).items()}
    return {
        names[row["group1_level"]]: with_unit(row["value"], row.get("unit.words"))
        for row in planned
    }


def with_unit(value: str, unit: Any) -> str:
    """Return a number with its unit, as far as it has one."""
    unit = unit if isinstance(unit, str) else ""
    return f"{value}\u202f{unit}" if unit == "%" else f"{value} {unit}".strip()


def size_sentences(run: DesignRun, sizes: Rows, values: dict[str, str]) -> Iterator[str]:
    """Say how many participants each power needs, by the model of the run, and by none."""
    asked = run.parameters
    own = [row for row in sizes if row["group2_level"] != WITHOUT]
    needs = [
        f"{row['n.randomised']} participants ({row['n.test']} v {row['n.reference']} analysed) "
        f"for a power of {row['target']}\u202f%"
        for row in own
    ]
    yield (
        f"To show that {asked.product} is not inferior to {asked.comparator} in "
        f"{INDICATIONS[asked.indication]}, {run.endpoint_words}, at a margin of "
        f"{values['margin']} and a one-sided level of {values['alpha']}, a trial must randomise "
        f"{listed(needs)}."
    )
    without = {row["target"]: row["n.randomised"] for row in sizes if row not in own}
    more = [
        f"{without[row['target']]} for {row['target']}\u202f%"
        for row in own
        if row["target"] in without
    ]
    if more:
        yield f"Without the covariates in the model: {listed(more)}."


def planned_sentence(values: dict[str, str]) -> str:
    """Say what the trial is planned with."""
    told = [f"{words} {values[name]}" for name, words in TOLD.items() if name in values]
    return f"Planned with a {', '.join(told)}; the table of planning values says how each follows."


def past_sentence(past: Rows) -> str:
    """Say what trials of the sizes that stand could have shown."""
    own = [row for row in past if row["group2_level"] != WITHOUT]
    told = [
        f"{row['power']}\u202f% with {row['n.test']} v {row['n.reference']} ({row['group1_level']})"
        for row in own
    ]
    return (
        "On the same assumptions trials of the sizes that were reported would show it with a "
        f"power of {listed(told)}: what they can show, not what they showed."
    )


def level_sentence(margin: Rows) -> str:
    """Say whether the type I error is the nominal one."""
    over = [row for row in margin if row["holds.level"] == ABOVE]
    under = [row for row in margin if row["holds.level"] == BELOW]
    tried = numbered(len(margin), "design")
    level = f"{margin[0]['alpha']}\u202f%"
    if not over and not under:
        return (
            f"With the truth at the margin the trial shows it as often as the level of {level} "
            f"allows, in {tried}, as far as the simulation can tell."
        )
    parts = [
        f"more often than the level of {level} allows in {listed([_design(row) for row in over])}"
        if over
        else "",
        f"less often than {level} in {listed([_design(row) for row in under])}" if under else "",
    ]
    return (
        f"With the truth at the margin the trial shows it {' and '.join(filter(None, parts))}, of "
        f"{tried}."
    )


def _design(row: dict[Any, Any]) -> str:
    return f"{row['n.test']} v {row['n.reference']} ({row['null.shown']}\u202f%)"


def agreement_sentence(agreed: Rows) -> Iterator[str]:
    """Say where simulation and formula disagree; nothing where they agree."""
    if agreed[0]["outcome"] == DIFFER:
        yield (
            "Simulated powers lie further from the formula than chance explains: the formula is an "
            "approximation here, and the simulated power the better number."
        )

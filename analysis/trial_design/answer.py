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
from analysis.trial_design.assurance import assurance, assured_briefly
from analysis.trial_design.leaving import strategies
from analysis.trial_design.level import ABOVE, BELOW, at_the_margin
from analysis.trial_design.past_trials import past_trials
from analysis.trial_design.planned import planning_values, shown_as
from analysis.trial_design.settings import DesignRun
from analysis.trial_design.sizes import WITHOUT, recommendation
from analysis.trial_design.strategies import COMPLETERS, EVERYONE, MMRM, OBSERVED
from analysis.words import begins_sentence, in_sentence, listed, numbered

Rows = list[dict[Any, Any]]
TOLD = {
    "effect": "a {effect.words} of {effect}",
    "sd": "an SD of {sd}",
    "reference_share": "a {reference_share.words} of {reference_share}",
    "correlation": "covariates ({covariates}) that correlate {correlation} with the response",
    "dropout": "a dropout of {dropout}",
}
"""What the sentence on the assumptions tells of each, in words."""
SURE = 3
"""Monte Carlo errors from which on a bias is called one."""


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
    parts = [
        each.rows(run)
        for each in (
            recommendation, planning_values, past_trials, at_the_margin, agreement, strategies,
            assurance,
        )
    ]  # fmt: skip
    sizes, planned, past, margin, agreed, left, assured = parts
    values = by_assumption(run, both(planned)[0])
    sentences = [
        *size_sentences(run, both(sizes)[0], values),
        planned_sentence(values),
        *([] if reason_of(assured) else [assured_briefly(run, assured)]),
        *([] if reason_of(past) else [past_sentence(both(past)[0])]),
        level_sentence(both(margin)[0]),
        *([] if reason_of(left) else missing_sentence(run, left)),
        *agreement_sentence(both(agreed)[0]),
    ]
    known = [part for part in parts if not reason_of(part)]
    return Reading(sentences, combine([answer, *known]), heading="The answer")


def by_assumption(run: DesignRun, planned: Rows) -> dict[str, str]:
    """Return each assumption as written with its unit."""
    names = {shown.words: name for name, shown in shown_as(run).items()}
    values = {
        names[row["group1_level"]]: with_unit(row["value"], row.get("unit.words"))
        for row in planned
    }
    return values | {f"{name}.words": in_sentence(words) for words, name in names.items()}


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
    told = [said(words, values) for name, words in TOLD.items() if name in values]
    return f"Planned with {listed(told)}; the table of planning values says how each follows."


def said(words: str, values: dict[str, str]) -> str:
    """Return words with the assumptions that they name."""
    for name, value in values.items():
        words = words.replace(f"{{{name}}}", value)
    return words


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


def missing_sentence(run: DesignRun, left: Results) -> Iterator[str]:
    """Say what the analysis of completers and the mixed model make of poor responders who leave."""
    words, numbers = both(left)
    rows = {
        row["group2_level"]: (row, value)
        for row, value in zip(words, numbers, strict=True)
        if row["group1_level"] == begins_sentence(OBSERVED)
    }
    told = [
        f"{called} {off_by(*rows[name], sign=run.assumptions.direction)}"
        for called, name in (("the analysis of completers", COMPLETERS), ("the mixed model", MMRM))
    ]
    row = rows[MMRM][0]
    yield (
        f"Where {row['p.missing']}\u202f% leave, on test above all after a poor value, "
        f"{listed(told)}; the mixed model has a power of {row['power.simulated']}\u202f% "
        f"(Monte Carlo error {row['mc.error']}), and that of the same trials had nobody left is "
        f"{rows[EVERYONE][0]['power.simulated']}\u202f%."
    )


def off_by(row: dict[Any, Any], value: dict[Any, Any], *, sign: str) -> str:
    """Say whose side a bias takes, where the simulation can tell."""
    bias, error = value["bias"], value["bias.error"]
    if abs(bias) <= SURE * error:
        return f"shows no bias ({row['bias']}, Monte Carlo error {row['bias.error']})"
    side = "test" if (bias > 0) == (sign == "higher") else "comparator"
    return (
        f"favours the {side} by {row['bias'].lstrip('−')} (Monte Carlo error {row['bias.error']})"
    )


def agreement_sentence(agreed: Rows) -> Iterator[str]:
    """Say where simulation and formula disagree; nothing where they agree."""
    if agreed[0]["outcome"] == DIFFER:
        yield (
            "Simulated powers lie further from the formula than chance explains: the formula is an "
            "approximation here, and the simulated power the better number."
        )

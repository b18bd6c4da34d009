"""Responders by every published definition that is for the children of the trial."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.display.rows import has, method_words
from analysis.display.tables import Column, Table
from analysis.efficacy.height_scores import declared_growth
from analysis.efficacy.response import Grown, grown, share_limits
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import PROPORTION, Results, section
from analysis.results.intervals import LIMITS, interval_columns
from analysis.sources.growth_reference import DAYS_PER_MONTH
from analysis.sources.indications import indication_of
from analysis.sources.response_thresholds import ResponseThreshold, published_thresholds
from analysis.stats.proportion_differences import risk_difference
from analysis.words import numbered

OWN = "this run's own"
NOT_COMPUTED = "not computed"
NEAR = 3
"""Months by which a visit may miss the time that a definition is for."""
LABELS = {
    "height_sds_change": "Change in height SDS",
    "height_velocity": "Height velocity",
    "height_velocity_change": "Change in height velocity",
    "height_velocity_sds": "Height velocity SDS",
}
"""Measure → in words, where it could not be measured."""


@section
def definitions(run: Settings) -> Results:
    """Return the share of responders in each arm, and the difference, by every definition.

    Returns
    -------
    Results
        ``variable`` a definition: those of the run first, then the published ones for the
        trial's indication, each with ``source.words``, its ``address`` and what was read of it
        (``remark``). One that cannot be applied is a row too, and says why.

    Notes
    -----
    Denominator: the population; a missing value counts as no response. Shares: Clopper–Pearson
    and Wilson. Difference, treatment minus reference: Miettinen–Nurminen with N/(N − 1).
    """
    declared_growth(run)
    rows: list[dict[str, Any]] = []
    for definition in _definitions(run):
        place = {
            "variable": f"{LABELS[definition.measure]}: {definition.words}",
            "source.words": definition.citation,
            "remark": definition.read,
            "address": definition.address,
        }
        try:
            _for_this_visit(run, definition)
            found = grown(run, definition.measure)
        except UserError as error:
            rows.append(place | {"group1_level": NOT_COMPUTED, "reason": str(error)})
            continue
        place |= {"variable": f"{found.label}: {definition.words}", "dataset": found.dataset}
        rows += [place | row for row in _counted(run, definition, found)]
    return run.results(
        pd.DataFrame(rows),
        "response-definitions",
        group1="arm",
        context="growth",
        unit=PROPORTION,
        method="Clopper–Pearson and Wilson; difference by Miettinen–Nurminen; level "
        f"{level(run.conf_level)}",
    )


def _definitions(run: Settings) -> list[ResponseThreshold]:
    """Return the definitions of a run and the published ones, each number once."""
    published = published_thresholds(indication_of(run.trial.plan.indication))
    found: dict[tuple[str, str, float], ResponseThreshold] = {}
    for each in (*_own(run), *published):
        key = (each.measure, each.comparison, each.threshold)
        if key in found:
            first = found[key]
            both = f"{first.citation}; as in {each.citation}"
            each = replace(first, citation=both, read=each.read, address=each.address)
        found[key] = each
    return list(found.values())


def _own(run: Settings) -> Iterator[ResponseThreshold]:
    """Yield the thresholds that are parameters of the run."""
    yield ResponseThreshold(
        measure="height_sds_change", comparison="at least", threshold=run.response_threshold,
        unit="SDS", citation=OWN,
    )  # fmt: skip
    velocity = getattr(run, "velocity_threshold", None)
    if velocity is not None:
        yield ResponseThreshold(
            measure="height_velocity_change", comparison="at least", threshold=velocity,
            unit="cm/year", citation=OWN,
        )  # fmt: skip


def _for_this_visit(run: Settings, definition: ResponseThreshold) -> None:
    """Refuse a definition for another time on treatment than the visit of the run."""
    if not definition.months:
        return
    name = run.endpoint.visit
    day = next((each.day for each in run.trial.visits(run.endpoint) if each.name == name), None)
    if day is None:
        raise UserError(
            f"it is for {numbered(definition.months, 'month')}, and {name} has no planned day"
        )
    months = round((day - 1) / DAYS_PER_MONTH)
    if abs(months - definition.months) > NEAR:
        raise UserError(
            f"it is for {numbered(definition.months, 'month')}, and {name} is at {months}"
        )


def _counted(
    run: Settings, definition: ResponseThreshold, found: Grown
) -> Iterator[dict[str, Any]]:
    """Yield a row for each arm, and one for their difference."""
    counts = {}
    for arm in run.arms:
        own = found.children.loc[found.children["arm"] == arm, "VALUE"]
        if not len(own):
            continue
        events, size = counts[arm] = int(definition.reached(own).sum()), len(own)
        row = {"group1_level": arm, "n": events, "N": size, "N_miss": int(own.isna().sum())}
        yield row | {"estimate": events / size} | share_limits(events, size, level=run.conf_level)
    if {run.treatment, run.reference} <= set(counts):
        difference = risk_difference(
            *counts[run.treatment],
            *counts[run.reference],
            method="miettinen-nurminen",
            level=run.conf_level,
        )
        yield {"group1_level": run.contrast} | interval_columns(difference, *LIMITS)


@definitions.shows
def definitions_table(definitions: Results, run: Settings) -> Table:
    """Show the responders by every definition, each with its source."""
    frame = definitions.wide()
    sources = {
        row["source.words"].rpartition("; as in ")[2]: f"{row['remark']}; {row['address']}"
        for row in frame.to_dict("records")
        if isinstance(row.get("remark"), str) and row["remark"]
    }
    listed = [f"{name}: {where}." for name, where in sources.items()]
    return Table(
        title="Responders by every definition",
        results=definitions,
        groups="variable",
        labels={"group1_level": "Arm"},
        columns=[
            Column("Responders", "{n} of {N}"),
            Column("Missing", "{N_miss}"),
            Column("%, of a difference points", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("Wilson", "{wilson.low} to {wilson.high}"),
            Column("Whose definition", "{source.words}", "text"),
            *([Column("Not computed, because", "{reason}", "text")] * has(definitions, "reason")),
        ],
        footnotes=[
            f"Population: {run.population_words}; a missing value counts as no response. A "
            f"difference is in percentage points. {method_words(definitions)}.",
            "None of them is an endpoint of the plan: of several, one may differ by chance.",
            *(listed or [_none_words(run)]),
        ],
    )


def _none_words(run: Settings) -> str:
    words = run.trial.plan.indication or "none named"
    return f"No published definition is listed for the indication of the plan ({words})."

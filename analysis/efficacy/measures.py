"""Every measure of the effect: by the models that a plan can name, by further ones, and tests."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.display import columns
from analysis.display.rows import has
from analysis.display.tables import Column, Table
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.comparisons import comparisons, has_several
from analysis.efficacy.measured_effects import Measure, Tested
from analysis.efficacy.measures_binary import binary_measures
from analysis.efficacy.measures_survival import survival_measures
from analysis.efficacy.methods import METHODS
from analysis.efficacy.rows import endpoint_results
from analysis.efficacy.settings import Settings, need_kind
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import Results, section
from analysis.results.intervals import interval_columns
from analysis.sources.trial import vocabulary
from analysis.sources.trial.effects import effect_of
from analysis.sources.trial.vocabulary import Kind
from analysis.stats.intervals import Interval, interval_of

SHOWN = ("estimate", "std.error", "conf.low", "conf.high", "p.value")
"""Statistics of a measure."""
FURTHER: dict[Kind, Callable[[Settings], list[Measure]]] = {
    "binary": binary_measures,
    "time-to-event": survival_measures,
}
"""Kind of endpoint → its measures beside the models of the plan's vocabulary."""


@section
def measures(run: Settings) -> Results:
    """Return the effect of each comparison by every measure that its kind of endpoint has.

    Returns
    -------
    Results
        One row a measure and method: estimate, interval, p-value of no effect; a test has a
        p-value alone. Of several comparisons each is named under ``variable_level``. What cannot
        be estimated says why.

    Notes
    -----
    Rows of the run's model, missing values handled as in the primary analysis. Standard errors of
    ratios are those of their logarithm. Not adjusted for multiplicity.
    """
    need_kind(run, *FURTHER)
    several = has_several(run)
    data = analysis_data(run)
    rows = [
        row
        | {"variable_level": each.contrast_words if several else "", "detail": row["group2_level"]}
        for each in comparisons(run)
        for row in _of_one(each, data)
    ]
    return endpoint_results(
        run, rows, "measures", group1="measure", group2="method",
        method=f"level {level(run.conf_level)}; not adjusted for multiplicity",
    )  # fmt: skip


def _of_one(run: Settings, data: pd.DataFrame) -> list[dict[str, Any]]:
    kind = run.endpoint.kind
    models = [_by_model(name) for name in vocabulary.models("parallel", kind)]
    found = [*models, *FURTHER[kind](run)]
    # Measures of one effect stand together, in the order in which each first comes.
    order = list(dict.fromkeys(each.effect.measure for each in found))
    found.sort(key=lambda each: order.index(each.effect.measure))
    return [_row(run, each, data) for each in found]


def _by_model(name: str) -> Measure:
    """Return the measure by a model that a plan can name, with the terms of the run."""

    def find(run: Settings, data: pd.DataFrame) -> Interval:
        fitted = METHODS[name].fit(replace(run, model=name), data)
        if run.treatment not in fitted.differences:
            raise UserError(f"no participant of arm '{run.treatment}' has the endpoint")
        return interval_of(fitted.differences[run.treatment], fitted.words)

    return Measure(effect=effect_of(name), words=name, find=find)


def _row(run: Settings, measure: Measure, data: pd.DataFrame) -> dict[str, Any]:
    effect = measure.effect
    row: dict[str, Any] = {
        "group1_level": effect.measure,
        "group2_level": measure.words,
        "unit": effect.unit_of(run.endpoint),
        "decimals": run.places if effect.places is None else effect.places,
    }
    try:
        needed = METHODS[run.model].needs(run)
        found = measure.find(run, data.dropna(subset=list(needed)))
    except UserError as error:
        return row | {"reason": str(error)}
    if isinstance(found, Tested):
        return row | ({"p.value": found.p_value} if not found.reason else {"reason": found.reason})
    # A model of the plan says in words what it adjusts for.
    row["group2_level"] = found.method if measure.words in METHODS else measure.words
    if found.estimate is None:
        return row | {"reason": found.reason}
    return row | interval_columns(found, *SHOWN)


@measures.shows
def measures_table(measures: Results, run: Settings) -> Table:
    """Show every measure with its method."""
    several = has_several(run)
    return Table(
        title="The effect by every measure",
        results=measures,
        labels={"group1_level": "Measure"},
        groups="variable_level" if several else "",
        columns=[
            Column("Estimate", "{estimate}"),
            columns.SE,
            columns.INTERVAL,
            columns.P,
            Column("By", "{detail}", "text"),
            *([columns.REMARK] if has(measures, "reason") else []),
        ],
        footnotes=[
            f"Population: {run.population_words}. Differences of shares are in percentage points. "
            "SE of a ratio: of its logarithm. p: two-sided, no effect. The measure of the plan is "
            f"that of {run.model}; the others say whether another measure tells another story."
        ],
    )

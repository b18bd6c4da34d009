"""The mean change of a single-arm trial in other populations and in other endpoints."""

from dataclasses import replace
from typing import Any

from analysis.display import columns
from analysis.display.rows import has, method_words
from analysis.display.tables import Column, Table
from analysis.efficacy.rows import endpoint_results
from analysis.efficacy.settings import Settings
from analysis.efficacy.single_arm import mean_change, paired_words, pairs
from analysis.errors import NoSection, UserError
from analysis.results import Results, section


@section
def robustness(run: Settings) -> Results:
    """Return the mean change in the planned populations, and with 0 where it is missing.

    Notes
    -----
    The last row puts a change of 0 in place of a missing one. It is a pessimistic bound where a
    rise is expected, not a model of what would have been.
    """
    plan = run.trial.plan
    planned = [name for name in plan.analysis.sensitivity if name in plan.populations]
    rows: list[dict[str, Any]] = []
    for population in dict.fromkeys((run.population, plan.analysis.population, *planned)):
        row = {"group1_level": f"{population}, observed", "population": population}
        try:
            rows.append(row | mean_change(pairs(run, population), run))
        except UserError as error:
            rows.append(row | {"reason": str(error)})
    known = pairs(run).set_index("USUBJID")["CHANGE"]
    everyone = run.subjects()[["USUBJID", "arm"]]
    filled = everyone.assign(BASE=0.0, AVAL=everyone["USUBJID"].map(known).fillna(0.0))
    label = f"{run.population}, a missing change counted as none"
    row = {"group1_level": label, "population": run.population}
    rows.append(row | mean_change(filled, run))
    return endpoint_results(
        run,
        [row | {"variable_level": run.endpoint.unit} for row in rows],
        "robustness",
        group1="analysis",
        method=paired_words(run),
    )


@robustness.shows
def robustness_table(robustness: Results, run: Settings) -> Table:
    """Show the mean change by every analysis."""
    title = f"{run.endpoint.name}, {run.endpoint.unit}: other populations, and missing values"
    return _changes_table(robustness, title, {"group1_level": "Analysis"})


@section
def secondary(run: Settings) -> Results:
    """Return the mean change in every other endpoint of the plan that is a change.

    Notes
    -----
    Intervals are not adjusted for multiplicity.
    """
    rows: list[dict[str, Any]] = []
    for endpoint in run.trial.plan.endpoints.all:
        if endpoint.value != "CHG" or endpoint.paramcd == run.endpoint.paramcd:
            continue
        row = {
            "group1_level": run.treatment,
            "variable": endpoint.name,
            "variable_level": endpoint.unit,
            "unit": endpoint.unit,
            "decimals": run.decimals(endpoint.dataset.lower(), endpoint.paramcd),
            "dataset": endpoint.dataset,
        }
        try:
            other = replace(run, endpoint=endpoint)
            rows.append(row | mean_change(pairs(other), other))
        except UserError as error:
            rows.append(row | {"reason": str(error)})
    if not rows:
        raise NoSection("the plan declares no change in another endpoint")
    return endpoint_results(run, rows, "secondary", group1="arm", method=paired_words(run))


@secondary.shows
def secondary_table(secondary: Results, _run: Settings) -> Table:
    """Show the mean change in every other endpoint."""
    labels = {"variable": "Endpoint", "variable_level": "Unit"}
    return _changes_table(secondary, "Other endpoints, change from baseline", labels)


def _changes_table(changes: Results, title: str, labels: dict[str, str]) -> Table:
    return Table(
        title=title,
        results=changes,
        labels=labels,
        columns=[
            columns.N,
            Column("Mean change", "{estimate}"),
            Column("SD", "{sd}"),
            columns.SE,
            columns.INTERVAL,
            *([columns.REMARK] if has(changes, "reason") else []),
        ],
        footnotes=[f"{method_words(changes)}."],
    )

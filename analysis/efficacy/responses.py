"""The responses as observed: how many of each arm responded, and how many are not known."""

from typing import Any

from analysis.display.rows import has, method_words
from analysis.display.tables import Column, Table
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.methods.binary import proportions
from analysis.efficacy.rows import endpoint_results
from analysis.efficacy.settings import Settings, need_kind
from analysis.numbers import PROPORTION, level
from analysis.results import Results, section, tally
from analysis.sources.trial.variable_words import words_of


@section
def responses(run: Settings) -> Results:
    """Return, arm by arm, the share of responders, and how many had no response recorded.

    Returns
    -------
    Results
        ``n.event`` responders of ``n`` analysed, their share with its limits, and ``N_miss``
        participants of the population whose response is not known.

    Notes
    -----
    Wilson's limits, no model. Missing responses as in the primary analysis.
    """
    need_kind(run, "binary")
    data = analysis_data(run)
    shares = proportions(run, data)
    everyone, rows = run.subjects(), []
    for arm in run.arms:
        members, own = everyone[everyone["arm"] == arm], data[data["arm"] == arm]
        known = own["response"].notna()
        observed = own[known & ~own["filled"] if "filled" in own else known]
        row: dict[str, Any] = {
            "group1_level": arm,
            **tally(own[known]),
            **tally(own[own["response"] == 1], "n.event"),
            **tally(members[~members["USUBJID"].isin(observed["USUBJID"])], "N_miss"),
        }
        if arm in shares:
            share = shares[arm]
            row |= {"p": share.estimate, "conf.low": share.lower, "conf.high": share.upper}
        rows.append(row)
    return endpoint_results(
        run, rows, "responses", group1="arm", unit=PROPORTION,
        method=f"Wilson's limits, level {level(run.conf_level)}; no model",
    )  # fmt: skip


@responses.shows
def responses_table(responses: Results, run: Settings) -> Table:
    """Show the responders of each arm."""
    response, table = run.endpoint.response, run.trial.tables[run.endpoint.dataset.lower()]
    rule = response.words_with(words_of(response.variable, [table])) if response else ""
    handled = (
        "Who has no response recorded counts as having none."
        if run.missing_data == "non-responder"
        else "Who has no response recorded is not analysed here."
    )
    return Table(
        title=f"{run.endpoint.name}: responders",
        results=responses,
        labels={"group1_level": "Arm"},
        columns=[
            Column("Responders", "{n.event} of {n}"),
            Column("%", "{p}"),
            *([Column("Interval, %", "{conf.low} to {conf.high}")]
              if has(responses, "conf.low") else []),
            Column("Not recorded", "{N_miss}"),
        ],
        footnotes=[
            f"Population: {run.population_words}. A response: {rule}. {handled} "
            f"{method_words(responses)}."
        ],
    )  # fmt: skip

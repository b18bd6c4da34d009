"""The question: the estimand in words."""

import pandas as pd

from analysis.display.tables import Column, Table
from analysis.efficacy.settings import Settings
from analysis.results import Results, section


@section
def estimand(run: Settings) -> Results:
    """Return the attributes of the planned estimand, in the words of ICH E9(R1)."""
    declared = run.trial.plan.estimand
    attributes = {
        "Population": declared.population,
        "Treatment condition": declared.treatment,
        "Variable": declared.variable,
        **{
            f"Intercurrent event: {each.event}": each.strategy
            for each in declared.intercurrent_events
        },
        "Population-level summary": declared.summary_measure,
    }
    frame = pd.DataFrame({"group1_level": list(attributes), "text": list(attributes.values())})
    return run.results(
        frame.assign(dataset="trial.yml", population=""),
        "estimand",
        group1="attribute",
        context="plan",
    )


@estimand.shows
def estimand_table(estimand: Results, run: Settings) -> Table:
    """Show the planned estimand, and where the run analyses what it is not of."""
    planned, analysed = run.trial.plan.endpoints.primary.name, run.endpoint.name
    other = (
        f"It is the estimand of {planned}; this run analyses {analysed}, for which the plan states "
        "none."
    )
    return Table(
        title="Estimand of the primary endpoint (ICH E9(R1))",
        results=estimand,
        labels={"group1_level": "Attribute"},
        columns=[Column("In words", "{text}", "text")],
        footnotes=[] if planned == analysed else [other],
    )

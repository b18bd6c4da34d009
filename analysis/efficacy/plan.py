"""The question: the estimand in words, and the truth behind synthetic data."""

import pandas as pd

from analysis.display.reading import Reading
from analysis.display.tables import Column, Table
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection
from analysis.results import Results, section
from analysis.sources.synthetic.reading import FILE as ASSUMPTIONS
from analysis.sources.synthetic.reading import read_assumptions


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
def estimand_table(estimand: Results, _run: Settings) -> Table:
    """Show the planned estimand."""
    return Table(
        title="Estimand of the primary endpoint (ICH E9(R1))",
        results=estimand,
        labels={"group1_level": "Attribute"},
        columns=[Column("In words", "{text}", "text")],
    )


@section
def truth(run: Settings) -> Results:
    """Return the difference with which the data of a synthetic trial were generated.

    Raises
    ------
    NoSection
        If the trial is real, was not generated here, or the endpoint is not the one whose
        difference the assumptions name.
    """
    folder = run.trial.folder
    if run.data_status != "synthetic" or not (folder / ASSUMPTIONS).is_file():
        raise NoSection("the truth behind these data is not known")
    primary = run.trial.plan.endpoints.primary
    asked = (run.endpoint.paramcd, run.endpoint.value, run.treatment)
    if asked != (primary.paramcd, primary.value, run.trial.plan.arms.treatment):
        raise NoSection("the assumptions name the difference in the primary endpoint only")
    row = {
        "group1_level": run.contrast,
        "variable": primary.name,
        "dataset": ASSUMPTIONS,
        "population": "",
        "true": read_assumptions(folder).growth.treatment_difference.value,
    }
    return run.results(
        pd.DataFrame([row]),
        "truth",
        group1="contrast",
        context="assumptions",
        unit=primary.unit,
        decimals=run.decimals(primary.dataset.lower(), primary.paramcd),
        method="declared when the data were generated",
    )


@truth.shows
def truth_reading(truth: Results, run: Settings) -> Reading:
    """Say with which difference synthetic data were generated."""
    return Reading(
        [
            f"These data are synthetic: they were generated with a true difference of "
            f"{truth.text('true')} {run.endpoint.unit} between children alike at baseline. An "
            "estimate away from it shows what chance does in a trial of this size, and nothing "
            "about a product."
        ],
        truth,
    )

"""The question: the estimand in words."""

from __future__ import annotations

import pandas as pd

from analysis.efficacy.primary import DIGITS
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection
from analysis.results import Results, Stat, from_frame
from analysis.sources.synthetic.reading import FILE as ASSUMPTIONS
from analysis.sources.synthetic.reading import read_assumptions


def estimand(settings: Settings) -> Results:
    """Return the attributes of the planned estimand, in the words of ICH E9(R1)."""
    declared = settings.trial.plan.estimand
    attributes = [
        ("Population", declared.population),
        ("Treatment condition", declared.treatment),
        ("Variable", declared.variable),
        *(
            (f"Intercurrent event: {each.event}", each.strategy)
            for each in declared.intercurrent_events
        ),
        ("Population-level summary", declared.summary_measure),
    ]
    return _words(settings, attributes, "estimand", "attribute")


def truth(settings: Settings) -> Results:
    """Return the difference with which the data of a synthetic trial were generated.

    Raises
    ------
    NoSection
        If the trial is real, was not generated here, or the endpoint is not the one whose
        difference the assumptions name.
    """
    folder = settings.trial.folder
    if settings.data_status != "synthetic" or not (folder / ASSUMPTIONS).is_file():
        raise NoSection("the truth behind these data is not known")
    primary = settings.trial.plan.endpoints.primary
    arms = settings.trial.plan.arms
    asked = (settings.endpoint.paramcd, settings.endpoint.value, settings.treatment)
    if asked != (primary.paramcd, primary.value, arms.treatment):
        raise NoSection("the assumptions name the difference in the primary endpoint only")
    declared = read_assumptions(folder).growth.treatment_difference
    return from_frame(
        pd.DataFrame(
            {
                "group1_level": [f"{settings.treatment} − {settings.reference}"],
                "variable": [primary.name],
                "estimate": [declared.value],
                "source": [f"{settings.trial.plan.id}: {ASSUMPTIONS}"],
            }
        ),
        {"estimate": Stat("true", "True difference", DIGITS, primary.unit)},
        analysis_id="truth",
        group1="contrast",
        context="assumptions",
        method="declared when the data were generated",
        **settings.result_labels,
    )


def _words(
    settings: Settings, pairs: list[tuple[str, str]], analysis_id: str, group1: str
) -> Results:
    frame = pd.DataFrame(pairs, columns=["group1_level", "text"])
    return from_frame(
        frame.assign(source=f"{settings.trial.plan.id}: trial.yml"),
        {"text": Stat("text", "In words")},
        analysis_id=analysis_id,
        group1=group1,
        context="plan",
        **settings.result_labels,
    )

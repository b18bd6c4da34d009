"""The question: the estimand in words."""

from __future__ import annotations

import pandas as pd

from analysis.efficacy.settings import Settings
from analysis.results import Results, Stat, from_frame


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

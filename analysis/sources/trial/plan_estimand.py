"""What a plan says of its estimand, in the words of ICH E9(R1)."""

from typing import Literal

from analysis.sources.trial.plan_part import Part


class IntercurrentEvent(Part):
    """An intercurrent event and its strategy, in the words of ICH E9(R1)."""

    event: str
    strategy: Literal[
        "treatment policy",
        "hypothetical",
        "composite variable",
        "while on treatment",
        "principal stratum",
    ]


class Estimand(Part):
    """The estimand of the primary endpoint, in words (ICH E9(R1))."""

    population: str
    treatment: str
    variable: str
    intercurrent_events: tuple[IntercurrentEvent, ...] = ()
    summary_measure: str

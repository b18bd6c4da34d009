"""What every part of a plan is: frozen, with known fields, perhaps with a question in it."""

import pydantic

from analysis.brief import brief

QUESTION = "?"
"""Stands in a plan for what its author has not yet decided; see `read_plan`."""


def is_question(value: str) -> bool:
    """Say whether a word of a plan is still a question."""
    return value.startswith(QUESTION)


@brief
class Part(pydantic.BaseModel):
    """One part of a plan."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

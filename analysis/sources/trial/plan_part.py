"""What every part of a plan is: frozen, with known fields, perhaps with a question in it."""

from collections.abc import Collection
from typing import Any

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

    @classmethod
    def stand_ins(cls, given: Collection[str]) -> dict[str, Any]:
        """Return field → what stands in for a question there, where that is not the usual.

        Parameters
        ----------
        given
            The fields that are given, the questions among them.
        """
        _ = given
        return {}

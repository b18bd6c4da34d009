"""What every part of a plan is: frozen, with known fields, perhaps with a question in it."""

import datetime
from collections.abc import Collection
from typing import Annotated, Any, Literal, get_args, get_origin

import pydantic
from pydantic_core import PydanticCustomError

from analysis.brief import brief

NUMBERS = {int, float}
QUESTION = "?"
"""Stands in a plan for what its author has not yet decided; see `read_plan`."""
Id = Annotated[
    str,
    pydantic.Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        description="small letters and digits, words joined by hyphens",
    ),
]
"""The name of a trial, which is that of a folder too."""


def is_question(value: str) -> bool:
    """Say whether a word of a plan is still a question."""
    return value.startswith(QUESTION)


@brief
class Part(pydantic.BaseModel):
    """One part of a plan."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @pydantic.field_validator("*", mode="before")
    @classmethod
    def _written_as_what_it_is(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """Refuse what pydantic would make something else of.

        To it "-1_8" is the number -18, 20021231 a day of 1970, true the number 1, and 1 a yes.
        """
        kinds = _kinds(cls.model_fields[str(info.field_name)].annotation)
        for each in value if isinstance(value, list | tuple) else [value]:
            if isinstance(each, str) and "_" in each and kinds & NUMBERS and str not in kinds:
                raise PydanticCustomError("float_parsing", "Input should be a valid number")
            if isinstance(each, int | float) and datetime.date in kinds:
                raise PydanticCustomError("date_parsing", "Input should be a valid date")
            if isinstance(each, bool) and kinds & NUMBERS and bool not in kinds:
                raise PydanticCustomError("float_type", "Input should be a number")
            if not isinstance(each, bool) and kinds == {bool}:
                raise PydanticCustomError("bool_type", "Input should be true or false")
        return value

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


def _kinds(annotation: Any) -> set[Any]:
    """Return the plain types that a field may hold, alone or in a list; words count as texts."""
    if get_origin(annotation) is Literal:
        return {type(word) for word in get_args(annotation)}
    inner = get_args(annotation)
    return set().union(*map(_kinds, inner)) if inner else {annotation}

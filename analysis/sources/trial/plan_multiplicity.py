"""What a plan says of several comparisons with the reference."""

from typing import Any

import pydantic

from analysis.sources.trial.plan_part import Part
from analysis.sources.trial.vocabulary import MULTIPLICITY


class Multiplicity(Part):
    """How several comparisons of the primary endpoint with the reference are adjusted.

    Parameters
    ----------
    method
        One of `vocabulary.MULTIPLICITY`, however it is capitalised.
    order
        The arms in the order in which a fixed sequence tests them; where there is none, the
        treatment under test first, then the other arms as the plan lists them.

    Examples
    --------
    A plan may give the word alone.

    >>> Multiplicity.model_validate("dunnett").method
    'Dunnett'
    """

    method: str
    order: tuple[str, ...] = ()

    @pydantic.model_validator(mode="before")
    @classmethod
    def _word_alone(cls, value: Any) -> Any:
        return {"method": value} if isinstance(value, str) else value

    @pydantic.field_validator("method")
    @classmethod
    def _as_the_vocabulary_has_it(cls, method: str) -> str:
        written = " ".join(method.casefold().replace("-", " ").split())
        return next((word for word in MULTIPLICITY if word.casefold() == written), method)

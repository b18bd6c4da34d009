"""What a plan says of several hypotheses: arms, endpoints or both, and how they are tested."""

from fractions import Fraction
from typing import Annotated, Any, Literal

import pydantic

from analysis.sources.trial.plan_part import Part
from analysis.sources.trial.vocabulary import PROCEDURES


def procedure_word(method: str) -> str:
    """Return a word as `vocabulary.PROCEDURES` has it, however it is capitalised."""
    written = " ".join(method.casefold().replace("-", " ").split())
    return next((word for word in PROCEDURES if word.casefold() == written), method)


class Hypothesis(Part):
    """A hypothesis that is tested: that an arm differs from the reference in an endpoint.

    Parameters
    ----------
    endpoint
        Name of an endpoint of the plan; where there is none, the primary one.
    arm
        The arm that is compared with the reference; where there is none, the only one.
    name
        What a word alone is: with one comparison an endpoint, with several an arm, which is
        compared at the primary endpoint.

    Examples
    --------
    >>> Hypothesis.model_validate("Low dose").name
    'Low dose'
    """

    endpoint: str = ""
    arm: str = ""
    name: str = ""

    @pydantic.model_validator(mode="before")
    @classmethod
    def _word_alone(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if not isinstance(value, dict | Hypothesis):
            raise ValueError(
                "a hypothesis of analysis.multiplicity must be the name of an endpoint or of an "
                f"arm, in quotes, or {{endpoint: …, arm: …}}; got {value!r}"
            )
        return value

    @property
    def words(self) -> str:
        """The hypothesis as the plan has it."""
        return self.name or ", ".join(filter(None, [self.endpoint, self.arm])) or "nothing"


class Family(Part):
    """A family of hypotheses that are tested together.

    Parameters
    ----------
    hypotheses
        Its hypotheses, for a fixed sequence in their order.
    method
        How they are tested; where there is none by Holm's method, and by Bonferroni's where a
        parallel gate follows.

    Examples
    --------
    A plan may give the hypotheses alone, or one alone.

    >>> len(Family.model_validate(["Low dose", "High dose"]).hypotheses)
    2
    """

    hypotheses: tuple[Hypothesis, ...]
    method: str = ""

    @pydantic.model_validator(mode="before")
    @classmethod
    def _hypotheses_alone(cls, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return {"hypotheses": value}
        alone = isinstance(value, str) or (isinstance(value, dict) and {*value} <= _OF_ONE)
        return {"hypotheses": [value]} if alone else value

    @pydantic.field_validator("method")
    @classmethod
    def _as_the_vocabulary_has_it(cls, method: str) -> str:
        return procedure_word(method)


_OF_ONE = {*Hypothesis.model_fields}


def _share(value: Any) -> Any:
    """Take a fraction as it is written, ``"1/3"``, which no decimal is."""
    if isinstance(value, str) and "/" in value:
        try:
            return float(Fraction(value.replace(" ", "")))
        except (ValueError, ZeroDivisionError):
            return value
    return value


Share = Annotated[float, pydantic.BeforeValidator(_share)]
"""A share of alpha, or of a weight."""


class Multiplicity(Part):
    """How the hypotheses of a trial are tested, so that the error of all together is kept.

    Parameters
    ----------
    method
        One of `vocabulary.PROCEDURES`, however it is capitalised.
    hypotheses
        What is tested; where there is none, every comparison of the primary endpoint.
    order
        The same in the order in which a fixed sequence or the fallback procedure tests them; where
        there is none, the treatment under test first, then the other arms as the plan lists them.
    families
        Of gatekeeping, the families in the order in which they are tested.
    gate
        Of gatekeeping, whether a family waits for all hypotheses before it, or takes over the part
        of alpha of those that are rejected.
    weights
        Of a graphical and the fallback procedure, the share of alpha of each hypothesis.
    transitions
        Of a graphical procedure, a row for each hypothesis: the parts of its weight that go to the
        others once it is rejected.

    Examples
    --------
    A plan may give the word alone.

    >>> Multiplicity.model_validate("dunnett").method
    'Dunnett'
    """

    method: str
    hypotheses: tuple[Hypothesis, ...] = ()
    order: tuple[Hypothesis, ...] = ()
    families: tuple[Family, ...] = ()
    gate: Literal["serial", "parallel"] = "serial"
    weights: tuple[Share, ...] = ()
    transitions: tuple[tuple[Share, ...], ...] = ()

    @pydantic.model_validator(mode="before")
    @classmethod
    def _word_alone(cls, value: Any) -> Any:
        return {"method": value} if isinstance(value, str) else value

    @pydantic.field_validator("method")
    @classmethod
    def _as_the_vocabulary_has_it(cls, method: str) -> str:
        return procedure_word(method)

    @property
    def named(self) -> bool:
        """Whether the plan names hypotheses, rather than every arm at the primary endpoint."""
        return bool(self.hypotheses or self.order or self.families)

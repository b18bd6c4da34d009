"""What counts as a response of a binary endpoint: a value, a flag, or a limit of a measurement."""

from collections.abc import Collection
from typing import Any, Self

import numpy as np
import pandas as pd
import pydantic

from analysis.sources.trial.columns import as_shown, as_text
from analysis.sources.trial.plan_part import Part, is_question
from analysis.thresholds import above, at_least, at_most, below

LIMITS = {"at_least": at_least, "above": above, "at_most": at_most, "below": below}
"""Rule of a limit → how a value is held against it."""
IN_WORDS = {
    "at_least": "{} or more",
    "above": "more than {}",
    "at_most": "{} or less",
    "below": "less than {}",
}


class Response(Part):
    """Which records of a binary endpoint are a response.

    Parameters
    ----------
    variable
        Variable of the endpoint's table: AVAL, AVALC, CHG, PCHG, a criterion flag CRITyFL …
    is_
        Written ``is``: the value, or values, that are a response; any other value is none, and a
        blank is missing.
    not_evaluable
        Values that are neither: they are missing, like a blank.
    at_least, above, at_most, below
        The limit of a measurement beyond which, or at which, it is a response.
    words
        The rule in words, where they say more than the rule itself.

    Examples
    --------
    >>> rule = Response.model_validate({"variable": "CHG", "at_most": -4})
    >>> rule.met(pd.DataFrame({"CHG": [-5.0, -4.0, 1.0, np.nan]})).tolist()
    [1.0, 1.0, 0.0, nan]
    >>> rule.words, Response.model_validate({"variable": "AVALC", "is": ["CR", "PR"]}).words
    ('CHG of −4 or less', 'AVALC CR or PR')
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    variable: str = pydantic.Field(min_length=1)
    is_: tuple[str, ...] = pydantic.Field((), alias="is")
    not_evaluable: tuple[str, ...] = ()
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    stated: str = pydantic.Field("", alias="words")

    @pydantic.field_validator("variable")
    @classmethod
    def _upper(cls, variable: str) -> str:
        return variable.upper()

    @pydantic.field_validator("is_", "not_evaluable", mode="before")
    @classmethod
    def _values_as_text(cls, values: Any) -> Any:
        """Take one value for a list of one, and a number as it is written."""
        several = values if isinstance(values, list | tuple) else [values]
        if any(isinstance(each, bool) for each in several):
            raise ValueError(
                "the values of a response are words: quote them, as YAML reads Yes and No as true "
                "and false"
            )
        return tuple(
            as_shown(float(each)) if isinstance(each, int | float) else each for each in several
        )

    @pydantic.model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if is_question(self.variable):
            return self
        said = [*(["is"] if self.is_ else []), *self.limits]
        if len(said) != 1:
            raise ValueError(
                "a response is one of is, at_least, above, at_most and below; got "
                f"{' and '.join(said) or 'none of them'} for {self.variable}"
            )
        return self

    @classmethod
    def stand_ins(cls, given: Collection[str]) -> dict[str, Any]:
        """Return a limit for a limit, without which there would be no rule."""
        return {name: 0.0 for name in given if name in LIMITS}

    @property
    def limits(self) -> dict[str, float]:
        """Rule → limit, of those given."""
        given = {name: getattr(self, name) for name in LIMITS}
        return {name: limit for name, limit in given.items() if limit is not None}

    @property
    def words(self) -> str:
        """What is a response, by the name of its variable."""
        return self.words_with(self.variable)

    def words_with(self, variable: str) -> str:
        """Return what is a response, its variable under the name given.

        Examples
        --------
        >>> Response.model_validate({"variable": "CHG", "above": 3}).words_with("change")
        'change of more than 3'
        """
        if self.stated:
            return self.stated
        for name, limit in self.limits.items():
            shown = f"{limit:.12g}".replace("-", "−")
            return f"{variable} of {IN_WORDS[name].format(shown)}"
        return f"{variable} {' or '.join(self.is_)}"

    def met(self, table: pd.DataFrame, every: pd.DataFrame | None = None) -> pd.Series:
        """Return 1 for a response, 0 for none and a missing value for neither, one a record.

        Of a flag that is Y or blank throughout, as ADaM allows, blank is none; `every` are all
        records of the parameter, where the table holds some of them.
        """
        values = table[self.variable]
        for name, limit in self.limits.items():
            numbers = pd.to_numeric(values).astype(float)
            return pd.Series(
                np.where(numbers.isna(), np.nan, LIMITS[name](numbers, limit)), index=table.index
            )
        texts = as_text(values)
        unknown = texts.isin(self.not_evaluable)
        if not self.blank_is_no(texts if every is None else as_text(every[self.variable])):
            unknown |= texts == ""
        return pd.Series(np.where(unknown, np.nan, texts.isin(self.is_)), index=table.index)

    def blank_is_no(self, texts: pd.Series) -> bool:
        """Say of the values of a flag whether they are Y or blank throughout."""
        return self.variable.endswith("FL") and set(texts.unique()) <= {"Y", ""}

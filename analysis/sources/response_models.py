"""Models that predict growth on growth hormone, with their equations where a text read has one.

``data/references/response_models.csv`` has a row a model and says why there is no equation, where
there is none; ``response_terms.csv`` has the terms of those that have one.
"""

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from analysis import paths
from analysis.errors import UserError, suggestion

FOLDER = paths.DATA / "references"
INTERCEPT = "INTERCEPT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term of an equation: what a value in `unit` is multiplied with."""

    name: str
    coefficient: float
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseModel:
    """A model of the height velocity in a year of treatment.

    Parameters
    ----------
    name, indication, year
        What it is called, in whom, and in which year of treatment.
    terms
        Of its equation, the constant among them; none where the equation was not read.
    error_sd
        SD of its errors, cm/year; NaN where it was not read.
    oldest_age
        Years below which the children were that it was made of; NaN where that was not read.
    citation, address, read
        Whose it is, and what of it was read where.
    reason
        Why it is not computed; "" where it can be.
    searches
        Entries of ``data/published/searches.csv`` that looked for the equation.
    """

    name: str
    indication: str
    year: int
    terms: tuple[Term, ...]
    error_sd: float
    oldest_age: float
    citation: str
    address: str
    read: str
    reason: str
    searches: str

    @property
    def constant(self) -> float:
        """The term without a variable, cm/year."""
        return sum(term.coefficient for term in self.terms if term.name == INTERCEPT)

    @property
    def predictors(self) -> tuple[Term, ...]:
        """The terms with a variable."""
        return tuple(term for term in self.terms if term.name != INTERCEPT)

    def why_not(self) -> str:
        """Return why the model is not computed, and what was read; "" where it can be."""
        if not self.reason:
            return ""
        looked = f"; searches {self.searches.replace('; ', ', ')}" if self.searches else ""
        return f"{self.reason} ({self.citation}: {self.read}{looked})"


def response_model(name: str) -> ResponseModel:
    """Return a model by its name.

    Raises
    ------
    UserError
        If no model is called so.

    Examples
    --------
    >>> response_model("KIGS 1993 Turner").error_sd
    1.26
    """
    known = {model.name: model for model in response_models()}
    if name not in known:
        raise UserError(
            f"response model: must be one of {', '.join(known)}; got '{name}'"
            f"{suggestion(name, known)}"
        )
    return known[name]


@lru_cache(maxsize=1)
def response_models() -> tuple[ResponseModel, ...]:
    """Return every listed model, also those without an equation.

    Examples
    --------
    >>> [model.name for model in response_models() if model.terms]
    ['KIGS 1993 Turner']
    """
    terms = pd.read_csv(FOLDER / "response_terms.csv", keep_default_na=False)
    models = pd.read_csv(FOLDER / "response_models.csv", keep_default_na=False, dtype=str)
    return tuple(
        ResponseModel(
            name=str(row.model),
            indication=str(row.indication),
            year=int(str(row.year)),
            terms=tuple(
                Term(name=each.term, coefficient=float(each.coefficient), unit=each.unit,
                     meaning=each.meaning)
                for each in terms[terms["model"] == row.model].itertuples()
            ),
            error_sd=_number(row.error_sd),
            oldest_age=_number(row.oldest_age),
            citation=str(row.citation),
            address=str(row.address),
            read=str(row.read),
            reason=str(row.reason),
            searches=str(row.searches),
        )
        for row in models.itertuples()
    )  # fmt: skip


def _number(text: object) -> float:
    return float(str(text)) if str(text) else float("nan")

"""What every displayed object has in common."""

from typing import Any, Protocol

from analysis.errors import warnings_are_errors
from analysis.results import OWN_ANALYSIS, Results

IN_RESULTS = "in the results of this page"
"""Where what a table leaves out stands; the end of every page says where its results are."""

FEW = 4
"""Populations that are named above a table."""


class Shown(Protocol):
    """Something on a page: it carries its result rows and has a text and an HTML form."""

    @property
    def results(self) -> Results:
        """The rows of the results table that this object is a view of."""
        ...

    @property
    def name(self) -> str:
        """What tells this object from others on its page."""
        ...

    def text(self) -> str:
        """Return the fixed text form."""
        ...

    def html(self) -> str:
        """Return the accessible HTML form."""
        ...


class Displayed:
    """Mixin: hands both forms to Jupyter."""

    __slots__ = ()

    def _repr_mimebundle_(self: Shown, **_: object) -> Any:
        with warnings_are_errors():
            return {"text/plain": self.text(), "text/html": self.html()}


def statuses(results: Results) -> list[str]:
    """Return the data statuses that occur in the results, in order of appearance."""
    return list(dict.fromkeys(results.frame["data_status"]))


def populations(results: Results) -> str:
    """Return the populations of the results in words; many, which rows name, are counted.

    Examples
    --------
    >>> populations(Results())
    ''
    """
    named = [name for name in dict.fromkeys(results.frame["population"]) if name]
    if len(named) <= FEW:
        return "; ".join(named)
    return f"{'; '.join(named[:FEW])}; and {len(named) - FEW} more {IN_RESULTS}"


def plan_footnotes(results: Results) -> list[str]:
    """Return the footnote that stamps an exploratory analysis."""
    exploratory = results.frame[results.frame["plan_status"] == "exploratory"]
    if exploratory.empty:
        return []
    if (exploratory["context"] == OWN_ANALYSIS).all():
        return ["EXPLORATORY: an analysis of the author's own, which no plan declares."]
    return ["EXPLORATORY: this analysis departs from the plan."]

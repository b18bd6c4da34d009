"""A section of a page: what is computed, and what shows it, under one name.

    @section
    def exposure(run: SafetyRun) -> Results: ...

    @exposure.shows
    def exposure_table(exposure: Results, run: SafetyRun) -> Table: ...

``exposure(run)`` returns its rows; ``page.show(exposure, run)`` shows every view of them, or says
why there are none.
"""

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Any, Generic, TypeVar, get_type_hints

import pandas as pd

from analysis.errors import NoSection, UserError, warnings_are_errors
from analysis.results.run import DeclaredRun
from analysis.results.table import ABSENT, NOT_ESTIMABLE, Results

AnyRun = TypeVar("AnyRun", bound=DeclaredRun)
View = TypeVar("View", bound=Callable[..., Any])
KEPT = 4
"""Runs of a section whose rows are kept, so that several views compute them once."""


class Section(Generic[AnyRun]):
    """One section: a function of a run, and its views.

    Parameters
    ----------
    analyse
        Takes a run and returns its results; raises `NoSection` where the trial declares nothing
        of the kind, `UserError` where there is something that cannot be analysed.

    Attributes
    ----------
    views
        What shows the results, in the order of the page: functions of the results and the run.
    """

    def __init__(self, analyse: Callable[[AnyRun], Results]) -> None:
        self._analyse = lru_cache(maxsize=KEPT)(analyse)
        self.views: list[Callable[[Results, AnyRun], Any]] = []
        self.__wrapped__: Callable[[AnyRun], Results]
        update_wrapper(self, analyse)

    @property
    def words(self) -> str:
        """The name of the section as people read it."""
        return str(getattr(self, "__name__", "section")).replace("_", " ")

    def __call__(self, run: AnyRun) -> Results:
        """Return the results of the section for a run."""
        with warnings_are_errors():
            return self._analyse(run)

    def shows(self, view: View) -> View:
        """Add a view: a function of the results and the run that returns what is displayed.

        A view that returns a list shows each of its things, for example one figure an arm.
        """
        self.views.append(view)
        return view

    def refuse(self, run: DeclaredRun) -> None:
        """Refuse a run that is not of the kind that the section is a function of.

        Raises
        ------
        UserError
            Naming the kind, and where such a run is made.
        """
        try:
            wanted = next(iter(get_type_hints(self.__wrapped__).values()))
        except (NameError, StopIteration, AttributeError):
            return  # Nothing is declared, or by names of a script.
        if isinstance(wanted, type) and not isinstance(run, wanted):
            name = getattr(self, "__name__", "section")
            raise UserError(
                f"{name} is shown of a run of {wanted.__module__}; make one with its resolve(…), "
                f"and write page.show({name}, run)"
            )

    def rows(self, run: AnyRun) -> Results:
        """Return the results, or the rows that say why there are none.

        Returns
        -------
        Results
            Those of the section; or ``conclusion`` "not estimable" with the ``reason``, so that
            the rest of a page goes on.
        """
        try:
            return self(run)
        except UserError as error:
            name = self.words
            frame = pd.DataFrame(
                {
                    "group1_level": [name],
                    "variable": [ABSENT if isinstance(error, NoSection) else ""],
                    "conclusion": [NOT_ESTIMABLE],
                    "reason": [str(error)],
                }
            )
            return run.results(
                frame,
                f"{name.replace(' ', '-')}-not-estimable",
                group1="section",
                context=NOT_ESTIMABLE,
            )


section = Section
"""The decorator that makes a function of a run a section."""


def reason_of(results: Results) -> str:
    """Return why a section has no results; "" where it has some."""
    rows = results.frame
    missing = len(rows) and (rows["context"] == NOT_ESTIMABLE).all()
    return results.text("reason") if missing else ""


def is_absent(results: Results) -> bool:
    """Say whether a section has no results because nothing of its kind is declared."""
    return bool((results.frame["variable"] == ABSENT).any())

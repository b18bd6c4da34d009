"""A run: what it rests on, and where it departs from what was declared beforehand."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

import pandas as pd
import pydantic

from analysis.brief import brief
from analysis.parameters import NotebookParameters, default_of
from analysis.results.melted import rows_of
from analysis.results.table import Results

AS_PLANNED: Final = "as planned"
Planned = Literal["as planned"]
RUN_PARAMETERS = {"trial", "population", "conf_level"}
"""Parameters of a notebook that make the run of a trial."""


def as_planned_or(words: str) -> Any:
    """Declare a parameter that is as planned where the run does not choose; `words` say what."""
    return pydantic.Field(AS_PLANNED, description=f"as planned, or {words}")


@dataclass(frozen=True, slots=True)
class Departure:
    """One respect in which a run departs from the trial's plan."""

    name: str
    planned: str
    used: str


class Choices:
    """Takes the plan's value or the parameter's, and notes where they differ."""

    def __init__(self) -> None:
        self.departures: list[Departure] = []

    def choose_rules(
        self, parameters: NotebookParameters, names: Iterable[str], words: Callable[[Any], str]
    ) -> None:
        """Note which of some parameters differ from the declared rule, which is their default."""
        for name in names:
            default = default_of(type(parameters).model_fields[name])
            self.choose(name, words(default), words(getattr(parameters, name)))

    def choose(
        self, name: str, planned: Any, used: Any, words: Callable[[Any], str] | None = None
    ) -> Any:
        """Return what is used of one parameter; `words` writes a value, where not as it stands."""
        if isinstance(used, str) and used == AS_PLANNED:
            return planned
        used = tuple(used) if isinstance(used, list) else used
        if used != planned:
            words = words or _as_it_stands
            self.departures.append(Departure(name, words(planned), words(used)))
        return used


def _as_it_stands(value: Any) -> str:
    if value is None or value == ():
        return "none"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


# Compared by identity, so that what was computed can be kept for the run it was made for; and
# weakly referable, so that a page knows a run of before without keeping its data.
@brief(words="in_brief")
@dataclass(frozen=True, slots=True, weakref_slot=True, kw_only=True, eq=False)
class DeclaredRun(ABC):
    """A run whose analysis was declared beforehand, and where it departs from that.

    No property of a run has a ``Literal`` for its type: what completes names in a notebook (jedi)
    stumbles over one, and then offers nothing at all.

    Parameters
    ----------
    departures
        Every respect in which the run departs from what was declared.
    """

    departures: tuple[Departure, ...]

    @property
    def question(self) -> str:
        """What the run asks, where several may ask otherwise of one trial or ledger; else ""."""
        return ""

    @property
    def declared(self) -> str:
        """What the run may depart from, in words."""
        return "the plan"

    @property
    def is_current(self) -> bool:
        """Whether what the run was made from is still what it was then."""
        return True

    @property
    @abstractmethod
    def source(self) -> str:
        """What the run rests on, for the source of a result row."""

    @property
    @abstractmethod
    def data_status(self) -> str:
        """Status of the run's data."""

    @property
    def plan_status(self) -> str:
        """Exploratory as soon as one thing departs from what was declared."""
        return "exploratory" if self.departures else "planned"

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the run, label → words."""
        return {
            "data": f"{self.source} ({self.data_status})",
            "plan": self.plan_status,
            "departures": "; ".join(f"{each.name} {each.used}" for each in self.departures),
        }

    def labelled(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows with what they rest on, where they do not say it themselves."""
        given = {
            "source": self.source,
            "data_status": self.data_status,
            "plan_status": self.plan_status,
        }
        return frame.assign(**{name: what for name, what in given.items() if name not in frame})

    def results(self, frame: pd.DataFrame, analysis_id: str, **options: Any) -> Results:
        """Return a frame as results of this run.

        Parameters
        ----------
        frame
            One row per table row; columns as in `rows_of`. Source, population, its size, data
            and plan status are those of the run where the frame has no column of that name.
        analysis_id
            Names the analysis.
        options
            ``context``, and where they apply ``group1``, ``group2``, ``unit``, ``decimals`` and
            ``method``, see `rows_of`.
        """
        return self.written(frame, analysis_id, **options)

    def written(self, frame: pd.DataFrame, analysis_id: str, **options: Any) -> Results:
        """Return a frame as results of whatever is analysed here; `results` is that of a topic."""
        return rows_of(self.labelled(frame), analysis_id, **options)

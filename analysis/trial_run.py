"""A run on a trial: its plan, the choices of the run laid over it, and where the two differ."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import pandas as pd

from analysis.errors import NoSection, UserError
from analysis.results import ABSENT, NOT_ESTIMABLE, DataStatus, Results, Stat, from_frame
from analysis.sources.trial.trial import Trial

AS_PLANNED: Final = "as planned"
Planned = Literal["as planned"]


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

    def choose(self, name: str, planned: Any, used: Any) -> Any:
        """Return what is used of one parameter."""
        if isinstance(used, str) and used == AS_PLANNED:
            return planned
        used = tuple(used) if isinstance(used, list) else used
        if used != planned:
            self.departures.append(Departure(name, _words(planned), _words(used)))
        return used

    def conf_level(self, trial: Trial, used: Any) -> float:
        """Return the confidence level, a fraction."""
        level: float = self.choose("conf_level", trial.plan.analysis.conf_level, used)
        if not 0 < level < 1:
            raise UserError(f"conf_level must be greater than 0 and less than 1; got {level:g}")
        return level


def _words(value: Any) -> str:
    if value is None or value == ():
        return "none"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


# Compared by identity, so that what was computed can be kept for the run it was made for.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeclaredRun(ABC):
    """A run whose analysis was declared beforehand, and where it departs from that.

    Parameters
    ----------
    departures
        Every respect in which the run departs from what was declared.
    """

    departures: tuple[Departure, ...]

    @property
    @abstractmethod
    def source(self) -> str:
        """What the run rests on, for the source of a result row."""

    @property
    @abstractmethod
    def data_status(self) -> DataStatus:
        """Status of the run's data."""

    @property
    def plan_status(self) -> Literal["planned", "exploratory"]:
        """Exploratory as soon as one thing departs from what was declared."""
        return "exploratory" if self.departures else "planned"

    @property
    def result_labels(self) -> dict[str, Any]:
        """The status columns of every result row of this run."""
        return {"data_status": self.data_status, "plan_status": self.plan_status}


# Compared by identity, like the run it extends.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrialRun(DeclaredRun):
    """What every analysis of a trial's data is told.

    Parameters
    ----------
    trial
        The checked trial.
    population
        Name of one of its populations.
    conf_level
        Two-sided confidence level, a fraction.
    """

    trial: Trial
    population: str
    conf_level: float

    @property
    def source(self) -> str:
        """The trial, for the source of a result row."""
        return self.trial.plan.id

    @property
    def data_status(self) -> DataStatus:
        """Status of the trial's data."""
        return "real" if self.trial.data_status == "real" else "synthetic"

    @property
    def arms(self) -> tuple[str, ...]:
        """All arms, in the order of tables and figures."""
        return self.trial.plan.arms.names

    @property
    def treatment_variable(self) -> Literal["planned", "actual"]:
        """Whether a participant counts in the planned arm (efficacy) or the actual (safety)."""
        return "planned"

    def subjects(self) -> pd.DataFrame:
        """Return the participants of the run's population, with ``ARM``."""
        return self.trial.subjects(self.population, treatment=self.treatment_variable)

    @property
    def population_words(self) -> str:
        """The population with its size in each arm, as a table's footnote names it."""
        sizes = self.subjects()["ARM"].value_counts()
        arms = "; ".join(f"{arm} N {sizes.get(arm, 0)}" for arm in self.arms)
        return f"{self.population} ({arms})"


def departures(run: DeclaredRun) -> Results:
    """Return every respect in which this run departs from the plan."""
    frame = pd.DataFrame(
        [(each.name, each.planned, each.used) for each in run.departures],
        columns=["group1_level", "planned", "used"],
    )
    return from_frame(
        frame.assign(source=run.source),
        {"planned": Stat("planned", "Planned"), "used": Stat("used", "In this run")},
        analysis_id="departures",
        group1="parameter",
        context="plan",
        **run.result_labels,
    )


AnyRun = TypeVar("AnyRun", bound=DeclaredRun)


def attempt(analyse: Callable[[AnyRun], Results], run: AnyRun) -> Results:
    """Return the results of one section, or one row that says why there are none.

    What cannot be analysed says why, and the rest of the page goes on.

    Parameters
    ----------
    analyse
        A function of a topic that takes a run.
    run
        What is analysed.

    Returns
    -------
    Results
        Those of `analyse`; or ``conclusion`` "not estimable" with the ``reason``.
    """
    try:
        return analyse(run)
    except UserError as error:
        name = analyse.__name__.replace("_", " ")
        return from_frame(
            pd.DataFrame(
                {
                    "group1_level": [name],
                    "variable": [ABSENT if isinstance(error, NoSection) else ""],
                    "conclusion": [NOT_ESTIMABLE],
                    "reason": [str(error)],
                    "source": [run.source],
                }
            ),
            {
                "conclusion": Stat("conclusion", "Conclusion"),
                "reason": Stat("reason", "Because"),
            },
            analysis_id=f"{name.replace(' ', '-')}-not-estimable",
            group1="section",
            context=NOT_ESTIMABLE,
            **run.result_labels,
        )

"""A run on a trial: its plan, the choices of the run laid over it, and its population."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pandas as pd

from analysis.errors import UserError
from analysis.results.precision import recorded_decimals
from analysis.results.run import Choices, DeclaredRun
from analysis.sources.trial.trial import Trial


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
    treatment_variable: ClassVar[Literal["planned", "actual"]] = "planned"
    """Whether a participant counts in the planned arm (efficacy) or the actual (safety)."""

    @property
    def source(self) -> str:
        """The trial, for the source of a result row."""
        return self.trial.plan.id

    @property
    def data_status(self) -> str:
        """Status of the trial's data."""
        return "real" if self.trial.data_status == "real" else "synthetic"

    @property
    def arms(self) -> tuple[str, ...]:
        """All arms, in the order of tables and figures."""
        return self.trial.plan.arms.names

    def subjects(self) -> pd.DataFrame:
        """Return the participants of the run's population, with ``arm``."""
        return self.trial.subjects(self.population, treatment=self.treatment_variable)

    @property
    def population_words(self) -> str:
        """The population with its size in each arm, as a table's footnote names it."""
        sizes = self.subjects()["arm"].value_counts()
        arms = "; ".join(f"{arm} N {sizes.get(arm, 0)}" for arm in self.arms)
        return f"{self.population} ({arms})"

    def labelled(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows with source, status, population and its size, the arm's where there is one.

        ``dataset``, where the frame has it, is the table that a row rests on.
        """
        if "dataset" in frame:
            tables = f"{self.source}: " + frame["dataset"].astype(str)
            frame = frame.drop(columns="dataset").assign(source=tables)
        # A dataclass with slots is made anew: super() would look for the class it was before.
        frame = DeclaredRun.labelled(self, frame)
        if "population" not in frame:
            frame = frame.assign(population=self.population)
        if "n_population" not in frame:
            levels = frame.get("group1_level", pd.Series("", frame.index))
            pairs = list(zip(frame["population"], levels, strict=True))
            sizes = {pair: self.size_of(*pair) for pair in dict.fromkeys(pairs)}
            each = pd.Series([sizes[pair] for pair in pairs], frame.index, dtype=object)
            frame = frame.assign(n_population=each)
        return frame

    def size_of(self, population: str, arm: str = "") -> int | str:
        """Return the size of one arm of a population, or of the whole where none is named.

        A population that is none of the trial's has no size.
        """
        if population not in self.trial.plan.populations:
            return ""
        arms = self.trial.subjects(population, treatment=self.treatment_variable)["arm"]
        return int((arms == arm).sum()) if arm in self.arms else len(arms)

    def decimals(self, dataset: str, paramcd: str) -> int:
        """Return how many decimals a measurement was recorded with, at baseline and after it."""
        table = self.trial.tables[dataset]
        return recorded_decimals(table[table["PARAMCD"] == paramcd].filter(["AVAL", "BASE"]))


def chosen_level(choices: Choices, trial: Trial, used: Any) -> float:
    """Return the confidence level of a run, a fraction, as planned or as chosen."""
    level: float = choices.choose("conf_level", trial.plan.analysis.conf_level, used)
    if not 0 < level < 1:
        raise UserError(f"conf_level must be greater than 0 and less than 1; got {level:g}")
    return level

"""What notebook 7 shows: the outside numbers, and what is simulated."""

from dataclasses import dataclass
from pathlib import Path

import pydantic

from analysis.brief import brief
from analysis.numbers import level
from analysis.parameters import NotebookParameters
from analysis.results import DeclaredRun
from analysis.validation.tables import VALIDATION
from analysis.words import numbered


class ValidationParameters(NotebookParameters):
    """Parameters of ``7_validation``."""

    draws: int = pydantic.Field(
        10_000, ge=100, le=1_000_000, description="simulated data sets behind each coverage"
    )
    conf_level: float = pydantic.Field(
        0.95, gt=0.5, lt=1, description="nominal level of the simulated intervals, 0.5 to 1"
    )
    seed: int = pydantic.Field(20060424, ge=0, description="seed of the simulations")


# Compared by identity, so that what was computed can be kept for the run it was made for.
@brief(words="in_brief")
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValidationRun(DeclaredRun):
    """What every section of the page is told.

    Parameters
    ----------
    parameters
        Validated parameters of the simulations.
    folder
        Where the outside numbers are.
    """

    parameters: ValidationParameters
    folder: Path

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the run, label → words."""
        sets = numbered(self.parameters.draws, "data set")
        simulated = f"{sets}, level {level(self.parameters.conf_level)}"
        return DeclaredRun.in_brief(self) | {
            "simulated": f"{simulated}, seed {self.parameters.seed}"
        }

    @property
    def source(self) -> str:
        """The outside numbers, for the source of a result row."""
        return "data/validation"

    @property
    def data_status(self) -> str:
        """Outside numbers are published; a simulation says itself that it is synthetic."""
        return "published"


def resolve(parameters: ValidationParameters, folder: Path = VALIDATION) -> ValidationRun:
    """Return the run of the page; no parameter departs from a plan."""
    return ValidationRun(parameters=parameters, folder=folder, departures=())

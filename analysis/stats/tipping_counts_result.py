"""The result of a tipping grid: all that the missing of two arms could have led to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant

ASSUMPTIONS = ("no events", "all events", "observed shares", "best case", "worst case")
"""What the missing may be assumed to be, each a cell of the grid."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption(Tabular):
    """An assumption about the missing, and the result that it leads to.

    Attributes
    ----------
    name
        One of `ASSUMPTIONS`.
    missing_events_1, missing_events_2
        How many of the missing have the event, by arm; None where `reason` says why.
    estimate, lower, upper
        The result; NaN where there is none.
    beyond
        Whether the deciding limit is on the good side of the threshold.
    reason
        Why there is no such assumption or no estimate; empty otherwise.
    """

    name: str
    missing_events_1: int | None
    missing_events_2: int | None
    estimate: float
    lower: float
    upper: float
    beyond: bool
    reason: str


@brief(rows="to_frame")
@dataclass(frozen=True, slots=True, kw_only=True)
class TippingGrid:
    """Every result that the missing of two arms could have led to.

    Attributes
    ----------
    events, n, missing : tuple of int
        Events, observed and missing patients of arm 1 and arm 2.
    method : str
        The method of the interval.
    limit : str
        "lower" or "upper": the confidence limit that decides.
    threshold, level : float
        What it is compared with, and the confidence level.
    estimate, lower, upper : numpy.ndarray
        Results by missing patients with the event, 0 to all: arm 1 down, arm 2 across. NaN where
        not estimable.
    beyond : numpy.ndarray
        Whether the limit is on the good side of the threshold: above it where it is the lower
        one, below it where it is the upper one; False where there is no limit.
    why : numpy.ndarray
        Why a result is not estimable; empty otherwise.
    border : numpy.ndarray
        By missing events of arm 2: those of arm 1 from which on (limit "lower": that many or
        more, "upper": that many or fewer) the limit is on the good side; NaN where none are.
    assumptions : tuple of Assumption
        Where `ASSUMPTIONS` lie in the grid.
    reason : str
        In words whether the missing can change the verdict.
    """

    events: tuple[int, int]
    n: tuple[int, int]
    missing: tuple[int, int]
    method: str
    limit: str
    threshold: float
    level: float
    estimate: Array
    lower: Array
    upper: Array
    beyond: NDArray[np.bool_]
    why: np.ndarray
    border: Array
    assumptions: tuple[Assumption, ...]
    reason: str

    @property
    def changes(self) -> bool:
        """Whether the verdict is not the same over the whole grid."""
        return bool(self.beyond.any() and not self.beyond.all())

    def assumption(self, name: str) -> Assumption:
        """Return one of the assumptions by its name."""
        return self.assumptions[ASSUMPTIONS.index(meant("name", name, ASSUMPTIONS))]

    def nearest_tip(self, name: str) -> tuple[int, int] | None:
        """Return the cell with another verdict that takes the fewest changes from an assumption.

        Parameters
        ----------
        name : str
            One of `ASSUMPTIONS`.

        Returns
        -------
        tuple of int or None
            Missing events of arm 1 and arm 2; None where the verdict is the same everywhere.
        """
        start = self.assumption(name)
        if start.missing_events_1 is None or start.missing_events_2 is None:
            raise UserError(start.reason)
        other = np.argwhere(self.beyond != start.beyond)
        if not other.size:
            return None
        steps = np.abs(other - [start.missing_events_1, start.missing_events_2])
        # of equally many changes, those that are shared more evenly
        first = np.lexsort((steps.max(axis=1), steps.sum(axis=1)))[0]
        return int(other[first, 0]), int(other[first, 1])

    def to_frame(self) -> pd.DataFrame:
        """Return the grid as rows, the missing events of arm 2 running first."""
        places = np.indices(self.beyond.shape)
        columns = {
            "missing_events_1": places[0], "missing_events_2": places[1], "estimate": self.estimate,
            "lower": self.lower, "upper": self.upper, "beyond": self.beyond, "reason": self.why,
        }  # fmt: skip
        return pd.DataFrame({name: np.ravel(values) for name, values in columns.items()})

"""What a table of all measures of an effect holds: an estimate by one method, or one test."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis.efficacy.settings import Settings
from analysis.sources.trial.effects import Effect
from analysis.stats.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """A test without an estimate: its p-value, or why there is none."""

    p_value: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure of the effect of the treatment of a run, or one test.

    Attributes
    ----------
    effect
        What is estimated, or tested.
    words
        The method in words.
    find
        Run of one comparison, and its rows → what is found; raises UserError where it cannot be.
    """

    effect: Effect
    words: str
    find: Callable[[Settings, pd.DataFrame], Interval | Tested]

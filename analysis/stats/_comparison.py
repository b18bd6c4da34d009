"""The result of comparing two arms, one table or many."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.stats._checks import Array


class Tabular:
    """What results share: they turn into tidy rows."""

    __slots__ = ()

    def to_frame(self) -> pd.DataFrame:
        """Give one row an estimate, one column a field; what has another length is left out."""
        return _frame({field.name: getattr(self, field.name) for field in fields(self)})  # type: ignore[arg-type]

    def _many(self) -> pd.DataFrame | None:
        """Give the rows where there are several estimates, else None."""
        frame = self.to_frame()
        return frame if len(frame) > 1 else None


@brief(rows="_many")
@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Tabular):
    """One effect measure for one or many two-arm tables.

    Arm 1 is compared with arm 2: arm 1 minus arm 2, or arm 1 over arm 2. Arrays have the shape
    of the input; for a single table they have shape ``()`` and behave as numbers.

    Attributes
    ----------
    measure
        For example ``"risk difference"``.
    method
        The method of the interval and the test.
    level
        Two-sided confidence level, a fraction.
    estimate
        Point estimate; NaN where it is undefined (then `reason` says why), infinite where an
        event rate of 0 is the denominator of a ratio.
    lower, upper
        Confidence limits, always numbers (infinite where unbounded).
    null
        The hypothesis that `p_value` tests.
    statistic
        Standard normal statistic of that hypothesis; None when the method has none.
    p_value
        Two-sided p-value of the same method; None when the method has none.
    std_error
        Standard error, on the log scale for ratios; None when the method has none.
    reason
        Why an estimate is undefined or infinite; empty otherwise.
    """

    measure: str
    method: str
    level: float
    estimate: Array
    lower: Array
    upper: Array
    null: float
    statistic: Array | None = None
    p_value: Array | None = None
    std_error: Array | None = None
    reason: np.ndarray

    def to_frame(self) -> pd.DataFrame:
        """Give one row a table, with the columns that all statistics share."""
        names = "estimate std_error lower upper statistic p_value reason level method measure"
        return _frame({name: getattr(self, name) for name in names.split()})


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    """Put arrays side by side, flat, with what is one value for all repeated; None is missing."""
    size = np.size(columns.get("estimate", 0))
    flat: dict[str, Any] = {}
    for name, value in columns.items():
        if isinstance(value, np.ndarray) and value.size == size:
            flat[name] = np.ravel(value)
        elif not isinstance(value, np.ndarray | pd.DataFrame):
            flat[name] = [np.nan if value is None else value] * size
    return pd.DataFrame(flat)

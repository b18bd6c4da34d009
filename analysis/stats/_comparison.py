"""The result of comparing two arms, one table or many."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.stats._checks import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
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
        columns = {
            name: np.ravel(np.nan if value is None else value)
            for name, value in (
                ("estimate", self.estimate),
                ("std_error", self.std_error),
                ("lower", self.lower),
                ("upper", self.upper),
                ("statistic", self.statistic),
                ("p_value", self.p_value),
                ("reason", self.reason),
            )
        }
        rows = np.size(self.estimate)
        frame = pd.DataFrame({k: np.broadcast_to(v, rows) for k, v in columns.items()})
        return frame.assign(level=self.level, method=self.method, measure=self.measure)

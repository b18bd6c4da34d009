"""The one interval: an estimate with its standard error and its confidence limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._comparison import Tabular
from analysis.stats.laws import t_isf, t_sf

if TYPE_CHECKING:
    from analysis.stats.linear_estimates import StudentEstimate


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Interval(Tabular):
    """An estimate with its confidence interval, or the reason why there is none.

    Attributes
    ----------
    estimate, lower, upper
        Estimate and confidence limits, in the unit of the endpoint; None when not estimable.
    std_error
        Standard error; None when not estimable or not used.
    df
        Degrees of freedom of the t distribution, ``inf`` for the normal; None as `std_error`.
    level
        Two-sided confidence level, a fraction.
    method
        How it was obtained, in words.
    reason
        Why it is not estimable; empty when it is.
    """

    estimate: float | None
    std_error: float | None
    df: float | None
    lower: float | None
    upper: float | None
    level: float
    method: str
    reason: str = ""

    @property
    def p_value(self) -> float | None:
        """Two-sided p-value of zero, by the t test; None without a standard error."""
        if self.estimate is None or self.std_error is None or self.df is None:
            return None
        return float(2.0 * t_sf(abs(self.estimate / self.std_error), self.df))


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated(Interval):
    """An interval that is there: what a fitted model gives."""

    estimate: float
    std_error: float
    df: float
    lower: float
    upper: float


def interval_of(found: StudentEstimate, method: str) -> Estimated:
    """Return the interval of an estimate with the limits that it has; nothing is computed anew.

    Parameters
    ----------
    found
        An estimate of a fitted model, or a pooled one.
    method
        How it was obtained, in words.

    Raises
    ------
    UserError
        If the model cannot estimate it; the message says why.
    """
    if reason := getattr(found, "reason", ""):
        raise UserError(f"{found.label} is {reason}")
    return Estimated(
        estimate=found.estimate, std_error=found.std_error, df=found.df,
        lower=found.lower, upper=found.upper, level=found.level, method=method,
    )  # fmt: skip


def no_interval(reason: str, *, level: float, method: str) -> Interval:
    """Return the explicit absence of an estimate, with its reason."""
    return Interval(
        estimate=None, std_error=None, df=None, lower=None, upper=None,
        level=level, method=method, reason=reason,
    )  # fmt: skip


def t_limits(estimate: float, std_error: float, *, df: float, level: float) -> tuple[float, float]:
    """Return the limits of a two-sided t interval; `df` infinite gives the normal one.

    Examples
    --------
    >>> low, high = t_limits(1.0, 0.5, df=20, level=0.95)
    >>> round(low, 4), round(high, 4)
    (-0.043, 2.043)
    """
    # isf, not ppf(1 - alpha/2): it keeps its digits for levels very near 1
    half = float(t_isf((1.0 - level) / 2.0, df)) * std_error
    return float(estimate - half), float(estimate + half)

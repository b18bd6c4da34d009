"""The one interval: an estimate with its standard error and its confidence limits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal, overload

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._comparison import Tabular
from analysis.stats.laws import t_isf, t_sf
from analysis.thresholds import at

if TYPE_CHECKING:
    from analysis.stats.linear_estimates import StudentEstimate

Side = Literal["above", "below"]
"""On which side of a bound an effect is to lie."""


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
    null: ClassVar[float] = 0.0
    """The value of no effect."""

    @property
    def p_value(self) -> float | None:
        """Two-sided p-value of no effect; None without a test."""
        return self.p_at(self.null)

    def p_at(self, value: float) -> float | None:
        """Return the two-sided p-value of an effect of a value, by the t test."""
        if self.estimate is None or self.std_error is None or self.df is None:
            return None
        return float(2.0 * t_sf(abs(self._steps(self.estimate, value)), self.df))

    def one_sided_p(self, bound: float, side: Side) -> float | None:
        """Return the p-value of the hypothesis that the effect is not on one side of a bound.

        Measured from the limits so that test and interval agree: a reported interval is rounded
        and need not be centred on its rounded estimate, and measuring from the limit keeps "p
        below alpha" the same statement as "the limit is inside".
        """
        limit = self.lower if side == "above" else self.upper
        if self.std_error is None or self.df is None or limit is None:
            return None
        gap = 0.0 if at(limit, bound) else self._steps(limit, bound)
        critical = float(t_isf((1 - self.level) / 2, self.df))
        return float(t_sf(critical + (gap if side == "above" else -gap), self.df))

    def limits_at(self, level: float) -> tuple[float | None, float | None]:
        """Return the t limits at another level; None without a standard error."""
        if self.estimate is None or self.std_error is None or self.df is None:
            return None, None
        return t_limits(self.estimate, self.std_error, df=self.df, level=level)

    def _steps(self, place: float, value: float) -> float:
        """Return how many standard errors a place lies above a value."""
        return (place - value) / float(self.std_error or math.nan)


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio(Interval):
    """A ratio with its interval: estimate and limits are ratios, `std_error` is of the logarithm.

    Of a hazard ratio whose likelihood is monotone the estimate is 0 or infinite and has no
    standard error.

    Examples
    --------
    >>> found = Ratio(estimate=0.5, std_error=0.25, df=math.inf, lower=0.306, upper=0.816,
    ...               level=0.95, method="hazard ratio")
    >>> found.null, round(found.p_value, 4)
    (1.0, 0.0056)
    """

    null: ClassVar[float] = 1.0

    def limits_at(self, level: float) -> tuple[float | None, float | None]:
        """Return the limits at another level, those of the logarithm exponentiated."""
        if not self.estimate or self.std_error is None or self.df is None:
            return None, None
        found = t_limits(math.log(self.estimate), self.std_error, df=self.df, level=level)
        return math.exp(found[0]), math.exp(found[1])

    def _steps(self, place: float, value: float) -> float:
        error = float(self.std_error or math.nan)
        return (math.log(place) - math.log(value)) / error if place > 0 < value else math.inf


Score = Callable[[float], float | None]
"""Value of the effect → how many standard errors under that hypothesis the estimate lies above."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Scored(Interval):
    """An interval whose test is not that of its standard error, or that has none.

    Attributes
    ----------
    score
        The standard normal statistic of the hypothesis that the effect has a value, positive
        where the estimate lies above it; None where the method has no test. Of a score interval
        it is the test that the limits invert.
    """

    score: Score = field(default=lambda _value: None, repr=False, compare=False)

    def limits_at(self, level: float) -> tuple[float | None, float | None]:
        """Return no limits: those of its standard error are not those of the method."""
        return (self.lower, self.upper) if level == self.level else (None, None)

    def p_at(self, value: float) -> float | None:
        """Return the two-sided p-value of an effect of a value, by the test of the method."""
        statistic = self.score(value)
        return None if statistic is None else float(2.0 * t_sf(abs(statistic), math.inf))

    def one_sided_p(self, bound: float, side: Side) -> float | None:
        """Return the p-value of the hypothesis that the effect is not on one side of a bound."""
        statistic = self.score(bound)
        if statistic is None:
            return None
        return float(t_sf(statistic if side == "above" else -statistic, math.inf))


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated(Interval):
    """An interval that is there: what a fitted model gives."""

    estimate: float
    std_error: float
    df: float
    lower: float
    upper: float


@overload
def interval_of(found: StudentEstimate, method: str) -> Estimated: ...


@overload
def interval_of(found: StudentEstimate | Interval, method: str) -> Interval: ...


def interval_of(found: StudentEstimate | Interval, method: str) -> Interval:
    """Return the interval of an estimate with the limits that it has; nothing is computed anew.

    Parameters
    ----------
    found
        An estimate of a fitted model, a pooled one, or what is an interval already.
    method
        How it was obtained, in words.

    Raises
    ------
    UserError
        If the model cannot estimate it; the message says why.
    """
    if isinstance(found, Interval):
        return replace(found, method=method)
    if reason := getattr(found, "reason", ""):
        raise UserError(f"{found.label} is {reason}")
    return Estimated(
        estimate=found.estimate, std_error=found.std_error, df=found.df,
        lower=found.lower, upper=found.upper, level=found.level, method=method,
    )  # fmt: skip


def no_interval(reason: str, *, level: float, method: str, ratio: bool = False) -> Interval:
    """Return the explicit absence of an estimate, of a ratio or a difference, with its reason."""
    kind = Ratio if ratio else Interval
    return kind(
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

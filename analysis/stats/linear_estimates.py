"""Estimates of linear functions of model coefficients, and tests of model terms."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import check_level
from analysis.stats._comparison import Tabular
from analysis.stats.intervals import t_limits
from analysis.stats.laws import chi2_sf, f_sf, t_sf


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class StudentEstimate(Tabular):
    """An estimate with its standard error, *t* interval and test.

    Attributes
    ----------
    label : str
        What is estimated, for example ``"TRT - PBO"``.
    estimate, std_error, df : float
        Estimate, its standard error and its degrees of freedom (may be infinite).
    lower, upper : float
        Two-sided confidence limits at `level`.
    level : float
        Confidence level of the limits, for example 0.95.
    null : float
        Value under the null hypothesis of the test.
    statistic : float
        ``(estimate - null) / std_error``.
    p_value : float
        Two-sided p-value.
    """

    label: str
    estimate: float
    std_error: float
    df: float
    lower: float
    upper: float
    level: float
    null: float
    statistic: float
    p_value: float


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate(StudentEstimate):
    """An estimate of a fitted model, with the fields of :class:`StudentEstimate`.

    Attributes
    ----------
    groups : tuple of (str, str)
        The factor levels that the estimate belongs to, as (column, level).
    adjustment : str
        What the p-value is adjusted by: "none", "bonferroni", "holm" or "dunnett".
    interval : str
        "pointwise" or "simultaneous": what the confidence level of the limits refers to.
    reason : str
        Why it is not estimable, the numbers being NaN; empty when it is.
    """

    groups: tuple[tuple[str, str], ...] = ()
    adjustment: str = "none"
    interval: str = "pointwise"
    reason: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return the estimate as a frame of one row."""
        return estimates_to_frame([self])


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class TermTest(Tabular):
    """An *F* test of a model term.

    Attributes
    ----------
    term : str
        The term, factors and covariates joined by ``:``.
    df_numerator, df_denominator : float
        Degrees of freedom.
    f_value, p_value : float
        Test statistic and its p-value.
    sum_of_squares : float or None
        Type III sum of squares; None where the model has none (mixed models, robust
        standard errors).
    reason : str
        Why the hypothesis cannot be tested, the numbers being NaN; empty when it can.
    """

    term: str
    df_numerator: int
    df_denominator: float
    f_value: float
    p_value: float
    sum_of_squares: float | None = None
    reason: str = ""


Item = TypeVar("Item", bound=Tabular, covariant=True)

QUIET = frozenset({"level", "null", "statistic", "adjustment", "interval", "sum_of_squares"})
"""Columns of rows that are not shown where rows are printed."""


@brief(rows="_shown")
class Rows(tuple[Item, ...]):
    """Estimates or tests in their order; prints as a table and turns into one by `to_frame`."""

    def to_frame(self) -> pd.DataFrame:
        """Give one row an estimate or test, with every field."""
        frames = [item.to_frame() for item in self]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def _shown(self) -> pd.DataFrame:
        frame = self.to_frame()
        quiet = QUIET if "reason" in frame and any(frame["reason"]) else QUIET | {"reason"}
        return frame[[name for name in frame.columns if name not in quiet]]


def make_estimate(
    *,
    label: str,
    estimate: float,
    std_error: float,
    df: float,
    level: float,
    groups: Sequence[tuple[str, str]] = (),
    null: float = 0.0,
) -> Estimate:
    """Make an :class:`Estimate` with a pointwise *t* interval and two-sided test.

    Parameters
    ----------
    label : str
        What is estimated.
    estimate, std_error, df : float
        The numbers; `df` may be infinite, which gives the normal interval.
    level : float
        Confidence level.
    groups : sequence of (str, str), optional
        Factor levels that the estimate belongs to.
    null : float, default 0.0
        Value under the null hypothesis.

    Returns
    -------
    Estimate

    Raises
    ------
    UserError
        If the level is no proportion or the standard error is zero or not finite, so
        that no interval exists.

    Examples
    --------
    >>> e = make_estimate(label="d", estimate=2.0, std_error=1.0, df=10, level=0.95)
    >>> round(e.lower, 4), round(e.upper, 4), round(e.p_value, 4)
    (-0.2281, 4.2281, 0.0734)
    """
    check_level(level)
    if not (math.isfinite(estimate) and math.isfinite(std_error) and std_error > 0 and df > 0):
        raise UserError(
            f"the estimate {label!r} has no interval: estimate {estimate}, standard error "
            f"{std_error}, degrees of freedom {df} (all must be finite and the last two positive)"
        )
    lower, upper = t_limits(estimate, std_error, df=df, level=level)
    statistic = (estimate - null) / std_error
    return Estimate(
        label=label, groups=tuple(groups), estimate=float(estimate), std_error=float(std_error),
        df=float(df), lower=lower, upper=upper, level=float(level), null=float(null),
        statistic=float(statistic), p_value=float(2.0 * t_sf(abs(statistic), df)),
    )  # fmt: skip


def not_estimable(
    *, label: str, reason: str, level: float, groups: Sequence[tuple[str, str]], null: float
) -> Estimate:
    """Return an estimate that is not there, with the reason why."""
    return Estimate(
        label=label, groups=tuple(groups), estimate=math.nan, std_error=math.nan, df=math.nan,
        lower=math.nan, upper=math.nan, level=level, null=null, statistic=math.nan,
        p_value=math.nan, reason=reason,
    )  # fmt: skip


def estimates_to_frame(estimates: Iterable[Estimate]) -> pd.DataFrame:
    """Return estimates as tidy rows: group columns, then one column a field.

    Parameters
    ----------
    estimates : iterable of Estimate
        The estimates.

    Returns
    -------
    pandas.DataFrame
        Columns: every group column met, ``label``, then the numeric fields.

    Examples
    --------
    >>> e = make_estimate(label="A - B", groups=[("visit", "W4")], estimate=2.0, std_error=1.0,
    ...                   df=10, level=0.95)
    >>> estimates_to_frame([e])[["visit", "label", "estimate", "df"]].values.tolist()
    [['W4', 'A - B', 2.0, 10.0]]
    """
    names = [field.name for field in fields(Estimate) if field.name not in {"groups", "label"}]
    rows = [
        dict(item.groups) | {"label": item.label} | {name: getattr(item, name) for name in names}
        for item in estimates
    ]
    return pd.DataFrame(rows)


def term_tests_to_frame(tests: Iterable[TermTest]) -> pd.DataFrame:
    """Return term tests as tidy rows, one a term.

    Examples
    --------
    >>> test = TermTest(term="arm", df_numerator=1, df_denominator=20.0, f_value=4.0, p_value=0.06)
    >>> term_tests_to_frame([test])[["term", "f_value"]].values.tolist()
    [['arm', 4.0]]
    """
    names = [field.name for field in fields(TermTest)]
    return pd.DataFrame([{name: getattr(item, name) for name in names} for item in tests])


def f_test_p_value(f_value: float, df_numerator: int, df_denominator: float) -> float:
    """Return the upper tail of *F*, right also for infinite denominator df."""
    if math.isinf(df_denominator):
        return float(chi2_sf(f_value * df_numerator, df_numerator))
    return float(f_sf(f_value, df_numerator, df_denominator))


def quadratic_form_solve(matrix: NDArray[np.float64], vector: NDArray[np.float64]) -> float:
    """Return ``vector' matrix^-1 vector`` for a symmetric positive definite matrix."""
    # scaling to unit diagonal keeps a contrast in kg and one in ng in the same matrix
    scale = 1.0 / np.sqrt(np.diag(matrix))
    scaled = matrix * scale[:, None] * scale[None, :]
    target = vector * scale
    return float(target @ np.linalg.solve(scaled, target))

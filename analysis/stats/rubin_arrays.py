"""Rubin's rules for many estimates at once."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """What Rubin's rules give, one element an estimate.

    Attributes
    ----------
    estimate, std_error : numpy.ndarray
        Pooled estimates, and the roots of their total variances.
    within, between, total : numpy.ndarray
        Variances within and between imputations, and in all; that between is 0 where the
        estimates of all imputations are equal up to rounding.
    relative_increase, missing_fraction : numpy.ndarray
        Relative increase in variance due to missing data, and its share of the total variance.
    df_rubin, df : numpy.ndarray
        Degrees of freedom of Rubin (1987), and of Barnard and Rubin (1999).
    monte_carlo_error : numpy.ndarray
        Standard deviation that the estimates would have over other seeds.
    """

    estimate: Array
    std_error: Array
    within: Array
    between: Array
    total: Array
    relative_increase: Array
    missing_fraction: Array
    df_rubin: Array
    df: Array
    monte_carlo_error: Array

    def of(self, index: tuple[int, ...]) -> Combined:
        """Return what is given for one estimate."""
        own = {field.name: getattr(self, field.name)[index] for field in fields(self)}
        return Combined(**own)


def combine(estimates: Array, std_errors: Array, df_complete: float) -> Combined:
    """Pool estimates by Rubin's rules, the imputations along the last axis.

    Parameters
    ----------
    estimates, std_errors : numpy.ndarray
        Of one shape; standard errors positive.
    df_complete : float
        Degrees of freedom of the analysis of complete data, positive or infinite.

    Raises
    ------
    UserError
        If the standard errors are lost in the differences between imputations.
    """
    count = estimates.shape[-1]
    estimate = estimates.mean(axis=-1)
    range_ = np.ptp(estimates, axis=-1)
    # in the unit of what is largest, squares of tiny or huge numbers stay numbers
    unit = np.maximum(range_, std_errors.max(axis=-1))
    within = np.mean((std_errors / unit[..., None]) ** 2, axis=-1)
    between = np.var((estimates - estimate[..., None]) / unit[..., None], axis=-1, ddof=1)
    # differences of rounding size are no between-imputation variance
    size = np.abs(estimates).max(axis=-1) / unit + np.sqrt(within)
    between = np.where(range_ / unit <= 1e-12 * size, 0.0, between)
    inflated = (1.0 + 1.0 / count) * between
    share = inflated / (within + inflated)
    if (share == 1.0).any():
        raise UserError(
            "the pooled estimate is not estimable, because the standard errors within imputations "
            "are nothing beside the differences between them, so no degrees of freedom are left"
        )
    equal = share == 0.0
    shown = np.where(equal, 1.0, share)
    df_rubin = np.where(equal, np.inf, (count - 1) / shown**2)
    df = np.where(equal, df_complete, _barnard_rubin(df_rubin, share, df_complete))
    parts = within, between, within + inflated
    with np.errstate(over="ignore", under="ignore"):  # a variance may be beyond all numbers
        variances = [(unit * np.sqrt(part)) ** 2 for part in parts]
    return Combined(
        estimate=estimate, std_error=unit * np.sqrt(within + inflated), within=variances[0],
        between=variances[1], total=variances[2], relative_increase=inflated / within,
        missing_fraction=share, df_rubin=df_rubin, df=df,
        monte_carlo_error=unit * np.sqrt(between / count),
    )  # fmt: skip


def _barnard_rubin(df_rubin: Array, share: Array, df_complete: float) -> Array:
    """Return Barnard and Rubin's degrees of freedom."""
    if np.isinf(df_complete):
        return df_rubin
    observed = (df_complete + 1.0) / (df_complete + 3.0) * df_complete * (1.0 - share)
    return np.asarray(1.0 / (1.0 / df_rubin + 1.0 / observed))

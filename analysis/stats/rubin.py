"""Rubin's rules: one estimate from the analyses of several completed data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import check_level
from analysis.stats.imputation import Imputation, imputation_frame
from analysis.stats.imputation_model import ImputationData
from analysis.stats.linear_estimates import Estimate, StudentEstimate, make_estimate
from analysis.stats.rubin_arrays import Combined, combine

EQUAL = (
    "the estimates of all imputations are equal: what was imputed does not matter to them, and "
    "the degrees of freedom are those of the analysis of complete data"
)
"""Remark on estimates without a variance between imputations."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class PooledEstimate(StudentEstimate):
    """An estimate pooled over imputations, with Barnard and Rubin's degrees of freedom.

    The first fields are those of :class:`analysis.stats.linear_estimates.StudentEstimate`.

    Attributes
    ----------
    n_imputations : int
        Number of imputations.
    within, between, total : float
        Within- and between-imputation variance, and total variance.
    relative_increase : float
        Relative increase in variance due to missing data.
    missing_fraction : float
        Share of the total variance that is due to missing data (lambda).
    df_complete : float
        Degrees of freedom of the analysis of complete data.
    df_rubin : float
        Degrees of freedom of Rubin (1987), without the small-sample adjustment.
    monte_carlo_error : float
        Standard deviation that the estimate would have over other seeds: √(between / number of
        imputations).
    remark : str
        Said where the estimates of all imputations are equal, else empty.
    """

    n_imputations: int
    within: float
    between: float
    total: float
    relative_increase: float
    missing_fraction: float
    df_complete: float
    df_rubin: float
    monte_carlo_error: float
    remark: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return the pooled estimate as a frame of one row."""
        return pd.DataFrame([asdict(self)])


def pool_rubin(
    estimates: Sequence[float],
    std_errors: Sequence[float],
    *,
    df_complete: float,
    level: float,
    label: str = "pooled",
    null: float = 0.0,
) -> PooledEstimate:
    """Pool estimates by Rubin's rules with Barnard and Rubin's degrees of freedom.

    Parameters
    ----------
    estimates, std_errors : sequence of float
        One of each for every imputation.
    df_complete : float
        Degrees of freedom that the analysis would have with complete data; infinite for
        large-sample analyses.
    level : float
        Confidence level.
    label : str, optional
        What is estimated.
    null : float, default 0.0
        Value under the null hypothesis.

    Returns
    -------
    PooledEstimate

    Raises
    ------
    UserError
        If there are fewer than two imputations, or a number is not usable.

    Notes
    -----
    When all the estimates are equal nothing was imputed that matters, and the df are those
    of the complete-data analysis. Barnard and Rubin's formula, taken literally, would give
    df (df + 1) / (df + 3) there, as SAS PROC MIANALYZE and R mice do.

    References
    ----------
    Barnard J, Rubin DB (1999). Small-sample degrees of freedom with multiple imputation.
    Biometrika 86:948-955.

    Examples
    --------
    >>> pooled = pool_rubin([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], df_complete=float("inf"), level=0.95)
    >>> pooled.estimate, round(pooled.total, 4), round(pooled.df, 4)
    (2.0, 2.3333, 6.125)
    """
    check_level(level)
    values, errors = np.asarray(estimates, dtype=float), np.asarray(std_errors, dtype=float)
    count = values.size
    if count < 2 or values.shape != errors.shape:
        raise UserError(
            f"Rubin's rules need an estimate and a standard error for each of two or more "
            f"imputations, but got {values.size} estimates and {errors.size} standard errors"
        )
    usable = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    if not usable.all():
        raise UserError(
            f"{label!r} is not estimable, because Rubin's rules need finite estimates and positive "
            f"standard errors, but imputation {int(np.argmin(usable)) + 1} has estimate "
            f"{values[np.argmin(usable)]} and standard error {errors[np.argmin(usable)]}"
        )
    if not df_complete > 0:
        raise UserError(f"df_complete must be positive (or infinite), but is {df_complete!r}")
    found = combine(values, errors, df_complete)
    return pooled_estimate(found, count, df_complete, level=level, label=label, null=null)


def pooled_estimate(
    found: Combined,
    n_imputations: int,
    df_complete: float,
    *,
    level: float,
    label: str,
    null: float = 0.0,
) -> PooledEstimate:
    """Return a single pooled estimate with its interval and test."""
    plain = make_estimate(
        label=label, estimate=float(found.estimate), std_error=float(found.std_error),
        df=float(found.df), level=level, null=null,
    )  # fmt: skip
    return PooledEstimate(
        **{field.name: getattr(plain, field.name) for field in fields(StudentEstimate)},
        within=float(found.within), between=float(found.between), total=float(found.total),
        relative_increase=float(found.relative_increase), df_rubin=float(found.df_rubin),
        missing_fraction=float(found.missing_fraction),
        monte_carlo_error=float(found.monte_carlo_error),
        n_imputations=n_imputations, df_complete=float(df_complete),
        remark="" if found.missing_fraction else EQUAL,
    )  # fmt: skip


def pool_imputations(
    imputations: Iterable[Imputation],
    data: ImputationData,
    analysis: Callable[[pd.DataFrame], Sequence[Estimate]],
    *,
    level: float,
    mapper: Callable[..., Iterable[Sequence[Estimate]]] = map,
) -> tuple[PooledEstimate, ...]:
    """Analyse every completed data set and pool the results.

    Parameters
    ----------
    imputations : iterable of Imputation
        Completed data sets.
    data : ImputationData
        Their data.
    analysis : callable
        From long records (see :func:`analysis.stats.imputation.imputation_frame`) to estimates,
        the same ones in the same order for every data set; their df are those of the
        complete-data analysis.
    level : float
        Confidence level.
    mapper : callable, optional
        ``map``, or the ``map`` of an executor (the analysis must then be picklable).

    Returns
    -------
    tuple of PooledEstimate
        One for each estimate of the analysis.

    Examples
    --------
    Where nothing is missing the pooled estimate is that of the data themselves.

    >>> from analysis.stats import contrast_reference, fit_ancova, impute_mar, prepare_imputation
    >>> trial = pd.DataFrame({"id": np.arange(8), "visit": "W8", "arm": list("PPPPTTTT"),
    ...                       "y": [1.0, 2.0, 3.0, 2.0, 3.0, 4.0, 5.0, 4.0]})
    >>> data = prepare_imputation(trial, response="y", subject="id", visit="visit", arm="arm",
    ...                           visits=["W8"], covariance="pooled")
    >>> def analysis(frame):
    ...     fit = fit_ancova(frame, response="y", factors=["arm"], std_errors="model")
    ...     return contrast_reference(fit, "arm", reference="P", weights="equal", level=0.95,
    ...                               adjust="none")
    >>> [found] = pool_imputations(impute_mar(data, n_imputations=5, seed=1), data, analysis,
    ...                            level=0.95)
    >>> found.label, round(found.estimate, 6), found.df, found.between
    ('T - P', 2.0, 6.0, 0.0)
    """
    frames = (imputation_frame(item, data) for item in imputations)
    found = list(mapper(analysis, frames))
    if not found:
        raise UserError("there are no imputations to pool")
    return tuple(_pool(each, level) for each in zip(*found, strict=True))


def _pool(found: Sequence[Estimate], level: float) -> PooledEstimate:
    return pool_rubin(
        [item.estimate for item in found],
        [item.std_error for item in found],
        # the df vary between completed data sets only in mixed models: the least is taken
        df_complete=min(item.df for item in found),
        level=level,
        label=found[0].label,
        null=found[0].null,
    )

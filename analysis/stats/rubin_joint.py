"""Joint tests of several estimates over imputations: D1 pools estimates, D2 test statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, float_array
from analysis.stats.linear_estimates import TermTest, f_test_p_value, quadratic_form_solve


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class PooledTest(TermTest):
    """A joint test pooled over imputations.

    The first fields are those of :class:`analysis.stats.linear_estimates.TermTest`.

    Attributes
    ----------
    method : str
        "D1" or "D2".
    n_imputations : int
        Number of imputations.
    relative_increase : float
        Average relative increase in variance due to missing data.
    """

    method: str
    n_imputations: int
    relative_increase: float


def pool_wald(
    estimates: ArrayLike, covariances: ArrayLike, *, df_complete: float, term: str = "joint"
) -> PooledTest:
    """Test several estimates jointly over imputations: the pooled Wald test D1.

    H0: all of them are 0.

    Parameters
    ----------
    estimates : array of shape (imputations, k)
        The estimates of each imputation; subtract other values under H0 first.
    covariances : array of shape (imputations, k, k)
        Their covariance matrices.
    df_complete : float
        Degrees of freedom that the analysis would have with complete data; infinite for
        large-sample analyses.
    term : str, optional
        What is tested.

    Returns
    -------
    PooledTest

    Raises
    ------
    UserError
        If shapes or numbers are unusable, or there are too few imputations or df.

    Notes
    -----
    Denominator df of Li, Raghunathan and Rubin (1991) with infinite complete-data df, else of
    Reiter (2007). Where nothing varies between imputations they are those of complete data.

    References
    ----------
    Li KH, Raghunathan TE, Rubin DB (1991). Large-sample significance levels from multiply
    imputed data using moment-based statistics and an F reference distribution. J Am Stat Assoc
    86:1065-1073.
    Reiter JP (2007). Small-sample degrees of freedom for multi-component significance tests with
    multiple imputation for missing data. Biometrika 94:502-508.

    Examples
    --------
    >>> found = pool_wald([[1.0, 2.0], [1.5, 1.8], [0.8, 2.4]], [np.eye(2)] * 3,
    ...                   df_complete=float("inf"))
    >>> round(found.f_value, 3), found.df_numerator, round(found.relative_increase, 3)
    (2.385, 2, 0.149)
    """
    values, matrices = float_array("estimates", estimates), float_array("covariances", covariances)
    count, size = _shape(values, matrices)
    if not df_complete > 0:
        raise UserError(f"df_complete must be positive (or infinite), but is {df_complete!r}")
    within = matrices.mean(axis=0)
    if not (np.linalg.eigvalsh(_unit_diagonal(within)) > 1e-12).all():
        raise UserError(
            f"{term!r} is not estimable, because the covariance matrix within imputations is "
            "singular: an estimate has no variance or is a combination of the others"
        )
    between = np.cov(values.T, ddof=1).reshape(size, size)
    increase = (1.0 + 1.0 / count) * float(np.trace(np.linalg.solve(within, between))) / size
    increase = max(increase, 0.0) if increase > 1e-24 else 0.0
    mean = values.mean(axis=0)
    f_value = quadratic_form_solve(within, mean) / (size * (1.0 + increase))
    df = _df_of_estimates(increase, size, count, df_complete)
    return _result(term, "D1", f_value, size, df, count, increase)


def pool_chi_square(statistics: Sequence[float], *, df: int, term: str = "joint") -> PooledTest:
    """Pool chi-square statistics over imputations: D2, for tests without a covariance matrix.

    Parameters
    ----------
    statistics : sequence of float
        Wald, score or likelihood-ratio statistic of each imputation.
    df : int
        Their degrees of freedom.
    term : str, optional
        What is tested.

    Returns
    -------
    PooledTest

    Raises
    ------
    UserError
        If there are fewer than two statistics, or one is negative.

    Notes
    -----
    Cruder than :func:`pool_wald`, which is to be preferred where it can be had.

    References
    ----------
    Li KH, Meng XL, Raghunathan TE, Rubin DB (1991). Significance levels from repeated p-values
    with multiply-imputed data. Statistica Sinica 1:65-92.

    Examples
    --------
    >>> found = pool_chi_square([7.1, 8.3, 6.2], df=2)
    >>> round(found.f_value, 3), round(found.df_denominator, 1)
    (3.327, 422.3)
    """
    values = float_array("statistics", statistics)
    if values.ndim != 1 or values.size < 2 or (values < 0).any():
        raise UserError(
            "D2 needs a chi-square statistic, 0 or more, of each of two or more imputations, not "
            f"{statistics!r}"
        )
    if not isinstance(df, int) or df < 1:
        raise UserError(f"df must be a whole number from 1 up, but is {df!r}")
    count = values.size
    increase = (1.0 + 1.0 / count) * float(np.var(np.sqrt(values), ddof=1))
    increase = increase if increase > 1e-24 * (1.0 + values.max()) else 0.0
    f_value = (values.mean() / df - (count + 1) / (count - 1) * increase) / (1.0 + increase)
    df_denominator = (
        df ** (-3.0 / count) * (count - 1) * (1.0 + 1.0 / increase) ** 2 if increase else math.inf
    )
    return _result(term, "D2", float(f_value), df, df_denominator, count, increase)


def _result(
    term: str, method: str, f_value: float, size: int, df: float, count: int, increase: float
) -> PooledTest:
    return PooledTest(
        term=term, df_numerator=size, df_denominator=df, f_value=f_value,
        p_value=f_test_p_value(max(f_value, 0.0), size, df), method=method, n_imputations=count,
        relative_increase=increase,
    )  # fmt: skip


def _shape(values: Array, matrices: Array) -> tuple[int, int]:
    if values.ndim == 2 and min(values.shape) and len(values) > 1:
        count, size = values.shape
        if matrices.shape == (count, size, size):
            return count, size
    raise UserError(
        "D1 needs k estimates and their k by k covariance matrix of each of two or more "
        f"imputations, but the shapes are {values.shape} and {matrices.shape}"
    )


def _unit_diagonal(matrix: Array) -> Array:
    """Return a covariance matrix as correlations, 0 where there is no variance."""
    variances = np.diag(matrix)
    scale = np.where(variances > 0, 1.0 / np.sqrt(np.where(variances > 0, variances, 1.0)), 0.0)
    return np.asarray(matrix * scale[:, None] * scale)


def _df_of_estimates(increase: float, size: int, count: int, df_complete: float) -> float:
    """Return the denominator df of D1."""
    if increase == 0.0:
        return float(df_complete)
    spare = size * (count - 1)
    if math.isinf(df_complete):
        if spare > 4:
            return 4.0 + (spare - 4) * (1.0 + (1.0 - 2.0 / spare) / increase) ** 2
        return spare * (1.0 + 1.0 / size) * (1.0 + 1.0 / increase) ** 2 / 2.0
    if spare < 4:
        raise UserError(
            f"the joint test of {size} estimates with {df_complete:g} degrees of freedom needs "
            f"{math.ceil(4 / size) + 1} or more imputations, but there are {count}"
        )
    if spare == 4:
        return 4.0  # the limit of what follows
    # Reiter's a and nu*, in the two differences that recur
    ratio = increase * spare / (spare - 2.0)
    observed = (df_complete + 1.0) / (df_complete + 3.0) * df_complete
    two, four = observed - 2.0 * (1.0 + ratio), observed - 4.0 * (1.0 + ratio)
    if four <= 0.0:
        raise UserError(
            f"the joint test is not estimable, because {df_complete:g} degrees of freedom are too "
            f"few for a relative increase in variance of {increase:.2g}"
        )
    share = ratio / (1.0 + ratio)
    terms = (
        share**2 * two / four
        + 8.0 * ratio * share * two / four**2
        + 4.0 * ratio * share / four
        + 4.0 * ratio**2 / (four * two)
        + 16.0 * ratio**2 * two / four**3
        + 8.0 * ratio**2 / four**2
    )
    return 4.0 + 1.0 / (1.0 / four + terms / (spare - 4.0))

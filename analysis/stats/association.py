"""General association of arms and outcomes over strata: the Cochran-Mantel-Haenszel test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.stats._checks import Array, as_names
from analysis.stats._comparison import Tabular
from analysis.stats.laws import chi2_sf
from analysis.stats.two_arm_tables import patients


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralAssociation(Tabular):
    """A test of any association of two or more arms with two or more outcomes, over strata.

    Attributes
    ----------
    chi_squared, p_value : float or None
        Statistic and p-value; None when no stratum is informative.
    df : int
        Degrees of freedom: arms − 1 times outcomes − 1, fewer where strata leave combinations out.
    n : int
        Patients.
    n_strata, n_strata_left_out : int
        Strata used, and strata left out because all have one arm or one outcome.
    reason : str
        Why there is no test; empty otherwise.
    """

    chi_squared: float | None
    df: int
    p_value: float | None
    n: int
    n_strata: int
    n_strata_left_out: int
    reason: str


def general_association(
    data: pd.DataFrame, *, arm: str, outcome: str, by: str | Sequence[str] = ()
) -> GeneralAssociation:
    """Test whether any arm differs from another in any outcome, within strata.

    H0: within every stratum arm and outcome are independent; H1: they are associated.

    Parameters
    ----------
    data : pandas.DataFrame
        One row a patient.
    arm, outcome : str
        Columns of the arms and of the outcomes, two or more of each, in no order.
    by : str or sequence of str, optional
        Columns of strata.

    Returns
    -------
    GeneralAssociation

    Raises
    ------
    UserError
        When a column is not there or a value is missing.

    Notes
    -----
    The counts of each stratum have the multiple hypergeometric distribution under H0. Their
    differences from what is expected are summed over strata and divided by the sum of their
    covariance matrices. With two arms and two outcomes it is the uncorrected test of
    `mantel_haenszel`.

    References
    ----------
    Landis, J. R., Heyman, E. R., & Koch, G. G. (1978). Average partial association in three-way
    contingency tables: a review and discussion of alternative tests. International Statistical
    Review, 46(3), 237-254.

    Examples
    --------
    One stratum of 10/20 v 5/20: 39/40 of Pearson's chi-squared, 8/3.

    >>> trial = pd.DataFrame({"arm": ["new"] * 20 + ["old"] * 20,
    ...                       "cured": [1] * 10 + [0] * 10 + [1] * 5 + [0] * 15})
    >>> found = general_association(trial, arm="arm", outcome="cured")
    >>> round(found.chi_squared, 6), found.df
    (2.6, 1)
    """
    frame, names = patients(data, arm, outcome, as_names(by))
    arms, outcomes = (pd.factorize(frame[name])[0] for name in ("arm", "outcome"))
    shape = arms.max() + 1, outcomes.max() + 1
    stratum = frame.groupby(names, observed=True).ngroup().to_numpy() if names else 0 * arms
    tables = np.zeros((stratum.max() + 1, *shape))
    np.add.at(tables, (stratum, arms, outcomes), 1.0)
    used = [table for table in tables if (table.any(0).sum() > 1) and (table.any(1).sum() > 1)]
    given = {"n": len(frame), "n_strata": len(used), "n_strata_left_out": len(tables) - len(used)}
    if not used:
        return GeneralAssociation(
            chi_squared=None, df=0, p_value=None, **given,
            reason="no stratum has two arms and two outcomes, so there is nothing to compare",
        )  # fmt: skip
    distance, covariance = (np.sum(part, axis=0) for part in zip(*map(_moments, used), strict=True))
    # a combination that no stratum can vary adds no degree of freedom
    df = int(np.linalg.matrix_rank(covariance, hermitian=True))
    chi_squared = float(distance @ np.linalg.pinv(covariance, hermitian=True) @ distance)
    return GeneralAssociation(
        chi_squared=chi_squared, df=df, p_value=float(chi2_sf(chi_squared, df)), **given, reason=""
    )


def _moments(table: Array) -> tuple[Array, Array]:
    """Return the counts less their expectation, and their covariance, without the last of each."""
    n, rows, columns = table.sum(), table.sum(axis=1), table.sum(axis=0)
    expected = np.outer(rows, columns) / n
    spread_rows, spread_columns = (
        n * np.diag(total)[:-1, :-1] - np.outer(total, total)[:-1, :-1] for total in (rows, columns)
    )
    covariance = np.kron(spread_rows, spread_columns) / (n**2 * (n - 1))
    return (table - expected)[:-1, :-1].ravel(), covariance

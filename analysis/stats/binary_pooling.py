"""Rubin's rules for a binary endpoint: risk difference and log odds ratio of imputed data."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from analysis.errors import UserError
from analysis.stats._checks import Array, check_level
from analysis.stats._words import meant
from analysis.stats.binary_imputation import BinaryImputations
from analysis.stats.rubin import PooledEstimate, pool_rubin

BINARY_MEASURES = ("difference", "log odds ratio")


def pool_binary(
    found: BinaryImputations,
    *,
    arm: Hashable,
    reference: Hashable,
    measure: str,
    level: float,
) -> PooledEstimate:
    """Pool the comparison of two arms over imputed data sets by Rubin's rules.

    Parameters
    ----------
    found : BinaryImputations
        From :func:`analysis.stats.impute_binary`.
    arm, reference : hashable
        The arm that is compared, and the one that it is compared with.
    measure : {'difference', 'log odds ratio'}
        Risk difference with Wald's variance p₁(1 − p₁)/n₁ + p₂(1 − p₂)/n₂, or log odds ratio with
        Woolf's, the sum of one over the four counts; both not adjusted for covariates.
    level : float
        Confidence level.

    Returns
    -------
    PooledEstimate
        With Rubin's (1987) degrees of freedom: of complete data these analyses have infinitely
        many. The limits of a log odds ratio are on the log scale.

    Raises
    ------
    UserError
        If an arm is unknown, or a variance is 0 or infinite in a completed data set.

    Notes
    -----
    Rubin's rules take a variance and a symmetric interval, so score and Newcombe intervals cannot
    be pooled by them. Adjusted effects are pooled from the completed data sets:
    ``found.completed(i)`` and :func:`analysis.stats.pool_rubin`.

    References
    ----------
    Rubin DB (1987). Multiple Imputation for Nonresponse in Surveys. Wiley.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.stats import impute_binary
    >>> trial = pd.DataFrame({"arm": ["new", "old"] * 30,
    ...                       "cured": [1, 0, 1, 0, 1, 1, 0, 0, 1, 0] * 6})
    >>> found = impute_binary(trial, response="cured", event=1, arm="arm", method="mar",
    ...                       n_imputations=2, seed=1)
    >>> same = pool_binary(found, arm="new", reference="old", measure="difference", level=0.95)
    >>> round(same.estimate, 3), round(same.lower, 3), round(same.upper, 3), same.missing_fraction
    (0.6, 0.398, 0.802, 0.0)
    """
    check_level(level)
    measure = meant("measure", measure, BINARY_MEASURES)
    if arm == reference:
        raise UserError(f"arm must be another than the reference '{reference}'")
    (x1, n1), (x2, n2) = _events(found, arm), _events(found, reference)
    if measure == "difference":
        estimates, variances = x1 / n1 - x2 / n2, _wald(x1, n1) + _wald(x2, n2)
        if not variances.all():
            where = int(np.argmin(variances))
            raise UserError(
                f"the risk difference is not estimable by Rubin's rules, because in imputation "
                f"{where + 1} of {len(x1)} all of each arm have the same outcome, so that Wald's "
                "variance is 0: compare the observed, or count the missing as without the event, "
                "by a score interval"
            )
    else:
        cells = np.stack([x1, n1 - x1, x2, n2 - x2])
        if not cells.all():
            where = int(np.argmin(cells.min(axis=0)))
            raise UserError(
                f"the log odds ratio is not estimable by Rubin's rules, because in imputation "
                f"{where + 1} of {len(x1)} nobody or everybody of an arm has the event: pool the "
                "risk difference"
            )
        estimates = np.log(x1) + np.log(n2 - x2) - np.log(n1 - x1) - np.log(x2)
        variances = (1.0 / cells).sum(axis=0)
    return pool_rubin(
        estimates.tolist(), np.sqrt(variances).tolist(), df_complete=np.inf, level=level,
        label=f"{measure}, {arm} against {reference}",
    )  # fmt: skip


def _events(found: BinaryImputations, arm: Hashable) -> tuple[Array, int]:
    """Return how many of an arm have the event in each imputation, and of how many."""
    own = (found.frame[found.arm] == arm).to_numpy(dtype=bool)
    if not own.any():
        raise UserError(f"no arm is {arm!r}: the arms are {', '.join(map(repr, found.n_missing))}")
    return found.events[:, own].sum(axis=1).astype(float), int(own.sum())


def _wald(x: Array, n: int) -> Array:
    """Return Wald's variance of proportions."""
    return np.asarray(x / n * (1.0 - x / n) / n)

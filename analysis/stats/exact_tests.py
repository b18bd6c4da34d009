"""Exact tests of two proportions, for one table or many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.brief import brief
from analysis.stats._checks import Array, two_arm_counts
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant
from analysis.stats.fisher import fisher_p_values

EXACT_METHODS = ("fisher", "boschloo", "barnard")
ALTERNATIVES = ("two-sided", "less", "greater")


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class ExactTest(Tabular):
    """Exact p-values, of the shape of the input.

    Attributes
    ----------
    p_value
        1 where neither arm, or every patient, has the event: such a table says nothing.
    method
        ``"fisher"``, ``"boschloo"`` or ``"barnard"``.
    alternative
        ``"two-sided"``, ``"less"`` (arm 1 has fewer events) or ``"greater"``.
    """

    p_value: Array
    method: str
    alternative: str


def exact_test(
    events_1: ArrayLike,
    n_1: ArrayLike,
    events_2: ArrayLike,
    n_2: ArrayLike,
    *,
    method: str,
    alternative: str,
) -> ExactTest:
    """Test equal proportions exactly.

    H0: p1 = p2; H1: p1 ≠ p2, p1 < p2 or p1 > p2.

    Parameters
    ----------
    events_1, events_2
        Patients with the event in each arm, whole numbers; one value or an array of tables.
    n_1, n_2
        Patients in each arm, 1 or more; broadcast against the events.
    method
        ``"fisher"`` (conditional on the total of events; conservative), ``"boschloo"``
        (unconditional, never less powerful than Fisher's) or ``"barnard"`` (unconditional,
        pooled Wald statistic).
    alternative
        ``"two-sided"``, ``"less"`` or ``"greater"``.

    Returns
    -------
    ExactTest
        The p-values.

    Raises
    ------
    UserError
        When a count is impossible or a choice unknown.

    Notes
    -----
    The two-sided Fisher test adds the tables that are no more likely than the observed one, as R
    and SAS do, for all tables together; see `analysis.stats.fisher`. scipy computes the others,
    equal tables once.

    Examples
    --------
    >>> t = exact_test(3, 4, 1, 4, method="fisher", alternative="two-sided")
    >>> round(float(t.p_value), 4)
    0.4857
    """
    method = meant("method", method, EXACT_METHODS)
    alternative = meant("alternative", alternative, ALTERNATIVES)
    if (method, alternative) == ("fisher", "two-sided"):
        p_value = fisher_p_values(events_1, n_1, events_2, n_2)
        return ExactTest(p_value=p_value, method=method, alternative=alternative)
    arms = np.stack(two_arm_counts(events_1, n_1, events_2, n_2))
    distinct, position = np.unique(arms.reshape(4, -1), axis=1, return_inverse=True)
    p_values = np.array([_p_value(table, method, alternative) for table in distinct.T])
    return ExactTest(
        p_value=p_values[position].reshape(arms.shape[1:]), method=method, alternative=alternative
    )


def _p_value(counts: Array, method: str, alternative: str) -> float:
    """Give the p-value of one table."""
    x1, n1, x2, n2 = counts
    if x1 + x2 in (0, n1 + n2):
        return 1.0
    from scipy import stats

    # scipy's columns are the groups for the unconditional tests; for Fisher's it is all one.
    table = np.array([[x1, x2], [n1 - x1, n2 - x2]], dtype=int)
    test = {
        "fisher": stats.fisher_exact,
        "boschloo": stats.boschloo_exact,
        "barnard": stats.barnard_exact,
    }[method]
    return float(min(test(table, alternative=alternative).pvalue, 1.0))

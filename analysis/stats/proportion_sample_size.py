"""Sample size for two proportions: non-inferiority and equivalence, by score tests."""

from __future__ import annotations

from functools import partial

from analysis.stats._checks import check_number
from analysis.stats.proportion_power import (
    power_proportions,
    power_proportions_equivalence,
    share,
)
from analysis.stats.sample_size import (
    SampleSize,
    refuse_no_better,
    refuse_outside,
    smallest_trial,
)


def sample_size_proportions(
    *,
    power: float,
    proportion_test: float,
    proportion_reference: float,
    margin: float,
    direction: str,
    alpha: float,
    allocation: float,
    dropout: float,
) -> SampleSize:
    """Find the smallest trial that shows non-inferiority of a proportion with a given power.

    Parameters
    ----------
    power
        Power wanted, a fraction between alpha and 1.
    proportion_test, proportion_reference, margin, direction, alpha
        As for `power_proportions`, with its normal approximation.
    allocation
        Patients on test for each on reference; the test arm is rounded up.
    dropout
        Expected share of randomised patients without a value, 0 to below 1.

    Returns
    -------
    SampleSize
        Patients analysed and randomised, and the power reached.

    Raises
    ------
    UserError
        When the assumed difference is no better than the margin, or an input is out of range.

    References
    ----------
    Farrington CP, Manning G (1990). Test statistics and sample size formulae for comparative
    binomial trials with null hypothesis of non-zero risk difference or non-unity relative risk.
    Stat Med 9:1447-1454.

    Examples
    --------
    >>> s = sample_size_proportions(power=0.8, proportion_test=0.3, proportion_reference=0.3,
    ...                             margin=0.1, direction="higher", alpha=0.025, allocation=1,
    ...                             dropout=0)
    >>> s.n_total
    658
    """
    check_number("margin", margin, at_least=0, below=1)
    refuse_no_better(_difference(proportion_test, proportion_reference), margin, direction)
    reached = partial(
        power_proportions, proportion_test=proportion_test, margin=margin, direction=direction,
        proportion_reference=proportion_reference, method="farrington-manning",
    )  # fmt: skip
    return smallest_trial(reached, power, alpha, allocation, dropout)


def sample_size_proportions_equivalence(
    *,
    power: float,
    proportion_test: float,
    proportion_reference: float,
    margins: tuple[float, float],
    alpha: float,
    allocation: float,
    dropout: float,
) -> SampleSize:
    """Find the smallest trial that shows equivalence of proportions with a given power.

    Parameters
    ----------
    power, allocation, dropout
        As for `sample_size_proportions`.
    proportion_test, proportion_reference, margins, alpha
        As for `power_proportions_equivalence`, with its normal approximation.

    Returns
    -------
    SampleSize
        Patients analysed and randomised, and the power reached.

    Raises
    ------
    UserError
        When the assumed difference is not between the margins, or an input is out of range.

    References
    ----------
    Farrington CP, Manning G (1990). Test statistics and sample size formulae for comparative
    binomial trials with null hypothesis of non-zero risk difference or non-unity relative risk.
    Stat Med 9:1447-1454.

    Examples
    --------
    >>> s = sample_size_proportions_equivalence(
    ...     power=0.9, proportion_test=0.8, proportion_reference=0.8, margins=(-0.15, 0.15),
    ...     alpha=0.025, allocation=2, dropout=0.1)
    >>> s.n_test, s.n_reference, s.enrolled_total
    (284, 142, 474)
    """
    refuse_outside(_difference(proportion_test, proportion_reference), margins)
    reached = partial(
        power_proportions_equivalence, proportion_test=proportion_test, margins=margins,
        proportion_reference=proportion_reference, method="farrington-manning",
    )  # fmt: skip
    return smallest_trial(reached, power, alpha, allocation, dropout)


def _difference(proportion_test: float, proportion_reference: float) -> float:
    """Return the assumed difference of two proportions, each checked."""
    test = share("proportion_test", proportion_test)
    return test - share("proportion_reference", proportion_reference)

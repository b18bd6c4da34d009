"""Sample size for two parallel groups: non-inferiority and equivalence of means."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import check_margins, check_number
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant
from analysis.stats.power import Power, power_equivalence, power_noninferiority

LARGEST = 10_000_000
"""Patients in the reference arm beyond which a design is called infeasible."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize(Tabular):
    """The smallest design that reaches a power.

    Attributes
    ----------
    n_test, n_reference, n_total
        Patients with a value at the end.
    enrolled_test, enrolled_reference, enrolled_total
        Patients to be randomised, allowing for dropout.
    power, target
        Power reached, and power asked for, fractions.
    allocation
        Test over reference, as asked for.
    dropout
        Expected share of randomised patients without a value.
    alpha
        One-sided level of each test.
    method
        How the power was computed.
    """

    n_test: int
    n_reference: int
    n_total: int
    enrolled_test: int
    enrolled_reference: int
    enrolled_total: int
    power: float
    target: float
    allocation: float
    dropout: float
    alpha: float
    method: str


def sample_size_noninferiority(
    *,
    power: float,
    sd: float,
    difference: float,
    margin: float,
    direction: str,
    alpha: float,
    allocation: float,
    dropout: float,
) -> SampleSize:
    """Find the smallest trial that shows non-inferiority of a mean with a given power.

    Parameters
    ----------
    power
        Power wanted, a fraction between alpha and 1.
    sd, difference, margin, direction, alpha
        As for `power_noninferiority`.
    allocation
        Patients on test for each on reference: 1, 2, 0.5 …; the test arm is rounded up.
    dropout
        Expected share of randomised patients without a value, 0 to below 1.

    Returns
    -------
    SampleSize
        Patients analysed and randomised, and the power reached.

    Raises
    ------
    UserError
        When the assumed difference is at the margin or worse, so that no size has power, or an
        input is out of range.

    Examples
    --------
    >>> s = sample_size_noninferiority(power=0.9, sd=1.0, difference=0.0, margin=0.5,
    ...     direction="higher", alpha=0.025, allocation=1, dropout=0.1)
    >>> s.n_total, s.enrolled_total
    (172, 192)
    """
    refuse_no_better(check_number("difference", difference), margin, direction)
    reached = partial(
        power_noninferiority, sd=sd, difference=difference, margin=margin, direction=direction
    )
    return smallest_trial(reached, power, alpha, allocation, dropout)


def sample_size_equivalence(
    *,
    power: float,
    sd: float,
    difference: float,
    margins: tuple[float, float],
    alpha: float,
    allocation: float,
    dropout: float,
) -> SampleSize:
    """Find the smallest trial that shows equivalence of means with a given power.

    Parameters
    ----------
    power
        Power wanted, a fraction between alpha and 1.
    sd, difference, margins, alpha
        As for `power_equivalence`.
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
        When the assumed difference is not between the margins, or an input is out of range.

    Examples
    --------
    One patient fewer in an arm would not do.

    >>> from analysis.stats import power_equivalence
    >>> design = {"sd": 2.5, "difference": 0.0, "margins": (-1.2, 1.2), "alpha": 0.05}
    >>> s = sample_size_equivalence(power=0.8, allocation=1, dropout=0.0, **design)
    >>> less = power_equivalence(n_test=s.n_test - 1, n_reference=s.n_reference - 1, **design)
    >>> less.power < 0.8 <= s.power
    True
    """
    refuse_outside(check_number("difference", difference), margins)
    reached = partial(power_equivalence, sd=sd, difference=difference, margins=margins)
    return smallest_trial(reached, power, alpha, allocation, dropout)


def refuse_no_better(difference: float, margin: float, direction: str) -> None:
    """Refuse an assumed difference at the margin or worse: no size has power."""
    better = meant("direction", direction, ("higher", "lower")) == "higher"
    gain = difference if better else -difference
    if gain <= -check_number("margin", margin, at_least=0):
        raise UserError(
            f"the assumed difference {difference:g} is no better than the margin {margin:g}, so no "
            "sample size gives power; change the assumption or the margin."
        )


def refuse_outside(difference: float, margins: tuple[float, float]) -> None:
    """Refuse an assumed difference that is not between the margins: no size has power."""
    low, high = check_margins(margins)
    if not low < difference < high:
        raise UserError(
            f"the assumed difference {difference:g} is not between the margins {low:g} and "
            f"{high:g}, so no sample size gives power; change the assumption or the margins."
        )


def smallest_trial(
    reached: Callable[..., Power],
    target: float,
    alpha: float,
    allocation: float,
    dropout: float,
) -> SampleSize:
    """Return the smallest design as it is reported, with those who are to be randomised."""
    check_number("alpha", alpha, above=0, below=0.5)
    check_number("power", target, above=alpha, below=1)
    check_number("allocation", allocation, above=0)
    check_number("dropout", dropout, at_least=0, below=1)

    best = fewest(partial(reached, alpha=alpha), target, allocation=allocation)
    enrolled = [round_up(n / (1 - dropout)) for n in (best.n_test, best.n_reference)]
    return SampleSize(
        n_test=best.n_test, n_reference=best.n_reference, n_total=best.n_test + best.n_reference,
        enrolled_test=enrolled[0], enrolled_reference=enrolled[1], enrolled_total=sum(enrolled),
        power=best.power, target=target, allocation=allocation, dropout=dropout, alpha=alpha,
        method=best.method,
    )  # fmt: skip


def fewest(
    reached: Callable[..., Power], target: float, *, allocation: float, least: int = 1
) -> Power:
    """Search for the fewest reference patients that reach a power, by doubling and halving.

    Parameters
    ----------
    reached
        Takes ``n_test`` and ``n_reference`` and returns the power of that design.
    target
        Power wanted, a fraction.
    allocation
        Patients on test for each on reference; the test arm is rounded up.
    least
        Patients of the reference arm below which there is no design.

    Raises
    ------
    UserError
        If no size up to `LARGEST` reaches it.

    Examples
    --------
    >>> reached = partial(power_noninferiority, sd=1.0, difference=0.0, margin=0.5,
    ...                   direction="higher", alpha=0.025)
    >>> fewest(reached, 0.9, allocation=1).n_reference
    86
    """

    def at(n_reference: int) -> Power:
        return reached(n_test=round_up(allocation * n_reference), n_reference=n_reference)

    high = max(2, least)
    while at(high).power < target:
        high *= 2
        if high > LARGEST:
            raise UserError(
                f"more than {LARGEST:,} patients in the reference arm would be needed; widen the "
                "margin or check the assumptions."
            )
    low = max(high // 2, least - 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle).power >= target else (middle, high)
    return at(high)


def round_up(number: float) -> int:
    """Round up, but not for a representation error: 0.1 · 30 is 3.0000000000000004."""
    return max(math.ceil(number * (1 - 1e-12)), 1)

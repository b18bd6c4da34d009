"""Unblinded re-estimation of a sample size: inverse-normal combination and conditional power."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from scipy import special

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import check_number
from analysis.stats._comparison import Tabular
from analysis.stats.laws import normal_isf
from analysis.stats.power import check_arms
from analysis.stats.sample_size import round_up


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Combination(Tabular):
    """Two stages as one test.

    Attributes
    ----------
    z, p_value
        Combined standard normal statistic, and its one-sided p-value.
    weight_first, weight_second
        Weights of the stages; their squares sum to 1.
    shown
        Whether the statistic reaches the critical value.
    """

    z: float
    p_value: float
    weight_first: float
    weight_second: float
    shown: bool


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalPower(Tabular):
    """What the second stage will bring, given the first.

    Attributes
    ----------
    power
        Probability that the combined statistic reaches the critical value, a fraction.
    n_test, n_reference
        Patients of the second stage.
    n_test_exact, n_reference_exact
        The same before rounding up, where they were sought.
    effect
        Distance of the true difference from the hypothesis that was used, in the unit of the
        endpoint.
    """

    power: float
    n_test: int
    n_reference: int
    n_test_exact: float
    n_reference_exact: float
    effect: float


def combine_stages(
    z_first: float, z_second: float, *, weight_first: float, critical: float
) -> Combination:
    """Combine the statistics of two stages by the inverse normal method.

    H0: neither stage has an effect. With weights that are fixed before the first stage is seen,
    the level holds however the size of the second was chosen.

    Parameters
    ----------
    z_first, z_second
        Standard normal statistics of the stages, each from its own patients only; of a t test the
        normal quantile of its one-sided p-value.
    weight_first
        Weight of the first stage, between 0 and 1; the planned share of its information, its root.
        The squares of both weights sum to 1.
    critical
        Bound of the final analysis, for example of `design_group_sequential`.

    Returns
    -------
    Combination
        Statistic, p-value and whether the bound is reached.

    Raises
    ------
    UserError
        When an input is out of range.

    References
    ----------
    Lehmacher W, Wassmer G (1999). Adaptive sample size calculations in group sequential trials.
    Biometrics 55:1286-1290.

    Examples
    --------
    >>> combine_stages(1.5, 1.4, weight_first=0.5**0.5, critical=1.9774)
    Combination
      z              2.05061
      p_value        0.0201525
      weight_first   0.707107
      weight_second  0.707107
      shown          True
    """
    first, second = _weights(weight_first)
    z = first * check_number("z_first", z_first) + second * check_number("z_second", z_second)
    check_number("critical", critical)
    return Combination(
        z=z, p_value=float(special.ndtr(-z)), weight_first=first, weight_second=second,
        shown=z >= critical,
    )  # fmt: skip


def conditional_power(
    *,
    z_first: float,
    n_test: int,
    n_reference: int,
    sd: float,
    effect: float,
    weight_first: float,
    critical: float,
) -> ConditionalPower:
    """Compute the probability of success given the first stage, for a second of given size.

    Parameters
    ----------
    z_first, weight_first, critical
        As for `combine_stages`.
    n_test, n_reference
        Patients of the second stage, 1 or more an arm.
    sd
        Standard deviation of the endpoint, above 0.
    effect
        How far the true difference is assumed to be on the good side of the hypothesis, in the
        unit of the endpoint: for non-inferiority the difference plus the margin.

    Returns
    -------
    ConditionalPower
        Conditional power for a known SD.

    Raises
    ------
    UserError
        When an input is out of range.

    References
    ----------
    Lehmacher W, Wassmer G (1999). Adaptive sample size calculations in group sequential trials.
    Biometrics 55:1286-1290.

    Examples
    --------
    >>> c = conditional_power(z_first=1.5, n_test=50, n_reference=50, sd=2.5, effect=0.75,
    ...                       weight_first=0.5**0.5, critical=1.977431)
    >>> round(c.power, 4)
    0.5806
    """
    check_arms(n_test, n_reference)
    needed = _needed(z_first, weight_first, critical)
    check_number("sd", sd, above=0)
    distance = check_number("effect", effect) / (sd * math.sqrt(1 / n_test + 1 / n_reference))
    return ConditionalPower(
        power=float(special.ndtr(distance - needed)), n_test=int(n_test),
        n_reference=int(n_reference), n_test_exact=float(n_test),
        n_reference_exact=float(n_reference), effect=effect,
    )  # fmt: skip


def reestimate_unblinded(
    *,
    power: float,
    z_first: float,
    sd: float,
    effect: float,
    weight_first: float,
    critical: float,
    allocation: float,
    n_most: int,
) -> ConditionalPower:
    """Find the size of the second stage that has a conditional power.

    Parameters
    ----------
    power
        Conditional power wanted, a fraction.
    z_first, sd, effect, weight_first, critical
        As for `conditional_power`; the effect that was observed is `z_first` times the standard
        error of the first stage.
    allocation
        Patients on test for each on reference; both arms are rounded up, down where the most bind.
    n_most
        Most patients of the second stage in total.

    Returns
    -------
    ConditionalPower
        Size of the second stage, no more than the most, and the conditional power that it has.

    Raises
    ------
    UserError
        When an input is out of range, or the assumed effect is not on the good side.

    References
    ----------
    Lehmacher W, Wassmer G (1999). Adaptive sample size calculations in group sequential trials.
    Biometrics 55:1286-1290.

    Examples
    --------
    The observed effect of 50 patients an arm with an SD of 2.5:

    >>> c = reestimate_unblinded(power=0.8, z_first=1.5, sd=2.5, effect=1.5 * 2.5 * (2 / 50) ** 0.5,
    ...                          weight_first=0.5**0.5, critical=1.977431, allocation=1, n_most=400)
    >>> c.n_test, round(c.n_test_exact, 2), round(c.power, 4)
    (102, 101.59, 0.8012)
    """
    check_number("power", power, above=0, below=1)
    check_number("sd", sd, above=0)
    check_number("allocation", allocation, above=0)
    most = check_number("n_most", n_most, at_least=2)
    if check_number("effect", effect) <= 0:
        raise UserError(
            f"an effect of {effect:g} is not on the good side of the hypothesis, so that no second "
            "stage has power; stop, or assume another effect."
        )
    distance = max(_needed(z_first, weight_first, critical) + float(normal_isf(1 - power)), 0.0)
    exact = (distance * sd / effect) ** 2 * (1 + 1 / allocation)
    arms = allocation * exact, exact
    if sum(arms) > most:
        arms = allocation * most / (1 + allocation), most / (1 + allocation)
    test, reference = (round_up(n) if sum(arms) < most else math.floor(n) for n in arms)
    found = conditional_power(
        z_first=z_first, n_test=max(test, 1), n_reference=max(reference, 1), sd=sd, effect=effect,
        weight_first=weight_first, critical=critical,
    )  # fmt: skip
    return replace(found, n_test_exact=allocation * exact, n_reference_exact=exact)


def _weights(first: float) -> tuple[float, float]:
    check_number("weight_first", first, above=0, below=1)
    return first, math.sqrt(1 - first**2)


def _needed(z_first: float, weight_first: float, critical: float) -> float:
    """Return the statistic of the second stage that is enough."""
    first, second = _weights(weight_first)
    return (check_number("critical", critical) - first * check_number("z_first", z_first)) / second

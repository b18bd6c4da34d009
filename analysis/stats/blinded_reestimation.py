"""Blinded re-estimation of a sample size: from a plan to the rule that it follows."""

from __future__ import annotations

import numpy as np
from scipy import special

from analysis.errors import UserError
from analysis.stats._checks import Array, check_number
from analysis.stats._words import meant
from analysis.stats.blinded_rule import BlindedRule, whole
from analysis.stats.laws import normal_isf, t_isf


def plan_blinded_reestimation(
    *,
    n_first: int,
    n_least: int,
    n_most: int,
    power: float,
    difference: float,
    margin: float,
    direction: str,
    alpha: float,
    allocation: float,
    adjust: bool,
    formula: str,
) -> BlindedRule:
    """Make the rule by which a trial finds its size anew from a blinded look at its SD.

    H0: the difference is at the margin or worse; H1: it is better. The final analysis is the t
    test of all patients, as if the size had been planned.

    Parameters
    ----------
    n_first
        Patients of the look, both arms, at least 4.
    n_least, n_most
        Fewest and most patients in total that the protocol allows; the fewest is `n_first` or more.
    power, difference, margin, direction, alpha, allocation
        As for `sample_size_noninferiority`: they do not change.
    adjust
        Whether the part of the variance that the assumed difference makes is taken off.
    formula
        ``"t"``: as many patients as the t test needs; ``"normal"``: as many as the formula with
        normal quantiles gives, about two fewer.

    Returns
    -------
    BlindedRule
        ``.reestimate(sd_blinded)`` applies it; ``.characteristics(sd, draws=, seed=)`` simulates
        the type I error, the power and the size that it leads to.

    Raises
    ------
    UserError
        When an input is out of range.

    Notes
    -----
    Two arms that differ have a larger variance as one sample than each has: by k / (1 + k)² times
    the squared difference, times n / (n − 1). `adjust` takes that off for the assumed difference.

    A simulated trial is two normal and two chi-squared variables: the difference and the sum of
    squares of each stage (Lu 2016), so that a million of them take a second. Patients are counted
    one by one and divided by `allocation` exactly: rounding to whole patients of an arm is left
    out. With a true difference at a margin other than 0 the level is exceeded a little, because a
    small blinded variance then goes with a small difference.

    References
    ----------
    Kieser M, Friede T (2003). Simple procedures for blinded sample size adjustment that do not
    affect the type I error rate. Stat Med 22:3571-3581.

    Friede T, Kieser M (2003). Blinded sample size reassessment in non-inferiority and equivalence
    trials. Stat Med 22:995-1007.

    Lu K (2016). Distribution of the two-sample t-test statistic following blinded sample size
    re-estimation. Pharm Stat 15:208-215.

    Examples
    --------
    Planned for an SD of 3, and found 3.6:

    >>> rule = plan_blinded_reestimation(
    ...     n_first=60, n_least=110, n_most=220, power=0.9, difference=0, margin=2,
    ...     direction="higher", alpha=0.025, allocation=2, adjust=True, formula="t")
    >>> new = rule.reestimate(3.6)
    >>> new.n_total, new.n_test, new.n_reference
    (156, 104, 52)
    >>> does = rule.characteristics(3.6, draws=100_000, seed=1)
    >>> round(does.power, 2), round(does.type_1_error, 3), does.n_median
    (0.9, 0.025, 154)
    """
    formula = meant("formula", formula, ("t", "normal"))
    direction = meant("direction", direction, ("higher", "lower"))
    gain = check_number("difference", difference) * (1 if direction == "higher" else -1)
    room = gain + check_number("margin", margin, at_least=0)
    if room <= 0:
        raise UserError(
            f"the assumed difference {difference:g} is no better than the margin {margin:g}, so no "
            "sample size gives power; change the assumption or the margin."
        )
    check_number("alpha", alpha, above=0, below=0.5)
    check_number("power", power, above=alpha, below=1)
    check_number("allocation", allocation, above=0)
    first = whole("n_first", n_first, 4)
    least = whole("n_least", n_least, first)
    most = whole("n_most", n_most, least)
    share = allocation / (1 + allocation) ** 2
    sizes = np.arange(first, most + 1, dtype=float)
    return BlindedRule(
        n_first=first, n_least=least, n_most=most, power=power, alpha=alpha, allocation=allocation,
        formula=formula, gain=gain, margin=margin,
        removed=share * gain**2 * first / (first - 1) if adjust else 0.0,
        variances=share * sizes * (room / _noncentralities(formula, sizes - 2, power, alpha)) ** 2,
    )  # fmt: skip


def _noncentralities(formula: str, df: Array, power: float, alpha: float) -> Array:
    """Return how many standard errors the truth must be from the margin, to have the power."""
    if formula == "normal":
        return np.full(df.shape, float(normal_isf(alpha) + normal_isf(1 - power)))
    return np.asarray(special.nctdtrinc(df, 1 - power, t_isf(alpha, df)), dtype=float)

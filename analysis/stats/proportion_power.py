"""Power for two proportions: non-inferiority and equivalence, by score tests."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from analysis.errors import UserError
from analysis.stats._checks import Array, check_margins, check_number
from analysis.stats._score import difference_variance
from analysis.stats._words import meant
from analysis.stats.laws import normal_isf
from analysis.stats.power import Power, check_arms

METHODS = {
    "farrington-manning": "normal approximation of Farrington and Manning",
    "exact": "exact, all tables that the score test rejects",
}
MOST_TABLES = 20_000_000
"""Tables beyond which the exact power is refused."""
_NEGLIGIBLE = 1e-14
"""Probability of an outcome in one arm below which its tables are left out."""


def power_proportions(
    *,
    n_test: int,
    n_reference: int,
    proportion_test: float,
    proportion_reference: float,
    margin: float,
    direction: str,
    alpha: float,
    method: str,
) -> Power:
    """Compute the power to show non-inferiority of a proportion.

    With ``direction="higher"``: H0: test − reference ≤ −margin; H1: it is above. With ``"lower"``:
    H0: test − reference ≥ margin; H1: it is below.

    Parameters
    ----------
    n_test, n_reference
        Patients analysed, 1 or more an arm.
    proportion_test, proportion_reference
        Assumed true proportions, between 0 and 1.
    margin
        Non-inferiority margin as a difference of proportions, 0 to below 1; with 0 the hypothesis
        is that of superiority.
    direction
        Which proportions are better, ``"higher"`` or ``"lower"``.
    alpha
        One-sided level, usually 0.025.
    method
        ``"farrington-manning"``: the normal approximation with the variance under either
        hypothesis; ``"exact"``: the sum over all tables that the score test rejects.

    Returns
    -------
    Power
        Power of the score test of Farrington and Manning.

    Raises
    ------
    UserError
        When an input is out of range.

    References
    ----------
    Farrington CP, Manning G (1990). Test statistics and sample size formulae for comparative
    binomial trials with null hypothesis of non-zero risk difference or non-unity relative risk.
    Stat Med 9:1447-1454.

    Examples
    --------
    >>> design = {"n_test": 329, "n_reference": 329, "proportion_test": 0.3,
    ...           "proportion_reference": 0.3, "margin": 0.1, "direction": "higher",
    ...           "alpha": 0.025}
    >>> p = power_proportions(**design, method="exact")
    >>> round(p.power, 7)
    0.8005762
    >>> round(power_proportions(**design, method="farrington-manning").power, 3)
    0.8
    """
    better = meant("direction", direction, ("higher", "lower"))
    low = -check_number("margin", margin, at_least=0, below=1)
    given = proportion_test, proportion_reference
    if better == "lower":  # whoever has no event is a success
        given = 1 - proportion_test, 1 - proportion_reference
    return _power((low, math.inf), given, n_test, n_reference, alpha, method)


def power_proportions_equivalence(
    *,
    n_test: int,
    n_reference: int,
    proportion_test: float,
    proportion_reference: float,
    margins: tuple[float, float],
    alpha: float,
    method: str,
) -> Power:
    """Compute the power to show equivalence of proportions by two one-sided tests.

    H0: test − reference ≤ lower margin or ≥ upper margin; H1: it lies between them.

    Parameters
    ----------
    n_test, n_reference, proportion_test, proportion_reference, alpha, method
        As for `power_proportions`; alpha is the level of each one-sided test.
    margins
        Lower and upper margin as differences of proportions, between −1 and 1.

    Returns
    -------
    Power
        Power of two score tests of Farrington and Manning.

    Raises
    ------
    UserError
        When an input is out of range.

    References
    ----------
    Farrington CP, Manning G (1990). Test statistics and sample size formulae for comparative
    binomial trials with null hypothesis of non-zero risk difference or non-unity relative risk.
    Stat Med 9:1447-1454.

    Examples
    --------
    >>> p = power_proportions_equivalence(
    ...     n_test=200, n_reference=200, proportion_test=0.8, proportion_reference=0.8,
    ...     margins=(-0.15, 0.15), alpha=0.025, method="exact")
    >>> round(p.power, 2)
    0.93
    """
    low, high = check_margins(margins)
    check_number("lower margin", low, above=-1)
    check_number("upper margin", high, below=1)
    return _power(
        (low, high), (proportion_test, proportion_reference), n_test, n_reference, alpha, method
    )


def share(name: str, value: float) -> float:
    """Require a proportion between 0 and 1."""
    return check_number(name, value, above=0, below=1)


def _power(
    bounds: tuple[float, float],
    proportions: tuple[float, float],
    n_test: int,
    n_reference: int,
    alpha: float,
    method: str,
) -> Power:
    """Check a design; give its power to show that the difference lies between the bounds."""
    method = meant("method", method, METHODS)
    check_number("alpha", alpha, above=0, below=0.5)
    check_arms(n_test, n_reference)
    test, reference = map(share, ("proportion_test", "proportion_reference"), proportions)
    error = math.sqrt(test * (1 - test) / n_test + reference * (1 - reference) / n_reference)
    compute = _exact if method == "exact" else _approximate
    return Power(
        power=compute(bounds, (test, reference), (int(n_test), int(n_reference)), alpha),
        n_test=int(n_test), n_reference=int(n_reference), df=None, std_error=error,
        alpha=alpha, method=METHODS[method],
    )  # fmt: skip


def _approximate(
    bounds: tuple[float, float], proportions: tuple[float, float], n: tuple[int, int], alpha: float
) -> float:
    """Return the power when the difference is normal and the proportions are as assumed."""
    p, sizes = np.array(proportions), np.array(n, dtype=float)
    (x1, x2), (n1, n2) = (p * sizes)[:, None], sizes.tolist()
    room = [_critical(bound, x1, x2, n1, n2, alpha) for bound in bounds]
    low, high = bounds[0] + float(room[0][0]), bounds[1] - float(room[1][0])
    spread = math.sqrt(float((p * (1 - p) / sizes).sum()))
    centre = proportions[0] - proportions[1]
    inside = special.ndtr((centre - low) / spread) - special.ndtr((centre - high) / spread)
    return max(float(inside), 0.0)


def _exact(
    bounds: tuple[float, float], proportions: tuple[float, float], n: tuple[int, int], alpha: float
) -> float:
    """Return the probability of all tables that both score tests reject."""
    counts, chances = zip(*(_outcomes(p, each) for p, each in zip(proportions, n, strict=True)),
                          strict=True)  # fmt: skip
    if counts[0].size * counts[1].size > MOST_TABLES:
        raise UserError(
            f"the exact power of {n[0]} v {n[1]} patients needs more than {MOST_TABLES:,} tables; "
            'use method="farrington-manning".'
        )
    x1, x2 = counts[0][:, None], counts[1][None, :]
    difference = x1 / n[0] - x2 / n[1]
    rejected = np.ones(difference.shape, dtype=bool)
    for bound, side in zip(bounds, (1, -1), strict=True):
        if math.isfinite(bound):
            distance = side * (difference - bound)
            critical = _critical(bound, x1, x2, float(n[0]), float(n[1]), alpha)
            rejected &= (distance >= critical - 1e-12) & (distance > 1e-12)
    return float(chances[0] @ rejected @ chances[1])


def _outcomes(p: float, n: int) -> tuple[Array, Array]:
    """Return the counts that a binomial variable takes, and their probabilities."""
    reach = 9 * math.sqrt(n * p * (1 - p)) + 40
    x = np.arange(max(math.floor(n * p - reach), 0), min(math.ceil(n * p + reach), n) + 1.0)
    logs = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
    chance = np.exp(logs + special.xlogy(x, p) + special.xlog1py(n - x, -p))
    kept = chance > _NEGLIGIBLE
    return x[kept], chance[kept]


def _critical(bound: float, x1: Array, x2: Array, n1: float, n2: float, alpha: float) -> Array:
    """Return how far from a bound a difference must be for the score test to reject it."""
    if not math.isfinite(bound):
        return np.zeros(np.broadcast(x1, x2).shape)
    y1, y2 = np.broadcast_arrays(x1, x2)
    variance = difference_variance(
        np.full(y1.shape, bound), y1, np.full(y1.shape, n1), y2, np.full(y1.shape, n2)
    )
    return np.asarray(float(normal_isf(alpha)) * np.sqrt(variance), dtype=float)

"""Power for two parallel groups: non-inferiority and equivalence of means."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import check_margins, check_number
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant
from analysis.stats.laws import chi_pdf, t_isf

NODES, WEIGHTS = np.polynomial.legendre.leggauss(160)


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Power(Tabular):
    """The power of a design.

    Attributes
    ----------
    power
        Probability of the positive conclusion, a fraction.
    n_test, n_reference
        Patients analysed.
    df
        Degrees of freedom of the t tests; None where the law is normal.
    std_error
        Standard error of the effect under the assumptions.
    alpha
        One-sided level of each test; the matching interval has level 1 − 2 alpha.
    method
        How the power was computed.
    """

    power: float
    n_test: int
    n_reference: int
    df: int | None
    std_error: float
    alpha: float
    method: str


def power_noninferiority(
    *,
    n_test: int,
    n_reference: int,
    sd: float,
    difference: float,
    margin: float,
    direction: str,
    alpha: float,
) -> Power:
    """Compute the power to show non-inferiority of a mean.

    With ``direction="higher"``: H0: test − reference ≤ −margin; H1: it is above. With ``"lower"``:
    H0: test − reference ≥ margin; H1: it is below.

    Parameters
    ----------
    n_test, n_reference
        Patients analysed, at least 1 an arm and 1 degree of freedom.
    sd
        Common standard deviation, above 0, in the unit of the endpoint.
    difference
        Assumed true difference, test minus reference.
    margin
        Non-inferiority margin, 0 or more; with 0 the hypothesis is that of superiority.
    direction
        Which values are better, ``"higher"`` or ``"lower"``.
    alpha
        One-sided level, usually 0.025.

    Returns
    -------
    Power
        Exact power of Student's t test.

    Raises
    ------
    UserError
        When an input is out of range.

    References
    ----------
    Julious, S. A. (2004). Sample sizes for clinical trials with normal data. Statistics in
    Medicine, 23(12), 1921-1986.

    Examples
    --------
    >>> p = power_noninferiority(n_test=64, n_reference=64, sd=1.0, difference=0.0, margin=0.5,
    ...                          direction="higher", alpha=0.025)
    >>> round(p.power, 4)
    0.8015
    """
    direction = meant("direction", direction, ("higher", "lower"))
    check_number("difference", difference)
    check_number("margin", margin, at_least=0)
    gain = difference if direction == "higher" else -difference
    # P(T > t) = P(Z + shift > t S): the integral over S of equivalence, without an upper bound.
    method = "exact, noncentral t"
    return _power((-margin, math.inf), gain, n_test, n_reference, sd, alpha, method)


def power_equivalence(
    *,
    n_test: int,
    n_reference: int,
    sd: float,
    difference: float,
    margins: tuple[float, float],
    alpha: float,
) -> Power:
    """Compute the power to show equivalence of means by two one-sided tests.

    H0: test − reference ≤ lower margin or ≥ upper margin; H1: it lies between them.

    Parameters
    ----------
    n_test, n_reference
        Patients analysed, at least 1 an arm and 1 degree of freedom.
    sd
        Common standard deviation, above 0 (of the logs for ratios).
    difference
        Assumed true difference, test minus reference (log for ratios).
    margins
        Lower and upper margin.
    alpha
        Level of each one-sided test: 0.05 for a 90% interval, 0.025 for a 95% interval.

    Returns
    -------
    Power
        Exact power, not the approximation that adds two noncentral t probabilities.

    Raises
    ------
    UserError
        When an input is out of range.

    Notes
    -----
    Given the estimated over the true SD, both tests reject when a normal variable lies in an
    interval; the power is the mean of that probability over the chi distribution (Owen's Q),
    by Gauss-Legendre quadrature.

    References
    ----------
    Owen, D. B. (1965). A special case of a bivariate non-central t-distribution. Biometrika,
    52(3-4), 437-446.

    Phillips, K. F. (1990). Power of the two one-sided tests procedure in bioequivalence. Journal
    of Pharmacokinetics and Biopharmaceutics, 18(2), 137-144.

    Examples
    --------
    >>> from math import log, sqrt
    >>> p = power_equivalence(n_test=52, n_reference=49, sd=sqrt(log(1 + 0.35**2)),
    ...                       difference=log(0.95), margins=(log(0.8), log(1.25)), alpha=0.05)
    >>> round(p.power, 7)
    0.8011186
    """
    check_number("difference", difference)
    bounds, method = check_margins(margins), "exact, Owen's Q"
    return _power(bounds, difference, n_test, n_reference, sd, alpha, method)


def _power(
    bounds: tuple[float, float],
    difference: float,
    n_test: int,
    n_reference: int,
    sd: float,
    alpha: float,
    method: str,
) -> Power:
    """Check a design; give its power to show that the difference lies between the bounds."""
    check_number("sd", sd, above=0)
    check_number("alpha", alpha, above=0, below=0.5)
    check_arms(n_test, n_reference)
    df = int(n_test) + int(n_reference) - 2
    if df < 1:
        raise UserError("n_test and n_reference must be 3 or more together, to estimate the SD.")
    std_error = sd * math.sqrt(1 / n_test + 1 / n_reference)
    return Power(
        power=between(*bounds, difference, std_error, df, alpha), n_test=int(n_test),
        n_reference=int(n_reference), df=df, std_error=std_error, alpha=alpha, method=method,
    )  # fmt: skip


def check_arms(n_test: float, n_reference: float) -> None:
    """Require whole numbers of patients, 1 or more an arm."""
    for name, n in (("n_test", n_test), ("n_reference", n_reference)):
        if check_number(name, n, at_least=1) != math.floor(n):
            raise UserError(f"{name} must be a whole number, not {n!r}.")


def between(
    low: float,
    high: float,
    difference: float,
    std_error: float,
    df: int,
    alpha: float,
    spread: float = 0.0,
) -> float:
    """Give the probability that the interval of level 1 − 2 alpha lies between two bounds.

    The true difference is normal about `difference` with the SD `spread`.
    """
    critical = float(t_isf(alpha, df))
    # S = estimated over true SD. Beyond these quantiles nothing is left of its distribution,
    # and beyond the last value the interval is wider than the bounds.
    least = math.sqrt(special.chdtri(df, 1 - 1e-16) / df)
    most = math.sqrt(special.chdtri(df, 1e-18) / df)
    most = min(most, (high - low) / (2 * critical * std_error))
    if most <= least:
        return 0.0
    s = (most + least) / 2 + (most - least) / 2 * NODES
    density = chi_pdf(s * math.sqrt(df), df) * math.sqrt(df)
    # The estimate varies about its prior mean by what it errs and by what the truth varies.
    scale = math.sqrt(1 + (spread / std_error) ** 2)
    top = ((high - difference) / std_error - critical * s) / scale
    bottom = ((low - difference) / std_error + critical * s) / scale
    # Differences of upper or of lower tails, whichever are small, so that nothing cancels.
    flip = bottom > 0
    inside = np.where(
        flip, special.ndtr(-bottom) - special.ndtr(-top), special.ndtr(top) - special.ndtr(bottom)
    )
    total = (most - least) / 2 * float(WEIGHTS @ (density * np.maximum(inside, 0.0)))
    return min(total, 1.0)

"""Adjusted indirect comparison of two treatments through a common comparator."""

import math
from dataclasses import dataclass

from scipy import special

from analysis.stats._checks import check_level, check_number

__all__ = ["IndirectComparison", "bucher"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndirectComparison:
    """A against B through the common comparator C.

    Attributes
    ----------
    estimate, std_error, lower, upper, level
        A minus B on the scale of the input, normal limits and their level.
    statistic, p_value
        Test of no difference, two-sided.
    method
        ``"bucher"``.
    """

    estimate: float
    std_error: float
    lower: float
    upper: float
    level: float
    statistic: float
    p_value: float
    method: str


def bucher(
    estimate_ac: float,
    std_error_ac: float,
    estimate_bc: float,
    std_error_bc: float,
    *,
    level: float,
) -> IndirectComparison:
    """Compare A with B through a common comparator C.

    H0: A and B have the same effect; H1: they differ.

    Parameters
    ----------
    estimate_ac, std_error_ac
        A minus C, from trials of A against C, and its standard error (log scale for ratios).
    estimate_bc, std_error_bc
        B minus C, from other trials, and its standard error.
    level
        Two-sided confidence level, for example 0.95.

    Returns
    -------
    IndirectComparison
        A minus B.

    Raises
    ------
    UserError
        When a standard error is not above 0.

    Notes
    -----
    Valid when the two sets of trials are alike in whatever modifies the relative effect; no
    arithmetic can check that. The sets must share no patient.

    References
    ----------
    Bucher, H. C., Guyatt, G. H., Griffith, L. E., & Walter, S. D. (1997). The results of direct
    and indirect treatment comparisons in meta-analysis of randomized controlled trials. Journal
    of Clinical Epidemiology, 50(6), 683-691.

    Examples
    --------
    >>> c = bucher(-0.5, 0.3, -0.2, 0.4, level=0.95)
    >>> round(c.estimate, 2), round(c.std_error, 2)
    (-0.3, 0.5)
    """
    check_level(level)
    estimate = check_number("estimate_ac", estimate_ac) - check_number("estimate_bc", estimate_bc)
    std_error = math.hypot(
        check_number("std_error_ac", std_error_ac, above=0),
        check_number("std_error_bc", std_error_bc, above=0),
    )
    half = -float(special.ndtri((1 - level) / 2)) * std_error
    return IndirectComparison(
        estimate=estimate,
        std_error=std_error,
        lower=estimate - half,
        upper=estimate + half,
        level=level,
        statistic=estimate / std_error,
        p_value=float(2 * special.ndtr(-abs(estimate) / std_error)),
        method="bucher",
    )

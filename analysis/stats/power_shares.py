"""Power of non-inferiority of two other kinds of endpoint: response rates and times to an event."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from analysis.errors import UserError
from analysis.stats._checks import check_number
from analysis.stats._score import difference_proportions
from analysis.stats._words import meant
from analysis.stats.laws import normal_isf
from analysis.stats.power import Power


def power_proportions(
    *,
    n_test: int,
    n_reference: int,
    reference_share: float,
    difference: float,
    margin: float,
    direction: str,
    alpha: float,
) -> Power:
    """Compute the power to show non-inferiority of a proportion by the score test.

    With ``direction="higher"``: H0: p1 − p2 ≤ −margin; H1: it is above. With ``"lower"``: H0:
    p1 − p2 ≥ margin; H1: it is below.

    Parameters
    ----------
    n_test, n_reference
        Patients analysed, at least 1 an arm.
    reference_share
        True proportion of the reference, above 0 and below 1.
    difference
        True difference, test minus reference.
    margin
        Non-inferiority margin, 0 or more.
    direction
        Which proportions are better, ``"higher"`` or ``"lower"``.
    alpha
        One-sided level.

    Returns
    -------
    Power
        Normal approximation with the variance that is most likely under the hypothesis.

    Raises
    ------
    UserError
        When an input is out of range.

    References
    ----------
    Farrington, C. P., & Manning, G. (1990). Test statistics and sample size formulae for
    comparative binomial trials with null hypothesis of non-zero risk difference or non-unity
    relative risk. Statistics in Medicine, 9(12), 1447-1454.

    Examples
    --------
    >>> p = power_proportions(n_test=100, n_reference=100, reference_share=0.5, difference=0.0,
    ...                       margin=0.2, direction="higher", alpha=0.025)
    >>> round(p.power, 3)
    0.818
    """
    sign = _sign(direction)
    check_number("margin", margin, at_least=0, below=1)
    _check(n_test, n_reference, reference_share, alpha)
    share = check_number("reference_share + difference", reference_share + difference, above=0,
                         below=1)  # fmt: skip
    null = np.asarray(-sign * margin, dtype=float)
    sizes = np.asarray(float(n_test)), np.asarray(float(n_reference))
    likely = difference_proportions(
        null, sizes[0] * share, sizes[0], sizes[1] * reference_share, sizes[1]
    )
    under_null = _error(float(likely[0]), float(likely[1]), n_test, n_reference)
    error = _error(share, reference_share, n_test, n_reference)
    room = sign * difference + margin
    power = float(special.ndtr((room - float(normal_isf(alpha)) * under_null) / error))
    return Power(
        power=power, n_test=int(n_test), n_reference=int(n_reference), df=None, std_error=error,
        alpha=alpha, method="normal approximation of Farrington and Manning",
    )  # fmt: skip


def power_hazard_ratio(
    *,
    n_test: int,
    n_reference: int,
    reference_share: float,
    ratio: float,
    margin: float,
    direction: str,
    alpha: float,
) -> Power:
    """Compute the power to show non-inferiority of a hazard ratio, test over reference.

    With ``direction="higher"``, longer times are better: H0: ratio ≥ margin; H1: it is below. With
    ``"lower"``: H0: ratio ≤ 1/margin; H1: it is above.

    Parameters
    ----------
    n_test, n_reference
        Patients analysed, at least 1 an arm.
    reference_share
        Share of the reference with an event at the end of the trial, above 0 and below 1.
    ratio
        True hazard ratio, above 0.
    margin
        Ratio on the worse side that is accepted, 1 or more.
    direction
        Which times are better, ``"higher"`` (longer) or ``"lower"``.
    alpha
        One-sided level.

    Returns
    -------
    Power
        Normal approximation by the expected events; `std_error` is that of the log ratio.

    Raises
    ------
    UserError
        When an input is out of range.

    Notes
    -----
    Everyone is followed for the same time. The test arm's share with an event follows from
    proportional hazards: 1 − (1 − share) ** ratio.

    References
    ----------
    Schoenfeld, D. A. (1983). Sample-size formula for the proportional-hazards regression model.
    Biometrics, 39(2), 499-503.

    Examples
    --------
    Schoenfeld's 4 (1.96 + 0.8416)² / log(1.5)² = 191 events, half of 382 patients:

    >>> p = power_hazard_ratio(n_test=191, n_reference=191, reference_share=0.5, ratio=1.0,
    ...                        margin=1.5, direction="higher", alpha=0.025)
    >>> round(p.power, 3)
    0.8
    """
    sign = _sign(direction)
    check_number("margin", margin, at_least=1)
    check_number("ratio", ratio, above=0)
    _check(n_test, n_reference, reference_share, alpha)
    events = n_reference * reference_share + n_test * (1 - (1 - reference_share) ** ratio)
    total = n_test + n_reference
    error = total / math.sqrt(n_test * n_reference * events)
    room = math.log(margin) - sign * math.log(ratio)
    power = float(special.ndtr(room / error - float(normal_isf(alpha))))
    return Power(
        power=power, n_test=int(n_test), n_reference=int(n_reference), df=None, std_error=error,
        alpha=alpha, method="normal approximation of Schoenfeld, by the expected events",
    )  # fmt: skip


def _sign(direction: str) -> int:
    return 1 if meant("direction", direction, ("higher", "lower")) == "higher" else -1


def _check(n_test: int, n_reference: int, reference_share: float, alpha: float) -> None:
    check_number("reference_share", reference_share, above=0, below=1)
    check_number("alpha", alpha, above=0, below=0.5)
    for name, n in (("n_test", n_test), ("n_reference", n_reference)):
        if check_number(name, n, at_least=1) != math.floor(n):
            raise UserError(f"{name} must be a whole number, not {n!r}.")


def _error(test: float, reference: float, n_test: int, n_reference: int) -> float:
    return math.sqrt(test * (1 - test) / n_test + reference * (1 - reference) / n_reference)

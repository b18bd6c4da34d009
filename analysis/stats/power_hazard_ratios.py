"""Power of non-inferiority of a hazard ratio, from the patients who are followed."""

from __future__ import annotations

import math

from scipy import special

from analysis.stats._checks import check_number
from analysis.stats._words import meant
from analysis.stats.laws import normal_isf
from analysis.stats.power import Power, check_arms


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
    sign = 1 if meant("direction", direction, ("higher", "lower")) == "higher" else -1
    check_number("margin", margin, at_least=1)
    check_number("ratio", ratio, above=0)
    check_number("reference_share", reference_share, above=0, below=1)
    check_number("alpha", alpha, above=0, below=0.5)
    check_arms(n_test, n_reference)
    events = n_reference * reference_share + n_test * (1 - (1 - reference_share) ** ratio)
    total = n_test + n_reference
    error = total / math.sqrt(n_test * n_reference * events)
    room = math.log(margin) - sign * math.log(ratio)
    power = float(special.ndtr(room / error - float(normal_isf(alpha))))
    return Power(
        power=power, n_test=int(n_test), n_reference=int(n_reference), df=None, std_error=error,
        alpha=alpha, method="normal approximation of Schoenfeld, by the expected events",
    )  # fmt: skip

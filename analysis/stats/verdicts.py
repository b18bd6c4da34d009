"""Non-inferiority, equivalence and superiority: one verdict from one interval and one margin."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from analysis.errors import UserError
from analysis.stats._checks import check_margins, check_number
from analysis.stats._verdict import (
    CONCLUSIONS,
    DIRECTIONS,
    NOT_ESTIMABLE,
    NOT_SHOWN,
    OBJECTIVES,
    Direction,
    Verdict,
    Zero,
    side_of_zero,
    to_clear,
    words_of_zero,
)
from analysis.stats._words import meant
from analysis.stats.intervals import Interval
from analysis.thresholds import at_least, at_most

__all__ = [
    "CONCLUSIONS", "NOT_SHOWN", "Direction", "Verdict", "Zero", "equivalence", "judge",
    "noninferiority", "superiority", "words_of_zero",
]  # fmt: skip


def judge(
    difference: Interval,
    *,
    margin: float | None,
    direction: Direction,
    objectives: Sequence[str] = (),
) -> Verdict:
    """Pass the verdict of a trial on what it declares to show, in the order in which it does.

    Parameters
    ----------
    difference, direction
        As for `noninferiority`.
    margin
        Of a difference its size, of a ratio the ratio itself; None or 0 where there is none.
    objectives
        ``"non-inferiority"``, ``"equivalence"`` and ``"superiority"`` in the order in which they
        are tested, each only where the one before it is shown. Where none is given:
        non-inferiority with a margin, else superiority.

    Returns
    -------
    Verdict
        Of the first objective; those tested after it stand in its ``after``. Tested in sequence
        each is at the full level.

    Raises
    ------
    UserError
        If an objective is unknown, or one that needs a margin has none.

    References
    ----------
    European Medicines Agency (2000). Points to consider on switching between superiority and
    non-inferiority (CPMP/EWP/482/99).

    Examples
    --------
    >>> from analysis.stats import difference_from_estimate, judge
    >>> d = difference_from_estimate(-0.9, 0.4, df=100, level=0.95)
    >>> judge(d, margin=1.8, direction="higher").zero_words
    'the interval lies within the margin, but wholly below zero'
    >>> both = judge(d, margin=1.8, direction="higher",
    ...              objectives=["non-inferiority", "superiority"])
    >>> both.after_words
    'superiority, tested after non-inferiority, is not shown'
    """
    declared = objectives or (["non-inferiority"] if margin else ["superiority"])
    named = [meant("an objective", each, OBJECTIVES) for each in declared]
    verdicts = [_by_objective(difference, each, margin, direction) for each in named]
    return replace(verdicts[0], after=tuple(verdicts[1:]))


def _by_objective(
    difference: Interval, objective: str, margin: float | None, direction: Direction
) -> Verdict:
    if objective == "superiority":
        return superiority(difference, margin=0, direction=direction)
    if not margin:
        raise UserError(f"{objective} needs a margin: declare analysis.margin")
    if objective == "non-inferiority":
        return noninferiority(difference, margin=margin, direction=direction)
    low = min(margin, 1 / margin) if difference.null else -margin
    return equivalence(
        difference, margins=(low, max(margin, 1 / low) if difference.null else margin)
    )


def noninferiority(difference: Interval, *, margin: float, direction: Direction) -> Verdict:
    """Judge non-inferiority of the test arm.

    With ``direction="higher"``: H0: test − reference ≤ −margin; H1: test − reference > −margin.
    With ``direction="lower"``: H0: test − reference ≥ margin; H1: test − reference < margin.

    Parameters
    ----------
    difference
        Test minus reference with its two-sided interval; a two-sided 95% interval is a one-sided
        test at 2.5%.
    margin
        The largest loss that is acceptable, above 0, in the unit of the endpoint; of a ratio
        (`Ratio`) the ratio that is no longer acceptable, 1.25 or 0.8.
    direction
        Which values are better, ``"higher"`` or ``"lower"``.

    Returns
    -------
    Verdict
        ``"non-inferior"``, ``"not shown"`` or ``"not estimable"``.

    Raises
    ------
    UserError
        When the margin is not above 0 or the direction is not named.

    References
    ----------
    European Medicines Agency (2005). Guideline on the choice of the non-inferiority margin
    (EMEA/CPMP/EWP/2158/99).

    Examples
    --------
    >>> from analysis.stats.differences import difference_from_estimate
    >>> d = difference_from_estimate(-0.3, 0.5, df=100, level=0.95)
    >>> noninferiority(d, margin=2, direction="higher").conclusion
    'non-inferior'
    """
    direction = meant("direction", direction, DIRECTIONS)
    check_number("margin", margin, above=0)
    # Of a ratio 1.25 and 0.8 are one margin: on which side it lies follows from the direction.
    loss, gain = (min(margin, 1 / margin), max(margin, 1 / margin)) if difference.null else (
        -margin, margin
    )  # fmt: skip
    low, high = (loss, math.inf) if direction == "higher" else (-math.inf, gain)
    return _judge(
        difference, objective="non-inferiority", direction=direction, margin=margin,
        bounds=(low, high),
        null="the test treatment is worse than the reference by the margin or more",
        alternative="the test treatment is worse by less than the margin, equal, or better",
    )  # fmt: skip


def superiority(difference: Interval, *, margin: float, direction: Direction) -> Verdict:
    """Judge superiority of the test arm.

    With ``direction="higher"``: H0: test − reference ≤ margin; H1: test − reference > margin.
    With ``direction="lower"``: H0: test − reference ≥ −margin; H1: test − reference < −margin.

    Parameters
    ----------
    difference
        Test minus reference with its two-sided interval.
    margin
        The benefit to be exceeded, 0 (plain superiority) or more.
    direction
        Which values are better, ``"higher"`` or ``"lower"``.

    Returns
    -------
    Verdict
        ``"superior"``, ``"not shown"`` or ``"not estimable"``.

    Raises
    ------
    UserError
        When the margin is negative or the direction is not named.

    Examples
    --------
    An estimate of 0.9 with SE 0.35 and 120 df has the interval 0.21 to 1.59.

    >>> from analysis.stats import difference_from_estimate
    >>> d = difference_from_estimate(0.9, 0.35, df=120, level=0.95)
    >>> superiority(d, margin=0, direction="higher").conclusion
    'superior'
    """
    direction = meant("direction", direction, DIRECTIONS)
    check_number("margin", margin, at_least=0)
    if difference.null and margin:
        raise UserError("superiority of a ratio by more than a margin is not offered; use margin 0")
    least, most = (1.0, 1.0) if difference.null else (margin, -margin)
    low, high = (least, math.inf) if direction == "higher" else (-math.inf, most)
    amount = "" if margin == 0 else " by more than the margin"
    return _judge(
        difference, objective="superiority", direction=direction, margin=margin,
        bounds=(low, high), null=f"the test treatment is not better than the reference{amount}",
        alternative=f"the test treatment is better than the reference{amount}",
    )  # fmt: skip


def equivalence(difference: Interval, *, margins: tuple[float, float]) -> Verdict:
    """Judge equivalence by two one-sided tests (TOST).

    H0: test − reference ≤ lower margin or ≥ upper margin; H1: it lies between them.

    Parameters
    ----------
    difference
        Test minus reference with its two-sided interval. A 90% interval is TOST at 5%, a 95%
        interval is TOST at 2.5%.
    margins
        Lower and upper margin, in the unit of the endpoint, for example (−2, 2).

    Returns
    -------
    Verdict
        ``"equivalent"``, ``"not shown"`` or ``"not estimable"``.

    Raises
    ------
    UserError
        When the lower margin is not below the upper.

    References
    ----------
    Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the power
    approach for assessing the equivalence of average bioavailability. Journal of
    Pharmacokinetics and Biopharmaceutics, 15(6), 657-680.

    Examples
    --------
    An estimate of −0.6 with SE 0.5 and 120 df has the interval −1.59 to 0.39.

    >>> from analysis.stats import difference_from_estimate
    >>> d = difference_from_estimate(-0.6, 0.5, df=120, level=0.95)
    >>> equivalence(d, margins=(-1.8, 1.8)).conclusion, equivalence(d, margins=(-1, 1)).conclusion
    ('equivalent', 'not shown')
    """
    check_margins(margins)
    low, high = margins
    return _judge(
        difference, objective="equivalence", direction=None, margin=(low, high), bounds=(low, high),
        null="the treatments differ by a margin or more, in one direction or the other",
        alternative="the difference lies between the margins",
    )  # fmt: skip


def _judge(
    difference: Interval,
    *,
    objective: str,
    direction: Direction | None,
    margin: float | tuple[float, float],
    bounds: tuple[float, float],
    null: str,
    alternative: str,
) -> Verdict:
    """Decide, for every objective, from the interval and the bounds alone."""
    limits = _limit_words(difference, bounds, margin)
    conclusion, reason = _decide(difference, bounds, objective, limits)
    p_low = difference.one_sided_p(bounds[0], "above") if math.isfinite(bounds[0]) else None
    p_high = difference.one_sided_p(bounds[1], "below") if math.isfinite(bounds[1]) else None
    given = [p for p in (p_low, p_high) if p is not None]
    return Verdict(
        objective=objective, direction=direction, interval=difference, margin=margin,
        bound_low=bounds[0], bound_high=bounds[1], null=null, alternative=alternative, p_low=p_low,
        p_high=p_high, p_value=max(given) if given else None, conclusion=conclusion,
        zero=side_of_zero(difference.lower, difference.upper, difference.null), reason=reason,
    )  # fmt: skip


def _limit_words(
    difference: Interval, bounds: tuple[float, float], margin: float | tuple[float, float]
) -> tuple[str, str]:
    """Return what the lower and the upper confidence limit must clear, in words."""
    if all(map(math.isfinite, bounds)):
        return "the lower margin", "the upper margin"
    words = to_clear(margin, difference.null)
    return words, words


def _decide(
    difference: Interval, bounds: tuple[float, float], objective: str, limits: tuple[str, str]
) -> tuple[str, str]:
    """Require the whole interval strictly inside the bounds: the one rule of the project."""
    if difference.lower is None or difference.upper is None:
        return NOT_ESTIMABLE, difference.reason
    low, high = bounds
    crossed = []
    if math.isfinite(low) and at_most(difference.lower, low):
        crossed.append(f"the lower confidence limit is not above {limits[0]}")
    if math.isfinite(high) and at_least(difference.upper, high):
        crossed.append(f"the upper confidence limit is not below {limits[1]}")
    return (NOT_SHOWN, "; ".join(crossed)) if crossed else (CONCLUSIONS[objective], "")

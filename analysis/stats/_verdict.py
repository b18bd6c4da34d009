"""What a verdict is: one interval, one bound, and what the interval says of bound and zero."""

import math
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from analysis.brief import brief
from analysis.stats.intervals import Interval
from analysis.thresholds import above, below

Direction = Literal["higher", "lower"]
DIRECTIONS: tuple[Direction, ...] = ("higher", "lower")
"""Which values of the endpoint are better for the patient."""
Zero = Literal["below", "above", "held", ""]
"""On which side of zero the whole interval lies; `held` where it holds zero, "" without one."""

CONCLUSIONS = {
    "non-inferiority": "non-inferior",
    "equivalence": "equivalent",
    "superiority": "superior",
}
OBJECTIVES = tuple(CONCLUSIONS)
WORSE_SIDE: dict[Direction | None, tuple[Zero, ...]] = {
    "higher": ("below",),
    "lower": ("above",),
    None: ("below", "above"),
}
"""Direction → where the whole interval lies if no difference is excluded on the worse side; where
neither direction is better, either side is one."""
ZERO_WORDS: dict[Zero, str] = {
    "below": "the whole interval lies below {}",
    "above": "the whole interval lies above {}",
    "held": "the interval holds {}",
    "": "",
}
NULL_WORDS = {0.0: "zero", 1.0: "1"}
"""No difference, and no ratio, in words."""
NOT_SHOWN, NOT_ESTIMABLE = "not shown", "not estimable"


def side_of_zero(lower: float | None, upper: float | None, null: float = 0.0) -> Zero:
    """Return where a whole interval lies; like a bound, zero must be cleared, not touched.

    A limit that is None or not a number is none; of ratios `null`, no effect, is 1.
    """
    if lower is None or upper is None or math.isnan(lower) or math.isnan(upper):
        return ""
    if below(upper, null):
        return "below"
    return "above" if above(lower, null) else "held"


def words_of_zero(
    lower: float | None,
    upper: float | None,
    null: float = 0.0,
    *,
    direction: Direction | None,
) -> str:
    """Return what the interval between two limits says of no difference, in words.

    Where one direction is better, an interval that lies wholly on the other side says so.

    Examples
    --------
    >>> words_of_zero(1.2, 3.0, 1.0, direction="lower")
    'the whole interval lies above 1, the worse side'
    >>> words_of_zero(1.2, 3.0, 1.0, direction="higher")
    'the whole interval lies above 1'
    """
    side = side_of_zero(lower, upper, null)
    worse = direction is not None and side in WORSE_SIDE[direction]
    return ZERO_WORDS[side].format(NULL_WORDS[null]) + (", the worse side" if worse else "")


def to_clear(margin: float | tuple[float, float], null: float) -> str:
    """Return what one limit must clear, in words: the margin, or no effect where there is none."""
    return "the margin" if margin else NULL_WORDS[null]


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an interval says about a margin, and about zero.

    Attributes
    ----------
    objective
        ``"non-inferiority"``, ``"equivalence"`` or ``"superiority"``.
    direction
        ``"higher"`` or ``"lower"`` values are better; None for equivalence.
    interval
        The difference, test minus reference, that was judged.
    margin
        The margin as it was declared: a size for non-inferiority and superiority, both margins
        for equivalence.
    bound_low, bound_high
        The open region in which the whole interval must lie, in the unit of the endpoint;
        infinite on a side without a bound.
    null, alternative
        The hypotheses in words.
    p_low, p_high
        One-sided p-values against `bound_low` and `bound_high`; None where there is no bound
        or no standard error.
    p_value
        The p-value of the objective: the larger of the two. It is below (1 − level)/2 exactly
        when the conclusion is positive.
    conclusion
        ``"non-inferior"``, ``"equivalent"`` or ``"superior"``; ``"not shown"``; or
        ``"not estimable"``.
    zero
        On which side of zero (of a ratio: of 1) the whole interval lies, see `Zero`; an interval
        that touches it holds it.
    reason
        Why the conclusion is not positive; empty when it is.
    after
        The objectives declared to be tested after this one, in their order, judged on the same
        interval whether or not they are reached.
    """

    objective: str
    direction: Direction | None
    interval: Interval
    margin: float | tuple[float, float]
    bound_low: float
    bound_high: float
    null: str
    alternative: str
    p_low: float | None
    p_high: float | None
    p_value: float | None
    conclusion: str
    zero: Zero
    reason: str
    after: tuple["Verdict", ...] = ()

    @property
    def shown(self) -> bool:
        """Whether the alternative hypothesis was shown."""
        return self.conclusion == CONCLUSIONS[self.objective]

    @property
    def bound(self) -> float:
        """What the interval must clear, on the scale of the difference; two have no one bound."""
        return self.bound_low if math.isfinite(self.bound_low) else self.bound_high

    @property
    def has_two_bounds(self) -> bool:
        """Whether the interval must lie between two bounds, as of equivalence."""
        return math.isfinite(self.bound_low) and math.isfinite(self.bound_high)

    @property
    def two_sided_p(self) -> float | None:
        """The two-sided p-value of the difference being the bound; of two the p-value doubled."""
        if not self.has_two_bounds:
            return self.interval.p_at(self.bound)
        return None if self.p_value is None else min(1.0, 2.0 * self.p_value)

    @property
    def margin_words(self) -> str:
        """What the interval must clear, in words: the margin or margins, else no effect."""
        if self.has_two_bounds:
            return "the margins"
        return to_clear(self.margin, self.interval.null)

    @property
    def worse_words(self) -> str:
        """That the objective is shown and no difference excluded all the same; else ""."""
        if not self.shown or self.zero not in WORSE_SIDE[self.direction]:
            return ""
        return f"but wholly {self.zero} {NULL_WORDS[self.interval.null]}"

    @property
    def zero_words(self) -> str:
        """What the interval says of no difference, in words."""
        if worse := self.worse_words:
            return f"the interval lies within {self.margin_words}, {worse}"
        limits = self.interval
        return words_of_zero(limits.lower, limits.upper, limits.null, direction=self.direction)

    @property
    def after_words(self) -> str:
        """What the objectives tested after this one came to, in words; "" where there is none."""
        before, said = self, []
        for each in self.after:
            if not before.shown:
                # What stands in the way stays the same for all that follow.
                said.append(f"{each.objective} is not tested, as {before.objective} is not shown")
                continue
            verb = "is shown" if each.shown else "is not shown"
            said.append(f"{each.objective}, tested after {before.objective}, {verb}")
            before = each
        return "; ".join(said)

    def sentence(self, bound: str) -> str:
        """Return both things that the interval says, of the margin and of zero.

        Parameters
        ----------
        bound
            The margin as it is shown, or both.
        """
        if self.conclusion == NOT_ESTIMABLE:
            return f"{NOT_ESTIMABLE}: {self.reason}"
        # Without a margin the interval must clear no effect, of which the second half speaks.
        of = "" if self.has_two_bounds else "of "
        at = f" at {self.margin_words} {of}{bound}" if self.margin else ""
        if self.shown:
            first = f"{self.conclusion}{at}"
        else:
            first = f"{self.objective} is not shown{at} ({self.reason})"
        return "; ".join(filter(None, [first, self.after_words, self.zero_words]))

    def to_frame(self) -> pd.DataFrame:
        """Give one row, one column a field, those of the interval among them."""
        own = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "after"}
        return pd.DataFrame([asdict(own.pop("interval")) | own])

"""One arm, one look: colour and mark of every arm, the same in each figure of a page."""

from collections.abc import Sequence

from analysis.display.figures import COLOURS

LOOKS = (
    (COLOURS["blue"], "o"),
    (COLOURS["orange"], "s"),
    (COLOURS["green"], "^"),
    (COLOURS["purple"], "D"),
)
"""Colours that colour-blind readers can tell apart, each with a mark that a printer can."""


def arm_looks(arms: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return colour and mark of each arm of a run, by its place among all arms of the trial.

    Examples
    --------
    >>> arm_looks(["placebo", "high dose"])["high dose"][1]
    's'
    """
    return {arm: LOOKS[place % len(LOOKS)] for place, arm in enumerate(arms)}

"""One arm, one look: colour and mark of every arm, the same in each figure of a page."""

from collections.abc import Sequence
from typing import Any

from analysis.display.figures import COLOURS

LOOKS = (
    (COLOURS["blue"], "o"),
    (COLOURS["orange"], "s"),
    (COLOURS["green"], "^"),
    (COLOURS["purple"], "D"),
)
"""Colours that colour-blind readers can tell apart, each with a mark that a printer can."""
LINES = ("-", (0, (6, 2)), (0, (1.2, 1.4)), (0, (6, 1.6, 1.2, 1.6)))
"""Styles of lines, which a printer without colours can tell apart; in the order of `LOOKS`."""


def arm_looks(arms: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return colour and mark of each arm of a run, by its place among all arms of the trial.

    Examples
    --------
    >>> arm_looks(["placebo", "high dose"])["high dose"][1]
    's'
    """
    return {arm: LOOKS[place % len(LOOKS)] for place, arm in enumerate(arms)}


def arm_lines(arms: Sequence[str]) -> dict[str, Any]:
    """Return the style of the line of each arm, by its place among all arms of the trial.

    Where there are more arms than colours, an arm has a style that its colour has not had yet.

    Examples
    --------
    >>> arm_lines(["placebo", "high dose"])["placebo"]
    '-'
    """
    return {
        arm: LINES[(place + place // len(LOOKS)) % len(LINES)] for place, arm in enumerate(arms)
    }

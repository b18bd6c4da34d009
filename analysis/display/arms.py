"""One arm, one look: colour, mark and line of every arm, the same in each figure of its trial.

What is no arm (an estimate, a bound, a region) is drawn in ink or grey wherever arms have looks,
so that a colour says which arm, and nothing else.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from analysis.display.figures import COLOURS

ARM_COLOURS = tuple(
    COLOURS[name] for name in ("blue", "orange", "green", "purple", "brown", "pink")
)
"""Colours that any colour vision tells apart, from one another and from ink."""
MARKS = ("o", "s", "^", "D", "v", "P", "X")
"""Marks that a printer can tell apart."""
LINES = ("-", (0, (6, 2)), (0, (1.2, 1.4)), (0, (6, 1.6, 1.2, 1.6)))
"""Styles of lines, which a printer without colours can tell apart."""


class Look(NamedTuple):
    """How an arm is drawn: its colour, its mark, and the style of its line."""

    colour: str
    mark: str
    line: Any


def arm_looks(arms: Sequence[str]) -> dict[str, Look]:
    """Return the look of each arm of a trial, by its place among all arms of the plan.

    Where there are more arms than colours, an arm has a mark and a line that its colour has not
    had yet.

    Parameters
    ----------
    arms
        All arms of the trial, also those that a figure does not show.

    Returns
    -------
    dict of str to Look
        Arm → colour, mark and line; no two arms of up to 24 share all three.

    Examples
    --------
    >>> arm_looks(["placebo", "high dose"])["high dose"].mark
    's'
    """
    colours = len(ARM_COLOURS)
    return {
        arm: Look(
            ARM_COLOURS[place % colours],
            MARKS[place % len(MARKS)],
            LINES[(place + place // colours) % len(LINES)],
        )
        for place, arm in enumerate(arms)
    }

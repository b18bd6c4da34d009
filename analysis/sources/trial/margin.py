"""What a margin of non-inferiority means: its size, and the limit of the difference in words."""

import math

from analysis.errors import UserError
from analysis.stats.verdicts import Direction

SIDE = {"higher": "below −", "lower": "above "}
"""Which values are better → where the difference may not lie, up to the size of the margin."""


def size_of(margin: float) -> float:
    """Return the size of a margin that is given as a loss or as the limit that papers print.

    Parameters
    ----------
    margin
        1.8 or −1.8, which are one margin: where it lies follows from which values are better.

    Raises
    ------
    UserError
        If it is 0, which accepts no loss, or not a finite number.

    Examples
    --------
    >>> size_of(1.8), size_of(-1.8)
    (1.8, 1.8)
    """
    if margin == 0 or not math.isfinite(margin):
        raise UserError(
            "margin must be a finite number other than 0, the largest loss that is accepted, such "
            f"as 1.8 or -1.8; got {margin:g}"
        )
    return abs(margin)


def limit_words(margin: float | None, direction: Direction, unit: str) -> str:
    """Return a margin, whatever its sign, and what it asks of the difference, in words.

    Examples
    --------
    >>> limit_words(1.8, "higher", "cm/year")
    '1.8 cm/year: the difference may not lie below −1.8'
    >>> limit_words(-1.8, "higher", "cm/year")
    '−1.8 cm/year: the difference may not lie below −1.8'
    >>> limit_words(0.3, "lower", "")
    '0.3: the difference may not lie above 0.3'
    >>> limit_words(None, "lower", "")
    'none'
    """
    if margin is None:
        return "none"
    given, size = (f"{each:.12g}".replace("-", "−") for each in (margin, abs(margin)))
    return f"{f'{given} {unit}'.strip()}: the difference may not lie {SIDE[direction]}{size}"

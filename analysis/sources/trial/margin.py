"""What a margin means: its size, and the limit of the difference in words."""

import math

from analysis.errors import UserError
from analysis.stats.verdicts import Direction

SIDE = {"higher": "below −", "lower": "above "}
"""Which values are better → where the difference may not lie, up to the size of the margin."""

BETTER = {"higher": "above", "lower": "below"}
"""Which values are better → where the difference lies that favours the treatment."""


def size_of(margin: float) -> float:
    """Return the size of a margin that is given as a loss or as the limit that papers print.

    Parameters
    ----------
    margin
        1.8 or −1.8, which are one margin: where it lies follows from which values are better.
        0 accepts no loss: it asks for superiority.

    Raises
    ------
    UserError
        If it is not a finite number.

    Examples
    --------
    >>> size_of(1.8), size_of(-1.8)
    (1.8, 1.8)
    """
    if not math.isfinite(margin):
        raise UserError(
            "margin must be a finite number, the largest loss that is accepted, such as 1.8 or "
            f"-1.8, or 0 for superiority; got {margin:g}"
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
    >>> limit_words(0, "higher", "cm/year")
    '0: superiority, the difference must lie above 0'
    >>> limit_words(None, "lower", "")
    'none'
    """
    if margin is None:
        return "none"
    if margin == 0:
        return f"0: superiority, the difference must lie {BETTER[direction]} 0"
    given, size = (f"{each:.12g}".replace("-", "−") for each in (margin, abs(margin)))
    return f"{f'{given} {unit}'.strip()}: the difference may not lie {SIDE[direction]}{size}"

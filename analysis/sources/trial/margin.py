"""What a margin means: its size, and the limit of the difference in words."""

import math

from analysis.errors import UserError
from analysis.numbers import PROPORTION
from analysis.sources.trial.effects import effect_of
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.stats.verdicts import Direction

NO_MARGIN = "none"
"""What a run says that has no margin where others have one."""

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


def limit_words(
    margin: float | None, direction: Direction, unit: str, *, ratio: bool = False
) -> str:
    """Return a margin, whatever its sign, and what it asks of the effect, in words.

    Parameters
    ----------
    margin
        The margin; of a share a fraction, of a ratio the ratio.
    direction
        Which values of the effect are better.
    unit
        Unit of the effect.
    ratio
        Whether the effect is a ratio.

    Examples
    --------
    >>> limit_words(1.8, "higher", "cm/year")
    '1.8 cm/year: the difference may not lie below −1.8'
    >>> limit_words(-1.8, "higher", "cm/year")
    '−1.8 cm/year: the difference may not lie below −1.8'
    >>> limit_words(0.3, "lower", "")
    '0.3: the difference may not lie above 0.3'
    >>> limit_words(0.1, "higher", "proportion")
    '10 percentage points: the difference may not lie below −10'
    >>> limit_words(0.8, "lower", "", ratio=True)
    '0.8: the ratio may not lie above 1.25'
    >>> limit_words(0, "higher", "cm/year")
    '0: superiority, the difference must lie above 0'
    >>> limit_words(None, "lower", "")
    'none'
    """
    if margin is None:
        return NO_MARGIN
    what, null = ("ratio", 1) if ratio else ("difference", 0)
    if margin == 0:
        return f"0: superiority, the {what} must lie {BETTER[direction]} {null}"
    if unit == PROPORTION:
        margin, unit = 100 * margin, "percentage points"
    given = f"{f'{_written(margin)} {unit}'.strip()}: the {what} may not lie"
    if ratio:
        low, high = sorted([abs(margin), 1 / abs(margin)])
        side = f"below {_written(low)}" if direction == "higher" else f"above {_written(high)}"
        return f"{given} {side}"
    return f"{given} {SIDE[direction]}{_written(abs(margin))}"


def _written(number: float) -> str:
    return f"{number:.12g}".replace("-", "−")


def margin_words(margin: float | None, endpoint: Endpoint, model: str) -> str:
    """Return what a margin asks of the effect that a model estimates of an endpoint, in words."""
    effect = effect_of(model)
    better = effect.direction(endpoint.direction)
    return limit_words(margin, better, effect.unit_of(endpoint), ratio=effect.is_ratio)

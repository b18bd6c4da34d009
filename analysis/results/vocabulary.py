"""The scales of results: how a number of each kind is written, whatever the page.

The rules are told in ``docs/results.md``; `declarations` gives every statistic its scale.
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from analysis.numbers import P_DIGITS, PROPORTION, fixed, level, p_value, share, shown

FINE = 2
"""Decimals of recorded values from which on a spread, too, has but one more."""

Scale = Literal["count", "value", "proportion", "p-value", "level", "number", "text"]


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic of the vocabulary.

    Parameters
    ----------
    name
        ``stat_name``; that of {cards} where it has one.
    label
        ``stat_label``: the name in words.
    scale
        ``"value"`` is in the unit of its row and shown with as many decimals as the values were
        recorded with, and `places` more; in the unit `PROPORTION` it is a fraction shown as per
        cent, like ``"proportion"``. ``"number"`` has `places` decimals whatever the row.
        ``"count"`` is whole, ``"p-value"`` and ``"level"`` have rules of their own, and a
        ``"text"`` has no number.
    places
        Decimals shown: of a value beyond those recorded, of a number, of a per cent.
    unit
        Unit where it is not the row's.
    """

    name: str
    label: str
    scale: Scale
    places: int = 0
    unit: str = ""

    def __post_init__(self) -> None:
        if self.scale not in get_args(Scale):
            raise ValueError(f"{self.name}: no scale is called '{self.scale}'")
        if self.scale == "text" and (self.places or self.unit):
            raise ValueError(f"{self.name} is a text; it has no unit and no decimals")

    def unit_of(self, row_unit: str) -> str:
        """Return the unit of this statistic in a row of the given unit."""
        if self.scale == "proportion":
            return PROPORTION
        return self.unit or (row_unit if self.scale == "value" else "")

    def write(self, number: float, *, decimals: int, unit: str, places: int | None = None) -> str:
        """Write a number as the scale asks for.

        Parameters
        ----------
        number
            The value with all its digits.
        decimals
            Decimals with which the values of the row were recorded.
        unit
            Unit of the row.
        places
            Decimals of a number that is quoted as its source prints it.

        Returns
        -------
        str
            The number as shown.
        """
        if self.scale == "level":
            return level(number)
        if self.scale == "p-value":
            return p_value(number)
        places = self._places(decimals, unit, places)
        return (share if self.unit_of(unit) == PROPORTION else fixed)(number, places)

    def as_shown(
        self, number: float, *, decimals: int, unit: str, places: int | None = None
    ) -> float:
        """Return a number with the digits that `write` shows, and no more.

        Examples
        --------
        >>> share = Statistic("p", "%", "proportion", 1)
        >>> share.as_shown(1 / 7, decimals=0, unit=""), share.write(1 / 7, decimals=0, unit="")
        (0.143, '14.3')
        """
        if self.scale == "level" or not math.isfinite(number):
            return number
        if self.scale == "p-value":
            # Of one that is shown as below the last digit, its first digit.
            first = -math.floor(math.log10(number)) if number > 0 else 0
            return float(shown(number, max(P_DIGITS, first)))
        places = self._places(decimals, unit, places)
        return float(shown(number, places + 2 * (self.unit_of(unit) == PROPORTION)))

    def _places(self, decimals: int, unit: str, places: int | None) -> int:
        """Return the decimals shown, of a fraction those of its per cent."""
        if places is not None:
            return places
        if self.unit_of(unit) == PROPORTION:
            return self.places if self.scale == "proportion" else 1
        if self.scale == "value" and not self.unit:
            # Of values that are fine already a spread needs no two decimals more.
            return decimals + (min(self.places, 1) if decimals >= FINE else self.places)
        return self.places

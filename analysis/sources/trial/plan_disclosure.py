"""What a plan says of disclosure: what of its participants may leave the machine of their trial."""

from dataclasses import dataclass
from typing import Literal, Self

import pydantic

from analysis.brief import brief
from analysis.sources.trial.plan_part import Part
from analysis.words import counted, plural

Listed = Literal["listed", "not listed"]
Shown = Literal["shown", "hidden"]
Switch = Literal["on", "off"]
Points = Literal["exact", "rounded", "grouped"]

USUAL_MINIMUM = 5
"""The smallest count of participants that real data show where their plan names none."""
LARGEST_MINIMUM = 50
"""A larger one would hide every trial of this size, and is a slip of the pen."""


@brief
@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be shown of participants, decided: nothing is left to a default.

    Parameters
    ----------
    listed
        Whether the numbers of a page open the records that they count.
    identifiers
        Whether participants are named.
    points
        ``"exact"``: a participant may have a row and a mark of its own; ``"rounded"``: the same, of
        rounded values in their own order; ``"grouped"``: only several participants have one.
    minimum
        The smallest count of participants that is shown; 0 where every count is.
    dates
        Whether dates of participants may be shown.
    """

    listed: bool
    identifiers: bool
    points: Points
    minimum: int
    dates: bool

    @property
    def group(self) -> int:
        """How many participants one row or mark stands for, at least."""
        if self.points != "grouped":
            return 1
        return self.minimum if self.minimum > 1 else USUAL_MINIMUM

    def small(self, count: float) -> bool:
        """Say whether a count of participants is too small to be shown; 0 is not."""
        return 0 < count < self.minimum

    def few(self, count: float, size: float) -> bool:
        """Say whether a count of some participants, or what it leaves of them, is too small."""
        return self.small(count) or self.small(size - count)

    def count(self, count: int) -> str:
        """Return a count of participants in words: the number, or that it is too small.

        Examples
        --------
        >>> real = Disclosure().decided(real=True, named=False)
        >>> real.count(4), real.count(5), real.count(0)
        ('< 5', '5', '0')
        """
        return f"< {self.minimum}" if self.small(count) else str(count)

    def counted(self, count: int, noun: str) -> str:
        """Return a count, of participants or of their records, with its noun, as `words.counted`.

        Examples
        --------
        >>> real = Disclosure().decided(real=True, named=False)
        >>> real.counted(1, "record"), real.counted(5, "record")
        ('< 5 records', 'five records')
        """
        return f"{self.count(count)} {plural(noun)}" if self.small(count) else counted(count, noun)

    def of_all(self, count: int, size: int) -> str:
        """Return how many of `size` participants: the number, or that it, or the rest, is small.

        Examples
        --------
        >>> real = Disclosure().decided(real=True, named=False)
        >>> real.of_all(4, 30), real.of_all(27, 30), real.of_all(25, 30), real.of_all(30, 30)
        ('< 5', '> 25', '25', '30')
        """
        return f"> {size - self.minimum}" if self.small(size - count) else self.count(count)


class Disclosure(Part):
    """What may be shown of single participants; strict for real data, open for synthetic.

    Parameters
    ----------
    participants
        Whether the numbers of a page open the records that they count: ``"listed"`` or
        ``"not listed"``. Left out, those of synthetic data are, and of real data they are not.
        Where the participants of real data are listed, what is left out below is open, too.
    identifiers
        Whether participants are named: ``"shown"`` or ``"hidden"``. Left out,
        ``safety.identifiers`` says so.
    participant_points
        Whether a participant may be a row or a mark of its own: ``"on"`` or ``"off"``. Of real
        data, also where it is on, values are rounded, and in an order of their own.
    minimum_count
        Counts of fewer participants are not shown, nor what they could be computed from; 0 for
        none. Left out, `USUAL_MINIMUM` for real data.
    dates
        Whether dates of participants may be shown: ``"shown"`` or ``"hidden"``.
    """

    participants: Listed | None = None
    identifiers: Shown | None = None
    participant_points: Switch | None = None
    minimum_count: int | None = pydantic.Field(default=None, ge=0, le=LARGEST_MINIMUM)
    dates: Shown | None = None

    @pydantic.model_validator(mode="after")
    def _agree(self) -> Self:
        if self.participants != "listed":
            return self
        if self.participant_points == "off":
            raise ValueError(
                "disclosure.participants cannot be listed where participant_points is off; a "
                "listing has a row a participant"
            )
        if self._counts_withheld:
            raise ValueError(
                "disclosure.participants cannot be listed where minimum_count is "
                f"{self.minimum_count}; a listing shows whom a small count counts"
            )
        return self

    @property
    def _counts_withheld(self) -> bool:
        return (self.minimum_count or 0) > 1

    def decided(self, *, real: bool, named: bool) -> Allowed:
        """Return what is allowed, the usual where the plan does not say.

        Parameters
        ----------
        real
            Whether the participants are people.
        named
            Whether they may be named where `identifiers` is left out.
        """
        withheld = self.participant_points == "off" or self._counts_withheld
        usual = "not listed" if real or withheld else "listed"
        listed = (self.participants or usual) == "listed"
        open_ = listed or not real
        points = self.participant_points or ("on" if open_ else "off")
        kept: Points = "rounded" if real else "exact"
        return Allowed(
            listed=listed,
            identifiers=named if self.identifiers is None else self.identifiers == "shown",
            points=kept if points == "on" else "grouped",
            minimum=(0 if open_ else USUAL_MINIMUM)
            if self.minimum_count is None
            else self.minimum_count,
            dates=(self.dates or ("shown" if open_ else "hidden")) == "shown",
        )

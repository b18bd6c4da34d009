"""A design of two arms: what it shows, by a formula and by simulated trials."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.power import Power
from analysis.trial_design.assumptions import Assumptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Design(ABC):
    """A trial of two arms that is to show non-inferiority.

    Attributes
    ----------
    n_test, n_reference
        Participants analysed.
    effect, margin, direction, alpha
        As in `Assumptions`.
    """

    n_test: int
    n_reference: int
    effect: float
    margin: float
    direction: str
    alpha: float

    scale: ClassVar[str]
    """Unit of the effect: ``"unit"`` for the endpoint's own, else as it is written."""
    needs: ClassVar[tuple[str, ...]]
    """The assumptions that may be taken from the ledger."""
    null: ClassVar[float] = 0.0
    """The effect of two arms that do not differ."""
    share_words: ClassVar[str] = ""
    """What `Assumptions.reference_share` is; nothing where a design does not read it."""
    method: ClassVar[str]
    """How the simulated trials are analysed."""

    @classmethod
    def of(cls, assumptions: Assumptions, n_test: int, n_reference: int) -> Self:
        """Return the design of a size under assumptions."""
        sizes: dict[str, Any] = {"n_test": n_test, "n_reference": n_reference}
        own = (each.name for each in fields(cls) if each.name not in sizes)
        return cls(**sizes, **{name: getattr(assumptions, name) for name in own})

    @classmethod
    def check(cls, assumptions: Assumptions) -> None:
        """Refuse assumptions that no trial can have.

        Raises
        ------
        UserError
            Naming the assumption, the rule and the value.
        """
        within("dropout", assumptions.dropout, 0, 1)
        cls.check_own(assumptions)
        design = cls.of(assumptions, 2, 2)
        if not design.gain > design.at_margin_gain():
            raise UserError(
                f"effect must be better than the margin, or no size gives power; got an effect of "
                f"{assumptions.effect:g} and a margin of {assumptions.margin:g}"
            )

    @classmethod
    @abstractmethod
    def check_own(cls, assumptions: Assumptions) -> None:
        """Refuse assumptions that this kind of endpoint cannot have."""

    @property
    def sign(self) -> int:
        """1 where larger effects are better, else −1."""
        return 1 if self.direction == "higher" else -1

    @property
    def gain(self) -> float:
        """The true effect, above 0 where the test arm is better."""
        return self.sign * self.effect

    def at_margin_gain(self) -> float:
        """Return the gain at the margin: the largest loss."""
        return -self.margin

    def with_gain(self, gain: float) -> float:
        """Return the effect that has a gain."""
        return self.sign * gain

    @classmethod
    def at_margin(cls, assumptions: Assumptions) -> float:
        """Return the true effect that lies at the margin."""
        return -assumptions.margin if assumptions.direction == "higher" else assumptions.margin

    @property
    def least(self) -> int:
        """Participants of the reference arm below which nothing can be estimated."""
        return 2

    @abstractmethod
    def power(self) -> Power:
        """Return the power by the formula."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, trials: int) -> Array:
        """Simulate trials.

        Returns
        -------
        numpy.ndarray
            (2, trials): estimated effects, and whether non-inferiority was shown.
        """


def within(name: str, value: float, low: float, high: float, *, open_low: bool = False) -> None:
    """Refuse a value that is not between two bounds.

    Parameters
    ----------
    name, value
        What it is of.
    low, high
        The bounds; the upper is excluded, the lower where `open_low`.

    Raises
    ------
    UserError
        Naming it, the rule and the value.
    """
    inside = low < value < high if open_low else low <= value < high
    if not inside:
        least = "above" if open_low else "at least"
        raise UserError(f"{name} must be {least} {low:g} and below {high:g}; got {value:g}")

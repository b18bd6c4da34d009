"""What each model of a plan estimates: difference or ratio, its unit, and which way is better."""

from dataclasses import dataclass
from typing import Any

from analysis.numbers import PROPORTION
from analysis.stats.verdicts import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a model estimates of two arms.

    Parameters
    ----------
    measure
        Its name, capitalised.
    null
        The value of no effect: 0 of a difference, 1 of a ratio.
    unit
        Its unit; None for that of the endpoint.
    places
        Decimals with which its values are recorded; None for those of the endpoint.
    of_hazard
        Whether it is of the hazard, which is low where times are long.
    """

    measure: str
    null: float = 0.0
    unit: str | None = None
    places: int | None = None
    of_hazard: bool = False

    @property
    def is_ratio(self) -> bool:
        """Whether it is a ratio."""
        return self.null == 1.0

    @property
    def of_means(self) -> bool:
        """Whether it is the difference of means, which needs no other name."""
        return self == DIFFERENCE

    @property
    def kind(self) -> str:
        """Return in a word what it is: a ratio or a difference."""
        return "ratio" if self.is_ratio else "difference"

    @property
    def link(self) -> str:
        """Return the word between it and what is compared with: ratio to, difference from."""
        return "to" if self.is_ratio else "from"

    def unit_of(self, endpoint: Any) -> str:
        """Return its unit for an endpoint."""
        unit: str = endpoint.unit if self.unit is None else self.unit
        return unit

    def direction(self, better: Direction) -> Direction:
        """Return which values of the effect are better, from which values of the endpoint are."""
        if not self.of_hazard:
            return better
        return "lower" if better == "higher" else "higher"


DIFFERENCE = Effect(measure="Difference")
RISK_DIFFERENCE = Effect(measure="Risk difference", unit=PROPORTION, places=1)

EFFECTS: dict[str, Effect] = {
    "Miettinen-Nurminen": RISK_DIFFERENCE,
    "Newcombe": RISK_DIFFERENCE,
    "Cochran-Mantel-Haenszel": RISK_DIFFERENCE,
    "standardisation": RISK_DIFFERENCE,
    "logistic regression": Effect(measure="Odds ratio", null=1.0, unit="", places=1),
    "Cox regression": Effect(measure="Hazard ratio", null=1.0, unit="", places=1, of_hazard=True),
    "restricted mean survival": Effect(measure="Difference of restricted means"),
    "Kaplan-Meier": Effect(measure="Difference of survival", unit=PROPORTION, places=1),
}
"""Word of ``analysis.model`` → what it estimates, where that is no difference of means."""


def effect_of(model: str) -> Effect:
    """Return what a model of the plan estimates.

    Examples
    --------
    >>> effect_of("Cox regression").measure, effect_of("ANCOVA").measure
    ('Hazard ratio', 'Difference')
    """
    return EFFECTS.get(model, DIFFERENCE)

"""What a trial is planned from: one object that every design reads."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """The assumptions and the rules of a trial that compares two arms.

    Attributes
    ----------
    effect
        True effect, test against reference: a difference of means in the unit of the endpoint, a
        difference of response rates as a fraction, or a hazard ratio.
    margin
        Non-inferiority margin: the loss that is accepted, above 0; of a hazard ratio the ratio on
        its worse side, above 1.
    direction
        Which values, responses or times are better, ``"higher"`` or ``"lower"``.
    alpha
        One-sided level.
    sd
        SD of a measurement within an arm; missing for other endpoints.
    reference_share
        Response rate of the reference, or the share of it with an event at the end of the trial.
    correlation, covariates
        Multiple correlation of a measurement and its covariates within an arm; how many there are.
    allocation
        Participants on test for each on reference.
    dropout
        Share of the randomised without a value, the same in both arms.
    """

    effect: float
    margin: float
    direction: str
    alpha: float
    sd: float
    reference_share: float
    correlation: float
    covariates: int
    allocation: float
    dropout: float

    def analysed(self, randomised: float) -> tuple[int, int]:
        """Return how many of the randomised are expected to be analysed: test and reference.

        Examples
        --------
        >>> Assumptions(
        ...     effect=0.0, margin=1.8, direction="higher", alpha=0.025, sd=3.0,
        ...     reference_share=0.5, correlation=0.0, covariates=0, allocation=2.0, dropout=0.1,
        ... ).analysed(100)
        (60, 30)
        """
        kept = randomised * (1 - self.dropout)
        reference = kept / (1 + self.allocation)
        # Whole participants; not one fewer for a representation error.
        test, reference = (math.floor(n * (1 + 1e-12)) for n in (kept - reference, reference))
        return max(test, 1), max(reference, 1)

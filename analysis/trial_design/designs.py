"""The designs of each kind of endpoint: a measurement, a response, a time to an event."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analysis.errors import UserError
from analysis.numbers import PROPORTION
from analysis.stats._checks import Array
from analysis.stats.adjusted_power import power_adjusted
from analysis.stats.ancova_many import Moments, adjusted_differences
from analysis.stats.cox_many import log_hazard_ratios
from analysis.stats.laws import normal_isf, t_isf
from analysis.stats.power import Power
from analysis.stats.power_hazard_ratios import power_hazard_ratio
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.proportion_power import power_proportions
from analysis.trial_design.assumptions import Assumptions
from analysis.trial_design.design import Design, within

AT_ONCE = 250_000
"""Participants of trials that are held at once, so that memory does not grow with a trial."""
MEANS, SHARES, TIMES = "measurement", "response", "time to event"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeansDesign(Design):
    """A measurement, analysed by analysis of covariance.

    Attributes
    ----------
    sd
        SD of the response within an arm, unadjusted.
    correlation, covariates
        As in `Assumptions`.
    """

    sd: float
    correlation: float
    covariates: int

    scale: ClassVar[str] = "unit"
    needs: ClassVar[tuple[str, ...]] = ("effect", "sd", "correlation", "dropout")
    method: ClassVar[str] = "analysis of covariance of each trial"

    @classmethod
    def check_own(cls, assumptions: Assumptions) -> None:
        """Refuse assumptions that this kind of endpoint cannot have."""
        if not assumptions.sd > 0:
            raise UserError(f"sd must be above 0; got {assumptions.sd:g}")
        if not assumptions.margin > 0:
            raise UserError(f"margin must be above 0; got {assumptions.margin:g}")
        within("correlation", assumptions.correlation, 0, 1)

    @property
    def explained(self) -> float:
        """The correlation that the model takes out; none without covariates."""
        return self.correlation if self.covariates else 0.0

    @property
    def least(self) -> int:
        """Participants of the reference arm below which nothing can be estimated."""
        return self.covariates + 3

    def power(self) -> Power:
        """Return the exact power."""
        return power_adjusted(
            n_test=self.n_test, n_reference=self.n_reference, sd=self.sd,
            correlation=self.explained, covariates=self.covariates, difference=self.effect,
            margin=self.margin, direction=self.direction, alpha=self.alpha,
        )  # fmt: skip

    def draw(self, rng: np.random.Generator, trials: int) -> Array:
        """Simulate trials from the exact laws of their sums, and analyse each."""
        found = adjusted_differences(self.sums(rng, trials))
        critical = float(t_isf(self.alpha, found.dfs[0]))
        lower = self.sign * found.estimates - critical * found.std_errors
        return np.stack([found.estimates, lower > -self.margin])

    def sums(self, rng: np.random.Generator, trials: int) -> Moments:
        """Draw what the analysis needs of each trial, without its participants.

        Notes
        -----
        Covariates and response are normal, so that the pooled sums of squares and products have
        Wishart's law (by Bartlett's decomposition) and the gaps of the means a normal one,
        independent of it. The covariates are independent of one another and only the first is
        correlated with the response: any others with that multiple correlation are a rotation of
        these, which changes neither estimate nor error.
        """
        q = self.covariates
        df = self.n_test + self.n_reference - 2
        root = np.zeros((q + 1, q + 1, trials))
        for row in range(q + 1):
            root[row, row] = np.sqrt(rng.chisquare(df - row, trials))
            root[row, :row] = rng.standard_normal((row, trials))
        gaps = rng.standard_normal((q + 1, trials))
        gaps *= math.sqrt(1 / self.n_test + 1 / self.n_reference)
        for drawn in (root, gaps):
            self._respond(drawn)
        gaps[q] += self.effect
        within = np.empty_like(root)
        for row in range(q + 1):
            for column in range(row + 1):
                shared = (root[row, : column + 1] * root[column, : column + 1]).sum(axis=0)
                within[row, column] = within[column, row] = shared
        return Moments(within, gaps, np.asarray(self.n_test), np.asarray(self.n_reference))

    def patients(self, rng: np.random.Generator, trials: int) -> Array:
        """Draw every participant of each trial.

        Returns
        -------
        numpy.ndarray
            (covariates + 1, participants, trials): the covariates, then the response; the
            participants of the test arm first.
        """
        values = rng.standard_normal((self.covariates + 1, self.n_test + self.n_reference, trials))
        self._respond(values)
        values[-1, : self.n_test] += self.effect
        return values

    def _respond(self, rows: Array) -> None:
        """Turn the last of independent rows into the response, which the first explains."""
        rows[-1] *= self.sd * math.sqrt(1 - self.explained**2)
        if self.explained:
            rows[-1] += self.sd * self.explained * rows[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesDesign(Design):
    """A response, analysed by Miettinen and Nurminen's interval of the risk difference.

    Attributes
    ----------
    reference_share
        True response rate of the reference.
    """

    reference_share: float

    scale: ClassVar[str] = PROPORTION
    needs: ClassVar[tuple[str, ...]] = ("effect", "dropout")
    share_words: ClassVar[str] = "Response rate of the comparator"
    method: ClassVar[str] = "Miettinen–Nurminen interval of each trial"

    @classmethod
    def check_own(cls, assumptions: Assumptions) -> None:
        """Refuse assumptions that this kind of endpoint cannot have."""
        within("margin", assumptions.margin, 0, 1, open_low=True)
        for words, effect in (("effect", assumptions.effect),
                              ("an effect at the margin", cls.at_margin(assumptions))):  # fmt: skip
            share = assumptions.reference_share + effect
            if not 0 < share < 1:
                raise UserError(
                    f"reference_share and {words} must give a rate of the test arm above 0 and "
                    f"below 1; got {assumptions.reference_share:g} and {effect:g}"
                )

    def power(self) -> Power:
        """Return the power by the normal approximation."""
        return power_proportions(
            n_test=self.n_test, n_reference=self.n_reference,
            proportion_test=self.reference_share + self.effect,
            proportion_reference=self.reference_share, margin=self.margin,
            direction=self.direction, alpha=self.alpha, method="farrington-manning",
        )  # fmt: skip

    def draw(self, rng: np.random.Generator, trials: int) -> Array:
        """Simulate the counts of trials; each distinct table is analysed once."""
        sizes = self.n_test, self.n_reference
        shares = self.reference_share + self.effect, self.reference_share
        counts = [rng.binomial(n, p, trials) for n, p in zip(sizes, shares, strict=True)]
        tables, which = np.unique(np.stack(counts), axis=1, return_inverse=True)
        found = risk_difference(
            tables[0], sizes[0], tables[1], sizes[1],
            method="miettinen-nurminen", level=1 - 2 * self.alpha,
        )  # fmt: skip
        shown = found.lower > -self.margin if self.sign > 0 else found.upper < self.margin
        return np.stack([found.estimate, shown])[:, which.ravel()]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesDesign(Design):
    """A time to an event, analysed by Cox regression.

    Attributes
    ----------
    reference_share
        Share of the reference with an event at the end of the trial.
    """

    reference_share: float

    scale: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ("effect", "dropout")
    null: ClassVar[float] = 1.0
    share_words: ClassVar[str] = "Share of the comparator with an event"
    method: ClassVar[str] = "Cox regression of each trial, Wald interval"

    @classmethod
    def check_own(cls, assumptions: Assumptions) -> None:
        """Refuse assumptions that this kind of endpoint cannot have."""
        if not assumptions.effect > 0:
            raise UserError(f"effect is a hazard ratio, above 0; got {assumptions.effect:g}")
        if not assumptions.margin > 1:
            raise UserError(
                "margin is a hazard ratio on its worse side, above 1 (0.8 is given as 1.25); got "
                f"{assumptions.margin:g}"
            )

    @property
    def gain(self) -> float:
        """The true log hazard ratio, above 0 where the test arm is better: longer is better."""
        return -self.sign * math.log(self.effect)

    def at_margin_gain(self) -> float:
        """Return the gain at the margin: the largest loss."""
        return -math.log(self.margin)

    def with_gain(self, gain: float) -> float:
        """Return the effect that has a gain."""
        return math.exp(-self.sign * gain)

    @classmethod
    def at_margin(cls, assumptions: Assumptions) -> float:
        """Return the true effect that lies at the margin."""
        return assumptions.margin if assumptions.direction == "higher" else 1 / assumptions.margin

    def power(self) -> Power:
        """Return the power by the normal approximation."""
        return power_hazard_ratio(
            n_test=self.n_test, n_reference=self.n_reference, ratio=self.effect,
            reference_share=self.reference_share, margin=self.margin, direction=self.direction,
            alpha=self.alpha,
        )  # fmt: skip

    def draw(self, rng: np.random.Generator, trials: int) -> Array:
        """Simulate exponential times, followed up to 1, and analyse each trial.

        A trial in which one arm has no event shows nothing.
        """
        size = max(1, AT_ONCE // (self.n_test + self.n_reference))
        parts = [self._some(rng, min(size, trials - at)) for at in range(0, trials, size)]
        return np.concatenate(parts, axis=1)

    def _some(self, rng: np.random.Generator, trials: int) -> Array:
        """Simulate and analyse as many trials as are held at once."""
        total = self.n_test + self.n_reference
        hazard = -math.log1p(-self.reference_share)
        times = rng.standard_exponential((trials, total)) / hazard
        times[:, : self.n_test] /= self.effect
        found = log_hazard_ratios(np.minimum(times, 1.0), times < 1.0, self.n_test)
        gains = -self.sign * found.estimates
        # A comparison with what is missing is false.
        shown = gains - float(normal_isf(self.alpha)) * found.std_errors > -math.log(self.margin)
        return np.stack([np.exp(found.estimates), shown])


KINDS: Mapping[str, type[Design]] = {MEANS: MeansDesign, SHARES: SharesDesign, TIMES: TimesDesign}
"""Kind of an endpoint → its designs."""

"""A rule of blinded sample-size re-estimation: applied, and tried on simulated trials."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, check_number
from analysis.stats._comparison import Tabular
from analysis.stats.laws import t_isf
from analysis.stats.sample_size import round_up

LARGEST = 100_000
"""Patients in total beyond which a re-estimated trial is called infeasible."""
CHUNK = 50_000
"""Simulated trials at once, which bounds the memory."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Reestimation(Tabular):
    """The size of a trial after a blinded look.

    Attributes
    ----------
    n_total, n_test, n_reference
        Patients to be analysed; each arm is rounded up.
    enough
        Whether these have the power, if the SD is as it was found.
    sd_blinded
        SD of all patients of the look as one sample.
    sd
        The SD that was used, after the adjustment for the assumed difference.
    """

    n_total: int
    n_test: int
    n_reference: int
    enough: bool
    sd_blinded: float
    sd: float


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristics(Tabular):
    """What a rule of blinded re-estimation does at one true SD.

    Attributes
    ----------
    sd
        True SD of each arm.
    type_1_error, type_1_mc_error
        Share of trials that succeed when the true difference lies at the margin, and its standard
        error of simulation.
    power, power_mc_error
        The same when the true difference is as assumed.
    n_mean, n_lower, n_median, n_upper
        Patients in total where it is as assumed: mean, and 10th, 50th and 90th percentiles.
    at_most
        Share of trials that have the most patients that are allowed.
    draws
        Simulated trials under each hypothesis.
    """

    sd: float
    type_1_error: float
    type_1_mc_error: float
    power: float
    power_mc_error: float
    n_mean: float
    n_lower: int
    n_median: int
    n_upper: int
    at_most: float
    draws: int


@brief(hide={"variances"})
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BlindedRule:
    """How a trial finds its size anew from the SD of all its patients, arms not known.

    Attributes
    ----------
    n_first, n_least, n_most
        Patients of the look, and the fewest and the most of the trial, in total.
    power, alpha, allocation, formula
        As given.
    gain
        Assumed difference, positive where test is better.
    margin
        As given.
    removed
        What is taken off the blinded variance for the assumed difference.
    variances
        The largest variance with which n_first, n_first + 1, … n_most patients have the power.
    """

    n_first: int
    n_least: int
    n_most: int
    power: float
    alpha: float
    allocation: float
    formula: str
    gain: float
    margin: float
    removed: float
    variances: Array

    def reestimate(self, sd_blinded: float) -> Reestimation:
        """Give the size that follows from the SD of the look.

        Parameters
        ----------
        sd_blinded
            SD of all patients of the look as one sample.

        Returns
        -------
        Reestimation
            The new size.

        Raises
        ------
        UserError
            When the SD is less than the assumed difference would make alone.
        """
        variance = check_number("sd_blinded", sd_blinded, above=0) ** 2
        if variance <= self.removed:
            raise UserError(
                f"an SD of {sd_blinded:g} is less than the assumed difference would make alone; "
                "plan the rule with adjust=False."
            )
        total = int(self.total(np.array(variance)))
        test, reference = (
            round_up(total * part / (1 + self.allocation)) for part in (self.allocation, 1.0)
        )
        return Reestimation(
            n_total=test + reference, n_test=test, n_reference=reference, sd_blinded=sd_blinded,
            enough=bool(variance - self.removed <= self.variances[-1]),
            sd=math.sqrt(variance - self.removed),
        )  # fmt: skip

    def characteristics(self, sd: float, *, draws: int, seed: int) -> Characteristics:
        """Simulate type I error, power and size at a true SD.

        Parameters
        ----------
        sd
            True SD of each arm.
        draws
            Simulated trials, under either hypothesis; 1,000 or more.
        seed
            The same seed gives the same numbers.

        Returns
        -------
        Characteristics
            Probabilities and their Monte Carlo errors.

        Raises
        ------
        UserError
            When an input is out of range.
        """
        check_number("sd", sd, above=0)
        draws = whole("draws", draws, 1000, 10**9)
        found = {"wrong": 0, "right": 0}
        sizes = np.zeros(self.n_most + 1)
        parts = np.random.SeedSequence(seed).spawn(-(-draws // CHUNK))
        for place, part in enumerate(parts):
            many = min(CHUNK, draws - place * CHUNK)
            found["wrong"] += int(_simulate(self, sd, -self.margin, many, part)[0].sum())
            succeeds, totals = _simulate(self, sd, self.gain, many, part)
            found["right"] += int(succeeds.sum())
            sizes += np.bincount(totals, minlength=sizes.size)
        error, power = found["wrong"] / draws, found["right"] / draws
        below = sizes.cumsum()
        tenth, half, ninth = (int(np.searchsorted(below, draws * each)) for each in (0.1, 0.5, 0.9))
        return Characteristics(
            sd=sd, type_1_error=error, type_1_mc_error=_mc_error(error, draws), power=power,
            power_mc_error=_mc_error(power, draws), n_mean=float(sizes @ range(sizes.size)) / draws,
            n_lower=tenth, n_median=half, n_upper=ninth, at_most=float(sizes[-1]) / draws,
            draws=draws,
        )  # fmt: skip

    def total(self, variances: Array) -> Array:
        """Return the patients in total that follow from blinded variances."""
        needed = self.n_first + np.searchsorted(self.variances, variances - self.removed)
        return np.clip(needed, self.n_least, self.n_most)

    @property
    def share(self) -> float:
        """Return k / (1 + k)² for k on test to each on reference.

        The variance of a difference of means is that of a patient over `share` times all patients.
        """
        return self.allocation / (1 + self.allocation) ** 2


def whole(name: str, value: int, least: int, most: int = LARGEST) -> int:
    """Require a whole number between two."""
    if check_number(name, value, at_least=least, below=most + 1) != math.floor(value):
        raise UserError(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def _mc_error(share: float, draws: int) -> float:
    return math.sqrt(share * (1 - share) / draws)


def _simulate(
    rule: BlindedRule, sd: float, gain: float, draws: int, seed: np.random.SeedSequence
) -> tuple[NDArray[np.bool_], Array]:
    """Return which of many trials succeed, and their sizes, without drawing a patient.

    The first stage is its difference and its sum of squares within arms; the second adds a
    difference, and a sum of squares within arms and between stages.
    """
    rng = np.random.default_rng(seed)
    first = rule.n_first
    start, within = rng.standard_normal(draws), rng.chisquare(first - 2, draws)
    seen = start + math.sqrt(first * rule.share) * gain / sd
    total = rule.total((within + seen**2) * sd**2 / (first - 1))
    old, new = np.sqrt(first / total), np.sqrt(1 - first / total)
    added = rng.standard_normal(draws)
    df = total - first - 1.0
    more = np.where(df > 0, rng.chisquare(np.maximum(df, 1.0)), 0.0)
    more += np.where(new > 0, new * start - old * added, 0.0) ** 2
    distance = np.sqrt(total * rule.share) * (gain + rule.margin) / sd
    statistic = old * start + new * added + distance
    statistic /= np.sqrt((within + more) / (total - 2.0))
    return statistic > t_isf(rule.alpha, total - 2.0), total

"""Draw a sample of a study's measurements from a stated law, before it is moved.

A value is drawn from a normal distribution cut at one per cent of either side, or, where that
would leave the limits of the quantity, from the beta distribution between them of the same mean
and SD. Values of one participant and endpoint are related.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaincinv, ndtr

from analysis.sources.evidence import Ledger
from analysis.sources.synthetic import draws
from analysis.sources.synthetic.calibrated.carriers import limits
from analysis.sources.synthetic.calibrated.columns import ALONE, Columns, Key
from analysis.sources.synthetic.calibrated.groups import Rows
from analysis.sources.synthetic.calibrated.moving import Limits
from analysis.sources.synthetic.calibrated.printed import Number
from analysis.sources.synthetic.calibrated.statistics import quantile_of
from analysis.sources.synthetic.draws import Floats

ALIKE = 0.7
"""Correlation of two values of one participant and endpoint, before the sample is moved."""
ROUND = {"mean": -1.0, "sd": 1.0}
"""What is assumed of them."""

RANGES = (("p10", "p90", 2.563), ("p25", "p75", 1.349), ("min", "max", 4.0))
"""Two ends of a distribution, and how many standard deviations lie between them."""


@dataclass(frozen=True, slots=True)
class Start:
    """What the law of a column is for some participants.

    Parameters
    ----------
    arm
        Arm or group.
    rows
        Its participants.
    mean, sd
        Of the law.
    mean_source, sd_source
        The rows of the ledger that they follow from, or why they are assumed.
    """

    arm: str
    rows: Rows
    mean: float
    sd: float
    mean_source: str
    sd_source: str


class Laws:
    """What the columns of a study are drawn from.

    Parameters
    ----------
    columns
        The columns, observed.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns, self.ledger = columns, columns.ledger
        self.groups, self.keys, self.numbers = columns.groups, columns.keys, columns.numbers
        self._field: dict[tuple[Key, str], tuple[float, str]] = {}

    def starts(self, column: int) -> list[Start]:
        """Return the laws of a column, arm by arm, then those of groups and sets in them."""
        key = self.keys[column]
        own = [
            each
            for each in self.numbers
            if not each.reference and not each.counts
            and (each.code, each.unit, each.months, each.variant) == key
        ]  # fmt: skip
        found = []
        arm_starts = np.cumsum([0, *self.groups.arms.values()])
        for arm, start, size in zip(
            self.groups.arms,
            arm_starts[:-1],
            self.groups.arms.values(),
            strict=True,
        ):
            rows = np.arange(start, start + size)
            if self.columns.observed[column][rows].any():
                found.append(self._start(key, own, arm, None, rows))
        named = dict.fromkeys((each.arm, each.population, each.n) for each in own)
        sets = sorted(named, key=lambda each: -len(self.groups.members(*each)))
        found += [
            self._start(key, own, arm, population, self.groups.members(arm, population, n))
            for arm, population, n in sets
        ]
        return found

    def _start(
        self, key: Key, own: Sequence[Number], arm: str, population: str | None, rows: Rows
    ) -> Start:
        """Return the law of a column for a set, or for an arm where no set is named."""
        of = [each for each in own if each.arm == arm]
        if population is not None:
            of = [each for each in of if each.population == population]
        mean, mean_source = self._mean(key, of, own, arm)
        sd, sd_source = self._sd(key, of, own, mean, len(rows))
        return Start(arm, rows, mean, sd, mean_source, sd_source)

    def _mean(
        self, key: Key, of: Sequence[Number], own: Sequence[Number], arm: str
    ) -> tuple[float, str]:
        for statistic in ("mean", "median"):
            for each in of:
                if each.statistic == statistic:
                    return each.value, each.result_id
        ends = {each.statistic: each for each in of}
        if "ci_low" in ends and "ci_high" in ends:
            low, high = ends["ci_low"], ends["ci_high"]
            return (low.value + high.value) / 2, f"{low.result_id} {high.result_id}"
        for low_end, high_end, _ in RANGES:
            if low_end in ends and high_end in ends:
                low, high = ends[low_end], ends[high_end]
                return (low.value + high.value) / 2, f"{low.result_id} {high.result_id}"
        gain = self._gain(key, arm)
        if gain is not None:
            return gain
        others = [each for each in own if each.statistic in ("mean", "median")]
        if others:
            middle = float(np.median([each.value for each in others]))
            return middle, f"the median of this study's other groups, {middle:g}"
        return self._of_the_field(key, "mean")

    def _gain(self, key: Key, arm: str) -> tuple[float, str] | None:
        """Return baseline and printed change together."""
        if key.months == 0:
            return None
        for each in self.numbers:
            same = each.arm == arm and not each.reference and each.statistic in ("mean", "median")
            same = same and (each.months, each.variant) == (key.months, key.variant)
            if same and self.columns.root(each.code) == key.code:
                base = self.keys[self.columns.terms(each)[1][0]]
                start = next(
                    (s.mean for s in self.starts(self.columns.index(base)) if s.arm == arm), 0.0
                )
                return start + each.value, f"baseline, and the change of {each.result_id}"
        return None

    def _sd(
        self, key: Key, of: Sequence[Number], own: Sequence[Number], mean: float, n: int
    ) -> tuple[float, str]:
        for each in of:
            if each.statistic == "sd":
                return max(each.value, 0.1 * each.unit_of_rounding), each.result_id
        for each in of:
            if each.statistic == "se":
                return each.value * np.sqrt(each.n or n), f"{each.result_id}, times the root of n"
        ends = {each.statistic: each for each in of}
        if "ci_low" in ends and "ci_high" in ends:
            low, high = ends["ci_low"], ends["ci_high"]
            half = (high.value - low.value) / 2
            by = quantile_of(high.level, high.interval, n - 1)
            return half / by * np.sqrt(n), f"half of {low.result_id} to {high.result_id}"
        for low_end, high_end, widths in RANGES:
            if low_end in ends and high_end in ends:
                low, high = ends[low_end], ends[high_end]
                return (
                    (high.value - low.value) / widths,
                    f"{low.result_id} to {high.result_id}, a range of {widths:g} SDs",
                )
        others = [each.value for each in own if each.statistic == "sd"]
        if others:
            return float(np.median(others)), "the median SD of this study's other groups"
        if self.columns.domain(key.code) == "exposure":
            return 0.0, "no spread is printed; everybody has the dose"
        if key.months != 0:
            base = Key(key.code, key.unit, 0.0)
            spread = [
                each.value
                for each in self.numbers
                if each.statistic == "sd" and (each.code, each.unit, each.months) == base[:3]
            ]
            if spread:
                return float(np.median(spread)), "the SD at baseline"
        return self._of_the_field(key, "sd", mean)

    def _of_the_field(self, key: Key, statistic: str, mean: float = 0.0) -> tuple[float, str]:
        """Return the median of what the ledger has of this endpoint, at this time if it can be."""
        if key.code in ALONE:
            return ROUND[statistic], "no number in the ledger; a round one"
        if (key, statistic) not in self._field:
            self._field[key, statistic] = self._median(key, statistic, mean)
        return self._field[key, statistic]

    def _median(self, key: Key, statistic: str, mean: float) -> tuple[float, str]:
        rows = self.ledger.results
        rows = rows[
            (rows["paramcd"] == key.code) & (rows["unit"] == key.unit)
            & (rows["statistic"] == statistic) & (rows["reference_arm_id"] == "")
        ]  # fmt: skip
        now = rows[(rows["months"] == key.months) & rows["value"].notna()]
        rows = now if len(now) else rows[rows["value"].notna()]
        if len(rows):
            when = "" if len(now) else " at any time"
            middle = float(rows["value"].median())
            return middle, f"the median of the {len(rows)} in the ledger{when}"
        low, high = limits(key.code, self.columns.param(key.code), key.unit)
        if statistic == "mean":
            middle = (low + high) / 2 if np.isfinite([low, high]).all() else 0.0
            return middle, "no number in the ledger; the middle of its limits, or nought"
        return abs(mean) / 4 or 1.0, "no number in the ledger; a quarter of the mean, or 1"

    def limits(self) -> Limits:
        """Return the standard deviation of each column, and the limits of each value."""
        laws = [self.starts(k) for k in range(len(self.keys))]
        scales = [
            float(np.median([start.sd or 0.05 * abs(start.mean) for start in law] or [1.0])) or 1.0
            for law in laws
        ]
        low, high = (np.empty((self.groups.size, len(self.keys))) for _ in range(2))
        for column, key in enumerate(self.keys):
            low[:, column], high[:, column] = limits(
                key.code, self.columns.param(key.code), key.unit
            )
            for each in self.numbers:
                ends = each.statistic in ("min", "max") and not each.reference
                if ends and (each.code, each.unit, each.months, each.variant) == key:
                    rows = self.groups.members(each.arm, each.population, each.n)
                    (low if each.statistic == "min" else high)[rows, column] = each.value
        return Limits(np.array(scales), low, high)

    def drawn(self, rng: np.random.Generator, bounds: Limits) -> Floats:
        """Return a sample drawn from the laws, NaN where nobody is observed."""
        own = {code: self._scores(rng) for code in dict.fromkeys(key.code for key in self.keys)}
        sample = np.full((self.groups.size, len(self.keys)), np.nan)
        for column, key in enumerate(self.keys):
            score = np.sqrt(ALIKE) * own[key.code] + np.sqrt(1 - ALIKE) * self._scores(rng)
            for start in self.starts(column):
                rows = start.rows
                low, high = bounds.low[rows, column].max(), bounds.high[rows, column].min()
                sample[rows, column] = _by_law(score[rows], start, low, high)
            sample[~self.columns.observed[column], column] = np.nan
        return sample

    def _scores(self, rng: np.random.Generator) -> Floats:
        """Return standard normal draws, each arm near its distribution."""
        return np.concatenate([draws.normal(rng, size) for size in self.groups.arms.values()])


def _by_law(score: Floats, start: Start, low: float, high: float) -> Floats:
    """Return values of the law at standard normal scores."""
    if len(score) > 2 and score.std() > 0:
        score = (score - score.mean()) / score.std(ddof=1)
    normal = start.mean + start.sd * score
    inside = bool((normal >= low).all() and (normal <= high).all())
    if inside or not np.isfinite([low, high]).all():
        return np.asarray(np.clip(normal, low, high))
    m, s = (start.mean - low) / (high - low), start.sd / (high - low)
    size = m * (1 - m) / s**2 - 1 if s > 0 else 0
    if not (0 < m < 1 and size > 0):
        return np.asarray(np.clip(normal, low, high))
    share = betaincinv(m * size, (1 - m) * size, ndtr(score))
    return np.asarray(low + (high - low) * share)


def usual_size(ledger: Ledger) -> int:
    """Return the median n of the arms of the ledger: what an arm has of which nothing is said."""
    rows = ledger.results[(ledger.results["reference_arm_id"] == "") & ledger.results["n"].notna()]
    largest = rows.groupby(["study_id", "arm_id"])["n"].max()
    return int(pd.Series(largest).median())

"""Published statistics as functions of a sample, each with its gradient.

A printed number holds where its function of the sample rounds to it. The gradients say which way
the sample is to be moved, and by how little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from analysis.sources.synthetic.calibrated.groups import Rows
from analysis.sources.synthetic.draws import Floats

Terms = tuple[tuple[int, float], ...]
"""Columns of the sample with their coefficients: a change is ((end, 1), (base, -1))."""
QUANTILES = {
    "min": 0.0,
    "p10": 0.1,
    "p25": 0.25,
    "median": 0.5,
    "p75": 0.75,
    "p90": 0.9,
    "max": 1.0,
}
Gradient = list[tuple[Rows, Terms, Floats]]
"""Rows, the columns that they are of, and the derivatives by the rows' values."""

Uses = list[tuple[Rows, tuple[int, ...]]]
"""Rows, and the columns of them."""


def values(sample: Floats, rows: Rows, terms: Terms) -> Floats:
    """Return a linear combination of columns of some rows."""
    return np.asarray(sum(by * sample[rows, column] for column, by in terms))


def quantile_of(level: float, interval: str, df: float) -> float:
    """Return the quantile of t that a confidence limit lies by."""
    share = level if interval == "one-sided" else (1 + level) / 2
    return float(stdtrit(df, share))


def _columns(terms: Terms) -> tuple[int, ...]:
    return tuple(column for column, _ in terms)


@dataclass(frozen=True, slots=True)
class Summary:
    """A statistic of one group; of limits, `by` standard errors are added to the mean."""

    rows: Rows
    terms: Terms
    statistic: str
    by: float = 0.0

    @property
    def uses(self) -> Uses:
        """The values that it is of."""
        return [(self.rows, _columns(self.terms))]

    def __call__(self, sample: Floats) -> tuple[float, Gradient]:
        """Return the statistic and its gradient."""
        y, n = values(sample, self.rows, self.terms), len(self.rows)
        mean = y.mean()
        if self.statistic in QUANTILES:
            return self._quantile(y)
        if self.statistic == "mean":
            return float(mean), [(self.rows, self.terms, np.full(n, 1 / n))]
        sd = max(float(y.std(ddof=1)), 1e-12)
        slope = (y - mean) / ((n - 1) * sd)
        if self.statistic == "sd":
            return sd, [(self.rows, self.terms, slope)]
        root = np.sqrt(n)
        if self.statistic == "se":
            return sd / root, [(self.rows, self.terms, slope / root)]
        limit = mean + self.by * sd / root
        return float(limit), [(self.rows, self.terms, 1 / n + self.by * slope / root)]

    def _quantile(self, y: Floats) -> tuple[float, Gradient]:
        """Return the quantile between the two nearest values, as SAS and R do not agree on it."""
        place = QUANTILES[self.statistic] * (len(y) - 1)
        low, part = int(np.floor(place)), place - np.floor(place)
        order = np.argsort(y, kind="stable")
        slope = np.zeros(len(y))
        slope[order[low]] += 1 - part
        slope[order[min(low + 1, len(y) - 1)]] += part
        return float(slope @ y), [(self.rows, self.terms, slope)]


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two means, with pooled variance; `by` of its errors are added.

    Of a p-value the statistic is ``"t"``, the difference in standard errors.
    """

    first: Rows
    second: Rows
    terms: Terms
    statistic: str
    by: float = 0.0

    @property
    def uses(self) -> Uses:
        """The values that it is of."""
        return [(rows, _columns(self.terms)) for rows in (self.first, self.second)]

    @property
    def df(self) -> int:
        """Degrees of freedom."""
        return len(self.first) + len(self.second) - 2

    def __call__(self, sample: Floats) -> tuple[float, Gradient]:
        """Return the statistic and its gradient."""
        a, b = (values(sample, rows, self.terms) for rows in (self.first, self.second))
        gap = a.mean() - b.mean()
        u, v = a - a.mean(), b - b.mean()
        size = np.sqrt(1 / len(a) + 1 / len(b))
        pooled = np.sqrt(max((u @ u + v @ v) / self.df, 1e-24))
        error = pooled * size
        of_gap = np.full(len(a), 1 / len(a)), np.full(len(b), -1 / len(b))
        of_error = u * size / (self.df * pooled), v * size / (self.df * pooled)
        if self.statistic == "t":
            sign = np.sign(gap) or 1.0
            value = sign * gap / error
            parts = [
                sign * g / error - value * e / error for g, e in zip(of_gap, of_error, strict=True)
            ]
        elif self.statistic == "se":
            value, parts = error, list(of_error)
        else:
            value = gap + self.by * error
            parts = [g + self.by * e for g, e in zip(of_gap, of_error, strict=True)]
        rows = (self.first, self.second)
        return float(value), [(r, self.terms, p) for r, p in zip(rows, parts, strict=True)]


@dataclass(frozen=True, slots=True)
class Correlation:
    """Pearson's correlation of two linear combinations."""

    rows: Rows
    one: Terms
    other: Terms

    @property
    def uses(self) -> Uses:
        """The values that it is of."""
        return [(self.rows, _columns(self.one)), (self.rows, _columns(self.other))]

    def __call__(self, sample: Floats) -> tuple[float, Gradient]:
        """Return the correlation and its gradient."""
        x, y = (values(sample, self.rows, terms) for terms in (self.one, self.other))
        x, y = x - x.mean(), y - y.mean()
        a, b = np.sqrt(x @ x), np.sqrt(y @ y)
        r = float(x @ y / (a * b))
        return r, [
            (self.rows, self.one, y / (a * b) - r * x / a**2),
            (self.rows, self.other, x / (a * b) - r * y / b**2),
        ]


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A least-squares mean (at the mean covariate) or a difference of two, of an ANCOVA.

    Parameters
    ----------
    arms
        Rows of each arm of the model.
    terms, covariate
        The response and its covariate.
    weights
        What of each arm's mean is wanted: (1, 0) is the mean of the first, (1, -1) a difference.
    statistic
        ``"estimate"``, ``"se"`` or ``"t"``.
    by
        How many standard errors are added to an estimate.
    """

    arms: tuple[Rows, ...]
    terms: Terms
    covariate: Terms
    weights: tuple[float, ...]
    statistic: str
    by: float = 0.0

    @property
    def uses(self) -> Uses:
        """The values that it is of."""
        columns = (*_columns(self.terms), *_columns(self.covariate))
        return [(rows, columns) for rows in self.arms]

    @property
    def df(self) -> int:
        """Residual degrees of freedom."""
        return sum(map(len, self.arms)) - len(self.arms) - 1

    def __call__(self, sample: Floats) -> tuple[float, Gradient]:
        """Return the statistic and its gradient, by response and by covariate."""
        rows = np.concatenate(self.arms)
        y, x = values(sample, rows, self.terms), values(sample, rows, self.covariate)
        n = len(rows)
        design = np.zeros((n, len(self.arms) + 1))
        design[np.arange(n), np.repeat(np.arange(len(self.arms)), [len(a) for a in self.arms])] = 1
        design[:, -1] = x - x.mean()
        inverse = np.linalg.pinv(design.T @ design)
        coefficients = inverse @ design.T @ y
        rest = y - design @ coefficients
        variance = max(float(rest @ rest) / self.df, 1e-24)
        # The covariate is centred, so that an arm's coefficient is its mean at the mean covariate.
        wanted = np.array([*self.weights, 0.0])
        u = inverse @ wanted
        lever, slope = design @ u, coefficients[-1]
        estimate = float(wanted @ coefficients)
        size = float(wanted @ u)
        error = np.sqrt(variance * size)
        of_y = lever
        of_x = u[-1] * rest - slope * lever
        of_x = of_x - of_x.mean()
        half = 1 / (2 * error)
        error_y = half * size * 2 * rest / self.df
        size_x = -2 * u[-1] * lever
        error_x = half * (
            size * (-2 * slope * rest / self.df) + variance * (size_x - size_x.mean())
        )
        if self.statistic == "se":
            value, by_y, by_x = error, error_y, error_x
        elif self.statistic == "t":
            sign = np.sign(estimate) or 1.0
            value = sign * estimate / error
            by_y = (sign * of_y - value * error_y) / error
            by_x = (sign * of_x - value * error_x) / error
        else:
            value = estimate + self.by * error
            by_y, by_x = of_y + self.by * error_y, of_x + self.by * error_x
        return float(value), [(rows, self.terms, by_y), (rows, self.covariate, by_x)]


Statistic = Summary | Difference | Correlation | Adjusted
Statistics = Sequence[Statistic]

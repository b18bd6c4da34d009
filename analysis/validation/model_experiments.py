"""Draws and limits of the simulated means, covariance analyses, mixed models and meta-analyses.

Where a closed form gives what `analysis.stats` gives, all data sets are computed at once;
``tests/test_validation.py`` holds these forms against the package, data set by data set.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.stats.covariance_structures import covariance_structure
from analysis.stats.mmrm_many import estimate_many

Array = NDArray[np.float64]
Pair = tuple[Array, Array]

BETWEEN_SD, WITHIN_SD = 1.0, 1.0
"""Of repeated measurements: SD between participants and within them."""
DROPOUT = 0.07
"""Mean chance to drop out after each visit: some 20 % are missing at the last of four."""
VISITS = 4
STUDY_ERRORS = (0.15, 0.40)
"""Range of the standard errors of simulated studies."""


def draw_means(
    rng: np.random.Generator, draws: int, sizes: tuple[int, int], sds: tuple[float, float]
) -> tuple[Array, ...]:
    """Draw mean and SD of two arms of normal values: mean, SD, mean, SD."""
    parts = []
    for n, sd in zip(sizes, sds, strict=True):
        parts.append(rng.normal(0.0, sd / np.sqrt(n), draws))
        parts.append(sd * np.sqrt(rng.chisquare(n - 1, draws) / (n - 1)))
    return tuple(parts)


def mean_limits(data: tuple[Array, ...], sizes: tuple[int, int], method: str, level: float) -> Pair:
    """Give the limits of the difference of means of every data set."""
    mean_1, sd_1, mean_2, sd_2 = data
    n1, n2 = sizes
    own_1, own_2 = sd_1**2 / n1, sd_2**2 / n2
    if method == "pooled":
        df = np.asarray(n1 + n2 - 2.0)
        pooled = ((n1 - 1) * sd_1**2 + (n2 - 1) * sd_2**2) / df
        variance = pooled * (1 / n1 + 1 / n2)
    else:
        variance = own_1 + own_2
        df = variance**2 / (own_1**2 / (n1 - 1) + own_2**2 / (n2 - 1))
    half = stats.t.ppf((1 + level) / 2, df) * np.sqrt(variance)
    return mean_1 - mean_2 - half, mean_1 - mean_2 + half


def draw_ancova(rng: np.random.Generator, draws: int, sizes: tuple[int, int]) -> tuple[Array, ...]:
    """Draw covariate and response of two arms: x and y of the first, x and y of the second."""
    parts = []
    for n in sizes:
        x = rng.normal(size=(draws, n))
        parts += [x, x + rng.normal(size=(draws, n))]
    return tuple(parts)


def ancova_limits(data: tuple[Array, ...], level: float) -> Pair:
    """Give the limits of the adjusted difference: first arm minus second.

    The textbook form of the covariance analysis with one covariate and a common slope.
    """
    (x1, y1), (x2, y2) = data[:2], data[2:]
    n1, n2 = x1.shape[1], x2.shape[1]

    def within(a: Array, b: Array) -> Array:
        centred = (a - a.mean(axis=1, keepdims=True)) * (b - b.mean(axis=1, keepdims=True))
        return np.asarray(centred.sum(axis=1))

    sxx = within(x1, x1) + within(x2, x2)
    sxy = within(x1, y1) + within(x2, y2)
    syy = within(y1, y1) + within(y2, y2)
    gap = x1.mean(axis=1) - x2.mean(axis=1)
    estimate = y1.mean(axis=1) - y2.mean(axis=1) - sxy / sxx * gap
    df = n1 + n2 - 3
    variance = (syy - sxy**2 / sxx) / df
    half = stats.t.ppf((1 + level) / 2, df) * np.sqrt(variance * (1 / n1 + 1 / n2 + gap**2 / sxx))
    return estimate - half, estimate + half


def draw_mmrm(rng: np.random.Generator, draws: int, sizes: tuple[int, int]) -> tuple[Array, ...]:
    """Draw baselines and visits of two arms, with monotone dropout at random (MAR).

    The chance to drop out is higher after a low value, which is observed.
    """
    n = sum(sizes)
    level = BETWEEN_SD * rng.normal(size=(draws, n, 1))
    baseline = level[..., 0] + WITHIN_SD * rng.normal(size=(draws, n))
    visits = level + WITHIN_SD * rng.normal(size=(draws, n, VISITS))
    chance = 2 * DROPOUT * stats.norm.cdf(-visits[..., :-1] / np.hypot(BETWEEN_SD, WITHIN_SD))
    left = np.cumsum(rng.uniform(size=chance.shape) < chance, axis=2) > 0
    visits[..., 1:][left] = np.nan
    return baseline, visits


def mmrm_limits(data: tuple[Array, ...], sizes: tuple[int, int], level: float) -> Pair:
    """Give Kenward and Roger's limits of the difference at the last visit of every data set.

    Fixed effects: arm × visit and the baseline; unstructured covariance.
    """
    baseline, visits = data
    n, last = sum(sizes), VISITS - 1
    test = np.repeat([1.0, 0.0], sizes)
    means = np.broadcast_to(np.eye(VISITS), (n, VISITS, VISITS))
    shared = np.concatenate([means, test[:, None, None] * means], axis=2)
    every = np.broadcast_to(shared, (len(baseline), *shared.shape))
    slope = np.broadcast_to(baseline[..., None, None], (*every.shape[:-1], 1))
    difference = np.eye(2 * VISITS + 1)[[VISITS + last]]
    found = estimate_many(
        np.concatenate([every, slope], axis=3), visits, difference,
        structure=covariance_structure("unstructured", range(VISITS)),
    )  # fmt: skip
    half = stats.t.ppf((1 + level) / 2, found.dfs) * found.std_errors
    lower, upper = found.estimates - half, found.estimates + half
    return lower[:, 0], upper[:, 0]


def draw_meta(rng: np.random.Generator, draws: int, k: int, tau: float) -> tuple[Array, ...]:
    """Draw estimates and standard errors of the studies of many meta-analyses."""
    errors = rng.uniform(*STUDY_ERRORS, size=(draws, k))
    return rng.normal(0.0, np.hypot(tau, errors)), errors


def meta_limits(data: tuple[Array, ...], interval: str, level: float) -> Pair:
    """Give the limits of DerSimonian and Laird's pooled effect of every meta-analysis."""
    y, errors = data
    k = y.shape[1]

    def pooled(weights: Array) -> Array:
        total: Array = (weights * y).sum(axis=1, keepdims=True)
        return total / weights.sum(axis=1, keepdims=True)

    fixed = errors**-2.0
    q = (fixed * (y - pooled(fixed)) ** 2).sum(axis=1)
    total = fixed.sum(axis=1)
    tau2 = np.maximum((q - (k - 1)) / (total - (fixed**2).sum(axis=1) / total), 0.0)
    weights = 1 / (errors**2 + tau2[:, None])
    estimate = pooled(weights)
    variance = 1 / weights.sum(axis=1)
    scatter = (weights * (y - estimate) ** 2).sum(axis=1) / (k - 1)
    if interval == "normal":
        half = stats.norm.ppf((1 + level) / 2) * np.sqrt(variance)
    else:
        factor = np.maximum(scatter, 1.0) if interval == "hartung-knapp-adhoc" else scatter
        half = stats.t.ppf((1 + level) / 2, k - 1) * np.sqrt(variance * factor)
    return estimate[:, 0] - half, estimate[:, 0] + half

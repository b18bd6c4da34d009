"""Draws and limits of the simulated means, covariance analyses, mixed models and meta-analyses.

Where a closed form gives what `analysis.stats` gives, all data sets are computed at once;
``tests/test_validation.py`` holds these forms against the package, data set by data set.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.stats.differences import difference_of_means
from analysis.stats.least_squares_means import contrast_reference
from analysis.stats.mmrm import fit_mmrm

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
    limits = []
    for mean_1, sd_1, mean_2, sd_2 in zip(*data, strict=True):
        found = difference_of_means(
            mean_test=mean_1, sd_test=sd_1, n_test=sizes[0],
            mean_reference=mean_2, sd_reference=sd_2, n_reference=sizes[1],
            method=method, level=level,
        )  # fmt: skip
        limits.append((found.lower, found.upper))
    lower, upper = np.array(limits, dtype=float).T
    return lower, upper


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
    """Give Kenward and Roger's limits of the difference at the last visit, fit by fit."""
    n = sum(sizes)
    frame = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), VISITS),
            "arm": np.repeat(["test", "reference"], np.array(sizes) * VISITS),
            "visit": np.tile(np.arange(1, VISITS + 1), n),
        }
    )
    limits = []
    for baseline, visits in zip(*data, strict=True):
        fit = fit_mmrm(
            frame.assign(base=np.repeat(baseline, VISITS), value=visits.ravel()),
            response="value", subject="subject", visit="visit", factors=["arm", "visit"],
            covariates=["base"], interactions=[("arm", "visit")],
            structure="unstructured", df_method="kenward-roger",
        )  # fmt: skip
        by_visit = contrast_reference(
            fit, "arm", reference="reference", by=["visit"],
            weights="equal", level=level, adjust="none",
        )  # fmt: skip
        limits.append((by_visit[-1].lower, by_visit[-1].upper))
    lower, upper = np.array(limits).T
    return lower, upper


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

"""Draws and limits of simulated binary endpoints with a covariate that matters."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from analysis.stats.logistic import LogisticFit, fit_logistic
from analysis.stats.standardisation import marginal_effects

Array = NDArray[np.float64]
Pair = tuple[Array, Array]

BASE, EFFECT, SLOPE = -0.5, 0.6, 0.9
"""Log odds of the event under the reference at the mean of the covariate, and what the arm and one
standard deviation of the covariate add to them."""


def draw_binary(rng: np.random.Generator, draws: int, sizes: tuple[int, int]) -> tuple[Array, ...]:
    """Draw covariate and event of two arms: x and y of the first, x and y of the second."""
    parts = []
    for n, arm in zip(sizes, (1.0, 0.0), strict=True):
        x = rng.normal(size=(draws, n))
        chance = expit(BASE + EFFECT * arm + SLOPE * x)
        parts += [x, (rng.uniform(size=(draws, n)) < chance).astype(float)]
    return tuple(parts)


@cache
def true_difference() -> float:
    """Return the difference of the marginal probabilities, by Gauss and Hermite's rule."""
    x, weights = np.polynomial.hermite_e.hermegauss(60)
    gap = expit(BASE + EFFECT + SLOPE * x) - expit(BASE + SLOPE * x)
    return float(weights @ gap / weights.sum())


def wald_limits(data: tuple[Array, ...], level: float) -> Pair:
    """Give Wald's limits of the log odds ratio of the arms at one covariate value."""

    def of(fit: LogisticFit) -> tuple[float, float]:
        (row,) = fit.contrast("arm", reference=0, weights="equal", level=level, adjust="none")
        return row.lower, row.upper

    return _each(data, of)


def profile_limits(data: tuple[Array, ...], level: float) -> Pair:
    """Give the profile-likelihood limits of the same."""

    def of(fit: LogisticFit) -> tuple[float, float]:
        row = fit.odds_ratios(level=level, references={"arm": 0})[1]
        return float(np.log(row.profile_lower)), float(np.log(row.profile_upper))

    return _each(data, of)


def marginal_limits(data: tuple[Array, ...], variance: str, level: float) -> Pair:
    """Give the limits of the standardised difference of the arms."""

    def of(fit: LogisticFit) -> tuple[float, float]:
        (row,) = marginal_effects(
            fit, "arm", reference=0, measure="difference", variance=variance, level=level
        )
        return row.lower, row.upper

    return _each(data, of)


def _each(data: tuple[Array, ...], limits: Callable[[LogisticFit], tuple[float, float]]) -> Pair:
    """Fit the model to every data set, and give its limits."""
    x1, y1, x2, y2 = data
    arm = np.repeat([1, 0], [x1.shape[1], x2.shape[1]])
    found = [
        limits(fit_logistic(pd.DataFrame({"arm": arm, "x": x, "y": y}), response="y", event=1.0,
                            factors="arm", covariates="x"))
        for x, y in zip(np.hstack([x1, x2]), np.hstack([y1, y2]), strict=True)
    ]  # fmt: skip
    lower, upper = np.array(found).T
    return lower, upper

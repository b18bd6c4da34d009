"""Draws and limits of simulated binary endpoints with a covariate that matters."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from analysis.stats.logistic import LogisticFit, fit_logistic
from analysis.stats.standardisation import marginal_effects

Array = NDArray[np.float64]

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


def draw_fitted(rng: np.random.Generator, draws: int, sizes: tuple[int, int]) -> tuple[Any]:
    """Draw data sets and fit the model to each, once for all of its intervals."""
    x1, y1, x2, y2 = draw_binary(rng, draws, sizes)
    arm = np.repeat([1, 0], sizes)
    fits = np.empty(draws, dtype=object)
    for i, (x, y) in enumerate(zip(np.hstack([x1, x2]), np.hstack([y1, y2]), strict=True)):
        frame = pd.DataFrame({"arm": arm, "x": x, "y": y})
        fits[i] = fit_logistic(frame, response="y", event=1.0, factors="arm", covariates="x")
    return (fits,)


def wald_limits(fit: LogisticFit, level: float) -> tuple[float, float]:
    """Give Wald's limits of the log odds ratio of the arms at one covariate value."""
    (row,) = fit.contrast("arm", reference=0, weights="equal", level=level, adjust="none")
    return row.lower, row.upper


def profile_limits(fit: LogisticFit, level: float) -> tuple[float, float]:
    """Give the profile-likelihood limits of the same."""
    row = fit.odds_ratios(level=level, references={"arm": 0})[1]
    return float(np.log(row.profile_lower)), float(np.log(row.profile_upper))


def marginal_limits(fit: LogisticFit, level: float, variance: str) -> tuple[float, float]:
    """Give the limits of the standardised difference of the arms."""
    (row,) = marginal_effects(
        fit, "arm", reference=0, measure="difference", variance=variance, level=level
    )
    return row.lower, row.upper

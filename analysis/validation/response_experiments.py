"""Simulated responders over strata and with missing values, and means of several arms."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.numbers import percent
from analysis.stats.binary_imputation import impute_binary
from analysis.stats.binary_pooling import pool_binary
from analysis.stats.dunnett import dunnett_critical_value
from analysis.stats.stratified import stratified_risk_difference
from analysis.validation.binary_experiments import draw_binary, true_difference
from analysis.validation.experiments import Experiment, Limits, Sample

Array = NDArray[np.float64]

STRATA = ((30, 14), (25, 12), (20, 9), (13, 6))
"""Patients of the arm and of the reference in each stratum."""
REFERENCE, GAIN = (0.15, 0.25, 0.35, 0.45), 0.15
"""Event probabilities of the reference by stratum, and what the arm adds to each."""
MISSING = 0.4
"""Chance to be missing far down the covariate; half of it at the mean, none far up."""
IMPUTATIONS = 20


def over_strata(fraction: float) -> Experiment:
    """Set up two arms in four strata, with one risk difference."""
    n1, n2 = np.array(STRATA).T

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        p = np.array(REFERENCE)
        x1, x2 = rng.binomial(n1, p + GAIN, (draws, 4)), rng.binomial(n2, p, (draws, 4))
        return Sample((x1.astype(float), x2.astype(float)), np.ones(draws))

    def limits(method: str) -> Limits:
        def of(sample: Sample, level: float) -> tuple[Array, Array]:
            found = [
                stratified_risk_difference(
                    x1, n1, x2, n2, weights="cmh", level=level, method=method
                )
                for x1, x2 in zip(*sample.data, strict=True)
            ]
            lower, upper = np.array([[each.lower, each.upper] for each in found], dtype=float).T
            return lower, upper

        return of

    return Experiment(
        "Risk difference over strata",
        f"{sum(n1)} v {sum(n2)}, 4 strata, CMH weights, true {percent(GAIN)}", GAIN, draw,
        {
            name: limits(name.lower().replace("–", "-"))
            for name in ("Miettinen–Nurminen", "Newcombe")
        }, fraction,
    )  # fmt: skip


def several_arms(sizes: Sequence[int]) -> Experiment:
    """Set up arms compared with the last: the truth is held where all intervals hold theirs."""
    n = np.array(sizes)
    df, k = int(n.sum() - len(n)), len(n) - 1

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        means = rng.normal(size=(draws, k + 1)) / np.sqrt(n)
        return Sample((means, np.sqrt(rng.chisquare(df, draws) / df)), np.ones(draws))

    def limits(sample: Sample, level: float) -> tuple[Array, Array]:
        means, sd = sample.data
        root = np.sqrt(1 / n[:-1] + 1 / n[-1])
        loadings = np.sqrt(n[:-1] / (n[:-1] + n[-1]))
        correlation = np.outer(loadings, loadings) + np.diag(1 - loadings**2)
        half = dunnett_critical_value(correlation, df, level=level) * sd[:, None] * root
        differences = means[:, :-1] - means[:, -1:]
        # zero lies between the last of the lower and the first of the upper limits, or outside one
        return (differences - half).max(axis=1), (differences + half).min(axis=1)

    return Experiment(
        "Differences from one arm", f"{' v '.join(map(str, sizes))}, all at once", 0.0, draw,
        {"Dunnett": limits},
    )  # fmt: skip


def imputed(n1: int, n2: int, fraction: float) -> Experiment:
    """Set up two arms whose responses are missing at random given a covariate."""
    arm = np.repeat([1, 0], [n1, n2])

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        x1, y1, x2, y2 = draw_binary(rng, draws, (n1, n2))
        x, y = np.hstack([x1, x2]), np.hstack([y1, y2])
        y[rng.uniform(size=y.shape) < MISSING * stats.norm.cdf(-x)] = np.nan
        return Sample((x, y), np.ones(draws))

    def limits(sample: Sample, level: float) -> tuple[Array, Array]:
        pairs = []
        for seed, (x, y) in enumerate(zip(*sample.data, strict=True)):
            found = impute_binary(
                pd.DataFrame({"arm": arm, "x": x, "y": y}), response="y", event=1, arm="arm",
                covariates="x", method="mar", n_imputations=IMPUTATIONS, seed=seed,
            )  # fmt: skip
            pooled = pool_binary(found, arm=1, reference=0, measure="difference", level=level)
            pairs.append([pooled.lower, pooled.upper])
        lower, upper = np.array(pairs).T
        return lower, upper

    return Experiment(
        "Marginal risk difference", f"{n1} v {n2}, {percent(MISSING / 2)} missing at random",
        true_difference(), draw, {"multiple imputation": limits}, fraction,
    )  # fmt: skip

"""The simulations behind coverage: settings of clinical size, their draws and their intervals.

Every setting draws data with a known truth and gives the limits of each of its intervals.
Counts repeat, so each distinct table is evaluated once and weighs as often as it was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.numbers import percent
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.proportion_ratios import odds_ratio, risk_ratio
from analysis.stats.proportions import estimate_proportion
from analysis.stats.rate_comparisons import rate_difference, rate_ratio
from analysis.stats.rates import estimate_rate
from analysis.validation.counts import NAMES
from analysis.validation.model_experiments import (
    ancova_limits,
    draw_ancova,
    draw_means,
    draw_meta,
    draw_mmrm,
    mean_limits,
    meta_limits,
    mmrm_limits,
)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """Simulated data sets, one in each place along the first axis, and how often each was drawn."""

    data: tuple[Array, ...]
    weights: Array


Limits = Callable[[Sample, float], tuple[Array, Array]]


@dataclass(frozen=True, slots=True)
class Experiment:
    """One setting with a known truth, and the intervals that should hold it.

    Parameters
    ----------
    family, setting
        What is estimated, and the size and truth in words.
    truth
        The value that the intervals should hold.
    draw
        Draws so many data sets from a generator.
    intervals
        Name → function from the sample and the level to lower and upper limits.
    fraction
        Share of the draws asked for that are made, where a data set takes milliseconds.
    """

    family: str
    setting: str
    truth: float
    draw: Callable[[np.random.Generator, int], Sample]
    intervals: Mapping[str, Limits]
    fraction: float = 1.0


PROPORTION_METHODS = ("Clopper–Pearson", "Wilson", "Agresti–Coull", "Jeffreys")
DIFFERENCE_METHODS = ("Miettinen–Nurminen", "Mee", "Newcombe", "Agresti–Caffo", "Wald")
RATIO_METHODS = ("Miettinen–Nurminen", "log-Wald")
METHOD = NAMES | {"Jeffreys": "jeffreys", "log-Wald": "log-wald"}


def distinct(*counts: NDArray[np.int64]) -> Sample:
    """Return each distinct row of counts once, with how often it occurs."""
    rows, times = np.unique(np.column_stack(counts), axis=0, return_counts=True)
    return Sample(tuple(rows.T.astype(float)), times.astype(float))


def one_proportion(n: int, p: float) -> Experiment:
    """Set up one arm of `n` patients with event probability `p`."""

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        return distinct(rng.binomial(n, p, draws))

    def limits(method: str) -> Limits:
        def of(sample: Sample, level: float) -> tuple[Array, Array]:
            found = estimate_proportion(sample.data[0], n, method=METHOD[method], level=level)
            return found.lower, found.upper

        return of

    setting = f"n {n}, true {percent(p)}"
    intervals = {name: limits(name) for name in PROPORTION_METHODS}
    return Experiment("One proportion", setting, p, draw, intervals)


def two_proportions(n1: int, n2: int, p1: float, p2: float) -> list[Experiment]:
    """Set up two arms, for the difference, the ratio and the odds ratio of their risks."""

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        return distinct(rng.binomial(n1, p1, draws), rng.binomial(n2, p2, draws))

    def limits(measure: Callable[..., object], method: str) -> Limits:
        def of(sample: Sample, level: float) -> tuple[Array, Array]:
            x1, x2 = sample.data
            found = measure(x1, n1, x2, n2, method=METHOD[method], level=level)
            return found.lower, found.upper  # type: ignore[attr-defined]

        return of

    setting = f"{n1} v {n2}, true {percent(p1)} v {percent(p2)}"
    odds = p1 / (1 - p1) / (p2 / (1 - p2))
    measures = [
        ("Risk difference", risk_difference, p1 - p2, DIFFERENCE_METHODS),
        ("Risk ratio", risk_ratio, p1 / p2, RATIO_METHODS),
        ("Odds ratio", odds_ratio, odds, RATIO_METHODS),
    ]
    return [
        Experiment(family, setting, truth, draw, {name: limits(measure, name) for name in methods})
        for family, measure, truth, methods in measures
    ]


def one_rate(exposure: float, rate: float) -> Experiment:
    """Set up one arm followed for so many patient-years with a constant event rate."""

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        return distinct(rng.poisson(exposure * rate, draws))

    def limits(sample: Sample, level: float) -> tuple[Array, Array]:
        found = estimate_rate(sample.data[0], exposure, method="garwood", level=level, per=1)
        return found.lower, found.upper

    setting = f"{exposure:g} years, true {100 * rate:g} per 100"
    return Experiment("One rate", setting, rate, draw, {"Garwood": limits})


def two_rates(t1: float, t2: float, r1: float, r2: float) -> list[Experiment]:
    """Set up two arms with constant event rates, for their difference and their ratio."""

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        return distinct(rng.poisson(t1 * r1, draws), rng.poisson(t2 * r2, draws))

    def difference(method: str) -> Limits:
        def of(sample: Sample, level: float) -> tuple[Array, Array]:
            x1, x2 = sample.data
            found = rate_difference(x1, t1, x2, t2, method=method, level=level, per=1)
            return found.lower, found.upper

        return of

    def ratio(method: str) -> Limits:
        def of(sample: Sample, level: float) -> tuple[Array, Array]:
            x1, x2 = sample.data
            found = rate_ratio(x1, t1, x2, t2, method=method, level=level)
            return found.lower, found.upper

        return of

    setting = f"{t1:g} v {t2:g} years, true {100 * r1:g} v {100 * r2:g} per 100"
    differences = {"MOVER": difference("mover"), "score": difference("score")}
    ratios = {"exact": ratio("exact"), "score": ratio("score")}
    return [
        Experiment("Rate difference", setting, r1 - r2, draw, differences),
        Experiment("Rate ratio", setting, r1 / r2, draw, ratios),
    ]


def two_means(n1: int, n2: int, sd1: float, sd2: float) -> Experiment:
    """Set up two arms with normal values and no true difference."""

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        return Sample(draw_means(rng, draws, (n1, n2), (sd1, sd2)), np.ones(draws))

    def limits(method: str) -> Limits:
        return lambda sample, level: mean_limits(sample.data, (n1, n2), method, level)

    setting = f"{n1} v {n2}, SD {sd1:g} v {sd2:g}"
    intervals = {"pooled variance": limits("pooled"), "Welch": limits("welch")}
    return Experiment("Difference of means", setting, 0.0, draw, intervals)


def ancova(n1: int, n2: int) -> Experiment:
    """Set up two arms with a covariate that explains half of the variance."""

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        return Sample(draw_ancova(rng, draws, (n1, n2)), np.ones(draws))

    return Experiment(
        "Adjusted difference",
        f"{n1} v {n2}",
        0.0,
        draw,
        {"ANCOVA": lambda sample, level: ancova_limits(sample.data, level)},
    )


def mmrm(n1: int, n2: int, fraction: float) -> Experiment:
    """Set up two arms with four visits and dropout that depends on the value before it."""

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        return Sample(draw_mmrm(rng, draws, (n1, n2)), np.ones(draws))

    return Experiment(
        "Adjusted difference",
        f"{n1} v {n2}, 4 visits, dropout",
        0.0,
        draw,
        {"MMRM, Kenward–Roger": lambda s, level: mmrm_limits(s.data, (n1, n2), level)},
        fraction,
    )


def meta(k: int, tau: float) -> Experiment:
    """Set up `k` studies whose effects differ with standard deviation `tau`."""

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        return Sample(draw_meta(rng, draws, k, tau), np.ones(draws))

    def limits(interval: str) -> Limits:
        return lambda sample, level: meta_limits(sample.data, interval, level)

    names = {
        "normal": "normal",
        "Hartung–Knapp": "hartung-knapp",
        "Hartung–Knapp, ad hoc": "hartung-knapp-adhoc",
    }
    return Experiment(
        "Meta-analysis",
        f"{k} studies, τ {tau:g}, DerSimonian–Laird",
        0.0,
        draw,
        {name: limits(interval) for name, interval in names.items()},
    )


MMRM_FRACTION = 0.2
"""Share of the draws that a mixed model is fitted to: one fit takes some 13 ms."""


def experiments() -> list[Experiment]:
    """Return all settings: sizes of the growth-hormone trials and of a safety data base."""
    two = [(88, 41, 0.10, 0.05), (105, 56, 0.30, 0.20), (30, 30, 0.10, 0.10)]
    compared = [two_proportions(*arms) for arms in two]
    rates = [two_rates(88, 41, 0.10, 0.05), two_rates(254, 127, 0.05, 0.05)]
    return [
        *(one_proportion(n, p) for n, p in ((30, 0.10), (88, 0.10), (254, 0.02))),
        *(setting[measure] for measure in range(3) for setting in compared),
        *(one_rate(t, r) for t, r in ((30, 0.10), (88, 0.10), (254, 0.05))),
        *(setting[measure] for measure in range(2) for setting in rates),
        two_means(88, 41, 2, 2),
        two_means(105, 56, 2, 3),
        ancova(88, 41),
        ancova(30, 30),
        mmrm(88, 41, MMRM_FRACTION),
        meta(4, 0.3),
        meta(8, 0.3),
    ]


def monte_carlo_interval(covered: Array, draws: Array, level: float) -> tuple[Array, Array]:
    """Return Wilson's intervals of simulated coverages."""
    found = estimate_proportion(covered, draws, method="wilson", level=level)
    return found.lower, found.upper


def monte_carlo_band(level: float, draws: int) -> tuple[float, float]:
    """Return where 95 % of simulated coverages lie if the true one is the nominal one."""
    half = stats.norm.ppf(0.975) * np.sqrt(level * (1 - level) / draws)
    return level - half, min(level + half, 1.0)

"""Simulated settings of clinical size: their draws and their intervals.

Every setting draws data with a known truth and gives the limits of each of its intervals.
Counts repeat, so each distinct table is evaluated once and weighs as often as it was drawn.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.numbers import percent
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.proportion_ratios import odds_ratio, risk_ratio
from analysis.stats.proportions import estimate_proportion
from analysis.stats.rate_comparisons import rate_difference, rate_ratio
from analysis.stats.rates import estimate_rate
from analysis.validation.binary_experiments import (
    EFFECT,
    draw_fitted,
    marginal_limits,
    profile_limits,
    true_difference,
    wald_limits,
)
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
Draw = Callable[[np.random.Generator, int], Sample]


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
    draw: Draw
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


def _counted(measure: Callable[..., Any], sizes: Sequence[float], **options: Any) -> Limits:
    """Return the limits of a measure of one or two counts, each out of its size."""

    def of(sample: Sample, level: float) -> tuple[Array, Array]:
        arms = zip(sample.data, sizes, strict=True)
        found = measure(*(part for arm in arms for part in arm), level=level, **options)
        return found.lower, found.upper

    return of


def _equally_often(draw: Callable[..., tuple[Array, ...]], *how: object) -> Draw:
    """Return a function that draws data sets of which each counts once."""
    return lambda rng, draws: Sample(draw(rng, draws, *how), np.ones(draws))


def one_proportion(n: int, p: float) -> Experiment:
    """Set up one arm of `n` patients with event probability `p`."""
    return Experiment(
        "One proportion",
        f"n {n}, true {percent(p)}",
        p,
        lambda rng, draws: distinct(rng.binomial(n, p, draws)),
        {
            name: _counted(estimate_proportion, [n], method=METHOD[name])
            for name in PROPORTION_METHODS
        },
    )


def two_proportions(n1: int, n2: int, p1: float, p2: float) -> list[Experiment]:
    """Set up two arms, for the difference, the ratio and the odds ratio of their risks."""

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        return distinct(rng.binomial(n1, p1, draws), rng.binomial(n2, p2, draws))

    setting = f"{n1} v {n2}, true {percent(p1)} v {percent(p2)}"
    odds = p1 / (1 - p1) / (p2 / (1 - p2))
    measures = [
        ("Risk difference", risk_difference, p1 - p2, DIFFERENCE_METHODS),
        ("Risk ratio", risk_ratio, p1 / p2, RATIO_METHODS),
        ("Odds ratio", odds_ratio, odds, RATIO_METHODS),
    ]
    return [
        Experiment(
            family, setting, truth, draw,
            {name: _counted(measure, [n1, n2], method=METHOD[name]) for name in methods},
        )
        for family, measure, truth, methods in measures
    ]  # fmt: skip


def one_rate(exposure: float, rate: float) -> Experiment:
    """Set up one arm followed for so many patient-years with a constant event rate."""
    return Experiment(
        "One rate",
        f"{exposure:g} years, true {100 * rate:g} per 100",
        rate,
        lambda rng, draws: distinct(rng.poisson(exposure * rate, draws)),
        {"Garwood": _counted(estimate_rate, [exposure], method="garwood", per=1)},
    )


def two_rates(t1: float, t2: float, r1: float, r2: float) -> list[Experiment]:
    """Set up two arms with constant event rates, for their difference and their ratio."""

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        return distinct(rng.poisson(t1 * r1, draws), rng.poisson(t2 * r2, draws))

    setting = f"{t1:g} v {t2:g} years, true {100 * r1:g} v {100 * r2:g} per 100"
    differences = {
        name: _counted(rate_difference, [t1, t2], method=method, per=1)
        for name, method in (("MOVER", "mover"), ("score", "score"))
    }
    ratios = {name: _counted(rate_ratio, [t1, t2], method=name) for name in ("exact", "score")}
    return [
        Experiment("Rate difference", setting, r1 - r2, draw, differences),
        Experiment("Rate ratio", setting, r1 / r2, draw, ratios),
    ]


def two_means(n1: int, n2: int, sd1: float, sd2: float) -> Experiment:
    """Set up two arms with normal values and no true difference."""

    def limits(method: str) -> Limits:
        return lambda sample, level: mean_limits(sample.data, (n1, n2), method, level)

    return Experiment(
        "Difference of means",
        f"{n1} v {n2}, SD {sd1:g} v {sd2:g}",
        0.0,
        _equally_often(draw_means, (n1, n2), (sd1, sd2)),
        {"pooled variance": limits("pooled"), "Welch": limits("welch")},
    )


def ancova(n1: int, n2: int) -> Experiment:
    """Set up two arms with a covariate that explains half of the variance."""
    return Experiment(
        "Adjusted difference",
        f"{n1} v {n2}",
        0.0,
        _equally_often(draw_ancova, (n1, n2)),
        {"ANCOVA": lambda sample, level: ancova_limits(sample.data, level)},
    )


def logistic(n1: int, n2: int, fraction: float) -> list[Experiment]:
    """Set up two arms with a binary endpoint and a covariate, for odds ratio and difference."""
    draw = _equally_often(draw_fitted, (n1, n2))

    def limits(read: Callable[..., tuple[float, float]], **options: str) -> Limits:
        def of(sample: Sample, level: float) -> tuple[Array, Array]:
            lower, upper = np.array([read(fit, level, **options) for fit in sample.data[0]]).T
            return lower, upper

        return of

    setting = f"{n1} v {n2}, logistic model"
    return [
        Experiment(
            "Adjusted log odds ratio", setting, EFFECT, draw,
            {"Wald": limits(wald_limits), "profile likelihood": limits(profile_limits)}, fraction,
        ),
        Experiment(
            "Marginal risk difference", setting, true_difference(), draw,
            {f"standardisation, {name}": limits(marginal_limits, variance=name)
             for name in ("unconditional", "model-based")}, fraction,
        ),
    ]  # fmt: skip


def mmrm(n1: int, n2: int, fraction: float) -> Experiment:
    """Set up two arms with four visits and dropout that depends on the value before it."""
    return Experiment(
        "Adjusted difference",
        f"{n1} v {n2}, 4 visits, dropout",
        0.0,
        _equally_often(draw_mmrm, (n1, n2)),
        {"MMRM, Kenward–Roger": lambda s, level: mmrm_limits(s.data, (n1, n2), level)},
        fraction,
    )


def meta(k: int, tau: float) -> Experiment:
    """Set up `k` studies whose effects differ with standard deviation `tau`."""

    def limits(interval: str) -> Limits:
        return lambda sample, level: meta_limits(sample.data, interval, level)

    return Experiment(
        "Meta-analysis",
        f"{k} studies, τ {tau:g}, DerSimonian–Laird",
        0.0,
        _equally_often(draw_meta, k, tau),
        {
            "normal": limits("normal"),
            "Hartung–Knapp": limits("hartung-knapp"),
            "Hartung–Knapp, ad hoc": limits("hartung-knapp-adhoc"),
        },
    )


def monte_carlo_interval(covered: Array, draws: Array, level: float) -> tuple[Array, Array]:
    """Return Wilson's intervals of simulated coverages."""
    found = estimate_proportion(covered, draws, method="wilson", level=level)
    return found.lower, found.upper


def monte_carlo_band(level: float, draws: int) -> tuple[float, float]:
    """Return where 95 % of simulated coverages lie if the true one is the nominal one."""
    half = stats.norm.ppf(0.975) * np.sqrt(level * (1 - level) / draws)
    return level - half, min(level + half, 1.0)

"""The effect in each subgroup, and whether the effects differ: what every method gives of them."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.stats.intervals import Interval, Ratio, interval_of, no_interval
from analysis.stats.laws import chi2_sf
from analysis.stats.linear_estimates import Estimate, StudentEstimate, TermTest

Tested = tuple[float, str]
"""p-value of the interaction, and why there is none."""
Differences = Callable[[Settings, pd.DataFrame], dict[str, Interval]]
"""Settings and one row a participant → each other arm's effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """The effect in each subgroup, and the test of whether the effects differ.

    Attributes
    ----------
    effects
        (other arm, subgroup) → its effect against the reference.
    tests
        Other arm → the test of the interaction; that of all arms together is the same for each.
    joint
        Whether it is of all arms together.
    test
        The test in words.
    """

    effects: dict[tuple[str, str], Interval]
    tests: dict[str, Tested]
    joint: bool
    test: str


def of_model(
    settings: Settings, found: Iterable[Estimate], test: TermTest, *, ratio: bool = False
) -> Effects:
    """Return the effects that a model with the interaction gives, its estimates exponentiated."""
    make = ratio_of if ratio else _interval
    effects = {
        (each.label.removesuffix(f" - {settings.reference}"), dict(each.groups)["subgroup"]): make(
            each, settings.model
        )
        for each in found
    }
    others = [arm for arm in settings.arms if arm != settings.reference]
    tests = dict.fromkeys(others, (test.p_value, test.reason))
    return Effects(effects=effects, tests=tests, joint=True, test="interaction with the arm")


def _interval(found: Estimate, method: str) -> Interval:
    if found.reason:
        return no_interval(found.reason, level=found.level, method=method)
    return interval_of(found, method)


def ratio_of(found: Estimate, method: str) -> Interval:
    """Return a ratio from the estimate of its logarithm."""
    if found.reason:
        return no_interval(found.reason, level=found.level, method=method, ratio=True)
    return ratio_of_logarithm(found, method)


def ratio_of_logarithm(found: StudentEstimate, method: str) -> Interval:
    """Return a ratio from an estimate of its logarithm that is there."""
    estimate, lower, upper = map(math.exp, (found.estimate, found.lower, found.upper))
    return Ratio(
        estimate=estimate, std_error=found.std_error, df=found.df, lower=lower, upper=upper,
        level=found.level, method=method,
    )  # fmt: skip


def by_subgroup(
    settings: Settings, data: pd.DataFrame, strata: tuple[str, ...], differences: Differences
) -> Effects:
    """Analyse each subgroup for itself, and test by Cochran's Q whether its effects differ."""
    run = replace(settings, strata=strata)
    effects: dict[tuple[str, str], Interval] = {}
    others = [arm for arm in settings.arms if arm != settings.reference]
    for group, rows in data.groupby("subgroup", observed=True):
        try:
            found = differences(run, rows)
        except UserError as error:
            why = no_interval(
                str(error), level=settings.conf_level, method=settings.model,
                ratio=settings.effect.is_ratio,
            )  # fmt: skip
            found = dict.fromkeys(others, why)
        effects |= {(arm, str(group)): each for arm, each in found.items()}
    tests = {
        arm: heterogeneity([each for (own, _), each in effects.items() if own == arm])
        for arm in others
    }
    return Effects(effects=effects, tests=tests, joint=False, test="Cochran's Q")


def heterogeneity(effects: list[Interval]) -> Tested:
    """Return the p-value of Cochran's Q of several effects, ratios on the log scale.

    H0: all effects are the same. Weights are the inverse variances.
    """
    usable = [each for each in effects if each.estimate is not None and each.std_error]
    if len(usable) < 2 or len(usable) < len(effects):
        return math.nan, "an effect, or its standard error, is not estimable in every subgroup"
    values = np.array([_linear(each) for each in usable])
    weights = np.array([float(each.std_error or math.nan) ** -2 for each in usable])
    q = float(weights @ (values - weights @ values / weights.sum()) ** 2)
    return float(chi2_sf(q, len(usable) - 1)), ""


def _linear(effect: Interval) -> float:
    estimate = float(effect.estimate or 0.0)
    return math.log(estimate) if effect.null else estimate

"""Proportions of responders: differences by score, Newcombe, Mantel-Haenszel; logistic models."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from analysis.efficacy.methods.method import WEIGHTS, Fitted, Method, model_columns
from analysis.efficacy.methods.subgroups import (
    Differences,
    Effects,
    by_subgroup,
    of_model,
    ratio_of,
)
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.sources.trial.effects import effect_of
from analysis.stats.common_effects import mantel_haenszel
from analysis.stats.intervals import Interval, Ratio, Scored, no_interval
from analysis.stats.logistic import LogisticFit, fit_logistic
from analysis.stats.proportions import estimate_proportion
from analysis.stats.standardisation import marginal_effects
from analysis.stats.stratified import stratified_risk_difference
from analysis.stats.term_tests import subgroup_effects

Counts = tuple[list[float], list[float], list[float], list[float]]
"""Responders and participants of an arm, and of the reference; one number a stratum."""
BY_SCORE = {"Miettinen-Nurminen": "miettinen-nurminen", "Newcombe": "newcombe"}
"""The plan's word → the method of `risk_difference`, stratified or not."""


def counts(settings: Settings, data: pd.DataFrame, arm: str) -> Counts:
    """Return responders and participants of an arm and the reference, stratum by stratum."""
    strata = list(settings.strata)
    rows = data.dropna(subset=model_columns(settings, covariates=False))
    by = rows.groupby(strata, observed=True).ngroup() if strata else pd.Series(0, rows.index)
    tables = rows["response"].groupby([by, rows["arm"]]).agg(["sum", "count"])
    tables = tables.unstack(fill_value=0)
    found: list[list[float]] = []
    for name in (arm, settings.reference):
        for what in ("sum", "count"):
            own = tables.get((what, name))
            found.append([0.0] * len(tables) if own is None else own.astype(float).tolist())
    return found[0], found[1], found[2], found[3]


def proportions(settings: Settings, data: pd.DataFrame) -> dict[str, Interval]:
    """Return the share of responders of each arm that has somebody, by Wilson's interval."""
    rows = data.dropna(subset=["response"]).groupby("arm")["response"].agg(["sum", "count"])
    found: dict[str, Interval] = {}
    for arm in settings.arms:
        if arm in rows.index:
            share = estimate_proportion(
                rows.loc[arm, "sum"], rows.loc[arm, "count"], method="wilson",
                level=settings.conf_level,
            )  # fmt: skip
            found[arm] = Interval(
                estimate=float(share.estimate), std_error=None, df=None, lower=float(share.lower),
                upper=float(share.upper), level=settings.conf_level, method="Wilson",
            )  # fmt: skip
    return found


def difference_by_score(settings: Settings, table: Counts, method: str) -> Interval:
    """Return a risk difference by Miettinen and Nurminen or Newcombe, over the strata if any."""
    # With one stratum every choice of weights gives the unstratified interval.
    level = settings.conf_level
    stratified = partial(
        stratified_risk_difference, *table, weights="cmh", level=level, method=method
    )
    found = stratified()
    return Scored(
        estimate=found.estimate, std_error=found.std_error, df=math.inf, lower=found.lower,
        upper=found.upper, level=level, method=method, reason=found.reason,
        score=lambda value: stratified(null=value).statistic,
    )  # fmt: skip


def difference_by_mantel_haenszel(settings: Settings, table: Counts) -> Interval:
    """Return the Mantel-Haenszel risk difference; the test of no difference is the CMH test."""
    found = mantel_haenszel(
        *table, measure="risk difference", correction=False, level=settings.conf_level
    )
    estimate, error, chi = found.estimate, found.std_error, found.chi_squared
    if estimate is None or error is None:
        return no_interval(found.reason, level=settings.conf_level, method=found.measure)

    def score(value: float) -> float | None:
        if value == 0.0:
            return None if chi is None else math.copysign(math.sqrt(chi), estimate)
        return (estimate - value) / error

    return Scored(
        estimate=estimate, std_error=error, df=math.inf, lower=found.lower, upper=found.upper,
        level=settings.conf_level, method=found.measure, score=score,
    )  # fmt: skip


def logistic(settings: Settings, data: pd.DataFrame) -> LogisticFit:
    """Fit the logistic regression of arm, strata and covariates to one row a participant."""
    return fit_logistic(
        data, response="response", event=1.0, factors=["arm", *settings.strata],
        covariates=list(settings.covariates),
    )  # fmt: skip


def odds_ratios(settings: Settings, fit: LogisticFit) -> dict[str, Interval]:
    """Return each other arm's odds ratio over the reference, with Wald's limits."""
    found = fit.contrast(
        "arm", reference=settings.reference, weights=WEIGHTS, level=settings.conf_level,
        adjust="none",
    )  # fmt: skip
    suffix = f" - {settings.reference}"
    return {each.label.removesuffix(suffix): ratio_of(each, "odds ratio") for each in found}


def standardised(
    settings: Settings, fit: LogisticFit, measure: str = "difference"
) -> dict[str, Interval]:
    """Return each other arm's effect on everybody, by standardisation of a logistic model."""
    kind = Interval if measure == "difference" else Ratio
    found: dict[str, Interval] = {}
    for each in marginal_effects(
        fit, "arm", reference=settings.reference, measure=measure, variance="unconditional",
        level=settings.conf_level,
    ):  # fmt: skip
        arm = str(each.label).removesuffix(f" - {settings.reference}")
        arm = arm.removesuffix(f"/{settings.reference}")
        if each.reason:
            found[arm] = no_interval(
                each.reason, level=each.level, method=each.measure, ratio=kind is Ratio
            )
            continue
        found[arm] = kind(
            estimate=each.estimate, std_error=each.std_error, df=math.inf, lower=each.lower,
            upper=each.upper, level=each.level, method=each.measure,
        )  # fmt: skip
    return found


def _of_tables(of_one: Callable[[Settings, Counts], Interval]) -> Differences:
    """Return what compares each other arm that has somebody with the reference."""

    def differences(settings: Settings, data: pd.DataFrame) -> dict[str, Interval]:
        found: dict[str, Interval] = {}
        for arm in settings.arms:
            table = counts(settings, data, arm)
            if arm != settings.reference and any(table[1]) and any(table[3]):
                found[arm] = of_one(settings, table)
        return found

    return differences


def _of_model(of_fit: Callable[[Settings, LogisticFit], dict[str, Interval]]) -> Differences:
    return lambda settings, data: of_fit(settings, logistic(settings, data))


def method(name: str, words: str, differences: Differences, *, covariates: bool) -> Method:
    """Make a method of the plan of what compares the arms."""

    def needs(settings: Settings) -> list[str]:
        return model_columns(settings, covariates=covariates)

    def fit(settings: Settings, data: pd.DataFrame) -> Fitted:
        analysed = data.dropna(subset=needs(settings))
        if analysed.empty:
            raise UserError("nobody has a response and every term of the model")
        dropped = len(data) - len(analysed)
        left_out = _left_out(settings, analysed) if not covariates else ""
        return Fitted(
            means=proportions(settings, analysed),
            differences=differences(settings, analysed),
            n=len(analysed),
            rests_on=f"n {settings.said(len(analysed))}"
            + (f"; {settings.said(dropped)} without a value" if dropped else ""),
            words="; ".join(filter(None, [_in_words(settings, words, covariates), left_out])),
        )

    def effects(settings: Settings, data: pd.DataFrame, strata: tuple[str, ...]) -> Effects:
        if effect_of(name).is_ratio:
            return _with_interaction(settings, data, strata)
        return by_subgroup(settings, data.dropna(subset=needs(settings)), strata, differences)

    return Method(name=name, visits=False, needs=needs, fit=fit, effects=effects)


def _in_words(settings: Settings, words: str, covariates: bool) -> str:
    terms = (*settings.strata, *(settings.covariates if covariates else ()))
    by = "adjusted for" if covariates else "stratified by"
    return f"{words}, {by} {', '.join(settings.words_of(*terms))}" if terms else words


def _left_out(settings: Settings, data: pd.DataFrame) -> str:
    """Say how many strata compare nothing, because an arm has nobody in them."""
    if not settings.strata:
        return ""
    _, own, _, reference = (np.array(each) for each in counts(settings, data, settings.treatment))
    number = int(((own == 0) != (reference == 0)).sum())
    return f"{number} strata with nobody in one arm left out" if number else ""


def _with_interaction(settings: Settings, data: pd.DataFrame, strata: tuple[str, ...]) -> Effects:
    """Return the odds ratios of a model with the interaction of arm and subgroup."""
    fit = fit_logistic(
        data, response="response", event=1.0, factors=["arm", "subgroup", *strata],
        covariates=list(settings.covariates), interactions=[("arm", "subgroup")],
    )  # fmt: skip
    found, test = subgroup_effects(
        fit, "arm", "subgroup", reference=settings.reference, weights=WEIGHTS,
        level=settings.conf_level,
    )  # fmt: skip
    return of_model(settings, found, test, ratio=True)


BINARY = (
    *(
        method(
            word,
            f"Risk difference by {word.replace('-', '–')}",
            _of_tables(partial(difference_by_score, method=own)),
            covariates=False,
        )
        for word, own in BY_SCORE.items()
    ),
    method(
        "Cochran-Mantel-Haenszel",
        "Risk difference by Mantel–Haenszel, limits by Sato, p of the CMH test",
        _of_tables(difference_by_mantel_haenszel),
        covariates=False,
    ),
    method(
        "standardisation",
        "Risk difference standardised over everybody analysed, logistic working model, "
        "unconditional variance",
        _of_model(standardised),
        covariates=True,
    ),
    method(
        "logistic regression",
        "Odds ratio by logistic regression, limits by Wald",
        _of_model(odds_ratios),
        covariates=True,
    ),
)
"""The methods of binary endpoints."""

"""The measures of a response beyond the plan's models: ratios, exact and stratified ones."""

import math
from functools import partial

import pandas as pd

from analysis.efficacy.measured_effects import Measure, Tested
from analysis.efficacy.methods.binary import counts, logistic, standardised
from analysis.efficacy.settings import Settings
from analysis.sources.trial.effects import Effect
from analysis.stats.common_effects import MantelHaenszel, mantel_haenszel
from analysis.stats.intervals import Interval, Ratio, no_interval

RISK_RATIO = Effect(measure="Risk ratio", null=1.0, unit="", places=1)
ODDS_RATIO = Effect(measure="Odds ratio", null=1.0, unit="", places=1)
ASSOCIATION = Effect(measure="Association")
HOMOGENEITY = Effect(measure="Equal odds ratios over strata")


def _common(settings: Settings, data: pd.DataFrame, measure: str) -> MantelHaenszel:
    return mantel_haenszel(
        *counts(settings, data, settings.treatment), measure=measure, correction=False,
        level=settings.conf_level,
    )  # fmt: skip


def _mantel_haenszel(settings: Settings, data: pd.DataFrame, *, measure: str) -> Interval:
    """Return a common ratio over the strata."""
    found = _common(settings, data, measure)
    if found.estimate is None or found.std_error is None:
        return no_interval(found.reason, level=settings.conf_level, method=measure, ratio=True)
    return Ratio(
        estimate=found.estimate, std_error=found.std_error, df=math.inf, lower=found.lower,
        upper=found.upper, level=settings.conf_level, method=measure,
    )  # fmt: skip


def _standardised(settings: Settings, data: pd.DataFrame, *, measure: str) -> Interval:
    """Return a ratio of the shares standardised over everybody analysed."""
    return standardised(settings, logistic(settings, data), measure)[settings.treatment]


def _profile(settings: Settings, data: pd.DataFrame) -> Interval:
    """Return the odds ratio with the limits of its profile likelihood."""
    fit = logistic(settings, data)
    rows = fit.odds_ratios(level=settings.conf_level, references={"arm": settings.reference})
    label = f"arm {settings.treatment}/{settings.reference}"
    row = next(each for each in rows if each.label == label)
    return Ratio(
        estimate=row.estimate, std_error=row.std_error, df=math.inf, lower=row.profile_lower,
        upper=row.profile_upper, level=settings.conf_level, method="odds ratio",
    )  # fmt: skip


def _cmh(settings: Settings, data: pd.DataFrame) -> Tested:
    found = _common(settings, data, "odds ratio")
    why = "" if found.p_value is not None else "no stratum has responders and others in both arms"
    return Tested(p_value=found.p_value, reason=why)


def _breslow_day(settings: Settings, data: pd.DataFrame) -> Tested:
    found = _common(settings, data, "odds ratio")
    why = "" if found.homogeneity_p is not None else "it needs two strata with an odds ratio"
    return Tested(p_value=found.homogeneity_p, reason=why)


def binary_measures(settings: Settings) -> list[Measure]:
    """Return the measures of a response beside the models of the plan."""
    strata = " × ".join(settings.words_of(*settings.strata))
    by = f", over {strata}" if strata else ""
    own = [
        Measure(effect=RISK_RATIO, words=f"Mantel–Haenszel{by}, limits by Greenland and Robins",
                find=partial(_mantel_haenszel, measure="risk ratio")),
        Measure(effect=RISK_RATIO, words="standardised over everybody, logistic working model",
                find=partial(_standardised, measure="risk ratio")),
        Measure(effect=ODDS_RATIO, words=f"Mantel–Haenszel{by}, limits by Robins and others",
                find=partial(_mantel_haenszel, measure="odds ratio")),
        Measure(effect=ODDS_RATIO, words="logistic regression, limits by profile likelihood",
                find=_profile),
        Measure(effect=ODDS_RATIO, words="standardised over everybody, logistic working model",
                find=partial(_standardised, measure="odds ratio")),
        Measure(effect=ASSOCIATION, words=f"Cochran–Mantel–Haenszel test{by}", find=_cmh),
    ]  # fmt: skip
    if settings.strata:
        words = f"Breslow and Day's test{by}, Tarone's adjustment"
        own.append(Measure(effect=HOMOGENEITY, words=words, find=_breslow_day))
    return own

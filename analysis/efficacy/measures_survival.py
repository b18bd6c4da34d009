"""The measures of a time to an event beyond the plan's models: at planned times, medians, tests."""

import math
from functools import partial

import pandas as pd

from analysis.efficacy.measured_effects import Measure, Tested
from analysis.efficacy.methods.survival import cox, curves, hazard_ratios
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.sources.trial.effects import EFFECTS, Effect
from analysis.stats.intervals import Interval
from analysis.stats.survival_comparisons import log_rank_test, survival_difference

EQUAL_HAZARDS = Effect(measure="Equal hazards")


def _profile(settings: Settings, data: pd.DataFrame) -> Interval:
    fit = cox(settings, data)
    return hazard_ratios(settings, fit, interval="profile")[settings.treatment]


def _at(settings: Settings, data: pd.DataFrame, *, time: float) -> Interval:
    found = curves(settings, data)
    pair = [found.get(arm) for arm in (settings.treatment, settings.reference)]
    if pair[0] is None or pair[1] is None:
        raise UserError("an arm has nobody with a time")
    return survival_difference(pair[0], pair[1], at=time)


def _log_rank(settings: Settings, data: pd.DataFrame, *, strata: tuple[str, ...]) -> Tested:
    """Return the log-rank test of the two arms compared."""
    own = data[data["arm"].isin([settings.treatment, settings.reference])]
    if own["arm"].nunique() < 2:
        raise UserError("an arm has nobody with a time")
    within = own.groupby(list(strata), observed=True).ngroup() if strata else None
    found = log_rank_test(own["response"], own["event"], own["arm"], strata=within)
    if found.p_value is None or not math.isfinite(found.p_value):
        return Tested(p_value=None, reason=found.reason)
    return Tested(p_value=found.p_value)


def survival_measures(settings: Settings) -> list[Measure]:
    """Return the measures of a time to an event beside the models of the plan."""
    unit = settings.endpoint.unit
    own = [
        Measure(effect=EFFECTS["Cox regression"],
                words="Cox regression, limits by profile likelihood", find=_profile),
        *(
            Measure(effect=EFFECTS["Kaplan-Meier"],
                    words=f"Kaplan–Meier estimates at {f'{time:g} {unit}'.strip()}, normal limits",
                    find=partial(_at, time=time))
            for time in settings.endpoint.times
        ),
        Measure(effect=EQUAL_HAZARDS, words="log-rank test of the two arms",
                find=partial(_log_rank, strata=())),
    ]  # fmt: skip
    if settings.strata:
        words = f"log-rank test, stratified by {' × '.join(settings.words_of(*settings.strata))}"
        find = partial(_log_rank, strata=settings.strata)
        own.append(Measure(effect=EQUAL_HAZARDS, words=words, find=find))
    return own

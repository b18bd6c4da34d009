"""The primary analysis: the plan's method fitted, its intervals, and the verdict on one of them."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import pandas as pd

from analysis.brief import brief
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.imputed import Pooled, imputed
from analysis.efficacy.imputed_responses import MAR, PooledResponses, imputed_responses
from analysis.efficacy.methods import METHODS, Fitted
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.numbers import level
from analysis.stats.intervals import Interval, interval_of, no_interval
from analysis.stats.verdicts import Direction, Verdict, judge
from analysis.words import numbered


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Primary:
    """The primary analysis of one data set.

    Attributes
    ----------
    settings, data, fitted
        What was analysed, one row per participant, and what the method found in it as it stands.
    means, contrast, others
        Arm → its mean, the reference first; treatment minus reference; other arm → difference.
    words
        The method in words.
    """

    settings: Settings
    data: pd.DataFrame
    fitted: Fitted
    means: dict[str, Interval]
    contrast: Interval
    others: dict[str, Interval]
    words: str

    @property
    def verdict(self) -> Verdict:
        """Non-inferiority where there is a margin, else superiority; passed when it is asked."""
        return verdict_on(self.settings, self.contrast)


@lru_cache(maxsize=16)
def fitted(settings: Settings, population: str = "") -> Fitted:
    """Fit the method of a run to the values as they stand; nothing is imputed.

    `population`: another than that of the settings; "" for the same.

    Raises
    ------
    UserError
        If the model cannot be fitted; the message names the term.
    """
    method = METHODS[settings.model]
    found = method.fit(
        settings, analysis_data(settings, population=population, visits=method.visits)
    )
    need_both_arms(settings, found.means)
    return found


def modelled(settings: Settings) -> pd.DataFrame:
    """Return the rows that have everything the method of a run needs."""
    data = analysis_data(settings)
    return data.dropna(subset=list(METHODS[settings.model].needs(settings)))


def need_both_arms(settings: Settings, means: Collection[str]) -> None:
    """Raise when an arm that is compared has no mean."""
    for arm in (settings.treatment, settings.reference):
        if arm not in means:
            raise UserError(f"no participant of arm '{arm}' has the endpoint")


@lru_cache(maxsize=16)
def analyse(settings: Settings) -> Primary:
    """Analyse the endpoint by the method, and with the missing values, of the plan or the run.

    Parameters
    ----------
    settings
        What is analysed.

    Returns
    -------
    Primary
        With multiple imputation its means and differences are those pooled over the
        imputations, and what was fitted are the values as they stand.

    Raises
    ------
    UserError
        As `fitted`.
    """
    found = fitted(settings)
    source = _source(settings, found)
    words = f"{found.words}; {_handling(settings)}; level {level(settings.conf_level)}"
    differences = {arm: interval_of(each, words) for arm, each in source.differences.items()}
    contrast = differences.pop(settings.treatment)
    return Primary(
        settings=settings,
        data=analysis_data(settings),
        fitted=found,
        means={arm: interval_of(each, words) for arm, each in source.means.items()},
        contrast=contrast,
        others=differences,
        words=words,
    )


def _source(settings: Settings, found: Fitted) -> Fitted | Pooled | PooledResponses:
    """Return what was fitted, or what is pooled over imputations where the run imputes."""
    if settings.missing_data != "multiple imputation":
        return found
    if settings.endpoint.kind == "binary":
        return imputed_responses(settings, MAR)
    return imputed(settings, "")


def verdict_on(settings: Settings, difference: Interval) -> Verdict:
    """Pass the verdict of a run on a difference, at its margin and in its direction."""
    direction = cast(Direction, settings.effect_direction)
    return judge(
        difference, margin=settings.margin, direction=direction, objectives=settings.objectives
    )


def to_be_shown(settings: Settings) -> Verdict:
    """Return the verdict of a run before there is an estimate, for its objective and margin.

    Headings and captions name them also where the primary analysis cannot be done.
    """
    ratio, at = settings.effect.is_ratio, settings.conf_level
    return verdict_on(settings, no_interval("no estimate", level=at, method="", ratio=ratio))


def one_bound(verdict: Verdict) -> float:
    """Return the bound of a verdict that has one.

    Raises
    ------
    UserError
        If it has two, as of equivalence, so that what would change it lies on both sides.
    """
    if verdict.has_two_bounds:
        raise UserError("equivalence has two margins, and a tipping point is sought at one")
    return verdict.bound


def bound_columns(verdict: Verdict) -> dict[str, float | None]:
    """Return the bounds of a verdict under the names of the vocabulary; most have one."""
    high = verdict.bound_high if verdict.has_two_bounds else None
    return {"bound": verdict.bound, "bound.high": high}


def _handling(settings: Settings) -> str:
    """Return in words what stands for a missing value."""
    if settings.endpoint.kind == "time-to-event":
        return "censored as recorded"
    return {
        "observed": "observed values",
        "LOCF": "last observation carried forward",
        "non-responder": "a missing response is none",
        "multiple imputation": f"{numbered(settings.imputations, 'imputation')} under missing "
        f"at random, "
        "Rubin's rules",
    }[settings.missing_data]

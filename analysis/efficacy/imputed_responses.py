"""Multiple imputation of a response: completed data sets analysed by the model of the run."""

import math
from dataclasses import dataclass

import pandas as pd

from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.methods import METHODS
from analysis.efficacy.methods.subgroups import ratio_of_logarithm
from analysis.efficacy.once import Once
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.stats.binary_imputation import impute_binary
from analysis.stats.intervals import Interval, interval_of
from analysis.stats.rubin import PooledEstimate, pool_rubin
from analysis.words import numbered

MAR, JUMP = "mar", "jump-to-reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledResponses:
    """What completed data sets say: arm → share and effect, and how many were imputed.

    Attributes
    ----------
    means, differences
        As those of a fitted model, pooled.
    pooled
        Other arm → the pooled estimate; of a ratio that of its logarithm.
    n_missing
        Participants imputed.
    words
        The method in words.
    """

    means: dict[str, Interval]
    differences: dict[str, Interval]
    pooled: dict[str, PooledEstimate]
    n_missing: int
    words: str


_POOLED = Once[PooledResponses]("pooled responses", size=8)


def imputed_responses(settings: Settings, method: str) -> PooledResponses:
    """Impute missing responses and pool what the model of the run finds.

    Parameters
    ----------
    settings
        What is analysed; its ``imputations`` and ``seed``.
    method
        `MAR` or `JUMP`.

    Notes
    -----
    Logistic regression of arm, strata and covariates. Effects are pooled by Rubin's rules with the
    standard error of the model, of a score interval Wald's; ratios on the log scale. Made once for
    all comparisons of a run.
    """
    data = with_missing(settings)
    words = (
        settings.model, settings.arms, settings.reference, settings.covariates, settings.strata,
        settings.imputations, settings.seed, settings.conf_level, method,
    )  # fmt: skip
    return _POOLED.of(data, words, lambda: _pooled(settings, data, method))


def _pooled(settings: Settings, data: pd.DataFrame, method: str) -> PooledResponses:
    found = impute_binary(
        data, response="response", event=1.0, arm="arm", factors=list(settings.strata),
        covariates=list(settings.covariates), method=method,
        reference=settings.reference if method == JUMP else None,
        n_imputations=settings.imputations, seed=settings.seed,
    )  # fmt: skip
    fits = [
        METHODS[settings.model].fit(settings, found.completed(place).astype({"response": float}))
        for place in range(found.n_imputations)
    ]
    others = [arm for arm in settings.arms if arm in fits[0].differences]
    pooled = {arm: _pool(settings, [interval_of(fit.differences[arm], "") for fit in fits], arm)
              for arm in others}  # fmt: skip
    words = f"{fits[0].words}; {numbered(found.n_imputations, 'imputation')} by logistic regression"
    make = ratio_of_logarithm if settings.effect.is_ratio else interval_of
    return PooledResponses(
        means={arm: _share(settings, [interval_of(fit.means[arm], "") for fit in fits], arm,
                           int((data["arm"] == arm).sum())) for arm in fits[0].means},
        differences={arm: make(each, f"{words}, Rubin's rules") for arm, each in pooled.items()},
        pooled=pooled, n_missing=sum(found.n_missing.values()), words=words,
    )  # fmt: skip


def with_missing(settings: Settings) -> pd.DataFrame:
    """Return a row for everybody of the population, the response missing where it is."""
    data = analysis_data(settings.handling("non-responder"))
    return data.assign(response=data["response"].where(~data["filled"])).drop(columns="filled")


def _pool(settings: Settings, effects: list[Interval], arm: str) -> PooledEstimate:
    ratio = settings.effect.is_ratio
    values, errors = [], []
    for each in effects:
        if each.estimate is None or not each.std_error or (ratio and each.estimate <= 0):
            why = each.reason or "it has no standard error"
            raise UserError(f"the effect of {arm} cannot be pooled in every imputation: {why}")
        values.append(math.log(each.estimate) if ratio else each.estimate)
        errors.append(each.std_error)
    return pool_rubin(values, errors, df_complete=math.inf, level=settings.conf_level, label=arm)


def _share(settings: Settings, shares: list[Interval], arm: str, size: int) -> Interval:
    values = [float(each.estimate or 0.0) for each in shares]
    errors = [math.sqrt(max(p * (1.0 - p), 0.25 / size) / size) for p in values]
    found = pool_rubin(values, errors, df_complete=math.inf, level=settings.conf_level, label=arm)
    return interval_of(found, "Wald, Rubin's rules")

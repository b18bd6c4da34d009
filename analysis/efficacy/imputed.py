"""Multiple imputation of the endpoint's visits, each analysed by the method of the run, pooled."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd

from analysis.efficacy.analysis_data import analysis_data, planned_visits
from analysis.efficacy.methods import METHODS
from analysis.efficacy.methods.ancova import ANCOVA
from analysis.efficacy.methods.method import WEIGHTS
from analysis.efficacy.once import Once
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.stats.imputation import Imputation, impute_mar, impute_reference_based
from analysis.stats.imputation_ancova import pool_ancova
from analysis.stats.imputation_model import ImputationData, prepare_imputation
from analysis.stats.intervals import t_limits
from analysis.stats.linear_estimates import Estimate
from analysis.stats.rubin import PooledEstimate, pool_imputations

LEVEL = 0.95
"""Level at which analyses are pooled before the run's own is laid on the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Arm → its mean, and its difference from the reference, pooled over imputations."""

    means: dict[str, PooledEstimate]
    differences: dict[str, PooledEstimate]

    def at(self, level: float) -> "Pooled":
        """Return the same with limits at another level."""
        return Pooled(
            means={arm: _at(each, level) for arm, each in self.means.items()},
            differences={arm: _at(each, level) for arm, each in self.differences.items()},
        )


def _at(found: PooledEstimate, level: float) -> PooledEstimate:
    lower, upper = t_limits(found.estimate, found.std_error, df=found.df, level=level)
    return replace(found, lower=lower, upper=upper, level=level)


_PREPARED = Once[ImputationData]("imputation data", size=4)
_IMPUTED = Once[tuple[Imputation, ...]]("imputations", size=8)
_POOLED = Once[Pooled]("pooled", size=16)


@lru_cache(maxsize=4)
def at_visits(settings: Settings) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the endpoint's visits of all arms, one row a participant and visit, and their order.

    Notes
    -----
    Participants without a single visit after baseline have no record to complete and stay out;
    so do they in the mixed model.
    """
    data = analysis_data(settings, visits=True)
    visits = [visit for visit in planned_visits(settings) if (data["AVISIT"] == visit).any()]
    if settings.endpoint.visit not in visits:
        raise UserError(
            f"imputation needs {settings.endpoint.paramcd} observed at "
            f"{settings.endpoint.visit} in somebody, and a day for that visit in trial.yml"
        )
    terms = (*settings.strata, *settings.covariates)
    return data[list(dict.fromkeys(("USUBJID", "AVISIT", "arm", "response", *terms)))], (*visits,)


def imputation_data(settings: Settings) -> ImputationData:
    """Return the rows of `at_visits`, ready for imputation."""
    data, visits = at_visits(settings)
    return _PREPARED.of(
        data,
        (visits, settings.strata, settings.covariates),
        lambda: prepare_imputation(
            data,
            response="response",
            subject="USUBJID",
            visit="AVISIT",
            arm="arm",
            visits=visits,
            factors=list(settings.strata),
            covariates=list(settings.covariates),
            covariance="pooled",
        ),
    )


def impute(settings: Settings, method: str) -> tuple[Imputation, ...]:
    """Impute under missing at random (method "") or by a reference-based method."""
    number, seed, reference = settings.imputations, settings.seed, settings.reference

    def make() -> tuple[Imputation, ...]:
        data = imputation_data(settings)
        if not method:
            return impute_mar(data, n_imputations=number, seed=seed)
        return impute_reference_based(
            data, method=method, reference=reference, n_imputations=number, seed=seed
        )

    data, visits = at_visits(settings)
    terms = settings.strata, settings.covariates
    return _IMPUTED.of(data, (visits, *terms, number, seed, method, reference), make)


def imputed(settings: Settings, method: str) -> Pooled:
    """Impute by a method of `impute` and pool what the method of the run finds."""
    data, _ = at_visits(settings)
    choices = settings.imputations, settings.seed, method
    found = _POOLED.of(
        data, (*of_method(settings), *choices), lambda: pooled(settings, impute(settings, method))
    )
    return found.at(settings.conf_level)


def of_method(settings: Settings) -> tuple[Hashable, ...]:
    """Return what the fit of a run's method depends on, beside its rows and the level."""
    return (
        settings.model, settings.arms, settings.reference, settings.covariates,
        settings.strata, settings.endpoint.visit, tuple(planned_visits(settings)),
    )  # fmt: skip


def pooled(settings: Settings, imputations: tuple[Imputation, ...]) -> Pooled:
    """Analyse completed data sets by the method of the run and pool, at `LEVEL`.

    Notes
    -----
    Rubin's rules with Barnard and Rubin's degrees of freedom. ANCOVA is one least-squares problem
    for all data sets; another method is fitted to each.
    """
    data = imputation_data(settings)
    arms = [arm for arm in settings.arms if arm in data.arms]
    others = [arm for arm in arms if arm != settings.reference]
    analyse = _by_ancova if settings.model == ANCOVA.name else _one_by_one
    found = analyse(settings, imputations, arms, others)
    return Pooled(
        means=dict(zip(arms, found[: len(arms)], strict=True)),
        differences=dict(zip(others, found[len(arms) :], strict=True)),
    )


def _by_ancova(
    settings: Settings, imputations: tuple[Imputation, ...], arms: list[str], others: list[str]
) -> list[PooledEstimate]:
    """Return the means of arms and the differences of others, pooled."""
    found = pool_ancova(
        imputations, imputation_data(settings), visit=settings.endpoint.visit,
        factors=list(settings.strata), covariates=list(settings.covariates),
        reference=settings.reference, weights=WEIGHTS, level=LEVEL,
    ).at()  # fmt: skip
    by_label = {each.label: each for each in found}
    differences = (f"{arm} - {settings.reference}" for arm in others)
    return [by_label[label] for label in (*arms, *differences)]


def _one_by_one(
    settings: Settings, imputations: tuple[Imputation, ...], arms: list[str], others: list[str]
) -> list[PooledEstimate]:
    """Return the same by the method of the run, fitted to each data set."""
    method, run = METHODS[settings.model], replace(settings, conf_level=LEVEL)

    def analysis(completed: pd.DataFrame) -> list[Estimate]:
        at_endpoint = completed["AVISIT"] == settings.endpoint.visit
        found = method.fit(run, completed if method.visits else completed[at_endpoint])
        means, differences = found.means, found.differences
        every = [*(means[arm] for arm in arms), *(differences[arm] for arm in others)]
        return [each for each in every if isinstance(each, Estimate)]

    return [*pool_imputations(imputations, imputation_data(settings), analysis, level=LEVEL)]

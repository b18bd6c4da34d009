"""Multiple imputation of the endpoint's visits, each analysed by the method of the run, pooled."""

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from analysis.efficacy.methods import METHODS
from analysis.efficacy.settings import Settings, analysis_data, planned_visits
from analysis.errors import UserError
from analysis.stats.imputation import Imputation, impute_mar, impute_reference_based
from analysis.stats.imputation_model import ImputationData, prepare_imputation
from analysis.stats.linear_estimates import Estimate
from analysis.stats.rubin import PooledEstimate, pool_imputations


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Arm → its mean, and its difference from the reference, pooled over imputations."""

    means: dict[str, PooledEstimate]
    differences: dict[str, PooledEstimate]


@lru_cache(maxsize=4)
def imputation_data(settings: Settings) -> ImputationData:
    """Return the endpoint's visits of all arms, ready for imputation.

    Notes
    -----
    Participants without a single visit after baseline have no record to complete and stay out;
    so do they in the mixed model.
    """
    data = analysis_data(settings, visits=True)
    visits = [visit for visit in planned_visits(settings) if (data["AVISIT"] == visit).any()]
    if settings.endpoint.visit not in visits:
        raise UserError(
            f"multiple imputation needs {settings.endpoint.paramcd} observed at "
            f"{settings.endpoint.visit} in somebody, and a day for that visit in trial.yml"
        )
    return prepare_imputation(
        data,
        response="response",
        subject="USUBJID",
        visit="AVISIT",
        arm="arm",
        visits=visits,
        factors=list(settings.strata),
        covariates=list(settings.covariates),
        covariance="pooled",
    )


@lru_cache(maxsize=8)
def impute(settings: Settings, method: str) -> tuple[Imputation, ...]:
    """Impute under missing at random (method "") or by a reference-based method."""
    data, number, seed = imputation_data(settings), settings.imputations, settings.seed
    if not method:
        return impute_mar(data, n_imputations=number, seed=seed)
    return impute_reference_based(
        data, method=method, reference=settings.reference, n_imputations=number, seed=seed
    )


@lru_cache(maxsize=8)
def imputed(settings: Settings, method: str) -> Pooled:
    """Impute by a method of `impute` and pool what the method of the run finds."""
    return pooled(settings, impute(settings, method))


def pooled(settings: Settings, imputations: tuple[Imputation, ...]) -> Pooled:
    """Analyse completed data sets by the method of the run and pool.

    Notes
    -----
    Rubin's rules with Barnard and Rubin's degrees of freedom.
    """
    data, method = imputation_data(settings), METHODS[settings.model]
    arms = [arm for arm in settings.arms if arm in data.arms]
    others = [arm for arm in arms if arm != settings.reference]

    def analysis(completed: pd.DataFrame) -> list[Estimate]:
        at_endpoint = completed["AVISIT"] == settings.endpoint.visit
        found = method.fit(settings, completed if method.visits else completed[at_endpoint])
        return [*(found.means[arm] for arm in arms), *(found.differences[arm] for arm in others)]

    found = pool_imputations(imputations, data, analysis, level=settings.conf_level)
    return Pooled(
        means=dict(zip(arms, found[: len(arms)], strict=True)),
        differences=dict(zip(others, found[len(arms) :], strict=True)),
    )

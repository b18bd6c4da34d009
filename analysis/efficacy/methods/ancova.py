"""Analysis of covariance at the endpoint's visit."""

import pandas as pd

from analysis.efficacy.methods.method import (
    WEIGHTS,
    Fitted,
    Method,
    dunnett_of,
    model_columns,
    of_arms,
)
from analysis.efficacy.methods.subgroups import Effects, of_model
from analysis.efficacy.settings import Settings
from analysis.stats.ancova import fit_ancova
from analysis.stats.term_tests import subgroup_effects


def _fit(settings: Settings, data: pd.DataFrame) -> Fitted:
    """Fit arm, strata and covariates to one row per participant.

    Notes
    -----
    Estimand: the difference of least-squares means of those with an analysed record.
    Covariates at their mean over the analysed records; weights of the other factors' levels
    equal; model-based standard errors, residual degrees of freedom.
    """
    fit = fit_ancova(
        data,
        response="response",
        factors=["arm", *settings.strata],
        covariates=list(settings.covariates),
        std_errors="model",
    )
    means, differences = of_arms(settings, fit)
    terms = settings.words_of(*settings.strata, *settings.covariates)
    dropped = f"; {settings.said(fit.n_dropped)} without a value" if fit.n_dropped else ""
    analysed = data.dropna(subset=model_columns(settings))
    return Fitted(
        means=means,
        differences=differences,
        n=fit.n_records,
        rests_on=f"n {settings.said(fit.n_records)}{dropped}",
        words=f"ANCOVA: {', '.join(('arm', *terms))}; equal weights",
        residuals=pd.DataFrame(
            {"arm": analysed["arm"].to_numpy(), "fitted": fit.fitted, "residual": fit.residuals}
        ),
        dunnett=dunnett_of(settings, fit),
    )


def _effects(settings: Settings, data: pd.DataFrame, strata: tuple[str, ...]) -> Effects:
    fit = fit_ancova(
        data,
        response="response",
        factors=["arm", "subgroup", *strata],
        covariates=list(settings.covariates),
        interactions=[("arm", "subgroup")],
        std_errors="model",
        keep_empty=True,  # A subgroup may lack an arm that is not compared.
    )
    found, test = subgroup_effects(
        fit, "arm", "subgroup", reference=settings.reference, weights=WEIGHTS,
        level=settings.conf_level,
    )  # fmt: skip
    return of_model(settings, found, test)


ANCOVA = Method(name="ANCOVA", visits=False, needs=model_columns, fit=_fit, effects=_effects)

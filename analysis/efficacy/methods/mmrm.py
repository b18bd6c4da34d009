"""Mixed model for repeated measures over the endpoint's visits."""

import pandas as pd

from analysis.efficacy.analysis_data import planned_visits
from analysis.efficacy.methods.method import (
    WEIGHTS,
    Fitted,
    Method,
    dunnett_of,
    model_columns,
    of_arms,
)
from analysis.efficacy.methods.subgroups import Effects, of_model
from analysis.efficacy.once import Once
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.stats.least_squares_means import Along
from analysis.stats.linear_estimates import Estimate
from analysis.stats.mmrm import MmrmFit, fit_mmrm
from analysis.stats.term_tests import subgroup_effects
from analysis.words import numbered

STRUCTURES = ("unstructured", "toeplitz-heterogeneous", "compound-symmetry")
"""Covariance structures in the order they are tried; the one used is reported.

Any name of `analysis.stats.covariance_structures.STRUCTURES` can stand here.
"""
_FITS = Once[MmrmFit]("mixed models", size=8)


def over_visits(
    settings: Settings,
    data: pd.DataFrame,
    *,
    subgroup: bool = False,
    strata: tuple[str, ...] | None = None,
) -> MmrmFit:
    """Fit the mixed model to one row per participant and visit, as `analysis_data` gives them.

    Parameters
    ----------
    subgroup
        Whether ``subgroup``, crossed with arm and visit, is in the model.
    strata
        Strata of the model; those of the run when not given.

    Notes
    -----
    Fixed effects: arm × visit, strata, and covariates × visit. Structures are tried in the
    order of `STRUCTURES`; Kenward–Roger degrees of freedom. Arms other than treatment and
    reference stay in the model. A model is fitted once, whoever asks for it.
    """
    visits = [visit for visit in planned_visits(settings) if (data["AVISIT"] == visit).any()]
    if len(visits) < 2:
        raise UserError("MMRM needs the endpoint at two visits or more")
    crossed: list[tuple[str, ...]] = [
        ("arm", "AVISIT"),
        *((name, "AVISIT") for name in settings.covariates),
    ]
    if subgroup:
        crossed += [("subgroup", "AVISIT"), ("arm", "subgroup")]
        crossed += [("arm", "subgroup", "AVISIT")]
    factors = ("arm", "AVISIT", *(("subgroup",) if subgroup else ()),
               *(settings.strata if strata is None else strata))  # fmt: skip
    covariates = settings.covariates
    rows = data[list(dict.fromkeys(("USUBJID", "response", *factors, *covariates)))]

    def fit() -> MmrmFit:
        return fit_mmrm(
            rows,
            response="response",
            subject="USUBJID",
            visit="AVISIT",
            visits=visits,
            factors=factors,
            covariates=covariates,
            interactions=crossed,
            structure=STRUCTURES,
            df_method="kenward-roger",
        )

    # Nobody asks twice for one of many imputed data sets; kept, they would drive out the others.
    if "imputed" in data:
        return fit()
    return _FITS.of(rows, (*visits, factors, covariates, tuple(crossed), STRUCTURES), fit)


def at_visit(
    settings: Settings, fit: MmrmFit, visit: str
) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """Return the mean of each arm at one visit, and each other arm minus the reference."""
    return of_arms(settings, fit, _along(fit, visit))


def _along(fit: MmrmFit, visit: str) -> Along:
    if visit not in fit.visits:
        raise UserError(f"the mixed model has no difference at {visit}")
    return {"AVISIT": {visit: 1.0}}


def in_words(settings: Settings, fit: MmrmFit) -> str:
    """Return the fitted model in words, the covariance structure that was used among them."""
    crossed = (f"{words} × visit" for words in settings.words_of(*settings.covariates))
    strata = settings.words_of(*settings.strata)
    return (
        f"MMRM: {', '.join(('arm × visit', *strata, *crossed))}; {fit.structure} "
        "covariance, Kenward–Roger df; equal weights"
    )


def _fit(settings: Settings, data: pd.DataFrame) -> Fitted:
    """Fit the mixed model; means and differences are those at the endpoint's visit.

    Notes
    -----
    Estimand: the difference of least-squares means at the visit, with missing values at random.
    Residuals are marginal: the value minus the fixed effects.
    """
    fit = over_visits(settings, data)
    means, differences = at_visit(settings, fit, settings.endpoint.visit)
    analysed = data.dropna(subset=model_columns(settings))
    fitted = fit.design.matrix @ fit.coefficients
    residuals = pd.DataFrame(
        {
            "arm": analysed["arm"].to_numpy(),
            "fitted": fitted,
            "residual": analysed["response"].to_numpy() - fitted,
        }
    )
    here = (analysed["AVISIT"] == settings.endpoint.visit).to_numpy()
    return Fitted(
        means=means,
        differences=differences,
        n=fit.n_subjects,
        rests_on=f"n {settings.said(fit.n_subjects)}, {numbered(fit.n_records, 'record')}, "
        f"{fit.structure}",
        words=in_words(settings, fit),
        residuals=residuals[here].reset_index(drop=True),
        dunnett=dunnett_of(settings, fit, _along(fit, settings.endpoint.visit)),
    )


def _effects(settings: Settings, data: pd.DataFrame, strata: tuple[str, ...]) -> Effects:
    """Return the differences at the endpoint's visit, from subgroup × arm × visit."""
    fit = over_visits(settings, data, subgroup=True, strata=strata)
    found, test = subgroup_effects(
        fit, "arm", "subgroup", reference=settings.reference, weights=WEIGHTS,
        level=settings.conf_level, along=_along(fit, settings.endpoint.visit),
    )  # fmt: skip
    return of_model(settings, found, test)


MMRM = Method(name="MMRM", visits=True, needs=model_columns, fit=_fit, effects=_effects)

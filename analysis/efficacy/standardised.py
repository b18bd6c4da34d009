"""The marginal effect by standardisation, beside the analysis of covariance."""

import numpy as np

from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.stats.ancova import fit_ancova
from analysis.stats.intervals import Interval
from analysis.stats.standardisation import marginal_effects
from analysis.words import numbered


def standardised(settings: Settings) -> tuple[Interval, str]:
    """Return the difference of the mean predictions of all participants under each arm.

    Returns
    -------
    interval : Interval
    rests_on : str
        In words.

    Raises
    ------
    UserError
        If an arm has none of a stratum's level, or too few participants for its own model.

    Notes
    -----
    Working model: the covariates and strata of the run, each crossed with arm, so that every arm
    has a regression of its own; none needs to be true. The variance takes the covariates as a
    sample. It supposes simple randomisation, and holds for every usual scheme where the model
    has the variables that were used in randomising: Ye, Shao, Yi and Zhao (2023), "universal
    applicability" (abstract, https://ar5iv.labs.arxiv.org/html/2009.11828). Where it lacks some,
    stratified randomisation has an equal or smaller asymptotic variance, so that the interval is
    at most too wide: Wang et al. (2023) (abstract, https://arxiv.org/abs/1910.13954). All this is
    of large samples. As in RobinCar2 the divisors are those of a mean and count no coefficient,
    so that the interval is too narrow where an arm has few participants for its coefficients;
    what a result rests on names both. The FDA's
    guidance of 2023 names nominal standard errors as acceptable with two arms randomised 1:1, and
    the variance of Ye and others where arms interact with covariates (paragraph quoted at
    https://carswg.github.io/posts/blog_linear_model.html).
    """
    terms = [*settings.strata, *settings.covariates]
    fit = fit_ancova(
        analysis_data(settings),
        response="response",
        factors=["arm", *settings.strata],
        covariates=list(settings.covariates),
        interactions=[("arm", name) for name in terms],
        std_errors="model",
    )
    found = {
        each.label: each
        for each in marginal_effects(
            fit, "arm", reference=settings.reference, measure="difference",
            variance="unconditional", level=settings.conf_level,
        )
    }.get(f"{settings.treatment} - {settings.reference}")  # fmt: skip
    if found is None:
        raise UserError(f"no participant of arm '{settings.treatment}' has the endpoint")
    if found.reason:
        raise UserError(found.reason)
    own = f"arm × ({', '.join(terms)})" if terms else "arm"
    interval = Interval(
        estimate=found.estimate, std_error=found.std_error, df=float("inf"), lower=found.lower,
        upper=found.upper, level=found.level,
        method=f"standardised means of a linear model of {own}; unconditional variance of simple "
        "randomisation, at most too large under stratified blocks; normal limits",
    )  # fmt: skip
    sizes = np.bincount(fit.design.codes["arm"])
    smallest = settings.trial.plan.allowed.count(sizes.min())
    return interval, (
        f"n {settings.said(fit.n_records)}; "
        f"{numbered(fit.design.rank // len(sizes), 'coefficient')} an arm, of at least "
        f"{numbered(smallest, 'participant')}: SE and interval of large samples, too narrow "
        f"where these "
        "are few for those"
    )

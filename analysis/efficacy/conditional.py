"""Conditional-mean imputation of the endpoint's visits, with the jackknife: no seed, no chance."""

from functools import lru_cache

from analysis.efficacy.imputed import at_visits
from analysis.efficacy.methods.method import WEIGHTS
from analysis.efficacy.methods.mmrm import STRUCTURES
from analysis.efficacy.once import Once
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.stats.conditional_means import impute_conditional_means
from analysis.stats.conditional_result import ConditionalMeans
from analysis.stats.linear_estimates import Estimate
from analysis.words import numbered

STRATEGIES = {
    "mar": "missing at random",
    "jump-to-reference": "jump to reference",
    "copy-reference": "copy reference",
    "copy-increments": "copy increments in reference",
    "last-mean-carried-forward": "last mean carried forward",
}
"""What is assumed of the values after the last observed visit → in words."""
JACKKNIFE, ANCHORED = "jackknife", "information-anchored"

_FOUND = Once[ConditionalMeans]("conditional means", size=8)


@lru_cache(maxsize=8)
def conditional(settings: Settings) -> ConditionalMeans:
    """Return the estimates by every assumption, for the rows of `at_visits`.

    Notes
    -----
    Imputation model: mixed model of arm, strata and covariates by visit, the covariance
    structures of the plan's mixed model in their order. Analysis: ANCOVA at each visit, whatever
    the model of the run; the weights of the strata are equal.

    Raises
    ------
    UserError
        If the model cannot be fitted, or not without one of the participants.
    """
    data, visits = at_visits(settings)
    return _FOUND.of(
        data,
        (visits, settings.reference, settings.strata, settings.covariates, STRUCTURES),
        lambda: impute_conditional_means(
            data,
            response="response",
            subject="USUBJID",
            visit="AVISIT",
            arm="arm",
            reference=settings.reference,
            visits=visits,
            factors=list(settings.strata),
            covariates=list(settings.covariates),
            structure=STRUCTURES,
            weights=WEIGHTS,
        ),
    )


def difference(settings: Settings, strategy: str, std_errors: str) -> Estimate:
    """Return the treatment difference at the endpoint's visit by one assumption."""
    found = conditional(settings)
    if settings.treatment not in found.arms:
        raise UserError(f"no participant of arm '{settings.treatment}' has the endpoint")
    return found.difference(
        settings.treatment, visit=settings.endpoint.visit, strategy=strategy,
        std_errors=std_errors, level=settings.conf_level,
    )  # fmt: skip


def in_words(settings: Settings, strategy: str) -> str:
    """Return the method in words: imputation model, analysis and standard error."""
    found = conditional(settings)
    model = f", {found.structure} covariance" if found.structure else ", nothing imputed"
    return (
        f"ANCOVA of conditional means, {STRATEGIES[strategy]}{model}; jackknife of "
        f"{numbered(found.n_subjects, 'participant')}"
    )

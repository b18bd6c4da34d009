"""What a run may not be: arms, models, missing values and terms that do not go together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.errors import UserError, suggestion
from analysis.sources.trial import vocabulary

if TYPE_CHECKING:
    from analysis.efficacy.settings import Settings


def check_run(settings: Settings) -> None:
    """Refuse a run whose parts do not go together.

    Raises
    ------
    UserError
        If an arm, the model or the handling of missing values is none for the endpoint, or terms
        are named for a model that takes none.
    """
    names = settings.trial.plan.arms.names
    for what in ("treatment", "reference"):
        arm = getattr(settings, what)
        if arm not in names:
            raise UserError(
                f"{what} must be one of {', '.join(names)}; got '{arm}'{suggestion(arm, names)}"
            )
    if settings.treatment == settings.reference:
        raise UserError(f"treatment and reference must differ; both are '{settings.treatment}'")
    kind = settings.endpoint.kind
    known = vocabulary.models("parallel", kind)
    if settings.model not in known:
        raise UserError(
            f"model must be one of {', '.join(known)} for the {kind} endpoint "
            f"'{settings.endpoint.name}'; got '{settings.model}'{suggestion(settings.model, known)}"
        )
    if settings.missing_data == "LOCF" and settings.model in vocabulary.OBSERVED_ONLY:
        raise UserError(
            f"missing_data must be observed or multiple imputation with the model "
            f"{settings.model}, which takes the observed values of every visit; got 'LOCF'"
        )
    if settings.missing_data not in (handlings := vocabulary.MISSING_DATA[kind]):
        raise UserError(
            f"missing_data must be one of {', '.join(handlings)} for the {kind} endpoint "
            f"'{settings.endpoint.name}'; got '{settings.missing_data}'"
        )
    _need_no_terms(settings, "covariates", vocabulary.WITHOUT_COVARIATES)
    _need_no_terms(settings, "strata", vocabulary.WITHOUT_STRATA)
    settings.trial.subjects(settings.population)


def _need_no_terms(settings: Settings, what: str, without: Sequence[str]) -> None:
    """Refuse terms that a run names for a model that would pass them by."""
    if settings.model in without and getattr(settings, what) and settings.departs(what):
        raise UserError(
            f"{what} must be empty with the model {settings.model}, which takes none; got "
            f"{', '.join(getattr(settings, what))}"
        )

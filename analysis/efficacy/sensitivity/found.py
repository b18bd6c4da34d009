"""What a sensitivity analysis is, and what it finds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from analysis.efficacy.primary import fitted
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.sources.trial.effects import effect_of
from analysis.stats.intervals import Interval, interval_of
from analysis.words import begins_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The treatment effect of a sensitivity analysis, and in words what it rests on.

    `tips`: it is the estimate at which the verdict tips, and so no analysis that could concur.
    `anchored`: the same estimate with the information-anchored standard error, where there is one.
    """

    interval: Interval
    rests_on: str
    tips: bool = False
    anchored: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """One sensitivity analysis as a table names it.

    `analyse` raises UserError where it cannot be done; `population` is "" for that of the run.
    """

    label: str
    analyse: Callable[[Settings], Found]
    population: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The sensitivity analyses of a kind of endpoint.

    Attributes
    ----------
    words
        The plan's word → the analysis.
    further
        What is shown beside the plan's list, after the other populations: words, or models.
    """

    words: dict[str, Sensitivity]
    further: tuple[str, ...]


def by_model(settings: Settings, *, model: str = "", population: str = "") -> Found:
    """Return the effect by a model, or in a population, of the plan."""
    own = replace(settings, model=model) if model else settings
    if own.effect != settings.effect:
        raise UserError(
            f"{model} estimates another effect, {own.effect.measure.lower()}, which the table of "
            "all measures shows"
        )
    found = fitted(own, population)
    effect = interval_of(found.differences[settings.treatment], found.words)
    return Found(interval=effect, rests_on=found.rests_on)


def without_terms(settings: Settings) -> Found:
    """Return the effect by the model of the run without strata and covariates."""
    if not settings.strata and not settings.covariates:
        raise NoSection("the model of the run has no strata and no covariates")
    return by_model(replace(settings, strata=(), covariates=()))


def need_carried_forward(settings: Settings) -> None:
    """Raise where the table of the endpoint has no value carried forward."""
    table = settings.trial.tables[settings.endpoint.dataset.lower()]
    if "DTYPE" not in table or not (table["DTYPE"] == "LOCF").any():
        raise UserError(f"{settings.endpoint.dataset} has no record carried forward (DTYPE LOCF)")


def other_model(model: str) -> Sensitivity:
    """Name the analysis by another model of the plan's words."""
    return Sensitivity(label=begins_sentence(model), analyse=partial(by_model, model=model))


def same_effect(settings: Settings, model: str) -> bool:
    """Say whether a model estimates the effect that the run does."""
    return effect_of(model) == settings.effect

"""The sensitivity analyses that a plan can name, by the kind of endpoint that they are for.

A further one is one entry in the registry of its kind, and its word in
`analysis.sources.trial.vocabulary`.
"""

from functools import partial

from analysis.efficacy.methods import METHODS
from analysis.efficacy.sensitivity.binary import BINARY
from analysis.efficacy.sensitivity.continuous import CONTINUOUS
from analysis.efficacy.sensitivity.found import (
    Found,
    Registry,
    Sensitivity,
    by_model,
    other_model,
    same_effect,
)
from analysis.efficacy.sensitivity.survival import SURVIVAL
from analysis.efficacy.settings import Settings
from analysis.sources.trial.vocabulary import Kind
from analysis.words import begins_sentence

REGISTRIES: dict[Kind, Registry] = {
    "continuous": CONTINUOUS,
    "binary": BINARY,
    "time-to-event": SURVIVAL,
}
"""Kind of endpoint → its sensitivity analyses."""

__all__ = ["REGISTRIES", "Found", "Sensitivity", "further", "named"]


def further(settings: Settings) -> tuple[str, ...]:
    """Return what is shown beside the plan's list, without models that estimate another effect."""
    registry = REGISTRIES[settings.endpoint.kind]
    return tuple(
        word
        for word in registry.further
        if word in registry.words or word not in METHODS or same_effect(settings, word)
    )


def named(settings: Settings, word: str) -> Sensitivity:
    """Return the sensitivity analysis that a word of the plan names for a run.

    The word is a population of the plan, a model, or one of the registry of its kind of endpoint.
    """
    words = REGISTRIES[settings.endpoint.kind].words
    if word in words:
        return words[word]
    if word in METHODS and word != settings.model:
        return other_model(word)
    population = word if word in settings.trial.plan.populations else settings.population
    return Sensitivity(
        label=f"{begins_sentence(settings.model)}, {population}",
        analyse=partial(by_model, population=population),
        population=population,
    )

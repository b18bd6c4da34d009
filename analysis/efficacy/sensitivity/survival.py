"""The sensitivity analyses of a time to an event: the plan's word → what is done."""

from dataclasses import replace
from functools import partial

from analysis.efficacy.methods.survival import cox, hazard_ratios
from analysis.efficacy.primary import modelled
from analysis.efficacy.sensitivity.found import Found, Registry, Sensitivity, without_terms
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection
from analysis.sources.trial import vocabulary
from analysis.words import numbered


def _by_cox(settings: Settings, *, ties: str, interval: str = "wald") -> Found:
    """Return the hazard ratio with ties or limits of another kind."""
    if not settings.effect.of_hazard:
        raise NoSection("the model of the run estimates no hazard ratio")
    fit = cox(settings, modelled(settings), ties=ties)
    found = hazard_ratios(settings, fit, interval=interval)[settings.treatment]
    words = f"Hazard ratio by Cox regression; ties by {ties}, limits by {interval}"
    events = settings.trial.plan.allowed.of_all(fit.n_events, fit.n_records)
    return Found(
        interval=replace(found, method=words),
        rests_on=f"n {settings.said(fit.n_records)}, {numbered(events, 'event')}",
    )


WORDS: dict[str, Sensitivity] = {
    "unadjusted": Sensitivity(label="Unadjusted", analyse=without_terms),
    "profile likelihood": Sensitivity(
        label="Limits by profile likelihood",
        analyse=partial(_by_cox, ties="efron", interval="profile"),
    ),
    "Breslow ties": Sensitivity(label="Ties by Breslow", analyse=partial(_by_cox, ties="breslow")),
    "discrete ties": Sensitivity(
        label="Ties of discrete time", analyse=partial(_by_cox, ties="discrete")
    ),
}
"""The plan's word → the sensitivity analysis."""

SURVIVAL = Registry(words=WORDS, further=(*WORDS, *vocabulary.models("parallel", "time-to-event")))
"""The sensitivity analyses of a time to an event."""

"""The sensitivity analyses of a response: the plan's word → what is done."""

from functools import partial

import pandas as pd

from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.imputed_responses import JUMP, MAR, imputed_responses
from analysis.efficacy.methods import METHODS
from analysis.efficacy.sensitivity.found import (
    Found,
    Registry,
    Sensitivity,
    by_model,
    need_carried_forward,
    without_terms,
)
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.numbers import percent
from analysis.sources.trial import vocabulary
from analysis.stats.intervals import interval_of
from analysis.words import numbered


def _handled(settings: Settings, *, missing_data: str) -> Found:
    """Return the effect with missing responses handled in one of the plan's ways."""
    if missing_data == settings.missing_data:
        raise NoSection("the run handles missing responses so already")
    if missing_data == "LOCF":
        need_carried_forward(settings)
    return by_model(settings.handling(missing_data))


def _filled(settings: Settings, *, treatment: float, reference: float) -> Found:
    """Return the effect where all the missing of an arm respond, or none of them does.

    Arms that are not compared keep non-responder imputation.
    """
    own = settings.handling("non-responder")
    data = analysis_data(own)
    given = {settings.treatment: treatment, settings.reference: reference}
    response = data["response"].where(~data["filled"], data["arm"].map(given).fillna(0.0))
    found = METHODS[own.model].fit(own, data.assign(response=response))
    filled = _sizes(data[data["filled"]], settings)
    return Found(
        interval=interval_of(found.differences[settings.treatment], found.words),
        rests_on=f"{found.rests_on}; {filled}",
    )


def _sizes(filled: pd.DataFrame, settings: Settings) -> str:
    """Say how many of each arm compared had no response recorded."""
    sizes = filled["arm"].value_counts()
    said = (
        f"{settings.trial.plan.allowed.counted(int(sizes.get(arm, 0)), 'participant')} of {arm}"
        for arm in (settings.treatment, settings.reference)
    )
    return f"imputed: {' and '.join(said)}"


def _imputed(settings: Settings, *, method: str) -> Found:
    """Return the effect pooled over completed data sets."""
    found = imputed_responses(settings, method)
    if settings.treatment not in found.pooled:
        raise UserError(f"no participant of arm '{settings.treatment}' has the endpoint")
    pooled = found.pooled[settings.treatment]
    imputed = settings.trial.plan.allowed.count(found.n_missing)
    return Found(
        interval=found.differences[settings.treatment],
        rests_on=f"{numbered(pooled.n_imputations, 'imputation')}, {imputed} imputed, "
        f"{percent(pooled.missing_fraction, 1)} missing information",
    )


WORDS: dict[str, Sensitivity] = {
    "observed cases": Sensitivity(
        label="Observed cases", analyse=partial(_handled, missing_data="observed")
    ),
    "LOCF": Sensitivity(
        label="Last observation carried forward", analyse=partial(_handled, missing_data="LOCF")
    ),
    "non-responder": Sensitivity(
        label="Non-responder imputation", analyse=partial(_handled, missing_data="non-responder")
    ),
    "unadjusted": Sensitivity(label="Unadjusted", analyse=without_terms),
    "multiple imputation": Sensitivity(
        label="Multiple imputation (MAR)", analyse=partial(_imputed, method=MAR)
    ),
    "jump to reference": Sensitivity(
        label="Jump to reference, multiple imputation",
        analyse=partial(_imputed, method=JUMP),
    ),
    "worst case": Sensitivity(
        label="Worst case: missing respond in the reference alone",
        analyse=partial(_filled, treatment=0.0, reference=1.0),
    ),
    "best case": Sensitivity(
        label="Best case: missing respond in the treatment alone",
        analyse=partial(_filled, treatment=1.0, reference=0.0),
    ),
}
"""The plan's word → the sensitivity analysis."""

BINARY = Registry(
    words=WORDS,
    further=(
        "unadjusted",
        *vocabulary.models("parallel", "binary"),
        "observed cases",
        "non-responder",
        "multiple imputation",
        "jump to reference",
        "worst case",
        "best case",
    ),
)
"""The sensitivity analyses of a binary endpoint."""

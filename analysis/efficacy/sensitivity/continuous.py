"""The sensitivity analyses of a measurement: the plan's word → what is done.

"jump to reference", "copy reference", "copy increments in reference", "last mean carried forward"
and "tipping point" mean conditional-mean imputation with the jackknife (Wolbers 2022), which needs
no seed; so does "conditional mean", under missing at random. "multiple imputation" is what it
says, and so are the words that end in it. Conditional means are analysed by ANCOVA at the
endpoint's visit, whatever the model of the run; completed data sets by the model of the run.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.conditional import (
    ANCHORED,
    JACKKNIFE,
    STRATEGIES,
    conditional,
    difference,
    in_words,
)
from analysis.efficacy.constrained import constrained
from analysis.efficacy.imputed import imputed
from analysis.efficacy.peak_gh import with_peak_gh
from analysis.efficacy.primary import need_both_arms
from analysis.efficacy.sensitivity.found import (
    Found,
    Registry,
    Sensitivity,
    by_model,
    need_carried_forward,
)
from analysis.efficacy.settings import Settings
from analysis.efficacy.standardised import standardised
from analysis.efficacy.tipping import search
from analysis.errors import UserError
from analysis.numbers import fixed, percent
from analysis.sources.trial import vocabulary
from analysis.stats.differences import difference_of_means
from analysis.stats.intervals import Interval, interval_of
from analysis.words import numbered


def _at_visit(settings: Settings, *, missing_data: str) -> Found:
    """Return the difference by ANCOVA at the endpoint's visit, observed or carried forward."""
    own = replace(settings, model="ANCOVA").handling(missing_data)
    if missing_data == "LOCF":
        need_carried_forward(settings)
    found = by_model(own)
    return replace(found, rests_on=f"ANCOVA, {found.rests_on}")


def _unadjusted(settings: Settings) -> Found:
    data = analysis_data(settings)
    own, reference = (
        data.loc[data["arm"] == arm, "response"].dropna()
        for arm in (settings.treatment, settings.reference)
    )
    difference = difference_of_means(
        mean_test=own.mean(), sd_test=own.std(), n_test=len(own),
        mean_reference=reference.mean(), sd_reference=reference.std(),
        n_reference=len(reference), method="welch", level=settings.conf_level,
    )  # fmt: skip
    return Found(interval=difference, rests_on=f"n {settings.said(len(own) + len(reference))}")


def _found(settings: Settings, *, analyse: Callable[[Settings], tuple[Interval, str]]) -> Found:
    interval, rests_on = analyse(settings)
    return Found(interval=interval, rests_on=rests_on)


def _imputed(settings: Settings, *, method: str = "") -> Found:
    differences = imputed(settings, method).differences
    need_both_arms(settings, [settings.reference, *differences])
    found = differences[settings.treatment]
    words = f"{settings.model} of {numbered(found.n_imputations, 'imputation')}"
    chance = fixed(found.monte_carlo_error, settings.places + 2)
    return Found(
        interval=interval_of(found, f"{words}, Rubin's rules"),
        rests_on=f"{words}, {percent(found.missing_fraction, 1)} missing information, Monte Carlo "
        f"error of the estimate {chance}",
    )


def _conditional(settings: Settings, *, strategy: str) -> Found:
    words = in_words(settings, strategy)
    found = conditional(settings)
    at = found.visit_index(settings.endpoint.visit)
    imputed = settings.said(int(found.n_missing[:, at].sum()))
    return Found(
        interval=interval_of(difference(settings, strategy, JACKKNIFE), words),
        anchored=interval_of(difference(settings, strategy, ANCHORED), words),
        rests_on=f"ANCOVA of conditional means, n {settings.said(found.n_subjects)}, {imputed} "
        f"imputed at {settings.endpoint.visit}; jackknife",
    )


def _tipped(settings: Settings) -> Found:
    found = search(settings)
    if found.at_tip is None or found.delta is None:
        raise UserError(found.reason)
    moved = f"{fixed(found.delta, settings.places + 1)} {settings.endpoint.unit}".strip()
    return Found(
        interval=interval_of(found.at_tip, f"{in_words(settings, 'mar')}; delta-adjusted"),
        rests_on=f"ANCOVA of conditional means, every imputed value of {settings.treatment} moved "
        f"by {moved}, {fixed(abs(found.delta) / found.spread, 1)} SD; jackknife",
        tips=True,
    )


def _assumed(word: str, analyse: Callable[..., Found], **assumption: str) -> Sensitivity:
    """Name an analysis by the plan's word for what it assumes."""
    return Sensitivity(label=word.capitalize(), analyse=partial(analyse, **assumption))


REFERENCES = {name: word for name, word in STRATEGIES.items() if name != "mar"}
"""Assumption of what follows dropout, other than at random → the plan's word."""

SENSITIVITIES: dict[str, Sensitivity] = {
    "observed cases": Sensitivity(
        label="Observed cases", analyse=partial(_at_visit, missing_data="observed")
    ),
    "LOCF": Sensitivity(
        label="Last observation carried forward", analyse=partial(_at_visit, missing_data="LOCF")
    ),
    "unadjusted": Sensitivity(label="Unadjusted (Welch)", analyse=_unadjusted),
    "peak GH as covariate": Sensitivity(
        label="With peak GH as covariate", analyse=partial(_found, analyse=with_peak_gh)
    ),
    "standardisation": Sensitivity(
        label="Standardised (arm × covariate interactions)",
        analyse=partial(_found, analyse=standardised),
    ),
    "constrained longitudinal model": Sensitivity(
        label="Constrained longitudinal model", analyse=partial(_found, analyse=constrained)
    ),
    "conditional mean": Sensitivity(
        label="Conditional mean (MAR)", analyse=partial(_conditional, strategy="mar")
    ),
    **{word: _assumed(word, _conditional, strategy=name) for name, word in REFERENCES.items()},
    "multiple imputation": Sensitivity(label="Multiple imputation (MAR)", analyse=_imputed),
    **{
        f"{word}, multiple imputation": _assumed(
            f"{word}, multiple imputation", _imputed, method=name
        )
        for name, word in REFERENCES.items()
    },
    "tipping point": Sensitivity(label="Tipping point (delta-adjusted)", analyse=_tipped),
}
"""The plan's word → the sensitivity analysis."""

FURTHER = (
    "unadjusted",
    "peak GH as covariate",
    "standardisation",
    *vocabulary.models("parallel"),
    "constrained longitudinal model",
    "conditional mean",
    *REFERENCES.values(),
    "multiple imputation",
    "tipping point",
)
"""What is shown beside the plan's list, after the other populations."""

CONTINUOUS = Registry(words=SENSITIVITIES, further=FURTHER)
"""The sensitivity analyses of a measurement."""

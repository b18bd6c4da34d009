"""Times to an event: Cox regression, restricted mean survival and survival at a time."""

import math
from collections.abc import Callable
from functools import partial

import pandas as pd

from analysis.efficacy.methods.method import Fitted, Method, model_columns
from analysis.efficacy.methods.subgroups import Differences, Effects, by_subgroup
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.stats.cox import fit_cox
from analysis.stats.cox_result import CoxFit
from analysis.stats.intervals import Interval, Ratio, no_interval
from analysis.stats.survival import KaplanMeier, kaplan_meier
from analysis.stats.survival_comparisons import restricted_mean_difference, survival_difference
from analysis.words import numbered

TIES = "efron"


def curves(settings: Settings, data: pd.DataFrame) -> dict[str, KaplanMeier]:
    """Return the Kaplan–Meier curve of each arm that has somebody, log-log limits."""
    known = data.dropna(subset=["response", "event"])
    return {
        arm: kaplan_meier(
            own["response"], own["event"], level=settings.conf_level, interval="log-log"
        )
        for arm in settings.arms
        if len(own := known[known["arm"] == arm])
    }


def medians(settings: Settings, found: dict[str, KaplanMeier]) -> dict[str, Interval]:
    """Return the median of each curve; of one that does not fall so far, that it does not."""
    level = settings.conf_level
    return {
        arm: no_interval("the median is not reached", level=level, method="median")
        if math.isnan(curve.median)
        else Interval(
            estimate=curve.median, std_error=None, df=None, lower=_or_none(curve.median_lower),
            upper=_or_none(curve.median_upper), level=level, method="median",
        )
        for arm, curve in found.items()
    }  # fmt: skip


def _or_none(limit: float) -> float | None:
    return None if math.isnan(limit) else limit


def horizon(settings: Settings, data: pd.DataFrame) -> float:
    """Return the time to which means are restricted: the plan's, or the last of every arm."""
    if settings.endpoint.until is not None:
        return settings.endpoint.until
    return float(min(curve.time[-1] for curve in curves(settings, data).values()))


def cox(settings: Settings, data: pd.DataFrame, *, ties: str = TIES) -> CoxFit:
    """Fit Cox's model of the arm and covariates, within the strata."""
    return fit_cox(
        data, time="response", event="event", factors=["arm"],
        covariates=list(settings.covariates), strata=list(settings.strata),
        references={"arm": settings.reference}, ties=ties,
    )  # fmt: skip


def hazard_ratios(
    settings: Settings, fit: CoxFit, *, interval: str = "wald"
) -> dict[str, Interval]:
    """Return each other arm's hazard ratio over the reference."""
    rows = fit.hazard_ratios(level=settings.conf_level, interval=interval).to_frame()
    found: dict[str, Interval] = {}
    for row in rows[rows["term"] == "arm"].itertuples():
        arm = str(row.label).removesuffix(f" / {settings.reference}")
        if row.reason or not math.isfinite(row.std_error):
            # Whoever shows it says that it is not estimable.
            why = row.reason.removeprefix("not estimable, because ") or "no information on it"
            found[arm] = no_interval(
                why, level=settings.conf_level, method="hazard ratio", ratio=True
            )
        else:
            found[arm] = Ratio(
                estimate=row.estimate, std_error=row.std_error, df=math.inf, lower=row.lower,
                upper=row.upper, level=settings.conf_level, method="hazard ratio",
            )  # fmt: skip
    return found


def _by_cox(settings: Settings, data: pd.DataFrame) -> dict[str, Interval]:
    return hazard_ratios(settings, cox(settings, data))


def _of_curves(
    of_two: Callable[[KaplanMeier, KaplanMeier, float], Interval],
    settings: Settings,
    data: pd.DataFrame,
) -> dict[str, Interval]:
    """Compare the curve of each other arm with that of the reference."""
    found, until = curves(settings, data), horizon(settings, data)
    reference = found.get(settings.reference)
    if reference is None:
        return {}
    return {
        arm: of_two(curve, reference, until)
        for arm, curve in found.items()
        if arm != settings.reference
    }


def _restricted(one: KaplanMeier, other: KaplanMeier, until: float) -> Interval:
    return restricted_mean_difference(one, other, until=until)


def _at(one: KaplanMeier, other: KaplanMeier, until: float) -> Interval:
    return survival_difference(one, other, at=until)


Words = Callable[[Settings, pd.DataFrame], str]
"""Settings and rows → the model in words."""


def _cox_words(settings: Settings, _data: pd.DataFrame) -> str:
    terms = ", ".join(("arm", *settings.words_of(*settings.covariates)))
    strata = ", ".join(settings.words_of(*settings.strata))
    strata = f", stratified by {strata}" if strata else ""
    return f"Hazard ratio by Cox regression: {terms}{strata}; ties by Efron, limits by Wald"


def _until_words(what: str, settings: Settings, data: pd.DataFrame) -> str:
    until = f"{horizon(settings, data):.12g} {settings.endpoint.unit}".strip()
    planned = "" if settings.endpoint.until else ", the last time that every arm reaches"
    return f"{what} {until}{planned}; normal limits"


def method(name: str, differences: Differences, words: Words, *, terms: bool) -> Method:
    """Make a method of the plan of what compares the arms; `terms` of the model or none."""

    def needs(settings: Settings) -> list[str]:
        return [*(model_columns(settings) if terms else ["response"]), "event"]

    def fit(settings: Settings, data: pd.DataFrame) -> Fitted:
        analysed = data.dropna(subset=needs(settings))
        if analysed.empty:
            raise UserError("nobody has a time, how it ends, and every term of the model")
        dropped, said = len(data) - len(analysed), settings.trial.plan.allowed
        events = int(analysed["event"].sum())
        return Fitted(
            means=medians(settings, curves(settings, analysed)),
            differences=differences(settings, analysed),
            n=len(analysed),
            rests_on=f"n {settings.said(len(analysed))}, "
            f"{numbered(said.of_all(events, len(analysed)), 'event')}"
            + (f"; {settings.said(dropped)} without a value" if dropped else ""),
            words=words(settings, analysed),
        )

    def effects(settings: Settings, data: pd.DataFrame, strata: tuple[str, ...]) -> Effects:
        data = data.dropna(subset=needs(settings))
        if terms:
            return _with_interaction(settings, data, strata)
        return by_subgroup(settings, data, strata, differences)

    return Method(name=name, visits=False, needs=needs, fit=fit, effects=effects)


def _with_interaction(settings: Settings, data: pd.DataFrame, strata: tuple[str, ...]) -> Effects:
    """Return the hazard ratios of models with the interaction of arm and subgroup.

    The subgroup that is the reference of its factor is the one of which the arm's own term is the
    effect, so that each is so once.
    """
    found: dict[tuple[str, str], Interval] = {}
    others = [arm for arm in settings.arms if arm != settings.reference]
    tests: dict[str, tuple[float, str]] = {}
    for group in sorted(data["subgroup"].unique()):
        fit = fit_cox(
            data, time="response", event="event", factors=["arm", "subgroup"],
            covariates=list(settings.covariates), strata=list(strata),
            interactions=[("arm", "subgroup")], ties=TIES,
            references={"arm": settings.reference, "subgroup": group},
        )  # fmt: skip
        found |= {(arm, str(group)): each for arm, each in hazard_ratios(settings, fit).items()}
        row = fit.term_tests().iloc[-1]
        tests = dict.fromkeys(others, (float(row["p_value"]), str(row["reason"])))
    return Effects(effects=found, tests=tests, joint=True, test="Wald test of arm × subgroup")


SURVIVAL = (
    method("Cox regression", _by_cox, _cox_words, terms=True),
    method(
        "restricted mean survival",
        partial(_of_curves, _restricted),
        partial(_until_words, "Difference of restricted mean survival times, until"),
        terms=False,
    ),
    method(
        "Kaplan-Meier",
        partial(_of_curves, _at),
        partial(_until_words, "Difference of Kaplan–Meier estimates at"),
        terms=False,
    ),
)
"""The methods of times to an event."""

"""Robustness: the same difference by other populations, models and assumptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import pandas as pd

from analysis.efficacy.primary import DIGITS, analyse, difference_of, judge, verdict_bound
from analysis.efficacy.settings import Settings, analysis_data, planned_visits
from analysis.errors import UserError
from analysis.results import Results, Stat, from_frame
from analysis.stats.ancova import fit_ancova
from analysis.stats.differences import Difference, difference_from_estimate, difference_of_means
from analysis.stats.imputation import Imputation, impute_mar, impute_reference_based, shift_imputed
from analysis.stats.imputation_model import ImputationData, prepare_imputation
from analysis.stats.least_squares_means import contrast_reference
from analysis.stats.linear_estimates import Estimate
from analysis.stats.mmrm import MmrmFit, fit_mmrm
from analysis.stats.rubin import PooledEstimate, pool_imputations
from analysis.stats.tipping import TippingPoint, tipping_point

STRUCTURES = ("unstructured", "toeplitz-heterogeneous", "compound-symmetry")
"""Covariance structures in the order they are tried; the one used is reported."""
REFERENCE_BASED = {
    "jump-to-reference": "Jump to reference",
    "copy-reference": "Copy reference",
    "copy-increments": "Copy increments in reference",
}
FURTHEST = 10.0
"""Tipping points are searched up to this many residual standard deviations."""


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    difference: Difference
    note: str = ""


def robustness(settings: Settings) -> Results:
    """Return the treatment difference by every analysis, each with its own verdict.

    Parameters
    ----------
    settings
        What is analysed.

    Returns
    -------
    Results
        One row each for ANCOVA in every population of the trial, the unadjusted difference,
        MMRM, multiple imputation under missing at random and the reference-based imputations.
        An analysis that cannot be done is a row too: *not estimable*, and why.

    Notes
    -----
    Imputation models the endpoint's visits jointly, by arm mean and pooled covariance, with the
    covariates and strata of the plan; each completed data set is analysed by the planned
    ANCOVA and pooled by Rubin's rules with Barnard and Rubin's degrees of freedom.
    """
    rows = []
    for label, compute in _analyses(settings):
        try:
            rows.append(compute(settings, label))
        except UserError as error:
            rows.append(_Row(label, _not_estimable(settings, str(error))))
    return _results(settings, rows)


def _not_estimable(settings: Settings, reason: str) -> Difference:
    return Difference(
        estimate=None, std_error=None, df=None, lower=None, upper=None,
        level=settings.conf_level, method="none", reason=reason,
    )  # fmt: skip


def _analyses(settings: Settings) -> Iterator[tuple[str, Callable[[Settings, str], _Row]]]:
    for population in settings.trial.plan.populations:
        yield f"ANCOVA, {population}", partial(_ancova, population=population)
    yield "Unadjusted (Welch)", _unadjusted
    yield "MMRM", _mmrm
    yield "Multiple imputation (MAR)", partial(_imputed, method="")
    for method, words in REFERENCE_BASED.items():
        yield words, partial(_imputed, method=method)


def _ancova(settings: Settings, label: str, population: str) -> _Row:
    found = analyse(settings, population)
    dropped = f"; {found.fit.n_dropped} without a value" if found.fit.n_dropped else ""
    return _Row(label, difference_of(found.contrast), f"n {found.fit.n_records}{dropped}")


def _unadjusted(settings: Settings, label: str) -> _Row:
    data = analysis_data(settings)
    own, reference = (
        data.loc[data["ARM"] == arm, "RESPONSE"].dropna()
        for arm in (settings.treatment, settings.reference)
    )
    difference = difference_of_means(
        mean_test=own.mean(), sd_test=own.std(), n_test=len(own),
        mean_reference=reference.mean(), sd_reference=reference.std(),
        n_reference=len(reference), method="welch", level=settings.conf_level,
    )  # fmt: skip
    return _Row(label, difference, f"n {len(own) + len(reference)}")


def fit_over_visits(settings: Settings) -> MmrmFit:
    """Fit the mixed model over the endpoint's visits.

    Notes
    -----
    Fixed effects: arm × visit, strata, and covariates × visit. Structures are tried in the
    order of `STRUCTURES`; Kenward–Roger degrees of freedom. Arms other than treatment and
    reference stay in the model.
    """
    data = analysis_data(settings, visits=True)
    visits = [visit for visit in planned_visits(settings) if (data["AVISIT"] == visit).any()]
    if len(visits) < 2:
        raise UserError("MMRM needs the endpoint at two visits or more")
    return fit_mmrm(
        data,
        response="RESPONSE",
        subject="USUBJID",
        visit="AVISIT",
        visits=visits,
        factors=["ARM", "AVISIT", *settings.strata],
        covariates=list(settings.covariates),
        interactions=[("ARM", "AVISIT"), *((name, "AVISIT") for name in settings.covariates)],
        structure=STRUCTURES,
        df_method="kenward-roger",
    )


def at_visit(fit: MmrmFit, settings: Settings, visit: str) -> Estimate:
    """Return the treatment difference of a mixed model at one visit."""
    for estimate in contrast_reference(
        fit, "ARM", reference=settings.reference, weights="equal", level=settings.conf_level,
        adjust="none", by=["AVISIT"],
    ):  # fmt: skip
        groups = dict(estimate.groups)
        if groups.get("AVISIT") == visit and estimate.label.startswith(settings.treatment):
            return estimate
    raise UserError(f"the mixed model has no difference at {visit}")


def _mmrm(settings: Settings, label: str) -> _Row:
    fit = fit_over_visits(settings)
    estimate = at_visit(fit, settings, settings.endpoint.visit)
    note = f"n {fit.n_subjects}, {fit.n_records} records, {fit.structure}"
    return _Row(label, difference_of(estimate), note)


@lru_cache(maxsize=4)
def imputation_data(settings: Settings) -> ImputationData:
    """Return the endpoint's visits of treatment and reference, ready for imputation."""
    data = analysis_data(settings, visits=True)
    pair = data["ARM"].isin([settings.treatment, settings.reference])
    visits = [visit for visit in planned_visits(settings) if (data["AVISIT"] == visit).any()]
    # Whoever has no visit at all still belongs to the population and is imputed.
    return prepare_imputation(
        data[pair],
        response="RESPONSE",
        subject="USUBJID",
        visit="AVISIT",
        arm="ARM",
        visits=visits,
        factors=list(settings.strata),
        covariates=list(settings.covariates),
        covariance="pooled",
    )


@lru_cache(maxsize=8)
def impute(settings: Settings, method: str) -> tuple[Imputation, ...]:
    """Impute under missing at random (method "") or by a reference-based method."""
    data, number, seed = imputation_data(settings), settings.imputations, settings.seed
    if not method:
        return impute_mar(data, n_imputations=number, seed=seed)
    return impute_reference_based(
        data, method=method, reference=settings.reference, n_imputations=number, seed=seed
    )


def pooled(
    settings: Settings, data: ImputationData, imputations: tuple[Imputation, ...]
) -> PooledEstimate:
    """Analyse completed data sets by the planned ANCOVA at the endpoint's visit and pool."""

    def analysis(completed: pd.DataFrame) -> Estimate:
        final = completed[completed["AVISIT"] == settings.endpoint.visit]
        fit = fit_ancova(
            final,
            response="RESPONSE",
            factors=["ARM", *settings.strata],
            covariates=list(settings.covariates),
            std_errors="model",
        )
        [estimate] = contrast_reference(
            fit, "ARM", reference=settings.reference, weights="equal",
            level=settings.conf_level, adjust="none",
        )  # fmt: skip
        return estimate

    return pool_imputations(imputations, data, analysis, level=settings.conf_level)


def _imputed(settings: Settings, label: str, method: str) -> _Row:
    data = imputation_data(settings)
    found = pooled(settings, data, impute(settings, method))
    missing = 100 * found.missing_fraction
    return _Row(
        label,
        _difference(found),
        f"{found.n_imputations} imputations, {missing:.0f} % missing information",
    )


def _difference(found: PooledEstimate) -> Difference:
    return difference_from_estimate(
        found.estimate, found.std_error, df=found.df, level=found.level, method="Rubin's rules"
    )


def tipping(settings: Settings) -> Results:
    """Search how far the imputed values of the treated must move to change the verdict.

    Parameters
    ----------
    settings
        What is analysed.

    Returns
    -------
    Results
        ``delta`` (in the endpoint's unit, added to every imputed value of the treatment arm)
        at which the verdict changes, or that it does not within the range searched; and the
        estimate and interval along the way.

    Raises
    ------
    UserError
        If nothing is missing, or the imputation model cannot be fitted.
    """
    data = imputation_data(settings)
    imputations = impute(settings, "")
    worse = -1.0 if settings.endpoint.direction == "higher" else 1.0
    # A verdict that is not shown can only be changed by better values.
    shown = judge(settings, _difference(pooled(settings, data, imputations))).shown
    towards = worse if shown else -worse
    spread = float(analysis_data(settings)["RESPONSE"].std())

    def evaluate(delta: float) -> PooledEstimate:
        shifted = tuple(
            shift_imputed(each, data, delta=delta, arms=[settings.treatment], which="all")
            for each in imputations
        )
        return pooled(settings, data, shifted)

    found = tipping_point(
        evaluate,
        limit="lower" if worse < 0 else "upper",
        threshold=verdict_bound(settings),
        search=(0.0, towards * FURTHEST * spread),
    )
    return _tipping_results(settings, found, spread)


def _tipping_results(settings: Settings, found: TippingPoint, spread: float) -> Results:
    rows = pd.DataFrame(
        [
            {
                "variable_level": "search",
                "delta": delta,
                "estimate": estimate.estimate,
                "low": estimate.lower,
                "high": estimate.upper,
            }
            for delta, estimate in found.evaluations
        ]
    )
    rows["variable_level"] = [f"delta {number}" for number in range(1, len(rows) + 1)]
    summary = {
        "variable_level": "tipping point",
        "delta": found.delta,
        "spreads": abs(found.delta) / spread if found.delta is not None else None,
        "conclusion": "verdict changes" if found.found else "verdict does not change",
        "reason": found.reason,
    }
    unit = settings.endpoint.unit
    return from_frame(
        pd.DataFrame([summary, *rows.to_dict("records")]).assign(
            group1_level=f"{settings.treatment} − {settings.reference}",
            variable=settings.endpoint.name,
            population=settings.population,
            source=settings.trial.plan.id,
        ),
        {
            "delta": Stat("delta", "Delta", DIGITS, unit),
            "spreads": Stat("delta.sd", "Delta in SDs", 1),
            "estimate": Stat("estimate", "Difference", DIGITS, unit),
            "low": Stat("conf.low", "Lower limit", DIGITS, unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, unit),
            "conclusion": Stat("conclusion", "Conclusion"),
            "reason": Stat("reason", "Because"),
        },
        analysis_id="tipping-point",
        group1="contrast",
        context="sensitivity",
        method=f"delta-adjusted multiple imputation, {settings.imputations} imputations",
        **settings.result_labels,
    )


def _results(settings: Settings, rows: list[_Row]) -> Results:
    bound = verdict_bound(settings)
    table: list[dict[str, Any]] = []
    for row in rows:
        verdict = judge(settings, row.difference)
        table.append(
            {
                "group1_level": row.label,
                "estimate": row.difference.estimate,
                "se": row.difference.std_error,
                "df": row.difference.df,
                "low": row.difference.lower,
                "high": row.difference.upper,
                "margin": bound,
                "conclusion": verdict.conclusion,
                "reason": verdict.reason,
                "detail": row.note,
            }
        )
    shown = {entry["conclusion"] for entry in table} - {"not estimable"}
    table.append(
        {
            "group1_level": "Agreement",
            "conclusion": "all concur" if len(shown) == 1 else "they do not all concur",
            "detail": " and ".join(sorted(shown)),
        }
    )
    unit = settings.endpoint.unit
    return from_frame(
        pd.DataFrame(table).assign(
            variable=settings.endpoint.name,
            variable_level=settings.endpoint.visit,
            source=settings.trial.plan.id,
        ),
        {
            "estimate": Stat("estimate", "Difference", DIGITS, unit),
            "se": Stat("std.error", "SE", DIGITS, unit),
            "df": Stat("parameter", "df", 0),
            "low": Stat("conf.low", "Lower limit", DIGITS, unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, unit),
            "margin": Stat("margin", "Bound", DIGITS, unit),
            "conclusion": Stat("conclusion", "Verdict"),
            "reason": Stat("reason", "Because"),
            "detail": Stat("detail", "Rests on"),
        },
        analysis_id="robustness",
        group1="analysis",
        context="sensitivity",
        method=f"level {settings.conf_level:g}",
        **settings.result_labels,
    )

"""Robustness: the same difference by other populations, models and assumptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from analysis.efficacy.imputed import imputed
from analysis.efficacy.primary import DIGITS, ancova, difference_of, judge, verdict_bound
from analysis.efficacy.settings import Settings, analysis_data, planned_visits
from analysis.efficacy.tipping import search, spread
from analysis.errors import UserError
from analysis.numbers import fixed
from analysis.results import NOT_ESTIMABLE, Results, Stat, from_frame
from analysis.stats.differences import Difference, difference_of_means
from analysis.stats.least_squares_means import contrast_reference
from analysis.stats.linear_estimates import Estimate
from analysis.stats.mmrm import MmrmFit, fit_mmrm

STRUCTURES = ("unstructured", "toeplitz-heterogeneous", "compound-symmetry")
"""Covariance structures in the order they are tried; the one used is reported."""
REFERENCE_BASED = {
    "jump-to-reference": "Jump to reference",
    "copy-reference": "Copy reference",
    "copy-increments": "Copy increments in reference",
}
TIPS = "the verdict tips here"
"""Conclusion of the row that shows where the verdict breaks."""


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    difference: Difference
    note: str = ""
    conclusion: str = ""


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
        MMRM, multiple imputation under missing at random, the reference-based imputations and
        the tipping point of the delta-adjusted imputation.
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
    yield "Tipping point (delta-adjusted)", _tipped


def _ancova(settings: Settings, label: str, population: str) -> _Row:
    found = ancova(settings, population)
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


def _imputed(settings: Settings, label: str, method: str) -> _Row:
    found = imputed(settings, method).differences[settings.treatment]
    missing = fixed(100 * found.missing_fraction, 1)
    return _Row(
        label,
        difference_of(found),
        f"{found.n_imputations} imputations, {missing} % missing information",
    )


def _tipped(settings: Settings, label: str) -> _Row:
    """Show the estimate where the verdict tips; it is no analysis that could concur or not."""
    found = search(settings)
    if found.at_tip is None or found.delta is None:
        raise UserError(found.reason)
    moved = f"{fixed(found.delta, DIGITS)} {settings.endpoint.unit}".strip()
    sds = fixed(abs(found.delta) / spread(settings), 1)
    note = f"every imputed value of {settings.treatment} moved by {moved}, {sds} SD"
    return _Row(label, difference_of(found.at_tip), note, TIPS)


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
                "conclusion": row.conclusion or verdict.conclusion,
                "reason": "" if row.conclusion else verdict.reason,
                "detail": row.note,
            }
        )
    shown = {entry["conclusion"] for entry in table} - {NOT_ESTIMABLE, TIPS}
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

"""The tipping point: how far imputed values must move before the verdict changes."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from analysis.efficacy.imputed import imputation_data, impute, imputed, pooled
from analysis.efficacy.primary import DIGITS, difference_of, judge, verdict_bound
from analysis.efficacy.settings import Settings, analysis_data
from analysis.results import Results, Stat, from_frame
from analysis.stats.imputation import shift_imputed
from analysis.stats.rubin import PooledEstimate
from analysis.stats.tipping import TippingPoint, tipping_point

FURTHEST = 10.0
"""Tipping points are searched up to this many standard deviations of the endpoint."""


def spread(settings: Settings) -> float:
    """Return the standard deviation of the endpoint, all arms together."""
    return float(analysis_data(settings)["RESPONSE"].std())


@lru_cache(maxsize=4)
def search(settings: Settings) -> TippingPoint:
    """Search how far the imputed values of the treated must move to change the verdict.

    Raises
    ------
    UserError
        If nothing is missing, or the imputation model cannot be fitted.
    """
    data, imputations = imputation_data(settings), impute(settings, "")

    def evaluate(delta: float) -> PooledEstimate:
        shifted = tuple(
            shift_imputed(each, data, delta=delta, arms=[settings.treatment], which="all")
            for each in imputations
        )
        return pooled(settings, shifted).differences[settings.treatment]

    worse = -1.0 if settings.endpoint.direction == "higher" else 1.0
    start = imputed(settings, "").differences[settings.treatment]
    # A verdict that is not shown can only be changed by better values.
    towards = worse if judge(settings, difference_of(start)).shown else -worse
    return tipping_point(
        evaluate,
        limit="lower" if worse < 0 else "upper",
        threshold=verdict_bound(settings),
        search=(0.0, towards * FURTHEST * spread(settings)),
    )


def tipping(settings: Settings) -> Results:
    """Return where the verdict tips, and the estimates along the way.

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
        As `search`.
    """
    found = search(settings)
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
        "spreads": abs(found.delta) / spread(settings) if found.delta is not None else None,
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

"""The tipping point: how far imputed values must move before the verdict changes."""

from functools import lru_cache
from typing import Any

from analysis.display.reading import Reading
from analysis.efficacy.imputed import imputation_data, impute, imputed, pooled
from analysis.efficacy.primary import verdict_on
from analysis.efficacy.rows import endpoint_results
from analysis.efficacy.settings import Settings, analysis_data
from analysis.results import Results, section
from analysis.stats.imputation import shift_imputed
from analysis.stats.intervals import interval_of
from analysis.stats.rubin import PooledEstimate
from analysis.stats.tipping import TippingPoint, tipping_point

FURTHEST = 10.0
"""Tipping points are searched up to this many standard deviations of the endpoint."""


def spread(settings: Settings) -> float:
    """Return the standard deviation of the endpoint, all arms together."""
    return float(analysis_data(settings)["response"].std())


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
    verdict = verdict_on(settings, interval_of(start, "multiple imputation"))
    # A verdict that is not shown can only be changed by better values.
    towards = worse if verdict.shown else -worse
    return tipping_point(
        evaluate,
        limit="lower" if worse < 0 else "upper",
        threshold=verdict.bound,
        search=(0.0, towards * FURTHEST * spread(settings)),
    )


@section
def tipping(run: Settings) -> Results:
    """Return where the verdict tips, and the estimates along the way.

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
    found = search(run)
    summary: dict[str, Any] = {
        "variable_level": "tipping point",
        "delta": found.delta,
        "delta.sd": abs(found.delta) / spread(run) if found.delta is not None else None,
        "conclusion": "verdict changes" if found.found else "verdict does not change",
        "reason": found.reason,
    }
    way = [
        {
            "variable_level": f"delta {number}",
            "delta": delta,
            "estimate": estimate.estimate,
            "conf.low": estimate.lower,
            "conf.high": estimate.upper,
        }
        for number, (delta, estimate) in enumerate(found.evaluations, start=1)
    ]
    return endpoint_results(
        run,
        [row | {"group1_level": run.contrast} for row in (summary, *way)],
        "tipping-point",
        group1="contrast",
        context="sensitivity",
        method=f"delta-adjusted multiple imputation, {run.imputations} imputations, each by "
        f"{run.model}",
    )


@tipping.shows
def tipping_reading(tipping: Results, run: Settings) -> Reading:
    """Say where the verdict breaks, and how far that is."""
    row = tipping.wide().to_dict("records")[0]
    if not isinstance(row.get("delta"), str):
        return Reading([f"Tipping point: the {row['conclusion']}; {row['reason']}."], tipping)
    return Reading(
        [
            f"Tipping point: the verdict changes when every imputed value of the treated is moved "
            f"by {row['delta']} {run.endpoint.unit}, which is {row['delta.sd']} standard "
            "deviations of the endpoint. Whether so much is plausible is a clinical judgement."
        ],
        tipping,
    )

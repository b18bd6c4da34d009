"""The tipping point and surface: how far imputed values must move before the verdict changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.display.figures import Figure
from analysis.display.reading import Reading
from analysis.display.tipping_figure import Mark, tipping_map
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.comparisons import comparisons, has_several
from analysis.efficacy.conditional import JACKKNIFE, STRATEGIES, conditional, difference, in_words
from analysis.efficacy.primary import one_bound, verdict_on
from analysis.efficacy.rows import endpoint_results, of_any_handling
from analysis.efficacy.settings import Settings, need_kind
from analysis.errors import UserError
from analysis.numbers import fixed, level
from analysis.results import NOT_ESTIMABLE, Results, combine, section
from analysis.stats.conditional_result import ConditionalMeans
from analysis.stats.intervals import interval_of
from analysis.stats.linear_estimates import Estimate
from analysis.stats.tipping_surface import DeltaSurface, delta_surface
from analysis.stats.verdicts import CONCLUSIONS, NOT_SHOWN, Verdict

FURTHEST = 10.0
"""Tipping points are searched up to this many standard deviations of the endpoint."""
POINTS = 21
"""Deltas of each arm on the grid of the surface."""
PLAUSIBLE = 1.0
"""Deltas up to this many standard deviations of the endpoint are called plausible."""
WIDEST = 2.0
"""The surface shows this many standard deviations, or what the tipping point needs."""
ROOM = 1.4
"""How much farther than the tipping point the surface goes."""
POINT = "tipping point"
"""Row that says where the verdict tips; the others are on the way there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """Where the verdict of a run tips, and the surface around it.

    Attributes
    ----------
    surface
        The difference over the deltas of both arms.
    verdict
        The verdict with values missing at random.
    delta, at_tip
        What is added to every imputed value of the treated where the verdict changes, and the
        difference there; None where it does not change.
    reason
        In words what was found.
    spread
        Standard deviation of the endpoint.
    """

    surface: DeltaSurface
    verdict: Verdict
    delta: float | None
    at_tip: Estimate | None
    reason: str
    spread: float


def spread(settings: Settings) -> float:
    """Return the standard deviation of the endpoint, all arms together."""
    return float(analysis_data(settings)["response"].std())


def search(settings: Settings) -> Tip:
    """Find how far the imputed values of the treated must move to change the verdict.

    Raises
    ------
    UserError
        If the imputation model cannot be fitted.

    Notes
    -----
    Conditional means under missing at random, with the jackknife: difference and variance are
    known for any delta, so that nothing is searched.
    """
    found, sd = conditional(settings), spread(settings)
    start = difference(settings, "mar", JACKKNIFE)
    verdict = verdict_on(settings, interval_of(start, in_words(settings, "mar")))
    bound = one_bound(verdict)
    worse = -1.0 if settings.endpoint.direction == "higher" else 1.0
    # A verdict that is not shown can only be changed by better values.
    furthest = (worse if verdict.shown else -worse) * FURTHEST * sd
    limit = "lower" if worse < 0 else "upper"
    delta = _surface(settings, found, limit, bound, 0.0).tip(towards=furthest)
    size = max(WIDEST * sd, ROOM * abs(delta or 0.0))
    surface = _surface(settings, found, limit, bound, size)
    arm, visit = found.arm_index(settings.treatment), found.visit_index(settings.endpoint.visit)
    if delta is not None:
        reason = f"the {limit} limit meets {bound:g} at the delta"
    elif not found.n_missing[arm, visit]:
        reason = f"no value of {settings.treatment} is missing at {settings.endpoint.visit}"
    else:
        side = "above" if getattr(start, limit) > bound else "below"
        reason = f"the {limit} limit stays {side} {bound:g} for every delta from 0 to {furthest:g}"
    return Tip(
        surface=surface, verdict=verdict, delta=delta, reason=reason, spread=sd,
        at_tip=None if delta is None else surface.at(delta),
    )  # fmt: skip


def _surface(
    settings: Settings, found: ConditionalMeans, limit: str, bound: float, size: float
) -> DeltaSurface:
    """Return the surface of the deltas up to a size, which move all imputed values."""
    grid = [round(size * step, 12) for step in np.linspace(-1.0, 1.0, POINTS)]
    return delta_surface(
        found, arm=settings.treatment, visit=settings.endpoint.visit, deltas=grid,
        reference_deltas=grid, which="all", std_errors=JACKKNIFE, limit=limit, threshold=bound,
        level=settings.conf_level,
    )  # fmt: skip


@section
def tipping(run: Settings) -> Results:
    """Return where the verdict tips, and the estimates along the way.

    Returns
    -------
    Results
        ``delta`` (in the endpoint's unit, added to every imputed value of the treatment arm)
        at which the verdict changes, or that it does not within the range searched; whether it
        changes within the plausible region of both arms' deltas; and the estimate and interval
        along the way. With several arms all this for each comparison.

    Raises
    ------
    UserError
        As `search`.
    """
    need_kind(run, "continuous")
    rows = [
        row | of_any_handling(run)
        for each in comparisons(run)
        for row in _of_one(each, needed=each is run)
    ]
    return endpoint_results(
        run, rows, "tipping-point", group1="contrast", context="sensitivity", method=_method(run)
    )


def _of_one(run: Settings, *, needed: bool) -> list[dict[str, Any]]:
    """Return the tipping point of one comparison and the way there.

    What is not `needed` may be impossible, and then says why.
    """
    try:
        found = search(run)
    except UserError as error:
        if needed:
            raise
        why = {"conclusion": NOT_ESTIMABLE, "reason": str(error)}
        return [{"group1_level": run.contrast, "variable_level": POINT, **why}]
    summary: dict[str, Any] = {
        "variable_level": POINT,
        "delta": found.delta,
        "delta.sd": abs(found.delta) / found.spread if found.delta is not None else None,
        "conclusion": "verdict changes" if found.delta is not None else "verdict does not change",
        "reason": found.reason,
        "remark": _within(run, found),
    }
    end = found.surface.deltas[-1] * (np.sign(found.delta) if found.delta else 1.0)
    deltas = sorted({*np.linspace(0.0, end, 9).tolist(), *([found.delta] if found.delta else [])})
    way = [
        {
            "variable_level": f"delta {number}",
            "delta": delta,
            "estimate": estimate.estimate,
            "conf.low": estimate.lower,
            "conf.high": estimate.upper,
        }
        for number, (delta, estimate) in enumerate(
            ((delta, found.surface.at(delta)) for delta in deltas), start=1
        )
    ]
    return [row | {"group1_level": run.contrast} for row in (summary, *way)]


def _method(run: Settings) -> str:
    return f"{in_words(run, 'mar')}; delta-adjusted; level {level(run.conf_level)}"


def _within(run: Settings, found: Tip) -> str:
    """Say whether the verdict changes where both deltas are plausible."""
    bound = found.surface.threshold
    size = PLAUSIBLE * found.spread
    inside = _surface(run, conditional(run), found.surface.limit, bound, size).beyond
    same = (inside == found.verdict.shown).all()
    return (
        f"with deltas of both arms within {PLAUSIBLE:g} SD of the endpoint "
        f"({fixed(size, run.places + 1)} {run.endpoint.unit}".rstrip()
        + f") the verdict {'stays the same' if same else 'changes'}"
    )


@tipping.shows
def tipping_reading(tipping: Results, run: Settings) -> Reading:
    """Say where the verdict breaks, and how far that is."""
    rows = tipping.select(variable_level=POINT).wide().to_dict("records")
    several = has_several(run)
    return Reading(
        [
            " of ".join(["Tipping point", *([row["group1_level"]] if several else [])])
            + f": {_said(row, run)}"
            for row in rows
        ],
        tipping,
    )


def _said(row: Mapping[Any, Any], run: Settings) -> str:
    if row["conclusion"] == NOT_ESTIMABLE:
        return f"{NOT_ESTIMABLE}, because {row['reason']}."
    within = f"{row['remark'][:1].upper()}{row['remark'][1:]}."
    if not isinstance(row.get("delta"), str):
        return f"the {row['conclusion']}; {row['reason']}. {within}"
    return (
        f"the verdict changes when every imputed value of the treated is moved by {row['delta']} "
        f"{run.endpoint.unit}, which is {row['delta.sd']} standard deviations of the endpoint. "
        f"{within} Whether so much is plausible is a clinical judgement."
    )


def surface_results(run: Settings) -> Results:
    """Return the grid of the surface, and where the assumptions of the robustness table lie.

    Returns
    -------
    Results
        For each pair of deltas (``delta`` of the treatment arm, ``delta.reference``) estimate,
        limits and ``conclusion``; for each assumption the mean shift of the imputed values from
        those at random, under ``variable_level``.
    """
    found = search(run)
    grid = found.surface.to_frame()
    shown, other = _conclusions(found)
    rows = pd.DataFrame(
        {
            "variable_level": [f"point {number}" for number in range(1, len(grid) + 1)],
            "delta": grid["delta"],
            "delta.reference": grid["reference_delta"],
            "estimate": grid["estimate"],
            "conf.low": grid["lower"],
            "conf.high": grid["upper"],
            "conclusion": np.where(grid["beyond"], shown, other),
        }
    )
    marks = [
        {"variable_level": STRATEGIES[strategy], "delta": own, "delta.reference": reference}
        for strategy, (own, reference) in assumptions(run).items()
    ]
    options = {"group1": "contrast", "context": "sensitivity", "method": _method(run)}
    return combine(
        [
            endpoint_results(
                run,
                [row | {"group1_level": run.contrast} | of_any_handling(run) for row in each],
                name,
                **options,
            )
            for name, each in (
                ("tipping-surface", rows.to_dict("records")),
                ("tipping-assumptions", marks),
            )
        ]
    )


def _conclusions(found: Tip) -> tuple[str, str]:
    """Return the verdict where the limit is beyond the bound, and where it is not."""
    return CONCLUSIONS[found.verdict.objective], NOT_SHOWN


def assumptions(run: Settings) -> dict[str, tuple[float, float]]:
    """Return how far each assumption moves the imputed values of both arms, on average."""
    found = conditional(run)
    at = found.visit_index(run.endpoint.visit)
    places = [found.arm_index(run.treatment), found.arm_index(run.reference)]
    share = found.n_missing_after[places, at] / np.maximum(found.n_missing[places, at], 1)
    moved = {each: found.moved[found.strategy_index(each), places, at] * share
             for each in found.strategies}  # fmt: skip
    return {each: (float(pair[0]), float(pair[1])) for each, pair in moved.items()}


@tipping.shows
def tipping_surface(_tipping: Results, run: Settings) -> Figure:
    """Draw the verdict over the deltas of both arms, of the comparison that the run is about."""
    found = search(run)
    shown, other = _conclusions(found)
    if found.surface.slope[1:].any():
        marks = [Mark(name, STRATEGIES[name], *at) for name, at in assumptions(run).items()]
    else:
        raise UserError(f"nothing is missing at {run.endpoint.visit}, so no delta moves anything")
    return tipping_map(
        found.surface,
        marks=marks,
        verdicts=(shown, other),
        border=found.verdict.margin_words,
        plausible=PLAUSIBLE * found.spread,
        plausible_words=f"within {PLAUSIBLE:g} SD",
        tip=found.delta,
        unit=run.endpoint.unit,
        places=run.places + 1,
        results=surface_results(run),
        remark=_within(run, found),
    )

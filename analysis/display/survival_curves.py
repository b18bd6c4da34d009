"""Curves of a time to an event: survival that falls, cumulative incidence that rises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.display.arms import arm_looks
from analysis.display.at_risk import MOST, NARROW_MOST, few, table_height, write_at_risk
from analysis.display.curve_data import LEGEND, TOPS, Curves, name_arms, read_curves, time_words
from analysis.display.figures import COLOURS, Axes, Canvas, Figure
from analysis.display.reading import Reading, not_drawn
from analysis.results import Results
from analysis.results.curves import AT_RISK, CURVE, EVENTS, MEDIAN, PLANNED
from analysis.words import begins_sentence, in_sentence, listed

PANEL, NARROW_PANEL = 3.0, 2.7
"""Inches of a panel of curves."""
BELOW = 0.55
"""Inches of the time axis with its words."""
MANY = 60
"""Times with somebody censored from which on their marks are smaller."""
OPEN = "not reached"


def survival_figure(
    results: Results,
    *,
    arms: Sequence[str],
    title: str,
    unit: str,
    measure: str = "Without an event",
    event: str = "with the event",
    since: str = "",
    rising: bool = False,
    caption: str = "",
) -> Figure | Reading:
    """Draw the curve of every arm with its limits, censorings and numbers at risk.

    Parameters
    ----------
    results
        Rows of `analysis.results.curves.curve_rows`, ``group1_level`` the arm and, of competing
        events, ``group2_level`` the kind of event: each has its panel.
    arms
        All arms of the trial in its order, so that each has its colour; the rest may be absent.
    title
        Above the figure.
    unit
        Unit of the times, in the plural.
    measure
        What the curves are the share of: "Without an event", "With a relapse".
    event
        What happened to those whose curve falls or rises, for the words: "with the event".
    since
        What the time is counted from; "" where the axis does not say so.
    rising
        Whether the curves are cumulative incidences, which begin at 0 and rise.
    caption
        Method and source; how to read the figure is added.

    Returns
    -------
    Figure or Reading
        A sentence where no arm has a curve: there is nothing to draw.
    """
    curves = read_curves(results, arms, rising=rising)
    if curves is None:
        return not_drawn(title, results, "no arm has a curve")
    label = time_words(unit, since)

    def draw(canvas: Canvas, narrow: bool) -> None:
        _draw(canvas, curves, measure=measure, label=label, narrow=narrow)

    said = _said(results, curves, unit, event)
    kinds, several = len(curves.kinds), len(curves.drawn) > 1
    return Figure(
        title=title,
        alt=_alt(said, curves, measure=measure, label=label),
        draw=draw,
        height=PANEL
        + BELOW
        + LEGEND * (several and not curves.beside(narrow=False))
        + table_height(curves.drawn, narrow=False),
        narrow_height=(NARROW_PANEL + BELOW) * kinds
        + LEGEND * several * len(curves.drawn)
        + table_height(curves.drawn, narrow=True),
        results=results,
        caption=" ".join(filter(None, [caption, _how_to_read(curves)])),
    )


def _draw(canvas: Canvas, curves: Curves, *, measure: str, label: str, narrow: bool) -> None:
    kinds, table = len(curves.kinds), table_height(curves.drawn, narrow=narrow)
    if narrow:
        ratios = [*[NARROW_PANEL] * kinds, table]
        *panels, last = canvas.subplots(kinds + 1, 1, sharex=True, height_ratios=ratios)
        tables = [last]
    else:
        ratios = [PANEL, table]
        grid = canvas.subplots(2, kinds, sharex=True, squeeze=False, height_ratios=ratios)
        panels, tables = list(grid[0]), list(grid[1])
        if kinds > 1:
            _apart(canvas)
    at_risk = curves.rows[curves.rows["variable"] == AT_RISK]
    times = few(list(at_risk["at.time"]), NARROW_MOST if narrow else max(MOST // kinds, 4))
    beside = curves.beside(narrow=narrow)
    for axes, kind in zip(panels, curves.kinds, strict=True):
        _panel(axes, curves, kind, named=beside)
        axes.set_xticks(times)
        axes.tick_params(axis="x", labelbottom=True)
        axes.set_xlabel(label)
        first = axes is panels[0] or narrow
        axes.tick_params(axis="y", labelleft=first)
        axes.set_ylabel(f"{measure}, %" if first else "")
    for axes, kind in zip(tables, curves.kinds, strict=False):
        own = at_risk[at_risk["group2_level"] == kind]
        write_at_risk(
            axes, own, drawn=curves.drawn, arms=curves.arms, times=times, narrow=narrow,
            named=axes is tables[0],
        )  # fmt: skip
    if not beside and len(curves.drawn) > 1:
        name_arms(canvas, curves, narrow=narrow)


def _apart(canvas: Canvas) -> None:
    """Keep the last numbers of one table apart from the first of the next."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = canvas.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(wspace=0.06)


def _panel(axes: Axes, curves: Curves, kind: str, *, named: bool) -> None:
    """Draw the curves of one kind of event."""
    looks = arm_looks(curves.arms)
    for arm, steps in curves.of(kind):
        colour, time = looks[arm].colour, steps["at.time"]
        axes.fill_between(
            time, steps["conf.low"], steps["conf.high"], step="post", color=colour, alpha=0.12, lw=0
        )
        axes.step(time, steps["estimate"], where="post", color=colour, lw=1.7, ls=looks[arm].line)
        left = steps[steps["n.censor"] > 0]
        size = 6.0 if len(left) <= MANY else 3.5
        axes.plot(left["at.time"], left["estimate"], "|", color=colour, ms=size, mew=0.9, zorder=3)
        if named and len(curves.drawn) > 1:
            axes.annotate(
                arm, (time.iloc[-1], steps["estimate"].iloc[-1]), (5, 0), color=colour,
                textcoords="offset points", va="center", weight="bold", fontsize=9,
            )  # fmt: skip
    if not curves.rising:
        _medians(axes, curves)
    axes.set_xlim(-0.015 * curves.until, 1.015 * curves.until)
    axes.set_ylim(0, 1.02 * curves.top)
    if kind:
        axes.set_title(kind, loc="left", fontsize=10)


def _medians(axes: Axes, curves: Curves) -> None:
    """Lead from one half to the median of each arm that reaches it."""
    rows = curves.rows[curves.rows["variable"] == MEDIAN].dropna(subset="estimate")
    if rows.empty:
        return
    looks = arm_looks(curves.arms)
    style: dict[str, Any] = {"ls": ":", "lw": 1.1, "zorder": 1}
    axes.plot([0, rows["estimate"].max()], [50, 50], color=COLOURS["grey"], **style)
    for row in rows.to_dict("records"):
        at = row["estimate"]
        axes.plot([at, at], [0, 50], color=looks[row["group1_level"]].colour, **style)


def _said(results: Results, curves: Curves, unit: str, event: str) -> str:
    """Say of every arm and kind its number of events, its curve at planned times, its median."""
    words = results.wide()
    said = []
    for kind in curves.kinds:
        of_kind = words[words["group2_level"] == kind]
        for arm in curves.drawn:
            own = of_kind[of_kind["group1_level"] == arm]
            who = ", ".join(filter(None, [arm, kind]))
            parts = [*_events(own, event), *_shares(own), *_median(own, unit, curves.rising)]
            said.append(f"{who}: {'; '.join(parts)}.")
    return begins_sentence(" ".join(said))


def _events(own: pd.DataFrame, event: str) -> list[str]:
    """Return how many had the event, where the rows say it."""
    found = own[own["variable"] == EVENTS].to_dict("records")
    return [f"{row['n']} of {row['N']} {event}" for row in found]


def _shares(own: pd.DataFrame) -> list[str]:
    """Return the curve at the planned times; where none is planned, at its end."""
    rows = own[own["variable"] == PLANNED]
    if rows.empty:
        rows = own[own["variable"] == CURVE].tail(1)
    return [
        f"{_estimate(row)} at {row['variable_level']}"
        for row in rows.astype(object).where(rows.notna(), None).to_dict("records")
    ]


def _estimate(row: dict[Any, Any]) -> str:
    if row.get("estimate") is None:
        return f"not estimable ({row.get('reason') or 'no estimate'})"
    limits = [row.get(name) for name in ("conf.low", "conf.high")]
    interval = f" ({limits[0]} to {limits[1]})" if None not in limits else ""
    return f"{row['estimate']}%{interval}"


def _median(own: pd.DataFrame, unit: str, rising: bool) -> list[str]:
    """Return the median, or that it is not reached; none of a cumulative incidence."""
    if rising:
        return []
    rows = own[own["variable"] == MEDIAN].reindex(columns=["estimate", "conf.low", "conf.high"])
    if rows.empty:
        return [f"median {OPEN}"]
    at, low, high = rows.astype(object).where(rows.notna(), None).iloc[0]
    if at is None:
        return [f"median {OPEN}"]
    return [f"median {at} {unit} ({low or 'no lower limit'} to {high or OPEN})"]


def _alt(said: str, curves: Curves, *, measure: str, label: str) -> str:
    what = "Curves of cumulative incidence" if curves.rising else "Kaplan–Meier curves"
    kinds = f" of {listed(curves.kinds)}" if len(curves.kinds) > 1 else ""
    return (
        f"{what}{kinds}: {in_sentence(measure)}, in per cent, over {in_sentence(label)}; numbers "
        f"at risk below. {said}"
    )


def _how_to_read(curves: Curves) -> str:
    """Say what the marks are."""
    marks = "Bands: pointwise confidence limits; short upright lines: censored."
    if curves.top < TOPS[-1]:
        return f"{marks} The axis ends at {curves.top:g}%."
    reached = curves.rows[curves.rows["variable"] == MEDIAN]["estimate"].notna().any()
    return f"{marks} Dotted: medians." if reached and not curves.rising else marks

"""The rows of a curve over time: its steps, numbers at risk, planned times, the median.

`analysis.display.survival_curves` draws them. A curve has a row for every distinct time of the
data, thousands perhaps; no picture can show as many, and no page should carry them. Every row
kept is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.numbers import PROPORTION
from analysis.results.counted import COUNTED, Counted, Groups
from analysis.results.precision import recorded_decimals
from analysis.results.table import Results
from analysis.stats.competing_events import CumulativeIncidence
from analysis.stats.survival import KaplanMeier

CURVE, AT_RISK, PLANNED, MEDIAN, EVENTS = "Curve", "At risk", "Planned time", "Median", "Events"
"""What a row is of: its ``variable``."""
QUARTILE = "Quartile"
QUARTILES = {"Lower quartile": 0.25, "Median": 0.5, "Upper quartile": 0.75}
"""Quartile → share of the participants who have had the event by that time."""
CELLS = 500
"""Rows of a curve at most: a step of a five-hundredth of the axis is narrower than its line."""
TICKS = 6
"""Numbers at risk are given at about so many times."""
NAMES = {
    "time": "at.time",
    "at_risk": "n.risk",
    "events": "n.event",
    "censored": "n.censor",
    "competing": "n.competing",
    "lower": "conf.low",
    "upper": "conf.high",
}
COUNTS = ("n.event", "n.censor", "n.competing")


def curve_rows(
    curve: KaplanMeier | CumulativeIncidence,
    *,
    at_risk: ArrayLike,
    planned: ArrayLike = (),
    unit: str,
    least: int = 1,
) -> pd.DataFrame:
    """Return a curve as rows for a run's results, one arm's and, of competing events, one kind's.

    Parameters
    ----------
    curve
        A curve of `kaplan_meier` or `cumulative_incidence`.
    at_risk
        Times at which the numbers at risk are given: ticks of the time axis.
    planned
        Times for which the plan asks the probability.
    unit
        Unit of the times, in the plural.
    least
        Events that a step stands for at least. Where it is more than one, numbers at risk are
        multiples of it and nothing else is counted, so that no single event can be read off.

    Returns
    -------
    pandas.DataFrame
        ``variable`` "Curve": at.time, estimate, conf.low, conf.high, n.risk just before, and
        n.event, n.censor, n.competing since the row before; "At risk" and "Planned time"; "Median"
        of a survival curve; "Events": n with the event, of N.

    Examples
    --------
    >>> from analysis.stats import kaplan_meier
    >>> curve = kaplan_meier([1, 2, 2, 3], [1, 1, 0, 0], level=0.95)
    >>> rows = curve_rows(curve, at_risk=[0, 2], planned=[2], unit="weeks")
    >>> rows.loc[rows["variable"] == "At risk", ["variable_level", "n.risk"]]
      variable_level  n.risk
    3        0 weeks     4.0
    4        2 weeks     3.0
    """
    parts = [coarse(_steps(curve), least), _at_risk(curve, at_risk)]
    if np.size(planned):
        found = curve.at(planned).rename(columns=NAMES).drop(columns="std_error")
        parts.append(found.assign(variable=PLANNED, unit=PROPORTION))
    rows = pd.concat(parts, ignore_index=True)
    if least > 1:
        rows["n.risk"] = (rows["n.risk"] / least).round() * least
        rows = rows.drop(columns=[name for name in COUNTS if name in rows])
    rows["variable_level"] = [f"{time:.15g} {unit}".rstrip() for time in rows["at.time"]]
    rows["places:at.time"] = recorded_decimals(curve.time)
    total = pd.DataFrame({"variable": [EVENTS], "n": curve.events.sum(), "N": curve.at_risk[0]})
    if isinstance(curve, CumulativeIncidence):
        total["n.competing"] = curve.competing.sum()
        return pd.concat([rows, total], ignore_index=True)
    return pd.concat([rows, total, _median(curve, unit)], ignore_index=True)


def counted_in_curve(rows: pd.DataFrame, times: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a curve with what their numbers count (see `analysis.results.counted`).

    Parameters
    ----------
    rows
        Of `curve_rows`.
    times
        The participants of the curve, one row each: ``USUBJID``, ``time``, ``event`` and, where
        the event is a record, `PLACE`.

    Returns
    -------
    pandas.DataFrame
        With whom n and N of "Events" count, n.risk of "At risk", and n.event of "Curve".

    Examples
    --------
    >>> from analysis.stats import kaplan_meier
    >>> times = pd.DataFrame({"USUBJID": ["A", "B", "C"], "time": [1, 2, 3], "event": [1, 0, 1]})
    >>> curve = kaplan_meier(times["time"], times["event"], level=0.95)
    >>> rows = counted_in_curve(curve_rows(curve, at_risk=[0, 2], unit="weeks"), times)
    >>> events = rows[rows["variable"] == "Events"].iloc[0]
    >>> events["records"].participants, events["records:N"].participants
    (['A', 'C'], ['A', 'B', 'C'])
    >>> rows.loc[rows["variable_level"] == "2 weeks", "records:n.risk"].iloc[-1].participants
    ['B', 'C']
    """
    everyone, had = times[["USUBJID", "time"]], times[times["event"].astype(bool)]
    steps = rows.loc[rows["variable"] == CURVE, "at.time"].to_numpy(dtype=float)
    # A step has the events since the step before it.
    step = Groups(np.searchsorted(steps, had["time"].to_numpy(dtype=float)))
    marks: dict[str, list[Counted | None]] = {
        name: [None] * len(rows) for name in ("", ":N", ":n.risk", ":n.event")
    }
    number = 0
    for place, (kind, time) in enumerate(zip(rows["variable"], rows["at.time"], strict=True)):
        if kind == EVENTS:
            marks[""][place], marks[":N"][place] = Counted.all(had), Counted.all(everyone)
        elif kind == AT_RISK:
            marks[":n.risk"][place] = Counted.all(everyone[everyone["time"] >= time])
        elif kind == CURVE:
            marks[":n.event"][place], number = Counted(had, step, (number,)), number + 1
    return rows.assign(**{f"{COUNTED}{name}": own for name, own in marks.items()})


def round_times(longest: float) -> list[float]:
    """Return round times from 0, about `TICKS` of them, as far as somebody is followed.

    Parameters
    ----------
    longest
        The last time of the data, in any unit.

    Examples
    --------
    >>> round_times(198.0)
    [0.0, 50.0, 100.0, 150.0]
    """
    raw = longest / TICKS
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= raw)
    return [float(each) for each in np.arange(0.0, longest * (1 + 1e-12), step)]


def summary_of(results: Results, kinds: Sequence[str]) -> Results:
    """Return the rows of some kinds, such as `EVENTS`, in the order in which they are named."""
    rows = [results.frame[results.frame["variable"] == kind] for kind in kinds]
    return Results(pd.concat(rows, ignore_index=True))


def _steps(curve: KaplanMeier | CumulativeIncidence) -> pd.DataFrame:
    names = [*NAMES, "estimate"]
    steps = pd.DataFrame({name: getattr(curve, name) for name in names if hasattr(curve, name)})
    return thinned(steps.rename(columns=NAMES)).assign(variable=CURVE, unit=PROPORTION)


def coarse(steps: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return the steps of a curve each of which stands for at least so many events.

    Examples
    --------
    >>> steps = pd.DataFrame({"at.time": [1, 2, 3, 4, 5], "n.event": [1, 1, 0, 3, 1]})
    >>> coarse(steps, 2)["at.time"].tolist(), coarse(steps, 1)["at.time"].tolist()
    ([2, 4], [1, 2, 3, 4, 5])
    """
    if least == 1:
        return steps
    kept, since = [], 0.0
    for place, events in enumerate(steps["n.event"]):
        since += events
        if since >= least:
            kept.append(place)
            since = 0.0
    return steps.iloc[kept]


def thinned(steps: pd.DataFrame, cells: int = CELLS) -> pd.DataFrame:
    """Return the rows of a curve that a picture can show: the last of every cell of its axis.

    Counts are those since the row before; nothing is lost of them.

    Examples
    --------
    >>> steps = pd.DataFrame({"at.time": [0.1, 0.2, 9.9, 10.0], "n.event": [1, 1, 0, 1]})
    >>> thinned(steps, cells=3)
       at.time  n.event
    1      0.2        2
    3     10.0        1
    """
    if len(steps) <= cells:
        return steps
    cell = np.ceil(steps["at.time"] / steps["at.time"].iloc[-1] * cells)
    kept = steps.groupby(cell).tail(1).copy()
    for name in COUNTS:
        if name in steps:
            kept[name] = steps.groupby(cell)[name].sum().to_numpy()
    return kept


def _at_risk(curve: KaplanMeier | CumulativeIncidence, times: ArrayLike) -> pd.DataFrame:
    found = curve.at(times)
    rows = pd.DataFrame({"at.time": found["time"], "n.risk": found["at_risk"]})
    return rows.assign(variable=AT_RISK)


def quartile_rows(curve: KaplanMeier, *, unit: str) -> pd.DataFrame:
    """Return the quartiles of a survival curve as rows, each with its limits or why there is none.

    Parameters
    ----------
    curve
        A curve of `kaplan_meier`.
    unit
        Unit of the times, in the plural.

    Returns
    -------
    pandas.DataFrame
        ``variable`` "Quartile", ``variable_level`` its name; estimate, conf.low, conf.high, reason.

    Examples
    --------
    >>> from analysis.stats import kaplan_meier
    >>> curve = kaplan_meier([1, 2, 2, 3], [1, 1, 0, 0], level=0.95)
    >>> quartile_rows(curve, unit="weeks")[["variable_level", "estimate"]]
       variable_level  estimate
    0  Lower quartile       1.5
    1          Median       2.5
    2  Upper quartile       NaN
    """
    found = curve.quantiles(list(QUARTILES.values()))
    times = {"estimate": "estimate", "conf.low": "lower", "conf.high": "upper"}
    values = {name: found[own].tolist() for name, own in times.items()}
    rows = {"variable": QUARTILE, "variable_level": list(QUARTILES), "unit": unit}
    return pd.DataFrame({**rows, **values, **_places(curve, values), "reason": found["reason"]})


def _median(curve: KaplanMeier, unit: str) -> pd.DataFrame:
    values = {
        "estimate": [curve.median],
        "conf.low": [curve.median_lower],
        "conf.high": [curve.median_upper],
    }
    return pd.DataFrame({"variable": MEDIAN, "unit": unit, **values, **_places(curve, values)})


def _places(curve: KaplanMeier, values: dict[str, list[float]]) -> dict[str, list[int]]:
    """Return the decimals of times: those recorded, and more of the middle of a flat stretch."""
    recorded = recorded_decimals(curve.time)
    return {f"places:{name}": [max(recorded, _decimals(each)) for each in own]
            for name, own in values.items()}  # fmt: skip


def _decimals(value: float) -> int:
    return recorded_decimals([value]) if np.isfinite(value) else 0

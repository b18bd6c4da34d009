"""Simulated times to an event: draws of clinical size, their truths and their intervals.

Times are months to one place, so that some are tied; the truths are those of such times, but for
the hazard ratio, which is that of the times before they were rounded up.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.stats.competing_events import cumulative_incidence, incidence_difference
from analysis.stats.cox import fit_cox
from analysis.stats.intervals import Interval
from analysis.stats.survival import KaplanMeier, kaplan_meier
from analysis.stats.survival_comparisons import restricted_mean_difference, survival_difference
from analysis.validation.experiments import Experiment, Limits, Sample

Array = NDArray[np.float64]
Times = tuple[Array, Array]
"""Time, and 1 for the event, 2 for the competing one, 0 for censored: (draws, participants)."""

STEP = 0.1
"""Months to which times are rounded up."""
MEDIAN, RATIO = 14.53, 0.6
"""Months to half of the events under the reference, and the hazard ratio of the other arm."""
FOLLOWED = (12.0, 36.0)
"""Months at which participants are censored, evenly."""
COMPETING = 0.015
"""Hazard a month of the competing event, of both arms."""
AT, UNTIL = 12.0, 12.0
"""Months at which curves are compared, and to which means are restricted."""


def hazards() -> tuple[float, float]:
    """Return the hazards a month of the arm and of the reference."""
    reference = np.log(2) / MEDIAN
    return RATIO * reference, reference


def draw_times(
    rng: np.random.Generator, draws: int, n: int, hazard: float, competing: float = 0.0
) -> Times:
    """Draw times of one arm and how they end; an event goes before a censoring at the same time."""
    total = hazard + competing
    time = np.ceil(rng.exponential(1 / total, (draws, n)) / STEP)
    first = np.where(rng.uniform(size=(draws, n)) < hazard / total, 1.0, 2.0)
    low, high = (round(each / STEP) for each in FOLLOWED)
    end = rng.integers(low, high + 1, (draws, n))
    return np.minimum(time, end) * STEP, np.where(time <= end, first, 0.0)


def survival(hazard: float, at: float) -> float:
    """Return the true probability of no event up to and including a time of the grid."""
    return float(np.exp(-hazard * at))


def restricted_mean(hazard: float, until: float) -> float:
    """Return the true area under the curve of the times rounded up."""
    return float(STEP * (1 - np.exp(-hazard * until)) / (1 - np.exp(-hazard * STEP)))


def incidence(hazard: float, at: float) -> float:
    """Return the true probability of the event up to a time before the competing one."""
    total = hazard + COMPETING
    return float(hazard / total * (1 - np.exp(-total * at)))


def cox(n1: int, n2: int, fraction: float) -> Experiment:
    """Set up two arms with proportional hazards; each data set is fitted once, as it is drawn."""
    arm = np.repeat([1, 0], [n1, n2])

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        arms = zip((n1, n2), hazards(), strict=True)
        (t1, e1), (t2, e2) = (draw_times(rng, draws, n, hazard) for n, hazard in arms)
        fits = np.empty(draws, dtype=object)
        for i, (time, event) in enumerate(zip(np.c_[t1, t2], np.c_[e1, e2], strict=True)):
            frame = pd.DataFrame({"time": time, "event": event, "arm": arm})
            fits[i] = fit_cox(frame, time="time", event="event", factors="arm", ties="efron",
                              references={"arm": 0})  # fmt: skip
        return Sample((fits,), np.ones(draws))

    def limits(interval: str) -> Limits:
        def of(sample: Sample, level: float) -> tuple[Array, Array]:
            fits: list[Any] = list(sample.data[0])
            found = [fit.hazard_ratios(level=level, interval=interval) for fit in fits]
            lower, upper = np.log([[each.lower[0], each.upper[0]] for each in found]).T
            return lower, upper

        return of

    return Experiment(
        "Log hazard ratio (Cox)", f"{n1} v {n2}, true ratio {RATIO:g}, ties by Efron",
        float(np.log(RATIO)), draw,
        {"Wald": limits("wald"), "profile likelihood": limits("profile")}, fraction,
    )  # fmt: skip


def one_curve(n: int, fraction: float) -> list[Experiment]:
    """Set up the curve of one arm, at a time and where it falls to a half."""
    _, hazard = hazards()

    def draw(rng: np.random.Generator, draws: int) -> Sample:
        return Sample(draw_times(rng, draws, n, hazard), np.ones(draws))

    def limits(interval: str, read: Callable[[KaplanMeier], tuple[float, float]]) -> Limits:
        def of(sample: Sample, level: float) -> tuple[Array, Array]:
            curves = (
                kaplan_meier(time, event, level=level, interval=interval)
                for time, event in zip(*sample.data, strict=True)
            )
            lower, upper = np.array([read(curve) for curve in curves]).T
            return lower, upper

        return of

    def at(curve: KaplanMeier) -> tuple[float, float]:
        row = curve.at(AT).iloc[0]
        return row["lower"], row["upper"]

    def median(curve: KaplanMeier) -> tuple[float, float]:
        # a limit that the curve does not reach is above every time
        return curve.median_lower, np.nan_to_num(curve.median_upper, nan=np.inf)

    middle = float(np.ceil(MEDIAN / STEP) * STEP)
    scales = ("log-log", "log", "plain")
    return [
        Experiment(
            "Kaplan–Meier at a time", f"n {n}, at {AT:g} months", survival(hazard, AT), draw,
            {scale: limits(scale, at) for scale in scales}, fraction,
        ),
        Experiment(
            "Kaplan–Meier median", f"n {n}, true {middle:.1f} months", middle, draw,
            {"log-log": limits("log-log", median)}, fraction,
        ),
    ]  # fmt: skip


def two_curves(n1: int, n2: int, fraction: float) -> list[Experiment]:
    """Set up two arms, for the differences of survival, restricted means and incidences."""

    def draw(competing: float) -> Callable[[np.random.Generator, int], Sample]:
        def of(rng: np.random.Generator, draws: int) -> Sample:
            arms = zip((n1, n2), hazards(), strict=True)
            parts = [draw_times(rng, draws, n, hazard, competing) for n, hazard in arms]
            return Sample((*parts[0], *parts[1]), np.ones(draws))

        return of

    def limits(
        curve: Callable[[Array, Array, float], Any], compare: Callable[[Any, Any], Interval]
    ) -> Limits:
        def of(sample: Sample, level: float) -> tuple[Array, Array]:
            found = [
                compare(curve(t1, e1, level), curve(t2, e2, level))
                for t1, e1, t2, e2 in zip(*sample.data, strict=True)
            ]
            lower, upper = np.array([[each.lower, each.upper] for each in found], dtype=float).T
            return lower, upper

        return of

    def alone(time: Array, event: Array, level: float) -> KaplanMeier:
        return kaplan_meier(time, event, level=level)

    one, two = hazards()
    setting = f"{n1} v {n2}, at {AT:g} months"
    return [
        Experiment(
            "Survival difference", setting, survival(one, AT) - survival(two, AT), draw(0.0),
            {"Greenwood": limits(alone, lambda a, b: survival_difference(a, b, at=AT))}, fraction,
        ),
        Experiment(
            "Restricted mean difference", f"{n1} v {n2}, until {UNTIL:g} months",
            restricted_mean(one, UNTIL) - restricted_mean(two, UNTIL), draw(0.0),
            {"Greenwood": limits(alone,
                                 lambda a, b: restricted_mean_difference(a, b, until=UNTIL))},
            fraction,
        ),
        Experiment(
            "Incidence difference", f"{setting}, competing event",
            incidence(one, AT) - incidence(two, AT), draw(COMPETING),
            {"delta method": limits(
                lambda time, ends, level: cumulative_incidence(
                    time, ends == 1, ends == 2, level=level
                ),
                lambda a, b: incidence_difference(a, b, at=AT),
            )},
            fraction,
        ),
    ]  # fmt: skip

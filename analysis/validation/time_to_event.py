"""Survival curves and their comparisons, recomputed."""

from functools import partial

import pandas as pd

from analysis.stats.survival import KaplanMeier, kaplan_meier
from analysis.stats.survival_comparisons import (
    LogRank,
    log_rank_test,
    restricted_mean_difference,
)
from analysis.validation.tables import load_data
from analysis.validation.values import Case, Values, taken, together

PLACEBO, LOW, HIGH = "Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"
SHORT = {PLACEBO: "placebo", LOW: "low dose", HIGH: "high dose"}
"""Arm of the pilot → its name on the page."""


def curve(data: str, arm: str, times: tuple[float, ...]) -> Values:
    """Give a survival curve at some times, its median and first quartile, with limits."""
    both = load_data(data)
    own = both[both["arm"] == arm]
    curves = {
        interval: kaplan_meier(own["time"], own["event"], level=0.95, interval=interval)
        for interval in ("log-log", "log")
    }
    parts = [_steps(curves["log-log"], times), _limits(curves, times), _quantiles(curves)]
    counts = {("Kaplan–Meier", "n"): len(own), ("Kaplan–Meier", "events"): own["event"].sum()}
    return together([counts, *parts])


def _steps(found: KaplanMeier, times: tuple[float, ...]) -> Values:
    names = {"at_risk": "at risk", "estimate": "estimate", "std_error": "standard error"}
    return {
        ("Kaplan–Meier", f"day {row['time']:g}, {name}"): row[column]
        for row in found.at(times).to_dict("records")
        for column, name in names.items()
    }


def _limits(curves: dict[str, KaplanMeier], times: tuple[float, ...]) -> Values:
    return {
        (f"Kaplan–Meier, {interval} limits", f"day {row['time']:g}, {side}"): row[side]
        for interval, found in curves.items()
        for row in found.at(times).to_dict("records")
        for side in ("lower", "upper")
    }


def _quantiles(curves: dict[str, KaplanMeier]) -> Values:
    """Give what is reached: first quartile by log-log limits, median by both kinds."""
    found: dict[tuple[str, str], float] = {}
    first = curves["log-log"].quantiles(0.25).iloc[0]
    for side in ("estimate", "lower", "upper"):
        found["Kaplan–Meier, log-log limits", f"first quartile, {side}"] = first[side]
    for interval, each in curves.items():
        row = each.quantiles(0.5).iloc[0]
        if not pd.isna(row["estimate"]):
            found["Kaplan–Meier", "median"] = row["estimate"]
            for side in ("lower", "upper"):
                found[f"Kaplan–Meier, {interval} limits", f"median, {side}"] = row[side]
    return found


def _log_rank(method: str, found: LogRank) -> Values:
    events = {
        (method, f"{SHORT.get(row['group'], row['group'])}, {kind}"): row[kind]
        for row in found.groups.to_dict("records")
        for kind in ("observed", "expected")
    }
    return events | taken(method, found, "chi_squared df p_value")


def tests(data: str, arms: tuple[str, str], strata: str, until: float) -> Values:
    """Compare two arms: log-rank, plain and in strata, and restricted means."""
    frame = load_data(data)
    frame = frame[frame["arm"].isin(arms)]
    columns = frame["time"], frame["event"], frame["arm"]
    curves = {
        arm: kaplan_meier(own["time"], own["event"], level=0.95)
        for arm, own in frame.groupby("arm")
    }
    method = f"restricted mean, until day {until:g}"
    means = [
        taken(method, curves[arm].restricted_mean(until), "estimate std_error",
              f"{SHORT.get(arm, arm)}, ")
        for arm in arms
    ]  # fmt: skip
    difference = restricted_mean_difference(curves[arms[1]], curves[arms[0]], until=until)
    return together(
        [
            _log_rank("log-rank", log_rank_test(*columns)),
            _log_rank("log-rank, stratified", log_rank_test(*columns, strata=frame[strata])),
            *means,
            taken(method, difference, "estimate std_error lower upper p_value", "difference, "),
        ]
    )


def three_arms() -> Values:
    """Compare all arms of the pilot."""
    frame = load_data("tte_cdisc_pilot")
    return _log_rank(
        "log-rank, three arms", log_rank_test(frame["time"], frame["event"], frame["arm"])
    )


def flat() -> Values:
    """Give the median of a curve that is flat at one half."""
    small = kaplan_meier([3, 5, 8, 10], [1, 1, 0, 1], level=0.95)
    return {("Kaplan–Meier", "median"): small.median}


PILOT, GENERATED = "tte_cdisc_pilot", "tte_generated_1"
_PILOT_DAYS, _WEEKS = (30.0, 60.0, 90.0, 180.0), (28.0, 56.0, 84.0)

TIME_TO_EVENT_CASES: dict[str, Case] = {
    "CDISC pilot, placebo": partial(curve, PILOT, PLACEBO, _PILOT_DAYS),
    "CDISC pilot, high dose": partial(curve, PILOT, HIGH, _PILOT_DAYS),
    "CDISC pilot, high dose v placebo": partial(tests, PILOT, (PLACEBO, HIGH), "sex", 90.0),
    "CDISC pilot, three arms": three_arms,
    "generated, daily": partial(curve, GENERATED, "DAILY", _WEEKS),
    "generated, weekly": partial(curve, GENERATED, "WEEKLY", _WEEKS),
    "generated, weekly v daily": partial(tests, GENERATED, ("DAILY", "WEEKLY"), "stratum", 84.0),
    "four patients, flat at one half": flat,
}

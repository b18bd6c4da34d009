"""Rules on laboratory values and their reference limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd

from analysis.sources.trial.checks.study import Study, found, number, text
from analysis.sources.trial.finding import TrialFinding

LIMITS = (("A1LO", "A1HI"), ("ANRLO", "ANRHI"))
PATTERN = 20
"""Unflagged values outside the limits from which on they are a pattern and no slip."""


def indicators_agree_with_limits(study: Study) -> Iterator[TrialFinding]:
    """Find values outside their own limits that are called normal, and the other way round."""
    for name, table in study.bds.items():
        value, flag = number(table, "AVAL"), text(table, "ANRIND")
        for columns in LIMITS:
            low, high = (number(table, column) for column in columns)
            if value is not None and flag is not None and low is not None and high is not None:
                yield from _disagreements(name, value, low, high, flag)
                break


def _disagreements(
    name: str, value: pd.Series, low: pd.Series, high: pd.Series, flag: pd.Series
) -> Iterator[TrialFinding]:
    # N, NORMAL; H, HIGH, HH; L, LOW, LL. ABNORMAL takes no side and is not judged.
    side = flag.str.upper().str[:1]
    below, above = value < low, value > high
    unflagged = (below | above) & (side == "N")
    severity: Literal["error", "note"] = "error"
    message = "outside its own limits and called normal; correct ANRIND or the limits"
    if _has_other_thresholds(value, low, high, side):
        severity = "note"
        message = (
            "outside the limits and called normal; ANRIND follows thresholds further out, as "
            "every value called high or low lies beyond all of these"
        )
    yield from found(
        name,
        unflagged,
        "outside limits but normal",
        message,
        column="ANRIND",
        values=value,
        severity=severity,
    )
    yield from found(
        name,
        (above & (side == "L")) | (below & (side == "H")),
        "wrong side of limits",
        "above its limits and called low, or below and called high; correct ANRIND",
        column="ANRIND",
        values=value,
    )
    within = (value >= low) & (value <= high) & side.isin(["L", "H"])
    yield from found(
        name,
        within,
        "inside limits but flagged",
        "inside the limits and called low or high; the flag may rest on other limits",
        column="ANRIND",
        values=value,
        severity="note",
    )


def _has_other_thresholds(
    value: pd.Series, low: pd.Series, high: pd.Series, side: pd.Series
) -> bool:
    """Say whether ANRIND follows thresholds other than the limits stored beside it.

    The CDISC pilot calls a value high only above 1.5 times its upper limit, and low below half
    its lower one; such a definition is the sponsor's right. It shows in the data: most values
    outside are unflagged, too many for slips, and on each side every flagged one lies further
    out, relative to its limit, than every unflagged one. Without that evidence it is an error.
    """
    unflagged = flagged = 0
    for outside, ratio, letter in (
        ((value > high) & (high > 0), value / high.where(high > 0), "H"),
        ((value < low) & (value > 0), low / value.where(value > 0), "L"),
    ):
        normal = ratio[outside & (side == "N")]
        called = ratio[outside & (side == letter)]
        unflagged, flagged = unflagged + len(normal), flagged + len(called)
        if len(normal) and len(called) and np.max(normal) >= np.min(called):
            return False
    return 0 < flagged < unflagged and unflagged >= PATTERN


def limits_are_in_order(study: Study) -> Iterator[TrialFinding]:
    """Find a lower limit above the upper one."""
    for name, table in study.bds.items():
        for columns in LIMITS:
            low, high = (number(table, column) for column in columns)
            if low is not None and high is not None:
                yield from found(
                    name,
                    low > high,
                    "limits out of order",
                    f"{columns[0]} must not exceed {columns[1]}; correct them",
                    column=columns[0],
                    values=low,
                )


RULES = (indicators_agree_with_limits, limits_are_in_order)

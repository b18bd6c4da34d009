"""Rules on laboratory values and their reference limits."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.exact import ratio
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import each_once, normal_limits, number, text
from analysis.sources.trial.finding import Severity, TrialFinding
from analysis.thresholds import above, at_least, below, within

LIMITS = (("ANRLO", "ANRHI"), ("A1LO", "A1HI"))
"""Limits of the normal range, with ANRIND, and of the first range of an analysis, with A1IND."""
SIDES = ("N", "NORMAL", "H", "HIGH", "HIGH HIGH", "HH", "L", "LOW", "LOW LOW", "LL", "")
"""Words of an indicator that says on which side of its limits a value lies."""
PATTERN = 20
"""Unflagged values outside the limits from which on they are a pattern and no slip."""


def indicators_agree_with_limits(study: Study) -> Iterator[TrialFinding]:
    """Find values outside their own limits that are called normal, and the other way round."""
    for name, table in study.bds.items():
        value, flag = number(table, "AVAL"), text(table, "ANRIND")
        low, high = (number(table, each) for each in normal_limits(table) or ("", ""))
        if value is not None and flag is not None and low is not None and high is not None:
            yield from _disagreements(study, name, value, low, high, flag)


def further_indicators_agree_with_limits(study: Study) -> Iterator[TrialFinding]:
    """Note values on another side of A1LO and A1HI than A1IND says."""
    wanted = ("number AVAL", "text A1IND", "number A1LO", "number A1HI")
    for name, value, flag, low, high in study.having(study.bds, *wanted):
        if not flag.str.upper().isin(SIDES).all():
            continue  # Words of a sponsor's own say what they say.
        said = flag.str.upper().str[:1]
        side = np.select(
            [below(value, low), above(value, high), value.notna()], ["L", "H", "N"], ""
        )
        given = low.notna() & high.notna() & value.notna() & (said != "")
        message = "A1IND must say on which side of A1LO and A1HI the value lies; derive it anew"
        wrong = given & (said != side)
        yield from study.notes(
            name, "A1IND", wrong, "A1IND inconsistent", message, shown=study.tables[name]["AVAL"]
        )


def _disagreements(
    study: Study, name: str, value: pd.Series, low: pd.Series, high: pd.Series, flag: pd.Series
) -> Iterator[TrialFinding]:
    # N, NORMAL; H, HIGH, HH; L, LOW, LL. ABNORMAL takes no side and is not judged.
    side = each_once(flag, lambda word: word.upper()[:1])
    normal, is_low, is_high = (side == letter for letter in "NLH")
    under, over = below(value, low), above(value, high)
    unflagged = (under | over) & normal
    severity: Severity = "error"
    message = "outside its own limits and called normal; correct ANRIND or the limits"
    if _has_other_thresholds(value, low, high, side):
        severity = "note"
        message = (
            "outside the limits and called normal; ANRIND follows thresholds further out, as "
            "every value called high or low lies beyond all of these"
        )
    rule = "outside limits but normal"
    yield from study.errors(
        name, "ANRIND", unflagged, rule, message, shown=value, severity=severity
    )
    crossed = (over & is_low) | (under & is_high)
    message = "above its limits and called low, or below and called high; correct ANRIND"
    yield from study.errors(name, "ANRIND", crossed, "wrong side of limits", message, shown=value)
    flagged = within(value, low, high) & (is_low | is_high)
    message = "inside the limits and called low or high; the flag may rest on other limits"
    rule = "inside limits but flagged"
    yield from study.notes(name, "ANRIND", flagged, rule, message, shown=value)


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
    for outside, up, down, letter in (
        (above(value, high) & (high > 0), value, high, "H"),
        (below(value, low) & (value > 0), low, value, "L"),
    ):
        times, own = ratio(up[outside], down[outside]), side[outside]
        normal, called = times[own == "N"], times[own == letter]
        unflagged, flagged = unflagged + len(normal), flagged + len(called)
        if len(normal) and len(called) and at_least(np.max(normal), np.min(called)):
            return False
    return 0 < flagged < unflagged and unflagged >= PATTERN


def limits_are_in_order(study: Study) -> Iterator[TrialFinding]:
    """Find a lower limit above the upper one."""
    for lower, upper in LIMITS:
        for name, low, high in study.having(study.bds, f"number {lower}", f"number {upper}"):
            message = f"{lower} must not exceed {upper}; correct them"
            yield from study.errors(name, lower, above(low, high), "limits out of order", message)

"""Days from the first dose to something: the curve of every arm, for results and figures."""

import pandas as pd

from analysis.numbers import level
from analysis.results.curves import counted_in_curve, curve_rows, quartile_rows, round_times
from analysis.stats.survival import kaplan_meier

UNIT, SINCE = "days", "the first dose"


def curves_by_arm(times: pd.DataFrame, conf_level: float, least: int) -> pd.DataFrame:
    """Return the Kaplan–Meier curve of every arm as rows, with its quartiles.

    Parameters
    ----------
    times
        One row a participant: ``USUBJID``, ``arm``, ``time`` in days, ``event``, and `PLACE` where
        the event is a record.
    conf_level
        Confidence level of the limits.
    least
        Events that a step stands for at least, as in `curve_rows`.

    Returns
    -------
    pandas.DataFrame
        Rows of `curve_rows` and `quartile_rows`; ``group1_level`` the arm, and what they count.
    """
    grid = round_times(float(times["time"].max()))
    parts = []
    for arm, own in times.groupby("arm", observed=True):
        curve = kaplan_meier(own["time"], own["event"], level=conf_level)
        steps = curve_rows(curve, at_risk=grid, unit=UNIT, least=least)
        rows = [counted_in_curve(steps, own), quartile_rows(curve, unit=UNIT)]
        parts.append(
            pd.concat(rows, ignore_index=True).assign(group1_level=arm, n_population=len(own))
        )
    return pd.concat(parts, ignore_index=True)


def curve_words(conf_level: float) -> str:
    """Return how the curves are computed."""
    return f"Kaplan–Meier, Greenwood, log-log limits, level {level(conf_level)}"

"""How often a text result says what."""

from __future__ import annotations

import pandas as pd

from analysis.programme.words import PUBLISHED
from analysis.results import Results, Stat, from_frame


def tally(results: Results, stat_name: str, by: str = "stat_fmt") -> Results:
    """Count the rows of a text result by what they say, or by one of their levels.

    Parameters
    ----------
    results
        Results with a text statistic.
    stat_name
        Which one is counted.
    by
        Column whose values are counted.

    Returns
    -------
    Results
        One ``n`` per value, in order of appearance, and one for all of them.
    """
    rows = results.select(stat_name=stat_name).frame
    counts = rows[by].value_counts(sort=False)
    counts["all"] = len(rows)
    name = rows["analysis_id"].iloc[0] if len(rows) else "none"
    return from_frame(
        pd.DataFrame({"group1_level": counts.index, "n": counts.to_numpy()}),
        {"n": Stat("n", "Count", 0)},
        analysis_id=f"{name}-count",
        group1=stat_name,
        context="source audit",
        data_status=PUBLISHED,
    )

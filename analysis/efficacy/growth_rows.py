"""Rows of a measure of growth: one an arm, or one that says why there is none."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from analysis.display import columns
from analysis.display.tables import Column
from analysis.efficacy.rows import described
from analysis.efficacy.settings import Settings
from analysis.sources.trial.plan_disclosure import Allowed

EVERY_ARM = "every arm"
"""In place of an arm, where a measure cannot be computed for anybody."""
SHOWN = (
    columns.N,
    columns.MEAN_SD,
    Column("Remark", ("Not computed, because {reason}", "{remark}"), "text"),
)
"""How such rows are shown."""


def counted_reasons(reasons: pd.Series, allowed: Allowed) -> str:
    """Return reasons in words, most frequent first, each with its number; "" is none.

    Examples
    --------
    >>> from analysis.sources.trial.plan_disclosure import Disclosure
    >>> synthetic = Disclosure().decided(real=False, named=True)
    >>> counted_reasons(pd.Series(["", "no height", "no date", "no height"]), synthetic)
    'no height (2); no date (1)'
    """
    counts = reasons[reasons != ""].value_counts()
    return "; ".join(f"{reason} ({allowed.count(n)})" for reason, n in counts.items())


def not_computed(reason: str) -> dict[str, Any]:
    """Return the row of a measure that nobody has."""
    return {"group1_level": EVERY_ARM, "reason": reason}


def arm_rows(
    run: Settings,
    values: pd.DataFrame,
    measure: str,
    *,
    why: Callable[[pd.DataFrame], str],
    remark: Callable[[pd.DataFrame], str],
) -> list[dict[str, Any]]:
    """Return ``n``, ``mean`` and ``sd`` of each arm with somebody in it.

    Parameters
    ----------
    run
        What is analysed.
    values
        One row a participant: ``arm`` and the column `measure`.
    measure
        What is described.
    why
        Of everybody's rows: why nobody has a value.
    remark
        Of an arm's rows: what to know of them.
    """
    if values[measure].isna().all():
        return [not_computed(why(values))]
    arms = {arm: values[values["arm"] == arm] for arm in run.arms}
    return [
        {"group1_level": arm, "remark": remark(own)} | described(own[measure], "n", "mean", "sd")
        for arm, own in arms.items()
        if len(own)
    ]

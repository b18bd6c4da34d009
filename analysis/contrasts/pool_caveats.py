"""What a verdict on the mean of several trials does not show: that they differ, or mix."""

from typing import Any

import pandas as pd

from analysis.contrasts.mixture import mixtures
from analysis.contrasts.settings import ContrastRun
from analysis.display.tables import Column
from analysis.numbers import p_value as shown_p
from analysis.numbers import percent
from analysis.thresholds import at_least
from analysis.words import counted, listed

DIFFER = 0.05
"""Trials differ where Cochran's test of one common effect gives less than this."""
LARGE = 0.5
"""I² from which trials may differ whatever that test gives: of few trials it finds little.

References: Cochrane Handbook for Systematic Reviews of Interventions, section 10.10.2.
"""
REMARK = Column(
    "Remark",
    [
        "trials {caveat}: the verdict is on their mean; {reason}",
        "trials {caveat}: the verdict is on their mean",
        "{reason}",
    ],
    "text",
)
CAVEAT = Column("Remark", "trials {caveat}: the verdict is on their mean", "text")


def differ_words(p_value: float | None, i2: float) -> str:
    """Say that trials differ, or that they may; "" where neither Q nor I² speaks for it.

    Parameters
    ----------
    p_value
        Of Cochran's Q; None of a single trial.
    i2
        A fraction.

    Examples
    --------
    >>> differ_words(0.01, 0.8), differ_words(0.104, 0.62), differ_words(0.104, 0.4)
    ('differ more than chance allows for', 'may differ, though Q gives p 0.104', '')
    """
    if p_value is None:
        return ""
    if p_value < DIFFER:
        return "differ more than chance allows for"
    return f"may differ, though Q gives p {shown_p(p_value)}" if at_least(i2, LARGE) else ""


def caveat(run: ContrastRun, found: pd.DataFrame, pooled: Any) -> str:
    """Say what a verdict on the mean of trials does not, as it follows "trials"; "" for nothing.

    Parameters
    ----------
    run
        What is compared.
    found
        The trials of the pool.
    pooled
        Their pool, with ``q_p`` and ``i2_from_q``.
    """
    products = int(found["product"].nunique())
    differ, mixed = differ_words(pooled.q_p, pooled.i2_from_q), listed(list(mixtures(run, found)))
    clauses = [
        *([f"{differ}, I² {percent(pooled.i2_from_q)}"] if differ else []),
        *([f"mix {mixed}"] if mixed else []),
    ]
    which = [f"of {counted(products, 'product')}"] if products > 1 else []
    return " ".join([*which, *(["that " + ", and ".join(clauses)] if clauses else [])])

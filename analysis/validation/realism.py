"""Do the children of the synthetic trials resemble real ones? Each property against its limits."""

from functools import cache

import numpy as np
import pandas as pd

from analysis.display.reading import Reading
from analysis.display.tables import Column, Table
from analysis.results import Results, section
from analysis.sources.trial.trial import load_trial
from analysis.thresholds import at_least, at_most
from analysis.validation.properties import MEASURES
from analysis.validation.settings import ValidationRun
from analysis.validation.tables import load_table

WITHIN, OUTSIDE = "within", "outside"
ASSUMED, NONE = "assumed", "none"


@section
def realism(run: ValidationRun) -> Results:
    """Return each property of the synthetic children, its limits, and what it was before.

    Returns
    -------
    Results
        Per property (``variable``, with its limits and where they come from) and trial
        (``group1_level``): ``value``, ``former`` and ``outcome``, `WITHIN` or `OUTSIDE`.
    """
    rows = load_table("realism", run.folder)
    pairs = zip(rows["property"], rows["trial"], strict=True)
    value = pd.Series([measured(name, trial) for name, trial in pairs])
    low, high = rows["low"].fillna(-np.inf), rows["high"].fillna(np.inf)
    inside = at_least(value, low) & at_most(value, high)
    frame = pd.DataFrame(
        {
            "group1_level": rows["trial"],
            "group2_level": [_origin(row) for row in rows.to_dict("records")],
            "variable": rows["label"],
            "variable_level": [_limits(*ends) for ends in rows[["low", "high"]].to_numpy()],
            "value": value,
            "former": rows["before"],
            "decimals": np.where(rows["low"].isna() & (rows["high"] == 0), 0, 2),
            "outcome": np.where(inside, WITHIN, OUTSIDE),
            "data_status": "synthetic",
        }
    )
    return run.results(
        frame,
        "validation-realism",
        group1="trial",
        group2="origin of the limits",
        context="validation",
        method="measured in the generated tables",
    )


@cache
def measured(name: str, trial: str) -> float:
    """Return a property of a shipped trial."""
    return MEASURES[name](load_trial(trial).tables)


def _limits(low: float, high: float) -> str:
    """Return limits in words."""
    if np.isnan(low):
        return f"{NONE}" if high == 0 else f"at most {high:g}"
    return (f"at least {low:g}" if np.isnan(high) else f"{low:g} to {high:g}").replace("-", "−")


def _origin(row: dict[str, object]) -> str:
    ledger = row["origin"] != ASSUMED
    return f"{row['origin']}: {row['because']}" if ledger else f"Assumed: {row['because']}"


@realism.shows
def realism_reading(realism: Results, _run: ValidationRun) -> Reading:
    """Say whether every property lies within its limits, and which do not."""
    wide = realism.wide()
    outside = wide[wide["outcome"] == OUTSIDE]
    named = "; ".join(
        f"{row['variable']} ({row['group1_level']})" for row in outside.to_dict("records")
    )
    said = (
        f"These properties of the synthetic children lie outside of what is plausible: {named}."
        if named
        else "Every property of the synthetic children below lies within what is plausible."
    )
    return Reading([said], realism)


@realism.shows
def realism_table(realism: Results, _run: ValidationRun) -> Table:
    """Show every property, before the trials were made anew and now."""
    return Table(
        title="The synthetic children: what a clinician would look for",
        results=realism,
        labels={
            "variable": "Property",
            "variable_level": "Limits",
            "group2_level": "Where they come from",
        },
        across="group1_level",
        columns=[Column("before → now", "{former} → {value}")],
        footnotes=[
            "R and a number: a row of the published ledger. Before: the trials of version 0.1."
        ],
        folded=True,
    )

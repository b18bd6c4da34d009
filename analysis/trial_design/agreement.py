"""Whether simulation and formula agree, over every design of the page."""

from __future__ import annotations

import pandas as pd

from analysis.display.reading import Reading
from analysis.numbers import level
from analysis.results import Results, section
from analysis.stats.laws import chi2_sf
from analysis.trial_design.curves import curves
from analysis.trial_design.evaluated import MONTE_CARLO_LEVEL, SIMULATED
from analysis.trial_design.past_trials import past_trials
from analysis.trial_design.settings import DesignRun
from analysis.trial_design.sizes import recommendation
from analysis.words import numbered

SURPRISING = 0.001
"""Probability below which so large a disagreement is not taken for chance."""
AGREE, DIFFER = "agree", "differ"


@section
def agreement(run: DesignRun) -> Results:
    """Return how far simulated powers lie from those of the formula, in Monte Carlo errors.

    Returns
    -------
    Results
        ``n`` designs, ``draws``, the share ``p`` of them within the Monte Carlo level's distance,
        the largest distance ``max``, ``q``, the sum of squares of the distances, ``p.value`` of so
        large a sum, and ``outcome``: `AGREE`, or `DIFFER` where that p is below `SURPRISING`.

    Notes
    -----
    Designs whose power is so near 0 or 1 that fewer than five trials are expected on one side are
    left out: the law of their distance is far from normal.
    """
    parts = [each.rows(run).wide("stat") for each in (recommendation, past_trials, curves)]
    found = pd.concat([part for part in parts if "deviation" in part], ignore_index=True)
    expected = found["draws"] * found[["power"]].assign(other=1 - found["power"]).min(axis=1)
    distances = found.loc[expected >= 5, "deviation"].astype(float)
    q = float((distances**2).sum())
    p = float(chi2_sf(q, len(distances)))
    row = {
        "group1_level": "all designs", "n": len(distances), "draws": run.parameters.simulations,
        "p": float((distances.abs() <= 1.96).mean()), "max": float(distances.abs().max()),
        "places:max": 1, "q": q, "p.value": p,
        "outcome": DIFFER if p < SURPRISING else AGREE,
        **SIMULATED, "method": run.kind.method,
    }  # fmt: skip
    return run.results(pd.DataFrame([row]), "agreement", group1="designs", unit="")


@agreement.shows
def agreement_reading(agreement: Results, _run: DesignRun) -> Reading:
    """Say whether simulation and formula agree."""
    row = agreement.wide().iloc[0]
    said = {
        AGREE: "no further apart than chance explains",
        DIFFER: "further apart than chance explains: the formula is an approximation, and the "
        "simulated power is the better number",
    }[row["outcome"]]
    return Reading(
        [
            f"In {numbered(row['n'], 'design')} of this page, each simulated in "
            f"{row['draws']} trials, simulated power and formula are {said}: "
            f"{row['p']}\u202f% of the differences lie within their "
            f"{level(MONTE_CARLO_LEVEL)} Monte Carlo limits, the largest is {row['max']} "
            f"Monte Carlo errors (chi-square of all, p {row['p.value']})."
        ],
        agreement,
    )

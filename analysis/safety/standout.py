"""The answer's data: how long, what befell whom, and what stands out."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.results import Results, Stat, combine, from_frame
from analysis.safety.by_term import special_interest
from analysis.safety.exposure import PATIENT_YEARS, exposure
from analysis.safety.incidence import (
    ANY,
    DIFFERENCES,
    contrast_label,
    contrasted,
    difference_method,
    difference_rows,
)
from analysis.safety.overview import overview
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.terms import term_counts

TERMS = "Preferred terms"
"""Variable of the row that says how many terms were compared."""
MOST = 3
"""So many of the most frequent terms are named where there is nothing to compare with."""


def answer(run: SafetyRun) -> Results:
    """Return what the answer of the page is built from.

    Returns
    -------
    Results
        ``analysis_id`` "exposure" (patient-years), "ae-overview" (the whole of it) and
        "standout", see `standout`. An exposure that is not recorded has no row.
    """
    parts = [overview(run), standout(run)]
    with suppress(UserError):  # The section on exposure says why; the rest of the answer stands.
        parts.append(exposure(run).select(variable=PATIENT_YEARS))
    return combine(parts)


def standout(run: SafetyRun) -> Results:
    """Return the terms that stand out, and how many were looked at.

    Returns
    -------
    Results
        With a reference: for each contrast one row ``variable`` `TERMS` with N terms compared,
        n whose interval of the risk difference excludes 0, and ``expected``, how many would be
        expected to at most if no term differed; then one row for each such term, largest
        difference first, with estimate, limits and Fisher's p. In a single arm: the most
        frequent terms with n, N and p, and the events of special interest that occurred.

    Notes
    -----
    All terms of the table by term are compared, each by itself, at the level of the run. An
    interval that excludes 0 is a signal to look at, not a finding: levels are not adjusted.
    ``expected`` is (1 − level) × terms; with so few events an exact error rate is lower.
    """
    return _compared(run) if run.reference else _frequent(run)


def _compared(run: SafetyRun) -> Results:
    counts = term_counts(run).counts
    counts = counts[counts["variable_level"] != ANY].reset_index(drop=True)
    names = ["variable", "variable_level"]
    found = difference_rows(run, counts, names).assign(source=_source(run))
    parts = []
    for arm in contrasted(run):
        label = contrast_label(run, arm)
        own = found[found["group1_level"] == label]
        if "low" not in own:
            own = own.assign(low=np.nan, high=np.nan, estimate=np.nan)
        outside = own[(own["low"] > 0) | (own["high"] < 0)]
        order = outside["estimate"].abs().sort_values(ascending=False, kind="stable").index
        level = 1 - run.conf_level
        summary = pd.DataFrame(
            {
                "group1_level": [label],
                "variable": TERMS,
                "N": len(own),
                "n": len(outside),
                "expected": level * len(own),
                "source": _source(run),
            }
        )
        parts += [
            _results(
                run,
                summary,
                {
                    "n": Stat("n", "Interval excludes 0", 0),
                    "N": Stat("N", "Terms compared", 0),
                    "expected": Stat("expected", "Expected by chance, at most", 1),
                },
            ),
            _results(run, outside.loc[order], {k: v for k, v in DIFFERENCES.items() if k in own}),
        ]
    return combine(parts)


def _results(run: SafetyRun, frame: pd.DataFrame, stats: dict[str, Stat]) -> Results:
    return from_frame(
        frame.assign(population=run.population),
        stats,
        analysis_id="standout",
        group1="contrast" if run.reference else "arm",
        context="safety",
        method=difference_method(run) if run.reference else "",
        **run.result_labels,
    )


def _frequent(run: SafetyRun) -> Results:
    """Return the most frequent terms of a single arm, and the declared ones that occurred."""
    counts = term_counts(run).counts
    counts = counts[(counts["variable_level"] != ANY) & (counts["n"] > 0)]
    most = counts.sort_values(["n", "variable_level"], ascending=[False, True], kind="stable")
    frame = most.head(MOST).assign(p=100 * most["p"], group2_level="most frequent")
    groups = pd.DataFrame(columns=list(frame))
    if run.plan.special_interest:
        declared = special_interest(run).select(variable_level=ANY).wide("stat")
        declared = declared[pd.to_numeric(declared["n"]) > 0]
        groups = declared.assign(group2_level="special interest", arm=declared["group1_level"])
    kept = ["group2_level", "variable", "variable_level", "arm", "n", "N", "p"]
    rows = pd.concat(
        [part.reindex(columns=kept) for part in (frame, groups) if len(part)] or [frame[kept]],
        ignore_index=True,
    )
    return _results(
        run,
        rows.rename(columns={"arm": "group1_level"}).assign(
            source=_source(run), n_population=int(safety_population(run).sizes.iloc[-1])
        ),
        {
            "n": Stat("n", "Participants", 0),
            "N": Stat("N", "In the arm", 0),
            "p": Stat("p", "Per cent", 1, "%"),
        },
    )


def _source(run: SafetyRun) -> str:
    return f"{run.trial.plan.id}: adsl, {run.plan.adverse_events}"

"""Which events count as treatment-emergent, in words and in numbers."""

from __future__ import annotations

import pandas as pd

from analysis.results import Results, section
from analysis.safety.emergent import FLAG_RULES, RULES, EmergentEvents, emergent_events
from analysis.safety.settings import SafetyRun


@section
def counting_rule(run: SafetyRun) -> Results:
    """Return in words which events count, and how many were decided in which way.

    Returns
    -------
    Results
        ``variable`` "Events": one row for each way that occurred, with ``n`` events and
        ``counted`` yes or no; "Spelling": one row for each spelling that was put to another.
    """
    found = emergent_events(run)
    rows = [
        {"variable": "Events", "variable_level": words, "n": n, "counted": "yes" if use else "no"}
        for (words, use), n in zip(RULES, found.decisions, strict=True)
        if n
    ]
    more = (
        ("of participants outside the population or its arms", found.outside, "no"),
        ("noted under another treatment, counted in the actual arm", found.switched, "yes"),
    )
    rows += [
        {"variable": "Events", "variable_level": words, "n": n, "counted": counted}
        for words, n, counted in more
        if n
    ]
    rows += [
        {
            "variable": "Spelling",
            "variable_level": f"'{row.spelling}' counted as '{row.term}'",
            "n": row.events,
            "counted": "yes",
        }
        for row in found.spellings.drop_duplicates(["spelling", "term"]).itertuples()
    ]
    rows = rows or [
        {"variable": "Events", "variable_level": "none recorded", "n": 0, "counted": ""}
    ]
    return run.results(
        pd.DataFrame(rows).assign(dataset=run.plan.adverse_events),
        "ae-counting-rule",
        context="safety",
        method=_rule(found),
    )


def _rule(found: EmergentEvents) -> str:
    """Return the rule in one sentence, for a footnote."""
    dates = "begins on or after the first dose; an unknown begin counts unless the end rules it out"
    if not found.flagged:
        return f"treatment-emergent: the event {dates}"
    open_ones = bool(found.decisions[FLAG_RULES:].any())
    return "treatment-emergent: flagged by the trial (TRTEMFL)" + (
        f"; where it has no flag, the event {dates}" if open_ones else ""
    )

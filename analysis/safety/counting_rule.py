"""Which events count as treatment-emergent, in words and in numbers."""

import pandas as pd

from analysis.results import Results, section
from analysis.safety.emergent import FLAG_RULES, NO_EVENTS, RULES, EmergentEvents, emergent_events
from analysis.safety.settings import SafetyRun


@section
def counting_rule(run: SafetyRun) -> Results:
    """Return in words which events count, and how many were decided in which way.

    Returns
    -------
    Results
        ``variable`` "Events": one row for each way that occurred, with ``n`` events and
        ``counted`` yes or no; "Spelling": one row for each spelling that was put to another;
        "Organ class": one for each term that was recorded under several.
    """
    found = emergent_events(run)
    decided = zip((words for words, _ in RULES), found.decisions, strict=True)
    outside = ("of participants outside the population or its arms", found.outside)
    switched = ("noted under another treatment, counted in the actual arm", found.switched)
    used = dict(RULES) | {outside[0]: False, switched[0]: True}
    rows = [
        ("Events", words, n, "yes" if used[words] else "no")
        for words, n in (*decided, outside, switched)
        if n
    ]
    rows += [
        ("Spelling", f"'{row.spelling}' counted as '{row.term}'", row.events, "yes")
        for row in found.spellings.drop_duplicates(["spelling", "term"]).itertuples()
    ]
    rows += [("Organ class", row.said, row.events, "yes") for row in found.moved.itertuples()]
    frame = pd.DataFrame(
        rows or [("Events", NO_EVENTS, 0, "")],
        columns=["variable", "variable_level", "n", "counted"],
    )
    dataset = run.plan.adverse_events
    return run.results(frame, "ae-counting-rule", dataset=dataset, method=_rule(found))


def _rule(found: EmergentEvents) -> str:
    """Return the rule in one sentence, for a footnote."""
    dates = "begins on or after the first dose; an unknown begin counts unless the end rules it out"
    if not found.flagged:
        return f"treatment-emergent: the event {dates}"
    open_ones = bool(found.decisions[FLAG_RULES:].any())
    return "treatment-emergent: flagged so by the trial" + (
        f"; where it has no flag, the event {dates}" if open_ones else ""
    )

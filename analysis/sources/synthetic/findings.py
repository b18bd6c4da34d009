"""Events that rest on a laboratory value: found when blood is taken, and seen in its results."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sources.synthetic.assumptions import Events, Finding, SafetyTest
from analysis.sources.synthetic.disposition import Course
from analysis.sources.synthetic.draws import Floats, Truths
from analysis.sources.synthetic.schedule import BLOOD


def behind_events(plan: Events) -> dict[str, list[Finding]]:
    """Return the terms that rest on a laboratory value, each with its findings."""
    return {term: event.findings.value for term, event in plan.terms.items() if event.findings}


def found_in_blood(
    plan: Events, onsets: pd.DataFrame, course: Course, taken: Truths
) -> pd.DataFrame:
    """Move the onsets of such events to the day of the sample that shows them.

    That is the first sample on treatment at or after the onset, else the last before it; without
    one nothing is found, and there is no event. A child has such an event once.
    """
    there = course.attended[:, BLOOD] & taken
    there[:, 0] = False
    days = course.days[:, BLOOD]
    known = onsets["AEDECOD"].isin(behind_events(plan)).to_numpy()
    kept = []
    for child, day in onsets.loc[known, ["child", "day"]].itertuples(index=False):
        samples = days[child][there[child]]
        later = samples[samples >= day]
        kept.append(later[0] if len(later) else samples[-1] if len(samples) else -1)
    moved = onsets.copy()
    moved.loc[known, "day"] = kept
    moved = moved[~known | (moved["day"] >= 0)]
    again = moved["AEDECOD"].isin(behind_events(plan)) & moved.duplicated(["child", "AEDECOD"])
    return moved[~again].reset_index(drop=True)


def confirmed(
    plan: Events,
    tests: dict[str, SafetyTest],
    values: dict[str, Floats],
    events: pd.DataFrame,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Return values in accord with the events.

    Parameters
    ----------
    plan
        Events of the assumptions.
    tests
        Tests by their code.
    values
        Values by code, one row a child and one column for each of `BLOOD`.
    events
        ``child``, ``AEDECOD`` and ``sample``: the column of the sample that showed it, or -1.
    rng
        Says by how much a value lies beyond its limit.
    """
    values = {code: value.copy() for code, value in values.items()}
    for findings in behind_events(plan).values():
        for finding in findings:
            if finding.exclusive:
                test = tests[finding.test]
                values[finding.test] = values[finding.test].clip(*_inside(test, finding))
    for term, findings in behind_events(plan).items():
        shown = events[(events["AEDECOD"] == term) & (events["sample"] >= 0)]
        at = shown["child"].to_numpy(), shown["sample"].to_numpy()
        for finding in findings:
            values[finding.test][at] = _outside(tests[finding.test], finding, len(shown), rng)
    return values


def _inside(test: SafetyTest, finding: Finding) -> tuple[float, float]:
    return (test.low, np.inf) if finding.side == "LOW" else (-np.inf, test.high)


def _outside(
    test: SafetyTest, finding: Finding, n: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return values beyond the limit, by a third of what is declared at least."""
    by = finding.beyond * (1 + 2 * rng.random(n)) / 3
    value = test.low - by if finding.side == "LOW" else test.high + by
    return np.asarray(value.round(test.digits))

"""Rules on height: children grow, and not without bounds."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis import exact
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import date, number, text
from analysis.sources.trial.finding import TrialFinding
from analysis.thresholds import above, below, within

PLAUSIBLE = (30.0, 230.0)
"""Heights in cm; outside, the unit is wrong."""
LOSS = 1.0
"""Two readings of one stadiometer differ by some 0.5 cm; more than 1 cm is another cause."""
IMPOSSIBLE_LOSS = 5.0
FASTEST = 25.0
"""cm/year: an infant's first year, and more than any treated child after it."""
IMPOSSIBLE_RATE = 50.0
SHORTEST = 60
"""Days; over less, measurement error dominates the rate, so the step is put to 60 days."""


def heights_are_plausible(study: Study) -> Iterator[TrialFinding]:
    """Find heights that are none, in centimetres."""
    name, chosen = _heights(study)
    if chosen is None:
        return
    wrong = chosen & ~within(study.tables[name]["AVAL"], *PLAUSIBLE)
    message = "a height must be between 30 and 230 cm; correct value or unit"
    yield from study.errors(name, "AVAL", wrong, "height implausible", message)


def heights_follow_one_another(study: Study) -> Iterator[TrialFinding]:
    """Find heights that fall, or rise faster than anyone grows, between consecutive visits.

    A step that is unlikely is a note: the site may have confirmed it, and then nobody can mend
    it. One that is impossible (another person, another unit, a slip) is an error.
    """
    name, chosen = _heights(study)
    if chosen is None:
        return
    step = _steps(study, name, chosen)
    if step is None:
        return
    gain = step["gain"]
    rate = exact.ratio(gain, np.maximum(step["days"], SHORTEST), times=365.25)
    impossible = below(gain, -IMPOSSIBLE_LOSS) | above(rate, IMPOSSIBLE_RATE)
    message = (
        f"height falls by more than {IMPOSSIBLE_LOSS:g} cm or grows faster than "
        f"{IMPOSSIBLE_RATE:g} cm/year since the visit before; correct one of the two"
    )
    yield from study.errors(name, "AVAL", impossible, "height step impossible", message)
    falls = below(gain, -LOSS) & ~impossible
    message = f"height falls by more than {LOSS:g} cm since the visit before; confirm it"
    yield from study.notes(name, "AVAL", falls, "height decreases", message)
    jumps = above(rate, FASTEST) & ~impossible
    message = f"height grows faster than {FASTEST:g} cm/year since the visit before; confirm it"
    yield from study.notes(name, "AVAL", jumps, "height jumps", message)


def _heights(study: Study) -> tuple[str, pd.Series | None]:
    """Return the height table's name and which of its records are measured heights."""
    plan = study.plan.growth
    name = plan.dataset.lower() if plan else ""
    table = study.bds.get(name, pd.DataFrame())
    parameter, value = text(table, "PARAMCD"), number(table, "AVAL")
    if plan is None or parameter is None or value is None or "USUBJID" not in table:
        return name, None
    return name, (parameter == plan.paramcd) & value.notna() & ~study.derived(name)


def _steps(study: Study, name: str, chosen: pd.Series) -> pd.DataFrame | None:
    """Return gain and days since the record before, on the table's index."""
    table = study.tables[name]
    when = date(table, "ADT")
    day = number(table, "ADY") if when is None else (when - pd.Timestamp("1960-01-01")).dt.days
    if day is None:
        return None
    subject, _ = pd.factorize(table["USUBJID"])
    heights = pd.DataFrame({"subject": subject, "day": day, "value": table["AVAL"]})[chosen]
    heights = heights.dropna().sort_values(["subject", "day", "value"])
    before = heights.groupby("subject")[["value", "day"]].shift()
    steps = {
        "gain": exact.difference(heights["value"], before["value"]),
        "days": heights["day"] - before["day"],
    }
    return pd.DataFrame(steps, index=heights.index).reindex(table.index)

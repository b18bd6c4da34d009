"""Who died: one answer for the overview and the listing."""

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from analysis.brief import brief
from analysis.safety.meanings import NOT_RECORDED, Meaning, meaning, words_of
from analysis.safety.population import safety_population
from analysis.safety.recorded import as_recorded, recorded_events
from analysis.safety.settings import SafetyRun


@brief
@dataclass(frozen=True, slots=True, eq=False)
class Deaths:
    """The participants who died, whenever.

    Parameters
    ----------
    who
        ``USUBJID``, one row each; None where nothing says.
    events
        The fatal events, emergent or not.
    notes
        What could not be read, and how often.
    reason
        Why nobody can say; "" where somebody can.
    rule
        What makes a death, in words.
    """

    who: pd.DataFrame | None
    events: pd.DataFrame
    notes: tuple[str, ...]
    reason: str
    rule: str


@lru_cache(maxsize=8)
def deaths_of(run: SafetyRun) -> Deaths:
    """Return the participants of the safety population who died.

    Notes
    -----
    DTHFL or DTHDT of ADSL, or an event whose AEOUT is one of the plan's fatal words or whose
    AESDTH is Y, emergent or not. A DTHFL that is empty throughout says that nobody died; of an
    event, it says nothing.
    """
    population = safety_population(run)
    subjects, fatal = population.subjects, run.plan.fatal
    table = run.trial.tables.get(run.plan.adverse_events.lower(), pd.DataFrame())
    recorded = "USUBJID" in table
    events = recorded_events(run) if recorded else pd.DataFrame({"USUBJID": []}, dtype=str)
    said = [
        meaning(run, events, "AEOUT", fatal, field="safety.fatal"),
        meaning(run, events, "AESDTH", ("Y",)),
    ]
    found, flag = [], _flagged(subjects)
    if flag.counts is not None:
        found.append(subjects.loc[flag.counts, "USUBJID"])
    if "DTHDT" in subjects:
        found.append(subjects.loc[subjects["DTHDT"].notna(), "USUBJID"])
    led = pd.Series(False, index=events.index)
    for each in said:
        if each.counts is not None:
            led |= each.counts
            found.append(events.loc[each.counts, "USUBJID"])
    notes = [each.note for each in (flag, *said) if each.counts is None and each.note]
    notes += [note for note in said[0].note.split("; ") if "which is not in" in note]
    who = pd.concat(found).astype(str).drop_duplicates().to_frame("USUBJID") if found else None
    reasons = [each.reason for each in (flag, *said) if each.note]
    return Deaths(
        who=who,
        events=as_recorded(events[led]),
        notes=tuple(dict.fromkeys(notes)),
        reason="" if found else next(iter(reasons), NOT_RECORDED),
        rule="a participant flagged as dead or with a date of death, or an event that is marked as "
        f"fatal or whose outcome is {' or '.join(fatal)}",
    )


def _flagged(subjects: pd.DataFrame) -> Meaning:
    """Return what DTHFL says."""
    if "DTHFL" not in subjects:
        return Meaning(None, reason=NOT_RECORDED)
    flag = pd.Series(words_of(subjects["DTHFL"]), index=subjects.index).astype(object).fillna("")
    if strange := sorted(set(flag) - {"", "Y", "N"}):
        return Meaning(
            None, f"Death flag has {', '.join(strange)}; none is Y or N", "not estimable"
        )
    return Meaning(flag == "Y")

"""How children grew before treatment: which variable or record says it, and what follows."""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from analysis.efficacy.bone_age import delay
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.sources.trial.growth_names import USUAL, WORDS, candidates
from analysis.sources.trial.growth_roles import place_of, unit_of
from analysis.words import begins_sentence

ROLES = ("bone_age", "height_sds", "height_velocity", "peak_gh", "mother_height", "father_height")
"""What a baseline table shows of growth, beside size, in this order."""
DERIVED = {
    "delay of bone age": ("Delay of bone age", "years", "delay"),
    "BA/CA": ("BA/CA (bone age over age)", "", "ratio"),
}
"""What follows from bone age: its name here → label, unit, column of `bone_age.delay`."""
FOLLOWS = {"bone_age": tuple(DERIVED)}
"""Role → what is shown after it."""
NO_UNIT = "SDS"
"""Unit that a label says by itself."""


class Followed(NamedTuple):
    """What follows from a measurement: label, unit, table, and the value of each participant."""

    label: str
    unit: str
    dataset: str
    values: pd.Series


def places(run: Settings, role: str) -> Iterator[list[str]]:
    """Yield the names under which the value before treatment can be, the surest first.

    The variable of ADSL that the plan names; those of ADSL with a usual name, of which each is
    shown; the baseline record of the plan's PARAMCD, or of the usual one.
    """
    growth, adsl = run.trial.plan.growth, run.trial.tables["adsl"]
    named = growth.place(role) if growth else None
    if named and named.of_subject:
        yield [named.name]
    yield [place.name for place in candidates(role, {"adsl": adsl})]
    try:
        place = place_of(run.trial, role)
    except UserError:
        return
    yield [f"{place.table}.{place.name}"]


def derived(run: Settings, subjects: pd.DataFrame, name: str) -> Followed:
    """Return what follows from bone age, of each of the participants.

    Raises
    ------
    NoSection, UserError
        As `bone_age.delay`.
    """
    label, unit, column = DERIVED[name]
    values = subjects["USUBJID"].map(delay(run)[column])
    return Followed(label, unit, place_of(run.trial, "bone_age").table, values)


def alike(run: Settings, name: str) -> tuple[str, str]:
    """Return what a variable of ADSL is in words, and in which unit, as a measurement of growth.

    The unit is that of the plan, or of the records of the same measurement; "" where it is none,
    or not known.
    """
    adsl = run.trial.tables["adsl"]
    if run.trial.plan.growth is None or name not in adsl:
        return "", ""
    for role in USUAL:
        if name in {place.name for place in candidates(role, {"adsl": adsl[[name]]})}:
            try:
                unit = unit_of(run.trial, role)
            except UserError:
                unit = ""
            return begins_sentence(WORDS[role]), "" if unit == NO_UNIT else unit
    return "", ""

"""How children grew before treatment: which variable or record says it, and what follows."""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from analysis import growth
from analysis.efficacy.bone_age import delay
from analysis.efficacy.height_scores import declared_growth
from analysis.efficacy.settings import Settings
from analysis.efficacy.target_heights import children_with_parents
from analysis.errors import UserError
from analysis.sources.growth_reference import HEIGHT, load_reference
from analysis.sources.trial.growth_names import USUAL, WORDS, candidates
from analysis.sources.trial.growth_roles import place_of, unit_of
from analysis.words import begins_sentence

ROLES = ("bone_age", "height_sds", "height_velocity", "peak_gh", "mother_height", "father_height")
"""What a baseline table shows of growth, beside size, in this order."""
DERIVED = {
    "delay of bone age": ("Delay of bone age", "years", "bone_age"),
    "BA/CA": ("BA/CA (bone age over age)", "", "bone_age"),
    "mid-parental height": ("Mid-parental height", "cm", "father_height"),
}
"""What follows from measurements: its name here → label, unit, the last role that it is from."""
FOLLOWS = {
    role: tuple(name for name, (_, _, last) in DERIVED.items() if last == role) for role in ROLES
}
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
    declared, adsl = run.trial.plan.growth, run.trial.tables["adsl"]
    named = declared.place(role) if declared else None
    if named and named.of_subject:
        yield [named.name]
    yield [place.name for place in candidates(role, {"adsl": adsl})]
    try:
        place = place_of(run.trial, role)
    except UserError:
        return
    yield [f"{place.table}.{place.name}"]


def derived(run: Settings, subjects: pd.DataFrame, name: str) -> Followed:
    """Return what follows from measurements, of each of the participants.

    The mid-parental height is that for the child's sex, by the formula of Tanner 1970.

    Raises
    ------
    NoSection, UserError
        As `bone_age.delay` and `target_heights.children_with_parents`.
    """
    label, unit, role = DERIVED[name]
    if name == "mid-parental height":
        children = children_with_parents(run)
        reference = load_reference(declared_growth(run).reference, measures=HEIGHT)
        target = growth.target_height(children, reference=reference)
        found = target.set_index("USUBJID")["AVAL"]
    else:
        found = delay(run)["ratio" if name == "BA/CA" else "delay"]
    table = place_of(run.trial, role).table
    return Followed(label, unit, table, subjects["USUBJID"].map(found))


def alike(run: Settings, name: str) -> tuple[str, str]:
    """Return what a variable of ADSL is in words, and in which unit, as a measurement of growth.

    The unit is that of the plan, or of the records of the same measurement; "" where it is none,
    or not known.
    """
    adsl = run.trial.tables["adsl"]
    if run.trial.plan.growth is None or name not in adsl:
        return "", ""
    alone = {"adsl": adsl[[name]]}
    for role in USUAL:
        if name in {place.name for place in candidates(role, alone)}:
            try:
                unit = unit_of(run.trial, role)
            except UserError:
                unit = ""
            return begins_sentence(WORDS[role]), "" if unit == NO_UNIT else unit
    return "", ""

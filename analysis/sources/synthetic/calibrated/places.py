"""Where the quantities of a study are in its tables: PARAMCDs, facts, and flags of its sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.sources.synthetic.calibrated.carriers import TABLES
from analysis.sources.synthetic.calibrated.columns import Columns, Key
from analysis.sources.synthetic.calibrated.counts import (
    OF_PARTICIPANTS,
    SEX,
    Fact,
    Truths,
    fact_of,
)

FLAGS = (
    (r"safety|exposed", "SAFFL"), (r"full analysis|\bfas\b", "FASFL"),
    (r"intention|intent|\bitt\b", "ITTFL"), (r"per.protocol", "PPROTFL"),
    (r"complet", "COMPLFL"), (r"random", "RANDFL"), (r"enrolled", "ENRLFL"),
)  # fmt: skip
"""What a set is called, and the flag that ADaM has for it."""


@dataclass(slots=True)
class Made:
    """The tables of a study, and where its quantities are in them.

    Parameters
    ----------
    tables
        Table name → records.
    codes
        Column of the sample → table and PARAMCD, or ``"adsl"`` and a variable.
    facts
        Fact → table and PARAMCD.
    flags
        (arm or group, analysis set) → the flags of ADSL that all its members have.
    labels
        Flag of this study alone → what it marks.
    marks
        Flag → whether each participant has it.
    """

    tables: dict[str, pd.DataFrame]
    codes: dict[Key, tuple[str, str]]
    facts: dict[Fact, tuple[str, str]]
    flags: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    marks: dict[str, Truths] = field(default_factory=dict)


def places_of(columns: Columns) -> Made:
    """Return where the quantities of a study are in its tables, without the tables.

    Parameters
    ----------
    columns
        The columns of the study, observed.
    """
    made = Made({}, _codes(columns), _fact_codes(columns))
    _mark_sets(columns, made)
    return made


def variants_of_baselines(made: Made) -> Iterator[tuple[Key, Key]]:
    """Yield baselines that are those of a further parameter, too, with one of its columns."""
    starts = [key for key in made.codes if key.months == 0 and not key.variant]
    for start in starts:
        others = {
            made.codes[key][1]: key
            for key in made.codes
            if key[:2] == start[:2] and key.variant
        }  # fmt: skip
        own = {made.codes[key][1] for key in made.codes if key.months == 0}
        yield from ((start, key) for code, key in others.items() if code not in own)


def _codes(columns: Columns) -> dict[Key, tuple[str, str]]:
    """Return table and PARAMCD of each column: a second unit or variant has a number added."""
    found: dict[Key, tuple[str, str]] = {}
    named: dict[tuple[str, str, str], str] = {}
    for key in columns.keys:
        kind = (key.code, key.unit, key.variant)
        if kind not in named:
            before = sum(code == key.code for code, _, _ in named)
            named[kind] = key.code if not before else f"{key.code[:6]}{before + 1}"
        code = named[kind]
        table = TABLES.get(columns.domain(key.code), "adgr")
        place = columns.place(key.code)
        if place and code == key.code and key.months == 0:
            table, code = place
        found[key] = table, code
    return found


def _fact_codes(columns: Columns) -> dict[Fact, tuple[str, str]]:
    """Return where each fact is: events in ADAE, sex in ADSL, the others as Y or N."""
    found: dict[Fact, tuple[str, str]] = {}
    variants: dict[str, list[str]] = {}
    for number in columns.numbers:
        if not number.counts or columns.carrier(number).kind not in OF_PARTICIPANTS:
            continue
        fact = fact_of(columns, number)
        domain, own = columns.domain(fact.code), variants.setdefault(fact.code, [])
        if fact.variant not in own:
            own.append(fact.variant)
        place = own.index(fact.variant)
        code = fact.code if not place else f"{fact.code[:6]}{place + 1}"
        if fact.code == SEX:
            found[fact] = "adsl", SEX
        elif fact.code == "ADA":
            found[fact] = "adlb", code
        elif domain == "safety":
            found[fact] = "adae", code
        else:
            table = "adds" if domain in ("disposition", "exposure") else TABLES.get(domain, "adgr")
            found[fact] = table, code
    return found


def _mark_sets(columns: Columns, made: Made) -> None:
    """Mark participants so that every set is an arm or group and some flags."""
    groups, marked = columns.groups, made.marks
    n = groups.size

    def named(label: str, start: str) -> str:
        name = next((f for p, f in FLAGS if start == "POP" and re.search(p, label.lower())), "")
        if not name or name in marked:
            name = f"{start}{sum(each.startswith(start) for each in marked) + 1:02d}FL"
            made.labels[name] = label
        return name

    parts: dict[str, str] = {}
    for part, rows in groups.parts.items():
        if part not in groups.arms and len(rows) < n:
            parts[part] = named(part, "GRP")
            marked[parts[part]] = np.isin(np.arange(n), rows)
    for population in dict.fromkeys(name for _, name in groups.sets):
        own = {part: rows for (part, name), rows in groups.sets.items() if name == population}
        arms = [rows for part, rows in own.items() if part in groups.arms] or list(own.values())
        name = named(population, "POP")
        marked[name] = np.isin(np.arange(n), np.concatenate(arms))
        for part, rows in own.items():
            inside = np.isin(np.arange(n), groups.parts[part]) & marked[name]
            within = (parts[part],) if part in parts else ()
            if inside.sum() == len(rows):
                made.flags[part, population] = (*within, name)
                continue
            special = named(f"{population}, {part}", "SET")
            marked[special] = np.isin(np.arange(n), rows)
            made.flags[part, population] = (*within, special)

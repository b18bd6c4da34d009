"""Alterations of records, participants, arms, visits and dates."""

import numpy as np
import pandas as pd
from altering import (
    NothingToAlter,
    a_column,
    a_table,
    alteration,
    as_text,
    harmless,
    put,
    some_rows,
    unseen,
)
from bases import Base

Rng = np.random.Generator
ODD = (
    *("A" * 90, "$x_{1}$ & 100 %", "<b>bold</b>", "Ärzte – µg/m²"),
    *("=1+1", "a\"b'c", "#5;|x", "日本"),
)
"""Words that a page, a figure or a file may stumble over; they are legitimate."""


# Records ---------------------------------------------------------------------------------------


@alteration
def records_twice(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    frame = base.tables[table]
    rows = some_rows(frame, rng)
    base.tables[table] = pd.concat([frame, frame[rows]], ignore_index=True)
    return f"{int(rows.sum())} rows of {table} twice"


@alteration
def records_repeated(base: Base, rng: Rng) -> str:
    """Every visit measured again, told apart by a variable or by none."""
    table = a_table(base, rng, "PARAMCD", "AVAL")
    frame = base.tables[table]
    name = str(rng.choice(["ATPT", "BASETYPE", "DTYPE", "VSPOS", "ATPTN", ""]))
    values: list[object] = [1.0, 2.0] if name.endswith("N") else ["PRE-DOSE", "POST-DOSE"]
    if name == "DTYPE":
        values = [None, "AVERAGE"]
    again = frame.assign(AVAL=pd.to_numeric(frame["AVAL"]) + rng.normal(0, 1, len(frame)).round(1))
    if {"BASE", "CHG"} <= set(frame):
        again["CHG"] = (again["AVAL"] - pd.to_numeric(again["BASE"])).where(frame["CHG"].notna())
    if name:
        frame, again = frame.assign(**{name: values[0]}), again.assign(**{name: values[1]})
    base.tables[table] = pd.concat([frame, again], ignore_index=True)
    return f"records of {table} repeated by {name or 'nothing'}"


@unseen
def records_lost(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    frame = base.tables[table]
    rows = some_rows(frame, rng)
    base.tables[table] = frame[~rows].reset_index(drop=True)
    return f"{int(rows.sum())} of {len(frame)} rows of {table} lost"


@harmless
def sequence_shuffled(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    frame = base.tables[table]
    names = [name for name in frame if str(name).endswith("SEQ")]
    if not names:
        frame["ASEQ"] = rng.permutation(len(frame)).astype(float)
        return f"{table}.ASEQ added"
    # Within a participant, where it stays a number of his records.
    mixed = frame[["USUBJID", names[0]]].sample(frac=1, random_state=int(rng.integers(2**32)))
    place = mixed.groupby("USUBJID", sort=False).cumcount()
    pairs = pd.MultiIndex.from_arrays([mixed["USUBJID"], place])
    values = pd.Series(mixed[names[0]].to_numpy(), index=pairs)
    own = pd.MultiIndex.from_arrays([frame["USUBJID"], frame.groupby("USUBJID").cumcount()])
    frame[names[0]] = values.reindex(own).to_numpy()
    return f"{table}.{names[0]} shuffled"


# Participants ----------------------------------------------------------------------------------


@unseen
def participants_lost(base: Base, rng: Rng) -> str:
    table = a_table(base, rng, "USUBJID")
    frame = base.tables[table]
    names = frame["USUBJID"].unique()
    if not len(names):
        raise NothingToAlter
    gone = rng.choice(names, size=int(rng.integers(1, max(2, len(names) // 3))), replace=False)
    base.tables[table] = frame[~frame["USUBJID"].isin(gone)].reset_index(drop=True)
    return f"{len(gone)} participants lost from {table}"


@alteration
def participant_added(base: Base, rng: Rng) -> str:
    table = a_table(base, rng, "USUBJID")
    frame = base.tables[table]
    own = frame[frame["USUBJID"] == frame["USUBJID"].iloc[0]] if len(frame) else frame
    base.tables[table] = pd.concat([frame, own.assign(USUBJID="NEW-9999")], ignore_index=True)
    return f"a participant of {table} alone"


@alteration
def participant_renamed(base: Base, rng: Rng) -> str:
    table = a_table(base, rng, "USUBJID")
    frame = base.tables[table]
    how = str(rng.choice(["lower", "blank before", "digits", "one"]))
    held = frame["USUBJID"].astype(str)
    other = {
        "lower": held.str.lower(),
        "blank before": " " + held,
        "digits": held.str.replace(r"\D", "", regex=True),
        "one": held.mask(held == held.iloc[0] if len(held) else False, "ODD-1"),
    }[how]
    frame["USUBJID"] = other.astype(object)
    return f"{table}.USUBJID: {how}"


@harmless
def participants_as_digits(base: Base, rng: Rng) -> str:
    """Identifiers of digits alone, with zeros before, in every table alike."""
    names = sorted(set(base.tables["adsl"]["USUBJID"]))
    others = {name: f"{place:06d}" for place, name in enumerate(names, start=1)}
    for frame in base.tables.values():
        if "USUBJID" in frame:
            frame["USUBJID"] = frame["USUBJID"].map(others).astype(object)
        if "SUBJID" in frame:
            frame["SUBJID"] = frame["USUBJID"]
    base.renamed |= {new: old for old, new in others.items()}
    _ = rng
    return "USUBJID of digits"


# Arms ------------------------------------------------------------------------------------------


def _arms(base: Base) -> list[str]:
    arms = base.plan["arms"]
    return [arms["treatment"], *([arms["reference"]] if arms.get("reference") else [])]


def _rename_arm(frame: pd.DataFrame, old: str, new: str) -> None:
    for column in ("TRT01P", "TRT01A", "TRTP", "TRTA", "ARM", "ACTARM"):
        if column in frame:
            held = as_text(frame[column])
            frame[column] = held.mask(held == old, new).astype(object)


@harmless
def arm_with_odd_name(base: Base, rng: Rng) -> str:
    """An arm has an unusual name, in the data and in the plan."""
    old, new = str(rng.choice(_arms(base))), str(rng.choice(ODD))
    base.renamed[new] = old
    for frame in base.tables.values():
        _rename_arm(frame, old, new)
    arms = base.plan["arms"]
    for role in ("treatment", "reference"):
        if arms.get(role) == old:
            arms[role] = new
    return f"arm '{old}' named '{new}'"


@alteration
def arm_renamed(base: Base, rng: Rng) -> str:
    table = a_table(base, rng, "TRT01P")
    old = str(rng.choice(_arms(base)))
    new = str(rng.choice([old.upper(), old + " ", f"{old} 10 mg", "", "Placebo", "2"]))
    _rename_arm(base.tables[table], old, new)
    return f"arm '{old}' named '{new}' in {table} alone"


@alteration
def arms_blanked(base: Base, rng: Rng) -> str:
    frame = base.tables["adsl"]
    column = str(rng.choice([name for name in ("TRT01P", "TRT01A") if name in frame]))
    rows = some_rows(frame, rng, 0.2)
    put(frame, column, rows, None)
    return f"adsl.{column} blank for {int(rows.sum())}"


@alteration
def second_period(base: Base, rng: Rng) -> str:
    frame = base.tables["adsl"]
    arms = as_text(frame["TRT01P"])
    names = [name for name in arms.dropna().unique() if name]
    frame["TRT02P"] = arms.map(dict(zip(names, names[1:] + names[:1], strict=True))).astype(object)
    _ = rng
    return "adsl.TRT02P: the other arm afterwards"


# Visits and dates ------------------------------------------------------------------------------


def _rename_visit(frame: pd.DataFrame, old: str, new: str) -> None:
    held = as_text(frame["AVISIT"])
    frame["AVISIT"] = held.mask(held == old, new).astype(object)


@alteration
def visit_renamed(base: Base, rng: Rng) -> str:
    table = a_table(base, rng, "AVISIT")
    visits = [name for name in as_text(base.tables[table]["AVISIT"]).dropna().unique() if name]
    if not visits:
        raise NothingToAlter
    old = str(rng.choice(visits))
    new = str(rng.choice([old.upper(), old.replace(" ", ""), f"Visit {old}", "Unscheduled 1", ""]))
    _rename_visit(base.tables[table], old, new)
    return f"visit '{old}' of {table} named '{new}'"


@harmless
def visit_with_odd_name(base: Base, rng: Rng) -> str:
    """The visit of the primary endpoint has an unusual name everywhere."""
    old, new = base.plan["endpoints"]["primary"]["visit"], str(rng.choice(ODD))
    base.renamed[new] = old
    for frame in base.tables.values():
        if "AVISIT" in frame:
            _rename_visit(frame, old, new)
    endpoints = [base.plan["endpoints"]["primary"], *base.plan["endpoints"].get("secondary", [])]
    for each in endpoints:
        each["visit"] = new if each["visit"] == old else each["visit"]
    for each in base.plan.get("visits", []):
        each["name"] = new if each["name"] == old else each["name"]
    return f"visit '{old}' named '{new}'"


@alteration
def dates_shifted(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table, among="date")
    frame = base.tables[table]
    days = int(rng.choice([-365, -1, 1, 30, 3650, -40000]))
    rows = some_rows(frame, rng)
    dates = pd.to_datetime(frame[column])
    frame[column] = dates.mask(rows, dates + pd.Timedelta(days=days))
    return f"{table}.{column} shifted by {days} days in {int(rows.sum())} rows"


@alteration
def duration_in_weeks(base: Base, rng: Rng) -> str:
    frame = base.tables["adsl"]
    days = (pd.to_datetime(frame["TRTEDT"]) - pd.to_datetime(frame["TRTSDT"])).dt.days + 1
    weeks = rng.random() < 0.5
    frame["TRTDURD"] = (days / 7).round(1) if weeks else days - 1.0
    return f"adsl.TRTDURD {'in weeks' if weeks else 'a day short'}"


@alteration
def age_in_months(base: Base, rng: Rng) -> str:
    frame = base.tables["adsl"]
    frame["AGE"] = pd.to_numeric(frame["AGE"]) * 12
    said = rng.random() < 0.5
    if said:
        frame["AGEU"] = "MONTHS"
    return f"adsl.AGE in months{', AGEU says so' if said else ''}"


@alteration
def relation_otherwise(base: Base, rng: Rng) -> str:
    """A vocabulary of adverse events that is not the plan's."""
    frame = base.tables["adae"]
    columns = frame.columns.intersection(["AEREL", "AESER", "AESEV", "AEOUT", "AEACN"])
    column = str(rng.choice(columns))
    words = {
        "AEREL": ["Y", "N"], "AESER": ["Yes", "No"], "AESEV": ["GRADE 1", "GRADE 3"],
        "AEOUT": ["DEATH", "OK"], "AEACN": ["PERMANENTLY DISCONTINUED", "NONE"],
    }[column]  # fmt: skip
    frame[column] = rng.choice(words, size=len(frame)).astype(object)
    return f"adae.{column} of {', '.join(words)}"


@alteration
def two_classes_of_a_term(base: Base, rng: Rng) -> str:
    frame = base.tables["adae"]
    rows = some_rows(frame, rng, 0.5)
    put(frame, "AEBODSYS", rows, "Another class")
    return f"adae.AEBODSYS another for {int(rows.sum())} events"

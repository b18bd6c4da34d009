"""Conformance faults: what ADaM asks for and a table has not, or has in contradiction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from corpus import Plan, Tables, both, change, drop, plan_value, put

DAY = pd.Timedelta(days=1)
Break = Callable[[Plan, Tables], None]


@dataclass(frozen=True)
class Fault:
    """One fault, where it must be named, and by which words of the finding.

    Parameters
    ----------
    name
        For the test's name.
    break_it
        Changes plan and tables in place.
    file, column
        Of the finding.
    words
        What rule, message or value must hold.
    severity
        Of the finding.
    count
        Rows concerned; None where the test does not say.
    """

    name: str
    break_it: Break
    file: str
    column: str
    words: str
    severity: str = "error"
    count: int | None = None


def lay(table: str, **columns: Any) -> Break:
    """Return a fault that lays columns on a table; a callable gets the table."""
    return change(table, lambda frame: frame.assign(**columns))


def some(table: str, column: str, value: Any, n: int, rest: Any = "Y") -> Break:
    """Return a fault that gives the first rows of a column one value and the rest another."""
    return change(
        table,
        lambda frame: frame.assign(**{column: [value] * n + [rest] * (len(frame) - n)}),
    )


def days(frame: pd.DataFrame) -> pd.Series:
    return (frame["TRTEDT"] - frame["TRTSDT"]).dt.days + 1.0


def swap(table: str, column: str, rows: list[int], by: Any) -> Break:
    """Return a fault that moves some numbers or dates of a column."""

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        frame.loc[rows, column] = frame.loc[rows, column] + by
        return frame

    return change(table, edit)


def unused(code: str, **changes: Any) -> Break:
    """Return a fault in records of a parameter of adgr that nothing in the plan uses."""

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        rows = frame[frame["PARAMCD"] == "HV"].assign(PARAMCD=code, PARAM=f"Parameter {code}")
        return pd.concat([frame, rows.assign(**changes)], ignore_index=True)

    return change("adgr", edit)


def indicators(table: pd.DataFrame) -> pd.DataFrame:
    own = table[table["ABLFL"] == "Y"].set_index("USUBJID")["ANRIND"]
    return table.assign(BNRIND=table["USUBJID"].map(own))


REQUIRED = [
    *(
        Fault(f"{column} absent in {table}", drop(table, column), table, "", column, "note")
        for table, column in (
            ("adsl", "SUBJID"),
            ("adsl", "SITEID"),
            ("adsl", "RACE"),
            ("adsl", "ARM"),
            ("adsl", "STUDYID"),
            ("adlb", "STUDYID"),
            ("adae", "AETERM"),
            ("adae", "AESEQ"),
            ("adae", "STUDYID"),
            ("advs", "PARAM"),
        )
    ),
    Fault("RACE blank", lay("adsl", RACE=""), "adsl", "", "blank throughout: RACE", "note"),
    Fault("ARM blank", lay("adsl", ARM=""), "adsl", "", "3.2.4, requires what is blank", "note"),
    Fault("AETERM blank", lay("adae", AETERM=""), "adae", "", "blank throughout: AETERM", "note"),
    Fault("no end of treatment", lay("adsl", TRTEDT=pd.NaT), "adsl", "", "TRTEDT/TRTEDTM", "note"),
    Fault("AGEU absent", drop("adsl", "AGEU"), "adsl", "AGEU", "taken as years", "note", 24),
    Fault("no arm in records", drop("adlb", "TRTP", "TRTA"), "adlb", "", "3.3.2", "note"),
    Fault("no birth date", drop("adsl", "BRTHDT"), "adsl", "BRTHDT", "height SDS", "note"),
    Fault("SITEID blank", put("adsl", "SITEID", "", 3, 4), "adsl", "SITEID", "3.2.1", "note", 2),
    Fault("SUBJID twice", put("adsl", "SUBJID", "0001", 2), "adsl", "SUBJID", "same", "note", 1),
    Fault("two studies", put("adsl", "STUDYID", "OTHER", 2), "adsl", "STUDYID", "OTHER", "note"),
    Fault("long name", lay("adsl", HEIGHTBASE=1.0), "adsl", "", "HEIGHTBASE", "note"),
    Fault("name with a dot", lay("adlb", **{"LAB.ID": 1.0}), "adlb", "", "LAB.ID", "note"),
    Fault("long text", lay("adae", AETERM="x" * 201), "adae", "", "AETERM", "note"),
    Fault("long code", unused("VELOCITY12"), "adgr", "PARAMCD", "VELOCITY12", "note"),
    Fault("code begins with a digit", unused("12HV"), "adgr", "PARAMCD", "12HV", "note"),
]

FLAGS = [
    Fault("COMPLFL = X", some("adsl", "COMPLFL", "X", 2), "adsl", "COMPLFL", "Y, N", count=2),
    Fault("other flag", some("adsl", "DISCFL", "?", 2), "adsl", "DISCFL", "Y, N", "note", 2),
    Fault("ITTFL small", some("adsl", "ITTFL", "y", 3), "adsl", "ITTFL", "Y, N", count=3),
    Fault("flag of a record", some("adlb", "ONTRTFL", "1", 3), "adlb", "ONTRTFL", "Y, N", "note"),
    Fault(
        "treated, SAFFL blank",
        put("adsl", "SAFFL", "", *range(15)),
        "adsl",
        "SAFFL",
        "were treated",
        count=15,
    ),
    Fault(
        "treated, SAFFL N", put("adsl", "SAFFL", "N", 1, 2), "adsl", "SAFFL", "treated", "note", 2
    ),
    Fault("RANDFL blank", some("adsl", "RANDFL", "", 4), "adsl", "RANDFL", "RANDFL", count=4),
    Fault("not randomised", some("adsl", "RANDFL", "N", 4), "adsl", "FASFL", "randomised", count=4),
    Fault(
        "no day of randomisation",
        lay("adsl", RANDDT=lambda t: t["TRTSDT"].where(t.index > 2)),
        "adsl",
        "FASFL",
        "randomised",
        count=3,
    ),
    Fault("FASFL blank", put("adsl", "FASFL", "", 3), "adsl", "FASFL", "taken for N", "note", 1),
    Fault(
        "dead without flag",
        both(put("adsl", "DTHDT", pd.Timestamp("2004-11-01"), 3), lay("adsl", DTHFL="")),
        "adsl",
        "DTHFL",
        "death disagrees",
        count=1,
    ),
    Fault(
        "dead without day",
        both(put("adsl", "DTHDT", pd.Timestamp("2004-11-01"), 3), lay("adsl", DTHFL="Y")),
        "adsl",
        "DTHDT",
        "undated",
        "note",
        23,
    ),
]

DERIVED = [
    Fault("duration in weeks", lay("adsl", TRTDURD=lambda t: days(t) / 7), "adsl", "TRTDURD",
          "in weeks", "note", 24),
    Fault("duration in months", lay("adsl", TRTDURD=lambda t: days(t) / 30.4375), "adsl",
          "TRTDURD", "in months", "note"),
    Fault("a day short", lay("adsl", TRTDURD=lambda t: days(t) - 1), "adsl", "TRTDURD",
          "a day short", "note", 24),
    Fault("some durations", lay("adsl", TRTDURD=lambda t: days(t).where(t.index > 1, 9)), "adsl",
          "TRTDURD", "the dates", "note", 2),
    Fault("age in months", lay("adsl", AGE=lambda t: t["AGE"] * 12, AGEU="MONTHS"), "adsl", "AGE",
          "months by AGEU", "note", 24),
    Fault("two units of age",
          lay("adsl", AGE=lambda t: t["AGE"].where(t.index > 4, t["AGE"] * 365.25),
              AGEU=lambda t: t["AGEU"].where(t.index > 4, "days")),
          "adsl", "AGE", "days by AGEU", "note", 5),
    Fault("age in moons", put("adsl", "AGEU", "MOONS", 3), "adsl", "AGEU", "MOONS", count=1),
    Fault("age and birth", swap("adsl", "AGE", [3, 4], 4), "adsl", "AGE", "BRTHDT", count=2),
    Fault("two years too old", swap("adsl", "AGE", [3, 4], 2), "adsl", "AGE", "BRTHDT", count=2),
    Fault("age in months, unsaid", lay("adsl", AGE=lambda t: t["AGE"] * 12), "adsl", "AGE",
          "BRTHDT", count=24),
    Fault("index of mass", lay("adsl", HEIGHTBL=110.0, WEIGHTBL=18.0, BMIBL=18.9), "adsl", "BMIBL",
          "HEIGHTBL", count=24),
    Fault("indicator at baseline",
          change("adlb", lambda t: indicators(t).assign(
              BNRIND=lambda t: np.where(t.index < 5, "HIGH", t["BNRIND"]))),
          "adlb", "BNRIND", "ANRIND of the record", count=5),
    Fault("duration of an event", put("adae", "ADURN", 9.0, 1, 2), "adae", "ADURN", "AENDT", "note",
          2),
    Fault(
        "late baseline",
        both(swap("advs", "ADY", [0], 5), swap("advs", "ADT", [0], 5 * DAY)), "advs",
          "ABLFL", "after the day", "note", 1),
    Fault("PCHG of another base", lay("advs", PCHG=lambda t: 100 * t["CHG"] / t["AVAL"]), "advs",
          "PCHG", "|BASE|"),
    Fault("AVALC of another value",
          lay("adlb", AVALC=lambda t: t["AVAL"].where(t.index > 2, 9.9).astype(str)),
          "adlb", "AVALC", "AVALC is a number", "note", 3),
    Fault("one word, two values", lay("adlb", AVALC="POSITIVE"), "adlb", "AVALC", "several AVAL",
          "note"),
]  # fmt: skip

PAIRS = [
    Fault("arm and its number", lay("adsl", TRT01PN=lambda t: t.index % 2 + 1.0), "adsl", "TRT01P",
          "TRT01PN"),
    Fault("a number of two arms", lay("adsl", TRT01PN=1.0), "adsl", "TRT01P", "TRT01PN"),
    Fault("visit and its number",
          lay("adgr", AVISITN=lambda t: t["ADY"].where(t.index != 6 * 24 + 1, 2.0)), "adgr",
          "AVISIT", "AVISITN", "note"),
    Fault("stratum and its number", lay("adsl", REGIONN=lambda t: t.index % 3 + 1.0), "adsl",
          "REGION", "REGIONN"),
    Fault("number of what nothing uses", lay("adsl", ARMN=1.0), "adsl", "ARM", "ARMN", "note"),
    Fault("one name, two codes", put("adlb", "PARAMCD", "GLUCO", *range(5)), "adlb", "PARAMCD",
          "'GLUCO'"),
    Fault("one term, two classes", put("adae", "AEBODSYS", "General", 1, 2), "adae", "AEBODSYS",
          "'Headache' with 'General'", "note"),
]  # fmt: skip

PERIODS = [
    Fault("crossover",
          lay("adsl", TRT02P=lambda t: np.where(t["TRT01P"] == "Humatrope", "Valtropin",
                                                "Humatrope")),
          "adsl", "TRT02P", "further period", count=24),
    Fault("one switches", some("adsl", "TRT03P", "Other", 1, ""), "adsl", "TRT03P",
          "further period", count=1),
    Fault("two later periods",
          lay("adsl", TRT02P="Other", TRT03P=lambda t: np.where(t.index < 2, "Third", "")),
          "adsl", "TRT02P", "TRT02P, TRT03P differ", count=24),
    Fault("switch of what was given", some("adsl", "TRT02A", "Other", 1, ""), "adsl", "TRT02A",
          "further period", count=1),
    Fault("records of two periods", lay("advs", APERIOD=2.0), "advs", "APERIOD", "first", "note"),
]  # fmt: skip

ELSEWHERE = [
    Fault("change of what nothing uses", unused("XX", CHG=1.0), "adgr", "CHG",
          "nothing in trial.yml uses it", "note", 48),
    Fault("base of what nothing uses", unused("XX", BASE=1.0), "adgr", "BASE",
          "nothing in trial.yml uses it", "note"),
    Fault("study day of what nothing uses", unused("XX", ADY=5.0), "adgr", "ADY",
          "nothing in trial.yml uses it", "note"),
    Fault("change of an endpoint", put("adgr", "CHG", 99.0, 6 * 24 + 1), "adgr", "CHG",
          "AVAL − BASE", count=1),
    Fault("change of a baseline value",
          both(unused("XX", CHG=1.0), plan_value(["adgr.XX"], "baseline")), "adgr", "CHG",
          "AVAL − BASE"),
    Fault("copy of what nothing uses", lay("advs", SITEID="99"), "advs", "SITEID", "ADSL's value",
          "note"),
    Fault("copy of another type", lay("advs", RACE=1.0), "advs", "RACE", "must be a text"),
    Fault("copy as text", both(lay("adsl", IQ=100.0), lay("adgr", IQ="high")), "adgr", "IQ",
          "that of ADSL, number", "note", 192),
    Fault("copy as numbers", both(lay("adsl", ROOM="A"), lay("adlb", ROOM=1.0)), "adlb", "ROOM",
          "that of ADSL, text", "note", 120),
    Fault("copy of the sex", lay("advs", SEX="M"), "advs", "SEX", "ADSL's value", count=60),
    Fault("date of what nothing uses", lay("adsl", LASTDT=pd.Timestamp("2030-01-01")), "adsl",
          "LASTDT", "data cut", "note"),
    Fault("no event", change("adae", lambda t: t.iloc[:0]), "adae", "", "no adverse event", "note"),
    Fault("no deviation",
          both(plan_value("addv", "deviations"), lambda _, tables: tables.update(
              addv=pd.DataFrame({"USUBJID": [], "DVTERM": [], "DVCAT": []}, dtype=str))),
          "addv", "", "no protocol deviation", "note"),
]  # fmt: skip


def numbered(table: str, **columns: Any) -> Break:
    """Return a fault that numbers the records of each participant and lays columns on them."""
    return change(
        table,
        lambda frame: frame.assign(ASEQ=frame.groupby("USUBJID").cumcount() + 1.0).assign(
            **columns
        ),
    )


def first_rows(column: str, value: Any, n: int = 2) -> Callable[[pd.DataFrame], Any]:
    """Return what gives the first rows of a column another value."""
    return lambda frame: frame[column].where(frame.index >= n, value)


COMPANIONS = [
    *(
        Fault(f"{name} alone in {table}", lay(table, **{name: value}), table, "", name, "note")
        for table, name, value in (
            ("advs", "PARCAT1N", 1.0), ("adsl", "EFFFN", 1.0), ("adlb", "A2IND", "NORMAL"),
            ("adlb", "CRIT1", "Above 5"), ("adlb", "CRIT2FL", "Y"), ("adsl", "AGEGR1N", 1.0),
            ("adgr", "SRCSEQ", 1.0), ("advs", "SRCVAR", "VSSTRESN"), ("advs", "ATPTN", 1.0),
            ("adae", "AESEVGR1N", 1.0), ("adlb", "R2A1HI", 1.0), ("adgr", "AWU", "DAYS"),
        )
    ),
    Fault("BNRIND alone",
          change("adlb", lambda t: t.assign(BNRIND="NORMAL").drop(columns="ANRIND")), "adlb", "",
          "BNRIND", "note"),
    Fault("second period alone", lay("adsl", TRT02A=lambda t: t["TRT01A"]), "adsl", "", "TRT02A",
          "note"),
    Fault("RANDFL alone", lay("adsl", RANDFL="Y"), "adsl", "RANDFL", "RANDDT", "note", 24),
    Fault("limits of another indicator",
          change("adlb", lambda t: t.rename(columns={"ANRLO": "A1LO", "ANRHI": "A1HI"})), "adlb",
          "ANRIND", "A1LO and A1HI", "note"),
    Fault("one limit of another indicator",
          change("advs", lambda t: t.assign(ANRIND="NORMAL", A1HI=99.0)), "advs", "ANRIND",
          "only A1HI", "note"),
    Fault("indicator of the analysis range",
          lay("adlb", A1LO=3.0, A1HI=9.0, A1IND=lambda t: np.where(t.index < 3, "HIGH", "NORMAL")),
          "adlb", "A1IND", "derive", "note", 3),
    Fault("flag and number", lay("adsl", FASFN=lambda t: np.where(t.index < 3, 0.0, 1.0)), "adsl",
          "FASFN", "FASFL", "note", 3),
    Fault("flag of a record and number", lay("advs", ABLFN=1.0), "advs", "ABLFN", "ABLFL", "note",
          96),
    Fault("one code, two categories",
          lay("adlb", PARCAT1=lambda t: np.where(t.index < 3, "CHEM", "CHEMISTRY")), "adlb",
          "PARCAT1", "GLUC", "note"),
    Fault("one code, two types",
          lay("adgr", PARAMTYP=lambda t: np.where(t.index < 1, "DERIVED", "OTHER")), "adgr",
          "PARAMTYP", "HEIGHT", "note"),
    Fault("PARAM blank",
          change("advs", lambda t: pd.concat(
              [t, t[:3].assign(PARAM="", PARAMCD="PULSE")], ignore_index=True)),
          "advs", "PARAM", "check 196", "note", 3),
    Fault("ratio to another base", lay("advs", R2BASE=lambda t: t["BASE"] / t["AVAL"]), "advs",
          "R2BASE", "AVAL / BASE", "note"),
    Fault("ratio to another limit", lay("adlb", A1HI=6.0, R2A1HI=lambda t: t["AVAL"] / 5.0), "adlb",
          "R2A1HI", "AVAL / A1HI", "note", 120),
    Fault("under treatment before it",
          lay("adgr", ONTRTFL="Y"), "adgr", "ONTRTFL", "before TRTSDT", "note", 24),
    Fault("event under treatment before it",
          lay("adae", ONTRTFL="Y"), "adae", "ONTRTFL", "before TRTSDT", "note", 6),
]  # fmt: skip

TRACES = [
    Fault("ASEQ twice", numbered("advs", ASEQ=first_rows("ASEQ", 3.0, 1)), "advs", "ASEQ",
          "each its own", "note", 1),
    Fault("ASEQ over a table", lay("adgr", ASEQ=1.0), "adgr", "ASEQ", "each its own", "note"),
    Fault("ASEQ blank", numbered("adlb", ASEQ=first_rows("ASEQ", np.nan)), "adlb", "ASEQ",
          "no ASEQ", "note", 2),
    Fault("SRCSEQ without SRCDOM",
          lay("advs", SRCDOM=lambda t: np.where(t.index < 4, "", "VS"), SRCSEQ=1.0), "advs",
          "SRCSEQ", "any table", "note", 4),
    Fault("SRCVAR without SRCDOM",
          lay("advs", SRCDOM="", SRCSEQ=np.nan, SRCVAR=lambda t: np.where(t.index < 4, "X", "")),
          "advs", "SRCVAR", "any table", "note", 4),
    Fault("SRCDOM without SRCSEQ",
          lay("adlb", SRCDOM="LB", SRCSEQ=lambda t: np.where(t.index < 5, np.nan, 1.0)), "adlb",
          "SRCDOM", "none of them", "note", 5),
    Fault("source that is not there",
          both(numbered("adgr"),
               lay("advs", SRCDOM="ADGR", SRCSEQ=lambda t: np.where(t.index < 2, 99.0, 1.0))),
          "advs", "SRCSEQ", "adgr has no record", "note", 2),
    Fault("SRCSEQ blank throughout", lay("adlb", SRCDOM="LB", SRCSEQ=np.nan), "adlb", "SRCDOM",
          "none of them", "note", 120),
    Fault("two sources of an event", lay("adae", SRCDOM="AE", SRCSEQ=1.0), "adae", "SRCDOM",
          "AESEQ", "note"),
]  # fmt: skip

FAULTS = [*REQUIRED, *FLAGS, *DERIVED, *PAIRS, *PERIODS, *ELSEWHERE, *COMPANIONS, *TRACES]

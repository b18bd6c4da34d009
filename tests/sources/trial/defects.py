"""The broken folders: one defect each, and the finding that names it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from corpus import Defect, N, Plan, Tables, both, change, drop, plan_value, put, rename, repeat

DAY = pd.Timedelta(days=1)
HEIGHTS = 6
"""Rows of one participant's heights in adgr; its row 3 is month 6."""
BASELINE_WEIGHT, MONTH_3_WEIGHT = 0, 1
MONTH_12_HV = 6 * N + 1
BEFORE_TREATMENT = 2 * N
"""First of adae's events before the first dose."""


def _drop_table(name: str, instead: str = "") -> object:
    def break_it(_: Plan, tables: Tables) -> None:
        table = tables.pop(name)
        if instead:
            tables[instead] = table

    return break_it


def _shift(table: str, column: str, days: int, *rows: int) -> object:
    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        frame.loc[list(rows), column] += days * DAY
        return frame

    return change(table, edit)


def _other_thresholds(_: Plan, tables: Tables) -> None:
    """Call values high only above 1.1 times the limit, as a sponsor may."""
    lab = tables["adlb"]
    lab["AVAL"], lab["BASE"], lab["CHG"] = 5.0, 5.0, np.nan
    lab.loc[5:45, "AVAL"] = 6.0
    lab.loc[50:55, "AVAL"] = 6.5
    lab["BASE"] = lab.groupby("USUBJID")["AVAL"].transform("first")
    lab["ANRIND"] = np.where(lab["AVAL"] > 1.1 * lab["ANRHI"], "HIGH", "NORMAL")


def _value(table: str, row: int, value: float) -> object:
    """Change one value and its change from baseline with it."""

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        frame.loc[row, "AVAL"] = value
        frame.loc[row, "CHG"] = value - frame.loc[row, "BASE"]
        return frame

    return change(table, edit)


def _never_exposed(_: Plan, tables: Tables) -> None:
    tables["adsl"].loc[5, ["TRTSDT", "TRTEDT"]] = pd.NaT


def _reference_period(_: Plan, tables: Tables) -> None:
    tables["adsl"]["RFSTDTC"] = "2003-02-24T08:00"
    tables["adsl"]["RFENDTC"] = "2004-02-23"
    tables["adsl"].loc[2, "RFENDTC"] = "2003-02-23"
    tables["adsl"].loc[3, "RFENDTC"] = "2003-01"


def _screen_failure(_: Plan, tables: Tables) -> None:
    row = (
        tables["adsl"]
        .loc[[0]]
        .assign(
            USUBJID="SMALL-9999",
            SUBJID="9999",
            TRT01P="Screen Failure",
            TRT01A="",
            FASFL="N",
            SAFFL="N",
            TRTSDT=pd.NaT,
            TRTEDT=pd.NaT,
        )
    )
    tables["adsl"] = pd.concat([tables["adsl"], row], ignore_index=True)


def _one_visit_day(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    frame.loc[MONTH_3_WEIGHT, "ADT"] += 60 * DAY
    frame.loc[MONTH_3_WEIGHT, "ADY"] += 60
    return frame


STRUCTURE = [
    Defect("adsl absent", _drop_table("adsl"), "adsl", "table missing"),
    Defect(
        "table misspelt", _drop_table("adlb", "adlbc"), "adlb", "table missing", words="'adlbc'"
    ),
    Defect("table empty", change("advs", lambda t: t.iloc[:0]), "advs", "empty table"),
    Defect("adsl empty", change("adsl", lambda t: t.iloc[:0]), "adsl", "empty table"),
    Defect(
        "required misspelt",
        rename("adgr", "PARAMCD", "PARMCD"),
        "adgr",
        "variable missing",
        "PARAMCD",
        "'PARMCD'",
    ),
    Defect("no AVAL", drop("advs", "AVAL"), "advs", "variable missing", "AVAL"),
    Defect("no USUBJID", drop("adsl", "USUBJID"), "adsl", "variable missing", "USUBJID"),
    Defect("no USUBJID in events", drop("adae", "USUBJID"), "adae", "variable missing", "USUBJID"),
    Defect(
        "no population flag",
        rename("adsl", "FASFL", "FASFLG"),
        "adsl",
        "variable missing",
        "FASFL",
        "'FASFLG'",
    ),
    Defect("no date", drop("adlb", "ADT", "ADY"), "adlb", "variable missing", "ADT"),
    Defect(
        "term misspelt",
        rename("adae", "AEDECOD", "AEDECD"),
        "adae",
        "variable missing",
        "AEDECOD",
        "'AEDECD'",
    ),
    Defect("first dose misspelt", rename("adsl", "TRTSDT", "TRTSTDT"), "adsl", "variable missing"),
    Defect("no change", drop("adgr", "CHG"), "adgr", "variable missing", "CHG"),
    Defect(
        "flag misspelt",
        rename("adgr", "ANL01FL", "ANL1FL"),
        "adgr",
        "variable missing",
        "ANL01FL",
        "'ANL1FL'",
    ),
    Defect(
        "no flag",
        drop("adgr", "ANL01FL"),
        "adgr",
        "variable missing",
        "ANL01FL",
        "every record",
        severity="note",
    ),
    Defect(
        "arm as number",
        change("adsl", lambda t: t.assign(TRT01P=1.0)),
        "adsl",
        "wrong type",
        "TRT01P",
    ),
    Defect("value is text", put("adlb", "AVAL", "<3.0", 2), "adlb", "wrong type", "AVAL", "<3.0"),
    Defect("no date text", put("adae", "ASTDT", "unknown", 2), "adae", "wrong type", "ASTDT"),
    Defect(
        "date and time", change("adsl", lambda t: t.assign(TRTSDT=1.36e9)), "adsl", "wrong type"
    ),
    Defect(
        "variable twice",
        change("adlb", lambda t: t.assign(aval=1.0)),
        "adlb",
        "variable twice",
        "AVAL",
        "aval",
    ),
    Defect("USUBJID blank", put("adlb", "USUBJID", "", 4), "adlb", "USUBJID blank", count=1),
]

PLANNED = [
    *(
        Defect(
            name,
            plan_value(value, "analysis", field),
            "trial.yml",
            "unknown analysis",
            field,
            words,
        )
        for name, field, value, words in (
            (
                "model misspelt",
                "model",
                "MMMR",
                "must be one of ANCOVA, MMRM in a parallel trial; did you mean 'MMRM'?",
            ),
            ("model of the other design", "model", "paired t", "ANCOVA, MMRM in a parallel"),
            ("sensitivity is nonsense", "sensitivity", ["nonsense"], "correct or remove it"),
            ("sensitivity misspelt", "sensitivity", ["MMRM", "tiping point"], "'tipping point'"),
            ("population misspelt", "sensitivity", ["safty"], "did you mean 'safety'?"),
        )
    ),
    Defect(
        "carried forward in a model of all visits",
        both(
            plan_value("MMRM", "analysis", "model"), plan_value("LOCF", "analysis", "missing_data")
        ),
        "trial.yml",
        "missing data and model",
        "missing_data",
        "observed or multiple imputation",
    ),
    Defect(
        "endpoint misspelt",
        plan_value("HVV", "endpoints", "primary", "paramcd"),
        "adgr",
        "not in the data",
        "PARAMCD",
        "'HV'",
    ),
    Defect(
        "visit misspelt",
        plan_value("MONTH 12", "endpoints", "primary", "visit"),
        "adgr",
        "not in the data",
        "AVISIT",
        "'Month 12'",
    ),
    Defect(
        "derived records absent",
        plan_value("LOCF", "endpoints", "primary", "dtype"),
        "adgr",
        "not in the data",
        "DTYPE",
        "LOCF",
    ),
    Defect(
        "endpoint unflagged",
        put("adgr", "ANL01FL", "", *range(6 * N, 8 * N)),
        "adgr",
        "endpoint without values",
        "AVAL",
        "HV at Month 12",
    ),
    Defect(
        "covariate misspelt",
        plan_value(["BASE", "AGEE"], "analysis", "covariates"),
        "trial.yml",
        "variable in no table",
        "AGEE",
        "'AGE'",
    ),
    Defect(
        "stratum absent",
        plan_value(["REGIO"], "analysis", "strata"),
        "trial.yml",
        "variable in no table",
        "REGIO",
        "'REGION'",
    ),
    Defect(
        "covariate is text",
        plan_value(["SEX"], "analysis", "covariates"),
        "adsl",
        "wrong type",
        "SEX",
        "covariate",
    ),
    Defect(
        "covariate missing",
        put("adsl", "AGE", np.nan, 3, 4),
        "adsl",
        "covariate missing",
        "AGE",
        severity="note",
        count=2,
    ),
    Defect(
        "pre-treatment visit",
        plan_value("Prestudy", "growth", "pretreatment_visit"),
        "adgr",
        "not in the data",
        "AVISIT",
        "'Pre-study'",
    ),
    Defect(
        "planned visit never held",
        plan_value("Month9", "visits", 3, "name"),
        "trial.yml",
        "visit in no table",
        "visits",
        "'Month 9'",
        severity="note",
    ),
    Defect(
        "term in other case",
        plan_value(["HYPERGLYCAEMIA"], "safety", "special_interest", "glucose"),
        "trial.yml",
        "term not in the data",
        "AEDECOD",
        "'Hyperglycaemia'",
    ),
]

PARTICIPANTS = [
    Defect(
        "unknown arm",
        put("adsl", "TRT01P", "Valtropine", 1),
        "adsl",
        "arm not in the plan",
        "TRT01P",
        "'Valtropin'",
        count=1,
    ),
    Defect(
        "no arm in population",
        put("adsl", "TRT01P", "", 1),
        "adsl",
        "in a population without arm",
        "TRT01P",
    ),
    Defect("screen failure", _screen_failure, "adsl", "no arm", "TRT01P", severity="note"),
    Defect(
        "arm of nobody",
        plan_value(["Placebo"], "arms", "others"),
        "adsl",
        "arm without participants",
        words="Placebo",
        severity="note",
    ),
    Defect(
        "treated with nothing",
        put("adsl", "TRT01A", "", 1),
        "adsl",
        "in a population without arm",
        "TRT01A",
    ),
    Defect(
        "no first dose",
        both(_never_exposed, put("adae", "TRTEMFL", "", 5, N + 5)),
        "adsl",
        "safety without exposure",
        "TRTSDT",
        severity="note",
        count=1,
    ),
    Defect("flag in words", put("adsl", "SAFFL", "Yes", 7), "adsl", "flag is not Y, N or blank"),
    Defect("flag small", put("adlb", "ANL01FL", "y", 7), "adlb", "flag is not Y, N or blank"),
    Defect(
        "nobody in population", put("adsl", "FASFL", "N", *range(N)), "adsl", "empty population"
    ),
    Defect(
        "other arm",
        put("adlb", "TRTP", "Valtropin", 0),
        "adlb",
        "arm differs from ADSL",
        "TRTP",
        count=1,
    ),
    Defect(
        "first dose changed", _shift("advs", "TRTSDT", 1, 9), "advs", "differs from ADSL", "TRTSDT"
    ),
]

KEYS = [
    Defect("participant twice", repeat("adsl", 2), "adsl", "duplicate key", "USUBJID", count=1),
    Defect("record twice", repeat("adgr", MONTH_12_HV), "adgr", "duplicate key", "AVISIT", count=1),
    Defect(
        "weight twice",
        repeat("advs", 2),
        "advs",
        "repeated records",
        "AVISIT",
        severity="note",
        count=1,
    ),
    Defect("baseline twice", repeat("advs", 0, ADY=2.0), "advs", "duplicate baseline", "ABLFL"),
    Defect("event twice", repeat("adae", 2), "adae", "duplicate key", "AESEQ", count=1),
    Defect("stranger in BDS", put("adlb", "USUBJID", "SMALL-4711", 0), "adlb", "not in ADSL"),
    Defect("stranger in events", put("adae", "USUBJID", "SMALL-4711", 0), "adae", "not in ADSL"),
]

DATES = [
    Defect(
        "treatment ends first",
        _shift("adsl", "TRTEDT", -400, 3),
        "adsl",
        "dates out of order",
        "TRTEDT",
    ),
    Defect(
        "event ends first", _shift("adae", "AENDT", -9, 3), "adae", "dates out of order", "AENDT"
    ),
    Defect(
        "reference period",
        _reference_period,
        "adsl",
        "dates out of order",
        "RFENDTC",
        "2003-02-23",
        severity="note",
        count=1,
    ),
    Defect(
        "after the cut", _shift("adlb", "ADT", 4000, 3), "adlb", "after the data cut", "ADT", "2014"
    ),
    Defect(
        "cut too early",
        plan_value("2003-12-31", "data", "cutoff"),
        "adgr",
        "after the data cut",
        "ADT",
    ),
    Defect("date implausible", _shift("adlb", "ADT", -50000, 3), "adlb", "date implausible", "ADT"),
    Defect(
        "event after death",
        put("adsl", "DTHDT", pd.Timestamp("2003-03-01"), 0),
        "adae",
        "after death",
        "ASTDT",
    ),
    Defect("wrong study day", put("adlb", "ADY", 93.0, 1), "adlb", "study day inconsistent", "ADY"),
    Defect("day zero", put("advs", "ADY", 0.0, 0), "advs", "study day inconsistent", "ADY", "0"),
    Defect(
        "outside window",
        change("advs", _one_visit_day),
        "advs",
        "outside visit window",
        "ADY",
        severity="note",
        count=1,
    ),
]

VALUES = [
    Defect("infinite", put("adlb", "AVAL", np.inf, 3), "adlb", "number absurd", "AVAL", "inf"),
    Defect("absurd", put("adsl", "AGE", 1.7e308, 3), "adsl", "number absurd", "AGE"),
    Defect(
        "missing coded",
        both(_value("adlb", 3, -999.0), put("adlb", "ANRIND", "", 3)),
        "adlb",
        "code for missing",
        "AVAL",
        severity="note",
    ),
    Defect(
        "analysed and missing",
        _value("adlb", 3, np.nan),
        "adlb",
        "value missing",
        "AVAL",
        severity="note",
        count=1,
    ),
    Defect("age in days", put("adsl", "AGE", 2555.0, 3), "adsl", "value implausible", "AGE"),
    Defect("negative duration", put("adae", "ADURN", -2.0, 3), "adae", "negative duration"),
    Defect("BASE wrong", put("advs", "BASE", 17.0, 2), "advs", "BASE inconsistent", "BASE", "17"),
    Defect("CHG wrong", put("advs", "CHG", 9.0, 2), "advs", "CHG inconsistent", "CHG", "9"),
    Defect("CHG of nothing", put("advs", "AVAL", np.nan, 2), "advs", "CHG without values", "CHG"),
    Defect(
        "PCHG wrong", change("advs", lambda t: t.assign(PCHG=12.5)), "advs", "PCHG inconsistent"
    ),
    Defect(
        "BASE without record",
        put("advs", "ABLFL", "", 0),
        "advs",
        "BASE without record",
        "BASE",
        severity="note",
        count=5,
    ),
    Defect("BASE missing", put("advs", "BASE", np.nan, 0), "advs", "BASE missing", severity="note"),
    Defect(
        "two names",
        put("adlb", "PARAM", "Glucose (mg/dL)", 3),
        "adlb",
        "PARAMCD has several PARAM",
        words="mg/dL",
    ),
    Defect("no PARAMCD", put("adlb", "PARAMCD", "", 3), "adlb", "PARAMCD blank", count=1),
]

UNITS_AND_LEVELS = [
    Defect(
        "unit of the plan",
        plan_value("mg/dL", "units", "GLUC"),
        "adlb",
        "unit not as declared",
        "PARAM",
        "mmol/L",
        count=5 * N,
    ),
    Defect(
        "unit of the data",
        change("advs", lambda t: t.assign(AVALU="lb")),
        "advs",
        "unit not as declared",
        "AVALU",
        "lb",
    ),
    Defect(
        "unit of endpoint",
        plan_value("cm", "endpoints", "primary", "unit"),
        "adgr",
        "unit not as declared",
        severity="note",
    ),
    Defect(
        "unit not stated",
        change("advs", lambda t: t.assign(PARAM="Weight")),
        "advs",
        "unit not stated",
        severity="note",
    ),
    Defect(
        "unit of nothing",
        plan_value("mmol/L", "units", "GLUCC"),
        "trial.yml",
        "parameter in no table",
        words="'GLUC'",
        severity="note",
    ),
    Defect(
        "level in words",
        put("adae", "AESEV", "Moderat", 1, 2),
        "adae",
        "level unexpected",
        "AESEV",
        "'MODERATE'",
        count=2,
    ),
    Defect("sex", put("adsl", "SEX", "X", 1), "adsl", "level unexpected", "SEX"),
    Defect("serious", put("adae", "AESER", "1", 1), "adae", "level unexpected", "AESER"),
    Defect(
        "level of the plan",
        put("adsl", "REGION", "Eats", 1),
        "adsl",
        "level unexpected",
        "REGION",
        "'East'",
    ),
    Defect(
        "levels of nothing",
        plan_value(["A"], "levels", "REGOIN"),
        "trial.yml",
        "variable in no table",
        words="'REGION'",
    ),
    Defect(
        "relation blank", put("adae", "AEREL", "", 1), "adae", "category blank", severity="note"
    ),
]

LABORATORY = [
    Defect(
        "high called normal",
        put("adlb", "AVAL", 5.9, 1),
        "adlb",
        "outside limits but normal",
        "ANRIND",
        "5.9",
        count=1,
    ),
    Defect(
        "high called low",
        change("adlb", lambda t: t.assign(ANRIND="LOW", AVAL=6.0)),
        "adlb",
        "wrong side of limits",
    ),
    Defect(
        "normal called high",
        put("adlb", "ANRIND", "HIGH", 1),
        "adlb",
        "inside limits but flagged",
        severity="note",
    ),
    Defect(
        "other thresholds",
        _other_thresholds,
        "adlb",
        "outside limits but normal",
        words="further out",
        severity="note",
        count=41,
    ),
    Defect("limits swapped", put("adlb", "ANRLO", 9.0, 1), "adlb", "limits out of order", "ANRLO"),
]

EVENTS = [
    Defect(
        "emergent before dose",
        put("adae", "TRTEMFL", "Y", BEFORE_TREATMENT),
        "adae",
        "emergent before first dose",
        "ASTDT",
        count=1,
    ),
    Defect("emergent, no dose", _never_exposed, "adae", "emergent without exposure", count=2),
    Defect(
        "not flagged",
        put("adae", "TRTEMFL", "N", 3),
        "adae",
        "not flagged emergent",
        severity="note",
    ),
    *(
        Defect(
            name,
            put("adae", column, "", 3),
            "adae",
            "event not coded",
            column,
            severity="note",
            count=1,
        )
        for name, column in (("not coded", "AEDECOD"), ("no class", "AEBODSYS"))
    ),
    Defect(
        "start unknown", put("adae", "ASTDT", pd.NaT, 3), "adae", "start unknown", severity="note"
    ),
    Defect(
        "fatal, not serious",
        put("adae", "AEOUT", "FATAL", 3),
        "adae",
        "fatal but not serious",
        severity="note",
    ),
]

GROWTH = [
    Defect("height in metres", put("adgr", "AVAL", 1.08, 3), "adgr", "height implausible"),
    Defect("another child", put("adgr", "AVAL", 140.0, 3), "adgr", "height step impossible"),
    Defect(
        "shrinks",
        _value("adgr", 3, 103.0),
        "adgr",
        "height decreases",
        severity="note",
        words="1 cm",
    ),
    Defect("shoots up", _value("adgr", 3, 115.0), "adgr", "height jumps", severity="note"),
]

DEFECTS = [
    *STRUCTURE,
    *PLANNED,
    *PARTICIPANTS,
    *KEYS,
    *DATES,
    *VALUES,
    *UNITS_AND_LEVELS,
    *LABORATORY,
    *EVENTS,
    *GROWTH,
]

"""A small good trial in code, and the ways in which the tests break it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.identifiers import without_identifiers
from analysis.sources.trial.plan import TrialPlan

Tables = dict[str, pd.DataFrame]
Plan = dict[str, Any]

DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
N = 24
REFERENCE, TREATMENT = "Humatrope", "Valtropin"
VISITS = {"Baseline": 1, "Month 3": 92, "Month 6": 183, "Month 9": 274, "Month 12": 365}
FIRST_DOSE = pd.Timestamp("2003-02-24")
"""Before a leap day, so that study days cross one."""


def good_plan() -> Plan:
    """Return the content of a valid trial.yml."""
    velocity = {"dataset": "adgr", "paramcd": "HV", "visit": "Month 12", "direction": "higher"}
    return {
        "id": "small-ghd",
        "title": "A small trial in growth hormone deficiency",
        "data_status": "synthetic",
        "design": "parallel",
        "data": {"cutoff": "2004-12-31"},
        "arms": {"treatment": TREATMENT, "reference": REFERENCE},
        "populations": {"full analysis": "FASFL", "safety": "SAFFL"},
        "visits": [
            {"name": name, "day": day, "window": [max(1, day - 30), day + 30]}
            for name, day in VISITS.items()
        ],
        "endpoints": {
            "primary": {"name": "Height velocity", "unit": "cm/year", **velocity},
            "secondary": [{"name": "Change in height velocity", "value": "CHG", **velocity}],
        },
        "analysis": {
            "population": "full analysis",
            "covariates": ["BASE", "AGE"],
            "strata": ["REGION"],
            "margin": -2.0,
        },
        "safety": {
            "population": "safety",
            "adverse_events": "adae",
            "laboratory": ["adlb"],
            "vital_signs": "advs",
            "special_interest": {"glucose": ["Hyperglycaemia"]},
        },
        "growth": {
            "dataset": "adgr",
            "reference": "CDC 2000 stature",
            "pretreatment_visit": "Pre-study",
        },
        "units": {"GLUC": "mmol/L", "WEIGHT": "kg", "HEIGHT": "cm"},
        "levels": {"REGION": ["East", "West"]},
        "estimand": {
            "population": "Children with GHD",
            "treatment": "Somatropin",
            "variable": "Height velocity over 12 months",
            "summary_measure": "Difference of means",
        },
    }


def good_tables() -> Tables:
    """Return the tables of a trial in which nothing is wrong, each call its own."""
    return {name: table.copy() for name, table in _good_tables().items()}


@cache
def _good_tables() -> Tables:
    adsl = _subjects()
    return {
        "adsl": adsl,
        "adgr": _growth(adsl),
        "advs": _measured(adsl, "WEIGHT", "Weight (kg)", 18.0, 0.8),
        "adlb": _laboratory(adsl),
        "adae": _events(adsl),
    }


def _subjects() -> pd.DataFrame:
    index = np.arange(N)
    start = FIRST_DOSE + pd.to_timedelta(index, unit="D")
    return pd.DataFrame(
        {
            "STUDYID": "SMALL",
            "USUBJID": [f"SMALL-{each:04d}" for each in index],
            "SUBJID": [f"{each:04d}" for each in index],
            "SITEID": np.where(index % 2 == 0, "01", "02"),
            "ARM": np.where(index % 3 == 0, REFERENCE, TREATMENT),
            "TRT01P": np.where(index % 3 == 0, REFERENCE, TREATMENT),
            "TRT01A": np.where(index % 3 == 0, REFERENCE, TREATMENT),
            "AGE": 5.0 + index % 7,
            "AGEU": "YEARS",
            "BRTHDT": start - pd.to_timedelta(np.floor((5.5 + index % 7) * 365.25), unit="D"),
            "RACE": np.where(index % 5 == 0, "ASIAN", "WHITE"),
            "SEX": np.where(index % 2 == 0, "M", "F"),
            "REGION": np.where(index % 4 < 2, "East", "West"),
            "FASFL": "Y",
            "SAFFL": "Y",
            "TRTSDT": start,
            "TRTEDT": start + pd.Timedelta(days=364),
            "DTHDT": pd.Series(pd.NaT, index=index, dtype="datetime64[ns]"),
        }
    )


def _visits(adsl: pd.DataFrame, visits: dict[str, int]) -> pd.DataFrame:
    """Return one row per participant and visit, with the arm and the day."""
    rows = adsl[["STUDYID", "USUBJID", "TRT01P", "TRT01A", "TRTSDT"]].merge(
        pd.DataFrame({"AVISIT": list(visits), "ADY": list(visits.values())}), how="cross"
    )
    rows = rows.rename(columns={"TRT01P": "TRTP", "TRT01A": "TRTA"})
    rows["ADT"] = rows["TRTSDT"] + pd.to_timedelta(rows["ADY"] - (rows["ADY"] > 0), unit="D")
    return rows.assign(ANL01FL="Y", ABLFL=np.where(rows["AVISIT"] == "Baseline", "Y", ""), DTYPE="")


def _with_change(rows: pd.DataFrame) -> pd.DataFrame:
    baseline = rows[rows["ABLFL"] == "Y"].set_index(["USUBJID", "PARAMCD"])["AVAL"].rename("BASE")
    rows = rows.join(baseline, on=["USUBJID", "PARAMCD"])
    after = (rows["ABLFL"] != "Y") & (rows["ADY"] > 0)
    return rows.assign(CHG=(rows["AVAL"] - rows["BASE"]).where(after))


def _growth(adsl: pd.DataFrame) -> pd.DataFrame:
    visits = {"Pre-study": -365, **VISITS}
    height = _visits(adsl, visits).assign(PARAMCD="HEIGHT", PARAM="Height (cm)")
    subject = height.groupby("USUBJID").ngroup()
    years = height["ADY"] / 365.25
    velocity = np.where(years > 0, 8.5 + subject % 5 / 10, 3.5)
    height["AVAL"] = (104.0 + subject % 9 + velocity * years).round(1)
    growth = _visits(adsl, {"Baseline": 1, "Month 12": 365}).assign(
        PARAMCD="HV", PARAM="Height velocity (cm/year)"
    )
    subject = growth.groupby("USUBJID").ngroup()
    growth["AVAL"] = np.where(growth["ADY"] > 1, 8.5 + subject % 5 / 10, 3.5 + subject % 3 / 10)
    return pd.concat([_with_change(height), _with_change(growth)], ignore_index=True)


def _measured(adsl: pd.DataFrame, code: str, label: str, level: float, rise: float) -> pd.DataFrame:
    rows = _visits(adsl, VISITS).assign(PARAMCD=code, PARAM=label)
    visit = rows.groupby("USUBJID").cumcount()
    rows["AVAL"] = (level + rise * visit + rows.groupby("USUBJID").ngroup() % 4 / 4).round(2)
    return _with_change(rows)


def _laboratory(adsl: pd.DataFrame) -> pd.DataFrame:
    rows = _measured(adsl, "GLUC", "Glucose (mmol/L)", 4.4, 0.2).assign(ANRLO=3.9, ANRHI=5.8)
    rows["ANRIND"] = np.where(rows["AVAL"] > rows["ANRHI"], "HIGH", "NORMAL")
    return rows


def _events(adsl: pd.DataFrame) -> pd.DataFrame:
    """Return two events under treatment and, for every fourth participant, one before it."""
    columns = ["STUDYID", "USUBJID", "TRT01A", "TRTSDT"]
    events = pd.concat(
        [
            adsl[columns].assign(AESEQ=1.0, ASTDY=20.0, AEDECOD="Headache", AESEV="MILD"),
            adsl[columns].assign(AESEQ=2.0, ASTDY=99.0, AEDECOD="Hyperglycaemia", AESEV="MODERATE"),
            adsl[columns][::4].assign(AESEQ=3.0, ASTDY=-5.0, AEDECOD="Otitis", AESEV="SEVERE"),
        ],
        ignore_index=True,
    ).rename(columns={"TRT01A": "TRTA"})
    days = events["ASTDY"] - (events["ASTDY"] > 0)
    events["ASTDT"] = events["TRTSDT"] + pd.to_timedelta(days, unit="D")
    events["AENDT"] = events["ASTDT"] + pd.Timedelta(days=3)
    organ_class = {"Headache": "Nervous", "Hyperglycaemia": "Metabolism", "Otitis": "Infections"}
    return events.assign(
        AETERM=events["AEDECOD"],
        AEBODSYS=events["AEDECOD"].map(organ_class).astype(str),
        TRTEMFL=np.where(events["ASTDY"] > 0, "Y", "N"),
        AESER="N",
        AEREL="POSSIBLE",
        AEOUT="RECOVERED/RESOLVED",
        ADURN=4.0,
    )


def write_trial(
    folder: Path,
    *,
    plan: Plan | None = None,
    tables: Tables | None = None,
    suffix: str = "parquet",
) -> Path:
    """Write a trial folder and return it.

    Parameters
    ----------
    folder
        Is made.
    plan, tables
        The good ones unless given.
    suffix
        ``"csv"``, ``"parquet"``, ``"xpt5"`` or ``"xpt8"``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = yaml.dump(good_plan() if plan is None else plan, Dumper=DUMPER, sort_keys=False)
    (folder / "trial.yml").write_text(content, encoding="utf-8")
    for name, table in (good_tables() if tables is None else tables).items():
        write_table(folder, name, table, suffix)
    return folder


def write_table(folder: Path, name: str, table: pd.DataFrame, suffix: str) -> None:
    """Write one table in one format."""
    if suffix == "csv":
        dates = table.select_dtypes("datetime").columns
        texts = {column: table[column].dt.strftime("%Y-%m-%d") for column in dates}
        table.assign(**texts).to_csv(folder / f"{name}.csv", index=False)
    elif suffix == "parquet":
        table.to_parquet(folder / f"{name}.parquet", index=False)
    else:
        import pyreadstat

        dates = {column: table[column].dt.date for column in table.select_dtypes("datetime")}
        table = table.assign(**{k: v.where(v.notna(), None) for k, v in dates.items()})
        pyreadstat.write_xport(
            table, str(folder / f"{name}.xpt"), file_format_version=int(suffix[-1])
        )


@dataclass(frozen=True)
class Defect:
    """One defect and the finding that must name it.

    Parameters
    ----------
    name
        For the test's name.
    break_it
        Changes plan and tables in place.
    file, rule, column
        Of the finding.
    words
        What its message or value must hold.
    severity
        Of the finding.
    count
        Rows concerned; None where the test does not say.
    """

    name: str
    break_it: Callable[[Plan, Tables], None]
    file: str
    rule: str
    column: str = ""
    words: str = ""
    severity: str = "error"
    count: int | None = None


def batches(names: Iterable[str], value: Any) -> Iterator[list[str]]:
    """Yield the variables that get a value of another type at a time.

    A number stands in one alone: a rule that finds its number is not called off by another
    variable. A text stands in three, with others for each text.
    """
    names, size = list(names), 1 if isinstance(value, float) else 3
    if size > 1:
        random.Random(str(value)).shuffle(names)
    yield from (names[first : first + size] for first in range(0, len(names), size))


def put(table: str, column: str, value: Any, *rows: int) -> Callable[[Plan, Tables], None]:
    """Return a defect that writes one value into some rows."""

    def break_it(_: Plan, tables: Tables) -> None:
        values = tables[table][column]
        if isinstance(value, str) and not pd.api.types.is_string_dtype(values):
            # One text among numbers or dates makes text of them all, as in a csv.
            tables[table][column] = values.astype(str).where(values.notna(), None)
        tables[table].loc[list(rows), column] = value

    return break_it


def both(*defects: Callable[[Plan, Tables], None]) -> Callable[[Plan, Tables], None]:
    """Return several changes as one."""

    def break_it(plan: Plan, tables: Tables) -> None:
        for defect in defects:
            defect(plan, tables)

    return break_it


def rename(table: str, old: str, new: str) -> Callable[[Plan, Tables], None]:
    """Return a defect that misspells a variable."""

    def break_it(_: Plan, tables: Tables) -> None:
        tables[table] = tables[table].rename(columns={old: new})

    return break_it


def drop(table: str, *columns: str) -> Callable[[Plan, Tables], None]:
    """Return a defect that leaves variables out."""

    def break_it(_: Plan, tables: Tables) -> None:
        tables[table] = tables[table].drop(columns=list(columns))

    return break_it


def change(table: str, edit: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[..., None]:
    """Return a defect that replaces a table by an edited one."""

    def break_it(_: Plan, tables: Tables) -> None:
        tables[table] = edit(tables[table])

    return break_it


def plan_value(value: Any, *path: Any) -> Callable[[Plan, Tables], None]:
    """Return a defect of the plan: one value in it."""

    def break_it(plan: Plan, _: Tables) -> None:
        part: Any = plan
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value

    return break_it


def repeat(table: str, row: int, **changes: Any) -> Callable[..., None]:
    """Return a defect that repeats one row with changes, at the end of the table."""

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([frame, frame.loc[[row]].assign(**changes)], ignore_index=True)

    return change(table, edit)


SUBJECT = re.compile(r"(?<!\w)(?:SMALL-)?(?:00[0-2]\d|9999|4711)(?!\w)")


def assert_names_nobody(plan: Plan, tables: Tables, findings: Iterable[TrialFinding]) -> None:
    """Assert that the findings would show no identifier if the data were real."""
    real = TrialPlan.model_validate(plan | {"data_status": "real"})
    for finding in without_identifiers(real, tables, findings):
        assert not SUBJECT.search(f"{finding.value} | {finding.message}"), finding

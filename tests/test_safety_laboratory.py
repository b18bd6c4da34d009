"""Laboratory, glycaemia, liver and listings: hand-worked examples, and the published pilot tables.

The published numbers are those of the CDISC pilot's study report (tables 14-6.01, 14-6.05 and
14-6.06), as reprinted by the open replication of Atorus Research (CDISC_pilot_replication,
outputs/14-6.*.rtf, June 2020).
"""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import NoSection, UserError
from analysis.results import Results, points, recorded_decimals
from analysis.results.record_listing import places
from analysis.safety import (
    abnormal,
    glycaemia,
    hepatic,
    igf,
    immunogenicity,
    insulin_resistance,
    listings,
    measurements,
    shifts,
    summaries,
    thyroid,
)
from analysis.safety.igf_limit import IGF1, IGF1_BY_SDS
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve
from analysis.safety.units import BILIRUBIN_UMOL_L, convert
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.trial import Trial

ARMS = ["Reference", "Test"]


@functools.cache
def shipped(name: str) -> SafetyRun:
    return resolve(SafetyParameters(trial=name))


def a_run(
    laboratory: pd.DataFrame,
    *,
    arms: dict[str, str],
    roles: dict[str, str],
    units: dict[str, str] | None = None,
    last_dose: int = 365,
    adsl: dict[str, list[Any]] | None = None,
    adae: pd.DataFrame | None = None,
    identifiers: bool = False,
    single: bool = False,
    **parameters: Any,
) -> SafetyRun:
    """A trial of the participants in `arms`, first dose on 1 January 2000."""
    start = pd.Timestamp("2000-01-01")
    subjects = pd.DataFrame({"USUBJID": list(arms), "TRT01P": list(arms.values())})
    subjects = subjects.assign(
        TRT01A=subjects["TRT01P"],
        SAFFL="Y",
        TRTSDT=start,
        TRTEDT=start + pd.Timedelta(days=last_dose - 1),
        **(adsl or {}),
    )
    events = pd.DataFrame({"USUBJID": [], "AESER": [], "AEACN": []}, dtype=object)
    plan = {
        "id": "worked",
        "title": "Worked by hand",
        "data_status": "real",
        "design": "single-arm" if single else "parallel",
        "arms": {"treatment": "Test"} if single else {"treatment": "Test", "reference": ARMS[0]},
        "populations": {"safety": "SAFFL"},
        "endpoints": {
            "primary": {
                "name": "Velocity",
                "dataset": "adgr",
                "paramcd": "HV",
                "visit": "Month 12",
                "direction": "higher",
            }
        },
        "analysis": {"population": "safety"},
        "safety": {
            "population": "safety",
            "adverse_events": "adae",
            "laboratory": ["adlb"],
            "roles": roles,
            "identifiers": identifiers,
        },
        # Of so few each is shown, so that the numbers can be counted by hand.
        "disclosure": {"participant_points": "on", "minimum_count": 0},
        "estimand": {"population": "", "treatment": "", "variable": "", "summary_measure": ""},
        "units": units or {},
    }
    return SafetyRun(
        trial=Trial(
            plan=TrialPlan.model_validate(plan),
            folder=Path("worked"),
            tables={
                "adsl": subjects,
                "adlb": laboratory,
                "adae": events if adae is None else adae,
            },
        ),
        population="safety",
        conf_level=0.95,
        departures=(),
        parameters=SafetyParameters(**parameters),
    )


def records(code: str, param: str, rows: list[tuple[Any, ...]], **columns: Any) -> pd.DataFrame:
    """Rows of USUBJID, day, value; the baseline is the one of day 1."""
    frame = pd.DataFrame(rows, columns=["USUBJID", "ADY", "AVAL"])
    frame = frame.assign(PARAMCD=code, PARAM=param, **columns)
    frame["ADY"] = frame["ADY"].astype(float)
    frame["ADT"] = pd.Timestamp("2000-01-01") + pd.to_timedelta(frame["ADY"] - 1, unit="D")
    frame["ABLFL"] = np.where(frame["ADY"] == 1, "Y", "")
    return frame.assign(AVISIT=[f"Day {day:g}" if day > 1 else "" for day in frame["ADY"]])


def cells(results: Results, arm: str, name: str = "n") -> dict[tuple[str, str, str], float]:
    """variable, variable_level, group2_level → the numbers that are not 0."""
    rows = results.select(stat_name=name, group1_level=arm).frame
    keys = rows[["variable", "variable_level", "group2_level"]].itertuples(index=False, name=None)
    return {key: value for key, value in zip(keys, rows["stat"], strict=True) if value}


# Units -------------------------------------------------------------------------------------------


# Criteria in both units: American Diabetes Association, Standards of Care 2021, tables 2.2 and 2.5
# (Diabetes Care 44, suppl. 1, S15): 100–125 mg/dL is 5.6–6.9 mmol/L, 126 is 7.0, 140–199 is
# 7.8–11.0, 200 is 11.1; 39–47 mmol/mol is 5.7–6.4 %, 48 is 6.5 %.
@pytest.mark.parametrize(
    ("role", "unit", "value", "printed"),
    [
        ("fasting_glucose", "mmol/L", 5.5, 99),
        ("fasting_glucose", "mmol/L", 7.0, 126),
        ("random_glucose", "mmol/L", 11.1, 200),
        ("random_glucose", "mmol/L", 11.0, 198),
        ("random_glucose", "mg/dL", 199.9, 199.9),
        ("hba1c", "%", 6.45, 6.45),
    ],
)
def test_values_in_the_unit_of_the_criteria(
    role: str, unit: str, value: float, printed: float
) -> None:
    found = glycaemia.comparable(pd.Series([value]), role=role, unit=unit)
    assert found[0] == pytest.approx(printed, abs=1e-9)


def test_glycated_haemoglobin_in_both_units() -> None:
    limits = glycaemia.thresholds(shipped("ghd"), "hba1c")
    printed = {38: "Below", 39: "Prediabetes range", 47: "Prediabetes range", 48: "Diabetes range"}
    percent = glycaemia.comparable(pd.Series(list(printed)), role="hba1c", unit="mmol/mol")
    assert list(glycaemia.categories(percent, limits)) == list(printed.values())


def test_bilirubin_of_one_milligram() -> None:
    # AMA Manual of Style, conversion factors: mg/dL × 17.104 = umol/L.
    assert BILIRUBIN_UMOL_L == 17.104
    assert convert([34.208], unit="µmol/L", wanted="bilirubin in mg/dL")[0] == pytest.approx(2)


@pytest.mark.parametrize("unit", ["", "g/L", "mmol"])
def test_an_unknown_unit_is_never_guessed(unit: str) -> None:
    with pytest.raises(UserError, match="unit of the data must be one of mg/dl, mmol/l"):
        convert([5.0], unit=unit, wanted="glucose in mg/dL")


def test_recorded_decimals() -> None:
    assert [recorded_decimals(v) for v in ([1.0, 2.0], [0.1], [0.25], [1 / 3])] == [0, 1, 2, 2]


# Glycaemia ---------------------------------------------------------------------------------------

# Worked by hand from the criteria above. Fasting glucose (mmol/L) on day 1, 90 and 180:
#   A 5.0 (90 mg/dL), 5.6 (101), 5.2       below → prediabetes
#   B 5.5 (99),       7.0 (126), 5.0       below → diabetes, whatever came after
#   C 6.0 (108),      6.9 (124)            prediabetes → prediabetes
#   D 6.1 (110),      7.2 (130)            prediabetes → diabetes
#   E 7.5 (135),      5.0                  diabetes → below: nothing emerges
#   F –               7.1 (128)            missing → diabetes, counted apart
#   G 5.1             –                    below → missing
#   H nothing at all                       missing → missing
GLUCOSE = [
    ("A", 1, 5.0), ("A", 90, 5.6), ("A", 180, 5.2),
    ("B", 1, 5.5), ("B", 90, 7.0), ("B", 180, 5.0),
    ("C", 1, 6.0), ("C", 90, 6.9),
    ("D", 1, 6.1), ("D", 90, 7.2),
    ("E", 1, 7.5), ("E", 90, 5.0),
    ("F", 90, 7.1), ("G", 1, 5.1),
]  # fmt: skip
WHO = dict.fromkeys("ABCDEFGH", "Test") | {"R": "Reference"}
FASTING = {"fasting_glucose": "GLUC"}
NAME = "Fasting glucose"


def glucose_run(**changes: Any) -> SafetyRun:
    table = records("GLUC", "Glucose (mmol/L)", [*GLUCOSE, ("R", 1, 5.0), ("R", 90, 5.0)])
    return a_run(table, arms=WHO, roles=FASTING, **changes)


def test_glycaemia_shift_worked_by_hand() -> None:
    found = glycaemia.glycaemia_shift(glucose_run())
    below, pre, diabetes, missing = glycaemia.CATEGORIES
    assert cells(found, "Test") == {
        (NAME, below, pre): 1,
        (NAME, below, diabetes): 1,
        (NAME, below, missing): 1,
        (NAME, pre, pre): 1,
        (NAME, pre, diabetes): 1,
        (NAME, diabetes, below): 1,
        (NAME, missing, diabetes): 1,
        (NAME, missing, missing): 1,
    }
    assert cells(found, "Reference") == {(NAME, below, below): 1}
    shown = found.select(group1_level="Test", variable_level=below, group2_level=pre)
    assert shown.text("p") == "12.5"


def test_glycaemia_that_emerged_worked_by_hand() -> None:
    found = glycaemia.emergent_glycaemia(glucose_run()).select(group1_level="Test")
    said = {row["variable_level"]: (row["n"], row["N"]) for row in found.wide().to_dict("records")}
    assert said == {
        "Diabetes range, treatment-emergent": ("2", "5"),  # B and D of A to E
        "Prediabetes range, treatment-emergent": ("1", "5"),  # A
        "Diabetes range, baseline missing": ("1", "1"),  # F
    }


def test_a_threshold_moves_who_is_counted() -> None:
    found = glycaemia.emergent_glycaemia(glucose_run(fasting_glucose=125.0, trial="ghd"))
    assert (
        found.select(variable_level="Diabetes range, treatment-emergent").text(
            "n", group1_level="Test"
        )
        == "2"
    )
    found = glycaemia.emergent_glycaemia(glucose_run(fasting_glucose=124.0))
    assert (
        found.select(variable_level="Diabetes range, treatment-emergent").text(
            "n", group1_level="Test"
        )
        == "3"
    )
    with pytest.raises(UserError, match="fasting_glucose must be above 100 mg/dL"):
        glycaemia.glycaemia_shift(glucose_run(fasting_glucose=99.0))


def test_any_of_them_is_the_worst_of_all() -> None:
    table = pd.concat(
        [
            records("GLUC", "Glucose (mg/dL)", [("A", 1, 90), ("A", 90, 99.9), ("R", 90, 199)]),
            records("A1C", "HbA1c (%)", [("A", 1, 5.6), ("A", 90, 6.5)]),
        ],
        ignore_index=True,
    )
    run = a_run(
        table,
        arms={"A": "Test", "R": "Reference"},
        roles={"random_glucose": "GLUC", "hba1c": "A1C"},
    )
    found = cells(glycaemia.glycaemia_shift(run), "Test")
    assert found == {
        ("Random glucose", "Below", "Below"): 1,
        ("HbA1c", "Below", "Diabetes range"): 1,
        ("Any of them", "Below", "Diabetes range"): 1,
    }
    tests = glycaemia.glycaemia_tests(run)
    assert tests.text("code", variable="Fasting glucose") == "not recorded"
    assert tests.text("diabetes", variable="HbA1c") == "6.5"


def test_a_glucose_without_unit_is_refused() -> None:
    table = records("GLUC", "Glucose", GLUCOSE)
    with pytest.raises(UserError, match=r"name it under units in trial\.yml"):
        glycaemia.glycaemia_shift(a_run(table, arms=WHO, roles=FASTING))
    glycaemia.glycaemia_shift(a_run(table, arms=WHO, roles=FASTING, units={"GLUC": "mmol/L"}))


# HOMA-IR ------------------------------------------------------------------------------------------

HOMA = {"fasting_glucose": "GLUC", "insulin": "INS"}


# Glucose (mg/dL and mmol/L), insulin (µIU/mL) and HOMA-IR as printed: cases A to C of the table of
# codingace.net/medical/homa_ir.php, read 2026-11-26. The case C agrees with its mmol/L only: the
# page takes 18 for 18.016. 100 mg/dL and 5 give 1.23 (Gutch 2015, as the examples of the R
# package tabletools, calculate_homair, quote it).
@pytest.mark.parametrize(
    ("mass", "molar", "insulin", "printed"),
    [(88, 4.89, 4.5, 0.98), (96, 5.33, 10.0, 2.37), (None, 6.22, 18.0, 4.98), (100, None, 5, 1.23)],
)
def test_homa_ir_as_printed(
    mass: float | None, molar: float | None, insulin: float, printed: float
) -> None:
    for value, unit in ((mass, "mg/dL"), (molar, "mmol/L")):
        if value is not None:
            found = insulin_resistance.homa_ir(
                pd.Series([value]), pd.Series([insulin]), glucose_unit=unit, insulin_unit="µIU/mL"
            )
            assert found.round(2) == [printed]


# 12.8 µU/mL is 76.8 pmol/L: the same package, the last of its examples.
@pytest.mark.parametrize(
    ("value", "unit"),
    [(12.8, "uIU/mL"), (12.8, "mIU/L"), (12.8, "mU/L"), (12.8, "μU / mL"), (12.8, "u[IU]/mL"),
     (76.8, "pmol/L"), (76.8, "PMOL/L")],
)  # fmt: skip
def test_insulin_in_every_way_of_writing(value: float, unit: str) -> None:
    assert convert([value], unit=unit, wanted="insulin in mIU/L") == pytest.approx([12.8])


def homa_table(
    glucose: str = "Glucose, fasting (mg/dL)", insulin: str = "Insulin, fasting (uIU/mL)"
) -> pd.DataFrame:
    """A: 0.98, then 2.37. B: 1.23, then insulin a day late. R: no insulin at baseline."""
    sugar = [
        ("A", 1, 88),
        ("A", 90, 96),
        ("B", 1, 100),
        ("B", 90, 100),
        ("R", 1, 90),
        ("R", 90, 96),
    ]
    hormone = [("A", 1, 4.5), ("A", 90, 10), ("B", 1, 5), ("B", 91, 9), ("R", 90, 10)]
    rows = [records("GLUC", glucose, sugar), records("INS", insulin, hormone)]
    table = pd.concat(rows, ignore_index=True)
    return table.assign(AVISIT=np.where(table["ADY"] > 1, "Month 3", ""))


def homa_run(table: pd.DataFrame, roles: dict[str, str] = HOMA, **options: Any) -> SafetyRun:
    return a_run(table, arms={"A": "Test", "B": "Test", "R": "Reference"}, roles=roles, **options)


def number(found: Results, stat_name: str, **levels: str) -> float:
    (value,) = found.select(stat_name=stat_name, **levels).frame["stat"]
    return float(value)


def test_homa_ir_by_visit_worked_by_hand() -> None:
    results = insulin_resistance.insulin_resistance(homa_run(homa_table()))
    found = results.select(variable=insulin_resistance.NAME)
    at = {
        (row["group1_level"], row["variable_level"]): row["n"]
        for row in found.wide().to_dict("records")
    }
    # B's glucose and insulin of month 3 are a day apart, and R has no insulin at baseline.
    assert at == {
        ("Test", "Baseline"): "2", ("Test", "Month 3"): "1", ("Reference", "Month 3"): "1",
    }  # fmt: skip
    later = {"group1_level": "Test", "variable_level": "Month 3"}
    assert number(found, "median", **later) == pytest.approx(96 / 18.016 * 10 / 22.5)
    assert found.text("median.change", **later) == "1.39"  # 2.37 − 0.98
    assert "mean.change" not in set(found.select(group1_level="Reference").frame["stat_name"])
    assert (
        "Without a partner of the same visit and day: 3 values" in results.frame["method"].iloc[0]
    )


@pytest.mark.parametrize("named", ["fasting_glucose", "insulin", "random_glucose"])
def test_homa_ir_needs_both_roles(named: str) -> None:
    roles = {named: "INS" if named == "insulin" else "GLUC"}
    with pytest.raises(NoSection):
        insulin_resistance.insulin_resistance(homa_run(homa_table(), roles))


def test_homa_ir_without_a_unit_is_not_computed() -> None:
    table = homa_table(insulin="Insulin, fasting")
    with pytest.raises(UserError, match=r"insulin in mIU/L: the unit of the data must be one of"):
        insulin_resistance.insulin_resistance(homa_run(table))
    units = {"INS": "pmol/L"}
    found = insulin_resistance.insulin_resistance(homa_run(table, units=units))
    last = {"group1_level": "Test", "variable_level": "Month 3"}
    assert number(found, "mean", **last) == pytest.approx(96 / 18.016 * 10 / 6 / 22.5)
    with pytest.raises(UserError, match="glucose in mmol/L: the unit"):
        insulin_resistance.insulin_resistance(homa_run(homa_table("Glucose, fasting (g/L)")))


def test_homa_ir_of_a_tolerance_test_is_refused() -> None:
    table = homa_table().assign(ATPT="0 h")
    later = table[table["PARAMCD"] == "INS"].assign(ATPT="2 h")
    with pytest.raises(UserError, match="give it a PARAMCD of its own"):
        insulin_resistance.insulin_resistance(
            homa_run(pd.concat([table, later], ignore_index=True))
        )


def test_homa_ir_without_any_day_has_no_pair() -> None:
    table = homa_table().assign(ADT=pd.NaT, ADY=np.nan)
    with pytest.raises(UserError, match="of one visit and day"):
        insulin_resistance.insulin_resistance(homa_run(table))


# Shifts ------------------------------------------------------------------------------------------

# ALT with limits 10 to 40, worked by hand; last dose on day 100, so that day 130 is the last on
# treatment (30 days after) and day 131 is later.
#   A 20 → 45, 5, 20    high and low on treatment: in each direction once
#   B 50 → 20, 60       high at baseline, stays high; lowest is normal
#   C  – → 41           missing baseline
#   D 20 → –            nothing on treatment
#   E 20 → 130: 41      still on treatment
#   F 20 → 30, 131: 99  later: does not count
#   G 20 → 15 unscheduled (no visit) and 9 → low
ALT = [
    ("A", 1, 20), ("A", 30, 45), ("A", 60, 5), ("A", 90, 20),
    ("B", 1, 50), ("B", 30, 20), ("B", 60, 60),
    ("C", 30, 41), ("D", 1, 20),
    ("E", 1, 20), ("E", 130, 41),
    ("F", 1, 20), ("F", 30, 30), ("F", 131, 99),
    ("G", 1, 20), ("G", 30, 9),
]  # fmt: skip


def alt_run(table: pd.DataFrame | None = None, **changes: Any) -> SafetyRun:
    if table is None:
        table = records("ALT", "ALT (U/L)", ALT, A1LO=10.0, A1HI=40.0)
        table.loc[table["USUBJID"] == "G", "AVISIT"] = ""
    arms = dict.fromkeys("ABCDEFG", "Test") | {"X": "Reference"}
    return a_run(table, arms=arms, roles={"alt": "ALT"}, last_dose=100, **changes)


HIGHEST, LOWEST = "ALT (U/L), highest on treatment", "ALT (U/L), lowest on treatment"


def test_shift_to_the_worst_worked_by_hand() -> None:
    found = shifts.shift_to_worst(alt_run())
    assert cells(found, "Test") == {
        (LOWEST, "Normal", "Low"): 2,  # A, G
        (LOWEST, "Normal", "Normal"): 1,  # F
        (LOWEST, "Normal", "High"): 1,  # E, whose only value is high
        (LOWEST, "Normal", "Missing"): 1,  # D
        (LOWEST, "High", "Normal"): 1,  # B
        (LOWEST, "Missing", "High"): 1,  # C
        (HIGHEST, "Normal", "High"): 2,  # A, E
        (HIGHEST, "Normal", "Normal"): 1,  # F
        (HIGHEST, "Normal", "Low"): 1,  # G, whose only value is low
        (HIGHEST, "Normal", "Missing"): 1,  # D
        (HIGHEST, "High", "High"): 1,  # B
        (HIGHEST, "Missing", "High"): 1,  # C
    }
    # An arm without any record keeps its participants, in the one cell left.
    assert cells(found, "Reference") == {
        (LOWEST, "Missing", "Missing"): 1,
        (HIGHEST, "Missing", "Missing"): 1,
    }


def test_flags_go_before_limits_and_words_for_them_do_not_matter() -> None:
    table = records("ALT", "ALT (U/L)", ALT, A1LO=10.0, A1HI=40.0)
    side = np.select([table["AVAL"] < 10, table["AVAL"] > 40], ["LL", "h"], default="normal")
    flagged = table.assign(ANRIND=side).drop(columns=["A1LO", "A1HI"])
    by_limits = shifts.shift_to_worst(alt_run(table))
    assert cells(shifts.shift_to_worst(alt_run(flagged)), "Test") == cells(by_limits, "Test")
    # A sponsor's own thresholds: the flag says normal where the limit says high.
    table["ANRIND"] = "N"
    assert cells(shifts.shift_to_worst(alt_run(table)), "Test")[(HIGHEST, "Normal", "Normal")] == 5


def test_limits_of_another_indicator_are_not_the_normal_range() -> None:
    normal = records("ALT", "ALT (U/L)", ALT, ANRLO=10.0, ANRHI=40.0)
    own = cells(shifts.shift_to_worst(alt_run(normal)), "Test")
    # A second range, as of a criterion, beside the normal one and its indicator.
    further = normal.assign(A1LO=0.0, A1HI=1.0, A1IND="HIGH")
    assert cells(shifts.shift_to_worst(alt_run(further)), "Test") == own
    alone = further.drop(columns=["ANRLO", "ANRHI"])
    with pytest.raises(NoSection, match="has normal limits"):
        shifts.shift_to_worst(alt_run(alone))


def test_new_abnormalities_worked_by_hand() -> None:
    found = abnormal.new_abnormalities(alt_run()).select(group1_level="Test")
    said = {row["variable_level"]: (row["n"], row["N"]) for row in found.wide().to_dict("records")}
    # High: A, C (baseline missing) and E; B was high before. Low: A and G. D has no value.
    assert said == {"Low": ("2", "6"), "High": ("3", "6")}


def test_shift_by_visit_leaves_the_unscheduled_out() -> None:
    found = cells(shifts.shift_by_visit(alt_run()), "Test")
    assert found[("ALT (U/L): Day 30", "Normal", "High")] == 1  # A
    assert found[("ALT (U/L): Day 30", "Normal", "Normal")] == 1  # F
    assert found[("ALT (U/L): Day 30", "Normal", "Missing")] == 3  # D, E, and G without a visit


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABCDEFGX"),
            st.sampled_from([1, 30, 60, 140]),
            st.integers(0, 60),
        ),
        min_size=1,
        unique_by=lambda row: row[:2],
    )
)
def test_every_participant_is_in_one_cell_of_each_table(rows: list[tuple[str, int, int]]) -> None:
    run = alt_run(records("ALT", "ALT (U/L)", rows, A1LO=10.0, A1HI=40.0))
    found = shifts.shift_to_worst(run).select(stat_name="n").frame
    sums = found.groupby(["variable", "group1_level"])["stat"].sum()
    assert set(sums.xs("Test", level=1)) == {7}
    assert set(sums.xs("Reference", level=1)) == {1}


# Table 14-6.05: shifts during treatment, by ANRIND. Normal and high at baseline → normal, high.
PUBLISHED_SHIFTS = {
    "Alanine Aminotransferase (U/L)": {
        "Placebo": (80, 2, 0, 2),
        "Xanomeline Low Dose": (78, 1, 0, 1),
        "Xanomeline High Dose": (78, 2, 0, 0),
    },
    "Albumin (g/L)": {
        "Placebo": (84, 0, 0, 0),
        "Xanomeline Low Dose": (80, 0, 0, 0),
        "Xanomeline High Dose": (80, 0, 0, 0),
    },
}
# The report looks at planned visits up to week 24. One participant on the high dose has a value on
# treatment at an unplanned visit only, and counts here.
UNPLANNED = {("Alanine Aminotransferase (U/L)", "Xanomeline High Dose"): 1,
             ("Albumin (g/L)", "Xanomeline High Dose"): 1}  # fmt: skip


def test_shifts_of_the_published_table() -> None:
    sides = measurements.measurements(shipped("cdisc-pilot"))
    own = sides.records[sides.records["PARAM"].isin(PUBLISHED_SHIFTS)]
    now = shifts.worst_sides(own[own["PHASE"] == "on treatment"])
    now = now[now["ROW"].str.contains("highest")].merge(
        own.drop_duplicates(["USUBJID", "PARAM"])[["USUBJID", "PARAM", "arm", "BASESIDE"]],
        on=["USUBJID", "PARAM"],
    )
    counted = now.groupby(["PARAM", "arm", "BASESIDE", "TO"], observed=True).size()
    for param, arms in PUBLISHED_SHIFTS.items():
        for arm, printed in arms.items():
            found = [
                int(counted.get((param, arm, base, to), 0))
                for base in ("Normal", "High")
                for to in ("Normal", "High")
            ]
            found[0] -= UNPLANNED.get((param, arm), 0)
            assert tuple(found) == printed, (param, arm)


# Summaries ---------------------------------------------------------------------------------------


# Table 14-6.01, ALT: n, mean (SD), and mean change (SD).
@pytest.mark.parametrize(
    ("visit", "arm", "n", "value", "change"),
    [
        ("Baseline", "Placebo", 86, (17.6, 9.22), None),
        ("Baseline", "Xanomeline Low Dose", 82, (18.0, 8.72), None),
        ("Baseline", "Xanomeline High Dose", 84, (19.2, 10.05), None),
        ("Week 2", "Placebo", 83, (18.0, 12.53), (0.2, 7.90)),
        ("Week 8", "Xanomeline High Dose", 56, (22.8, 17.49), (3.2, 17.24)),
        ("Week 12", "Xanomeline Low Dose", 51, (18.5, 12.68), (0.1, 9.27)),
        ("Week 24", "Placebo", 57, (17.9, 15.61), (-0.3, 16.62)),
        ("Week 24", "Xanomeline High Dose", 30, (21.0, 8.70), (0.2, 8.25)),
    ],
)
def test_summaries_of_the_published_table(
    visit: str,
    arm: str,
    n: int,
    value: tuple[float, float],
    change: tuple[float, float] | None,
) -> None:
    found = _by_visit().wide("stat")
    row = found[
        (found["variable"] == "Alanine Aminotransferase (U/L)")
        & (found["variable_level"] == visit)
        & (found["group1_level"] == arm)
    ].iloc[0]
    assert row["n"] == n
    assert (row["mean"], row["sd"]) == (pytest.approx(value[0], abs=0.051), _near(value[1]))
    if change:
        assert row["mean.change"] == pytest.approx(change[0], abs=0.051)
        assert row["sd.change"] == _near(change[1])


def _near(value: float) -> Any:
    return pytest.approx(value, abs=0.0051)


@functools.cache
def _by_visit() -> Results:
    return summaries.measurements_by_visit(shipped("cdisc-pilot"))


def test_a_record_outside_its_visit_is_counted_and_kept_out() -> None:
    # The published table has 42 at week 16 on the low dose; one of them lies outside the window
    # that trial.yml gives the visit.
    row = _by_visit().select(
        variable="Alanine Aminotransferase (U/L)", variable_level="Week 16",
        group1_level="Xanomeline Low Dose",
    )  # fmt: skip
    assert row.text("n") == "41"
    found = summaries.records_left_out(shipped("cdisc-pilot"))
    assert found.select(variable="adlbc", variable_level="without a value").text("n") == "10"
    assert "outside the window of its visit, not by visit" in set(found.frame["variable_level"])


def test_positions_of_blood_pressure_are_not_mixed() -> None:
    found = summaries.measurements_baseline_and_last(shipped("cdisc-pilot")).frame
    names = {name for name in found["variable"] if name.startswith("Systolic")}
    assert names == {
        "Systolic Blood Pressure (mmHg), after lying down for 5 minutes",
        "Systolic Blood Pressure (mmHg), after standing for 1 minute",
        "Systolic Blood Pressure (mmHg), after standing for 3 minutes",
    }


# Liver -------------------------------------------------------------------------------------------


def test_quadrants_worked_by_hand() -> None:
    # Limits 40 and 20. FDA (2009), Drug-induced liver injury: premarketing clinical evaluation:
    # "3-fold or greater elevations above the ULN of ALT or AST" and "serum TBL to >2xULN", so
    # exactly 3 × is raised and exactly 2 × is not. Peaks need not be of the same day.
    liver = [("A", 30, 120), ("B", 30, 119), ("C", 30, 120), ("C", 60, 20), ("D", 30, 40)]
    yellow = [("A", 30, 40), ("B", 30, 40), ("C", 60, 41), ("D", 30, 41), ("E", 30, 90)]
    table = pd.concat(
        [
            records("AST", "AST (U/L)", liver, A1LO=0.0, A1HI=40.0),
            records("BILI", "Bilirubin (umol/L)", yellow, A1LO=0.0, A1HI=20.0),
        ],
        ignore_index=True,
    )
    run = a_run(
        table,
        arms=dict.fromkeys("ABCDE", "Test") | {"X": "Reference"},
        roles={"ast": "AST", "bilirubin": "BILI"},
    )
    found = hepatic.peaks(run).set_index("USUBJID")["QUADRANT"].to_dict()
    assert found == {
        "A": "Temple's corollary",
        "B": "Neither raised",
        "C": "Possible Hy's law",
        "D": "Cholestasis range",
    }
    counted = hepatic.hepatic(run)
    assert counted.text("n", variable="No peak of both", group1_level="Test") == "1"  # E
    assert counted.text("n", variable="No peak of both", group1_level="Reference") == "1"


@pytest.mark.parametrize("most", [4, 500])
def test_of_many_only_a_full_quadrant_has_means_for_points(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom a screening looks for keeps a point of their own among however many others."""
    monkeypatch.setattr(points, "MOST_LINES", most)
    names = [f"N{number}" for number in range(12)]
    alt = [
        ("A", 30, 200),
        ("B", 30, 160),
        *((name, 30, 20 + 2 * n) for n, name in enumerate(names)),
    ]
    yellow = [("A", 30, 60), ("B", 30, 20), *((name, 30, 10) for name in names)]
    table = pd.concat(
        [
            records("ALT", "ALT (U/L)", alt, A1LO=0.0, A1HI=40.0),
            records("BILI", "Bilirubin (umol/L)", yellow, A1LO=0.0, A1HI=20.0),
        ],
        ignore_index=True,
    )
    arms = dict.fromkeys(["A", "B", *names], "Test") | {"X": "Reference"}
    run = a_run(table, arms=arms, roles={"alt": "ALT", "bilirubin": "BILI"})
    found = hepatic.hepatic(run)
    drawn = found.select(analysis_id=hepatic.POINTS).wide("stat")
    own = drawn.groupby("variable")["transaminase"].apply(list)
    assert own[hepatic.HY] == [5.0]
    assert own[hepatic.TEMPLE] == [4.0]
    # Twelve values from 0.50 to 1.05: one each, or four means of three.
    assert len(own[hepatic.NORMAL]) == (4 if most == 4 else 12)
    if most == 4:
        assert sorted(own[hepatic.NORMAL]) == [0.55, 0.7, 0.85, 1.0]
    said = hepatic.hepatic_figure(found, run)
    assert ("the mean of several" in said.caption) == (most == 4)
    assert ("the mean of several" in said.alt) == (most == 4)
    counted = found.select(analysis_id=hepatic.COUNTS, group1_level="Test")
    assert counted.text("n", variable=hepatic.NORMAL) == "12"


@pytest.mark.parametrize("unit", [1.0, 0.1, 0.7, 1.1, 0.35, 1.7])
def test_quadrants_do_not_depend_on_the_unit(unit: float) -> None:
    # In units of the limit: 3 × 0.7 is 2.0999999999999996, and 2.1 / 0.7 more than 3.
    times = {"A": (3, 2), "B": (3, 2.1), "C": (2.9, 2.1), "D": (2.9, 2), "E": (3.1, 2.1)}
    alt, bilirubin, alp = (
        [(who, 30, round(float(many[place]) * unit, 4)) for who, many in each.items()]
        for each, place in ((times, 0), (times, 1), (dict.fromkeys("BE", (2.0,)), 0))
    )
    limits = {"A1LO": 0.0, "A1HI": unit}
    table = pd.concat(
        [
            records("ALT", "ALT (ukat/L)", alt, **limits),
            records("BILI", "Bilirubin (mg/dL)", bilirubin, **limits),
            records("ALP", "ALP (ukat/L)", [*alp, ("B", 60, round(1.9 * unit, 4))], **limits),
        ],
        ignore_index=True,
    )
    run = a_run(
        table,
        arms=dict.fromkeys("ABCDE", "Test") | {"X": "Reference"},
        roles={"alt": "ALT", "bilirubin": "BILI", "alp": "ALP"},
    )
    found = hepatic.peaks(run).set_index("USUBJID")["QUADRANT"].to_dict()
    assert found == {
        "A": hepatic.TEMPLE, "B": hepatic.HY, "C": hepatic.CHOLESTASIS, "D": hepatic.NORMAL,
        "E": hepatic.HY,
    }  # fmt: skip
    # Alkaline phosphatase of exactly 2 × ULN is not below it.
    counted = hepatic.hepatic_quadrants(run)
    assert counted.text("n", variable=hepatic.WITHOUT_ALP, group1_level="Test") == "0"
    marked = abnormal.marked_abnormalities(run).select(group1_level="Test", stat_name="n")
    said = {(row["variable"], row["variable_level"]): row["stat_fmt"]
            for row in marked.frame.to_dict("records")}  # fmt: skip
    assert said["ALT (µkat/L)", "> 3 × ULN"] == "1"
    assert said["Bilirubin (mg/dL)", "> 2 × ULN"] == "3"
    assert said["ALP (µkat/L)", "> 2 × ULN"] == "0"


def test_the_liver_case_of_the_published_table() -> None:
    # Table 14-6.06: with both above 1.5 × ULN one participant, on placebo, none on the low dose;
    # "the single subject ... also had elevated alk phos (>3xULN)".
    run = resolve(SafetyParameters(trial="cdisc-pilot", alt_multiple=1.5, bilirubin_multiple=1.5))
    found = hepatic.hepatic(run).select(variable="Possible Hy's law")
    assert found.text("n", group1_level="Placebo") == "1"
    assert found.text("n", group1_level="Xanomeline Low Dose") == "0"
    own = hepatic.peaks(run).query('QUADRANT == "Possible Hy\'s law"')
    assert (own["alp"] > 3).sum() == 1


def test_marked_abnormalities_by_a_plain_second_route() -> None:
    run = shipped("cdisc-pilot")
    found = abnormal.marked_abnormalities(run).select(variable="Aspartate Aminotransferase (U/L)")
    table, subjects = run.trial.tables["adlbc"], run.trial.tables["adsl"]
    ends = subjects.set_index("USUBJID")["TRTEDT"]
    own = table[(table["PARAMCD"] == "AST") & (table["ADY"] > 1) & table["AVAL"].notna()]
    own = own[own["ADT"] <= own["USUBJID"].map(ends) + pd.Timedelta(days=30)]
    for arm in run.arms:
        mine = own[own["TRTA"] == arm]
        above = mine[mine["AVAL"] > 3 * mine["A1HI"]]["USUBJID"].nunique()
        row = found.select(group1_level=arm, variable_level="> 3 × ULN")
        assert row.text("n") == str(above)
        assert row.text("N") == str(mine["USUBJID"].nunique())


def test_values_at_a_limit_have_the_side_that_their_decimals_have() -> None:
    # Each pair is one decimal number in two floats; ADA (2021): from 126 mg/dL and 6.5 % on.
    fasting = glycaemia.Thresholds(prediabetes=100.0, diabetes=126.0, unit="mg/dL")
    words = glycaemia.categories(np.array([126 - 2e-14, 100 - 2e-14, 125.9, 99.9]), fasting)
    assert list(words) == [
        glycaemia.DIABETES, glycaemia.PREDIABETES, glycaemia.PREDIABETES, glycaemia.BELOW,
    ]  # fmt: skip
    hba1c = glycaemia.Thresholds(prediabetes=5.7, diabetes=6.5, unit="%")
    assert list(glycaemia.categories(np.array([0.7 + 5.8, 1.9 * 3]), hba1c)) == [
        glycaemia.DIABETES, glycaemia.PREDIABETES,
    ]  # fmt: skip
    sds = pd.DataFrame({"USUBJID": "A", "ADY": [30.0, 90.0], "AVAL": [0.8 * 3, 0.1 + 2.3]})
    assert igf.stretches(sds, 2.4).empty
    # Limits of 0.3: 0.1 + 0.2 is not high, and new abnormalities have nobody.
    table = records("TSH", "TSH (mIU/L)", [("A", 1, 0.2), ("A", 30, 0.1 + 0.2)], A1LO=0.1, A1HI=0.3)
    run = a_run(table, arms={"A": "Test", "R": "Reference"}, roles={"tsh": "TSH"})
    assert set(measurements.measurements(run).records["SIDE"]) == {measurements.NORMAL}
    change = measurements.measurements(run).records["CHG"].dropna()
    assert change.tolist() == [pytest.approx(0.1)]


# IGF-I and thyroid -------------------------------------------------------------------------------


def test_stretches_worked_by_hand() -> None:
    days = pd.DataFrame(
        [
            ("A", 90, 2.5), ("A", 30, 2.1), ("A", 180, 1.9), ("A", 270, 2.2),  # 60 days, then 0
            ("B", 30, 2.0), ("B", 90, 2.0),  # at the limit is not above it
            ("C", 30, 3.0),  # begins a stretch of its own, though A ended high
            ("D", 30, 3.0), ("D", 90, 3.0), ("D", 270, 3.0),  # 240 days
        ],
        columns=["USUBJID", "ADY", "AVAL"],
    )  # fmt: skip
    found = igf.stretches(days, 2.0)
    assert found[["USUBJID", "records", "days"]].to_numpy().tolist() == [
        ["A", 2, 60], ["A", 1, 0], ["C", 1, 0], ["D", 3, 240],
    ]  # fmt: skip


def test_igf_above_the_limit_by_a_plain_second_route() -> None:
    run = shipped("ghd")
    table, subjects = run.trial.tables["adlb"], run.trial.subjects("safety", treatment="actual")
    own = table[(table["PARAMCD"] == "IGFSDS") & (table["ADY"] > 1)].merge(
        subjects[["USUBJID", "arm"]], on="USUBJID"
    )
    found = igf.igf1_sds_high(run).select(variable=igf.EVER)
    for arm in run.arms:
        mine = own[own["arm"] == arm]
        assert found.text("n", group1_level=arm) == str(mine[mine["AVAL"] > 2]["USUBJID"].nunique())
        assert found.text("N", group1_level=arm) == str(mine["USUBJID"].nunique())
    higher = igf.igf1_sds_high(resolve(SafetyParameters(igf1_sds=3.0)))
    above = own[own["AVAL"] > 3]["USUBJID"].nunique()
    assert higher.text("n", variable=igf.EVER, group1_level="Total") == str(above)


def test_igf_without_a_baseline_or_any_value() -> None:
    days = [("A", 30, 2.5), ("A", 90, 1.0), ("R", 30, 1.0)]
    table = records("IGF", "IGF-I SDS", days)
    run = a_run(table, arms={"A": "Test", "R": "Reference"}, roles={"igf1_sds": "IGF"})
    found = igf.igf1_sds(run)
    assert found.text("n", variable=igf.EVER, group1_level="Test") == "1"
    points = found.select(analysis_id=igf.POINTS).wide()
    assert sorted(zip(points["variable"], points["value"], strict=True)) == [
        ("high", "2.5"), ("not high", "1.0"), ("not high", "1.0"),
    ]  # fmt: skip
    empty = a_run(
        table.assign(AVAL=np.nan),
        arms={"A": "Test", "R": "Reference"},
        roles={"igf1_sds": "IGF"},
    )
    assert "no participant has an IGF-I SDS" in igf.igf1_sds.rows(empty).text("reason")


def _of_igf(**columns: Any) -> pd.DataFrame:
    """IGF-I SDS of five participants at baseline and on day 90, and its concentration."""
    scores = {"A": 1.97, "B": 2.0, "C": 2.01, "D": -1.98, "E": -2.5}
    days = [
        (who, day, value if day > 1 else 0.0) for who, value in scores.items() for day in (1, 90)
    ]
    sds = records("IGFSDS", "IGF-I SDS", days, **columns)
    plain = [(who, day, 100 + 50 * value) for who, day, value in days]
    return pd.concat(
        [sds, records("IGF1", "IGF-I (ng/mL)", plain, A1LO=2.0, A1HI=198.0)], ignore_index=True
    )


OWN = {"A1LO": -1.96, "A1HI": 1.96}


@pytest.mark.parametrize("limit", [2.0, 1.0, 3.0])
def test_a_page_has_one_limit_of_igf1(limit: float) -> None:
    table = _of_igf(**OWN)
    table["ANRIND"] = np.select(
        [table["AVAL"] > table["A1HI"], table["AVAL"] < table["A1LO"]], ["HIGH", "LOW"], "NORMAL"
    )
    table["BNRIND"] = "NORMAL"
    run = a_run(
        table, arms=dict.fromkeys("ABCDE", "Test") | {"R": "Reference"},
        roles={"igf1_sds": "IGFSDS"}, igf1_sds=limit,
    )  # fmt: skip
    high = sum(value > limit for value in (1.97, 2.0, 2.01))
    low = sum(value < -limit for value in (-1.98, -2.5))
    ever = igf.igf1_sds_high(run)
    assert ever.text("n", variable=igf.EVER, group1_level="Test") == str(high)
    sides = measurements.measurements(run).records
    sides = sides[sides["PHASE"] == measurements.ON_TREATMENT].set_index("PARAMCD")
    assert (sides.loc["IGFSDS", "SIDE"] == measurements.HIGH).sum() == high
    assert (sides.loc["IGFSDS", "SIDE"] == measurements.LOW).sum() == low
    # The concentration is on no side: IGF-I is judged once, and that is counted.
    assert set(sides.loc["IGF1", "SIDE"]) == {""}
    left_out = measurements.measurements(run).left_out.set_index("reason")["n"]
    assert left_out[IGF1_BY_SDS] == 10
    assert "without flag and limits" not in left_out
    assert not left_out.index.str.startswith("BASE or BNRIND").any()
    if high or low:
        new = abnormal.new_abnormalities(run)
        assert set(new.frame["variable"]) == {"IGF-I SDS"}
        expected = {"High": high, "Low": low}
        for side, number in expected.items():
            rows = new.select(variable_level=side, group1_level="Test", stat_name="n").frame
            assert rows["stat"].tolist() == ([number] if number else [])
        shifted = shifts.shift_to_worst(run).select(
            variable=f"IGF-I SDS, {shifts.HIGHEST}", group1_level="Test", group2_level="High",
            variable_level="Normal", stat_name="n",
        )  # fmt: skip
        assert shifted.frame["stat"].tolist() == [high]
    said = ever.frame["method"].iloc[0]
    assert said.count("1.96") == 2
    assert "the trial's own range of it (−1.96 to 1.96) is not used" in said


def test_the_own_range_is_not_said_where_it_is_the_page_s() -> None:
    run = a_run(
        _of_igf(A1LO=-2.0, A1HI=2.0), arms=dict.fromkeys("ABCDE", "Test") | {"R": "Reference"},
        roles={"igf1_sds": "IGFSDS"},
    )  # fmt: skip
    assert "own range" not in igf.igf1_sds_high(run).frame["method"].iloc[0]


def test_flags_alone_that_rest_on_another_limit_are_counted() -> None:
    table = _of_igf().assign(ANRIND=lambda frame: np.where(frame["AVAL"] > 1.9, "HIGH", "NORMAL"))
    table = table.drop(columns=["A1LO", "A1HI"])
    run = a_run(
        table, arms=dict.fromkeys("ABCDE", "Test") | {"R": "Reference"},
        roles={"igf1_sds": "IGFSDS"},
    )  # fmt: skip
    said = igf.igf1_sds_high(run).frame["method"].iloc[0]
    # A and B are flagged high at 2 and below; E is low by the limit and was not flagged.
    assert "range of it is not used: by it three records lie on another side" in said


def test_without_the_score_the_laboratory_s_range_of_igf1_stands() -> None:
    run = a_run(_of_igf(**OWN), arms=dict.fromkeys("ABCDE", "Test") | {"R": "Reference"}, roles={})
    sides = measurements.measurements(run).records
    sides = sides[sides["PHASE"] == measurements.ON_TREATMENT].groupby("PARAMCD")["SIDE"]
    assert {name: (own == "High").sum() for name, own in sides} == {"IGF1": 3, "IGFSDS": 3}


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ("IGF-I (ng/mL)", True),
        ("Insulin-like Growth Factor-1 (nmol/L)", True),
        ("IGF1 (ug/L)", True),
        ("IGF-1 z-score", False),
        ("IGFBP-3 (mg/L)", False),
        ("Insulin-like growth factor 1 binding protein", False),
        ("IGF-II (ng/mL)", False),
        ("Insulin (pmol/L)", False),
    ],
)
def test_which_label_is_the_concentration_of_igf1(label: str, found: bool) -> None:
    assert bool(IGF1.search(label)) == found


def test_thyroid_worked_by_hand() -> None:
    # Free T4 with limits 11 to 22, TSH with 0.5 to 5.
    table = pd.concat(
        [
            records(
                "FT4", "Free T4 (pmol/L)",
                [("A", 1, 12), ("A", 90, 10), ("B", 1, 10), ("B", 90, 10), ("C", 90, 10)],
                A1LO=11.0, A1HI=22.0,
            ),
            records(
                "TSH", "TSH (mIU/L)", [("A", 90, 2), ("B", 90, 9), ("D", 90, 0.1)],
                A1LO=0.5, A1HI=5.0,
            ),
        ],
        ignore_index=True,
    )  # fmt: skip
    run = a_run(
        table,
        arms=dict.fromkeys("ABCD", "Test"),
        roles={"tsh": "TSH", "free_t4": "FT4"},
        single=True,
    )
    assert cells(thyroid.thyroid(run), "Test") == {
        ("Free T4 (pmol/L)", "low on treatment", ""): 3,
        ("Free T4 (pmol/L)", "low on treatment, new", ""): 2,  # A; C without a baseline
        ("Free T4 (pmol/L)", thyroid.CENTRAL, ""): 1,  # A; B's TSH is high, C has none
        ("TSH (mIU/L)", "high on treatment", ""): 1,
        ("TSH (mIU/L)", "high on treatment, new", ""): 1,
        ("TSH (mIU/L)", "low on treatment", ""): 1,
        ("TSH (mIU/L)", "low on treatment, new", ""): 1,
    }


# What a trial does not declare -------------------------------------------------------------------

SECTIONS = [
    glycaemia.glycaemia_shift,
    hepatic.hepatic,
    igf.igf1_sds,
    thyroid.thyroid,
    immunogenicity.antibodies_by_visit,
    abnormal.marked_abnormalities,
]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_what_is_not_declared_has_no_section(section: Any) -> None:
    table = records("K", "Potassium (mmol/L)", [("A", 30, 4.0)])
    with pytest.raises(NoSection, match=r"trial.yml of 'worked' names no measurement"):
        section(a_run(table, arms={"A": "Test"}, roles={}))


def test_a_role_that_no_record_has_is_a_mistake() -> None:
    table = records("K", "Potassium (mmol/L)", [("A", 30, 4.0)])
    with pytest.raises(UserError, match=r"safety.roles.hba1c of trial.yml names PARAMCD 'A1C'"):
        glycaemia.glycaemia_shift(a_run(table, arms={"A": "Test"}, roles={"hba1c": "A1C"}))


EVERY = [
    *SECTIONS,
    summaries.measurements_by_visit,
    summaries.measurements_baseline_and_last,
    shifts.shift_to_worst,
    shifts.shift_to_worst_of_others,
    shifts.shift_by_visit,
    abnormal.new_abnormalities,
    listings.abnormal_values,
    listings.serious_events,
    listings.withdrawals,
    listings.deaths,
    summaries.records_left_out,
]


@pytest.mark.parametrize(
    "without",
    ["ADY ADT", "AVISIT", "ABLFL PARAM", "A1LO A1HI", "rows", "values", "many"],
)
def test_a_table_that_lacks_something_gives_results_or_a_sentence(without: str) -> None:
    table = records("ALT", "ALT (U/L)", ALT, A1LO=10.0, A1HI=40.0)
    table = table.drop(columns=[name for name in without.split() if name in table])
    table = {"rows": table.iloc[:0], "many": table.iloc[:1]}.get(without, table)
    table = table.assign(AVAL=np.nan) if without == "values" else table
    roles = {} if without == "rows" else {"alt": "ALT"}
    run = a_run(table, arms={"A": "Test", "B": "Test", "X": "Reference"}, roles=roles)
    for section in EVERY:
        found = section.rows(run)
        assert len(found), section.__name__
        if (found.frame["context"] == "not estimable").all():
            assert len(found.text("reason").split()) > 3


def test_days_follow_from_dates_where_the_table_has_none() -> None:
    table = records("ALT", "ALT (U/L)", ALT, A1LO=10.0, A1HI=40.0)
    whole = cells(shifts.shift_to_worst(alt_run(table)), "Test")
    assert cells(shifts.shift_to_worst(alt_run(table.drop(columns="ADY"))), "Test") == whole
    # Without the flag, the baseline is the last record up to day 1.
    assert cells(shifts.shift_to_worst(alt_run(table.drop(columns="ABLFL"))), "Test") == whole


# Listings that a trial's plan allows -------------------------------------------------------------


def hostile_run(names: dict[str, str], *, identifiers: bool = False) -> SafetyRun:
    adae = pd.DataFrame(
        {
            "USUBJID": [names["p"], names["q"], names["p"]],
            "AESER": ["Y", "Y", "N"],
            "AEDECOD": ['<script>alert("x")</script>', '=HYPERLINK("a")', "Headache"],
            "AETERM": ["said the neighbour of Mr Smith", "", ""],
            "ASTDY": [20.0, 10.0, 5.0],
            "AEACN": ["DRUG WITHDRAWN", "", ""],
            "AEOUT": ["FATAL", "", ""],
        }
    )
    arms = {names[key]: arm for key, arm in (("p", "Test"), ("q", "Test"), ("r", "Reference"))}
    table = records("K", "Potassium (mmol/L)", [(names["p"], 30, 4.0)])
    return a_run(table, arms=arms, roles={}, adae=adae, identifiers=identifiers)


def test_numbers_of_a_listing_cannot_be_traced() -> None:
    first = hostile_run({"p": "01-001", "q": "01-002", "r": "01-003"})
    other = hostile_run({"p": "09-777", "q": "02-111", "r": "00-000"})
    for section in (listings.serious_events, listings.withdrawals, listings.deaths):
        pd.testing.assert_frame_equal(section(first).frame, section(other).frame)
    serious = listings.serious_events(first)
    assert serious.wide()["first.day"].tolist() == ["10", "20"]
    assert "neighbour" not in serious.frame.to_csv()


def test_identifiers_are_shown_where_the_plan_says_so() -> None:
    run = hostile_run({"p": "01-001", "q": "01-002", "r": "01-003"}, identifiers=True)
    assert set(listings.serious_events(run).frame["variable"]) == {"01-001", "01-002"}
    assert listings.deaths(run).text("term") == '<script>alert("x")</script>'
    assert set(listings.withdrawals(run).frame["group1_level"]) == {"Test"}


def test_a_listing_without_rows_says_so() -> None:
    table = records("K", "Potassium (mmol/L)", [("A", 30, 4.0)])
    found = listings.serious_events(a_run(table, arms={"A": "Test"}, roles={}))
    assert found.text("n") == "0"


def test_a_long_listing_is_cut_and_says_how_long_it_was() -> None:
    rows = [(f"S{number:03d}", 30, 41 + number) for number in range(130)]
    table = records("ALT", "ALT (U/L)", rows, A1LO=10.0, A1HI=40.0)
    run = a_run(table, arms={name: "Test" for name, *_ in rows}, roles={}, single=True)
    found = listings.abnormal_values(run)
    values = found.select(stat_name="value").frame["stat"]
    assert (len(values), values.min()) == (100, 71)
    assert "130 such values; listed are the 100 furthest" in found.frame["method"].iloc[0]


# What a number opens -----------------------------------------------------------------------------


def opened(results: Results, **row: str) -> list[int]:
    """Return the records of the laboratory table that the n of a table row opens, from 1."""
    [place] = results.select(stat_name="n", **row).frame.to_dict("records")
    counted = results.counted_in(place, ["n"])
    assert counted is not None
    where = places([counted])
    return where.loc[where["dataset"] == "adlb", "record"].to_list()


def test_a_shift_opens_the_record_at_baseline_and_the_one_that_is_worst() -> None:
    limits = {"A1LO": 1.0, "A1HI": 2.0}
    own = [("A", 1, 1.5), ("A", 30, 2.5), ("A", 60, 0.5), ("A", 90, 1.5), ("B", 30, 1.5)]
    run = a_run(
        records("TSH", "TSH (mIU/L)", own, **limits),
        arms={"A": "Test", "B": "Test", "C": "Test", "R": "Reference"},
        roles={"tsh": "TSH"},
    )
    found = shifts.shift_to_worst(run).select(group1_level="Test")
    highest, lowest = (f"TSH (mIU/L), {words}" for words in (shifts.HIGHEST, shifts.LOWEST))
    cell = {"variable_level": "Normal"}
    assert opened(found, variable=highest, group2_level="High", **cell) == [1, 2]
    assert opened(found, variable=lowest, group2_level="Low", **cell) == [1, 3]
    assert opened(found, variable=lowest, group2_level="High", **cell) == []
    missing = {"variable": highest, "variable_level": "Missing"}
    assert opened(found, group2_level="Normal", **missing) == [5], "B has no baseline"
    assert opened(found, group2_level="Missing", **missing) == [], "C has no record at all"


def test_a_category_of_glycaemia_opens_the_values_that_put_somebody_there() -> None:
    own = [("A", 1, 90.0), ("A", 30, 130.0), ("A", 60, 110.0), ("B", 1, 90.0), ("B", 30, 95.0)]
    run = a_run(
        records("GLUC", "Glucose (mg/dL)", own),
        arms={"A": "Test", "B": "Test", "R": "Reference"},
        roles={"fasting_glucose": "GLUC"},
    )
    shift = glycaemia.glycaemia_shift(run).select(group1_level="Test", variable_level="Below")
    assert opened(shift, group2_level=glycaemia.DIABETES) == [1, 2]
    assert opened(shift, group2_level=glycaemia.BELOW) == [4, 5]
    new = glycaemia.emergent_glycaemia(run).select(group1_level="Test")
    assert opened(new, variable_level="Diabetes range, treatment-emergent") == [1, 2]
    assert opened(new, variable_level="Prediabetes range, treatment-emergent") == []


def test_a_quadrant_opens_the_peaks() -> None:
    limits = {"A1LO": 0.0, "A1HI": 10.0}
    table = pd.concat(
        [
            records("ALT", "ALT (U/L)", [("A", 30, 20.0), ("A", 60, 40.0)], **limits),
            records("BILI", "Bilirubin (mg/dL)", [("A", 30, 25.0), ("A", 60, 5.0)], **limits),
        ],
        ignore_index=True,
    )
    run = a_run(
        table,
        arms={"A": "Test", "B": "Test", "R": "Reference"},
        roles={"alt": "ALT", "bilirubin": "BILI"},
    )
    found = hepatic.hepatic_quadrants(run).select(group1_level="Test")
    assert opened(found, variable=hepatic.HY) == [2, 3]
    assert opened(found, variable=hepatic.INCOMPLETE) == []


def test_emergent_antibodies_open_the_positive_results_and_their_baseline() -> None:
    own = [("A", 1, "NEGATIVE"), ("A", 30, "POSITIVE"), ("A", 60, "NEGATIVE"),
           ("B", 1, "NEGATIVE"), ("B", 30, "NEGATIVE"), ("C", 30, "POSITIVE")]  # fmt: skip
    table = records("ADA", "Anti-GH antibodies", own)
    run = a_run(
        table.rename(columns={"AVAL": "AVALC"}).assign(AVAL=np.nan),
        arms=dict.fromkeys("ABC", "Test") | {"R": "Reference"},
        roles={"antibodies": "ADA"},
    )
    found = immunogenicity.emergent_antibodies(run).select(group1_level="Test")
    assert opened(found, variable=immunogenicity.EMERGENT) == [1, 2]
    assert opened(found, variable=immunogenicity.UNKNOWN) == [6]
    assert found.text("N", variable=immunogenicity.EMERGENT) == "2"

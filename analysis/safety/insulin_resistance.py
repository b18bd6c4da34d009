"""Insulin resistance: HOMA-IR of fasting glucose and insulin taken at one visit on one day."""

import pandas as pd

from analysis.errors import NoSection, UserError
from analysis.numbers import level
from analysis.results import Results, section
from analysis.safety.measurements import RULE, VISIT_RULE, measurements
from analysis.safety.roles import need_roles
from analysis.safety.settings import SafetyRun
from analysis.safety.summaries import summarised, summary_table
from analysis.safety.units import INSULIN_PMOL, FloatArray, convert
from analysis.words import numbered

ROLES = ("fasting_glucose", "insulin")
NAME = "HOMA-IR"
NORMALISING = 22.5
"""Product of the glucose (4.5 mmol/L) and the insulin (5 mIU/L) whose index is 1."""
DECIMALS = 1
PAIR = ["USUBJID", "AVISIT", "DAY"]
"""What a glucose and an insulin must share to be of one blood sample's occasion."""
CAUTION = (
    "an index of a fasting state, not a diagnosis; no limit is drawn, since none is stated for "
    "children by the sources read"
)


def homa_ir(
    glucose: pd.Series, insulin: pd.Series, *, glucose_unit: str, insulin_unit: str
) -> FloatArray:
    """Return HOMA-IR: fasting glucose (mmol/L) × fasting insulin (mIU/L) / 22.5.

    Parameters
    ----------
    glucose, insulin
        Fasting values of one occasion each.
    glucose_unit
        mmol/L or mg/dL.
    insulin_unit
        mIU/L (the same as µIU/mL) or pmol/L, of which 6.0 are 1 mIU.

    Raises
    ------
    UserError
        If a unit is not one of these; it is never guessed.

    References
    ----------
    Matthews DR et al. (1985). Homeostasis model assessment. Diabetologia 28, 412, in the linear
    form that is widely reprinted.

    Examples
    --------
    >>> glucose, insulin = pd.Series([88.0, 96.0]), pd.Series([4.5, 10.0])
    >>> homa_ir(glucose, insulin, glucose_unit="mg/dL", insulin_unit="uIU/mL").round(2)
    array([0.98, 2.37])
    """
    molar = convert(glucose, unit=glucose_unit, wanted="glucose in mmol/L")
    active = convert(insulin, unit=insulin_unit, wanted="insulin in mIU/L")
    return molar * active / NORMALISING


def paired(run: SafetyRun) -> tuple[pd.DataFrame, int]:
    """Return HOMA-IR at each visit, one row a participant, and how many values have no partner.

    Raises
    ------
    NoSection
        If the trial does not name both fasting glucose and insulin.
    UserError
        If a measurement has several labels, such as the time points of a tolerance test, or a
        unit is not known.
    """
    codes = need_roles(run, *ROLES)
    if missing := [role.replace("_", " ") for role in ROLES if role not in codes]:
        raise NoSection(f"trial.yml of '{run.trial.plan.id}' names no {missing[0]}")
    glucose, insulin = (_filed(run, role, codes[role]) for role in ROLES)
    both = glucose.merge(insulin, on=PAIR, suffixes=("", "_insulin"), validate="one_to_one")
    if both.empty:
        raise UserError("no participant has fasting glucose and insulin of one visit and day")
    both["AVAL"] = homa_ir(
        both["AVAL"],
        both["AVAL_insulin"],
        glucose_unit=both["UNIT"].iloc[0],
        insulin_unit=both["UNIT_insulin"].iloc[0],
    )
    alone = len(glucose) + len(insulin) - 2 * len(both)
    found = both.sort_values("DAY", kind="stable").drop_duplicates(
        ["USUBJID", "AVISIT"], keep="last"
    )
    return _with_change(found.assign(PARAM=NAME, UNIT="", DECIMALS=DECIMALS)), alone


def _filed(run: SafetyRun, role: str, code: str) -> pd.DataFrame:
    """Return the records of a role that are filed under a visit, with their day, one a day."""
    records = measurements(run).records
    own = records[
        (records["PARAMCD"] == code) & (records["KIND"] == "laboratory") & records["FILED"]
    ]
    if own["PARAM"].nunique() > 1:
        raise UserError(
            f"safety.roles.{role} is recorded as {'; '.join(sorted(set(own['PARAM'])))}; HOMA-IR "
            "takes the fasting value alone; give it a PARAMCD of its own"
        )
    # The date, and the study day where there is none; without either no day is the same.
    day = own["ADT"].astype("datetime64[ns]").dt.strftime("%Y-%m-%d").fillna("")
    own = own.assign(DAY=day.where(day != "", own["ADY"].map(lambda number: f"day {number:g}")))
    own = own[own["ADT"].notna() | own["ADY"].notna()]
    return own.drop_duplicates(PAIR, keep="last")


def _with_change(found: pd.DataFrame) -> pd.DataFrame:
    """Add the change from the index at baseline."""
    base = found[found["AVISIT"] == "Baseline"].set_index("USUBJID")["AVAL"]
    change = found["AVAL"] - found["USUBJID"].astype(str).map(base)
    return found.assign(CHG=change.mask(found["AVISIT"] == "Baseline"))


@section
def insulin_resistance(run: SafetyRun) -> Results:
    """Return HOMA-IR by visit and arm, with its change from baseline.

    Notes
    -----
    Only of the measurements that the plan names fasting glucose and insulin, and only where both
    are of one visit and one day. No share above a limit is given: limits differ between
    populations and methods of measurement.
    """
    found, alone = paired(run)
    units = (
        f"HOMA-IR = fasting glucose (mmol/L) × fasting insulin (mIU/L) / {NORMALISING:g} "
        f"(Matthews 1985); 1 mIU of insulin is {INSULIN_PMOL:.1f} pmol"
    )
    left_out = (
        f". Without a partner of the same visit and day: {numbered(alone, 'value')}"
        if alone
        else ""
    )
    return run.results(
        summarised(found, conf_level=run.conf_level),
        "insulin-resistance",
        group1="arm",
        method=f"{units}; both of one visit and day; {CAUTION}. {VISIT_RULE}. {RULE}. t interval "
        f"of the mean, level {level(run.conf_level)}{left_out}",
    )


insulin_resistance.shows(summary_table(title="Insulin resistance (HOMA-IR) by visit"))

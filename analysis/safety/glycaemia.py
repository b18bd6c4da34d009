"""Glycaemia: categories at baseline and worst on treatment, and what emerged."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.numbers import fixed
from analysis.results import COUNTED, PLACE, Counted, Results, section
from analysis.safety import measurements as lab
from analysis.safety.incidence import count_results, findings
from analysis.safety.measurements import BASELINE, MISSING, ON_TREATMENT
from analysis.safety.roles import need_roles
from analysis.safety.settings import SafetyRun
from analysis.safety.shifts import shift_table, shifted
from analysis.safety.tables import finding_table, population_table, view
from analysis.safety.units import FloatArray, convert, plain
from analysis.thresholds import at_least, at_most

BELOW, PREDIABETES, DIABETES = "Below", "Prediabetes range", "Diabetes range"
CATEGORIES = (BELOW, PREDIABETES, DIABETES, MISSING)
RANK = {BELOW: 0, PREDIABETES: 1, DIABETES: 2}
PREDIABETES_FROM = {"fasting_glucose": 100.0, "hba1c": 5.7}
"""Where the prediabetes range begins: mg/dL and % (American Diabetes Association, Standards of
Care: Diabetes Care 2021; 44, suppl. 1, S15, table 2.5). Random glucose has no such range."""
NAMES = {
    "fasting_glucose": "Fasting glucose",
    "random_glucose": "Random glucose",
    "hba1c": "HbA1c",
}
"""Roles → what they are called."""
ANY = "Any of them"
CAUTION = "one value is a category, not a diagnosis, which takes a second abnormal test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where the ranges of one measurement begin.

    Parameters
    ----------
    prediabetes
        mg/dL, or % for HbA1c; None where the measurement has no such range.
    diabetes
        In the same unit; a value at it counts.
    unit
        mg/dL or %.
    """

    prediabetes: float | None
    diabetes: float
    unit: str


def thresholds(run: SafetyRun, role: str) -> Thresholds:
    """Return the ranges of a measurement with the parameters of the run.

    Raises
    ------
    UserError
        If the parameter leaves no room for the prediabetes range.
    """
    start, end = PREDIABETES_FROM.get(role), float(getattr(run.parameters, role))
    unit = "%" if role == "hba1c" else "mg/dL"
    if start is not None and at_most(end, start):
        raise UserError(
            f"{role} must be above {start:g} {unit}, where the prediabetes range begins; "
            f"got {end:g}"
        )
    return Thresholds(prediabetes=start, diabetes=end, unit=unit)


OTHERWISE = {
    "mmol/l": ("glucose in mmol/L", "mmol/L", 1),
    "mmol/mol": ("HbA1c in mmol/mol", "mmol/mol", 0),
}
"""Unit of the data that is not that of the thresholds → what is wanted, unit, decimals."""


def limit_words(limit: float, *, stated: str, recorded: str) -> str:
    """Return a limit with its unit, and in the unit of the data where that is another.

    Parameters
    ----------
    limit
        In the unit `stated`: mg/dL or %.
    stated, recorded
        Unit of the limit, and of the data as written; "" where nothing is recorded.

    Examples
    --------
    >>> limit_words(126, stated="mg/dL", recorded="mmol/L")
    '126 mg/dL (7.0 mmol/L)'
    >>> [limit_words(6.5, stated="%", recorded=unit) for unit in ("mmol/mol", "%")]
    ['6.5 % (48 mmol/mol)', '6.5 %']
    """
    said = f"{limit:g} {stated}"
    if plain(recorded) not in OTHERWISE:
        return said
    wanted, unit, places = OTHERWISE[plain(recorded)]
    (value,) = convert([limit], unit=stated, wanted=wanted)
    return f"{said} ({fixed(float(value), places)} {unit})"


def comparable(values: pd.Series, *, role: str, unit: str) -> FloatArray:
    """Return values of a role of `NAMES` in the unit of the thresholds: mg/dL, or % for HbA1c.

    Notes
    -----
    Glucose converted from mmol/L is rounded to whole mg/dL, halves up: the criteria are stated in
    whole mg/dL beside their mmol/L, and only so do both agree (11.1 mmol/L is 199.98 mg/dL, and
    is the criterion of 200). HbA1c is not rounded: 47 mmol/mol (6.452 %) lies below the
    criterion, 48 (6.543 %) meets it. Values that need no conversion are used as they are.
    """
    if role == "hba1c":
        return convert(values, unit=unit, wanted="HbA1c in %")
    converted = convert(values, unit=unit, wanted="glucose in mg/dL")
    if plain(unit) == "mg/dl":
        return converted
    return np.asarray(np.floor(converted + 0.5), dtype=np.float64)


def categories(values: FloatArray, limits: Thresholds) -> np.ndarray:
    """Return the category of each value, in the unit of the thresholds; at a limit is in the range.

    References
    ----------
    American Diabetes Association (2021). Standards of medical care in diabetes. Diabetes Care 44
    (suppl. 1), S15, tables 2.2 and 2.5: diabetes from 126 and 200 mg/dL and 6.5 % on (≥),
    prediabetes from 100 mg/dL and 5.7 % on.

    Examples
    --------
    >>> fasting = Thresholds(prediabetes=100, diabetes=126, unit="mg/dL")
    >>> [str(word) for word in categories(np.array([99.0, 100.0, 125.0, 126.0]), fasting)]
    ['Below', 'Prediabetes range', 'Prediabetes range', 'Diabetes range']
    """
    start = np.inf if limits.prediabetes is None else limits.prediabetes
    return np.select(
        [at_least(values, limits.diabetes), at_least(values, start)],
        [DIABETES, PREDIABETES],
        default=BELOW,
    )


@lru_cache(maxsize=4)
def worst_records(run: SafetyRun) -> pd.DataFrame:
    """Return the record with the worst category of each participant at baseline and on treatment.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID, PARAM, PHASE, CATEGORY`` and `PLACE`; ``PARAM`` is each measurement, and `ANY`
        where there are several.

    Raises
    ------
    NoSection
        If the trial names neither glucose nor HbA1c.
    """
    codes = need_roles(run, *NAMES)
    records = lab.of_roles(run, codes, BASELINE, ON_TREATMENT)
    parts = []
    for role, code in codes.items():
        at = np.flatnonzero(records["PARAMCD"] == code)
        # One PARAM a code in a checked table; its unit is that of all its records.
        unit = str(records["UNIT"].iloc[at[0]]) if len(at) else ""
        value = comparable(records["AVAL"].iloc[at], role=role, unit=unit)
        word = categories(value, thresholds(run, role))
        parts.append(pd.DataFrame({"at": at, "CATEGORY": word, "PARAM": NAMES[role]}))
    if len(codes) > 1:
        parts.append(pd.concat(parts).assign(PARAM=ANY))
    found = pd.concat(parts)
    rank = found["CATEGORY"].map(RANK).to_numpy(dtype=np.int8)
    found = found.iloc[np.argsort(rank, kind="stable")]
    named = {name: found[name].array for name in ("PARAM", "CATEGORY")}
    worst = records[["USUBJID", "PHASE", *PLACE]].take(found["at"]).assign(**named)
    worst = worst.drop_duplicates(["PARAM", "USUBJID", "PHASE"], keep="last")
    return worst.astype({"PHASE": object})[["USUBJID", "PARAM", "PHASE", "CATEGORY", *PLACE]]


def classified(worst: pd.DataFrame) -> pd.DataFrame:
    """Return the categories of `worst_records`, one row a participant and measurement.

    Returns
    -------
    pandas.DataFrame
        ``PARAM, USUBJID, FROM, TO``; a participant without a value before or on treatment is
        Missing there.
    """
    wide = worst.pivot(index=["PARAM", "USUBJID"], columns="PHASE", values="CATEGORY")
    wide = wide.reindex(columns=[BASELINE, ON_TREATMENT]).fillna(MISSING).reset_index()
    names = {BASELINE: "FROM", ON_TREATMENT: "TO"}
    return wide.rename(columns=names).rename_axis(columns=None)


@section
def glycaemia_shift(run: SafetyRun) -> Results:
    """Return the shift from the category at baseline to the worst on treatment, arm by arm.

    Notes
    -----
    Per cent of all participants of the arm; without a value they are Missing.

    References
    ----------
    FDA (2022). Standard Safety Tables and Figures: Integrated Guide. American Diabetes
    Association (2021). Standards of medical care in diabetes. Diabetes Care 44 (suppl. 1), S15.
    """
    worst = worst_records(run)
    worst = worst.assign(ROW=worst["PARAM"])
    rows = worst[["ROW", "PARAM"]].drop_duplicates()
    before, now = (
        worst[worst["PHASE"] == phase].rename(columns={"CATEGORY": name})
        for phase, name in ((BASELINE, "FROM"), (ON_TREATMENT, "TO"))
    )
    before = before.drop(columns="ROW")
    rule = f"{_limits(run)}; per cent of all participants of the arm; {CAUTION}. {lab.RULE}"
    return count_results(
        run,
        shifted(run, before, now, rows, levels=CATEGORIES),
        "glycaemia-shift",
        group2="worst on treatment",
        rule=rule,
        compared=False,
    )


glycaemia_shift.shows(view(shift_table, "Glycaemia: shift from baseline to worst on treatment"))


@section
def emergent_glycaemia(run: SafetyRun) -> Results:
    """Return participants whose worst category on treatment is worse than that at baseline.

    Notes
    -----
    Looked at: those with a value at baseline and on treatment. Those without a baseline have
    their own row, of those with a value on treatment: what they had before is not known.
    """
    worst = worst_records(run)
    found = classified(worst)
    found = found[found["TO"] != MISSING]
    if found.empty:
        raise UserError("no participant has a value of glycaemia on treatment")
    known = found["FROM"] != MISSING
    worse = known & (found["TO"].map(RANK) > found["FROM"].map(RANK))
    words = {name: f"{name}, treatment-emergent" for name in (DIABETES, PREDIABETES)}
    unknown = f"{DIABETES}, baseline missing"
    new = found[worse].assign(LEVEL=found["TO"].map(words))
    blind = found[~known & (found["TO"] == DIABETES)].assign(LEVEL=unknown)
    looked_at = pd.concat(
        [found[known].assign(LEVEL=word) for word in words.values()]
        + [found[~known].assign(LEVEL=unknown)]
    )
    names = [name for name in (*NAMES.values(), ANY) if name in set(found["PARAM"].unique())]
    by = ["PARAM", "LEVEL"]
    levels = pd.MultiIndex.from_product([names, [*words.values(), unknown]], names=by)
    wanted = levels.to_frame(index=False)
    random = (wanted["PARAM"] == NAMES["random_glucose"]) & (wanted["LEVEL"] == words[PREDIABETES])
    emergent = pd.concat([new, blind]).merge(worst, on=["PARAM", "USUBJID"])
    counted = findings(run, emergent, looked_at, wanted[~random], by)
    # Nobody without a baseline: no row about them.
    blind_rows = counted["LEVEL"] == unknown
    counted = counted[~blind_rows | (counted.groupby(by)["N"].transform("sum") > 0)]
    rule = f"{_limits(run)}; {CAUTION}. {lab.RULE}"
    return count_results(run, counted, "glycaemia-emergent", rule=rule)


EMERGENT = "Glycaemia: treatment-emergent categories"
emergent_glycaemia.shows(
    view(finding_table, EMERGENT, {"variable_level": "Worst on treatment"}, groups="variable")
)


def _limits(run: SafetyRun) -> str:
    """Return the thresholds in words."""
    parts = []
    for role in need_roles(run, *NAMES):
        start, end = _limit_words(run, role)
        kind = f"{PREDIABETES.lower()} from {start}, " if start else ""
        parts.append(f"{NAMES[role]}: {kind}{DIABETES.lower()} from {end}")
    if len(parts) > 1:
        parts.append(f"{ANY[0].lower()}{ANY[1:]}: the worst of whichever were measured")
    return "; ".join(parts)


def _limit_words(run: SafetyRun, role: str) -> tuple[str, str]:
    """Return where the two ranges of a measurement begin; "" of one that has no first range."""
    limits, recorded = thresholds(run, role), _recorded(run, role)
    unit = str(recorded["UNIT"].iloc[0]) if len(recorded) else ""
    start, end = (
        limit_words(limit, stated=limits.unit, recorded=unit) if limit is not None else ""
        for limit in (limits.prediabetes, limits.diabetes)
    )
    return start, end


def _recorded(run: SafetyRun, role: str) -> pd.DataFrame:
    """Return the laboratory records of a role, none where the plan does not name it."""
    records, code = lab.measurements(run).records, getattr(run.plan.roles, role)
    return records[(records["PARAMCD"] == code) & (records["KIND"] == "laboratory")]


@section
def glycaemia_tests(run: SafetyRun) -> Results:
    """Return which measurements of glycaemia the trial has, their units and their thresholds."""
    codes = need_roles(run, *NAMES)
    rows = []
    for role, name in NAMES.items():
        code, limits, own = codes.get(role, ""), thresholds(run, role), _recorded(run, role)
        before, during = (own[own["PHASE"] == phase] for phase in (BASELINE, ON_TREATMENT))
        start, end = _limit_words(run, role)
        rows.append({
            "variable": name,
            "code": code or "not recorded",
            "recorded.words": str(own["PARAM"].iloc[0]) if len(own) else "not recorded",
            "unit.words": str(own["UNIT"].iloc[0]) if len(own) else "",
            "prediabetes": limits.prediabetes, "diabetes": limits.diabetes,
            "prediabetes.words": start, "diabetes.words": end,
            "unit": limits.unit, "decimals": 1 if role == "hba1c" else 0,
            "n.baseline": before["USUBJID"].nunique() if code else None,
            f"{COUNTED}:n.baseline": Counted.all(before),
            "n.on.treatment": during["USUBJID"].nunique() if code else None,
            f"{COUNTED}:n.on.treatment": Counted.all(during),
        })  # fmt: skip
    return run.results(
        pd.DataFrame(rows),
        "glycaemia-tests",
        dataset=run.laboratory_source,
        method="1 mmol/L of glucose is 18.016 mg/dL; converted glucose is rounded to whole mg/dL, "
        "in which the criteria are stated. HbA1c in mmol/mol: % = 0.09148 · mmol/mol + 2.152. A "
        "value at a limit is in the range that begins there (≥), as the American Diabetes "
        "Association's Standards of Care (2021) word the criteria",
    )


TESTS = {
    "Recorded as": "{recorded.words}",
    "With baseline": "{n.baseline}", "On treatment": "{n.on.treatment}",
    "Prediabetes range from": "{prediabetes.words}", "Diabetes range from": "{diabetes.words}",
}  # fmt: skip
CELLS = " Numbers of participants; limits with their units, in the unit of the data in brackets."
MEASURED = "Glycaemia: what was measured"
glycaemia_tests.shows(view(population_table, MEASURED, {"variable": "Measurement"}, TESTS, CELLS))

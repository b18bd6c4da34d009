"""The laboratory and vital-sign records of a safety run, each with its phase and its side."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from analysis import exact
from analysis.brief import brief
from analysis.errors import NoSection
from analysis.results import PLACE, placed, recorded_decimals
from analysis.results.counted import RECORD
from analysis.safety.igf_limit import IGF1_BY_SDS, one_limit
from analysis.safety.population import participant_names, positions_of, safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.treated import time_treated
from analysis.safety.units import unit_of, with_unit
from analysis.sources.trial.columns import as_text, each_once, normal_limits
from analysis.sources.trial.records import outside_window
from analysis.thresholds import above, below

AFTER_LAST_DOSE = 30
"""Days after the last dose in which a record still counts as on treatment."""
BASELINE, ON_TREATMENT, BEFORE, AFTER = "baseline", "on treatment", "before treatment", "later"
LOW, NORMAL, HIGH, MISSING = "Low", "Normal", "High", "Missing"
SIDES = {"L": LOW, "N": NORMAL, "H": HIGH}
"""First letter of ANRIND (L, LOW, LL; N, NORMAL; H, HIGH, HH) → side. ABNORMAL takes none."""
CLOSE = 1e-6
"""Values that differ by less, relative to their size, are written otherwise and not different."""

RULE = (
    f"On treatment: after day 1 and up to {AFTER_LAST_DOSE} days after the last dose, scheduled "
    "or not; a record without a day counts as on treatment"
)
VISIT_RULE = (
    "By visit: records filed under a visit, within its window where the plan gives one, the last "
    "of several; no derived records"
)


@brief
@dataclass(frozen=True, eq=False)
class Measurements:
    """The numeric records of the participants of a run.

    Parameters
    ----------
    records
        One row per record: ``dataset, record, KIND, USUBJID, arm, PARAMCD, PARAM, UNIT, DECIMALS,
        AVISIT, ORDER, ADY, ADT, AVAL, BASE, CHG, LOW, HIGH, SIDE, BASESIDE, PHASE, outside,
        FILED, base_record, measured``. `SIDE` is Low, Normal, High, or "" where neither flag nor
        limits say; `BASESIDE` has Missing too. ``base_record`` is the record that has the baseline,
        missing where none has; ``measured`` is a number of the participant and the measurement.
    left_out
        ``dataset``, ``reason`` and ``n`` of what is not among the records or not on treatment.
    """

    records: pd.DataFrame
    left_out: pd.DataFrame

    def phase(self, *phases: str) -> pd.DataFrame:
        """Return the records of some phases; most sections ask for the same."""
        if phases not in self._of_phases:
            self._of_phases[phases] = self.records[self.records["PHASE"].isin(phases)]
        return self._of_phases[phases]

    @cached_property
    def _of_phases(self) -> dict[tuple[str, ...], pd.DataFrame]:
        return {}

    @cached_property
    def by_visit(self) -> pd.DataFrame:
        """One record per participant, measurement and visit, baseline among them."""
        return _last(self.records[self.records["FILED"]], ["measured", "AVISIT"])

    @cached_property
    def last_on_treatment(self) -> pd.DataFrame:
        """The last record on treatment of each participant and measurement."""
        return _last(self.phase(ON_TREATMENT), ["measured"])


def _last(records: pd.DataFrame, of_each: list[str]) -> pd.DataFrame:
    """Return the last record of each, in the order in which they stand."""
    last = records[["ADY", *of_each]].reset_index(drop=True)
    last = last.sort_values("ADY", kind="stable", na_position="first")
    return records.take(np.sort(last.drop_duplicates(of_each, keep="last").index))


@lru_cache(maxsize=8)
def measurements(run: SafetyRun) -> Measurements:
    """Return all numeric laboratory and vital-sign records of a run.

    Raises
    ------
    NoSection
        If the plan names no laboratory table and no vital signs.
    UserError
        If a table is missing, or has no USUBJID, PARAMCD or AVAL.

    Notes
    -----
    Not among them: derived records (DTYPE), records without a value, and antibody results,
    which are words. Each is counted. The analysis flag is not used: what it marks differs
    between trials (in the CDISC pilot, the most extreme value), and the worst value on
    treatment must be looked for among all records.
    """
    vital_signs = [run.plan.vital_signs] if run.plan.vital_signs else []
    named = [("laboratory", name.lower()) for name in run.plan.laboratory]
    named += [("vital signs", name.lower()) for name in vital_signs]
    if not named:
        raise NoSection(f"trial.yml of '{run.trial.plan.id}' names no laboratory or vital signs")
    parts = [_read(run, kind, name) for kind, name in named]
    records = pd.concat([records for records, _ in parts], ignore_index=True)
    who = safety_population(run).positions(records["USUBJID"])
    what, names = pd.factorize(records["PARAM"])
    records["measured"] = who * max(len(names), 1) + what
    # Of few words each, and asked for by nearly every section: compared as numbers.
    records = records.astype(dict.fromkeys(["KIND", "PARAMCD", "PHASE"], "category"))
    return Measurements(records, pd.concat([out for _, out in parts], ignore_index=True))


def _read(run: SafetyRun, kind: str, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = placed(run.table(name, "USUBJID", "PARAMCD", "AVAL"), name)
    table = table.assign(outside=outside_window(table, run.trial.plan))
    position, population = positions_of(run, name), safety_population(run)
    if not (inside := position >= 0).all():
        table, position = table[inside], position[inside]
    # Participants as categories: a million identifiers are compared as numbers.
    who = pd.Categorical.from_codes(position, participant_names(population))
    own = table.assign(USUBJID=who, arm=population.subjects["arm"].array.take(position))
    own = own[own["PARAMCD"] != run.plan.roles.antibodies]
    derived = own["DTYPE"] != "" if "DTYPE" in own else pd.Series(False, index=own.index)
    empty = own["AVAL"].isna() & ~derived
    records = _described(run, kind, own[~derived & ~empty])
    unsided = (records["SIDE"] == "") & (kind == "laboratory")
    left_out = {
        "derived (DTYPE)": derived.sum(),
        "without a value": empty.sum(),
        f"later than {AFTER_LAST_DOSE} days after the last dose": (records["PHASE"] == AFTER).sum(),
        "without day": records["ADY"].isna().sum(),
        "outside the window of its visit, not by visit": (
            records["outside"] & records["PHASE"].isin([ON_TREATMENT, AFTER])
        ).sum(),
        "BASE or BNRIND is not that of the baseline record, which counts": records["OTHER"].sum(),
        "without flag and limits": (unsided & records["FLAGGED"]).sum(),
        IGF1_BY_SDS: (unsided & ~records["FLAGGED"]).sum(),
    }
    rows = [(name, reason, int(n)) for reason, n in left_out.items() if n]
    return records, pd.DataFrame(rows, columns=["dataset", "reason", "n"])


def _described(run: SafetyRun, kind: str, own: pd.DataFrame) -> pd.DataFrame:
    records = pd.DataFrame(
        {
            "KIND": kind,
            **{column: own[column] for column in (*PLACE, "USUBJID", "arm", "PARAMCD")},
            "AVAL": _number(own, "AVAL"),
            "PARAM": _label(own),
            "AVISIT": text_of(own, "AVISIT"),
        },
        index=own.index,
    )
    records["ADT"] = own.get("ADT", pd.Series(pd.NaT, index=own.index))
    records[["ADY", "PHASE"]] = _day_and_phase(run, own, records["PARAM"])
    at = records["PHASE"] == BASELINE
    # A visit of its own for the baseline, whatever it is called.
    records["AVISIT"] = records["AVISIT"].mask(at, "Baseline")
    records["outside"] = own["outside"]
    records["FILED"] = at | (
        ~own["outside"] & (records["AVISIT"] != "") & records["PHASE"].isin([ON_TREATMENT, AFTER])
    )
    records["ORDER"] = own.get("AVISITN", records["ADY"]).mask(at, -np.inf)
    units = records.drop_duplicates("PARAM").set_index("PARAM")["PARAMCD"]
    names = own["PARAM"] if "PARAM" in own else own["PARAMCD"]
    # Named as a category, a measurement is looked up by its number.
    by_name = records["PARAM"].astype("category")
    written, stored = (each.groupby(by_name).first() for each in (names, text_of(own, "AVALU")))
    unit = {
        name: unit_of(run.trial.plan, code, str(written[name]), str(stored[name]))
        for name, code in units.items()
    }
    decimals = {name: recorded_decimals(own) for name, own in records["AVAL"].groupby(by_name)}
    records["UNIT"] = each_once(records["PARAM"], unit.__getitem__)
    records["DECIMALS"] = by_name.map(decimals).astype(int)
    titled = {name: with_unit(name, of) for name, of in unit.items()}
    if len(set(titled.values())) == len(titled):
        records["PARAM"] = each_once(records["PARAM"], titled.__getitem__)
    records["LOW"], records["HIGH"] = _limits(own)
    records = one_limit(run, records)
    records["SIDE"] = _side(records, own)
    return _with_baseline(records, own)


def _label(own: pd.DataFrame) -> pd.Series:
    """Return a name for each measurement of its own: one participant has one of it at a time.

    PARAM, with the code where two share a name, the time point where it is measured at several,
    and the type of baseline where the same values are put to several.
    """
    code, name = own["PARAMCD"].astype(str), text_of(own, "PARAM")
    label = name.where(name != "", code)
    pairs = pd.DataFrame({"label": label, "code": code}).drop_duplicates()
    shared = label.isin(pairs.loc[pairs.duplicated("label"), "label"])
    if shared.any():
        label = label.where(~shared, label + ", " + code)
    if "ATPT" in own:
        point = text_of(own, "ATPT").str.lower()
        label = label.where(point == "", label + ", " + point)
    if "BASETYPE" not in own:
        return label
    kind = text_of(own, "BASETYPE")
    kinds = kind.where(kind != "").groupby([own["USUBJID"], label]).transform("nunique")
    several = (kinds > 1).groupby(label).transform("any") & (kind != "")
    return label.where(~several, label + ", baseline: " + kind.str.lower())


def _day_and_phase(run: SafetyRun, own: pd.DataFrame, label: pd.Series) -> pd.DataFrame:
    """Return the study day and the phase of each record, ``ADY`` and ``PHASE``."""
    subjects, treated = safety_population(run).subjects, time_treated(run).recorded
    nothing = pd.Series(np.nan, index=own.index)
    days = own.get("ADY", nothing)
    # The day of the last dose that was recorded; none of those who go on.
    place = safety_population(run).positions(own["USUBJID"])
    last = pd.Series(treated.to_numpy(dtype=float)[place], index=own.index)
    since = days - last
    if "ADT" in own and "TRTSDT" in subjects:
        first = pd.Series(subjects["TRTSDT"].to_numpy()[place], index=own.index)
        by_date = (own["ADT"] - first).dt.days + 1
        days, since = days.fillna(by_date), (by_date - last).fillna(since)
    late = since > AFTER_LAST_DOSE
    flag = run.trial.plan.records.baseline
    if flag in own and (own[flag] == "Y").any():
        at = own[flag] == "Y"
    else:  # The last record before or on the first day.
        early = own.assign(day=days, label=label)[days <= 1].sort_values("day", kind="stable")
        at = own.index.isin(early.drop_duplicates(["USUBJID", "label"], keep="last").index)
    phase = np.select([at, days <= 1, late], [BASELINE, BEFORE, AFTER], default=ON_TREATMENT)
    return pd.DataFrame({"ADY": days, "PHASE": phase}, index=own.index)


def _limits(own: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    if limits := normal_limits(own):
        return own[limits[0]], own[limits[1]]
    nothing = pd.Series(np.nan, index=own.index)
    return nothing, nothing


def _side(records: pd.DataFrame, own: pd.DataFrame) -> pd.Series:
    """Return the side of the limits: what ANRIND says, where it counts, else what they say."""
    flag = _sides(own, "ANRIND").where(records["FLAGGED"])
    return flag.fillna(_side_of(records["AVAL"], records))


def _side_of(value: pd.Series, records: pd.DataFrame) -> pd.Series:
    """Return the side of the limits of the records on which a value lies; "" without limits."""
    low, high = records["LOW"], records["HIGH"]
    known = (low.notna() | high.notna()) & value.notna()
    derived = np.select(
        [below(value, low), above(value, high), known], [LOW, HIGH, NORMAL], default=""
    )
    return pd.Series(derived, index=records.index)


def _sides(own: pd.DataFrame, name: str) -> pd.Series:
    """Return the side that an indicator names; missing where it names none."""
    return each_once(text_of(own, name), lambda text: SIDES.get(text.upper()[:1]))


def _number(own: pd.DataFrame, name: str) -> pd.Series:
    """Return a variable as numbers, missing throughout where the table has none."""
    nothing = pd.Series(np.nan, index=own.index)
    return pd.to_numeric(own.get(name, nothing), errors="coerce").astype(float)


def _close(given: pd.Series, derived: pd.Series) -> pd.Series:
    return (given - derived).abs() <= CLOSE * np.maximum(derived.abs(), 1)


def text_of(own: pd.DataFrame, name: str) -> pd.Series:
    """Return a variable as text, empty throughout where the table has none."""
    return as_text(own[name]) if name in own else pd.Series("", index=own.index, dtype=str)


def _with_baseline(records: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Add BASE, CHG and BASESIDE: those of the baseline record, where there is one, and which.

    What the table says of them is derived from that record, and stands only without it; ``OTHER``
    is whether it says something else.
    """
    who, what = (pd.factorize(records[name])[0] for name in ("USUBJID", "PARAM"))
    key = pd.Series(who * (what.max(initial=0) + 1) + what, index=records.index)
    at = records[records["PHASE"] == BASELINE].sort_values("ADY", kind="stable")
    last = key[at.index].drop_duplicates(keep="last")
    place = pd.Index(last).get_indexer(key)
    base, side, records["base_record"] = (
        pd.Series(at.loc[last.index, name].array.take(place, allow_fill=True), index=records.index)
        for name in ("AVAL", "SIDE", RECORD)
    )
    given, noted = _number(own, "BASE"), _sides(own, "BNRIND")
    noted = noted.where(records["FLAGGED"], _side_of(given, records).replace("", np.nan))
    differs = given.notna() & base.notna() & ~_close(given, base)
    records["OTHER"] = differs | (noted.notna() & side.isin(SIDES.values()) & (noted != side))
    # What agrees is taken as it was written, unless the difference is one of decimals.
    records["BASE"] = given.where(base.isna() | _close(given, base), base)
    change, given = exact.difference(records["AVAL"], records["BASE"]), _number(own, "CHG")
    noisy, change = np.isnan(exact.places_of(change)), pd.Series(change, index=records.index)
    change = given.where(change.isna() | (noisy & _close(given, change)), change)
    records["CHG"] = change.mask(records["PHASE"] == BASELINE)
    side = side.where(side.isin(SIDES.values()), noted)
    records["BASESIDE"] = side.fillna("").replace("", MISSING)
    return records


def of_roles(run: SafetyRun, codes: dict[str, str], *phases: str) -> pd.DataFrame:
    """Return the laboratory records of `need_roles`, those of some phases or one a visit."""
    found = measurements(run)
    records = found.phase(*phases) if phases else found.by_visit
    return records[records["PARAMCD"].isin(codes.values()) & (records["KIND"] == "laboratory")]


def sided(records: pd.DataFrame) -> pd.DataFrame:
    """Return the laboratory records whose side of the limits is known."""
    return records[(records["KIND"] == "laboratory") & (records["SIDE"] != "")]

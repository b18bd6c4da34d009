"""Growth derivations: velocity, height SDS, bone-age advance, IGF-I SDS, and their reconciliation.

Frames in and frames out, with the names of CDISC ADaM; helper columns are in lower case. A row
whose number cannot be given stays, with NaN in ``AVAL`` (or ``CHG``) and the cause in ``reason``,
which is empty everywhere else; `count_reasons` counts them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import UserError, suggestion
from analysis.sources import growth_reference
from analysis.sources.growth_reference import DAYS_PER_MONTH, GrowthReference

__all__ = [
    "DAYS_PER_YEAR",
    "add_months",
    "age_in_months",
    "annualised",
    "bone_age_advance",
    "bone_age_progression",
    "change_from_baseline",
    "change_in_velocity",
    "count_reasons",
    "elapsed_days",
    "height_sds",
    "height_velocity",
    "igf1_sds",
    "pretreatment_velocity",
    "reconcile",
    "to_centimetres",
]

DAYS_PER_YEAR = 365.25
CENTIMETRES = {"cm": 1.0, "m": 100.0, "mm": 0.1, "in": 2.54}
ROUNDING_SLACK = 1e-9
"""So that 9.75 against 9.7 is within a tolerance of 0.05, whatever the binary values say."""

FloatArray = npt.NDArray[np.float64]
DateArray = npt.NDArray[np.datetime64]


def to_centimetres(values: npt.ArrayLike, *, unit: str) -> FloatArray:
    """Convert lengths to centimetres.

    Parameters
    ----------
    values
        Lengths in `unit`.
    unit
        One of ``"cm"``, ``"m"``, ``"mm"``, ``"in"``.

    Returns
    -------
    numpy.ndarray
        Centimetres.

    Raises
    ------
    UserError
        If the unit is another one.

    Examples
    --------
    >>> to_centimetres([50, 51.5], unit="in")
    array([127.  , 130.81])
    """
    if unit not in CENTIMETRES:
        raise UserError(
            f"height unit: must be one of {', '.join(CENTIMETRES)}; got '{unit}'"
            f"{suggestion(unit, CENTIMETRES)}; convert the heights or name their unit"
        )
    return np.asarray(values, dtype=np.float64) * CENTIMETRES[unit]


def elapsed_days(start: npt.ArrayLike, end: npt.ArrayLike) -> FloatArray:
    """Return the exact number of calendar days from `start` to `end`, NaN where one is missing.

    Examples
    --------
    The same two dates a year apart, in a leap year and not.

    >>> elapsed_days(["2024-02-01", "2025-02-01"], ["2025-02-01", "2026-02-01"])
    array([366., 365.])
    """
    first, last = (np.asarray(d, dtype="datetime64[D]") for d in (start, end))
    days = last - first
    return np.where(np.isnat(days), np.nan, days.astype(np.float64))


def annualised(difference: npt.ArrayLike, days: npt.ArrayLike) -> FloatArray:
    """Return a difference over `days` as a rate a year: difference / days * 365.25.

    Parameters
    ----------
    difference
        End minus start, in any unit.
    days
        Exact elapsed days.

    Returns
    -------
    numpy.ndarray
        Units a year; NaN where `days` is not positive.

    Notes
    -----
    The convention of the growth-hormone trials: actual dates, not nominal visits (the VELOCITY
    trial, NCT02339090: difference / days * 365.25).

    Examples
    --------
    >>> annualised([5.0, 5.0], [365, 0])
    array([5.00342466,        nan])
    """
    gain, span = np.broadcast_arrays(np.asarray(difference, float), np.asarray(days, float))
    rate = np.divide(gain, span, out=np.full(gain.shape, np.nan), where=span > 0)
    return np.asarray(rate * DAYS_PER_YEAR, dtype=np.float64)


def add_months(dates: npt.ArrayLike, months: int) -> DateArray:
    """Return the dates `months` calendar months later, or earlier where negative.

    Parameters
    ----------
    dates
        Calendar dates.
    months
        Whole months.

    Returns
    -------
    numpy.ndarray
        Dates; the last day of the month where the month has no such day.

    Examples
    --------
    >>> add_months(["2023-08-31", "2024-01-15"], 6)
    array(['2024-02-29', '2024-07-15'], dtype='datetime64[D]')
    """
    days = np.asarray(dates, dtype="datetime64[D]")
    start = days.astype("datetime64[M]")
    target = start + np.timedelta64(months, "M")
    last_day = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    same_day = target.astype("datetime64[D]") + (days - start.astype("datetime64[D]"))
    return np.asarray(np.minimum(same_day, last_day), dtype="datetime64[D]")


def age_in_months(
    records: pd.DataFrame,
    *,
    source: Literal["BRTHDT", "AGE"],
    age_date: str | None = None,
    completed_years: bool = False,
) -> pd.Series:
    """Return the exact age in months at each record's date.

    Parameters
    ----------
    records
        Frame with ``ADT`` and the columns of the source.
    source
        ``"BRTHDT"``: days from birth / 30.4375. ``"AGE"``: years of age at `age_date`, plus the
        time from there to ``ADT``.
    age_date
        For ``"AGE"``: the column with the date at which that age held, for example ``"TRTSDT"``;
        ``"ADT"`` where ``AGE`` is the age at the record itself.
    completed_years
        For ``"AGE"``: whether it is whole completed years. Then half a year is added, the middle
        of what it may be.

    Returns
    -------
    pandas.Series
        Months, on the index of `records`; NaN where a date or an age is missing.

    Raises
    ------
    UserError
        If a column is missing, or every ``AGE`` is whole and `completed_years` was not said: a
        height SDS from completed years may be off by half a year's growth.

    Examples
    --------
    >>> records = pd.DataFrame({"BRTHDT": ["2015-03-01"], "ADT": ["2024-03-01"]})
    >>> months = age_in_months(records.apply(pd.to_datetime), source="BRTHDT")
    >>> months.round(3).tolist()
    [108.025]
    """
    if source == "BRTHDT":
        days = elapsed_days(_dates(records, "BRTHDT"), _dates(records, "ADT"))
        return pd.Series(days / DAYS_PER_MONTH, index=records.index, name="AGEMOS")
    if age_date is None:
        raise UserError(
            "age source 'AGE': age_date must name the column with the date at which AGE held; "
            "got none; pass age_date='TRTSDT', or 'ADT' if AGE is the age at each record"
        )
    years = _numbers(records, "AGE")
    known = years[np.isfinite(years)]
    if known.size and not completed_years and np.all(known == np.floor(known)):
        raise UserError(
            "column 'AGE': must be the exact age in decimal years, or be declared as completed "
            f"years; got whole numbers only, for example {known[0]:g}; pass "
            "completed_years=True to take the middle of the year, or supply BRTHDT"
        )
    days = elapsed_days(_dates(records, age_date), _dates(records, "ADT"))
    months = 12 * (years + 0.5 * completed_years) + days / DAYS_PER_MONTH
    return pd.Series(months, index=records.index, name="AGEMOS")


def height_velocity(
    heights: pd.DataFrame,
    *,
    from_visit: float,
    to_visit: float,
    minimum_days: float,
    window_days: tuple[float, float] | None,
    paramcd: str = "HV",
    subjects: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Return each subject's annualised height velocity between two visits.

    Parameters
    ----------
    heights
        Heights in cm, one parameter, at most one record per subject and visit: ``USUBJID``,
        ``AVISITN``, ``ADT``, ``AVAL``.
    from_visit, to_visit
        ``AVISITN`` of the two visits.
    minimum_days
        Shortest interval that is annualised: measurement error is multiplied by 365.25 / days.
    window_days
        First and last elapsed day that still count as the visit, both included; None where the
        plan has no visit window.
    paramcd
        ``PARAMCD`` of the result.
    subjects
        Whom to give a row: the population of ADSL. By default every subject of `heights`.

    Returns
    -------
    pandas.DataFrame
        One row a subject: ``USUBJID``, ``PARAMCD``, ``AVISITN`` (of `to_visit`), ``ADT``,
        ``from_date``, ``days``, ``from_value``, ``to_value``, ``AVAL`` (cm a year), ``reason``.

    Raises
    ------
    UserError
        If a column is missing, a subject has two records at a visit, heights are not in cm, or
        more than one parameter is present.

    Notes
    -----
    Velocity = (height at `to_visit` - height at `from_visit`) / exact elapsed days * 365.25. A
    velocity below zero is given as it is: whether a height may fall is a check of the data.

    Examples
    --------
    >>> heights = pd.DataFrame({
    ...     "USUBJID": ["01", "01", "02"],
    ...     "AVISITN": [0, 12, 0],
    ...     "ADT": pd.to_datetime(["2024-01-10", "2025-01-10", "2024-02-01"]),
    ...     "AVAL": [110.0, 119.0, 104.0],
    ... })
    >>> velocity = height_velocity(
    ...     heights, from_visit=0, to_visit=12, minimum_days=182, window_days=(335, 395)
    ... )
    >>> velocity[["USUBJID", "days", "AVAL", "reason"]].round(3).to_dict("records")[0]
    {'USUBJID': '01', 'days': 366.0, 'AVAL': 8.982, 'reason': ''}
    >>> velocity["reason"][1]
    'no height at visit 12'
    """
    _check_heights(heights)
    _check_order("window_days", window_days or (0, 0))
    ids = _subjects(heights, subjects)
    start, end = (_at_visit(heights, visit, ids) for visit in (from_visit, to_visit))
    return _rates(ids, start, end, paramcd, to_visit).pipe(
        _with_reasons,
        [
            ("from_value", f"no height at visit {from_visit:g}"),
            ("to_value", f"no height at visit {to_visit:g}"),
        ],
        minimum_days,
        window_days,
    )


def pretreatment_velocity(
    heights: pd.DataFrame,
    *,
    baseline_visit: float,
    minimum_months: int,
    maximum_months: int,
    preferred_months: int,
    paramcd: str = "HVPRE",
    subjects: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Return each subject's height velocity before treatment, up to the baseline visit.

    Parameters
    ----------
    heights
        As in `height_velocity`, with the heights measured before baseline, at any ``AVISITN``.
    baseline_visit
        ``AVISITN`` of the baseline height.
    minimum_months, maximum_months
        Calendar months before baseline between which the earlier height must lie, both included;
        6 and 18 in the published trials.
    preferred_months
        Of several earlier heights, the one nearest to this many months before baseline is taken;
        of two equally near, the earlier, whose interval is the longer.
    paramcd, subjects
        As in `height_velocity`.

    Returns
    -------
    pandas.DataFrame
        As from `height_velocity`, with the baseline visit as ``AVISITN``.

    Raises
    ------
    UserError
        As in `height_velocity`, or if a subject has two earlier heights on one date.

    Notes
    -----
    The published conventions: an interval of 6 to 18 months in the somatrogon phase 3 trial
    (NCT02968004) and in CERES, 3 to 18 in a somapacitan trial. Months are calendar months
    counted from the earlier height, so that 1 January to 1 July, 181 days, is six of them.

    Examples
    --------
    >>> heights = pd.DataFrame({
    ...     "USUBJID": "01",
    ...     "AVISITN": [-2, -1, 0],
    ...     "ADT": pd.to_datetime(["2022-11-01", "2023-07-01", "2024-01-01"]),
    ...     "AVAL": [104.0, 106.1, 108.0],
    ... })
    >>> velocity = pretreatment_velocity(
    ...     heights, baseline_visit=0, minimum_months=6, maximum_months=18, preferred_months=12
    ... )
    >>> velocity[["days", "from_value", "AVAL"]].round(3).to_dict("records")
    [{'days': 426.0, 'from_value': 104.0, 'AVAL': 3.43}]
    """
    _check_heights(heights)
    _check_order(
        "minimum, preferred and maximum months", (minimum_months, preferred_months, maximum_months)
    )
    ids = _subjects(heights, subjects)
    end = _at_visit(heights, baseline_visit, ids)
    earlier = heights[["USUBJID", "AVISITN", "ADT", "AVAL"]].assign(
        ADT=_dates(heights, "ADT").astype("datetime64[s]"), AVAL=_numbers(heights, "AVAL")
    )
    baseline = earlier["USUBJID"].map(end["ADT"]).to_numpy("datetime64[D]")
    dates = earlier["ADT"].to_numpy("datetime64[D]")
    before = earlier["AVAL"].notna().to_numpy() & (dates < baseline)
    inside = (
        before
        & (add_months(dates, minimum_months) <= baseline)
        & (add_months(dates, maximum_months) >= baseline)
    )
    distance = np.abs(elapsed_days(add_months(dates, preferred_months), baseline))
    candidates = earlier.assign(distance=distance)[inside]
    _refuse_repeats(candidates, ["USUBJID", "ADT"], "earlier height on one date")
    nearest = (
        candidates.sort_values(["distance", "ADT"], kind="stable")
        .drop_duplicates("USUBJID")
        .set_index("USUBJID")[["ADT", "AVAL"]]
        .reindex(ids)
    )
    frame = _rates(ids, nearest, end, paramcd, baseline_visit)
    some_earlier = frame["USUBJID"].isin(earlier["USUBJID"][before]).to_numpy()
    frame["reason"] = _first_reason(
        [
            (frame["to_value"].isna(), f"no height at visit {baseline_visit:g}"),
            (end["ADT"].isna(), "date missing"),
            (~some_earlier, "no height before baseline"),
            (
                frame["from_value"].isna(),
                f"no height {minimum_months} to {maximum_months} months before baseline",
            ),
        ]
    )
    return _blank(frame, "AVAL")


def change_in_velocity(
    on_treatment: pd.DataFrame, pretreatment: pd.DataFrame, *, paramcd: str = "HVCHG"
) -> pd.DataFrame:
    """Return on-treatment minus pre-treatment velocity.

    Parameters
    ----------
    on_treatment, pretreatment
        Results of `height_velocity` and `pretreatment_velocity`.
    paramcd
        ``PARAMCD`` of the result.

    Returns
    -------
    pandas.DataFrame
        One row for each row of `on_treatment`: ``USUBJID``, ``PARAMCD``, ``AVISITN``, ``ADT``,
        ``on_treatment``, ``pretreatment``, ``AVAL`` (cm a year), ``reason``.

    Raises
    ------
    UserError
        If a subject has two pre-treatment rows.

    Examples
    --------
    >>> after = pd.DataFrame({"USUBJID": ["01"], "AVISITN": [12], "ADT": [pd.NaT], "AVAL": [9.7]})
    >>> before = pd.DataFrame({"USUBJID": ["01"], "AVAL": [3.8]})
    >>> change_in_velocity(after.assign(reason=""), before.assign(reason=""))["AVAL"].round(1)[0]
    np.float64(5.9)
    """
    _refuse_repeats(pretreatment, ["USUBJID"], "pre-treatment velocity")
    before = pretreatment.set_index("USUBJID")[["AVAL", "reason"]]
    before = before.reindex(on_treatment["USUBJID"]).reset_index(drop=True)
    frame = on_treatment[["USUBJID", "AVISITN", "ADT"]].reset_index(drop=True)
    frame.insert(1, "PARAMCD", paramcd)
    frame["on_treatment"] = _numbers(on_treatment, "AVAL")
    frame["pretreatment"] = before["AVAL"].to_numpy(np.float64)
    frame["AVAL"] = frame["on_treatment"] - frame["pretreatment"]
    after = on_treatment["reason"].reset_index(drop=True)
    frame["reason"] = np.select(
        [after.ne("").to_numpy(), before["reason"].isna(), before["reason"].ne("").to_numpy()],
        [
            ("on treatment: " + after).to_numpy(object),
            np.array("pre-treatment: no row", dtype=object),
            ("pre-treatment: " + before["reason"]).to_numpy(object),
        ],
        default="",
    )
    return frame


def height_sds(
    heights: pd.DataFrame, *, reference: GrowthReference, paramcd: str = "HTSDS"
) -> pd.DataFrame:
    """Return the standard deviation score of every height on a named reference.

    Parameters
    ----------
    heights
        Heights in the reference's unit: ``USUBJID``, ``AVISITN``, ``ADT``, ``AVAL``, ``SEX``
        (``M`` or ``F``), and ``AGEMOS`` (from `age_in_months`) or else ``BRTHDT``.
    reference
        From `growth_reference.load_reference`.
    paramcd
        ``PARAMCD`` of the result.

    Returns
    -------
    pandas.DataFrame
        One row a height, on the index of `heights`: ``USUBJID``, ``PARAMCD``, ``AVISITN``,
        ``ADT``, ``age_months``, ``value``, ``reference``, ``AVAL`` (SDS), ``reason``.

    Raises
    ------
    UserError
        If a column is missing, heights are not in cm, or more than one parameter is present.

    Notes
    -----
    LMS with linear interpolation at the exact age; see `growth_reference.z_score`. Ages outside
    the table have no score, whatever the height.

    Examples
    --------
    >>> heights = pd.DataFrame({
    ...     "USUBJID": ["01", "02"], "AVISITN": 0, "SEX": "F", "AGEMOS": [120.5, 250.0],
    ...     "ADT": pd.to_datetime("2024-01-10"), "AVAL": [125.0, 150.0],
    ... })
    >>> cdc = growth_reference.load_reference("CDC 2000 stature")
    >>> height_sds(heights, reference=cdc)[["AVAL", "reason"]].round(2).values.tolist()
    [[-2.03, ''], [nan, 'age outside CDC 2000 stature (24 to 240 months)']]
    """
    _check_heights(heights, unit=reference.unit)
    return _scores(heights, reference, paramcd)


def change_from_baseline(records: pd.DataFrame, *, baseline_visit: float) -> pd.DataFrame:
    """Return the records after baseline with ``BASE`` and ``CHG``, for example of a height SDS.

    Parameters
    ----------
    records
        ``USUBJID``, ``PARAMCD``, ``AVISITN``, ``AVAL`` and, where it has one, ``reason``.
    baseline_visit
        ``AVISITN`` of the baseline record; later visits have higher numbers.

    Returns
    -------
    pandas.DataFrame
        The records of later visits, with ``BASE``, ``CHG`` (``AVAL`` - ``BASE``) and the
        ``reason`` why ``CHG`` is missing.

    Raises
    ------
    UserError
        If a column is missing, or a subject has two baseline records of a parameter.

    Examples
    --------
    >>> sds = pd.DataFrame({
    ...     "USUBJID": "01", "PARAMCD": "HTSDS", "AVISITN": [0, 12], "AVAL": [-3.0, -2.5]
    ... })
    >>> change_from_baseline(sds, baseline_visit=0)[["BASE", "CHG", "reason"]].values.tolist()
    [[-3.0, 0.5, '']]
    """
    _require(records, ["USUBJID", "PARAMCD", "AVISITN", "AVAL"])
    key = ["USUBJID", "PARAMCD"]
    cause = records["reason"].fillna("") if "reason" in records else pd.Series("", records.index)
    cause = cause.where(cause.ne(""), "value missing").where(records["AVAL"].isna(), "")
    told = records.assign(reason=cause)
    baseline = told.loc[told["AVISITN"] == baseline_visit, [*key, "AVAL", "reason"]]
    _refuse_repeats(baseline, key, f"record at visit {baseline_visit:g}")
    frame = told[told["AVISITN"] > baseline_visit].merge(
        baseline.rename(columns={"AVAL": "BASE", "reason": "base_reason"}), on=key, how="left"
    )
    base_reason = frame.pop("base_reason").fillna(f"no record at visit {baseline_visit:g}")
    frame["CHG"] = frame["AVAL"] - frame["BASE"]
    frame["reason"] = frame["reason"].where(
        frame["reason"].ne("") | base_reason.eq(""), "baseline: " + base_reason
    )
    return frame


def bone_age_advance(bone_ages: pd.DataFrame, *, paramcd: str = "BAADV") -> pd.DataFrame:
    """Return bone age minus chronological age, in years, at every reading.

    Parameters
    ----------
    bone_ages
        Bone ages in years: ``USUBJID``, ``AVISITN``, ``ADT``, ``AVAL``, and ``AGEMOS`` or else
        ``BRTHDT``. A frame without rows gives one without rows.
    paramcd
        ``PARAMCD`` of the result.

    Returns
    -------
    pandas.DataFrame
        One row a reading, on the index of `bone_ages`: ``USUBJID``, ``PARAMCD``, ``AVISITN``,
        ``ADT``, ``age_months``, ``value`` (bone age), ``AVAL`` (years), ``reason``.

    Examples
    --------
    >>> readings = pd.DataFrame({
    ...     "USUBJID": ["01"], "AVISITN": [0], "AGEMOS": [96.0],
    ...     "ADT": pd.to_datetime(["2024-01-10"]), "AVAL": [6.5],
    ... })
    >>> bone_age_advance(readings)["AVAL"].tolist()
    [-1.5]
    """
    frame = _measured(bone_ages, paramcd)
    frame["AVAL"] = frame["value"] - frame["age_months"] / 12
    frame["reason"] = _first_reason(
        [(frame["value"].isna(), "bone age missing"), (frame["age_months"].isna(), "age missing")]
    )
    return frame


def bone_age_progression(
    bone_ages: pd.DataFrame,
    *,
    from_visit: float,
    to_visit: float,
    minimum_days: float,
    paramcd: str = "BAPROG",
    subjects: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Return years of bone age gained per year of chronological age between two visits.

    Parameters
    ----------
    bone_ages
        Bone ages in years, at most one a subject and visit: ``USUBJID``, ``AVISITN``, ``ADT``,
        ``AVAL``.
    from_visit, to_visit, minimum_days, paramcd, subjects
        As in `height_velocity`.

    Returns
    -------
    pandas.DataFrame
        As from `height_velocity`, ``AVAL`` in years a year.

    Examples
    --------
    >>> readings = pd.DataFrame({
    ...     "USUBJID": "01", "AVISITN": [0, 12],
    ...     "ADT": pd.to_datetime(["2023-01-10", "2024-01-10"]), "AVAL": [6.0, 7.5],
    ... })
    >>> ratio = bone_age_progression(readings, from_visit=0, to_visit=12, minimum_days=300)
    >>> ratio["AVAL"].round(3).tolist()
    [1.501]
    """
    _require(bone_ages, ["USUBJID", "AVISITN", "ADT", "AVAL"])
    _one_parameter(bone_ages)
    ids = _subjects(bone_ages, subjects)
    start, end = (_at_visit(bone_ages, visit, ids) for visit in (from_visit, to_visit))
    return _rates(ids, start, end, paramcd, to_visit).pipe(
        _with_reasons,
        [
            ("from_value", f"no bone age at visit {from_visit:g}"),
            ("to_value", f"no bone age at visit {to_visit:g}"),
        ],
        minimum_days,
        None,
    )


def igf1_sds(
    records: pd.DataFrame,
    *,
    supplied: str,
    measured: str,
    reference: GrowthReference | None,
    paramcd: str = "IGF1SDS",
) -> pd.DataFrame:
    """Return IGF-I SDS: the trial's own where it gives one, or else from a reference.

    Parameters
    ----------
    records
        Laboratory records: ``USUBJID``, ``PARAMCD``, ``AVISITN``, ``ADT``, ``AVAL`` and, for a
        reference, ``SEX`` and ``AGEMOS`` or else ``BRTHDT``.
    supplied
        ``PARAMCD`` of the SDS in `records`, from the laboratory.
    measured
        ``PARAMCD`` of the concentration, in the reference's unit.
    reference
        A reference of the assay in use, from `growth_reference.read_reference`; None where the
        trial has none. IGF-I assays differ, so that none is shipped.
    paramcd
        ``PARAMCD`` of the result.

    Returns
    -------
    pandas.DataFrame
        One row a subject and visit that has either: ``USUBJID``, ``PARAMCD``, ``AVISITN``,
        ``ADT``, ``AVAL``, ``origin`` (``supplied``, ``derived`` or empty), ``reason``.

    Raises
    ------
    UserError
        If a column is missing, or a subject has two records of one parameter at a visit.

    Examples
    --------
    >>> labs = pd.DataFrame({
    ...     "USUBJID": ["01", "02"], "PARAMCD": ["IGFSDS", "IGF1"], "AVISITN": 0,
    ...     "ADT": pd.to_datetime("2024-01-10"), "AVAL": [-1.2, 88.0],
    ... })
    >>> igf1_sds(labs, supplied="IGFSDS", measured="IGF1", reference=None)["reason"].tolist()
    ['', 'no IGF-I reference']
    """
    _require(records, ["USUBJID", "PARAMCD", "AVISITN", "ADT", "AVAL"])
    key = ["USUBJID", "AVISITN"]
    columns = [*key, "ADT", "AVAL"]
    given = records.loc[records["PARAMCD"] == supplied, columns]
    taken = records[records["PARAMCD"] == measured]
    _refuse_repeats(given, key, f"{supplied} record at one visit")
    _refuse_repeats(taken, key, f"{measured} record at one visit")
    if reference is None:
        derived = taken[columns].assign(AVAL=np.nan, reason="no IGF-I reference")
    else:
        derived = _scores(taken, reference, paramcd)[[*columns, "reason"]]
    frame = given.merge(derived, on=key, how="outer", suffixes=("", "_derived"))
    has_given, has_derived = frame["AVAL"].notna(), frame["AVAL_derived"].notna()
    out = frame[key].assign(
        ADT=frame["ADT"].where(has_given, frame["ADT_derived"]).fillna(frame["ADT"]),
        AVAL=frame["AVAL"].fillna(frame["AVAL_derived"]),
        origin=np.select([has_given, has_derived], ["supplied", "derived"], default=""),
        reason=frame["reason"].fillna("IGF-I missing").where(~(has_given | has_derived), ""),
    )
    out.insert(1, "PARAMCD", paramcd)
    return out


def reconcile(
    supplied: pd.DataFrame,
    derived: pd.DataFrame,
    *,
    tolerance: Mapping[str, float],
    keys: Sequence[str] = ("USUBJID", "PARAMCD", "AVISITN"),
) -> pd.DataFrame:
    """Compare a trial's own derived parameters with the ones derived here.

    Parameters
    ----------
    supplied, derived
        Frames with `keys` and ``AVAL``; `derived` may have a ``reason``.
    tolerance
        Largest absolute difference that still agrees, by ``PARAMCD``, in the parameter's unit;
        half a unit of the last printed place where values come rounded. Only these parameters
        are compared.
    keys
        Columns that identify a value, once in each frame.

    Returns
    -------
    pandas.DataFrame
        One row a key in either frame, sorted: keys, ``supplied``, ``derived``, ``difference``
        (supplied - derived), ``tolerance``, ``finding``, ``reason``. Findings: ``agrees``,
        ``differs``, ``supplied only``, ``derived only``, ``neither``.

    Raises
    ------
    UserError
        If a column is missing or a key stands twice in a frame.

    Examples
    --------
    >>> row = {"USUBJID": "01", "PARAMCD": "HV", "AVISITN": 12}
    >>> theirs, ours = pd.DataFrame([row | {"AVAL": 9.7}]), pd.DataFrame([row | {"AVAL": 9.73}])
    >>> reconcile(theirs, ours, tolerance={"HV": 0.05})["finding"].tolist()
    ['agrees']
    """
    key = list(keys)
    sides = []
    for side, frame in (("supplied", supplied), ("derived", derived)):
        _require(frame, list(dict.fromkeys(["USUBJID", "PARAMCD", *key, "AVAL"])))
        chosen = frame[frame["PARAMCD"].isin(list(tolerance))]
        _refuse_repeats(chosen, key, f"{side} value of one key")
        extra = ["reason"] if side == "derived" and "reason" in frame else []
        sides.append(chosen[[*key, "AVAL", *extra]].rename(columns={"AVAL": side}))
    both = sides[0].merge(sides[1], on=key, how="outer", sort=True)
    both["difference"] = both["supplied"] - both["derived"]
    both["tolerance"] = both["PARAMCD"].map(dict(tolerance))
    theirs, ours = both["supplied"].notna(), both["derived"].notna()
    near = both["difference"].abs() <= both["tolerance"] + ROUNDING_SLACK
    both["finding"] = np.select(
        [theirs & ours & near, theirs & ours, theirs, ours],
        ["agrees", "differs", "supplied only", "derived only"],
        default="neither",
    )
    told = both.pop("reason").fillna("") if "reason" in both else ""
    return both.assign(reason=told)


def count_reasons(frame: pd.DataFrame) -> pd.DataFrame:
    """Count why numbers are missing: ``PARAMCD``, ``reason``, ``n``, most frequent first.

    Examples
    --------
    >>> frame = pd.DataFrame({"PARAMCD": "HV", "reason": ["", "no height at visit 12"]})
    >>> count_reasons(frame).values.tolist()
    [['HV', 'no height at visit 12', 1]]
    """
    told = frame.loc[frame["reason"].ne(""), ["PARAMCD", "reason"]]
    counts = told.groupby(["PARAMCD", "reason"], observed=True).size().reset_index(name="n")
    return counts.sort_values(
        ["PARAMCD", "n", "reason"], ascending=[True, False, True], ignore_index=True
    )


def _rates(
    ids: pd.Index, start: pd.DataFrame, end: pd.DataFrame, paramcd: str, visit: float
) -> pd.DataFrame:
    """Return the annualised difference between two frames of one row a subject."""
    days = elapsed_days(start["ADT"].to_numpy(), end["ADT"].to_numpy())
    first, last = start["AVAL"].to_numpy(np.float64), end["AVAL"].to_numpy(np.float64)
    return pd.DataFrame(
        {
            "USUBJID": ids,
            "PARAMCD": paramcd,
            "AVISITN": visit,
            "ADT": end["ADT"].to_numpy(),
            "from_date": start["ADT"].to_numpy(),
            "days": days,
            "from_value": first,
            "to_value": last,
            "AVAL": annualised(last - first, days),
        }
    )


def _with_reasons(
    frame: pd.DataFrame,
    missing: list[tuple[str, str]],
    minimum_days: float,
    window_days: tuple[float, float] | None,
) -> pd.DataFrame:
    days = frame["days"]
    first, last = window_days or (-np.inf, np.inf)
    frame["reason"] = _first_reason(
        [
            *((frame[column].isna(), text) for column, text in missing),
            (days.isna(), "date missing"),
            (days <= 0, "dates out of order"),
            (days < minimum_days, f"interval shorter than {minimum_days:g} days"),
            ((days < first) | (days > last), f"outside the window of {first:g} to {last:g} days"),
        ]
    )
    return _blank(frame, "AVAL")


def _scores(records: pd.DataFrame, reference: GrowthReference, paramcd: str) -> pd.DataFrame:
    frame = _measured(records, paramcd)
    _require(records, ["SEX"])
    frame["reference"] = reference.name
    value, age, sex = frame["value"], frame["age_months"], records["SEX"]
    frame["AVAL"] = growth_reference.z_score(value, sex=sex, age_months=age, reference=reference)
    frame["reason"] = growth_reference.not_estimable(
        value, sex=sex, age_months=age, reference=reference
    )
    return frame


def _measured(records: pd.DataFrame, paramcd: str) -> pd.DataFrame:
    """Return who, when, at what age and what was measured, one row a record."""
    _require(records, ["USUBJID", "AVISITN", "ADT", "AVAL"])
    if "AGEMOS" in records:
        age = _numbers(records, "AGEMOS")
    elif "BRTHDT" in records:
        age = age_in_months(records, source="BRTHDT").to_numpy()
    else:
        raise UserError(
            "growth records: need AGEMOS or BRTHDT for the age at each record; got neither; "
            "merge BRTHDT from ADSL, or assign AGEMOS=age_in_months(records, source='AGE', …)"
        )
    frame = records[["USUBJID", "AVISITN", "ADT"]].copy()
    frame.insert(1, "PARAMCD", paramcd)
    return frame.assign(age_months=age, value=_numbers(records, "AVAL"))


def _check_heights(heights: pd.DataFrame, unit: str = "cm") -> None:
    _require(heights, ["USUBJID", "AVISITN", "ADT", "AVAL"])
    _one_parameter(heights)
    if "AVALU" in heights:
        wrong = heights["AVALU"].dropna().loc[lambda units: units != unit]
        if len(wrong):
            raise UserError(
                f"heights, column 'AVALU': must be {unit}; got '{wrong.iloc[0]}' in {len(wrong)} "
                "row(s); convert the values with to_centimetres"
            )


def _check_order(what: str, bounds: Sequence[float]) -> None:
    if list(bounds) != sorted(bounds) or min(bounds) < 0:
        raise UserError(
            f"{what}: must not be negative and must not decrease; "
            f"got {', '.join(f'{bound:g}' for bound in bounds)}; correct the plan"
        )


def _one_parameter(records: pd.DataFrame) -> None:
    if "PARAMCD" in records and (names := records["PARAMCD"].unique()).size > 1:
        raise UserError(
            f"column 'PARAMCD': must hold one parameter; got {', '.join(map(str, names[:5]))}; "
            "select the one that is meant"
        )


def _at_visit(records: pd.DataFrame, visit: float, ids: pd.Index) -> pd.DataFrame:
    """Return the date and value at one visit, one row for each of `ids`, NaN where none is."""
    rows = records[records["AVISITN"] == visit]
    _refuse_repeats(rows, ["USUBJID"], f"record at visit {visit:g}")
    values = pd.DataFrame(
        {"ADT": _dates(rows, "ADT").astype("datetime64[s]"), "AVAL": _numbers(rows, "AVAL")},
        index=pd.Index(rows["USUBJID"]),
    )
    return values.reindex(ids)


def _subjects(records: pd.DataFrame, subjects: Iterable[str] | None) -> pd.Index:
    ids = records["USUBJID"].unique() if subjects is None else list(subjects)
    index = pd.Index(ids, name="USUBJID")
    if not index.is_unique:
        raise UserError(
            f"subjects: must be listed once each; got '{index[index.duplicated()][0]}' twice; "
            "take them from ADSL"
        )
    return index


def _first_reason(
    rules: list[tuple[pd.Series | npt.NDArray[np.bool_], str]],
) -> npt.NDArray[np.object_]:
    """Return the text of the first rule that holds in each row, or an empty one."""
    return np.select(
        [np.asarray(broken, dtype=bool) for broken, _ in rules],
        [np.array(text, dtype=object) for _, text in rules],
        default="",
    )


def _blank(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Empty the number of every row that has a reason."""
    frame[column] = frame[column].where(frame["reason"].eq(""))
    return frame


def _refuse_repeats(frame: pd.DataFrame, key: list[str], what: str) -> None:
    repeated = frame.loc[frame.duplicated(key), key]
    if len(repeated):
        raise UserError(
            f"subject '{repeated['USUBJID'].iloc[0]}': must have one {what}; got more, as have "
            f"{repeated['USUBJID'].nunique() - 1} other subject(s); select one, for example with "
            "ANL01FL = 'Y'"
        )


def _require(frame: pd.DataFrame, columns: list[str]) -> None:
    for column in columns:
        if column not in frame:
            raise UserError(
                f"column '{column}' is required and missing; got {', '.join(map(str, frame))}"
                f"{suggestion(column, map(str, frame.columns))}"
            )


def _numbers(frame: pd.DataFrame, column: str) -> FloatArray:
    _require(frame, [column])
    try:
        return frame[column].to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise UserError(
            f"column '{column}': must hold numbers; got {frame[column].dtype}; convert it"
        ) from None


def _dates(frame: pd.DataFrame, column: str) -> DateArray:
    _require(frame, [column])
    if not pd.api.types.is_datetime64_dtype(frame[column]):
        raise UserError(
            f"column '{column}': must hold dates without a time zone; got {frame[column].dtype}; "
            "convert it with pandas.to_datetime"
        )
    return frame[column].to_numpy("datetime64[D]")

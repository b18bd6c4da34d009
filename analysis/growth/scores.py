"""SD scores and ages: height SDS, change from baseline, bone age, IGF-I SDS."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis import exact
from analysis.errors import UserError
from analysis.growth.ages import measured
from analysis.growth.frames import (
    at_visit,
    check_measurements,
    first_reason,
    one_parameter,
    refuse_repeats,
    require,
    subject_index,
)
from analysis.growth.velocity import _rates, _with_reasons
from analysis.sources import growth_reference
from analysis.sources.growth_table import GrowthReference


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
        If a column is missing, heights are not in the reference's unit, the reference is of
        another measure, or more than one parameter is present.

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
    return scored(heights, "heights", reference, growth_reference.HEIGHT, paramcd)


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
    require(records, ["USUBJID", "PARAMCD", "AVISITN", "AVAL"])
    key = ["USUBJID", "PARAMCD"]
    cause = records["reason"].fillna("") if "reason" in records else pd.Series("", records.index)
    cause = cause.where(cause.ne(""), "value missing").where(records["AVAL"].isna(), "")
    told = records.assign(reason=cause)
    baseline = told.loc[told["AVISITN"] == baseline_visit, [*key, "AVAL", "reason"]]
    refuse_repeats(baseline, key, f"record at visit {baseline_visit:g}")
    frame = told[told["AVISITN"] > baseline_visit].merge(
        baseline.rename(columns={"AVAL": "BASE", "reason": "base_reason"}), on=key, how="left"
    )
    base_reason = frame.pop("base_reason").fillna(f"no record at visit {baseline_visit:g}")
    frame["CHG"] = exact.difference(frame["AVAL"], frame["BASE"])
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
    frame = measured(bone_ages, paramcd)
    frame["AVAL"] = exact.difference(frame["value"], exact.ratio(frame["age_months"], 12))
    frame["reason"] = first_reason(
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
    require(bone_ages, ["USUBJID", "AVISITN", "ADT", "AVAL"])
    one_parameter(bone_ages)
    ids = subject_index(bone_ages, subjects)
    start, end = (at_visit(bone_ages, visit, ids) for visit in (from_visit, to_visit))
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
    require(records, ["USUBJID", "PARAMCD", "AVISITN", "ADT", "AVAL"])
    key = ["USUBJID", "AVISITN"]
    columns = [*key, "ADT", "AVAL"]
    given = records.loc[records["PARAMCD"] == supplied, columns]
    taken = records[records["PARAMCD"] == measured]
    refuse_repeats(given, key, f"{supplied} record at one visit")
    refuse_repeats(taken, key, f"{measured} record at one visit")
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


def scored(
    records: pd.DataFrame,
    what: str,
    reference: GrowthReference,
    measures: tuple[str, ...],
    paramcd: str,
) -> pd.DataFrame:
    """Return scores on a reference, which must be of one of the measures and in their unit."""
    if reference.measure not in measures:
        raise UserError(
            f"{what}: need a growth reference of {' or '.join(measures)}; got '{reference.name}', "
            f"which is of {reference.measure}"
        )
    check_measurements(records, what, reference.unit)
    return _scores(records, reference, paramcd)


def _scores(records: pd.DataFrame, reference: GrowthReference, paramcd: str) -> pd.DataFrame:
    frame = measured(records, paramcd)
    require(records, ["SEX"])
    frame["reference"] = reference.name
    value, age, sex = frame["value"], frame["age_months"], records["SEX"]
    frame["AVAL"] = growth_reference.z_score(value, sex=sex, age_months=age, reference=reference)
    frame["reason"] = growth_reference.not_estimable(
        value, sex=sex, age_months=age, reference=reference
    )
    return frame

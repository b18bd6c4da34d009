"""Height velocity: on treatment, before treatment, and its change."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.exact import difference
from analysis.growth.frames import (
    at_visit,
    blank,
    check_heights,
    check_order,
    date_array,
    first_reason,
    number_array,
    refuse_repeats,
    subject_index,
)
from analysis.growth.units import add_months, annualised, elapsed_days
from analysis.thresholds import above, below


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
    check_heights(heights)
    check_order("window_days", window_days or (0, 0))
    ids = subject_index(heights, subjects)
    start, end = (at_visit(heights, visit, ids) for visit in (from_visit, to_visit))
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
    check_heights(heights)
    check_order(
        "minimum, preferred and maximum months", (minimum_months, preferred_months, maximum_months)
    )
    ids = subject_index(heights, subjects)
    end = at_visit(heights, baseline_visit, ids)
    earlier = heights[["USUBJID", "AVISITN", "ADT", "AVAL"]].assign(
        ADT=date_array(heights, "ADT").astype("datetime64[s]"), AVAL=number_array(heights, "AVAL")
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
    refuse_repeats(candidates, ["USUBJID", "ADT"], "earlier height on one date")
    nearest = (
        candidates.sort_values(["distance", "ADT"], kind="stable")
        .drop_duplicates("USUBJID")
        .set_index("USUBJID")[["ADT", "AVAL"]]
        .reindex(ids)
    )
    frame = _rates(ids, nearest, end, paramcd, baseline_visit)
    some_earlier = frame["USUBJID"].isin(earlier["USUBJID"][before]).to_numpy()
    frame["reason"] = first_reason(
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
    return blank(frame, "AVAL")


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
    refuse_repeats(pretreatment, ["USUBJID"], "pre-treatment velocity")
    before = pretreatment.set_index("USUBJID")[["AVAL", "reason"]]
    before = before.reindex(on_treatment["USUBJID"]).reset_index(drop=True)
    frame = on_treatment[["USUBJID", "AVISITN", "ADT"]].reset_index(drop=True)
    frame.insert(1, "PARAMCD", paramcd)
    frame["on_treatment"] = number_array(on_treatment, "AVAL")
    frame["pretreatment"] = before["AVAL"].to_numpy(np.float64)
    frame["AVAL"] = difference(frame["on_treatment"], frame["pretreatment"])
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
            "AVAL": annualised(difference(last, first), days),
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
    missed = below(days, first) | above(days, last)
    frame["reason"] = first_reason(
        [
            *((frame[column].isna(), text) for column, text in missing),
            (days.isna(), "date missing"),
            (days <= 0, "dates out of order"),
            (below(days, minimum_days), f"interval shorter than {minimum_days:g} days"),
            (
                missed,
                f"outside the window of {first:g} to {last:g} days",
            ),
        ]
    )
    return blank(frame, "AVAL")

"""Age at each record, from the date of birth or from AGE."""

from typing import Literal

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.growth.frames import date_array, number_array, require
from analysis.growth.units import elapsed_days
from analysis.sources.growth_reference import DAYS_PER_MONTH


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
        days = elapsed_days(date_array(records, "BRTHDT"), date_array(records, "ADT"))
        return pd.Series(days / DAYS_PER_MONTH, index=records.index, name="AGEMOS")
    if age_date is None:
        raise UserError(
            "age source 'AGE': age_date must name the column with the date at which AGE held; "
            "got none; pass age_date='TRTSDT', or 'ADT' if AGE is the age at each record"
        )
    years = number_array(records, "AGE")
    known = years[np.isfinite(years)]
    if known.size and not completed_years and np.all(known == np.floor(known)):
        raise UserError(
            "column 'AGE': must be the exact age in decimal years, or be declared as completed "
            f"years; got whole numbers only, for example {known[0]:g}; pass "
            "completed_years=True to take the middle of the year, or supply BRTHDT"
        )
    days = elapsed_days(date_array(records, age_date), date_array(records, "ADT"))
    months = 12 * (years + 0.5 * completed_years) + days / DAYS_PER_MONTH
    return pd.Series(months, index=records.index, name="AGEMOS")


def measured(records: pd.DataFrame, paramcd: str) -> pd.DataFrame:
    """Return who, when, at what age and what was measured, one row a record."""
    require(records, ["USUBJID", "AVISITN", "ADT", "AVAL"])
    if "AGEMOS" in records:
        age = number_array(records, "AGEMOS")
    elif "BRTHDT" in records:
        age = age_in_months(records, source="BRTHDT").to_numpy()
    else:
        raise UserError(
            "growth records: need AGEMOS or BRTHDT for the age at each record; got neither; "
            "merge BRTHDT from ADSL, or assign AGEMOS=age_in_months(records, source='AGE', …)"
        )
    frame = records[["USUBJID", "AVISITN", "ADT"]].copy()
    frame.insert(1, "PARAMCD", paramcd)
    return frame.assign(age_months=age, value=number_array(records, "AVAL"))

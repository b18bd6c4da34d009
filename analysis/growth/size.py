"""SD scores of weight, body-mass index and height velocity, on references of their own."""

import numpy as np
import pandas as pd

from analysis import exact
from analysis.growth.ages import measured
from analysis.growth.frames import (
    blank,
    check_measurements,
    check_order,
    number_array,
    refuse_repeats,
    require,
)
from analysis.growth.scores import scored
from analysis.growth.units import elapsed_days
from analysis.sources import growth_reference
from analysis.sources.growth_reference import DAYS_PER_MONTH
from analysis.sources.growth_table import GrowthReference
from analysis.thresholds import above, below


def weight_sds(
    weights: pd.DataFrame, *, reference: GrowthReference, paramcd: str = "WTSDS"
) -> pd.DataFrame:
    """Return the standard deviation score of every weight on a named reference.

    Parameters
    ----------
    weights
        As the heights of `height_sds`, in the reference's unit.
    reference, paramcd
        As in `height_sds`; the reference must be of weight.

    Returns
    -------
    pandas.DataFrame
        As from `height_sds`.

    Raises
    ------
    UserError
        As in `height_sds`.

    Examples
    --------
    A boy of the public test data of CDC's program, which gives him -0.2686.

    >>> weights = pd.DataFrame({
    ...     "USUBJID": ["01"], "AVISITN": 0, "SEX": "M", "AGEMOS": 71.5728,
    ...     "ADT": pd.to_datetime("2024-01-10"), "AVAL": 19.86,
    ... })
    >>> cdc = growth_reference.load_reference("CDC 2000 weight")
    >>> weight_sds(weights, reference=cdc)["AVAL"].round(4).tolist()
    [-0.2686]
    """
    return scored(weights, "weights", reference, growth_reference.WEIGHT, paramcd)


def bmi_sds(
    indices: pd.DataFrame, *, reference: GrowthReference, paramcd: str = "BMISDS"
) -> pd.DataFrame:
    """Return the standard deviation score of every body-mass index on a named reference.

    Parameters
    ----------
    indices
        As the heights of `height_sds`, in kg/m²; see `body_mass_index`.
    reference, paramcd
        As in `height_sds`; the reference must be of body-mass index.

    Returns
    -------
    pandas.DataFrame
        As from `height_sds`.

    Raises
    ------
    UserError
        As in `height_sds`.

    Notes
    -----
    LMS throughout, also above the 95th centile, where CDC's charts of 2022 have another
    distribution [1]_: there the scores here are CDC's of 2000, and differ from the extended ones.

    References
    ----------
    .. [1] CDC. Data file for the extended CDC BMI-for-age growth charts.
       https://www.cdc.gov/growthcharts/extended-bmi-data-files.htm

    Examples
    --------
    >>> indices = pd.DataFrame({
    ...     "USUBJID": ["01"], "AVISITN": 0, "SEX": "M", "AGEMOS": 71.5728,
    ...     "ADT": pd.to_datetime("2024-01-10"), "AVAL": 19.86 / 1.192**2,
    ... })
    >>> cdc = growth_reference.load_reference("CDC 2000 BMI")
    >>> bmi_sds(indices, reference=cdc)["AVAL"].round(4).tolist()
    [-1.3565]
    """
    return scored(indices, "body-mass indices", reference, growth_reference.BMI, paramcd)


def body_mass_index(
    weights: pd.DataFrame, heights: pd.DataFrame, *, paramcd: str = "BMI"
) -> pd.DataFrame:
    """Return the body-mass index of every weight with a height at the same visit.

    Parameters
    ----------
    weights, heights
        In kg and cm: ``USUBJID``, ``AVISITN``, ``ADT``, ``AVAL``; at most one height a subject
        and visit.
    paramcd
        ``PARAMCD`` of the result.

    Returns
    -------
    pandas.DataFrame
        The rows of `weights`, with ``AVAL`` in kg/m²; missing without weight or height.

    Raises
    ------
    UserError
        If a column is missing, a unit is another one, or a subject has two heights at a visit.

    Examples
    --------
    >>> weights = pd.DataFrame({
    ...     "USUBJID": ["01"], "AVISITN": 0, "ADT": pd.to_datetime("2024-01-10"), "AVAL": 19.5
    ... })
    >>> body_mass_index(weights, weights.assign(AVAL=107.47))["AVAL"].round(2).tolist()
    [16.88]
    """
    check_measurements(weights, "weights", "kg")
    check_measurements(heights, "heights", "cm")
    key = ["USUBJID", "AVISITN"]
    refuse_repeats(heights, key, "height at one visit")
    known = heights[key].assign(height=number_array(heights, "AVAL"))
    height = weights[key].merge(known, on=key, how="left", validate="many_to_one")["height"]
    metres = np.where(height > 0, height / 100, np.nan)
    index = exact.ratio(number_array(weights, "AVAL"), metres**2)
    return weights.drop(columns="AVALU", errors="ignore").assign(PARAMCD=paramcd, AVAL=index)


def height_velocity_sds(
    velocities: pd.DataFrame,
    *,
    reference: GrowthReference,
    minimum_days: float,
    maximum_days: float,
    paramcd: str = "HVSDS",
) -> pd.DataFrame:
    """Return the standard deviation score of every height velocity on a named reference.

    Parameters
    ----------
    velocities
        Of `height_velocity` or `pretreatment_velocity`: ``USUBJID``, ``AVISITN``, ``ADT``,
        ``from_date`` or ``days``, ``AVAL``, and ``reason`` where it has one; with ``SEX``, and
        ``AGEMOS`` (at ``ADT``) or ``BRTHDT``.
    reference
        From `growth_reference.load_reference`, of height velocity.
    minimum_days, maximum_days
        Shortest and longest interval that is compared. References are of whole-year velocities:
        over less, seasons and errors of measurement spread more; over more, the child changes.
    paramcd
        ``PARAMCD`` of the result.

    Returns
    -------
    pandas.DataFrame
        As from `height_sds`, with ``days``; ``age_months`` is the age in the middle of the
        interval.

    Raises
    ------
    UserError
        If a column is missing, the unit is another one, or the reference is of another measure.

    Notes
    -----
    A velocity belongs to the middle of its interval: a boy of 12 who grew 3 cm in the last year
    is plotted at 11.5 years [1]_. Ages outside the table have no score.

    References
    ----------
    .. [1] Tanner JM, Whitehouse RH, Takaishi M. Standards from birth to maturity for height,
       weight, height velocity, and weight velocity: British children, 1965, part II. Arch Dis
       Child 1966;41:613-635.

    Examples
    --------
    A boy of 96 months, whose last year has its middle at 90: the 5th, 50th and 95th centile
    there are 4.1, 5.8 and 7.5 cm a year.

    >>> velocities = pd.DataFrame({
    ...     "USUBJID": ["01", "02"], "AVISITN": 0, "SEX": "M", "AGEMOS": 96.0, "days": 365.25,
    ...     "ADT": pd.to_datetime("2024-01-10"), "AVAL": [3.75, 9.73],
    ... })
    >>> tanner = growth_reference.load_reference("Tanner height velocity")
    >>> scores = height_velocity_sds(
    ...     velocities, reference=tanner, minimum_days=330, maximum_days=400
    ... )
    >>> scores[["age_months", "AVAL"]].round(2).values.tolist()
    [[90.0, -1.98], [90.0, 3.8]]
    """
    check_order("minimum and maximum days", (minimum_days, maximum_days))
    require(velocities, ["ADT", "AVAL"])
    if "days" in velocities:
        days = number_array(velocities, "days")
    else:
        require(velocities, ["from_date"])
        days = elapsed_days(velocities["from_date"].to_numpy(), velocities["ADT"].to_numpy())
    age = measured(velocities, paramcd)["age_months"] - days / DAYS_PER_MONTH / 2
    frame = scored(
        velocities.assign(AGEMOS=age), "height velocities", reference,
        growth_reference.HEIGHT_VELOCITY, paramcd,
    )  # fmt: skip
    own = velocities["reason"].fillna("").to_numpy() if "reason" in velocities else ""
    interval = np.select(
        [np.isnan(days), below(days, minimum_days), above(days, maximum_days)],
        ["interval unknown", *(f"interval {word} than {limit:g} days" for word, limit in (
            ("shorter", minimum_days), ("longer", maximum_days)))],
        default="",
    )  # fmt: skip
    reasons = frame["reason"]
    for earlier in (interval, own):
        reasons = pd.Series(earlier, frame.index, dtype=str).mask(lambda said: said == "", reasons)
    frame.insert(5, "days", days)
    return blank(frame.assign(reason=reasons), "AVAL")

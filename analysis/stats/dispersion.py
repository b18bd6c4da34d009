"""What a paper prints beside a mean, turned into a standard deviation.

Papers give a standard error, a confidence interval or a p-value where a reader needs a
standard deviation. The formulas are those of the Cochrane Handbook, sections 6.5.2.2 and
6.5.2.3; Student's t is used throughout, as the Handbook asks for small samples.
All functions take numbers or arrays and are undefined (NaN) where an input is.

References
----------
Higgins JPT, Li T, Deeks JJ (editors). Chapter 6: Choosing effect measures and computing
estimates of effect. Cochrane Handbook for Systematic Reviews of Interventions.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.stats.laws import t_isf

HANDBOOK = "Cochrane Handbook, section {}"
FROM_SE = HANDBOOK.format("6.5.2.2")
FROM_DIFFERENCE = HANDBOOK.format("6.5.2.3")

Floats = NDArray[np.float64]


def sd_from_se(se: ArrayLike, n: ArrayLike) -> Floats:
    """Return the standard deviation of n values whose mean has the standard error `se`.

    Parameters
    ----------
    se
        Standard error of a mean, in the unit of the values.
    n
        Number of participants.

    Examples
    --------
    >>> float(sd_from_se(0.2, 25))
    1.0
    """
    return np.asarray(se, float) * np.sqrt(np.asarray(n, float))


def t_quantile(level: ArrayLike, df: ArrayLike, *, sides: ArrayLike = 2) -> Floats:
    """Return the t quantile that an interval of this level reaches from its centre.

    Parameters
    ----------
    level
        Confidence level, for example 0.95.
    df
        Degrees of freedom.
    sides
        2 for a two-sided interval, 1 for a single bound.
    """
    tail = (1 - np.asarray(level, float)) / np.asarray(sides, float)
    return np.asarray(t_isf(tail, np.asarray(df, float)), float)


def se_from_interval(
    half_width: ArrayLike, df: ArrayLike, *, level: ArrayLike, sides: ArrayLike = 2
) -> Floats:
    """Return the standard error behind a t interval of the given half-width.

    Parameters
    ----------
    half_width
        Half the distance between the limits, or from the estimate to the one bound.
    df
        Degrees of freedom of the interval.
    level
        Confidence level.
    sides
        2 for a two-sided interval, 1 for a single bound.

    Examples
    --------
    The Handbook's n of 25 and interval of 30.0 to 34.2, which give the SD 5.09.

    >>> round(float(sd_from_se(se_from_interval((34.2 - 30.0) / 2, 24, level=0.95), 25)), 2)
    5.09
    """
    return np.asarray(half_width, float) / t_quantile(level, df, sides=sides)


def se_from_p(difference: ArrayLike, p_value: ArrayLike, df: ArrayLike) -> Floats:
    """Return the standard error of a difference whose two-sided t test gave `p_value`.

    Parameters
    ----------
    difference
        Difference of two means.
    p_value
        Two-sided p-value, above 0 and below 1.
    df
        Degrees of freedom of the test.

    Examples
    --------
    The Handbook's difference of 3.8 with p 0.008 in groups of 25 and 22, which gives SE 1.37.

    >>> round(float(se_from_p(3.8, 0.008, 45)), 2)
    1.37
    """
    t = t_isf(np.asarray(p_value, float) / 2, np.asarray(df, float))
    return np.abs(np.asarray(difference, float)) / t


def sd_from_difference(se: ArrayLike, n: ArrayLike, n_reference: ArrayLike) -> Floats:
    """Return the standard deviation that two groups share, from the SE of their difference.

    Parameters
    ----------
    se
        Standard error of the difference of the two means.
    n, n_reference
        Participants in each group.

    Examples
    --------
    As in `se_from_p`; the Handbook gives 4.69, from an SE rounded to 1.37.

    >>> round(float(sd_from_difference(1.37, 25, 22)), 2)
    4.69
    """
    return np.asarray(se, float) / np.sqrt(
        1 / np.asarray(n, float) + 1 / np.asarray(n_reference, float)
    )


def pooled_sd(
    sd: ArrayLike, n: ArrayLike, sd_reference: ArrayLike, n_reference: ArrayLike
) -> Floats:
    """Return the pooled standard deviation of two groups.

    Parameters
    ----------
    sd, sd_reference
        Standard deviation in each group.
    n, n_reference
        Participants in each group, 2 or more.

    Examples
    --------
    >>> round(float(pooled_sd(3.0, 11, 4.0, 11)) ** 2, 9)
    12.5
    """
    a, b = np.asarray(n, float) - 1, np.asarray(n_reference, float) - 1
    variance = (a * np.square(sd) + b * np.square(sd_reference)) / (a + b)
    return np.sqrt(variance)


def with_interval(summaries: pd.DataFrame, *, conf_level: float) -> pd.DataFrame:
    """Add the t interval of each mean: ``conf_low`` and ``conf_high``, missing without SD or n.

    Parameters
    ----------
    summaries
        Frame with ``n``, ``mean`` and ``sd``.
    conf_level
        Between 0 and 1.
    """
    enough = summaries["n"].where(summaries["n"] > 1)
    margin = t_quantile(conf_level, enough - 1) * summaries["sd"] / np.sqrt(enough)
    return summaries.assign(
        conf_low=summaries["mean"] - margin, conf_high=summaries["mean"] + margin
    )

"""The columns of an interval: an estimate under the names of the vocabulary."""

from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.exact import as_floats
from analysis.numbers import level as level_words
from analysis.thresholds import above, below

INTERVAL = ("estimate", "std.error", "parameter", "conf.low", "conf.high")
"""The statistics of an interval."""
LIMITS = ("estimate", "conf.low", "conf.high")
"""The statistics of an interval without a standard error, such as that of a share."""
TESTED = (*INTERVAL, "p.value")
"""The same with the test of no difference."""
DISAGREES = "p.disagrees"
"""Where the test and the interval disagree; a row with both has it without being asked."""
ATTRIBUTES = {
    "std.error": "std_error",
    "parameter": "df",
    "conf.low": "lower",
    "conf.high": "upper",
    "p.value": "p_value",
}
"""Statistic → attribute of an estimate, where it is called otherwise."""


def interval_columns(found: Any, *names: str) -> dict[str, Any]:
    """Return an estimate with its interval under the names of the vocabulary.

    Parameters
    ----------
    found
        A difference, a pooled estimate, a model's contrast, or a frame of such.
    names
        The statistics wanted; `INTERVAL` where none is named.

    Returns
    -------
    dict
        Statistic → value. With ``p.value`` comes `DISAGREES`, "" where the p-value and the
        interval say the same of no difference.

    Examples
    --------
    >>> from analysis.stats.differences import difference_from_estimate
    >>> found = difference_from_estimate(0.5, 0.25, df=10, level=0.95)
    >>> interval_columns(found, "estimate", "std.error")
    {'estimate': 0.5, 'std.error': 0.25}
    """
    given = {name: getattr(found, ATTRIBUTES.get(name, name)) for name in names or INTERVAL}
    if "p.value" not in given:
        return given
    null = getattr(found, "null", 0.0)
    said = disagreement(found.lower, found.upper, found.p_value, level=found.level, null=null)
    return given | {DISAGREES: said}


def disagreement(
    lower: float | None, upper: float | None, p: float | None, *, level: float, null: float = 0.0
) -> str:
    r"""Say that a p-value and the interval beside it disagree on no difference; else "".

    Parameters
    ----------
    lower, upper
        Limits, on the scale of `null`.
    p
        Two-sided p-value of no difference.
    level
        Confidence level of the interval: its test is at one minus it.
    null
        No difference: 0, of a ratio 1.

    Examples
    --------
    >>> disagreement(0.01, 0.4, 0.07, level=0.95)
    'p is not below 0.05 although the 95\u202f% interval excludes no difference'
    >>> disagreement(-0.01, 0.4, 0.04, level=0.95)
    'p is below 0.05 although the 95\u202f% interval includes no difference'
    >>> disagreement(-0.01, 0.4, 0.07, level=0.95), disagreement(None, None, 0.04, level=0.95)
    ('', '')
    """
    given = (as_floats(np.array([each], dtype=object)) for each in (lower, upper, p))
    return str(disagreements(*given, level=level, null=null)[0])


def disagreements(
    lower: npt.ArrayLike, upper: npt.ArrayLike, p: npt.ArrayLike, *, level: float, null: float = 0.0
) -> npt.NDArray[np.object_]:
    """Return the `disagreement` of each of many intervals and p-values."""
    lower, upper, p = (as_floats(each) for each in (lower, upper, p))
    known = ~(np.isnan(lower) | np.isnan(upper) | np.isnan(p))
    excluded, small = above(lower, null) | below(upper, null), below(p, 1 - level)
    words = [
        f"p is {of_p} {1 - level:.4g} although the {level_words(level)} interval {of_interval} no "
        "difference"
        for of_p, of_interval in (("not below", "excludes"), ("below", "includes"))
    ]
    said = np.array(words, dtype=object)[small.astype(int)]
    said[~known | (excluded == small)] = ""
    return np.asarray(said)

"""The columns of an interval: an estimate under the names of the vocabulary."""

from typing import Any

INTERVAL = ("estimate", "std.error", "parameter", "conf.low", "conf.high")
"""The statistics of an interval."""
LIMITS = ("estimate", "conf.low", "conf.high")
"""The statistics of an interval without a standard error, such as that of a share."""
TESTED = (*INTERVAL, "p.value")
"""The same with the test of no difference."""
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

    Examples
    --------
    >>> from analysis.stats.differences import difference_from_estimate
    >>> found = difference_from_estimate(0.5, 0.25, df=10, level=0.95)
    >>> interval_columns(found, "estimate", "std.error")
    {'estimate': 0.5, 'std.error': 0.25}
    """
    return {name: getattr(found, ATTRIBUTES.get(name, name)) for name in names or INTERVAL}

"""Is a number above a limit? The one place where derived numbers are compared with limits.

A derived number that is the limit in decimals is seldom so in binary: 2.1 is three times 0.7, and
2.1 / 0.7 is 3.0000000000000004. A number that differs from a limit in the tenth digit or later is
at it: nothing that is recorded is as fine as that. Whether "at" counts is the name of the
function, and never left to the last bit.
"""

import numpy as np
import numpy.typing as npt

from analysis.exact import as_floats

CLOSE = 1e-10
"""Relative difference up to which a number is at a limit; far above what arithmetic loses, also
where large values are subtracted, and far below what is recorded."""

Flags = npt.NDArray[np.bool_]


def at(values: npt.ArrayLike, limit: npt.ArrayLike) -> Flags:
    """Say which values are at a limit; a missing value is nowhere.

    Examples
    --------
    >>> at([2.1 / 0.7, 3.001, None], 3).tolist()
    [True, False, False]
    """
    return np.asarray(np.isclose(as_floats(values), as_floats(limit), rtol=CLOSE, atol=0.0))


def above(values: npt.ArrayLike, limit: npt.ArrayLike) -> Flags:
    """Say which values are greater than a limit.

    Examples
    --------
    >>> above([2.1 / 0.7, 3.001, None], 3).tolist()
    [False, True, False]
    """
    return np.asarray(as_floats(values) > as_floats(limit)) & ~at(values, limit)


def at_least(values: npt.ArrayLike, limit: npt.ArrayLike) -> Flags:
    """Say which values are a limit or greater.

    Examples
    --------
    >>> at_least([-2.5 - -2.8, 0.29, None], 0.3).tolist()
    [True, False, False]
    """
    return np.asarray(as_floats(values) > as_floats(limit)) | at(values, limit)


def below(values: npt.ArrayLike, limit: npt.ArrayLike) -> Flags:
    """Say which values are less than a limit.

    Examples
    --------
    >>> below([0.1 + 0.2, 0.29], 0.3).tolist()
    [False, True]
    """
    return above(limit, values)


def at_most(values: npt.ArrayLike, limit: npt.ArrayLike) -> Flags:
    """Say which values are a limit or less.

    Examples
    --------
    >>> at_most([0.1 + 0.2, 0.31], 0.3).tolist()
    [True, False]
    """
    return at_least(limit, values)


def within(values: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> Flags:
    """Say which values lie between two limits, both included.

    Examples
    --------
    >>> within([0.1 + 0.2, 0.5, 0.6], 0.3, 0.5).tolist()
    [True, True, False]
    """
    return at_least(values, low) & at_most(values, high)

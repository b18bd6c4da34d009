"""How precisely values were recorded, which decides how many decimals are shown."""

import math

import numpy as np
import numpy.typing as npt


def recorded_decimals(values: npt.ArrayLike) -> int:
    """Return how many decimals values were recorded with.

    Parameters
    ----------
    values
        Recorded values; missing ones are passed over.

    Returns
    -------
    int
        Their decimals. Values with more than two were calculated, not read off: they count as
        recorded to two significant figures of their median size, three decimals at most.

    Examples
    --------
    >>> recorded_decimals([4.0, 7.5]), recorded_decimals([8.8746, 9.7021]), recorded_decimals([])
    (1, 1, 0)
    """
    number = np.asarray(values, dtype=np.float64)
    number = number[np.isfinite(number)]
    for digits in range(3):
        if np.allclose(number, np.round(number, digits), rtol=0, atol=1e-9):
            return digits
    size = float(np.median(np.abs(number)))
    return min(max(1 - math.floor(math.log10(size)), 0), 3) if size > 0 else 1

"""Event rates per patient-time with exact limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import (
    Array,
    check_level,
    check_number,
    counts,
    float_array,
    one_shape,
)
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant


@brief(rows="_many")
@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Tabular):
    """Event rates with confidence limits; arrays of the shape of the input.

    Attributes
    ----------
    events, exposure
        Events, and patient-time at risk in the unit given (usually years).
    estimate, lower, upper
        Events per `per` units of exposure, and confidence limits.
    per
        The multiple of exposure, for example 100 (patient-years).
    level
        Two-sided confidence level, a fraction.
    method
        ``"garwood"``.
    """

    events: Array
    exposure: Array
    estimate: Array
    lower: Array
    upper: Array
    per: float
    level: float
    method: str


def estimate_rate(
    events: ArrayLike, exposure: ArrayLike, *, method: str, level: float, per: float
) -> Rate:
    """Estimate one or many Poisson rates.

    Parameters
    ----------
    events
        Events (or patients with a first event), whole numbers.
    exposure
        Patient-time at risk, above 0, usually patient-years (up to the first event, when first
        events are counted).
    method
        ``"garwood"``: exact, never below the nominal level.
    level
        Two-sided confidence level, for example 0.95.
    per
        Multiple of exposure that rates are expressed in: 100 for "per 100 patient-years".

    Returns
    -------
    Rate
        Rates and limits.

    Raises
    ------
    UserError
        When there is no exposure, or a count is impossible.

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika, 28(3-4),
    437-442.

    Examples
    --------
    >>> r = estimate_rate(0, 100, method="garwood", level=0.95, per=1)
    >>> float(r.lower), round(float(r.upper), 5)
    (0.0, 0.03689)
    """
    check_level(level)
    method = meant("method", method, ("garwood",))
    check_number("per", per, above=0)
    x, time = events_and_exposure(("events", "exposure"), events, exposure)
    lower, upper = garwood_limits(x, time, (1 - level) / 2)
    return Rate(
        events=x, exposure=time, estimate=per * x / time, lower=per * lower, upper=per * upper,
        per=per, level=level, method=method,
    )  # fmt: skip


def events_and_exposure(
    names: tuple[str, str], events: ArrayLike, exposure: ArrayLike
) -> tuple[Array, Array]:
    """Check and broadcast events and exposure."""
    x, time = counts(names[0], events), float_array(names[1], exposure)
    if (time <= 0).any():
        raise UserError(
            f"{names[1]} must be above 0, not {time[time <= 0].ravel()[0]:g}: no rate is "
            "estimable without time at risk; leave that arm out."
        )
    x, time = one_shape(**{names[0]: x, names[1]: time})
    return x, time


def garwood_limits(x: Array, time: Array, tail: float) -> tuple[Array, Array]:
    """Invert the two one-sided Poisson tests."""
    lower = np.where(x == 0, 0.0, special.gammaincinv(np.maximum(x, 1), tail))
    return lower / time, special.gammainccinv(x + 1, tail) / time

"""Boundaries of group-sequential tests: shapes of bounds, and what alpha is spent by when."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from analysis.errors import UserError
from analysis.stats._checks import Array, check_number
from analysis.stats.laws import normal_isf

Shape = Callable[[Array, float], Array]
Spending = Callable[[Array, float, float], Array]


def _hwang(times: Array, alpha: float, gamma: float) -> Array:
    if gamma == 0:
        return alpha * times
    # By expm1 in the direction that cannot overflow.
    return np.asarray(
        alpha * np.exp(-max(-gamma, 0.0) * (1 - times))
        * np.expm1(-abs(gamma) * times) / math.expm1(-abs(gamma)), dtype=float,
    )  # fmt: skip


SHAPES: dict[str, Shape] = {
    "obrien-fleming": lambda t, _: t**-0.5,
    "pocock": lambda t, _: np.ones_like(t),
    "wang-tsiatis": lambda t, delta: t ** (delta - 0.5),
}
"""Boundary → the bounds but for a factor."""

SPENDING: dict[str, Spending] = {
    "hwang-shih-decani": _hwang,
    "kim-demets": lambda t, alpha, rho: alpha * t**rho,
    "lan-demets-obrien-fleming": lambda t, alpha, _: (
        2 * special.ndtr(-normal_isf(alpha / 2) / np.sqrt(t))
    ),
    "lan-demets-pocock": lambda t, alpha, _: alpha * np.log1p((math.e - 1) * t),
}
"""Boundary → alpha that is spent by an information fraction."""

PARAMETERS = {
    "wang-tsiatis": {"above": -10.0, "below": 10.0},
    "hwang-shih-decani": {"above": -100.0, "below": 100.0},
    "kim-demets": {"above": 0.0, "below": 100.0},
}
"""Boundaries with a parameter → its range."""


def parameter_of(boundary: str, parameter: float | None) -> float:
    """Return the parameter of a boundary, or 0 where it has none.

    Raises
    ------
    UserError
        When one is missing, out of range, or given to a boundary without.
    """
    if boundary not in PARAMETERS:
        if parameter is not None:
            raise UserError(f"the boundary {boundary} has no parameter; leave {parameter!r} out.")
        return 0.0
    if parameter is None:
        raise UserError(f"the boundary {boundary} needs its parameter.")
    return check_number("parameter", parameter, **PARAMETERS[boundary])

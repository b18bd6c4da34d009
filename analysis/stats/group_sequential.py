"""Group-sequential designs: bounds by their shape or by what they spend, power, expected size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, check_number, check_same_shape, float_array
from analysis.stats._first_crossing import Course, first_crossings
from analysis.stats._words import meant
from analysis.stats.boundaries import SHAPES, SPENDING, parameter_of
from analysis.stats.laws import normal_isf

MOST_LOOKS = 100
"""Looks beyond which a list of information fractions is taken for a mistake."""
CLOSEST = 0.001
"""Information between two looks below which they are one."""


@brief(rows="to_frame")
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupSequentialDesign:
    """A one-sided test at several looks, each of which may end the trial with success.

    Attributes
    ----------
    fractions
        Information at each look, of the information at the last.
    bounds
        The look is a success when its standard normal statistic reaches this.
    nominal_p
        The same as a one-sided p-value; with a t statistic this is what is compared.
    alpha_spent
        Probability of a success so far when the null hypothesis holds, cumulative.
    power_reached
        The same when the assumption holds.
    alpha, power
        Both at the last look.
    drift
        Assumed effect over its standard error at the last look.
    inflation
        Information of the last look over that of a trial without looks of the same level and
        power; times its patients, these are the most patients.
    expected_h0, expected_h1
        Expected patients over those of a trial without looks, under either hypothesis.
    boundary, parameter
        How the bounds were made.
    """

    fractions: Array
    bounds: Array
    nominal_p: Array
    alpha_spent: Array
    power_reached: Array
    alpha: float
    power: float
    drift: float
    inflation: float
    expected_h0: float
    expected_h1: float
    boundary: str
    parameter: float | None

    def to_frame(self) -> pd.DataFrame:
        """Give one row a look."""
        names = ("bounds", "nominal_p", "alpha_spent", "power_reached")
        looks = {"look": range(1, self.fractions.size + 1), "fraction": self.fractions}
        return pd.DataFrame(looks | {name: getattr(self, name) for name in names})

    def at(self, effects: ArrayLike) -> pd.DataFrame:
        """Give power and expected size for other effects than the one that was assumed.

        Parameters
        ----------
        effects
            True effects over the assumed one: 0 is the null hypothesis, 1 the assumption.

        Returns
        -------
        pandas.DataFrame
            One row an effect: ``effect``, ``power``, and ``expected``, the expected patients over
            those of the trial without looks.
        """
        drifts = np.atleast_1d(float_array("effects", effects)) * self.drift
        crossed = first_crossings(self.fractions, self.bounds, drifts)
        return pd.DataFrame(
            {
                "effect": drifts / self.drift,
                "power": crossed.sum(axis=1),
                "expected": self.inflation * _expected_fraction(self.fractions, crossed),
            }
        )


def design_group_sequential(
    fractions: int | Sequence[float],
    *,
    boundary: str,
    alpha: float,
    power: float,
    parameter: float | None = None,
) -> GroupSequentialDesign:
    """Make the bounds of a trial that may end early with success.

    H0: the effect is at its limit (zero, or a margin) or beyond; H1: it is on the good side. Any
    crossing ends the trial; nothing ends it for futility.

    Parameters
    ----------
    fractions
        Information fractions of the looks, rising, the last of them 1; or how many looks at equal
        distances.
    boundary
        A shape, whose level is then sought: ``"obrien-fleming"`` (bounds as 1/√t), ``"pocock"``
        (all equal) or ``"wang-tsiatis"`` (as t to the power of `parameter` − ½). Or what is spent
        by the fraction t: ``"hwang-shih-decani"`` (`parameter` gamma: α (1 − exp(−γ t)) /
        (1 − exp(−γ)), at 0 α t), ``"kim-demets"`` (`parameter` rho above 0: α t^ρ),
        ``"lan-demets-obrien-fleming"`` (2 − 2 Φ(z(α/2) / √t)) or ``"lan-demets-pocock"``
        (α log(1 + (e − 1) t)).
    alpha
        One-sided level, usually 0.025.
    power
        Power wanted, a fraction above alpha.
    parameter
        Of the boundaries that have one.

    Returns
    -------
    GroupSequentialDesign
        Bounds, what they spend, and what the looks cost and save.

    Raises
    ------
    UserError
        When an input is out of range, or a parameter is missing or not used.

    Notes
    -----
    The joint distribution of the statistics is integrated look by look. A design of given alpha,
    power and looks has one drift, whatever the endpoint is; so it holds for a difference of means,
    of shares, or a hazard ratio, with the information of each.

    References
    ----------
    Jennison C, Turnbull BW (2000). Group Sequential Methods with Applications to Clinical Trials.
    Chapman & Hall/CRC.

    Armitage P, McPherson CK, Rowe BC (1969). Repeated significance tests on accumulating data. J R
    Stat Soc A 132:235-244.

    Lan KKG, DeMets DL (1983). Discrete sequential boundaries for clinical trials. Biometrika
    70:659-663.

    Examples
    --------
    >>> d = design_group_sequential(4, boundary="obrien-fleming", alpha=0.025, power=0.9)
    >>> d.bounds.round(3).tolist(), round(d.inflation, 3)
    ([4.049, 2.863, 2.337, 2.024], 1.022)

    Half of the effect that was assumed:

    >>> d.at([0.5]).round(3).to_dict("records")
    [{'effect': 0.5, 'power': 0.365, 'expected': 0.964}]
    """
    times = information_fractions(fractions)
    check_number("alpha", alpha, above=0, below=0.5)
    check_number("power", power, above=alpha, below=1)
    boundary = meant("boundary", boundary, (*SHAPES, *SPENDING))
    value = parameter_of(boundary, parameter)
    if boundary in SHAPES:
        bounds = _bounds_of_shape(times, SHAPES[boundary](times, value), alpha)
    else:
        bounds = _bounds_that_spend(times, SPENDING[boundary](times, alpha, value))
    drift = _drift(times, bounds, alpha, power)
    crossed = first_crossings(times, bounds, np.array([0.0, drift]))
    inflation = (drift / float(normal_isf(alpha) + normal_isf(1 - power))) ** 2
    expected = inflation * _expected_fraction(times, crossed)
    return GroupSequentialDesign(
        fractions=times, bounds=bounds, nominal_p=special.ndtr(-bounds),
        alpha_spent=crossed[0].cumsum(), power_reached=crossed[1].cumsum(), alpha=alpha,
        power=power, drift=drift, inflation=inflation, expected_h0=float(expected[0]),
        expected_h1=float(expected[1]), boundary=boundary, parameter=parameter,
    )  # fmt: skip


def crossing_probabilities(
    fractions: Sequence[float], bounds: Sequence[float], *, drifts: ArrayLike
) -> Array:
    """Give the probability that each look is the first above its bound.

    Parameters
    ----------
    fractions
        Information fractions of the looks, rising, the last of them 1.
    bounds
        Standard normal bounds, one a look.
    drifts
        Effects over their standard error at the last look, one or many; 0 is the null hypothesis.

    Returns
    -------
    numpy.ndarray
        One row a drift, one column a look; the sum of a row is the power.

    Raises
    ------
    UserError
        When an input is out of range.

    References
    ----------
    Armitage P, McPherson CK, Rowe BC (1969). Repeated significance tests on accumulating data. J R
    Stat Soc A 132:235-244.

    Examples
    --------
    Five looks at 1.96: the level is no longer 2.5%.

    >>> looks = [0.2, 0.4, 0.6, 0.8, 1]
    >>> crossing_probabilities(looks, [1.96] * 5, drifts=0).sum().round(4).item()
    0.0709
    """
    times, limits = information_fractions(fractions), float_array("bounds", bounds)
    check_same_shape(fractions=times, bounds=limits)
    return first_crossings(times, limits, np.atleast_1d(float_array("drifts", drifts)))


def information_fractions(fractions: int | Sequence[float]) -> Array:
    """Return the information fractions of looks, given as such or as their number.

    Raises
    ------
    UserError
        When they do not rise to 1.

    Examples
    --------
    >>> information_fractions(4).tolist()
    [0.25, 0.5, 0.75, 1.0]
    """
    given = np.asarray(fractions)
    if given.ndim == 0:
        looks = check_number("the number of looks", given.item(), at_least=1, below=MOST_LOOKS + 1)
        if looks != math.floor(looks):
            raise UserError(
                f"the number of looks must be a whole number, not {looks:g}; give the information "
                "fractions of several looks as a list that ends with 1."
            )
        return np.arange(1, int(looks) + 1) / looks
    times = float_array("information fractions", given)
    apart = np.diff(times, prepend=0.0) if times.ndim == 1 else np.zeros(1)
    rising = times.size > 0 and bool((apart >= CLOSEST * (1 - 1e-9)).all())
    if not rising or abs(times[-1] - 1) > 1e-9 or times.size > MOST_LOOKS:
        raise UserError(
            f"information fractions must rise from {CLOSEST:g} or more to 1, {CLOSEST:g} apart or "
            f"more, one for each of at most {MOST_LOOKS} looks, not {given.tolist()!r}."
        )
    return np.append(times[:-1], 1.0)


def _bounds_of_shape(times: Array, shape: Array, alpha: float) -> Array:
    """Find the factor that gives a shape its level."""

    def excess(factor: float) -> float:
        return float(first_crossings(times, factor * shape, np.zeros(1)).sum()) - alpha

    # Between the level of one look alone, and Bonferroni's.
    low = float(normal_isf(alpha)) / shape.max()
    high = float(normal_isf(alpha / (2 * times.size))) / shape.min()
    return shape * float(optimize.brentq(excess, low * 0.99, high, xtol=1e-12, rtol=1e-12))


def _bounds_that_spend(times: Array, spent: Array) -> Array:
    """Find look by look the bound that spends what is to be spent there."""
    course, bounds = Course(times, np.zeros(1)), []
    for look, probability in enumerate(np.diff(spent, prepend=0.0).tolist(), start=1):
        bounds.append(course.bound_for(probability))
        if look < times.size:
            course.go_on(bounds[-1])
    return np.array(bounds)


def _drift(times: Array, bounds: Array, alpha: float, power: float) -> float:
    """Find the drift that is met with a power; it is never below that of one look."""

    def excess(drift: float) -> float:
        return float(first_crossings(times, bounds, np.array([drift])).sum()) - power

    single = float(normal_isf(alpha) + normal_isf(1 - power))
    return float(optimize.brentq(excess, 0.0, 4 * single + 10, xtol=1e-12, rtol=1e-12))


def _expected_fraction(times: Array, crossed: Array) -> Array:
    """Return the expected information, a fraction of the last look's, one value a drift."""
    return np.asarray(1 - crossed[:, :-1] @ (1 - times[:-1]), dtype=float)

"""Assurance: how likely a trial succeeds when its true difference is not known but believed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.brief import brief
from analysis.stats._checks import check_margins, check_number
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant
from analysis.stats.laws import normal_isf, t_isf, t_sf
from analysis.stats.power import Power, between, power_equivalence, power_noninferiority

Bounds = tuple[float, float]
NODES, WEIGHTS = np.polynomial.legendre.leggauss(80)


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Assurance(Tabular):
    """The probability of success over what is believed of the true difference.

    Attributes
    ----------
    assurance
        Probability of success with Student's t test, a fraction.
    known_variance
        The same as if the SD were known, in closed form.
    power
        Power at the centre of the prior.
    limit
        Assurance of a trial without end: the prior probability that the true difference is on the
        good side of its limits. More patients cannot bring more.
    prior_mean, prior_sd, prior_df
        What is believed; infinite df are the normal distribution.
    n_test, n_reference, df, std_error, alpha
        As for `Power`.
    """

    assurance: float
    known_variance: float
    power: float
    limit: float
    prior_mean: float
    prior_sd: float
    prior_df: float
    n_test: int
    n_reference: int
    df: int
    std_error: float
    alpha: float


def assurance_noninferiority(
    *,
    n_test: int,
    n_reference: int,
    sd: float,
    prior_mean: float,
    prior_sd: float,
    margin: float,
    direction: str,
    alpha: float,
    prior_df: float = math.inf,
) -> Assurance:
    """Compute the probability to show non-inferiority of a mean, over a prior of the difference.

    Parameters
    ----------
    n_test, n_reference, sd, margin, direction, alpha
        As for `power_noninferiority`.
    prior_mean, prior_sd
        Centre and SD of what is believed of the true difference, test minus reference; an SD of 0
        gives the power. Of a random-effects meta-analysis: the pooled difference, and the root of
        its squared standard error and tau²; of one trial: its difference and standard error.
    prior_df
        Degrees of freedom of the prior, where it is Student's t about `prior_mean` and scaled by
        `prior_sd`; infinite for the normal distribution.

    Returns
    -------
    Assurance
        Exact for Student's t test, and in closed form for a known SD.

    Raises
    ------
    UserError
        When an input is out of range.

    Notes
    -----
    The average of the power over the prior. A normal prior adds its variance to that of the
    estimate, so that one integral over the distribution of the estimated SD is left, as for the
    power.

    References
    ----------
    O'Hagan A, Stevens JW, Campbell MJ (2005). Assurance in clinical trial design. Pharm Stat
    4:187-201.

    Examples
    --------
    >>> a = assurance_noninferiority(n_test=60, n_reference=60, sd=3, prior_mean=-0.3,
    ...                              prior_sd=0.5, margin=1.8, direction="higher", alpha=0.025)
    >>> round(a.assurance, 4), round(a.known_variance, 4), round(a.power, 4)
    (0.7125, 0.7174, 0.7753)
    """
    at_mean = power_noninferiority(
        n_test=n_test, n_reference=n_reference, sd=sd, difference=prior_mean, margin=margin,
        direction=direction, alpha=alpha,
    )  # fmt: skip
    better = 1 if meant("direction", direction, ("higher", "lower")) == "higher" else -1
    return _assurance(at_mean, (-margin, math.inf), better, prior_mean, prior_sd, prior_df)


def assurance_equivalence(
    *,
    n_test: int,
    n_reference: int,
    sd: float,
    prior_mean: float,
    prior_sd: float,
    margins: tuple[float, float],
    alpha: float,
    prior_df: float = math.inf,
) -> Assurance:
    """Compute the probability to show equivalence of means, over a prior of the difference.

    Parameters
    ----------
    n_test, n_reference, sd, margins, alpha
        As for `power_equivalence`.
    prior_mean, prior_sd, prior_df
        As for `assurance_noninferiority`.

    Returns
    -------
    Assurance
        Exact for two one-sided t tests, and in closed form for a known SD.

    Raises
    ------
    UserError
        When an input is out of range.

    References
    ----------
    O'Hagan A, Stevens JW, Campbell MJ (2005). Assurance in clinical trial design. Pharm Stat
    4:187-201.

    Examples
    --------
    >>> a = assurance_equivalence(n_test=90, n_reference=60, sd=2.5, prior_mean=0, prior_sd=0.3,
    ...                           margins=(-1.2, 1.2), alpha=0.05)
    >>> round(a.assurance, 4), round(a.power, 4), round(a.limit, 4)
    (0.6794, 0.7783, 0.9999)
    """
    at_mean = power_equivalence(
        n_test=n_test, n_reference=n_reference, sd=sd, difference=prior_mean, margins=margins,
        alpha=alpha,
    )  # fmt: skip
    return _assurance(at_mean, check_margins(margins), 1, prior_mean, prior_sd, prior_df)


def average_over_prior(
    power: Callable[[float], float], *, prior_mean: float, prior_sd: float, prior_df: float
) -> float:
    """Average any power over a prior of the effect; for designs without a form of their own.

    Parameters
    ----------
    power
        The power at a true effect.
    prior_mean, prior_sd, prior_df
        As for `assurance_noninferiority`.

    Returns
    -------
    float
        The average, by quadrature over the quantiles of the prior; good to about 1e-4.

    Examples
    --------
    >>> from scipy.special import ndtr
    >>> found = average_over_prior(ndtr, prior_mean=0.5, prior_sd=1, prior_df=math.inf)
    >>> round(found, 4), ndtr(0.5 / 2**0.5).round(4).item()
    (0.6382, 0.6382)
    """
    if prior_sd == 0:
        return power(prior_mean)
    quantiles = -t_isf((NODES + 1) / 2, prior_df)
    found = [power(each) for each in (prior_mean + prior_sd * quantiles).tolist()]
    return float(WEIGHTS / 2 @ np.array(found))


def _assurance(
    at_mean: Power,
    bounds: Bounds,
    better: int,
    prior_mean: float,
    prior_sd: float,
    prior_df: float,
) -> Assurance:
    """Average over the prior; `better` is −1 where lower values are better."""
    check_number("prior_sd", prior_sd, at_least=0)
    if prior_df != math.inf:
        check_number("prior_df", prior_df, above=0)
    centre, error = better * prior_mean, at_mean.std_error
    df, alpha = at_mean.n_test + at_mean.n_reference - 2, at_mean.alpha
    z = float(normal_isf(alpha)) * error
    narrow = (bounds[0] + z, bounds[1] - z)
    spreads, weights = _spreads(prior_sd, prior_df)

    def averaged(values: list[float]) -> float:
        return min(float(np.dot(weights, values)), 1.0)

    return Assurance(
        assurance=averaged([between(*bounds, centre, error, df, alpha, s) for s in spreads]),
        known_variance=averaged([_inside(narrow, centre, math.hypot(error, s)) for s in spreads]),
        power=at_mean.power, limit=_believed(bounds, centre, prior_sd, prior_df),
        prior_mean=prior_mean, prior_sd=prior_sd, prior_df=prior_df, n_test=at_mean.n_test,
        n_reference=at_mean.n_reference, df=df, std_error=error, alpha=alpha,
    )  # fmt: skip


def _spreads(prior_sd: float, prior_df: float) -> tuple[list[float], list[float]]:
    """Return the SDs of the normal distributions that a prior is a mixture of, and their shares."""
    if prior_df == math.inf or prior_sd == 0:
        return [prior_sd], [1.0]
    # Student's t is a normal whose variance is divided by chi-square over its df; the nodes lie at
    # quantiles of that, which are dense where they matter.
    shares = (NODES + 1) / 2
    variance = special.chdtri(prior_df, shares) / prior_df
    return (prior_sd / np.sqrt(variance)).tolist(), (WEIGHTS / 2).tolist()


def _believed(bounds: Bounds, centre: float, sd: float, df: float) -> float:
    """Return how much of a prior lies between bounds."""
    if sd == 0:
        return _inside(bounds, centre, sd)
    low, high = ((bound - centre) / sd for bound in bounds)
    if high < -low:  # the tails that are small, so that nothing cancels
        low, high = -high, -low
    return float(t_sf(low, df) - t_sf(high, df))


def _inside(bounds: Bounds, centre: float, sd: float) -> float:
    """Return how much of a normal distribution lies between bounds; at an SD of 0 all or nothing.

    Where the bounds have no room between them, nothing does.
    """
    low, high = bounds
    if low >= high:
        return 0.0
    if sd == 0:
        return float(low < centre < high)
    if high - centre < centre - low:  # the tails that are small, so that nothing cancels
        low, high, centre = -high, -low, -centre
    return float(special.ndtr((centre - low) / sd) - special.ndtr((centre - high) / sd))

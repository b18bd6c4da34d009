"""Dunnett's test: several comparisons with one control, by the multivariate t distribution."""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize, special

from analysis.stats._checks import Array
from analysis.stats.laws import t_isf, t_sf

# Gauss-Hermite nodes of the inner integral: 96 give 12 digits for loadings up to 0.95
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(96)
_WEIGHTS = _WEIGHTS / math.sqrt(2.0 * math.pi)
# Gauss-Legendre nodes of the outer one, over the estimated SD: 12 digits and more
_GRID, _GRID_WEIGHTS = np.polynomial.legendre.leggauss(96)


def dunnett_p_value(statistic: float, correlation: Array, df: float) -> float:
    """Return the two-sided p-value P(max |T| >= statistic) of Dunnett's test.

    Parameters
    ----------
    statistic : float
        Absolute *t* statistic of one comparison.
    correlation : numpy.ndarray
        Correlations of all comparisons.
    df : float
        Degrees of freedom of the variance; may be infinite.

    Returns
    -------
    float

    Notes
    -----
    In a one-way layout the correlations are products of loadings, and the probability is
    a double integral that is computed to about 10 digits; two comparisons always are of
    that kind. Otherwise (three or more comparisons in an unbalanced ANCOVA) it is Genz's
    quasi-Monte Carlo integral of scipy with a fixed seed, good to about 4 digits. SAS
    ``ADJUST=DUNNETT`` uses a factor-analytic approximation there.

    References
    ----------
    Dunnett CW (1955). A multiple comparison procedure for comparing several treatments with
    a control. J Am Stat Assoc 50:1096-1121.

    Examples
    --------
    The critical value of Dunnett (1964), table II, for two comparisons of equal groups and
    20 df is 2.38.

    >>> round(dunnett_p_value(2.38, np.array([[1, 0.5], [0.5, 1]]), 20), 3)
    0.05
    """
    bound = abs(float(statistic))
    correlation = _distinct(correlation)
    if correlation.shape[0] == 1:
        return float(2.0 * t_sf(bound, df))
    loadings = _product_loadings(correlation)
    if loadings is not None:
        return float(min(1.0, max(0.0, 1.0 - _product_probability(bound, loadings, df))))
    limit = np.full(correlation.shape[0], bound)
    from scipy import stats

    inside = stats.multivariate_t.cdf(
        limit, shape=correlation, df=df, allow_singular=True, lower_limit=-limit, maxpts=200_000,
        random_state=np.random.default_rng(20240229),
    )  # fmt: skip
    return float(min(1.0, max(0.0, 1.0 - inside)))


def dunnett_critical_value(correlation: Array, df: float, *, level: float) -> float:
    """Return the two-sided critical value of Dunnett's test.

    Parameters
    ----------
    correlation, df
        As in :func:`dunnett_p_value`.
    level : float
        Simultaneous confidence level.

    Returns
    -------
    float

    Examples
    --------
    Two comparisons, equal groups, 15 df (Dunnett 1964, table II: 2.44):

    >>> round(dunnett_critical_value(np.array([[1, 0.5], [0.5, 1]]), 15, level=0.95), 2)
    2.44
    """
    alpha = 1.0 - level
    correlation = _distinct(correlation)
    lower = float(t_isf(alpha / 2.0, df))
    upper = float(t_isf(alpha / (2.0 * correlation.shape[0]), df)) * 1.0001

    def excess(value: float) -> float:
        return dunnett_p_value(value, correlation, df) - alpha

    if correlation.shape[0] == 1:
        return lower
    if excess(lower) <= 0.0:  # perfectly correlated comparisons: one comparison in effect
        return lower
    return float(optimize.brentq(excess, lower, upper, xtol=1e-10))


def _distinct(correlation: Array) -> Array:
    """Return the correlations without comparisons that repeat an earlier one."""
    repeats = np.triu(np.abs(correlation) > 1.0 - 1e-12, k=1).any(axis=0)
    return np.asarray(correlation[np.ix_(~repeats, ~repeats)])


def _product_loadings(correlation: Array) -> Array | None:
    """Return loadings l with correlation[i, j] = l[i] * l[j], or None when there are none."""
    size = correlation.shape[0]
    if size == 2:
        root = math.sqrt(min(abs(float(correlation[0, 1])), 1.0))
        found = np.array([root, math.copysign(root, correlation[0, 1])])
    elif np.abs(correlation).min() < 1e-12:
        return None
    else:
        first = math.sqrt(abs(correlation[0, 1] * correlation[0, 2] / correlation[1, 2]))
        found = np.concatenate([[first], correlation[0, 1:] / first])
    product = np.outer(found, found)
    np.fill_diagonal(product, 1.0)
    fits = np.abs(product - correlation).max() < 1e-9 and np.abs(found).max() < 0.95
    return found if fits else None


def _product_probability(bound: float, loadings: Array, df: float) -> float:
    """Return P(all |T| <= bound) for product correlations, on a grid of both integrals."""
    scale, weight = _scales(df)
    residual = np.sqrt(1.0 - loadings**2)[:, None, None]
    centre = loadings[:, None, None] * _NODES[None, :, None]
    inside = special.ndtr((bound * scale - centre) / residual)
    inside -= special.ndtr((-bound * scale - centre) / residual)
    return float(_WEIGHTS @ inside.prod(axis=0) @ weight)


def _scales(df: float) -> tuple[Array, Array]:
    """Return nodes and weights of the law of the estimated over the true SD."""
    if math.isinf(df):
        return np.ones(1), np.ones(1)
    half = df / 2.0
    low, high = (
        math.sqrt(float(quantile(half, 1e-14)) / half)
        for quantile in (special.gammaincinv, special.gammainccinv)
    )
    scale = (high + low + (high - low) * _GRID) / 2.0
    log_density = (df - 1.0) * np.log(scale) - half * scale**2
    log_density += math.log(2.0) + half * math.log(half) - math.lgamma(half)
    return scale, (high - low) / 2.0 * _GRID_WEIGHTS * np.exp(log_density)

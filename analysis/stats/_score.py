"""Maximum likelihood of two proportions under a hypothesis about their contrast.

The score methods of Miettinen and Nurminen need, for each hypothetical contrast, the two
proportions that are most likely under it. The closed forms below are elementwise and are written
without cancellation, so that one event in a million patients keeps its digits.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.stats._checks import Array


def difference_variance(delta: Array, x1: Array, n1: Array, x2: Array, n2: Array) -> Array:
    """Give the variance of the risk difference when the true difference is `delta`."""
    p1, p2 = _rare_proportions(*_rarer_outcome(delta, x1, n1, x2, n2)[1:])
    return p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2


def difference_proportions(
    delta: Array, x1: Array, n1: Array, x2: Array, n2: Array
) -> tuple[Array, Array]:
    """Give the most likely pair of proportions whose difference is `delta`."""
    flip, *rarer = _rarer_outcome(delta, x1, n1, x2, n2)
    p1, p2 = _rare_proportions(*rarer)
    return np.where(flip, 1 - p1, p1), np.where(flip, 1 - p2, p2)


def _rarer_outcome(
    delta: Array, x1: Array, n1: Array, x2: Array, n2: Array
) -> tuple[NDArray[Any], ...]:
    """Count the rarer outcome: small proportions are the well-conditioned side of the cubic."""
    flip = x1 + x2 > (n1 + n2) / 2
    rarer = np.where(flip, n1 - x1, x1), n1, np.where(flip, n2 - x2, x2), n2
    return flip, np.where(flip, -delta, delta), *rarer


def _rare_proportions(
    delta: Array, x1: Array, n1: Array, x2: Array, n2: Array
) -> tuple[Array, Array]:
    """Solve the likelihood equation of the difference.

    Notes
    -----
    The second proportion p is the root of N p³ + b p² + c p + d between max(0, −delta) and
    min(1, 1 − delta), with b = (n1 + 2 n2) delta − N − x, c = (n2 delta − N − 2 x2) delta + x and
    d = x2 delta (1 − delta) (Miettinen and Nurminen 1985, appendix 1).
    """
    n, x = n1 + n2, x1 + x2
    b = (n1 + 2 * n2) * delta - n - x
    c = (n2 * delta - n - 2 * x2) * delta + x
    d = x2 * delta * (1 - delta)
    least, most = np.maximum(0.0, -delta), np.minimum(1.0, 1 - delta)
    p2 = np.clip(_middle_root(n, b, c, d), least, most)
    for _ in range(2):
        # The trigonometric root has an absolute error near 1e-16; Newton steps on the
        # polynomial turn that into a relative one when the proportion itself is tiny.
        slope = (3 * n * p2 + 2 * b) * p2 + c
        value = ((n * p2 + b) * p2 + c) * p2 + d
        step = np.divide(value, slope, out=np.zeros_like(value), where=slope != 0)
        p2 = np.clip(p2 - step, least, most)
    return np.clip(p2 + delta, 0.0, 1.0), p2


def _middle_root(a: Array, b: Array, c: Array, d: Array) -> Array:
    """Give the middle one of three real roots, which is the likelihood's maximum."""
    shift = b / (3 * a)
    v = shift**3 - b * c / (6 * a**2) + d / (2 * a)
    u = np.where(v < 0, -1.0, 1.0) * np.sqrt(np.maximum(shift**2 - c / (3 * a), 0.0))
    cosine = np.divide(v, u**3, out=np.zeros_like(v), where=u != 0)
    angle = (np.pi + np.arccos(np.clip(cosine, -1.0, 1.0))) / 3
    root: Array = 2 * u * np.cos(angle) - shift
    return root


def ratio_proportions(
    share: Array, x1: Array, n1: Array, x2: Array, n2: Array
) -> tuple[Array, Array]:
    """Give both proportions when their ratio is ``share / (1 − share)``.

    Notes
    -----
    The quadratic of Miettinen and Nurminen (1985), made homogeneous in (share, 1 − share) so
    that ratios of 0 and infinity are ordinary points.
    """
    n, x, rest = n1 + n2, x1 + x2, 1 - share
    b = share * (n1 + x2) + rest * (n2 + x1)
    root = np.sqrt(np.maximum(b**2 - 4 * n * share * rest * x, 0.0))
    p1 = np.minimum(2 * share * x / (b + root), 1.0)
    p2 = np.minimum(2 * rest * x / (b + root), 1.0)
    return p1, p2


def odds_ratio_terms(
    share: Array, x1: Array, n1: Array, x2: Array, n2: Array
) -> tuple[Array, Array]:
    """Give x1 minus its expectation, and its variance, at the odds ratio ``share / (1 − share)``.

    The variance of the score is without the factor N/(N − 1).
    """
    # As for the difference: count the rarer outcome; its odds ratio is the reciprocal.
    flip = x1 + x2 > (n1 + n2) / 2
    share = np.where(flip, 1 - share, share)
    y1, y2 = np.where(flip, n1 - x1, x1), np.where(flip, n2 - x2, x2)
    p1 = _odds_proportion(1 - share, y1 + y2, n1, n2)
    p2 = _odds_proportion(share, y1 + y2, n2, n1)
    v1, v2 = n1 * p1 * (1 - p1), n2 * p2 * (1 - p2)
    total = v1 + v2
    variance = np.divide(v1 * v2, total, out=np.zeros_like(total), where=total > 0)
    excess = y1 - n1 * p1
    return np.where(flip, -excess, excess), variance


def _odds_proportion(share: Array, x: Array, n: Array, n_other: Array) -> Array:
    """Give the proportion in an arm of `n`, the other arm's odds being share/(1 − share) times."""
    rest = 1 - share
    a = n * (share - rest)
    b = share * (n_other - x) + rest * (n + x)
    root = np.sqrt(np.maximum(b**2 + 4 * a * rest * x, 0.0))
    # Two forms of one root; each is free of cancellation on its side.
    by_sum = np.divide(2 * rest * x, b + root, out=np.zeros_like(b), where=b > 0)
    by_difference = np.divide(root - b, 2 * a, out=np.zeros_like(b), where=(b <= 0) & (a > 0))
    return np.clip(np.where(b > 0, by_sum, by_difference), 0.0, 1.0)

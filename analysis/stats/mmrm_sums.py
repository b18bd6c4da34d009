"""Sums over subjects that the likelihood of a mixed model and its derivatives are made of.

Every sum over subjects is one over patterns of observed visits, of matrices over visits: no
array has both two parameters and two coefficients among its dimensions, so that time and memory
grow gently with the number of visits. Leading dimensions are those of several data sets.
"""

import numpy as np

from analysis.stats._checks import Array


def crossed(left: Array, right: Array) -> Array:
    """Return the sum over blocks (blocks, visits, columns) of left' right."""
    tall = left.reshape(*left.shape[:-3], -1, left.shape[-1])
    return np.asarray(tall.swapaxes(-1, -2) @ right.reshape(*right.shape[:-3], -1, right.shape[-1]))


def by_parameter(derivatives: Array, weight: Array) -> Array:
    """Return tr(weight D), for every D of the last two dimensions of the derivatives."""
    lead, size = weight.shape[:-2], weight.shape[-1]
    traces = weight.reshape(*lead, size**2) @ derivatives.reshape(-1, size**2).T
    return np.asarray(traces.reshape(*lead, *derivatives.shape[:-2]))


def paired(first: Array, left: Array, right: Array) -> Array:
    """Return the sum over patterns of tr(left V_k right V_l) for every pair of parameters."""
    lead, (patterns, size) = left.shape[:-3], left.shape[-3:-1]
    flat = first.reshape(len(first), -1)
    flat_left, flat_right = (
        each.reshape(*lead, patterns, size**2).swapaxes(-1, -2) for each in (left, right)
    )
    products = (flat_left @ flat_right.swapaxes(-1, -2)).reshape(*lead, *[size] * 4)
    # left[a, b] V_k[b, c] right[c, d] V_l[d, a]
    pairs = np.moveaxis(products, -4, -1).reshape(*lead, size**2, size**2)
    return np.asarray(flat @ pairs @ flat.T)


def information_slopes(first: Array, turned: Array) -> Array:
    """Return the derivatives of Z'V^-1 Z by the parameters, from V^-1 Z."""
    lead, (blocks, size, width) = turned.shape[:-3], turned.shape[-3:]
    wide = turned.reshape(*lead, blocks, size * width)
    products = (wide.swapaxes(-1, -2) @ wide).reshape(*lead, size, width, size, width)
    pairs = products.swapaxes(-3, -2).reshape(*lead, size**2, width**2)
    slopes = -(first.reshape(len(first), -1) @ pairs)
    return np.asarray(slopes.reshape(*lead, len(first), width, width))


def hessian_of(
    *,
    bend: Array,
    expected: Array,
    slopes: Array,
    inverse: Array,
    coefficients: Array,
    restricted: bool,
) -> Array:
    """Return the exact Hessian of minus twice the log-likelihood, for linear structures.

    `bend` is `paired` of the spread and the inverses, `slopes` those of Z'V^-1 Z.
    """
    unit = np.concatenate([-coefficients, np.ones_like(coefficients[..., :1])], axis=-1)
    along = (slopes @ unit[..., None, :, None])[..., :-1, 0]
    hessian = bend + bend.swapaxes(-1, -2) - expected
    hessian = hessian - 2.0 * along @ inverse @ along.swapaxes(-1, -2)
    if restricted:
        turned = inverse[..., None, :, :] @ slopes[..., :-1, :-1]
        lead = turned.shape[:-2]
        other = turned.swapaxes(-1, -2).reshape(*lead, -1).swapaxes(-1, -2)
        hessian = hessian - turned.reshape(*lead, -1) @ other
    return np.asarray(hessian)


def weighted_products(first: Array, weights: Array, inverses: Array) -> Array:
    """Return the sum over pairs of parameters of w_kl V_k V^-1 V_l, for every pattern."""
    lead, size = inverses.shape[:-3], inverses.shape[-1]
    flat = first.reshape(len(first), -1)
    pairs = (flat.T @ (weights @ flat)).reshape(*lead, *[size] * 4)
    # V_k[a, b] V^-1[b, c] V_l[c, d]
    both = np.moveaxis(pairs, -1, -3).reshape(*lead, size**2, size**2)
    inner = inverses.reshape(*lead, -1, size**2) @ both.swapaxes(-1, -2)
    return np.asarray(inner.reshape(inverses.shape))


def mixed_slopes(weights: Array, slopes: Array, inverse: Array) -> Array:
    """Return the sum of w_kl P_k Phi P_l."""
    lead, (count, size) = slopes.shape[:-3], slopes.shape[-3:-1]
    mixed = (weights @ slopes.reshape(*lead, count, -1)).reshape(slopes.shape)
    turned = slopes @ inverse[..., None, :, :]
    wide = turned.swapaxes(-3, -2).reshape(*lead, size, count * size)
    return np.asarray(wide @ mixed.reshape(*lead, count * size, size))

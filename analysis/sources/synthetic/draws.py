"""Random draws: one stream a topic, and distributions drawn by stratified quantiles.

Stratified quantiles, one draw from each n-th of the distribution in random order, keep the
sample near its distribution, so that the later affine adjustment is small.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, ndtr, ndtri

from analysis.errors import UserError
from analysis.sources.synthetic.assumptions import Curve, Limits

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

STREAMS = (
    "children calendar disposition growth body laboratory antibodies events allocation factors "
    "findings described"
).split()
"""Topics in their order; a new one goes to the end, so that the others keep their draws."""

CUT = 0.01
"""Share cut off each end of a normal distribution, so that no child is a monster."""

TOLERANCES = (0.001, 0.002, 0.004)
"""Targets are printed to 0.01, so that all of these round to them."""
BISECTIONS = 40


def streams(seed: int) -> dict[str, np.random.Generator]:
    """Return one independent generator a topic, all from one seed."""
    spawned = np.random.SeedSequence(seed).spawn(len(STREAMS))
    return {
        name: np.random.Generator(np.random.PCG64(sequence))
        for name, sequence in zip(STREAMS, spawned, strict=True)
    }


def quantiles(rng: np.random.Generator, n: int) -> Floats:
    """Return n numbers between 0 and 1, one from each n-th, in random order."""
    return (rng.permutation(n) + rng.random(n)) / n


def normal(rng: np.random.Generator, n: int) -> Floats:
    """Return standard normal draws without the outermost `CUT` of each side."""
    return np.asarray(ndtri(CUT + (1 - 2 * CUT) * quantiles(rng, n)))


def limited(rng: np.random.Generator, n: int, limits: Limits) -> Floats:
    """Return draws from a normal distribution cut off at its limits."""
    low, high = (float(ndtr((end - limits.mean) / limits.sd)) for end in (limits.low, limits.high))
    u = low + (high - low) * quantiles(rng, n)
    return np.asarray(limits.mean + limits.sd * ndtri(u))


def bounded(
    rng: np.random.Generator, n: int, *, mean: float, sd: float, low: float, high: float
) -> Floats:
    """Return draws from the beta distribution on low to high that has this mean and SD."""
    m, s = (mean - low) / (high - low), sd / (high - low)
    size = m * (1 - m) / s**2 - 1
    if not (0 < m < 1 and size > 0):
        raise UserError(
            f"mean {mean:g} and SD {sd:g} must be possible between {low:g} and {high:g}; "
            "they are not; correct the assumptions"
        )
    share = betaincinv(m * size, (1 - m) * size, quantiles(rng, n))
    return np.asarray(low + (high - low) * share)


def around(rng: np.random.Generator, curve: Curve, ages: Floats) -> Floats:
    """Return log-normal draws around the curve's median at each age."""
    return median(curve, ages) * np.exp(curve.log_sd * normal(rng, len(ages)))


def median(curve: Curve, ages: Floats) -> Floats:
    """Return the curve's median at each age."""
    return np.interp(ages, curve.ages, curve.medians)


def standardised(values: Floats, among: Truths | None = None) -> Floats:
    """Return values with mean 0 and SD 1 among the chosen ones (all by default)."""
    chosen = values if among is None else values[among]
    return (values - chosen.mean()) / chosen.std(ddof=1)


def apart_from(values: Floats, predictor: Floats, among: Truths) -> Floats:
    """Return standardised values without what the predictor explains among the chosen ones."""
    x = standardised(predictor, among)
    y = standardised(values, among)
    slope = (x[among] @ y[among]) / (x[among] @ x[among])
    return standardised(y - slope * x, among)


def assigned(rng: np.random.Generator, shares: Mapping[str, float], n: int) -> npt.NDArray[np.str_]:
    """Return n levels in random order, as near to their shares as whole numbers allow."""
    sizes = whole_parts(np.array(list(shares.values())), n)
    return rng.permutation(np.repeat(list(shares), sizes))


def whole_parts(weights: Floats, total: int) -> npt.NDArray[np.int64]:
    """Split a total by weights into whole numbers, by largest remainders."""
    exact = weights / weights.sum() * total
    parts = np.floor(exact).astype(np.int64)
    # A stable sort gives a tie to the first, on every machine.
    largest = np.argsort(-(exact - parts), kind="stable")
    parts[largest[: total - parts.sum()]] += 1
    return parts


def calibrated(
    mean: Callable[[float], float], target: float, *, bracket: tuple[float, float], what: str
) -> float:
    """Return the adjustment under which a mean of stored values is on target.

    Parameters
    ----------
    mean
        Adjustment → mean of the values as they will be stored; does not decrease.
    target
        Mean wanted.
    bracket
        Adjustments between which it lies.
    what
        Name of the mean, for the error.

    Raises
    ------
    UserError
        If no adjustment in the bracket is near enough.

    Notes
    -----
    Stored values are rounded, so that the mean moves in steps: the tightest of `TOLERANCES` that
    can be met is. The search stops inside it and not at a step, where the last bit of a machine
    would decide on which side a height is rounded.
    """
    for tolerance in TOLERANCES:
        low, high = bracket
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            miss = mean(middle) - target
            if abs(miss) <= tolerance:
                return middle
            low, high = (low, middle) if miss > 0 else (middle, high)
    raise UserError(
        f"{what}: must be able to reach {target:g}; the other assumptions allow "
        f"{mean(bracket[0]):.3f} to {mean(bracket[1]):.3f}; change them"
    )

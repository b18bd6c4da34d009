"""Allocation to arms: at random within a region, among those with the imbalance that is needed.

A publication may print arm means that differ by more than its adjusted difference. Then the arms
differed at baseline, by chance, in what the response depends on; of many random allocations the
one whose imbalance explains the gap best is taken.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from analysis.errors import UserError
from analysis.sources.synthetic import draws
from analysis.sources.synthetic.assumptions import Assumptions, Published
from analysis.sources.synthetic.growth import Start
from analysis.sources.synthetic.planned_model import LEVEL, covariates

Names = npt.NDArray[np.object_]


def allocate(
    assumptions: Assumptions,
    children: pd.DataFrame,
    start: Start,
    seen: draws.Truths,
    rng: np.random.Generator,
) -> Names:
    """Return the arm of each child, the sizes of the arms kept within each region and in all.

    Parameters
    ----------
    assumptions
        The trial's assumptions.
    children
        One row a child, with its region.
    start
        What is known of each child's growth, and expected of its response.
    seen
        Whether it will be measured at Month 12: the gap is that of those who are.
    rng
        Of the allocations.
    """
    published = assumptions.growth.published
    tested = assumptions.treatment.name.value
    if published is None:
        return np.repeat(np.array([tested], dtype=object), len(children))
    region = children["REGION1"].to_numpy(object)
    targets = assumptions.growth.velocity_month_12
    first, second = (targets[arm.name.value].mean.value for arm in assumptions.arms)
    gap = first - second - published.estimate.value
    drawn = [_at_random(assumptions, region, rng) for _ in range(published.allocations.value)]
    design = covariates(published, children, start.before)[seen]
    chosen = np.column_stack([(arm == tested)[seen] for arm in drawn])
    gaps = _gaps(assumptions, published, design, start.expected[seen], chosen)
    return drawn[int(np.argmin(np.abs(gaps - gap)))]


def _gaps(
    assumptions: Assumptions,
    published: Published,
    design: draws.Floats,
    expected: draws.Floats,
    tested: draws.Truths,
) -> draws.Floats:
    """Return by how much the arms of each allocation differ in what the covariates explain.

    How much they explain follows from what is printed: the interval gives the SD around the
    model, the arms' SDs give the whole.
    """
    arms = tested.astype(float)
    sizes = np.array([arms.sum(axis=0), (1 - arms).sum(axis=0)])
    n, p = len(design), design.shape[1] + 1
    # The error of the adjusted difference rests on what of the arm the covariates do not tell.
    apart = arms - design @ np.linalg.lstsq(design, arms, rcond=None)[0]
    half = (published.high.value - published.low.value) / 2
    variance = (half / stdtrit(n - p, (1 + LEVEL) / 2)) ** 2 * (apart**2).sum(axis=0)
    sds = np.array([target.sd.value for target in assumptions.growth.velocity_month_12.values()])
    whole = (sds**2 @ (sizes - 1)) / (n - 2)
    left = whole - variance * (n - p) / (n - 2)
    if (left <= 0).any():
        raise UserError(
            "growth.published: the interval must be narrow enough for the arms' SDs; around the "
            f"model it leaves an SD of {np.sqrt(variance.mean()):.2f}, of "
            f"{np.sqrt(whole.mean()):.2f} within the arms; correct the numbers"
        )
    wanted = np.sqrt(left)

    explained = design @ np.linalg.lstsq(design, expected, rcond=None)[0]
    means = np.array([explained @ arms, explained @ (1 - arms)]) / sizes
    squares = (explained @ explained) - (sizes * means**2).sum(axis=0)
    return np.asarray((means[0] - means[1]) * wanted / np.sqrt(squares / (n - 2)))


def _at_random(assumptions: Assumptions, region: Names, rng: np.random.Generator) -> Names:
    """Allocate arms at random within each region, with the arms' sizes kept exactly."""
    names = [arm.name.value for arm in assumptions.arms]
    regions, sizes = np.unique(region.astype(str), return_counts=True)
    in_reference = draws.whole_parts(sizes.astype(float), assumptions.arms[1].n.value)
    arm = np.empty(len(region), dtype=object)
    for name, size, reference in zip(regions, sizes, in_reference, strict=True):
        arm[region == name] = rng.permutation(np.repeat(names, [size - reference, reference]))
    return arm

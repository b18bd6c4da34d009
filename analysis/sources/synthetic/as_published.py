"""Move a sample of two arms so that it gives what a publication prints of the whole trial.

Printed are each arm's mean and SD and an adjusted difference with its interval. Each is a number
of the sample: the difference and its standard error by the planned model, the SDs by how much the
covariates explain and how the rest spreads in each arm, the means by the imbalance at baseline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from analysis.errors import UserError
from analysis.numbers import shown
from analysis.sources.synthetic.assumptions import Assumptions, Published
from analysis.sources.synthetic.draws import Floats, Truths
from analysis.sources.synthetic.planned_model import LEVEL, covariates

if TYPE_CHECKING:
    from analysis.sources.synthetic.response import Known

ROUNDS = 40
"""Heights are stored to 0.1 cm: a sample that gives the printed digits is approached in steps."""
NEAR = 0.001
"""cm/year: a target lies at least 0.0025 from where its printed digits change."""
ARM = 1
"""Column of the arm in the design; the constant comes first."""


@dataclass(frozen=True, slots=True)
class _Target:
    """What is wanted: adjusted difference, half its interval, means and SDs of both arms."""

    difference: float
    half: float
    means: tuple[float, float]
    sds: tuple[float, float]


def as_published(
    assumptions: Assumptions, known: Known, expected: Floats, velocity: Floats
) -> Floats:
    """Return velocities that give the printed numbers on the stored heights of those observed.

    Parameters
    ----------
    assumptions
        With ``growth.published``.
    known
        What is known of each child.
    expected
        What the covariates lead to expect of it, on any scale.
    velocity
        Velocities by the model of the response, cm a year; of children not observed they stay.

    Raises
    ------
    UserError
        If no sample near this one gives the printed numbers.

    Notes
    -----
    The slopes on the covariates keep the proportions that are expected and are scaled together;
    what the sample's own noise would add to them is left out.
    """
    published = assumptions.growth.published
    assert published is not None
    seen = known.observed
    tested = (known.children["ARM"] == assumptions.treatment.name.value).to_numpy()[seen]
    others = covariates(published, known.children, known.before)[seen]
    design = np.insert(others, ARM, tested, axis=1)
    wanted = aim = _wanted(assumptions, published)
    moved = velocity.copy()
    for _ in range(ROUNDS):
        moved[seen] = _moved(design, tested, expected[seen], velocity[seen], aim)
        later = (known.baseline + moved * known.years).round(1)
        got = _analysed(design, tested, ((later - known.baseline) / known.years)[seen])
        if _near(wanted, got):
            return moved
        aim = _Target(
            aim.difference + wanted.difference - got.difference,
            aim.half + wanted.half - got.half,
            wanted.means,
            wanted.sds,
        )
    raise UserError(
        f"growth.published: the sample must be able to give the printed numbers; it gives a "
        f"difference of {got.difference:.3f} ± {got.half:.3f}, means {got.means[0]:.2f} and "
        f"{got.means[1]:.2f}, SDs {got.sds[0]:.2f} and {got.sds[1]:.2f}; change the slopes of the "
        "response or the seed"
    )


def _wanted(assumptions: Assumptions, published: Published) -> _Target:
    """Return the targets; a printed estimate and the middle of its interval differ by rounding."""
    low, high = published.low.value, published.high.value
    first, second = (
        assumptions.growth.velocity_month_12[arm.name.value] for arm in assumptions.arms
    )
    return _Target(
        (published.estimate.value + (low + high) / 2) / 2,
        (high - low) / 2,
        (first.mean.value, second.mean.value),
        (first.sd.value, second.sd.value),
    )


def _moved(
    design: Floats, tested: Truths, expected: Floats, velocity: Floats, aim: _Target
) -> Floats:
    """Return velocities with the difference, its standard error and the SDs that are aimed at."""
    # Imported late: who only reads what a trial assumes needs no solver.
    from scipy.optimize import root

    n, p = design.shape
    inverse = np.linalg.inv(design.T @ design)
    solve = inverse @ design.T
    rest = velocity - design @ (solve @ velocity)
    others = design[:, ARM + 1 :] @ (solve @ expected)[ARM + 1 :]
    error = aim.half / stdtrit(n - p, (1 + LEVEL) / 2)
    size = np.sqrt(error**2 / inverse[ARM, ARM] * (n - p))

    def parts(by: Floats) -> tuple[Floats, Floats]:
        spread = rest * np.where(tested, np.exp(by[1]), np.exp(-by[1]))
        spread = spread - design @ (solve @ spread)
        return by[0] * others, spread * size / np.sqrt(spread @ spread)

    def missed(by: Floats) -> list[float]:
        whole = np.add(*parts(by))
        return [
            float(whole[arm].std(ddof=1) - sd)
            for arm, sd in zip((tested, ~tested), aim.sds, strict=True)
        ]

    explained, spread = parts(root(missed, [velocity.std() / 2 / others.std(), 0.0]).x)
    moved = aim.difference * tested + explained + spread
    centre = np.mean([moved[tested].mean(), moved[~tested].mean()])
    return np.asarray(moved - centre + np.mean(aim.means))


def _analysed(design: Floats, tested: Truths, velocity: Floats) -> _Target:
    """Return what the planned model and the arms' summaries give."""
    n, p = design.shape
    inverse = np.linalg.inv(design.T @ design)
    slopes = inverse @ design.T @ velocity
    rest = velocity - design @ slopes
    error = np.sqrt(rest @ rest / (n - p) * inverse[ARM, ARM])
    arms = velocity[tested], velocity[~tested]
    return _Target(
        float(slopes[ARM]),
        float(error * stdtrit(n - p, (1 + LEVEL) / 2)),
        (float(arms[0].mean()), float(arms[1].mean())),
        (float(arms[0].std(ddof=1)), float(arms[1].std(ddof=1))),
    )


def _near(wanted: _Target, got: _Target) -> bool:
    """Say whether every number rounds to the printed one, the difference with room to spare."""
    pairs = zip((*got.means, *got.sds), (*wanted.means, *wanted.sds), strict=True)
    return (
        abs(got.difference - wanted.difference) < NEAR
        and abs(got.half - wanted.half) < NEAR
        and all(abs(float(shown(have, 1)) - want) < NEAR for have, want in pairs)
    )

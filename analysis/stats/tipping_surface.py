"""The tipping surface: a difference and its interval over one delta in each of two arms.

Added to imputed values, a delta moves an estimate in proportion, and moves every leave-one-out
estimate in proportion too: the variance is a quadratic form in the deltas, and where a confidence
limit meets a threshold is a root of a quadratic equation. Nothing is fitted or searched.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, check_level, check_number, float_array
from analysis.stats._words import meant
from analysis.stats.conditional_result import WHICH, ConditionalMeans, jackknife_covariance
from analysis.stats.laws import normal_isf
from analysis.stats.linear_estimates import Estimate, make_estimate


@brief(rows="to_frame")
@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaSurface:
    """A difference of two arms as a function of what is added to the missing values of each.

    Attributes
    ----------
    arm, reference, visit
        The arm, what it is compared with, and the visit.
    strategy, which : str
        What the deltas are added to, and to which values.
    limit : str
        "lower" or "upper": the confidence limit that decides.
    threshold : float
        What it is compared with.
    level : float
        Confidence level.
    deltas, reference_deltas : numpy.ndarray
        Deltas of the arm and of the reference that the grid has.
    estimate, std_error, lower, upper : numpy.ndarray
        The grid (deltas, reference deltas).
    beyond : numpy.ndarray
        Whether the limit is on the good side of the threshold: above it where it is the lower
        one, below it where it is the upper one.
    slope, covariance : numpy.ndarray
        The estimate is the first number of `slope` plus the deltas times the other two, its
        variance the quadratic form of (1, delta, reference delta) in `covariance`.
    """

    arm: Hashable
    reference: Hashable
    visit: Hashable
    strategy: str
    which: str
    limit: str
    threshold: float
    level: float
    deltas: Array
    reference_deltas: Array
    estimate: Array
    std_error: Array
    lower: Array
    upper: Array
    beyond: np.ndarray
    slope: Array
    covariance: Array

    def at(self, delta: float, reference_delta: float = 0.0) -> Estimate:
        """Return the difference at two deltas, of the grid or not."""
        where = np.array([1.0, delta, reference_delta])
        return make_estimate(
            label=f"{self.arm} - {self.reference}", estimate=float(where @ self.slope),
            std_error=math.sqrt(float(where @ self.covariance @ where)), df=math.inf,
            level=self.level,
        )  # fmt: skip

    def limits_at(self, deltas: ArrayLike, reference_deltas: ArrayLike) -> Array:
        """Return the limit that decides at all pairs (deltas, reference deltas)."""
        own = np.asarray(deltas, dtype=float)
        other = np.asarray(reference_deltas, dtype=float)
        estimate, std_error = _values(self.slope, self.covariance, own, other)
        sign = -1.0 if self.limit == "lower" else 1.0
        return np.asarray(estimate + sign * _quantile(self.level) * std_error)

    def border(self, reference_deltas: ArrayLike) -> Array:
        """Return the deltas of the arm at which the limit meets the threshold.

        Returns
        -------
        numpy.ndarray
            (reference deltas, 2), in increasing order; NaN where there is none.
        """
        across = np.atleast_1d(np.asarray(reference_deltas, dtype=float))
        sign = 1.0 if self.limit == "lower" else -1.0
        quantile = _quantile(self.level)
        # (estimate - threshold)^2 = quantile^2 * variance, both quadratic in the arm's delta
        fixed = self.slope[0] - self.threshold + across * self.slope[2]
        steep = self.slope[1]
        c = self.covariance
        square = steep**2 - quantile**2 * c[1, 1]
        half = fixed * steep - quantile**2 * (c[0, 1] + across * c[1, 2])
        rest = fixed**2 - quantile**2 * (c[0, 0] + 2 * across * c[0, 2] + across**2 * c[2, 2])
        roots = _quadratic_roots(square, half, rest)
        # squaring added the points where the other limit meets the threshold
        right = sign * (fixed[:, None] + steep * roots) >= 0.0
        return np.sort(np.where(right, roots, np.nan), axis=1)

    def tip(self, *, towards: float, reference_delta: float = 0.0) -> float | None:
        """Return the first delta on the way from 0 at which the verdict changes, or None.

        Parameters
        ----------
        towards : float
            The last delta that is looked at, above or below 0.
        reference_delta : float, default 0.0
            The reference's delta, which stays.
        """
        check_number("towards", towards)
        found = self.border([reference_delta])[0]
        share = found[np.isfinite(found)] / towards if towards else np.empty(0)
        inside = share[(share >= 0.0) & (share <= 1.0)]
        return float(inside.min() * towards) if inside.size else None

    def to_frame(self) -> pd.DataFrame:
        """Return the grid as rows, the reference's deltas running first."""
        shape = self.estimate.shape
        columns = {
            "delta": np.broadcast_to(self.deltas[:, None], shape),
            "reference_delta": np.broadcast_to(self.reference_deltas, shape),
            "estimate": self.estimate, "std_error": self.std_error, "lower": self.lower,
            "upper": self.upper, "beyond": self.beyond,
        }  # fmt: skip
        return pd.DataFrame({name: np.ravel(values) for name, values in columns.items()})


def delta_surface(
    found: ConditionalMeans,
    *,
    arm: Hashable,
    visit: Hashable,
    deltas: Sequence[float],
    reference_deltas: Sequence[float] = (0.0,),
    strategy: str = "mar",
    which: str,
    std_errors: str,
    limit: str,
    threshold: float,
    level: float,
) -> DeltaSurface:
    """Move the imputed values of two arms by one delta each, all pairs of a grid at once.

    Parameters
    ----------
    found : ConditionalMeans
        From :func:`analysis.stats.impute_conditional_means`.
    arm, visit : hashable
        The arm that is compared with the reference, and the visit.
    deltas, reference_deltas : sequence of float
        What is added to the imputed values of the arm and of the reference.
    strategy : str, default "mar"
        What is assumed before the deltas are added.
    which : {'after-dropout', 'all'}
        Only values after the last observed visit, or also the gaps before.
    std_errors : {'jackknife', 'information-anchored'}
        As for the differences of `found`.
    limit : {'lower', 'upper'}
        The confidence limit that decides the conclusion.
    threshold : float
        What it is compared with: 0 for superiority, the margin for non-inferiority.
    level : float
        Confidence level.

    Returns
    -------
    DeltaSurface

    Raises
    ------
    UserError
        If an arm, a visit or a word is unknown, or a delta is no finite number.

    References
    ----------
    Wolbers M, Noci A, Delmar P, Gower-Page C, Yiu S, Bartlett JW (2022). Standard and
    reference-based conditional mean imputation. Pharm Stat 21:1246-1257.

    Examples
    --------
    The data of :func:`analysis.stats.impute_conditional_means`: one of six in each arm is missing,
    so that a unit less in the arm's takes a sixth off the difference.

    >>> from analysis.stats import impute_conditional_means
    >>> trial = pd.DataFrame({"id": [*range(12)] * 2, "visit": ["W4"] * 12 + ["W8"] * 12,
    ...                       "arm": list("TTTTTTPPPPPP") * 2,
    ...                       "y": [1, 2, 3, 4, 2, 3, 2, 1, 3, 2, 3, 1,
    ...                             2, 4, 3, np.nan, 4, 5, 2, 3, 4, np.nan, 3, 1]})
    >>> found = impute_conditional_means(
    ...     trial, response="y", subject="id", visit="visit", arm="arm", reference="P",
    ...     visits=["W4", "W8"], structure="unstructured", weights="equal")
    >>> surface = delta_surface(
    ...     found, arm="T", visit="W8", deltas=[-12, 0], reference_deltas=[0, 3], which="all",
    ...     std_errors="jackknife", limit="lower", threshold=-2, level=0.95)
    >>> surface.estimate.round(3).tolist()
    [[-0.762, -1.262], [1.238, 0.738]]
    >>> surface.beyond.tolist(), round(surface.tip(towards=-20), 3)
    ([[False, False], [True, True]], -6.134)
    """
    check_level(level)
    limit, which = meant("limit", limit, ("lower", "upper")), meant("which", which, WHICH)
    threshold = check_number("threshold", threshold)
    if arm == found.reference:
        raise UserError(f"arm must be another than the reference '{arm}'")
    slope, covariance = _linear(found, arm, visit, strategy, which, std_errors)
    own, other = float_array("deltas", deltas), float_array("reference_deltas", reference_deltas)
    if not own.size or not other.size or own.ndim > 1 or other.ndim > 1:
        raise UserError("deltas and reference_deltas must each be a list of one delta or more")
    estimate, std_error = _values(slope, covariance, own, other)
    half = _quantile(level) * std_error
    lower, upper = estimate - half, estimate + half
    return DeltaSurface(
        arm=arm, reference=found.reference, visit=visit, strategy=strategy, which=which,
        limit=limit, threshold=threshold, level=level, deltas=own, reference_deltas=other,
        estimate=estimate, std_error=std_error, lower=lower, upper=upper,
        beyond=lower > threshold if limit == "lower" else upper < threshold,
        slope=slope, covariance=covariance,
    )  # fmt: skip


def _quantile(level: float) -> float:
    return float(normal_isf((1.0 - level) / 2.0))


def _values(slope: Array, covariance: Array, own: Array, other: Array) -> tuple[Array, Array]:
    """Return estimates and standard errors at all pairs of two lists of deltas."""
    where = np.stack(np.broadcast_arrays(1.0, own[:, None], other[None, :]), axis=-1)
    variance = np.einsum("xyi,xyi->xy", np.einsum("xyi,ij->xyj", where, covariance), where)
    return np.einsum("xyi,i->xy", where, slope), np.sqrt(np.maximum(variance, 0.0))


def _linear(
    found: ConditionalMeans,
    arm: Hashable,
    visit: Hashable,
    strategy: str,
    which: str,
    std_errors: str,
) -> tuple[Array, Array]:
    """Return the difference and what a unit of each delta adds, and their covariance."""
    own, other = found.arm_index(arm), found.arm_index(found.reference)
    place, kind = found.visit_index(visit), WHICH.index(which)
    means = found.means[found.strategy_index(strategy), :, place]
    replicates = found.replicates(strategy, std_errors)[:, :, place]
    moves = found.shift[kind][[own, other], :, place]
    moved = found.shift_jackknife[kind][[own, other], :, :, place]
    slope = [means[own] - means[other], *(moves[:, own] - moves[:, other])]
    parts = [replicates[:, own] - replicates[:, other], *(moved[:, :, own] - moved[:, :, other])]
    return np.array(slope), jackknife_covariance(np.stack(parts, axis=1))


def _quadratic_roots(square: float, half: Array, rest: Array) -> Array:
    """Return the real roots of ``square x^2 + 2 half x + rest``; NaN where there is none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = half + np.copysign(np.sqrt(half**2 - square * rest), half)
        roots = np.stack([-middle / square if square else np.full_like(half, np.nan),
                          -rest / middle], axis=1)  # fmt: skip
    return np.where(np.isfinite(roots), roots, np.nan)

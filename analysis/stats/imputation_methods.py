"""The methods of imputation, and how many imputations are made by several of them at once."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.stats._checks import Array
from analysis.stats._words import meant
from analysis.stats.imputation_draws import Plan, fill_gaps, impute_after, plan_draws
from analysis.stats.imputation_model import ImputationData
from analysis.stats.imputation_noise import draw_noise

METHODS = (
    "mar",
    "jump-to-reference",
    "copy-reference",
    "copy-increments",
    "last-mean-carried-forward",
)
WITHOUT_REFERENCE = ("mar", "last-mean-carried-forward")
"""Methods whose assumption is about the subject's own arm."""

MEMORY = 4_000_000
"""Numbers held in memory at once, roughly; results do not depend on it."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Data, methods and seed, with what all imputations share.

    Attributes
    ----------
    data : ImputationData
        The data.
    methods : tuple of str
        Some of `METHODS`.
    reference : hashable or None
        Reference arm of the methods that have one.
    seed : int
        Seed of all imputations.
    plan : Plan
        What the draws share, on the scale of the draws.
    centre, scale : float
        From that scale to the response's.
    """

    data: ImputationData
    methods: tuple[str, ...]
    reference: Hashable | None
    seed: int
    plan: Plan
    centre: float
    scale: float

    def reference_of(self, method: str) -> Hashable | None:
        """Return the reference arm of a method, None where it has none."""
        return None if method in WITHOUT_REFERENCE else self.reference

    def batches(self, n_imputations: int) -> Iterator[range]:
        """Yield the numbers of imputations that fit into memory together."""
        size = max(1, MEMORY // self.plan.size)
        for first in range(0, n_imputations, size):
            yield range(first, min(first + size, n_imputations))

    def complete(self, numbers: Sequence[int]) -> dict[str, Array]:
        """Return by method the completed responses (imputations, subjects, visits)."""
        plan = self.plan
        noise = draw_noise(
            numbers, self.seed, groups=plan.groups, n_sweeps=plan.n_sweeps, gaps=plan.gaps,
            after=plan.after,
        )  # fmt: skip
        parameters, filled = fill_gaps(plan, noise)
        found = {}
        for method in self.methods:
            drawn = impute_after(plan, parameters, filled, noise.after, method, self.reference)
            # observed values are put back as they came, free of rounding
            missing = np.isnan(self.data.values)
            found[method] = np.where(missing, self.centre + self.scale * drawn, self.data.values)
        return found


def plan_methods(
    data: ImputationData, methods: Sequence[str], reference: Hashable | None, seed: int
) -> Job:
    """Return the job of imputing by some methods.

    Raises
    ------
    UserError
        If a method or arm is unknown, or the model cannot be fitted.
    """
    chosen = tuple(meant("method", each, METHODS) for each in dict.fromkeys(methods))
    if "last-mean-carried-forward" in chosen and data.n_subjects_unobserved:
        raise UserError(
            f"{data.n_subjects_unobserved} subjects have no observed visit, so there is no last "
            "mean to carry forward: leave them out, or choose another method"
        )
    if not set(chosen) <= set(WITHOUT_REFERENCE) and reference not in data.arms:
        known = [str(item) for item in data.arms]
        raise UserError(
            f"the data have no arm '{reference}'{suggestion(str(reference), known)}; the arms are "
            f"{', '.join(known)}"
        )
    centre, scale = _location_scale(data)
    _check_visits(data)
    scaled = replace(data, values=(data.values - centre) / scale)
    return Job(
        data=data, methods=chosen, reference=reference, seed=seed, plan=plan_draws(scaled),
        centre=centre, scale=scale,
    )  # fmt: skip


def check_request(n_imputations: int, seed: int) -> None:
    """Raise where the number of imputations or the seed is not usable."""
    if not isinstance(n_imputations, int) or n_imputations < 2:
        raise UserError(f"n_imputations must be a whole number from 2 up, but is {n_imputations!r}")
    if not isinstance(seed, int) or seed < 0:
        raise UserError(f"seed must be a whole number from 0 up, but is {seed!r}")


def _location_scale(data: ImputationData) -> tuple[float, float]:
    """Return mean and largest deviation of the observed responses."""
    observed = data.values[~np.isnan(data.values)]
    centre = float(observed.mean())
    scale = float(np.abs(observed - centre).max())
    if scale <= 1e-13 * float(np.abs(observed).max()) or scale == 0.0:
        raise UserError(
            f"the response {data.response!r} is constant ({float(observed[0])!r}), so there is no "
            "variation to impute from: check the data"
        )
    return centre, scale


def _check_visits(data: ImputationData) -> None:
    """Raise where the response at a visit has no variation in those who share a model."""
    arms = [None] if data.covariance == "pooled" else list(range(len(data.arms)))
    for visit, number in itertools.product(range(len(data.visits)), arms):
        rows = slice(None) if number is None else data.arm_index == number
        seen = data.values[rows, visit]
        seen = seen[~np.isnan(seen)]
        if seen.size > 1 and np.ptp(seen) == 0.0:
            inside = "" if number is None else f" in arm '{data.arms[number]}'"
            raise UserError(
                f"the response {data.response!r} is constant ({float(seen[0])!r}) at visit "
                f"'{data.visits[visit]}'{inside}, so there is no variation to impute from: leave "
                "the visit out or check the data"
            )

"""Trials whose participants leave, analysed by each strategy for what is then missing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.stats._checks import Array
from analysis.stats.ancova import fit_ancova
from analysis.stats.ancova_many import adjusted_differences, moments_of
from analysis.stats.conditional_means import impute_conditional_means
from analysis.stats.covariance_structures import covariance_structure
from analysis.stats.laws import t_isf
from analysis.stats.mmrm_many import estimate_many
from analysis.stats.standardisation import marginal_effects
from analysis.trial_design.designs import MeansDesign

VISITS = 4
BETWEEN_VISITS = 0.6
"""Correlation of what the covariate leaves of the responses at two visits."""
UNRELATED, OBSERVED, MISSING = (
    "unrelated to the response",
    "after a poor observed value, on test",
    "by the poor value that is missing, on test",
)
"""What leaving depends on."""
MECHANISMS = (UNRELATED, OBSERVED, MISSING)
EVERYONE, COMPLETERS, MMRM = "ANCOVA, had nobody left", "ANCOVA of completers", "MMRM"
STANDARDISED = "standardisation, completers"
AT_RANDOM, JUMP, ANCHORED = (
    "conditional means, at random",
    "conditional means, jump to reference",
    "the same, information-anchored",
)
FAST, SLOW = (EVERYONE, COMPLETERS, MMRM), (STANDARDISED, AT_RANDOM, JUMP, ANCHORED)
"""The analyses of every trial, all at once, and those of every so-many-th trial, one by one."""
CONDITIONAL: Mapping[str, tuple[str, str]] = {
    AT_RANDOM: ("mar", "jackknife"),
    JUMP: ("jump-to-reference", "jackknife"),
    ANCHORED: ("jump-to-reference", "information-anchored"),
}
"""Analysis → strategy and standard error of conditional means."""


class Estimates(NamedTuple):
    """Estimates, standard errors and df, one a trial."""

    estimates: Array
    std_errors: Array
    dfs: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingTrials:
    """Trials of several visits whose participants leave.

    Attributes
    ----------
    design
        Its n are those randomised; its effect is that of every visit.
    missing
        Share of each arm that has left at the last visit, were it unrelated to the response.
    mechanism
        One of `MECHANISMS`.
    every
        Every so-many-th trial is analysed by the slow analyses, too.

    Notes
    -----
    One normal covariate has the design's correlation with the response of each visit. Leaving
    is for good, after the first visit or later. On test its hazard is multiplied by
    exp(−z − 1/2), z the participant's response in SDs above the arm's mean (worse is lower), with
    a mean of one; on the reference it never depends on the response.
    """

    design: MeansDesign
    missing: float
    mechanism: str
    every: int

    def draw(self, rng: np.random.Generator, trials: int) -> Array:
        """Simulate and analyse trials.

        Returns
        -------
        numpy.ndarray
            One row for estimate, standard error and df of each analysis of `FAST` and `SLOW`, the
            last the share that is missing; NaN where an analysis was not made.
        """
        covariate, responses = self._responses(rng, trials)
        seen = self._seen(rng, responses)
        found = self._fast(covariate, responses, seen)
        rows = [row for name in FAST for row in found[name]]
        slow = np.full((3 * len(SLOW), trials), np.nan)
        for trial in range(0, trials, self.every):
            values = np.where(seen[trial], responses[trial], np.nan)
            slow[:, trial] = self._slow(covariate[trial], values)
        share = 1.0 - seen[:, :, -1].mean(axis=1)
        return np.vstack([*rows, slow, share])

    @property
    def arm(self) -> Array:
        """1 for participants on test, 0 for the others."""
        return np.repeat([1.0, 0.0], [self.design.n_test, self.design.n_reference])

    def _responses(self, rng: np.random.Generator, trials: int) -> tuple[Array, Array]:
        """Draw the covariate (trials, participants) and responses (…, visits)."""
        shape = trials, len(self.arm)
        covariate = rng.standard_normal(shape)
        lasting = math.sqrt(BETWEEN_VISITS) * rng.standard_normal((*shape, 1))
        own = math.sqrt(1 - BETWEEN_VISITS) * rng.standard_normal((*shape, VISITS))
        explained = self.design.explained
        left = math.sqrt(1 - explained**2) * (lasting + own)
        responses = self.design.sd * (explained * covariate[..., None] + left)
        return covariate, responses + self.design.effect * self.arm[:, None]

    def _seen(self, rng: np.random.Generator, responses: Array) -> NDArray[np.bool_]:
        """Draw who is still there at each visit."""
        hazard = 1 - (1 - self.missing) ** (1 / (VISITS - 1))
        chance = np.full((*responses.shape[:2], VISITS - 1), hazard)
        if self.mechanism != UNRELATED:
            seen = responses[..., :-1] if self.mechanism == OBSERVED else responses[..., 1:]
            level = (seen - self.design.effect * self.arm[:, None]) / self.design.sd
            worse = np.exp(-self.design.sign * level - 0.5)
            chance *= np.where(self.arm[:, None] > 0, worse, 1.0)
        stays = rng.uniform(size=chance.shape) >= chance
        there = np.ones(responses.shape, dtype=bool)
        there[..., 1:] = np.logical_and.accumulate(stays, axis=2)
        return there

    def _fast(
        self, covariate: Array, responses: Array, seen: NDArray[np.bool_]
    ) -> dict[str, Estimates]:
        """Analyse all trials at once."""
        last = responses[..., -1].T
        values = np.stack([covariate.T, last] if self.design.covariates else [last])
        n_test, own = self.design.n_test, seen[..., -1].T.astype(float)
        return {
            EVERYONE: Estimates(*adjusted_differences(moments_of(values, n_test))),
            COMPLETERS: Estimates(*adjusted_differences(moments_of(values, n_test, own))),
            MMRM: self._mmrm(covariate, np.where(seen, responses, np.nan)),
        }

    def _mmrm(self, covariate: Array, responses: Array) -> Estimates:
        """Fit the mixed model: arm and covariate by visit, unstructured, Kenward and Roger."""
        eye = np.eye(VISITS)
        means = np.broadcast_to(eye, (*covariate.shape, VISITS, VISITS))
        columns = [means, self.arm[:, None, None] * means]
        if self.design.covariates:
            columns.append(covariate[:, :, None, None] * means)
        wanted = np.zeros((1, VISITS * len(columns)))
        wanted[0, 2 * VISITS - 1] = 1.0
        found = estimate_many(
            np.concatenate(columns, axis=3), responses, wanted,
            structure=covariance_structure("unstructured", range(VISITS)),
        )  # fmt: skip
        return Estimates(*(each[:, 0] for each in found))

    def _slow(self, covariate: Array, values: Array) -> list[float]:
        """Analyse one trial by standardisation and by conditional means, in this order."""
        frame = pd.DataFrame(
            {
                "id": np.repeat(np.arange(len(values)), VISITS),
                "visit": np.tile(np.arange(VISITS), len(values)),
                "arm": np.repeat(np.where(self.arm > 0, "test", "reference"), VISITS),
                "x": np.repeat(covariate, VISITS),
                "y": values.ravel(),
            }
        )
        covariates = ["x"] if self.design.covariates else []
        found = [self._standardised(frame[frame["visit"] == VISITS - 1].dropna(), covariates)]
        imputed = impute_conditional_means(
            frame, response="y", subject="id", visit="visit", arm="arm", reference="reference",
            visits=list(range(VISITS)), covariates=covariates, structure="unstructured",
            weights="equal", strategies=sorted({each for each, _ in CONDITIONAL.values()}),
        )  # fmt: skip
        for strategy, std_errors in CONDITIONAL.values():
            each = imputed.difference(
                "test", visit=VISITS - 1, strategy=strategy, std_errors=std_errors, level=0.95
            )
            found.append((each.estimate, each.std_error, math.inf))
        return [number for each in found for number in each]

    def _standardised(
        self, frame: pd.DataFrame, covariates: list[str]
    ) -> tuple[float, float, float]:
        """Standardise the completers' means, every arm with a slope of its own."""
        fit = fit_ancova(
            frame, response="y", factors=["arm"], covariates=covariates,
            interactions=[("arm", name) for name in covariates], std_errors="model",
        )  # fmt: skip
        [found] = marginal_effects(
            fit, "arm", reference="reference", measure="difference", variance="unconditional",
            level=0.95,
        )  # fmt: skip
        return found.estimate, found.std_error, math.inf


def shown(design: MeansDesign, found: Estimates) -> NDArray[np.bool_]:
    """Return in which trials an analysis shows non-inferiority."""
    lower = design.sign * found.estimates - t_isf(design.alpha, found.dfs) * found.std_errors
    return np.asarray(lower > -design.margin)

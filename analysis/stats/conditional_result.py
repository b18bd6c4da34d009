"""What conditional-mean imputation finds: estimates by assumption, arm and visit, no seed."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.stats._checks import Array
from analysis.stats._words import meant
from analysis.stats.linear_estimates import Estimate, Rows, make_estimate

STD_ERRORS = ("jackknife", "information-anchored")
WHICH = ("after-dropout", "all")
"""Values that a delta moves: those after the last observed visit, or also the gaps before."""


@brief(hide=("jackknife", "anchored", "shift", "shift_jackknife", "means", "moved"))
@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalMeans:
    """Adjusted means of responses completed by conditional means, and the jackknife of each.

    Attributes
    ----------
    arms, visits : tuple
        Arms, and visits in order.
    reference : hashable
        The reference arm.
    strategies : tuple of str
        What was assumed of the values after the last observed visit.
    structure : str
        Covariance structure of the imputation model; "" where nothing is missing.
    failures : tuple of (str, str)
        Structures tried before it, and why each could not be fitted.
    n_subjects : int
        Subjects, each of whom was left out in turn.
    n_missing, n_missing_after : numpy.ndarray
        Missing values (arms, visits): all, and those after the last observed visit.
    means : numpy.ndarray
        Adjusted means (strategies, arms, visits).
    jackknife, anchored : numpy.ndarray
        The same without each subject (strategies, subjects, arms, visits) up to a constant:
        everything done anew, and with the departure from missing at random kept as it was.
    moved : numpy.ndarray
        Mean departure of the imputed values after the last observed visit from those at random
        (strategies, arms, visits).
    shift : numpy.ndarray
        What one unit more in every missing value of an arm adds to the means
        (`WHICH`, arm that moves, arms, visits).
    shift_jackknife : numpy.ndarray
        The same without each subject (`WHICH`, arm that moves, subjects, arms, visits).
    """

    arms: tuple[Hashable, ...]
    visits: tuple[Hashable, ...]
    reference: Hashable
    strategies: tuple[str, ...]
    structure: str
    failures: tuple[tuple[str, str], ...]
    n_subjects: int
    n_missing: NDArray[np.intp]
    n_missing_after: NDArray[np.intp]
    means: Array
    jackknife: Array
    anchored: Array
    moved: Array
    shift: Array
    shift_jackknife: Array

    def mean(
        self, arm: Hashable, *, visit: Hashable, strategy: str, std_errors: str, level: float
    ) -> Estimate:
        """Return the adjusted mean of an arm at a visit; the parameters as for `difference`."""
        at = self.arm_index(arm), self.visit_index(visit)
        return self._estimate(str(arm), [(at, 1.0)], strategy, std_errors, level)

    def difference(
        self, arm: Hashable, *, visit: Hashable, strategy: str, std_errors: str, level: float
    ) -> Estimate:
        """Return an arm minus the reference at a visit, with its normal interval and test.

        Parameters
        ----------
        arm, visit : hashable
            One of the other arms, and a visit.
        strategy : str
            One of the strategies.
        std_errors : {'jackknife', 'information-anchored'}
            Everything done anew without each subject, or with the departure of the imputed values
            from those at random kept as it was.
        level : float
            Confidence level.
        """
        if arm == self.reference:
            raise UserError(f"arm must be another than the reference '{arm}'")
        place = self.visit_index(visit)
        parts = [((self.arm_index(arm), place), 1.0), ((self.arm_index(self.reference), place), -1)]
        return self._estimate(f"{arm} - {self.reference}", parts, strategy, std_errors, level)

    def to_frame(self, *, level: float) -> pd.DataFrame:
        """Return every difference from the reference, one row each, with both standard errors."""
        frames = []
        for strategy in self.strategies:
            for std_errors in STD_ERRORS:
                found = Rows(
                    self.difference(
                        arm, visit=visit, strategy=strategy, std_errors=std_errors, level=level
                    )
                    for visit in self.visits
                    for arm in self.arms
                    if arm != self.reference
                )
                own = found.to_frame().assign(strategy=strategy, std_errors=std_errors)
                others = [arm for arm in self.arms if arm != self.reference]
                frames.append(own.assign(visit=np.repeat(list(self.visits), len(others))))
        return pd.concat(frames, ignore_index=True)

    def arm_index(self, arm: Hashable) -> int:
        """Return the place of an arm."""
        return _place("arm", arm, self.arms)

    def visit_index(self, visit: Hashable) -> int:
        """Return the place of a visit."""
        return _place("visit", visit, self.visits)

    def strategy_index(self, strategy: str) -> int:
        """Return the place of a strategy."""
        return self.strategies.index(meant("strategy", strategy, self.strategies))

    def replicates(self, strategy: str, std_errors: str) -> Array:
        """Return the means without each subject (subjects, arms, visits), up to a constant."""
        std_errors = meant("std_errors", std_errors, STD_ERRORS)
        source = self.jackknife if std_errors == "jackknife" else self.anchored
        return np.asarray(source[self.strategy_index(strategy)])

    def _estimate(
        self,
        label: str,
        parts: Sequence[tuple[tuple[int, int], float]],
        strategy: str,
        std_errors: str,
        level: float,
    ) -> Estimate:
        means = self.means[self.strategy_index(strategy)]
        replicates = self.replicates(strategy, std_errors)
        values = sum(weight * replicates[:, arm, visit] for (arm, visit), weight in parts)
        return make_estimate(
            label=label,
            estimate=float(sum(weight * means[place] for place, weight in parts)),
            std_error=math.sqrt(float(jackknife_covariance(np.asarray(values)[:, None])[0, 0])),
            df=math.inf,
            level=level,
        )


def jackknife_covariance(replicates: Array) -> Array:
    """Return the jackknife covariance matrix of estimates (subjects, estimates).

    Examples
    --------
    The jackknife variance of a mean is that of the values over their number.

    >>> values = np.array([1.0, 2.0, 4.0, 5.0])
    >>> means = (values.sum() - values) / 3
    >>> bool(np.isclose(jackknife_covariance(means[:, None])[0, 0], values.var(ddof=1) / 4))
    True
    """
    size = len(replicates)
    centred = replicates - replicates.mean(axis=0)
    return np.asarray((size - 1) / size * np.einsum("ni,nj->ij", centred, centred))


def _place(name: str, value: Hashable, known: tuple[Hashable, ...]) -> int:
    if value not in known:
        words = [str(item) for item in known]
        raise UserError(
            f"the data have no {name} '{value}'{suggestion(str(value), words)}; they have "
            f"{', '.join(words)}"
        )
    return known.index(value)

"""Network meta-analysis by contrasts, with trials of any number of arms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, check_choice, check_level, float_array
from analysis.stats._heterogeneity import (
    INTERVALS,
    GeneralisedLeastSquares,
    chi2_p,
    estimate_tau2,
    scatter_factor,
)
from analysis.stats._network_data import COLUMNS, NetworkData, arrange_contrasts
from analysis.stats._words import meant
from analysis.stats.laws import t_isf, t_sf

NETWORK_METHODS = ("fixed", "dersimonian-laird", "reml")


@brief(rows="league")
@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkMetaAnalysis:
    """A consistent network of treatments, on the scale of the input (log for ratios).

    Attributes
    ----------
    treatments
        All treatments, the reference first, the others in alphabetical order.
    estimates
        Each treatment minus the reference, in that order; the first is 0.
    covariance
        Covariance matrix of `estimates`, as `interval` scales it.
    df
        Degrees of freedom of limits and tests (infinite for the normal).
    level, interval
        Two-sided confidence level, a fraction, and kind of confidence interval.
    method
        Estimator of the common between-study variance.
    tau2
        Between-study variance of every contrast.
    q, q_df, q_p
        Generalised Cochran's Q of the whole network at tau² = 0; the p-value is None without
        degrees of freedom.
    i2
        max(0, (Q − df)/Q), a fraction.
    n_studies
        Number of trials.
    direct
        Number of trials that compare each pair directly, a square matrix in that order.
    """

    treatments: tuple[str, ...]
    estimates: Array
    covariance: Array
    df: float
    level: float
    interval: str
    method: str
    tau2: float
    q: float
    q_df: int
    q_p: float | None
    i2: float
    n_studies: int
    direct: np.ndarray

    def compare(self, treatment_1: str, treatment_2: str) -> pd.Series:
        """Give the contrast of two treatments, first minus second, as a row of `league`."""
        for name in (treatment_1, treatment_2):
            check_choice("treatment", name, self.treatments)
        if treatment_1 == treatment_2:
            raise UserError(f"compare two different treatments, not {treatment_1!r} with itself.")
        table = self.league()
        chosen = (table.treatment_1 == treatment_1) & (table.treatment_2 == treatment_2)
        return table[chosen].iloc[0]

    def to_frame(self) -> pd.DataFrame:
        """Give the rows of `league`."""
        return self.league()

    def league(self) -> pd.DataFrame:
        """Give every ordered pair of treatments, first minus second, with what is estimated of it.

        The column ``n_direct`` counts the trials that compare the two directly.
        """
        i, j = np.array(list(permutations(range(len(self.treatments)), 2))).T
        names, variance = np.array(self.treatments, dtype=object), np.diag(self.covariance)
        estimate = self.estimates[i] - self.estimates[j]
        std_error = np.sqrt(variance[i] + variance[j] - 2 * self.covariance[i, j])
        half = float(t_isf((1 - self.level) / 2, self.df)) * std_error
        return pd.DataFrame({
            "treatment_1": names[i], "treatment_2": names[j],
            "estimate": estimate, "std_error": std_error,
            "lower": estimate - half, "upper": estimate + half, "level": self.level,
            "statistic": estimate / std_error,
            "p_value": 2 * t_sf(np.abs(estimate) / std_error, self.df),
            "n_direct": self.direct[i, j],
        })  # fmt: skip


def network_meta_analysis(
    contrasts: pd.DataFrame, *, reference: str, method: str, level: float, interval: str = "normal"
) -> NetworkMetaAnalysis:
    """Estimate all contrasts of a connected network of treatments.

    H0 of the Q test: all trials estimate one consistent set of effects.

    Parameters
    ----------
    contrasts
        One row a comparison: study, treatment_1, treatment_2, estimate (treatment_1 minus
        treatment_2, log scale for ratios), std_error. A trial of m arms has all m(m − 1)/2 rows;
        `contrasts_from_arms` makes them from arm means.
    reference
        The treatment that the others are compared with.
    method
        ``"fixed"``, ``"dersimonian-laird"`` (moments) or ``"reml"``, for a between-study variance
        common to all contrasts.
    level
        Two-sided confidence level, for example 0.95.
    interval
        As for `analysis.stats.meta.meta_analysis`; t has the degrees of freedom of Q.

    Returns
    -------
    NetworkMetaAnalysis
        Effects, covariance, heterogeneity; its method ``league`` gives the league table.

    Raises
    ------
    UserError
        When the network is not connected, a trial's rows are incomplete or contradict each
        other, a value is impossible, or another interval than the normal is asked of fixed
        effects or of a network without degrees of freedom.

    Notes
    -----
    Generalised least squares on the contrasts of each trial with one of its arms. Their sampling
    covariance follows from the standard errors of all pairs, (v_1i + v_1j − v_ij)/2, and their
    between-study covariance is tau²/2, so that every contrast has variance tau². Results do not
    depend on which arm is the baseline. The intervals of Hartung and Knapp scale the whole
    covariance matrix by Q(tau²) over its degrees of freedom, as in meta-regression; with one
    product against one other they are those of the pairwise analysis.

    References
    ----------
    Lu, G., & Ades, A. E. (2004). Combination of direct and indirect evidence in mixed treatment
    comparisons. Statistics in Medicine, 23(20), 3105-3124.

    White, I. R., Barrett, J. K., Jackson, D., & Higgins, J. P. T. (2012). Consistency and
    inconsistency in network meta-analysis: model estimation using multivariate meta-regression.
    Research Synthesis Methods, 3(2), 111-125.

    Knapp, G., & Hartung, J. (2003). Improved tests for a random effects meta-regression with a
    single covariate. Statistics in Medicine, 22(17), 2693-2710.

    Rücker, G. (2012). Network meta-analysis, electrical networks and graph theory. Research
    Synthesis Methods, 3(4), 312-324.

    Examples
    --------
    Bucher's indirect comparison: A v C is the sum of A v B and B v C, with √(0.3² + 0.4²).

    >>> trials = pd.DataFrame(
    ...     [("1", "A", "B", 1.0, 0.3), ("2", "B", "C", 1.0, 0.4)],
    ...     columns=["study", "treatment_1", "treatment_2", "estimate", "std_error"])
    >>> net = network_meta_analysis(trials, reference="C", method="fixed", level=0.95)
    >>> net.compare("A", "C")[["estimate", "std_error"]].astype(float).round(6).tolist()
    [2.0, 0.5]
    """
    check_level(level)
    method = meant("method", method, NETWORK_METHODS)
    interval = meant("interval", interval, INTERVALS)
    data = arrange_contrasts(contrasts)
    check_choice("reference", reference, data.treatments)
    order = (reference, *(t for t in data.treatments if t != reference))
    model = data.consistent_model(order)
    tau2 = estimate_tau2(model, method)
    fit = model.fit(tau2)
    size, q, df = len(order), model.q(0.0), model.df
    factor, error_df = _spread(fit, df, method, interval)
    covariance = np.zeros((size, size))
    covariance[1:, 1:] = factor * fit.covariance
    return NetworkMetaAnalysis(
        treatments=order, estimates=np.concatenate([[0.0], fit.coefficients]),
        covariance=covariance, df=error_df, level=level, interval=interval, method=method,
        tau2=tau2, q=q, q_df=df, q_p=chi2_p(q, df),
        i2=max(0.0, (q - df) / q) if q > 0 and df else 0.0, n_studies=len(data.studies),
        direct=_count_direct(data, order),
    )  # fmt: skip


def _spread(
    fit: GeneralisedLeastSquares, df: int, method: str, interval: str
) -> tuple[float, float]:
    """Give the factor of the variance and the degrees of freedom of an interval."""
    if interval == "normal":
        return 1.0, math.inf
    if method == "fixed" or not df:
        raise UserError(
            f"interval={interval!r} is for random effects of a network in which a pair is compared "
            "more than once or a loop closes; here use 'normal'."
        )
    return scatter_factor(fit, df, interval), df


def _count_direct(data: NetworkData, order: Sequence[str]) -> np.ndarray:
    """Count, for each pair, the trials that have both arms."""
    table = np.zeros((len(order), len(order)), dtype=int)
    for study in data.studies:
        at = [order.index(arm) for arm in study.arms]
        table[np.ix_(at, at)] += 1
    np.fill_diagonal(table, 0)
    return table


def contrasts_from_arms(arms: pd.DataFrame) -> pd.DataFrame:
    """Turn arm means into all pairwise contrasts, as `network_meta_analysis` wants them.

    Parameters
    ----------
    arms
        One row an arm: study, treatment, mean (log odds for proportions, log rate for rates),
        std_error of the mean (SD / sqrt(n)), above 0.

    Returns
    -------
    pandas.DataFrame
        study, treatment_1, treatment_2, estimate, std_error: all pairs of each study.

    Raises
    ------
    UserError
        When a column is missing, a treatment occurs twice in a study, or a study has one arm.

    Examples
    --------
    >>> arms = pd.DataFrame({"study": "1", "treatment": ["A", "B"], "mean": [5.0, 3.0],
    ...                      "std_error": [0.3, 0.4]})
    >>> contrasts_from_arms(arms).values.tolist()
    [['1', 'A', 'B', 2.0, 0.5]]
    """
    columns = ["study", "treatment", "mean", "std_error"]
    missing = [c for c in columns if c not in arms.columns]
    if missing:
        raise UserError(f"arms lacks the columns {missing}; it needs {columns}.")
    rows = []
    for study, group in arms.groupby("study", sort=False):
        names = [str(t) for t in group["treatment"]]
        if len(set(names)) != len(names) or len(names) < 2:
            raise UserError(f"study {study}: it needs two or more different arms, not {names}.")
        mean = float_array("mean", group["mean"].to_numpy())
        error = float_array("std_error", group["std_error"].to_numpy())
        if (error <= 0).any():
            raise UserError(f"study {study}: std_error must be above 0.")
        for i, j in combinations(range(len(names)), 2):
            spread = math.hypot(error[i], error[j])
            rows.append((str(study), names[i], names[j], mean[i] - mean[j], spread))
    return pd.DataFrame(rows, columns=list(COLUMNS))
